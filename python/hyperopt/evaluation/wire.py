"""What travels between the driver and a worker, and what a worker does with it.

Three things cross the border. The *payload* is the pickled domain (objective and search space),
sent once per run. An *order* is one trial to evaluate. A *report* is what became of it. Everything
here runs on either side of a pipe, a `concurrent.futures.Executor` or a Spark job.
"""

from __future__ import annotations

import logging
import os
import pickle
import sys
import traceback
import uuid
from collections import OrderedDict
from collections.abc import Callable
from contextlib import suppress
from pathlib import Path
from typing import TYPE_CHECKING, Any, NamedTuple, NoReturn, cast

from hyperopt.environment.strangers import text_of
from hyperopt.environment.unpicklable import culprits
from hyperopt.evaluation import by_value
from hyperopt.evaluation.contract import Outcome
from hyperopt.pruning.checkpoints import Continuation, continuation_of
from hyperopt.pruning.reporting import Reporter, Reports
from hyperopt.storage.documents import active_values

if TYPE_CHECKING:
    from hyperopt.objective.ctrl import Ctrl
    from hyperopt.objective.domain import Domain
    from hyperopt.pruning.contract import Rule
    from hyperopt.storage.store import TrialStore

__all__ = [
    "Order",
    "Payload",
    "RemoteCtrl",
    "RemoteError",
    "RemoteTraceback",
    "decode",
    "encode_error",
    "evaluate",
    "evaluate_order",
    "order_for",
    "pack",
    "packed_rule",
    "run",
    "unpacked_rule",
    "wants_doc",
]

logger = logging.getLogger(__name__)

_REMEMBERED_DOMAINS = 4
_domains: OrderedDict[str, Domain] = OrderedDict()


class RemoteError(RuntimeError):
    """An exception of the objective that could not be sent back as it was.

    The message starts with the name of the original type; the worker's traceback is the cause.
    """


class RemoteTraceback(Exception):  # noqa: N818 (it is no error by itself)
    """The traceback of another process, as text; the cause of the exception it belongs to."""

    def __init__(self, text: str) -> None:
        super().__init__(text)
        self.text = text

    def __str__(self) -> str:
        return "\n" + self.text


class Payload(NamedTuple):
    """A pickled domain, and a key by which workers remember that they have it."""

    key: str
    data: bytes


class Order(NamedTuple):
    """One trial to evaluate: its id, its point, and its document if the objective asks for one."""

    tid: int
    config: dict[str, Any]
    doc: dict[str, Any] | None
    rule: Any = None
    """By which the trial decides to stop; pickled, if it is not of this package."""
    continuation: Continuation | None = None
    """What it goes on with, if it was paused before."""


def wants_doc(domain: Domain) -> bool:
    """Whether the objective, or the space, sees the `Ctrl` and so the document of its trial."""
    return bool(domain.pass_expr_memo_ctrl or domain._wants_ctrl)


def order_for(
    doc: dict[str, Any], trials: TrialStore, *, with_doc: bool, rule: Rule | None = None
) -> Order:
    """The order to evaluate the trial of `doc`, which stops by `rule`; `trials` hold the doc."""
    config = active_values(doc["misc"]["vals"])
    seen = dict(doc) if with_doc else None
    return Order(doc["tid"], config, seen, packed_rule(rule), continuation_of(trials, doc))


def packed_rule(rule: Rule | None) -> Any:
    """The rule as it travels: the package's own as they are, others as bytes."""
    if rule is None or type(rule).__module__.startswith("hyperopt."):
        return rule
    try:
        return by_value.dumps(rule)
    except Exception as error:
        raise pickle.PicklingError(
            f"pruner: the rule {rule!r} can't be pickled, so it can't go with a trial to another "
            f"process ({type(error).__name__}: {text_of(error)})"
        ) from error


def unpacked_rule(rule: Any) -> Rule | None:
    """The inverse of `packed_rule`."""
    unpacked: Rule | None = pickle.loads(rule) if isinstance(rule, bytes) else rule
    return unpacked


