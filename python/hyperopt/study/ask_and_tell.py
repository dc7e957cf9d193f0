"""Ask and tell: for people who run their own loop."""

from __future__ import annotations

from collections.abc import Callable, Hashable, Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Generic, overload

from hyperopt.algorithms.restricted import check_condition, restricted
from hyperopt.analysis.table import STATE_NAMES
from hyperopt.environment.public_path import public
from hyperopt.environment.strangers import text_of
from hyperopt.environment.warning_levels import levels_to_user
from hyperopt.exceptions import NothingToSuggest
from hyperopt.objective.domain import Domain, normalise_result
from hyperopt.search.options import check_algo, check_trials
from hyperopt.search.seeds import as_rstate, draw_seed
from hyperopt.space.hidden import check_has_parameters
from hyperopt.space.point_reading import is_option
from hyperopt.space.points import assignment_of
from hyperopt.space.values import native
from hyperopt.storage import lifecycle
from hyperopt.storage.documents import JOB_STATE_NEW, Document, of_experiment, spec_from_misc
from hyperopt.storage.lifecycle import UNFINISHED
from hyperopt.storage.locked import lock_of, search_lock_of
from hyperopt.storage.store import new_store
from hyperopt.storage.writer import store_of
from hyperopt.study.changed_space import adopt_space
from hyperopt.study.waiting_points import trial_of

if TYPE_CHECKING:
    from typing_extensions import TypeVar

    from hyperopt.study.trials import Trials

    Point = TypeVar("Point", default=Any)
else:
    from typing import TypeVar

    Point = TypeVar("Point")


@public("hyperopt.study")
@dataclass(frozen=True)
class Asked(Generic[Point]):
    """A trial that was asked for and waits to be told.

    Attributes
    ----------
    tid
        Its id.
    params
        The point of the space, in native Python types: what an objective would get.
    assignment
        The active parameters as stored, ``{label: value}``, choices by number.
    """

    tid: Any
    params: Point
    assignment: dict[str, Any]


