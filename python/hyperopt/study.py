"""Ask and tell: for people who run their own loop."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any

from hyperopt.documents import (
    JOB_STATE_DONE,
    JOB_STATE_ERROR,
    JOB_STATE_NEW,
    JOB_STATE_RUNNING,
    Document,
    coarse_utcnow,
    spec_from_misc,
)
from hyperopt.domain import Domain, normalise_result
from hyperopt.options import as_rstate, draw_seed
from hyperopt.points import assignment_of, trial_of
from hyperopt.store import store_of
from hyperopt.trials import Trials
from hyperopt.values import native


@dataclass(frozen=True)
class Asked:
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
    params: Any
    assignment: dict[str, Any]


class Study:
    """A search that is asked for points and told what became of them.

    Parameters
    ----------
    space
        The search space.
    trials
        The store; what it holds counts as history. None makes a new one.
    algo
        The suggestion algorithm; `jtpe.suggest` when None.
    rstate
        Gives the seed of each call of `algo`; see `hyperopt.fmin`.

    Examples
    --------
    >>> from hyperopt import Study, hp, rand
    >>> study = Study({"x": hp.uniform("x", -5, 5)}, algo=rand.suggest, rstate=0)
    >>> for trial in study.ask(10):
    ...     study.tell(trial, trial.params["x"] ** 2)
    >>> len(study.trials)
    10
    >>> sorted(study.best_params)
    ['x']
    """

    def __init__(
        self,
        space: Any,
        trials: Trials | None = None,
        algo: Callable[..., Any] | None = None,
        rstate: Any = None,
    ) -> None:
        if algo is None:
            from hyperopt import jtpe

            algo = jtpe.suggest
        self.domain = Domain(None, space)
        self.trials = Trials() if trials is None else trials
        self.trials.remember_space(self.domain.space)
        self._store = store_of(self.trials)
        self._store.reread()
        self.algo = algo
        self.rstate = as_rstate(rstate)
        self._waiting: dict[Any, Document] = {
            doc["tid"]: doc
            for doc in self.trials.trials
            if doc["state"] in (JOB_STATE_NEW, JOB_STATE_RUNNING)
        }

    def ask(self, n: int = 1) -> list[Asked]:
        """Suggest `n` trials; they count as pending until they are told.

        Returns fewer, or none, when the algorithm has no more to suggest.
        """
        if n < 1:
            raise ValueError(f"ask(n={n!r}): n must be at least 1")
        asked: list[Asked] = []
        while len(asked) < n:
            new_ids = self.trials.new_trial_ids(n - len(asked))
            docs = self.algo(new_ids, self.domain, self.trials, draw_seed(self.rstate))
            if not docs:
                break
            asked += [self._start(doc) for doc in self._store.insert(docs)]
        return asked

    def enqueue(self, params: Mapping[str, Any]) -> Asked:
        """Ask for a point of your own: ``{label: value}``, choices by number or option."""
        space = self.domain.space
        values = assignment_of(space, params, "enqueue: the point")
        docs = self._store.insert([trial_of(self.trials, values, space.labels)])
        return self._start(docs[0])

    def _start(self, doc: Document) -> Asked:
        doc["state"] = JOB_STATE_RUNNING
        doc["book_time"] = doc["refresh_time"] = coarse_utcnow()
        self._store.settle(doc)
        self._waiting[doc["tid"]] = doc
        assignment = spec_from_misc(doc["misc"])
        return Asked(doc["tid"], native(self.domain.space.evaluate(assignment)), assignment)

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
        if tid not in self._waiting:
            raise ValueError(
                f"tell({tid!r}): no such trial waits to be told; waiting are "
                f"{sorted(self._waiting, key=str)}"
            )
        outcome = None
        if failure is None:
            outcome = normalise_result(loss if result is None else result)
        doc = self._waiting.pop(tid)
        if outcome is None:
            kind = str(type(failure)) if isinstance(failure, BaseException) else "failure"
            doc["misc"]["error"] = (kind, str(failure))
            doc["state"] = JOB_STATE_ERROR
        else:
            self.trials.trial_attachments(doc).update(outcome.pop("attachments", None) or {})
            doc["result"] = outcome
            doc["state"] = JOB_STATE_DONE
        doc["refresh_time"] = coarse_utcnow()
        self._store.settle(doc)

    @property
    def best_params(self) -> Any:
        """The best point so far; see `Trials.best_params`."""
        return self.trials.best_params
