"""Callbacks: what `fmin` calls when it starts, when a trial has ended, and when it ends."""

from __future__ import annotations

from collections.abc import Iterable
from typing import TYPE_CHECKING, Any

from hyperopt.environment import log
from hyperopt.environment.strangers import repr_of

if TYPE_CHECKING:
    from hyperopt.storage.documents import Document

_METHODS = ("on_start", "on_trial_end", "on_end")


class Callback:
    """Does nothing; override what you need, and give it to ``fmin(callbacks=[...])``.

    All is called in the process and thread of `fmin`, one call after the other, whoever evaluates
    the trials. An exception of a callback ends the run and passes through; what had
    finished is kept.

    Examples
    --------
    >>> from hyperopt import fmin, hp, rand
    >>> from hyperopt.callbacks import Callback
    >>> class Losses(Callback):
    ...     def on_trial_end(self, trials, trial):
    ...         print(trial["tid"], round(trial["result"]["loss"], 2))
    >>> _ = fmin(lambda x: x**2, hp.uniform("x", -1, 1), rand.suggest, max_evals=2, rstate=0,
    ...          show_progressbar=False, callbacks=[Losses()])
    0 0.8
    1 0.31
    """

    def on_start(self, trials: Any) -> None:
        """Be told that a run starts, with the trials that it adds to."""

    def on_trial_end(self, trials: Any, trial: Document) -> None:
        """Be told that a trial has ended: its document has its result, or its error.

        One that was paused is told of each time that it is paused, and when it has finished.
        """

    def on_end(self, trials: Any) -> None:
        """Be told that the run ends, also by an exception or an interrupt, after `on_start`."""


class Callbacks:
    """Calls several callbacks, each of which has any of the three methods.

    Parameters
    ----------
    callbacks
        In the order in which they are called.
    """

    def __init__(self, callbacks: Iterable[Any] = ()) -> None:
        self._all = tuple(callbacks)
        self._started: list[Any] = []
        self._on_trial_end = [
            callback.on_trial_end for callback in self._all if hasattr(callback, "on_trial_end")
        ]

    def __bool__(self) -> bool:
        return bool(self._all)

    def start(self, trials: Any) -> None:
        """Call each ``on_start``."""
        for callback in self._all:
            if hasattr(callback, "on_start"):
                callback.on_start(trials)
            self._started.append(callback)

    def trial_end(self, trials: Any, trial: Document) -> None:
        """Call each ``on_trial_end``."""
        for on_trial_end in self._on_trial_end:
            on_trial_end(trials, trial)

    def tell_quietly(self, trials: Any, ended: Iterable[Document]) -> None:
        """Call each ``on_trial_end`` while another exception is on its way, which comes first."""
        try:
            for trial in ended:
                self.trial_end(trials, trial)
        except Exception as error:
            log.error("a callback raised, too: %s: %s", type(error).__name__, error)

    def end_quietly(self, trials: Any) -> None:
        """Call each ``on_end`` while another exception is on its way, which comes first."""
        try:
            self.end(trials)
        except Exception as error:
            log.error("a callback raised, too: %s: %s", type(error).__name__, error)

    def end(self, trials: Any) -> None:
        """Call each ``on_end`` of those that were started, even if one raises.

        The first exception is raised in the end. Calling it again does nothing.
        """
        started, self._started = self._started, []
        failure: BaseException | None = None
        for callback in started:
            try:
                if hasattr(callback, "on_end"):
                    callback.on_end(trials)
            except BaseException as error:  # noqa: PERF203
                failure = failure or error
        if failure is not None:
            raise failure


def checked_callbacks(callbacks: Any) -> tuple[Any, ...]:
    """The callbacks as a tuple.

    Raises
    ------
    TypeError
        If one has none of the three methods, or is a class.
    """
    if callbacks is None:
        return ()
    if isinstance(callbacks, (str, bytes)) or not isinstance(callbacks, Iterable):
        raise TypeError(
            f"callbacks={repr_of(callbacks)}: give a list of callbacks, such as [callback]"
        )
    found = tuple(callbacks)
    for callback in found:
        if isinstance(callback, type):
            raise TypeError(
                f"callbacks: {repr_of(callback)} is a class; give {callback.__name__}()"
            )
        if not any(callable(getattr(callback, name, None)) for name in _METHODS):
            raise TypeError(
                f"callbacks: {repr_of(callback)} has none of {', '.join(_METHODS)}; derive it from "
                "hyperopt.callbacks.Callback"
            )
    return found
