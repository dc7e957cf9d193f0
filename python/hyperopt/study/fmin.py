"""`fmin`: minimise an objective over a search space."""

from __future__ import annotations

import functools
import os
from collections.abc import Callable, Iterable, Mapping
from typing import TYPE_CHECKING, Any, Literal, overload

from hyperopt.environment.public_path import public
from hyperopt.pyll.base import as_apply
from hyperopt.search.options import FminOptions, MoreOptions, Options, check_trials, shows_options
from hyperopt.storage.documents import STATUS_NEW, Document, misc_of_values
from hyperopt.storage.lifecycle import new_document
from hyperopt.study.trials import Trials

if TYPE_CHECKING:
    from typing_extensions import Unpack

    from hyperopt.study.minimise import Question

__all__ = [
    "fmin",
    "fmin_pass_expr_memo_ctrl",
    "generate_trial",
    "generate_trials_to_calculate",
    "partial",
    "space_eval",
]


@public("hyperopt.fmin")
def fmin_pass_expr_memo_ctrl(f: Callable[..., Any]) -> Callable[..., Any]:
    """Mark an objective that wants to be called as ``f(expr=, memo=, ctrl=)``.

    `expr` is the space, `memo` holds the value of every parameter node, and `ctrl` is a `Ctrl`.
    """
    f.fmin_pass_expr_memo_ctrl = True  # type: ignore[attr-defined]
    return f


@public("hyperopt.fmin")
def partial(fn: Callable[..., Any], **kwargs: Any) -> Callable[..., Any]:
    """`functools.partial` of a suggestion algorithm, which keeps its attributes.

    Examples
    --------
    >>> from hyperopt import partial, tpe
    >>> algo = partial(tpe.suggest, n_startup_jobs=10)
    """
    rval = functools.partial(fn, **kwargs)
    if hasattr(fn, "fmin_pass_expr_memo_ctrl"):
        rval.fmin_pass_expr_memo_ctrl = fn.fmin_pass_expr_memo_ctrl  # type: ignore[attr-defined]
    return rval


@public("hyperopt.fmin")
def space_eval(space: Any, hp_assignment: Any) -> Any:
    """The point of `space` that an assignment means.

    Parameters
    ----------
    space
        A search space.
    hp_assignment
        ``{label: value}``, a choice as the number of its option, such as `fmin` returns.

    Examples
    --------
    >>> from hyperopt import hp, space_eval
    >>> space_eval({"kind": hp.choice("kind", ["a", "b"])}, {"kind": 1})
    {'kind': 'b'}
    """
    from hyperopt.space.compiler import compile_space
    from hyperopt.space.point_reading import what_to_give

    if not hasattr(hp_assignment, "__getitem__") or isinstance(hp_assignment, (str, list)):
        raise TypeError(
            f"hp_assignment={hp_assignment!r}: give a dict {{label: value}}, such as fmin returns"
        )
    compiled = compile_space(as_apply(space))
    try:
        return compiled.evaluate(hp_assignment)
    except (TypeError, ValueError, IndexError, KeyError) as error:
        words = what_to_give(compiled, hp_assignment)
        if words is None or not type(error).__module__.startswith(("builtins", "hyperopt.")):
            raise
        raise type(error)(f"space_eval: {words}") from error


@public("hyperopt.fmin")
def generate_trial(tid: Any, space: Mapping[str, Any]) -> Document:
    """The document of a trial that is to evaluate the values `space`: ``{label: value}``."""
    misc = misc_of_values(tid, space, space)
    return new_document(tid, None, {"status": STATUS_NEW}, misc, None)


@public("hyperopt.fmin")
def generate_trials_to_calculate(points: Iterable[Mapping[str, Any]]) -> Trials:
    """A new store in which the given points wait to be evaluated."""
    trials = Trials()
    docs = [generate_trial(tid, point) for tid, point in enumerate(points)]
    trials.insert_trial_docs(docs)
    return trials


@overload
def fmin(
    fn: Callable[..., Any],
    space: Any,
    algo: Callable[..., Any] | None = None,
    max_evals: int | None = None,
    timeout: float | None = None,
    loss_threshold: float | None = None,
    trials: Trials | str | os.PathLike[str] | None = None,
    rstate: Any = None,
    *,
    return_argmin: Literal[True] = True,
    **options: Unpack[FminOptions],
) -> dict[str, Any]: ...


