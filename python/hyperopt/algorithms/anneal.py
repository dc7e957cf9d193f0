"""Annealing: small steps away from good trials, smaller the more trials there are.

Every label's new value is drawn near its value in an *anchor*, one of the best trials: the labels
of a suggestion share anchors as far as they were active in the same trials. With T trials in which
a label was active, its steps are ``1 / (1 + T * shrink_coef)`` times as wide as its prior.
"""

from __future__ import annotations

from collections.abc import Sequence
from functools import partial
from typing import TYPE_CHECKING, Any

import numpy as np
import numpy.typing as npt

from hyperopt import _native
from hyperopt.algorithms.assignments import as_seed, assignments_in_turn, documents, native_ids
from hyperopt.algorithms.feed import Feed, feed_of
from hyperopt.algorithms.label_by_label import SuggestAlgo
from hyperopt.environment.public_path import public
from hyperopt.storage.documents import Document, miscs_to_idxs_vals
from hyperopt.storage.store import TrialStore

if TYPE_CHECKING:
    from hyperopt.objective.domain import Domain
    from hyperopt.storage.store import TrialStore

__all__ = ["AnnealingAlgo", "suggest", "suggest_batch"]

_DEFAULT_AVG_BEST_IDX = 2.0
_DEFAULT_SHRINK_COEF = 0.1


class AnnealerFeed(Feed[_native.Annealer]):
    """Keeps a native annealer in step with the documents of one store."""

    def _start_over(self, trials: TrialStore) -> None:
        self.native = _native.Annealer(self._native_space)
        self._read(trials.trials)

    def _read(self, docs: list[Document]) -> None:
        for doc in docs:
            self.native.read(self.number(doc["tid"]), doc)


def _check(avg_best_idx: float, shrink_coef: float) -> None:
    if not 1 <= avg_best_idx < float("inf"):
        raise ValueError(f"avg_best_idx={avg_best_idx!r} must be a finite number, at least 1")
    if not 0 <= shrink_coef < float("inf"):
        raise ValueError(f"shrink_coef={shrink_coef!r} must be a finite number, at least 0")


@public("hyperopt.anneal")
def suggest(
    new_ids: Sequence[int],
    domain: Domain,
    trials: TrialStore,
    seed: int,
    avg_best_idx: float = _DEFAULT_AVG_BEST_IDX,
    shrink_coef: float = _DEFAULT_SHRINK_COEF,
) -> list[Document]:
    """Suggest trials by annealing.

    Parameters
    ----------
    new_ids
        Ids of the trials to suggest. The earlier ones of a batch are pending for the later ones.
    domain
        The objective and its space.
    trials
        What was tried so far, whatever became of it.
    seed
        An integer. The same seed, ids and history give the same suggestions.
    avg_best_idx
        The mean rank of the trials that steps start from, at least 1.
    shrink_coef
        How fast the steps shrink as trials arrive, at least 0.

    Returns
    -------
    list of dict
        One document in state *new* for each id.

    Raises
    ------
    ValueError
        If ``avg_best_idx`` < 1 or ``shrink_coef`` < 0.
    """
    _check(avg_best_idx, shrink_coef)
    space = domain.space
    feed = feed_of(AnnealerFeed, trials, space)
    annealer = feed.update(trials)
    ids = native_ids(new_ids, feed.number)
    anneal = partial(
        annealer.suggest,
        seed=as_seed(seed),
        avg_best_idx=avg_best_idx,
        shrink_coef=shrink_coef,
    )
    assignments = assignments_in_turn(ids, space, annealer, anneal)
    return documents(new_ids, domain, trials, assignments)


