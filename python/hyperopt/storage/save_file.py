"""`trials_save_file`: a file from which a killed run continues with every finished trial.

The file is a pickle of the Trials at any time, for `pickle.load` as well. During a run it has a
form to which pieces can be added (see `save_format`), so saving a trial costs the same in a long
study as in a short one. When the run ends the file is replaced by a plain pickle.
"""

from __future__ import annotations

import itertools
import os
import pickle
import time
from contextlib import suppress
from pathlib import Path
from typing import Any
from weakref import WeakKeyDictionary

from hyperopt.environment import log
from hyperopt.environment.strangers import text_of
from hyperopt.environment.unpicklable import culprits
from hyperopt.storage.checkpoints import drop_checkpoint, is_paused
from hyperopt.storage.documents import JOB_STATE_RUNNING, Document, result_of
from hyperopt.storage.file_claim import FileClaim
from hyperopt.storage.lifecycle import UNFINISHED, requeue
from hyperopt.storage.locked import lock_of
from hyperopt.storage.save_format import REVIVE, as_piece, as_whole, loaded
from hyperopt.storage.store import TrialStore
from hyperopt.storage.unloaded import Unloaded, noting, paths_of_unloaded
from hyperopt.storage.whole_file import replace, temporary_of, write_all

_TAIL_BYTES = 64
"""The end of the file, by which it is known again."""

_MOST_NAMED = 3

SYNC_INTERVAL_S = 0.1
"""Pieces closer together than this are not each forced onto the disk."""


def load(path: str | os.PathLike[str]) -> TrialStore | None:
    """Read a study; trials that were running when it was saved wait to be evaluated again.

    None if there is no such file. An object in it that can't be unpickled here, of a class that is
    gone for instance, is shown as an `Opaque`; one warning names them. It stays in the file.

    Raises
    ------
    ValueError
        If the file holds no Trials.
    """
    try:
        with Path(path).open("rb") as file:
            version = _version(os.fstat(file.fileno()))
            data = file.read()
    except FileNotFoundError:
        return None
    with noting() as unloaded:
        try:
            trials = loaded(data)
        except Exception as error:
            trials = _half_replaced(Path(path).resolve())
            if trials is None:
                raise ValueError(
                    f"trials_save_file={os.fspath(path)!r}: the file is no pickle that can be "
                    f"loaded here ({type(error).__name__}: {text_of(error)}); give another file "
                    "name to start anew beside it"
                ) from error
    if not hasattr(trials, "_dynamic_trials"):
        raise ValueError(
            f"trials_save_file={os.fspath(path)!r}: the file holds a {type(trials).__name__}, not "
            "Trials; give another file name"
        )
    if unloaded:
        _warn_of(unloaded, path, trials)
    for doc in trials._dynamic_trials:
        if doc["state"] == JOB_STATE_RUNNING:
            requeue(doc)
        elif "resumed" in result_of(doc) and not is_paused(doc):
            drop_checkpoint(trials, doc)  # Pieces tell of no attachment that has gone.
    # Trials that ran at the same time are in the file in the order in which they ended.
    tids = [doc["tid"] for doc in trials._dynamic_trials]
    if all(isinstance(tid, int) for tid in tids) and tids != sorted(tids):
        trials._dynamic_trials.sort(key=lambda doc: doc["tid"])
        trials.reread()
    trials.refresh()
    with suppress(TypeError):  # of a class that has no weak references
        _loaded_from[trials] = version
    return trials  # type: ignore[no-any-return]


def _warn_of(unloaded: list[Unloaded], path: str | os.PathLike[str], trials: TrialStore) -> None:
    """Say once what of a file could not be rebuilt, and that nothing is lost."""
    paths: list[str] = []
    for doc in trials._dynamic_trials:
        name = f"trial {doc['tid']}: "
        paths += paths_of_unloaded(f"{name}result", doc["result"])
        paths += paths_of_unloaded(f"{name}misc", doc["misc"])
    for key, value in trials.attachments.items():
        paths += paths_of_unloaded(f"attachment {key!r}", value)
    shown = ", ".join(paths[:_MOST_NAMED]) + (", ..." if len(paths) > _MOST_NAMED else "")
    log.warning(
        "%s: %d objects can't be unpickled here and are shown as Opaque, which keeps them (%s; the "
        "first is %s). All else was read, and they stay in the file",
        os.fspath(path), len(paths) or len(unloaded), shown or "within others", unloaded[0].text,
    )  # fmt: skip


_loaded_from: WeakKeyDictionary[Any, tuple[int, ...]] = WeakKeyDictionary()
"""The version of the file that a study was loaded from."""


