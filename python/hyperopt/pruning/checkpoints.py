"""What a trial saves when it is stopped, so that it can go on: its checkpoint.

A trial that a rule stops, and that gave a checkpoint with its last report, is *paused*: it is done
like any other that was stopped, its status is *suspended*, and the checkpoint is one of its
attachments. If it turns out promising it waits to be evaluated again, with its result, and so its
curve, as it was; the objective gets its checkpoint back.
"""

from __future__ import annotations

import functools
import pickle
import types
from collections.abc import Mapping
from typing import TYPE_CHECKING, Any, NamedTuple

from hyperopt.storage.checkpoints import BYTES, PICKLE, checkpoint_of, is_paused
from hyperopt.storage.documents import result_of

if TYPE_CHECKING:
    from hyperopt.storage.documents import Document
    from hyperopt.storage.store import TrialStore

__all__ = ["Continuation", "continuation_of", "loaded", "made", "packed"]

_FUNCTIONS = (
    types.FunctionType,
    types.MethodType,
    types.BuiltinFunctionType,
    functools.partial,
)
"""What is called to make a checkpoint. A model that can be called is one itself."""


class Continuation(NamedTuple):
    """What a trial that goes on is given: its way so far, and its checkpoint.

    Attributes
    ----------
    result
        The result that it was paused with.
    name
        Of the attachment, which tells how it is stored.
    data
        The checkpoint.
    """

    result: Mapping[str, Any]
    name: str
    data: bytes


def made(checkpoint: Any) -> Any:
    """The checkpoint itself, where a function was given that makes it."""
    return checkpoint() if isinstance(checkpoint, _FUNCTIONS) else checkpoint


def packed(value: Any) -> dict[str, bytes]:
    """The attachment that keeps a checkpoint: bytes as they are, all else pickled; None is none."""
    if value is None:
        return {}
    if isinstance(value, (bytes, bytearray, memoryview)):
        return {BYTES: bytes(value)}
    try:
        return {PICKLE: pickle.dumps(value, pickle.HIGHEST_PROTOCOL)}
    except Exception:  # of a class of the objective's own module, say
        import cloudpickle

        return {PICKLE: cloudpickle.dumps(value)}


def loaded(continuation: Continuation) -> Any:
    """The checkpoint; whatever unpickling raises if it can't be read here."""
    if continuation.name == BYTES:
        return continuation.data
    return pickle.loads(continuation.data)


def continuation_of(trials: TrialStore, doc: Document) -> Continuation | None:
    """What the trial of a document goes on with; None if it begins anew."""
    if not is_paused(doc):
        return None
    found = checkpoint_of(trials, doc)
    return None if found is None else Continuation(dict(result_of(doc)), *found)
