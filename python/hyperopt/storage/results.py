"""What a study has found so far: the part of a store that only reads."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any, Protocol

from hyperopt.exceptions import AllTrialsFailed
from hyperopt.storage.documents import STATUS_OK, Document, active_values, miscs_to_idxs_vals
from hyperopt.storage.failures import first_failure


class Scores(Protocol):
    """Computes losses and statuses in another way than reading them (a `Domain` may)."""

    def loss(self, result: Mapping[str, Any], config: Any = None) -> Any:
        """The loss of a result."""

    def status(self, result: Mapping[str, Any], config: Any = None) -> Any:
        """The status of a result."""


class Results:
    """Columns of the documents that are shown, and the best of them."""

    _trials: list[Document]
    _dynamic_trials: list[Document]
    _exp_key: Any
    _space: Any = None
    """The space that the trials are of, if it is known; kept for those who know spaces."""

    def __iter__(self) -> Iterator[Document]:
        return iter(self._trials)

    def __len__(self) -> int:
        return len(self._trials)

    def __getitem__(self, item: Any) -> Any:
        raise NotImplementedError(
            f"trials[{item!r}] is ambiguous: take trials.trials[position], or look for "
            "trial['tid'] == tid"
        )

    @property
    def trials(self) -> list[Document]:
        """The documents that are shown."""
        return self._trials

    @property
    def tids(self) -> list[Any]:
        """Their ids."""
        return [trial["tid"] for trial in self._trials]

    @property
    def specs(self) -> list[Any]:
        """Their ``spec`` parts (unused by most algorithms)."""
        return [trial["spec"] for trial in self._trials]

    @property
    def results(self) -> list[Any]:
        """Their ``result`` parts."""
        return [trial["result"] for trial in self._trials]

    @property
    def miscs(self) -> list[Any]:
        """Their ``misc`` parts, which hold the parameters."""
        return [trial["misc"] for trial in self._trials]

    @property
    def idxs_vals(self) -> tuple[dict[str, list[Any]], dict[str, list[Any]]]:
        """For each label the ids of the trials where it was active, and its values there."""
        return miscs_to_idxs_vals(self.miscs)

    @property
    def idxs(self) -> dict[str, list[Any]]:
        """For each label the ids of the trials where it was active."""
        return self.idxs_vals[0]

    @property
    def vals(self) -> dict[str, list[Any]]:
        """For each label its values, in the order of `idxs`."""
        return self.idxs_vals[1]

    def losses(self, bandit: Scores | None = None) -> list[Any]:
        """The loss of every trial, None where there is none."""
        if bandit is None:
            return [result.get("loss") for result in self.results]
        return [
            bandit.loss(result, spec) for result, spec in zip(self.results, self.specs, strict=True)
        ]

    def statuses(self, bandit: Scores | None = None) -> list[Any]:
        """The status of every trial."""
        if bandit is None:
            return [result.get("status") for result in self.results]
        return [
            bandit.status(result, spec)
            for result, spec in zip(self.results, self.specs, strict=True)
        ]

    @property
    def best_trial(self) -> Document:
        """The trial of status *ok* with the smallest loss that is a number; of equals, the first.

        Raises
        ------
        AllTrialsFailed
            If there is none; the message quotes the first failure.
        """
        best: Document | None = None
        best_loss = float("inf")
        for trial in self.trials:
            result = trial["result"]
            if result.get("status") != STATUS_OK:
                continue
            given = result.get("loss")
            if given is None:
                continue
            loss = float(given)
            if loss < best_loss or (best is None and loss == loss):
                best, best_loss = trial, loss
        if best is None:
            raise AllTrialsFailed(first_failure(self._dynamic_trials))
        return best

    @property
    def best_value(self) -> float:
        """The loss of `best_trial`.

        Raises
        ------
        AllTrialsFailed
            If there is none.
        """
        return float(self.best_trial["result"]["loss"])

    @property
    def argmin(self) -> dict[str, Any]:
        """The active parameters of `best_trial`; a choice is given as the number of its option."""
        return active_values(self.best_trial["misc"]["vals"])
