"""Grid search: every combination of the options and values of a space, each once."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, Any
from weakref import WeakKeyDictionary

from hyperopt.algorithms.assignments import assignment, documents
from hyperopt.environment import log
from hyperopt.environment.public_path import public
from hyperopt.space.compiler import compile_space
from hyperopt.space.enumeration import Grid, InfiniteGrid
from hyperopt.storage.documents import JOB_STATE_CANCEL, Document, of_experiment
from hyperopt.storage.store import TrialStore, reports_changes

if TYPE_CHECKING:
    from hyperopt.objective.domain import Domain
    from hyperopt.space.compiler import CompiledSpace

__all__ = ["size", "suggest"]

MAX_SIZE = 10_000_000
"""A larger grid is refused unless a larger limit is given."""

_takens: WeakKeyDictionary[TrialStore, dict[Grid, _Taken]] = WeakKeyDictionary()
_grids: WeakKeyDictionary[CompiledSpace, dict[Any, Grid]] = WeakKeyDictionary()


@public("hyperopt.grid")
def suggest(
    new_ids: Sequence[int],
    domain: Domain,
    trials: TrialStore,
    seed: int | None = None,
    n: int | Mapping[str, int] | None = None,
    order: str = "spread",
    max_size: int = MAX_SIZE,
) -> list[Document]:
    """The next points of the grid; none when all of it has been evaluated or is pending.

    The point of a trial follows from its id, so that processes that share a store never take the
    same one. Ids whose points are in `trials` already are skipped, and what was skipped or
    cancelled is made up for in the end.

    Parameters
    ----------
    new_ids
        Ids of the trials to suggest.
    domain
        The objective and its space.
    trials
        What was tried so far.
    seed
        Not used: a grid has no chance in it.
    n
        How many values a parameter without an end of values has on the grid, at the middles of so
        many parts of its prior that have equal mass; a number for all of them, or
        ``{label: number}``. A label that is named gets so many values, even if it has finitely
        many.
    order
        ``"spread"``: wherever the run ends, what was evaluated is spread out over the space;
        ``"lexical"``: in rows, the last label varying fastest.
    max_size
        A larger grid is an error.

    Returns
    -------
    list of dict
        Documents in state *new*, at most one for each id.

    Raises
    ------
    ValueError
        If a parameter has no end of values and `n` does not name it, if the grid is larger than
        `max_size`, or an option is not allowed.

    Examples
    --------
    >>> from hyperopt import fmin, grid, hp, partial
    >>> space = [hp.choice("c", ["a", "b"]), hp.loguniform("lr", -9, 0)]
    >>> algo = partial(grid.suggest, n={"lr": 3})
    >>> fmin(lambda p: p[1], space, algo, show_progressbar=False)["c"] in (0, 1)
    True
    """
    if order not in ("spread", "lexical"):
        raise ValueError(f"order={order!r} is not allowed: 'spread' or 'lexical'")
    space = domain.space
    the_grid = _grid(space, n, max_size)
    taken = _taken(the_grid, trials)
    batch: set[int] = set()
    ids, points = [], []
    for position, given in enumerate(new_ids):
        tid = given
        while len(taken) + len(batch) < the_grid.size:
            number = tid if hasattr(tid, "__index__") else len(trials._dynamic_trials) + position
            k = int(number) % the_grid.size
            rank = the_grid.spread(k) if order == "spread" else k
            if rank not in taken and rank not in batch:
                batch.add(rank)
                ids.append(tid)
                points.append(the_grid.lexical(rank))
                break
            (tid,) = trials.new_trial_ids(1)
    assignments = [assignment(space, tid, point) for tid, point in zip(ids, points, strict=True)]
    return documents(ids, domain, trials, assignments)


@public("hyperopt.grid")
def size(space: Any, n: int | Mapping[str, int] | None = None) -> int:
    """How many points the grid of a space has.

    Parameters
    ----------
    space
        A search space.
    n
        As in `suggest`.

    Raises
    ------
    ValueError
        If a parameter has no end of values and `n` does not name it.

    Examples
    --------
    >>> from hyperopt import grid, hp
    >>> tree = {"depth": hp.randint("depth", 1, 9), "leaf": hp.choice("leaf", [1, 5])}
    >>> grid.size(hp.choice("model", ["linear", tree]))
    17
    >>> grid.size(hp.uniform("x", 0, 1), n=5)
    5
    """
    compiled = compile_space(space)
    return Grid(compiled, _checked(n, compiled)).size


def _grid(space: CompiledSpace, n: int | Mapping[str, int] | None, max_size: int) -> Grid:
    known = _grids.setdefault(space, {})
    key = tuple(sorted(n.items())) if isinstance(n, Mapping) else n
    if key not in known:
        known[key] = Grid(space, _checked(n, space))
        log.info("grid search: the grid has %s points", f"{known[key].size:,}")
    if known[key].size > max_size:
        longest = max(known[key].counts.items(), key=lambda item: item[1])
        raise InfiniteGrid(
            f"the grid has {known[key].size} points, more than max_size={max_size}; "
            f"{longest[0]!r} alone has {longest[1]} values: make it coarser with "
            f"n={{{longest[0]!r}: 5}}, or raise max_size"
        )
    return known[key]


def _checked(n: Any, space: CompiledSpace) -> int | Mapping[str, int] | None:
    if n is None:
        return None
    if isinstance(n, Mapping):
        unknown = [label for label in n if label not in space.labels]
        if unknown:
            raise ValueError(
                f"n names {unknown[0]!r}, which is no parameter of the space; the parameters are "
                f"{', '.join(map(repr, space.labels))}"
            )
        return {label: _number(value, f"n[{label!r}]") for label, value in n.items()}
    return _number(n, "n")


def _number(value: Any, name: str) -> int:
    if isinstance(value, bool) or not hasattr(value, "__index__") or value < 1:
        raise ValueError(f"{name}={value!r} is not allowed: a whole number of at least 1")
    return int(value)


class _Taken:
    """Which points of a grid were evaluated or are pending, kept up with a store's changes."""

    def __init__(self, the_grid: Grid) -> None:
        self._grid = the_grid
        self._start_over()

    def _start_over(self) -> None:
        self._revision = 0
        self._known: dict[int, tuple[Document, int]] = {}
        self.counts: Counter[int] = Counter()

    def update(self, trials: TrialStore) -> Counter[int]:
        """How often each point, by its number in rows, is among the trials."""
        changes = trials.changes_since(self._revision)
        if not self._revision or not changes.complete or not reports_changes(trials):
            self._start_over()
            docs = trials._dynamic_trials
        else:
            docs = changes.documents
        for doc in of_experiment(docs, trials._exp_key):
            self._note(doc)
        self._revision = changes.revision
        return self.counts

    def _note(self, doc: Document) -> None:
        _, before = self._known.pop(id(doc), (doc, None))
        if before is not None:
            self.counts[before] -= 1
            if not self.counts[before]:
                del self.counts[before]
        if doc["state"] == JOB_STATE_CANCEL:
            return
        vals = doc["misc"]["vals"]
        rank = self._grid.rank({label: float(v[0]) for label, v in vals.items() if len(v)})
        if rank is not None:
            self._known[id(doc)] = doc, rank
            self.counts[rank] += 1


def _taken(the_grid: Grid, trials: TrialStore) -> Counter[int]:
    known = _takens.setdefault(trials, {})
    if the_grid not in known:
        known[the_grid] = _Taken(the_grid)
    return known[the_grid].update(trials)
