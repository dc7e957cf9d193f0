"""`trials_save_file`: a file from which a killed run continues with every finished trial.

The file is a pickle of the Trials at any time, for `pickle.load` as well. During a run it has the
form ``<whole> <piece> <piece> ... STOP``, where *whole* holds the Trials as they were and each
*piece* adds what has finished since; saving a trial costs the same in a long study as in a short
one. When the run ends the file is replaced by a plain pickle.

A piece is written behind the STOP opcode that ends the file, where nobody reads it, and brought to
life by overwriting that one byte. A kill at any moment therefore leaves a complete file, with or
without the last piece.
"""

from __future__ import annotations

import os
import pickle
import struct
import time
from contextlib import suppress
from pathlib import Path
from typing import Any

from hyperopt.storage.documents import JOB_STATE_NEW, JOB_STATE_RUNNING, Document
from hyperopt.study.trials import Trials

# Pickle opcodes. The whole leaves `_whole(data)` on the stack, memoised as 0; a piece drops the
# None that takes the place of STOP, calls `_extend(memo 0, data)` and drops what that returns.
_STOP = b"."
_REVIVE = b"N"
_WHOLE_HEAD = b"\x80\x04chyperopt.save_file\n_whole\n("
_WHOLE_TAIL = b"tR\x94"
_PIECE_HEAD = b"0chyperopt.save_file\n_extend\n(h\x00"
_PIECE_TAIL = b"tR0"
_UNFINISHED = (JOB_STATE_NEW, JOB_STATE_RUNNING)

SYNC_INTERVAL_S = 0.1
"""Pieces closer together than this are not each forced onto the disk."""


def load(path: str | os.PathLike[str]) -> Trials | None:
    """Read a study; trials that were running when it was saved wait to be evaluated again.

    None if there is no such file.

    Raises
    ------
    ValueError
        If the file holds no Trials.
    """
    try:
        data = Path(path).read_bytes()
    except FileNotFoundError:
        return None
    try:
        trials = _loaded(data)
    except Exception as error:
        raise ValueError(
            f"trials_save_file={os.fspath(path)!r}: the file is no pickle that can be loaded here "
            f"({type(error).__name__}: {error}); give another file name, or delete it to start anew"
        ) from error
    if not hasattr(trials, "_dynamic_trials"):
        raise ValueError(
            f"trials_save_file={os.fspath(path)!r}: the file holds a {type(trials).__name__}, not "
            "Trials; give another file name"
        )
    for doc in trials._dynamic_trials:
        if doc["state"] == JOB_STATE_RUNNING:
            doc["state"] = JOB_STATE_NEW
            doc["book_time"] = None
    # Trials that ran at the same time are in the file in the order in which they ended.
    tids = [doc["tid"] for doc in trials._dynamic_trials]
    if all(isinstance(tid, int) for tid in tids) and tids != sorted(tids):
        trials._dynamic_trials.sort(key=lambda doc: doc["tid"])
        trials.reread()
    trials.refresh()
    return trials  # type: ignore[no-any-return]


