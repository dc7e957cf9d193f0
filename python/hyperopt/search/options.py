"""The options of a run: one list of them, checked once.

`fmin`, `Trials.fmin`, `SparkTrials.fmin` and `FMinIter` all make an `Options`, which nobody changes
afterwards. A new option is a field here, a line of `MoreOptions` beside it, and a paragraph in the
docstring of `fmin`; those who take options pass it on unseen.
"""

from __future__ import annotations

import inspect
import operator
import os
import sys
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, fields
from typing import TYPE_CHECKING, Any, TypedDict, TypeVar

from hyperopt.algorithms.restricted import check_condition
from hyperopt.search.callbacks import checked_callbacks
from hyperopt.storage.documents import validate_loss_threshold, validate_timeout

if TYPE_CHECKING:
    from hyperopt.evaluation.choice import ExecutorChoice
    from hyperopt.pruning.contract import Pruner

_ALGORITHMS = {"anneal": "anneal", "gp": "gp", "jtpe": "jtpe", "rand": "rand", "random": "rand"}
"""The module that a word for an algorithm means."""

F = TypeVar("F", bound=Callable[..., Any])


class MoreOptions(TypedDict, total=False):
    """The options that upstream does not have, for type checkers; see `hyperopt.fmin.fmin`."""

    n_jobs: int | None
    executor: ExecutorChoice
    trial_timeout: float | None
    devices: Sequence[int | str] | None
    strict_order: bool
    avoid_duplicates: bool
    condition: Callable[[Any], Any] | None
    pruner: Pruner | str | bool | None
    callbacks: Iterable[Any]
    dashboard: bool | int | str


class FminOptions(MoreOptions, total=False):
    """What `hyperopt.fmin` takes after ``rstate``, for type checkers, but for ``return_argmin``."""

    allow_trials_fmin: bool
    pass_expr_memo_ctrl: bool | None
    catch_eval_exceptions: bool
    verbose: bool
    points_to_evaluate: Any
    max_queue_len: int
    show_progressbar: Any
    early_stop_fn: Callable[..., Any] | None
    trials_save_file: str | os.PathLike[str]


# Without what nobody asks for, which `import hyperopt` would have to make.
@dataclass(frozen=True, eq=False, repr=False)
class Options:
    """What `fmin` was asked for, besides the objective, the space, the algorithm and the trials.

    See `hyperopt.fmin.fmin` for the meaning of each; `asynchronous` and `poll_interval_secs` are
    those of `FMinIter`.
    """

    max_evals: int = sys.maxsize
    timeout: float | None = None
    loss_threshold: float | None = None
    catch_eval_exceptions: bool = False
    verbose: bool = True
    return_argmin: bool = True
    points_to_evaluate: Any = None
    max_queue_len: int = 1
    show_progressbar: Any = True
    early_stop_fn: Callable[..., Any] | None = None
    trials_save_file: str | os.PathLike[str] = ""
    asynchronous: bool | None = None
    poll_interval_secs: float = 1.0
    n_jobs: int | None = None
    executor: ExecutorChoice = None
    trial_timeout: float | None = None
    devices: Sequence[int | str] | None = None
    strict_order: bool = False
    avoid_duplicates: bool = False
    condition: Callable[[Any], Any] | None = None
    pruner: Any = None
    callbacks: Iterable[Any] = ()
    dashboard: bool | int | str = False

    def __post_init__(self) -> None:
        validate_timeout(self.timeout)
        validate_loss_threshold(self.loss_threshold)
        object.__setattr__(self, "max_evals", checked_max_evals(self.max_evals))
        if not _is_whole(self.max_queue_len) or self.max_queue_len < 1:
            raise ValueError(
                f"max_queue_len={self.max_queue_len!r}: give a whole number of at least 1"
            )
        if self.early_stop_fn is not None and not callable(self.early_stop_fn):
            raise ValueError(
                f"early_stop_fn={self.early_stop_fn!r}: give a function (trials, *state) -> "
                "(stop, state), such as no_progress_loss(20)"
            )
        check_condition(self.condition)
        if self.pruner is not None:
            from hyperopt.pruning.choice import as_pruner

            object.__setattr__(self, "pruner", as_pruner(self.pruner))
        object.__setattr__(self, "trials_save_file", self.trials_save_file or "")
        check_save_file(self.trials_save_file)
        object.__setattr__(self, "callbacks", checked_callbacks(self.callbacks))
        _check_dashboard(self.dashboard)

    @classmethod
    def given(cls, caller: str, arguments: Mapping[str, Any]) -> Options:
        """The options among the arguments of a function.

        Parameters
        ----------
        caller
            The function's name, for messages.
        arguments
            Its ``locals()``: parameters that are no options are passed over. Those that it takes as
            ``**options`` must be in `MoreOptions`, or one of upstream's.
        """
        known = {field.name for field in fields(cls)}
        more = arguments.get("options", {})
        for name in more:
            if name not in known or name in ("asynchronous", "poll_interval_secs"):
                raise TypeError(f"{caller}() got an unexpected keyword argument {name!r}")
        return cls(**{name: arguments[name] for name in arguments if name in known}, **more)

    def for_function(self, function: Callable[..., Any]) -> dict[str, Any]:
        """The options as arguments of a function that may know only some of them.

        All that it takes by position are given; others only where they differ from their default.
        """
        parameters = inspect.signature(function).parameters.values()
        taken = {p.name for p in parameters if p.kind is p.POSITIONAL_OR_KEYWORD}
        defaults = {field.name: field.default for field in fields(self)}
        return {
            name: getattr(self, name)
            for name, default in defaults.items()
            if name in taken or getattr(self, name) != default
        }

    @property
    def is_parallel(self) -> bool:
        """Whether anybody but this thread is asked to evaluate trials."""
        asked = (self.n_jobs, self.executor, self.trial_timeout, self.devices)
        return any(option is not None for option in asked)


