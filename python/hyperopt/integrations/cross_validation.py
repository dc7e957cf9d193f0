"""What a cross-validated search remembers of its candidates, fold by fold."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any

import numpy as np

from hyperopt.environment.public_path import public

__all__ = ["Evaluations", "SplitOnce"]


@public("hyperopt.sklearn")
@dataclass
class Evaluations:
    """The candidates in the order of their evaluation, with what each fold gave."""

    earlier: Evaluations | None = None
    params: list[dict[str, Any]] = field(default_factory=list)
    folds: list[Any] = field(default_factory=list)  # a list of fold results; seconds if all failed
    results: dict[str, Any] = field(default_factory=dict)  # becomes cv_results_
    error: ValueError | None = None

    def __post_init__(self) -> None:
        self.n_splits_before = 0 if self.earlier is None else self.earlier.n_splits
        if self.earlier is not None:
            self.params += self.earlier.params
            self.folds += self.earlier.folds
            self.earlier = None

    @property
    def fitted(self) -> bool:
        """Whether any fold of any candidate could be fitted."""
        return any(isinstance(folds, list) for folds in self.folds)

    @property
    def failure_report(self) -> str:
        """How many candidates could not be fitted at all, with the newest error."""
        failed = sum(not isinstance(folds, list) for folds in self.folds)
        return (
            f"{failed} of {len(self.folds)} candidates could not be fitted on any fold; "
            f"set error_score='raise' to see where. The newest error:{self.error}"
        )

    @property
    def n_splits(self) -> int:
        """Number of folds; 0 while it is unknown."""
        return next((len(folds) for folds in self.folds if isinstance(folds, list)), 0)

    def add(self, params: dict[str, Any], folds: list[dict[str, Any]]) -> None:
        """Note a candidate of which at least one fold could be fitted."""
        self.params.append(params)
        self.folds.append(folds)

    def add_failure(self, params: dict[str, Any], error: ValueError, seconds: float) -> None:
        """Note a candidate of which no fold could be fitted, and how long the attempts took."""
        self.params.append(params)
        self.folds.append(seconds)
        self.error = error

    def begin(self, params: dict[str, Any]) -> None:
        """Note a candidate whose folds come one by one."""
        self.params.append(params)
        self.folds.append([])

    def add_fold(self, fold: dict[str, Any]) -> None:
        """Note a fold of the newest candidate."""
        self.folds[-1].append(fold)

    def stop_newest(self, n_splits: int) -> None:
        """Fill in the folds of the newest candidate that were left out: their scores are NaN."""
        folds = self.folds[-1]
        folds += [_failed_fold(folds[0], np.nan, 0.0) for _ in range(n_splits - len(folds))]

    def fail_newest(self, error: ValueError, seconds: float) -> None:
        """Note that a fold of the newest candidate could not be fitted."""
        self.folds[-1] = seconds
        self.error = error

    def newest_score(self, refit: Any) -> float:
        """Mean test score of the newest candidate under the metric that guides the search."""
        return self._mean_score(self.folds[-1], refit)

    def newest_fold_score(self, refit: Any) -> float:
        """The test score of its newest fold."""
        return self._mean_score(self.folds[-1][-1:], refit)

    def _mean_score(self, folds: list[dict[str, Any]], refit: Any) -> float:
        scores = [fold["test_scores"] for fold in folds]
        if isinstance(scores[0], dict):
            metric = refit if isinstance(refit, str) else next(iter(scores[0]))
            if refit is True or metric not in scores[0]:
                raise ValueError(
                    f"refit={refit!r}: scoring gives several metrics, {sorted(scores[0])}; "
                    "name one of them, or pass a callable or False"
                )
            scores = [score[metric] for score in scores]
        return float(np.mean(scores))

    def table(self, error_score: Any) -> tuple[list[dict[str, Any]], list[dict[str, Any]]]:
        """Candidates and fold results, one row per candidate and fold, failures filled in."""
        template = next(folds for folds in self.folds if isinstance(folds, list))
        out: list[dict[str, Any]] = []
        for folds in self.folds:
            if isinstance(folds, list):
                out += folds
            else:
                out += [_failed_fold(fold, error_score, folds / len(template)) for fold in template]
        return list(self.params), out


def _failed_fold(like: dict[str, Any], error_score: Any, seconds: float) -> dict[str, Any]:
    """Result of a fold that could not be fitted, with the keys of one that could."""
    fold = {**like, "fit_time": seconds, "score_time": 0.0}
    for key in ("test_scores", "train_scores"):
        if key in like:
            scores = like[key]
            fold[key] = (
                dict.fromkeys(scores, error_score) if isinstance(scores, dict) else error_score
            )
    return fold


@public("hyperopt.sklearn")
class SplitOnce:
    """A splitter that gives every candidate the same folds, even if the one inside is random."""

    def __init__(self, splitter: Any) -> None:
        self.splitter = splitter
        self.splits: list[Any] | None = None

    def split(self, X: Any, y: Any = None, **params: Any) -> list[Any]:
        """Return the folds, made at the first call."""
        if self.splits is None:
            self.splits = list(self.splitter.split(X, y, **params))
        return self.splits
