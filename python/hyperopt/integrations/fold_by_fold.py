"""Cross-validation of one candidate fold by fold, so that it can stop early."""

from __future__ import annotations

from typing import Any

from hyperopt.integrations.cross_validation import SplitOnce

__all__ = ["FoldByFold"]


class FoldByFold:
    """A splitter with one split, the current one of another, for scikit-learn to fit by itself.

    Parameters
    ----------
    splits
        The folds, which are the same for all candidates.
    """

    def __init__(self, splits: SplitOnce) -> None:
        self._splits = splits
        self.current = 0

    @property
    def n_folds(self) -> int:
        """How many folds there are; 0 before the first split."""
        return len(self._splits.splits or ())

    def split(self, X: Any, y: Any = None, **params: Any) -> list[Any]:
        """The current fold."""
        return [self._splits.split(X, y, **params)[self.current]]

    def get_n_splits(self, *args: Any, **params: Any) -> int:
        """One."""
        return 1

    def __getattr__(self, name: str) -> Any:
        if name.startswith("__") or name == "_splits":
            raise AttributeError(name)
        return getattr(self._splits.splitter, name)  # what scikit-learn's metadata routing asks