class Saver:
    """Keeps a file up to date with a Trials.

    Parameters
    ----------
    path
        The file; it is replaced at the first `save`.
    trials
        What to save. Documents that are appended to it, by whomever, are saved when they have
        finished; other changes to finished documents are saved by `close`.
    """

    def __init__(self, path: str | os.PathLike[str], trials: Trials) -> None:
        # The objective may change the working directory; and a link stays a link.
        self._path = Path(path).resolve()
        self._trials = trials
        self._identity: tuple[int, int] | None = None
        self._synced_at = 0.0

    def save(self) -> None:
        """Save what has finished since the last time."""
        docs = self._trials._dynamic_trials
        if self._identity is None or docs is not self._docs or len(docs) < self._seen:
            self._begin()
            return
        piece = self._news()
        if piece is not None and not self._append(piece):
            self._begin()

    def close(self) -> None:
        """Replace the file by a plain pickle of the Trials, and save no more."""
        if self._identity is not None:
            self._replace(_pickled(self._trials))
            self._identity = None

    def _begin(self) -> None:
        """Write everything, in the form to which pieces can be added."""
        docs = self._trials._dynamic_trials
        self._docs = docs
        self._seen = self._n_whole = len(docs)
        self._unfinished = [i for i, doc in enumerate(docs) if doc["state"] in _UNFINISHED]
        self._n_attachments = len(self._trials.attachments)
        data = _WHOLE_HEAD + _sized(_pickled(self._trials)) + _WHOLE_TAIL + _STOP
        self._replace(data)
        self._end = len(data)

    def _replace(self, data: bytes) -> None:
        """Put a new file in the place of the old one, at one stroke."""
        temporary = self._path.with_name(f".{self._path.name}.tmp")
        with temporary.open("wb") as file:
            file.write(data)
            file.flush()
            os.fsync(file.fileno())
            status = os.fstat(file.fileno())
        temporary.replace(self._path)
        self._identity = status.st_dev, status.st_ino

    def _news(self) -> list[Any] | None:
        """What has finished, as ``(position in the whole or None, document)``; new attachments."""
        docs = self._docs
        candidates = self._unfinished
        if len(docs) > self._seen:
            candidates = [*candidates, *range(self._seen, len(docs))]
            self._seen = len(docs)
        changes: list[tuple[int | None, Document]] = []
        self._unfinished = []
        for position in candidates:
            doc = docs[position]
            if doc["state"] in _UNFINISHED:
                self._unfinished.append(position)
            else:
                changes.append((position if position < self._n_whole else None, doc))
        attachments = self._trials.attachments
        n_new = len(attachments) - self._n_attachments
        new_names = [name for name, _ in zip(reversed(attachments), range(n_new), strict=False)]
        self._n_attachments = len(attachments)
        if not changes and not new_names:
            return None
        return [changes, {name: attachments[name] for name in reversed(new_names)}]

    def _append(self, piece: list[Any]) -> bool:
        """Add a piece to the file; False if it is not the file that we began with any more."""
        body = _PIECE_HEAD + _sized(_pickled(piece)) + _PIECE_TAIL + _STOP
        try:
            file = self._path.open("r+b", buffering=0)
        except FileNotFoundError:
            return False
        with file:
            status = os.fstat(file.fileno())
            if (status.st_dev, status.st_ino) != self._identity:
                return False
            file.seek(self._end)
            file.write(body)
            now = time.monotonic()
            if now - self._synced_at > SYNC_INTERVAL_S:
                os.fsync(file.fileno())
                self._synced_at = now
            file.seek(self._end - 1)
            file.write(_REVIVE)
        self._end += len(body)
        return True


def _pickled(obj: Any) -> bytes:
    try:
        return pickle.dumps(obj, protocol=4)
    except (pickle.PicklingError, AttributeError, TypeError):
        import cloudpickle

        return cloudpickle.dumps(obj, protocol=4)  # type: ignore[no-any-return]


def _sized(data: bytes) -> bytes:
    """The pickle opcode that pushes `data`."""
    return b"\x8e" + struct.pack("<Q", len(data)) + data


def _loaded(data: bytes) -> Any:
    """Unpickle; of a file that a power cut has torn, all that is whole."""
    try:
        return pickle.loads(data)
    except Exception:
        for end in reversed(_ends_of_pieces(data)):
            with suppress(Exception):
                return pickle.loads(data[:end] + _STOP)
        raise


def _ends_of_pieces(data: bytes) -> list[int]:
    """Where the whole, and each complete piece after it, ends."""
    ends: list[int] = []
    position, head, tail = 0, _WHOLE_HEAD, _WHOLE_TAIL
    while data.startswith(head, position):
        start = position + len(head) + 9
        if len(data) < start:
            break
        (size,) = struct.unpack("<Q", data[start - 8 : start])
        if len(data) < start + size + len(tail):
            break
        ends.append(start + size + len(tail))
        position, head, tail = ends[-1] + 1, _PIECE_HEAD, _PIECE_TAIL
    return ends


def _whole(data: bytes) -> Any:
    return pickle.loads(data)


def _extend(trials: Trials, data: bytes) -> None:
    changes, attachments = pickle.loads(data)
    for position, doc in changes:
        if position is None:
            trials._insert(doc)
        else:
            known = trials._dynamic_trials[position]
            known.clear()
            known.update(doc)
            trials._settle(known)
    trials.attachments.update(attachments)