def _version(status: os.stat_result) -> tuple[int, ...]:
    return status.st_dev, status.st_ino, status.st_size, status.st_mtime_ns


def _half_replaced(path: Path) -> Any:
    """The study of a file with several names that was being overwritten when its run was killed."""
    with suppress(Exception):
        return loaded(temporary_of(path).read_bytes())
    return None


class Saver:
    """Keeps a file up to date with a Trials.

    From the first `save` to `close` no other run may write the file. A fork of this process saves
    nothing.

    Parameters
    ----------
    path
        The file; it is replaced at the first `save`.
    trials
        What to save. Documents that are appended to it, by whomever, are saved when they have
        finished; other changes to finished documents are saved by `close`.
    """

    def __init__(self, path: str | os.PathLike[str], trials: TrialStore) -> None:
        # The objective may change the working directory; and a link stays a link.
        self._path = Path(path).resolve()
        self._trials = trials
        self._claim: FileClaim | None = None
        self._identity: tuple[int, int] | None = None
        self._docs: list[Document] = []
        self._seen = 0
        self._has_begun = False
        self._failing = False
        self._synced_at = 0.0

    def save(self) -> None:
        """Save what has finished since the last time.

        Raises
        ------
        SaveFileInUse, ValueError, OSError
            The first time, if the file can't be written, or holds what would be lost. Later on a
            full disk, say, is logged, and tried again with the next trial.
        """
        if self._claim is not None and not self._claim.is_own:
            return
        try:
            with lock_of(self._trials):
                self._save()
        except BaseException as error:
            if not self._has_begun:
                self._release()
            if not (self._has_begun and isinstance(error, OSError)):
                raise
            if not self._failing:
                log.warning("%s can't be written (%s); trying again after each trial",
                            self._path, error)  # fmt: skip
            self._failing = True
        else:
            self._failing = False

    def close(self) -> None:
        """Replace the file by a plain pickle of the Trials, and save no more.

        Raises
        ------
        OSError
            The file can't be written; it is as it was after the last trial that could be saved.
        """
        if self._claim is None or not self._claim.is_own:
            return
        try:
            if self._has_begun:
                self._identity = None
                names = list(self._trials.attachments)
                docs = self._trials._dynamic_trials
                replace(self._path, self._pickled(self._trials, docs, names))
        finally:
            self._has_begun = False
            self._release()

    def _release(self) -> None:
        if self._claim is not None:
            self._claim.release()
            self._claim = None

    def _save(self) -> None:
        docs = self._trials._dynamic_trials
        if self._identity is None or docs is not self._docs or len(docs) < self._seen:
            self._begin()
            return
        changes, names, following = self._news()
        attachments = self._trials.attachments
        if changes or names:
            piece = [changes, {name: attachments[name] for name in names}]
            data = self._pickled(piece, [doc for _, doc in changes], names)
            if not self._append(data):
                self._set_aside()
                self._begin()
                return
        # Only now: what could not be written, or was interrupted, is news the next time as well.
        self._unfinished, self._paused, self._seen, self._n_appended = following
        self._names.update(names)

    def _begin(self) -> None:
        """Write everything, in the form to which pieces can be added."""
        if self._claim is None:
            self._claim = FileClaim(self._path)
        if not self._has_begun:
            _check_replaceable(self._path, self._trials)
        self._identity = None
        docs = self._trials._dynamic_trials
        self._docs = docs
        self._seen = self._n_whole = len(docs)
        self._unfinished = [i for i, doc in enumerate(docs) if doc["state"] in UNFINISHED]
        self._paused = {
            i: (doc["result"], i)
            for i, doc in enumerate(docs)
            if is_paused(doc) and i not in self._unfinished
        }
        self._n_appended = 0
        names = list(self._trials.attachments)
        self._names = set(names)
        whole = self._pickled(self._trials, docs, names)
        data = as_whole(whole)
        status = replace(self._path, data)
        self._end = len(data)
        self._tail = data[-_TAIL_BYTES:]
        self._identity = status.st_dev, status.st_ino
        self._has_begun = True

    def _set_aside(self) -> None:
        """Give another name to a file that somebody has put in the place of ours."""
        for number in itertools.count(1):
            aside = self._path.with_name(f"{self._path.name}.{number}")
            if aside.exists():
                continue
            with suppress(FileNotFoundError):  # ours was only moved away
                self._path.rename(aside)
                log.warning("%s was replaced by another file, which is now %s", self._path, aside)
            return

    def _news(self) -> tuple[list[Any], list[Any], tuple[Any, ...]]:
        """What has finished, as ``(position in the file or None, document)``; new attachments.

        And what to remember once they are saved.
        """
        docs, n_docs = self._docs, len(self._docs)
        paused, n_appended = dict(self._paused), self._n_appended
        changes: list[tuple[int | None, Document]] = []
        unfinished = []
        for position in [*self._unfinished, *self._paused, *range(self._seen, n_docs)]:
            doc = docs[position]
            if doc["state"] in UNFINISHED:
                if position not in paused:  # else it goes on, and is looked at in any case
                    unfinished.append(position)
                continue
            known = paused.pop(position, None)
            if known is not None and known[0] is doc["result"]:
                paused[position] = known
                continue
            place = position if position < self._n_whole else None
            if known is not None:
                place = known[1]
            changes.append((place, doc))
            if is_paused(doc):
                end = self._n_whole + n_appended if place is None else place
                paused[position] = doc["result"], end
            n_appended += place is None
        names = self._new_attachments([doc for _, doc in changes if is_paused(doc)])
        return changes, names, (unfinished, paused, n_docs, n_appended)

    def _new_attachments(self, paused: list[Document]) -> list[Any]:
        """The names of attachments that were added, and of the checkpoints of these trials."""
        attachments, aname = self._trials.attachments, self._trials.aname
        checkpoints = {aname(doc, doc["result"].get("checkpoint")) for doc in paused}
        names = []
        for name in reversed(attachments):
            if name in checkpoints:
                continue
            if name in self._names:
                break
            names.append(name)
        return [*names[::-1], *(name for name in sorted(checkpoints) if name in attachments)]

    def _pickled(self, value: Any, docs: list[Document], names: list[Any]) -> bytes:
        """Pickle what holds these documents and attachments; an error names what can't be."""
        try:
            return _pickled(value)
        except Exception as error:
            found = [part for doc in docs for part in culprits(f"trial {doc['tid']}", doc)]
            for name in names:
                found += culprits(f"attachment {name!r}", self._trials.attachments[name])
            raise pickle.PicklingError(
                f"trials_save_file={str(self._path)!r}: {' and '.join(found[:3]) or 'the study'} "
                "can't be pickled. Return numbers, text, arrays or bytes (of a model: what its own "
                f"save function writes). ({type(error).__name__}: {text_of(error)})"
            ) from error

    def _append(self, data: bytes) -> bool:
        """Add a piece to the file; False if it is not the file that we began with any more."""
        body = as_piece(data)
        try:
            file = self._path.open("r+b", buffering=0)
        except FileNotFoundError:
            return False
        with file:
            status = os.fstat(file.fileno())
            file.seek(self._end - len(self._tail))
            # A new file may have got the number of one that was removed.
            if (status.st_dev, status.st_ino) != self._identity or (
                file.read(len(self._tail)) != self._tail
            ):
                return False
            file.seek(self._end)
            write_all(file, body)
            now = time.monotonic()
            if now - self._synced_at > SYNC_INTERVAL_S:
                os.fsync(file.fileno())
                self._synced_at = now
            # If this is interrupted, it is unknown whether the piece lives: begin anew then.
            identity, self._identity = self._identity, None
            file.seek(self._end - 1)
            write_all(file, REVIVE)
            self._end += len(body)
            self._tail = body[-_TAIL_BYTES:]
            self._identity = identity
        return True