def shows_options(function: F) -> F:
    """Decorate a function with ``**options`` so that its signature lists `MoreOptions`."""
    signature = inspect.signature(function)
    types = MoreOptions.__annotations__
    more = [
        inspect.Parameter(
            field.name,
            inspect.Parameter.KEYWORD_ONLY,
            default=field.default,
            annotation=getattr(types[field.name], "__forward_arg__", types[field.name]),
        )
        for field in fields(Options)
        if field.name in types
    ]
    own = [p for p in signature.parameters.values() if p.kind is not p.VAR_KEYWORD]
    function.__signature__ = signature.replace(parameters=[*own, *more])  # type: ignore[attr-defined]
    return function


def _is_whole(value: Any) -> bool:
    return hasattr(value, "__index__") and not isinstance(value, bool)


def _check_dashboard(place: Any) -> None:
    """Raise an error unless this says where to serve the page of a run, or that there be none."""
    if place is None or isinstance(place, bool):
        return
    port = place
    if isinstance(place, str) and ":" in place:
        port = place.rpartition(":")[2]
        port = int(port) if port.isdecimal() else None
    if not _is_whole(port) or not 0 <= port < 65536:
        raise ValueError(
            f"dashboard={place!r}: give True, a port such as 8080, or 'host:port'; port 0 is any "
            "that is free"
        )


def check_save_file(path: Any) -> None:
    """Raise an error if no file can be written there; an empty text means no file."""
    if not isinstance(path, (str, os.PathLike)):
        raise TypeError(f"trials_save_file={path!r}: give the name of a file")
    if path == "":
        return
    from pathlib import Path  # Its import takes longer than most of this package's.

    folder = Path(path).resolve().parent
    if not folder.is_dir():
        raise FileNotFoundError(
            f"trials_save_file={os.fspath(path)!r}: there is no folder {str(folder)!r}; make it "
            "first"
        )
    if Path(path).is_dir():
        raise IsADirectoryError(
            f"trials_save_file={os.fspath(path)!r} is a folder; give the name of a file in it"
        )


def check_objective(fn: Any, pass_expr_memo_ctrl: bool | None = None, space: Any = None) -> None:
    """Raise `TypeError` if this cannot be an objective."""
    if not callable(fn):
        raise TypeError(f"fn={fn!r}: give a function of a point of the space")
    if isinstance(space, str) or pass_expr_memo_ctrl or hasattr(fn, "fmin_pass_expr_memo_ctrl"):
        return  # it is called with other arguments
    import inspect

    try:
        signature = inspect.signature(fn)
    except (TypeError, ValueError):  # of code that is not Python's
        return
    try:
        signature.bind(object())
    except TypeError as error:
        is_list = isinstance(space, (list, tuple))
        part, stars = ("point[0]", "*") if is_list else ("point['x']", "**")
        raise TypeError(
            f"fn={fn!r}: the objective is called with one argument, the point, and this function "
            f"takes {signature} ({error}). Write def objective(point): ..., with {part} for "
            f"the parts; or lambda point: fn({stars}point)"
        ) from None


def check_algo(algo: Any) -> None:
    """Raise `TypeError` if this can be no suggestion algorithm; None is the default one."""
    if algo is None or callable(algo):
        return
    hint = f"{algo.__name__}.suggest" if hasattr(algo, "suggest") else "tpe.suggest"
    if isinstance(algo, str):
        word = algo.partition(".")[0].lower()
        hint = f"{_ALGORITHMS.get(word, 'tpe')}.suggest, without quotes"
    raise TypeError(f"algo={algo!r} cannot be called: did you mean {hint}?")


def check_trials(trials: Any) -> None:
    """Raise `TypeError` if this can be no store; None is a new one."""
    if isinstance(trials, type):
        raise TypeError(f"trials={trials!r} is a class: did you mean {trials.__name__}()?")
    if trials is not None and not hasattr(trials, "insert_trial_docs"):
        raise TypeError(
            f"trials={trials!r}: give Trials(), the URL of a database such as "
            "'sqlite:///study.db', or None for a new one"
        )


def checked_max_evals(max_evals: Any) -> int:
    """`max_evals` as an int; None means no limit."""
    if max_evals is None:
        return sys.maxsize
    if isinstance(max_evals, float):
        if max_evals == float("inf"):
            return sys.maxsize
        if max_evals.is_integer():
            max_evals = int(max_evals)
    if not hasattr(max_evals, "__index__") or operator.index(max_evals) < 0:
        raise ValueError(
            f"max_evals={max_evals!r}: give a whole number of evaluations, at least 0, or None for "
            "no limit (then timeout, loss_threshold or early_stop_fn end the run)"
        )
    return operator.index(max_evals)