@overload
def fmin(
    fn: Callable[..., Any],
    space: dict[str, Any],
    algo: Callable[..., Any] | None = None,
    max_evals: int | None = None,
    timeout: float | None = None,
    loss_threshold: float | None = None,
    trials: Trials | str | os.PathLike[str] | None = None,
    rstate: Any = None,
    *,
    return_argmin: Literal[False],
    **options: Unpack[FminOptions],
) -> dict[str, Any]: ...


@overload
def fmin(
    fn: Callable[..., Any],
    space: Any,
    algo: Callable[..., Any] | None = None,
    max_evals: int | None = None,
    timeout: float | None = None,
    loss_threshold: float | None = None,
    trials: Trials | str | os.PathLike[str] | None = None,
    rstate: Any = None,
    allow_trials_fmin: bool = True,
    pass_expr_memo_ctrl: bool | None = None,
    catch_eval_exceptions: bool = False,
    verbose: bool = True,
    return_argmin: bool = True,
    points_to_evaluate: Any = None,
    max_queue_len: int = 1,
    show_progressbar: Any = True,
    early_stop_fn: Callable[..., Any] | None = None,
    trials_save_file: str | os.PathLike[str] = "",
    **options: Unpack[MoreOptions],
) -> Any: ...


@public("hyperopt.fmin")
@shows_options
def fmin(
    fn: Callable[..., Any],
    space: Any,
    algo: Callable[..., Any] | None = None,
    max_evals: int | None = None,
    timeout: float | None = None,
    loss_threshold: float | None = None,
    trials: Trials | str | os.PathLike[str] | None = None,
    rstate: Any = None,
    allow_trials_fmin: bool = True,
    pass_expr_memo_ctrl: bool | None = None,
    catch_eval_exceptions: bool = False,
    verbose: bool = True,
    return_argmin: bool = True,
    points_to_evaluate: Any = None,
    max_queue_len: int = 1,
    show_progressbar: Any = True,
    early_stop_fn: Callable[..., Any] | None = None,
    trials_save_file: str | os.PathLike[str] = "",
    **options: Unpack[MoreOptions],
) -> Any:
    """Minimise an objective over a search space.

    Parameters
    ----------
    fn
        The objective. It gets a point of `space` and returns a loss, or a dict with ``status`` and,
        if that is *ok*, ``loss``. An exception ends the run and passes through unchanged.
    space
        The search space; or ``"annotated"``, which takes it from the annotations of `fn` and calls
        `fn` with keyword arguments.
    algo
        The suggestion algorithm, such as `tpe.suggest` or ``partial(tpe.suggest, gamma=0.3)``.
        None means the default, `auto.suggest`.
    max_evals
        How many trials there shall be in `trials` in the end. None means no limit.
    timeout
        After how many seconds no further trial starts.
    loss_threshold
        A loss of status *ok* below this ends the run.
    trials
        The store. Trials in it count as history, and towards `max_evals`. None makes a new one, or
        loads `trials_save_file` if that exists. The URL of a database, such as
        ``"sqlite:///study.db"``, is the study that is kept there; see `StoredTrials`.
    rstate
        Gives the seed of each call of `algo`: a Generator, a RandomState, an int, or None. None
        takes the environment variable ``HYPEROPT_FMIN_SEED`` if it is set.
    allow_trials_fmin
        Whether a subclass of Trials with an ``fmin`` of its own may take over.
    pass_expr_memo_ctrl
        Whether to call ``fn(expr=, memo=, ctrl=)``; see `fmin_pass_expr_memo_ctrl`.
    catch_eval_exceptions
        Whether an exception in the objective only fails its trial, which is hidden then but counts
        as one of the evaluations.
    verbose
        False shows no progress bar, whatever `show_progressbar` says.
    return_argmin
        What to return: the values of the best trial (True), or the best point (False).
    points_to_evaluate
        Points to evaluate first, ``[{label: value}]`` or as `Trials.best_params` returns them, on
        top of `max_evals`. A choice may be given by the number of its option or by the option; an
        integer that may mean either is taken for the number, with a warning. Points that `trials`
        holds are left out.
    max_queue_len
        How many trials to ask `algo` for at a time.
    show_progressbar
        True, False, or a function ``(initial, total)`` that gives a context manager, whose value
        has ``update(n)``.
    early_stop_fn
        Called for each trial that ends, in the order in which they do, as
        ``early_stop_fn(trials, *state)``; returns ``(stop, state)``. See `hyperopt.early_stop`.
    trials_save_file
        Where to keep the trials: a pickle, which one run at a time may write. A finished trial is
        in the file before the next one starts; of trials that run at the same time, what has been
        reported is.
    n_jobs
        How many processes evaluate trials; -1 means one per core.
    executor
        Who evaluates trials: ``"processes"``, ``"threads"``, ``"spark"`` (the active Spark
        session), or any `concurrent.futures.Executor`.
    trial_timeout
        After how many seconds a trial is stopped, in a process of its own or, with `SparkTrials`,
        in its worker.
    devices
        The accelerators of the processes, ``[0, 1, 2, 3]``: each process sees one of them, and as
        many are started, unless `n_jobs` says otherwise.
    strict_order
        Whether suggestions must not depend on the timing of parallel trials. The default prefers
        throughput.
    avoid_duplicates
        Whether to never evaluate a point twice; the run ends when the space is exhausted.
    condition
        Gets a point as the objective would, and returns whether it is allowed. One that is not is
        neither evaluated nor counted, nothing is learned from it, and another is drawn.
    pruner
        Stops hopeless trials by what they `report`: True for the default, ``"asha"``, ``"median"``,
        ``"percentile"``, ``"hyperband"``, ``"folds"``, or one of `hyperopt.pruners`.
    callbacks
        Objects that are told when the run starts, when a trial has ended, and when the run ends;
        see `hyperopt.callbacks`.
    dashboard
        Whether to serve a live page of the run, whose address is printed: True, a port, or
        ``"host:port"``. It stays until the process ends, and is the same for a later run with the
        same trials.

    Returns
    -------
    dict or object
        ``{label: value}`` of the best trial, choices by number; or the best point itself.

    Raises
    ------
    AllTrialsFailed
        If no trial has status *ok* and a loss that is a number.

    Examples
    --------
    >>> from hyperopt import fmin, hp, rand
    >>> best = fmin(lambda x: (x - 3) ** 2, hp.uniform("x", -5, 5), rand.suggest, max_evals=50,
    ...             rstate=0, verbose=False)
    >>> bool(abs(best["x"] - 3) < 1)
    True
    """
    given = Options.given("fmin", locals())
    from hyperopt.study.minimise import Question, minimise  # so `import hyperopt` stays quick

    question = Question.asked(fn, space, algo, rstate, pass_expr_memo_ctrl)
    store = _store(trials, given.trials_save_file)
    if allow_trials_fmin and trials is not None and _has_own_fmin(store):
        return _delegate(question, store, given)
    return minimise(question, store, given)