@public("hyperopt.anneal")
def suggest_batch(
    new_ids: Sequence[int],
    domain: Domain,
    trials: TrialStore,
    seed: int,
    avg_best_idx: float = _DEFAULT_AVG_BEST_IDX,
    shrink_coef: float = _DEFAULT_SHRINK_COEF,
) -> tuple[dict[str, list[Any]], dict[str, list[Any]]]:
    """The suggestions of `suggest` as columns.

    Returns
    -------
    (idxs, vals)
        For each label the ids of the trials in which it is active, and its values there.
    """
    docs = suggest(new_ids, domain, trials, seed, avg_best_idx, shrink_coef)
    return miscs_to_idxs_vals([doc["misc"] for doc in docs], keys=list(domain.space.labels))


@public("hyperopt.anneal")
class AnnealingAlgo(SuggestAlgo):
    """The algorithm of `suggest`, label by label, for subclasses that treat some labels otherwise.

    Override `on_node_hyperparameter`, or ``hp_<family>``, to decide labels in another way. Same
    distributions as `suggest`, another random stream, and slower.

    Parameters
    ----------
    domain, trials, seed
        What a suggestion algorithm is called with.
    avg_best_idx : float
        Mean rank of the trials that steps start from, at least 1.
    shrink_coef : float
        How fast steps shrink as trials arrive, at least 0.
    """

    def __init__(
        self,
        domain: Domain,
        trials: TrialStore,
        seed: int,
        avg_best_idx: float = _DEFAULT_AVG_BEST_IDX,
        shrink_coef: float = _DEFAULT_SHRINK_COEF,
    ) -> None:
        _check(avg_best_idx, shrink_coef)
        super().__init__(domain, trials, seed)
        self.avg_best_idx = avg_best_idx
        self.shrink_coef = shrink_coef
        self._annealer = feed_of(AnnealerFeed, trials, domain.space).update(trials)
        self._anchors: list[int] = []
        self._quanta = {p.label: p.args[-1] for p in domain.space.parameters}

    def _decide(self, new_id: Any) -> dict[str, Any]:
        self._anchors = []
        return super()._decide(new_id)

    def shrinking(self, label: str) -> float:
        """Width of a label's steps, relative to its prior."""
        return 1.0 / (1.0 + self._annealer.count(label) * self.shrink_coef)

    def choose_ltv(self, label: str, size: int = 1) -> tuple[float, int, float] | None:
        """Choose the anchor of a label: its loss, id and value; None while there is none."""
        found = self._annealer.anchor(label, self._anchors)
        if found is None:
            rank = int(self.rng.geometric(1.0 / self.avg_best_idx)) - 1
            found = self._annealer.ranked(label, rank)
            if found is None:
                return None
            self._anchors.append(found)
        loss, value = self._annealer.observation(label, found)
        return loss, found, value

    def on_node_hyperparameter(self, memo: dict[Any, Any], node: Any, label: str) -> Any:
        """Choose a value for `label`: a step from its anchor, or else a draw from its prior.

        The step is what the method ``hp_<family>(memo, node, label, tid, val)`` returns.
        """
        chosen = self.choose_ltv(label)
        if chosen is None:
            return super().on_node_hyperparameter(memo, node, label)
        _, tid, value = chosen
        return getattr(self, f"hp_{node.name}")(memo, node, label, tid, value)

    def hp_uniform(
        self, memo: dict[Any, Any], node: Any, label: str, tid: int, val: float
    ) -> npt.NDArray[Any]:
        """Step from the value `val` of `label` in trial `tid`; an array of one value."""
        kind, first, second = self._annealer.step(label, tid, self.shrink_coef)
        if kind == "stay":
            if self.rng.uniform() < second:
                return np.array([int(first)])
            return np.asarray(super().on_node_hyperparameter(memo, node, label))
        draw = self.rng.uniform if kind == "uniform" else self.rng.normal
        steps = draw(first, second, size=1)
        if "log" in node.name:
            steps = np.exp(steps)
        if node.name.startswith("q"):
            q = self._quanta[label]
            steps = np.round(steps / q) * q + 0.0
        return steps

    hp_quniform = hp_loguniform = hp_qloguniform = hp_uniform
    hp_normal = hp_qnormal = hp_lognormal = hp_qlognormal = hp_uniform
    hp_randint = hp_categorical = hp_uniform
