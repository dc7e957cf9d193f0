"""Random search."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

from hyperopt.algorithms.assignments import as_seed, documents, native_ids, prune
from hyperopt.environment.public_path import public
from hyperopt.storage.documents import Document, miscs_to_idxs_vals

if TYPE_CHECKING:
    from hyperopt.objective.domain import Domain
    from hyperopt.storage.store import TrialStore

__all__ = ["suggest", "suggest_batch"]


@public("hyperopt.rand")
def suggest(
    new_ids: Sequence[int], domain: Domain, trials: TrialStore, seed: int
) -> list[Document]:
    """Draw every active parameter from its prior.

    Parameters
    ----------
    new_ids
        Ids of the trials to suggest.
    domain
        The objective and its space.
    trials
        What was tried so far; only its experiment key matters.
    seed
        An integer. The same seed gives the same draws, trial by trial.

    Returns
    -------
    list of dict
        One document in state *new* for each id.
    """
    space = domain.space
    assignments = space.native.suggest_random(native_ids(new_ids), as_seed(seed))
    if space.has_dynamic_activity:
        for assignment in assignments:
            prune(space, assignment)
    return documents(new_ids, domain, trials, assignments)


@public("hyperopt.rand")
def suggest_batch(
    new_ids: Sequence[int], domain: Domain, trials: TrialStore, seed: int
) -> tuple[dict[str, list[Any]], dict[str, list[Any]]]:
    """The draws of `suggest` as columns.

    Returns
    -------
    (idxs, vals)
        For each label the ids of the trials in which it is active, and its values there.
    """
    docs = suggest(new_ids, domain, trials, seed)
    if not docs:
        labels = domain.space.labels
        return {label: [] for label in labels}, {label: [] for label in labels}
    return miscs_to_idxs_vals([doc["misc"] for doc in docs])