@public("hyperopt.study")
class Study(Generic[Point]):
    """A search that is asked for points and told what became of them.

    `Trials.study` makes one: ``study = trials.study(space)``. It keeps nothing but the trials, the
    space and the state of its generator: two studies of the same trials see each other's, and a new
    one goes on where another ended. Several threads may ask and tell at the same time. To type
    checkers, the points of a space that is a dict are dicts (``Study[dict[str, Any]]``).

    Parameters
    ----------
    space
        The search space.
    trials
        The store; what it holds counts as history. None makes a new one.
    algo
        The suggestion algorithm; `auto.suggest` when None.
    rstate
        Gives the seed of each call of `algo`; see `hyperopt.fmin`.
    avoid_duplicates
        Whether to never suggest a point twice; see `hyperopt.fmin`.
    condition
        Says whether a point is allowed; see `hyperopt.fmin`.

    Examples
    --------
    >>> from hyperopt import Trials, hp, rand
    >>> study = Trials().study({"x": hp.uniform("x", -5, 5)}, algo=rand.suggest, rstate=0)
    >>> for _ in range(10):
    ...     trial = study.ask()
    ...     study.tell(trial, trial.params["x"] ** 2)
    >>> len(study.trials)
    10
    >>> sorted(study.best_params)
    ['x']
    """

    _queued: Sequence[Document] = ()  # studies that 0.1 has pickled have none

    def __init__(
        self,
        space: Any,
        trials: Trials | None = None,
        algo: Callable[..., Any] | None = None,
        rstate: Any = None,
        *,
        avoid_duplicates: bool = False,
        condition: Callable[[Any], Any] | None = None,
    ) -> None:
        if algo is None:
            from hyperopt.algorithms import auto

            algo = auto.suggest
        if isinstance(space, str):
            raise TypeError(f"space={space!r}: give hp.* expressions, or dicts and lists of them")
        check_algo(algo)
        check_trials(trials)
        check_condition(condition)
        algo = restricted(algo, avoid_duplicates, condition)
        self.domain = Domain(None, space)
        self.trials: Trials = new_store() if trials is None else trials
        check_has_parameters(self.domain.space)
        adopt_space(self.trials, self.domain.space, stacklevel=levels_to_user())
        self._store = store_of(self.trials)
        self._store.eager = True  # Others shall see what was told, at once.
        self._store.reread()
        self.algo = algo
        self.rstate = as_rstate(rstate)
        self._asked: dict[Any, Document] = {}

    def __getstate__(self) -> dict[str, Any]:
        return {key: value for key, value in self.__dict__.items() if key != "_store"}

    def __setstate__(self, state: Mapping[str, Any]) -> None:
        self._queued = []  # which version 0.1 did not have
        self.__dict__.update(state)
        self._store = store_of(self.trials)
        self._store.eager = True

    @overload
    def ask(self) -> Asked[Point]: ...

    @overload
    def ask(self, n: int) -> list[Asked[Point]]: ...

    def ask(self, n: int | None = None) -> Asked[Point] | list[Asked[Point]]:
        """Suggest a trial, or several; they count as pending until they are told.

        Parameters
        ----------
        n
            How many. With a number a list is returned, which is shorter when the algorithm has no
            more to suggest.

        Raises
        ------
        NothingToSuggest
            Without `n`, if the algorithm suggests nothing.
        """
        if n is None:
            asked = self._ask(1)
            if not asked:
                raise NothingToSuggest(
                    "ask(): the algorithm has nothing to suggest; with avoid_duplicates every "
                    "point of the space has been evaluated or is pending"
                )
            return asked[0]
        if isinstance(n, bool) or not hasattr(n, "__index__") or n < 1:
            raise ValueError(f"ask({n!r}): give a whole number of at least 1, or nothing for one")
        return self._ask(n)

    def _ask(self, n: int) -> list[Asked[Point]]:
        asked: list[Asked[Point]] = []
        with lock_of(self.trials):
            self._store.sync()
            asked += [self._start(doc) for doc in self._waiting()[:n]]
            while len(asked) < n:
                docs = self._store.suggest(
                    self.algo, self.domain, n - len(asked), self._draw_seed, None
                )
                if not docs:
                    break
                asked += [self._start(doc) for doc in docs]
        return asked

    def _draw_seed(self) -> int:
        return draw_seed(self.rstate)

    def enqueue(self, params: Any) -> Asked[Point]:
        """Queue a point of your own: the next `ask` gives it.

        Parameters
        ----------
        params
            ``{label: value}``, or a point as `best_params` returns it. A choice is given by its
            option, or else by the option's number.

        Returns
        -------
        Asked
            The trial, which can also be told without asking for it.
        """
        space = self.domain.space
        values = assignment_of(space, params, "enqueue: the point")
        with lock_of(self.trials):
            (doc,) = self._store.insert([trial_of(self.trials, values, space.labels)])
            self._queued = [*self._queued, doc]
        return self._seen(doc)

    def _waiting(self) -> list[Document]:
        """The points that are queued, or wait in the trials since before; in their order."""
        self._queued = [
            doc
            for doc in self._queued
            if doc["state"] == JOB_STATE_NEW  # and no other study of these trials has it
        ]
        if search_lock_of(self.trials).locked():  # it has points of its own waiting
            return list(self._queued)
        left = [
            doc
            for doc in self._store.unstarted()
            if not any(doc is other for other in self._queued)
        ]
        return [*self._queued, *left]

    @property
    def pending(self) -> list[Asked[Point]]:
        """The trials that wait to be told, also those that others asked for or left behind."""
        with lock_of(self.trials):
            self.trials.refresh()
            return [self._seen(doc) for doc in self.trials.trials if doc["state"] in UNFINISHED]

    def _start(self, doc: Document) -> Asked[Point]:
        self._store.hold(doc)
        lifecycle.begin(doc)
        self._store.settle(doc)
        self._asked[doc["tid"]] = doc
        return self._seen(doc)

    def _seen(self, doc: Document) -> Asked[Point]:
        assignment = spec_from_misc(doc["misc"])
        return Asked(doc["tid"], native(self.domain.space.evaluate(assignment)), native(assignment))

    def tell(
        self,
        trial: Asked | Any,
        loss: Any = None,
        *,
        result: Mapping[str, Any] | None = None,
        failure: Any = None,
    ) -> None:
        """Say what became of a trial.

        Parameters
        ----------
        trial
            What `ask` gave, or its id.
        loss
            The loss, or anything that an objective may return.
        result
            A result dict with ``status`` and ``loss``.
        failure
            An exception, or a text: the trial failed and is hidden.

        Raises
        ------
        ValueError
            If the trial does not wait to be told, or not exactly one of the three is given.
        """
        tid = trial.tid if isinstance(trial, Asked) else trial
        if sum(given is not None for given in (loss, result, failure)) != 1:
            raise ValueError(f"tell({tid!r}): give exactly one of loss, result and failure")
        outcome = None
        if failure is None:
            outcome = normalise_result(loss if result is None else result)
        with lock_of(self.trials):
            doc = self._untold(tid)
            if outcome is None:
                kind = text_of(type(failure)) if isinstance(failure, BaseException) else "failure"
                lifecycle.fail(doc, kind, text_of(failure))
            else:
                attachments = outcome.pop("attachments", None) or {}
                self.trials.trial_attachments(doc).update(attachments)
                lifecycle.finish(doc, outcome)
            self._asked.pop(tid, None)
            self._store.settle(doc)

    def _untold(self, tid: Any) -> Document:
        """The document of a trial that waits to be told."""
        doc = self._asked.get(tid) if isinstance(tid, Hashable) else None
        if doc is None or doc["state"] not in UNFINISHED:
            own = of_experiment(self.trials._dynamic_trials, self.trials._exp_key)
            found = [doc for doc in own if doc["tid"] == tid]
            if not found:
                pending = self.pending
                hint = ""
                if any(is_option(tid, asked.params) for asked in pending):
                    hint = "; these are its params: give the trial itself, as ask() gave it"
                raise ValueError(
                    f"tell({tid!r}): there is no such trial{hint}; waiting to be told are "
                    f"{[asked.tid for asked in pending]}"
                )
            doc = found[-1]
        if doc["state"] not in UNFINISHED:
            word = STATE_NAMES[doc["state"]]
            raise ValueError(
                f"tell({tid!r}): this trial has been told already (its state is {word!r}); "
                f"waiting are {[asked.tid for asked in self.pending]}"
            )
        return doc

    def __repr__(self) -> str:
        from hyperopt.visualization.notebook import line_of

        return line_of(self.trials, "Study")

    def _repr_html_(self) -> str:
        from hyperopt.visualization.notebook import html_of

        return html_of(self.trials, "Study")

    @property
    def best_trial(self) -> Document:
        """The document of the best trial so far; see `Trials.best_trial`."""
        return self.trials.best_trial

    @property
    def best_value(self) -> float:
        """Its loss."""
        return self.trials.best_value

    @property
    def best_params(self) -> Point:
        """The best point so far; see `Trials.best_params`."""
        best: Point = self.trials.best_params
        return best