def _store(trials: Any, save_file: str | os.PathLike[str]) -> Any:
    """The store that the argument `trials` means."""
    if (isinstance(trials, str) and ":" in trials) or isinstance(trials, os.PathLike):
        from hyperopt.storage.sql.address import split_name  # few studies are in one
        from hyperopt.study.stored import DEFAULT_NAME, StoredTrials

        url, name = split_name(trials) if isinstance(trials, str) else (trials, "")
        trials = StoredTrials(url, name or DEFAULT_NAME)
    check_trials(trials)
    if trials is None and save_file != "":
        from hyperopt.storage.save_file import load  # few runs have one

        trials = load(save_file)
    return Trials() if trials is None else trials


def _has_own_fmin(trials: Any) -> bool:
    kind = type(trials)
    return hasattr(trials, "fmin") and getattr(kind, "fmin", None) is not Trials.fmin


def _delegate(question: Question, trials: Any, options: Options) -> Any:
    """Let the store run the search in its own way.

    It may know nothing of options that are not upstream's; those are passed only when they are set.
    """
    return trials.fmin(
        question.fn,
        question.space,
        algo=question.algo,
        rstate=question.rstate,
        pass_expr_memo_ctrl=question.pass_expr_memo_ctrl,
        **options.for_function(Trials.fmin),
    )