def pack(domain: Domain) -> Payload:
    """Pickle `domain` once, for all workers.

    Raises
    ------
    pickle.PicklingError
        The objective (or the search space) holds something that cannot be sent to another process;
        the message names it.
    """
    try:
        data = by_value.dumps(domain)
    except Exception as error:
        raise pickle.PicklingError(_why_not(domain, error)) from error
    return Payload(uuid.uuid4().hex, data)


def _why_not(domain: Domain, error: Exception) -> str:
    objective = domain.fn
    name = getattr(objective, "__qualname__", type(objective).__name__)
    found = culprits("it", objective)
    where = f": the cause is {' and '.join(found)}" if found else ""
    return (
        f"the objective {name!r} can't be pickled, so it can't run in another process{where}. "
        "Open files, connections, locks and device handles inside the objective, or evaluate in "
        "this process: with Trials() and executor='threads', or without n_jobs. "
        f"({type(error).__name__}: {text_of(error)})"
    )


class RemoteCtrl(Reports):
    """The `Ctrl` of a trial that runs away from its `Trials`.

    It has the trial's document and takes attachments, which are stored with the trial when it ends.
    What needs the whole study, `trials` and `inject_results`, is refused; `checkpoint` does
    nothing.

    Parameters
    ----------
    current_trial
        A copy of the trial's document.
    """

    def __init__(self, current_trial: dict[str, Any] | None = None) -> None:
        self.current_trial = current_trial
        self.reporter = Reporter()
        self.attachments: dict[str, Any] = {}
        self.debug = logger.debug
        self.info = logger.info
        self.warn = logger.warning
        self.error = logger.error

    def checkpoint(self, r: Any = None) -> None:
        """Do nothing: intermediate results stay in the worker."""

    @property
    def trials(self) -> NoReturn:
        """Refused: the study is not in this process."""
        raise NotImplementedError(
            "ctrl.trials: the trials live in the driver process and this trial runs elsewhere; "
            "run without n_jobs, executor and SparkTrials to use them"
        )

    def inject_results(
        self, specs: Any, results: Any, miscs: Any, new_tids: Any = None
    ) -> NoReturn:
        """Refused: the study is not in this process."""
        raise NotImplementedError(
            "ctrl.inject_results: the trials live in the driver process and this trial runs "
            "elsewhere; return the results instead"
        )


def run(domain: Domain, order: Order, watch: Callable[[Reporter], None] | None = None) -> Outcome:
    """Evaluate one trial; whatever the objective raises becomes part of the outcome.

    `watch` gets the trial's reporter before it begins, to bring it fresher rules.
    """
    ctrl = RemoteCtrl(order.doc)
    pid = os.getpid()
    try:
        ctrl.reporter.rule = unpacked_rule(order.rule)
        ctrl.reporter.continuation = order.continuation
        if watch is not None:
            watch(ctrl.reporter)
        result = domain.evaluate(order.config, cast("Ctrl", ctrl))
        attachments = {text_of(name): value for name, value in ctrl.attachments.items()}
        outcome = Outcome(order.tid, result, attachments or None)
    except BaseException as error:
        outcome = Outcome(order.tid, error=error, traceback=_traceback_text(error))
    if os.getpid() != pid:
        _leave(outcome)
    return outcome


def _leave(outcome: Outcome) -> NoReturn:
    """End this process, which the objective has forked: the trial is its parent's."""
    error, code = outcome.error, 0
    if isinstance(error, SystemExit) and isinstance(error.code, (int, type(None))):
        code = error.code or 0
    elif error is not None:
        code = 1
        with suppress(Exception):
            sys.stderr.write(outcome.traceback or "")
    _flush()
    os._exit(code & 0xFF)


def evaluate(
    domain: Domain, order: Order, watch: Callable[[Reporter], None] | None = None
) -> bytes:
    """Evaluate one trial and encode the report that `decode` reads. Never raises."""
    outcome = run(domain, order, watch)
    _flush()
    if outcome.error is not None:
        return encode_error(outcome.tid, outcome.error, outcome.traceback)
    try:
        content = _dumps((outcome.result, outcome.attachments))
    except BaseException as error:
        reason = pickle.PicklingError(_why_not_result(outcome, error))
        reason.__cause__ = error
        return encode_error(outcome.tid, reason)
    return _dumps((outcome.tid, content))