def _check_replaceable(path: Path, trials: TrialStore) -> None:
    """Raise an error if the file holds finished trials that these trials lack."""
    try:
        status = path.stat()
    except FileNotFoundError:
        return
    if status.st_size == 0 or _loaded_from.get(trials) == _version(status):
        return
    saved = load(path)
    own = {doc["tid"]: doc for doc in trials._dynamic_trials}
    finished = [] if saved is None else saved._dynamic_trials
    lost = [
        doc["tid"]
        for doc in finished
        if doc["state"] not in UNFINISHED and not _continues(own.get(doc["tid"]), doc)
    ]
    if lost:
        raise ValueError(
            f"trials_save_file={os.fspath(path)!r} holds {len(lost)} finished trials that trials= "
            f"lacks (the first is {lost[0]!r}) and that would be overwritten: leave trials= out to "
            "go on with the file, or give another file name"
        )


def _continues(own: Document | None, saved: Document) -> bool:
    """Whether `own` is the trial that was saved."""
    if own is None or own["state"] in UNFINISHED:
        return False
    losses = own["result"].get("loss"), saved["result"].get("loss")
    return own["book_time"] == saved["book_time"] and repr(losses[0]) == repr(losses[1])


def _pickled(obj: Any) -> bytes:
    try:
        return pickle.dumps(obj, protocol=4)
    except Exception:
        import cloudpickle

        return cloudpickle.dumps(obj, protocol=4)  # type: ignore[no-any-return]
