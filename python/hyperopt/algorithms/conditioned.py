"""Relations between parameters: points that break a condition are not suggested."""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING, Any

import numpy as np

from hyperopt.algorithms import grid, qmc
from hyperopt.algorithms.random_search import suggest as random_suggest
from hyperopt.exceptions import ConditionNotMet
from hyperopt.storage.documents import Document, active_values

if TYPE_CHECKING:
    from hyperopt.objective.domain import Domain
    from hyperopt.storage.store import TrialStore

__all__ = ["Conditioned"]

_SEQUENCES = (grid.suggest, qmc.suggest)
"""What these suggest follows from the id, and drawing from the prior would leave the sequence."""

ATTEMPTS = 100
"""How many points the algorithm is asked for before the prior is."""

DRAWS = 10_000
"""How many points are drawn from the prior before there seems to be none."""

_BATCH = 250


class Conditioned:
    """A suggestion algorithm that only suggests points which meet a condition.

    A point that does not is thrown away: it is neither evaluated nor counted, and nothing is
    learned from it. The algorithm is asked again with another seed and another id, and after 100
    such points the prior is drawn from.

    Parameters
    ----------
    algo
        The algorithm that is asked.
    condition
        Gets a point as the objective would, and returns whether it is allowed. What it raises
        passes through.
    """

    def __init__(self, algo: Callable[..., Any], condition: Callable[[Any], Any]) -> None:
        self.algo = algo
        self.condition = condition
        self.drawn = self.refused = 0

    @property
    def exhausted(self) -> bool:
        """Whether the algorithm says that it has suggested all there is."""
        return bool(getattr(self.algo, "exhausted", False))

    def __call__(
        self, new_ids: list[Any], domain: Domain, trials: TrialStore, seed: int
    ) -> list[Document]:
        """Suggest trials for `new_ids`, or fewer.

        Raises
        ------
        ConditionNotMet
            If no point that is allowed was found.
        """
        rng = np.random.default_rng(seed)
        docs = self.algo(new_ids, domain, trials, seed)
        allowed = self._allowed(docs or [], domain)
        refused = _Refused()
        while docs and len(allowed) < len(new_ids) and not refused.suffice(docs, self.algo):
            ids = trials.new_trial_ids(len(new_ids) - len(allowed))
            docs = self.algo(ids, domain, trials, int(rng.integers(2**31 - 1)))
            allowed += self._allowed(docs or [], domain)
        if allowed or not docs:
            return allowed
        if _function(self.algo) is grid.suggest and self.refused < self.drawn:
            return []  # The whole grid has been looked at.
        if _function(self.algo) in _SEQUENCES:
            raise self._none_found()
        return [self._from_prior(domain, trials, rng)]

    def _allowed(self, docs: list[Document], domain: Domain) -> list[Document]:
        allowed = [doc for doc in docs if self._meets(doc, domain)]
        self.drawn += len(docs)
        self.refused += len(docs) - len(allowed)
        return allowed

    def _meets(self, doc: Document, domain: Domain) -> bool:
        return bool(self.condition(domain.space.evaluate(active_values(doc["misc"]["vals"]))))

    def _from_prior(self, domain: Domain, trials: TrialStore, rng: np.random.Generator) -> Document:
        (tid,) = trials.new_trial_ids(1)
        for _ in range(DRAWS // _BATCH):
            # All of them under one id, of which one at most is used.
            seeds = rng.integers(2**31 - 1, size=_BATCH)
            for seed in seeds.tolist():
                allowed = self._allowed(random_suggest([tid], domain, trials, seed), domain)
                if allowed:
                    return allowed[0]
        raise self._none_found()

    def _none_found(self) -> ConditionNotMet:
        return ConditionNotMet(
            f"condition={self.condition!r} refused {self.refused} of {self.drawn} points "
            f"({100 * self.refused / self.drawn:.4g} %) and none of the last was allowed: check "
            "it, make the space narrower, or write the space so that every point meets it "
            "(documentation: Relations between parameters)"
        )


class _Refused:
    """The points that were refused in one call, and when they are enough."""

    def __init__(self) -> None:
        self._seen: set[Any] = set()
        self._n_calls = 0

    def suffice(self, docs: list[Document], algo: Callable[..., Any]) -> bool:
        """Whether to stop asking: after so many, or when a grid comes round to the same point."""
        self._n_calls += 1
        if _function(algo) is not grid.suggest:
            return self._n_calls > (DRAWS if _function(algo) in _SEQUENCES else ATTEMPTS)
        points = {str(doc["misc"]["vals"]) for doc in docs}
        if points & self._seen:
            return True
        self._seen |= points
        return False


def _function(algo: Any) -> Any:
    """The function that a partial, or a wrapper of this package, calls in the end."""
    while True:
        inner = getattr(algo, "func", None) or getattr(algo, "_algo", None)
        if inner is None:
            return algo
        algo = inner