def evaluate_order(
    key: str,
    reference: Any,
    order: tuple[Any, ...],
    how: Callable[[Domain, Order], bytes] = evaluate,
) -> bytes:
    """Evaluate a trial in a worker, which keeps the last few domains that it has met.

    Parameters
    ----------
    key
        Names the domain.
    reference
        The pickled domain: as bytes, as the path of a file, or as the ``value`` of something.
    order
        The fields of an `Order`.
    how
        Evaluates the order when the domain is there, and makes the report.
    """
    domain = _domains.get(key)
    if domain is None:
        try:
            domain = _domains[key] = pickle.loads(_fetch(reference))
        except BaseException as error:
            return encode_error(order[0], error)
        while len(_domains) > _REMEMBERED_DOMAINS:
            _domains.popitem(last=False)
    return how(domain, Order(*order))


def _fetch(reference: Any) -> bytes:
    if isinstance(reference, bytes):
        return reference
    if isinstance(reference, str):
        return Path(reference).read_bytes()
    value: bytes = reference.value
    return value


def decode(report: bytes) -> Outcome:
    """The outcome in a worker's report.

    Unpickling runs the user's code; what it raises, except `KeyboardInterrupt`, fails the trial.
    """
    content = pickle.loads(report)  # of plain objects, which hold the user's as bytes
    if len(content) == 2:
        return _decode_result(*content)
    tid, pickled, text, described = content
    error = _unpickled(pickled) if pickled else None
    if not isinstance(error, BaseException):
        error = RemoteError(described)
    with suppress(Exception):
        error.__cause__ = RemoteTraceback(text)
    return Outcome(tid, error=error, traceback=text)


def _decode_result(tid: Any, pickled: bytes) -> Outcome:
    content = _unpickled(pickled)
    if not isinstance(content, BaseException):
        return Outcome(tid, *content)
    reason = pickle.UnpicklingError(
        f"the result of trial {tid} was pickled by its worker but can't be unpickled here "
        f"({type(content).__name__}: {text_of(content)}). Return numbers, text, arrays or bytes"
    )
    reason.__cause__ = content
    return Outcome(tid, error=reason, traceback=_traceback_text(reason))


def _unpickled(pickled: bytes) -> Any:
    """What was pickled, or the exception that this raised."""
    try:
        return pickle.loads(pickled)
    except KeyboardInterrupt:
        raise
    except BaseException as error:
        return error


def _dumps(value: Any) -> bytes:
    try:
        return pickle.dumps(value, protocol=pickle.HIGHEST_PROTOCOL)
    except Exception:
        return by_value.dumps(value)


def encode_error(tid: int, error: BaseException, text: str | None = None) -> bytes:
    """The report of a trial that raised `error`."""
    text = text or _traceback_text(error)
    described = f"{type(error).__qualname__}: {text_of(error)}"
    try:
        pickled = _dumps(error)
        pickle.loads(pickled)  # many exceptions pickle, but don't unpickle
    except BaseException:
        pickled = b""
    return pickle.dumps((tid, pickled, text, described))


def _traceback_text(error: BaseException) -> str:
    try:
        return "".join(traceback.format_exception(type(error), error, error.__traceback__))
    except Exception:  # the words of an object that the exception holds
        frames = "".join(traceback.format_tb(error.__traceback__))
        head = "Traceback (most recent call last):\n"
        return f"{head}{frames}{type(error).__qualname__}: {text_of(error)}\n"


def _why_not_result(outcome: Outcome, error: BaseException) -> str:
    found = culprits("result", outcome.result) + culprits("attachments", outcome.attachments)
    return (
        f"the result of trial {outcome.tid} can't be sent back from its worker: "
        f"{' and '.join(found) or 'it'} can't be pickled. Return numbers, text, arrays or bytes "
        "(of a model: what its own save function writes). "
        f"({type(error).__name__}: {text_of(error)})"
    )


def _flush() -> None:
    for stream in (sys.stdout, sys.stderr):
        with suppress(Exception):  # no stream, or a broken one: not the trial's business
            stream.flush()
