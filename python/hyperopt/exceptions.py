"""Errors and warnings that hyperopt raises on its own account.

An exception raised by the objective, or by a function registered with ``scope.define``, is the
user's: it passes through unchanged and is none of these.
"""

from __future__ import annotations

from typing import Any

from hyperopt.environment.strangers import repr_of

__all__ = [
    "AllTrialsFailed",
    "BadSearchSpace",
    "ChangedSpace",
    "ConditionNotMet",
    "DuplicateLabel",
    "EmptyChoice",
    "ImportanceWarning",
    "InvalidAnnotatedParameter",
    "InvalidLoss",
    "InvalidResultStatus",
    "InvalidTrial",
    "MissingLabel",
    "MissingStatus",
    "NothingToSuggest",
    "SaveFileInUse",
    "SpaceWarning",
    "StorageError",
    "StorageUnavailable",
    "StudyNotFound",
    "TrialPruned",
    "VersionMismatch",
]


class BadSearchSpace(Exception):  # noqa: N818
    """The search space cannot be used as it is written."""


class DuplicateLabel(BadSearchSpace):
    """Two different parameters of one space carry the same label."""

    @classmethod
    def of(cls, label: str) -> DuplicateLabel:
        """The error for a label, with what to do."""
        return cls(
            f"the label {label!r} names two different parameters; give each its own label, "
            "even in branches that exclude each other, or use one hp expression in both places"
        )


class ChangedSpace(BadSearchSpace, ValueError):  # noqa: N818
    """The trials of a study were made with another space, and have no meaning in this one."""


class EmptyChoice(BadSearchSpace, ValueError):  # noqa: N818
    """A choice that can be reached has no options."""


class MissingLabel(BadSearchSpace, KeyError):  # noqa: N818
    """A point has no value for a parameter that is active in it."""

    def __str__(self) -> str:
        # KeyError would show the repr of its message.
        return str(self.args[0]) if self.args else ""


class InvalidTrial(ValueError):  # noqa: N818
    """A trial document does not have the shape that trial documents have.

    Parameters
    ----------
    msg : str
        What is wrong.
    obj : object
        The offending document, or the offending part of it.
    """

    def __init__(self, msg: str, obj: Any) -> None:
        super().__init__(f"{msg} {obj!s}")
        self.msg = msg
        self.obj = obj

    def __reduce__(self) -> tuple[Any, ...]:
        return type(self), (self.msg, self.obj)


class _InvalidResult(ValueError):  # noqa: N818
    """An objective returned a result that cannot be recorded."""

    def __init__(self, result: Any) -> None:
        super().__init__(result)
        self.result = result


class InvalidResultStatus(_InvalidResult):
    """The status of a result is none of ``hyperopt.STATUS_STRINGS``."""

    def __str__(self) -> str:
        return (
            f"the objective returned {repr_of(self.result)}: status must be 'ok', with a loss, or "
            "'fail', or another of hyperopt.STATUS_STRINGS"
        )


class MissingStatus(_InvalidResult, KeyError):  # noqa: N818
    """A result has no status."""

    def __str__(self) -> str:
        return (
            f"the objective returned {repr_of(self.result)} without a 'status': add 'status': "
            "'ok', or 'fail', or another of hyperopt.STATUS_STRINGS"
        )


class InvalidLoss(_InvalidResult):
    """A result with status ok has no loss, or one that is no number."""

    def __str__(self) -> str:
        return (
            f"the objective returned {repr_of(self.result)}: with status 'ok' there must be a "
            "'loss' that is a real number; return status 'fail' if there is none"
        )


class InvalidAnnotatedParameter(_InvalidResult):
    """With ``space="annotated"``, an argument's annotation is no search space."""


class AllTrialsFailed(Exception):  # noqa: N818
    """No trial has a usable loss, so there is no best one."""


class NothingToSuggest(Exception):  # noqa: N818
    """The suggestion algorithm has no more points: the space is exhausted."""


class ConditionNotMet(RuntimeError):  # noqa: N818
    """No point that meets the `condition` of a search was found."""


class SaveFileInUse(RuntimeError):  # noqa: N818
    """Another run writes the same ``trials_save_file``.

    Parameters
    ----------
    path
        The file.
    holder
        Who writes it, in words.
    """

    def __init__(self, path: Any, holder: str) -> None:
        super().__init__(path, holder)
        self.path = path
        self.holder = holder

    def __str__(self) -> str:
        return (
            f"trials_save_file={str(self.path)!r} is being written by {self.holder}: wait until "
            "that run ends, or give another file name"
        )


class StorageError(RuntimeError):
    """A database of studies cannot be used; the message says why and what to do."""


class StorageUnavailable(StorageError):  # noqa: N818
    """The database did not answer for longer than a process is willing to wait."""


class StudyNotFound(StorageError, KeyError):  # noqa: N818
    """There is no study of this name."""

    def __str__(self) -> str:
        # KeyError would show the repr of its message.
        return str(self.args[0]) if self.args else ""


class VersionMismatch(StorageError):  # noqa: N818
    """The database was made for an older or a newer version of this package."""


class SpaceWarning(UserWarning):
    """A search space is valid, but probably not what its author meant."""


class ImportanceWarning(UserWarning):
    """There are too few finished trials to tell which parameters matter."""


class TrialPruned(BaseException):
    """A trial stops because it is hopeless: `hyperopt.report` raises this, and so may objectives.

    It derives from BaseException so that an objective's ``except Exception`` does not swallow it.
    Clean up with ``finally``; whoever catches it should raise it again. The trial's result then has
    status *fail*, no loss, and the step under ``pruned``.
    """
