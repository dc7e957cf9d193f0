"""Attachments of a study in a database: mappings that read and write one value at a time."""

from __future__ import annotations

from collections.abc import Iterator, MutableMapping
from hashlib import sha256
from typing import TYPE_CHECKING, Any

from hyperopt.storage.checkpoints import PICKLE
from hyperopt.storage.sql import blobs

if TYPE_CHECKING:
    from hyperopt.storage.sql.mirror import Mirror

__all__ = ["StoredAttachments", "attempt_shown"]

_PREFIX = "ATTACH::"


class StoredAttachments(MutableMapping[str, Any]):
    """All attachments: ``ATTACH::<tid>::<name>`` of trials, other names of the study.

    Parameters
    ----------
    mirror
        The study.
    """

    def __init__(self, mirror: Mirror) -> None:
        self._mirror = mirror
        self.own_pickles: dict[int, bytes] = {}
        """By trial: the digest of the pickled checkpoint that this process has stored."""

    def _place(self, key: str, *, writing: bool = False) -> tuple[int, int, str]:
        """The trial, the attempt and the name that a key means."""
        if key.startswith(_PREFIX):
            tid, separator, name = key[len(_PREFIX) :].partition("::")
            if separator and tid.isdigit():
                return int(tid), self._attempt(int(tid), writing=writing), name
        return blobs.OF_STUDY, 0, key

    def _attempt(self, tid: int, *, writing: bool) -> int:
        if writing or tid in self._mirror.running:
            own = self._mirror.attempt_at(tid)
            if own is not None:
                return own
        database, study = self._mirror.shared.database, self._mirror.shared.id
        return database.read(lambda: attempt_shown(database, study, tid))

    def __getitem__(self, key: str) -> Any:
        shared = self._mirror.shared
        try:
            return blobs.read(shared.database, shared.id, *self._place(key))
        except KeyError:
            raise KeyError(key) from None

    def __setitem__(self, key: str, value: Any) -> None:
        shared = self._mirror.shared
        tid, attempt, name = self._place(key, writing=True)
        blobs.write(shared.database, shared.id, tid, attempt, name, value)
        if name == PICKLE and tid != blobs.OF_STUDY and isinstance(value, bytes):
            self.own_pickles[tid] = sha256(value).digest()

    def of_result(self, tid: int, name: str) -> Any:
        """An attachment of the attempt at a trial that its result is of; None if there is none."""
        database, study = self._mirror.shared.database, self._mirror.shared.id
        attempt = database.read(lambda: attempt_shown(database, study, tid))
        try:
            return blobs.read(database, study, tid, attempt, name)
        except KeyError:
            return None

    def __delitem__(self, key: str) -> None:
        shared = self._mirror.shared
        try:
            blobs.delete(shared.database, shared.id, *self._place(key, writing=True))
        except KeyError:
            raise KeyError(key) from None

    def __contains__(self, key: object) -> bool:
        if not isinstance(key, str):
            return False
        tid, attempt, name = self._place(key)
        shared = self._mirror.shared
        return name in blobs.names(shared.database, shared.id, tid, attempt)

    def __iter__(self) -> Iterator[str]:
        shared = self._mirror.shared
        database, study = shared.database, shared.id
        of_trials = database.read(
            lambda: database.execute(
                "SELECT b.tid, b.name FROM hyperopt_blob b JOIN hyperopt_trial t "
                "ON t.study = b.study AND t.tid = b.tid "
                "AND b.attempt = coalesce(t.result_attempt, t.attempt) "
                "WHERE b.study = ? ORDER BY b.tid, b.name",
                (study,),
            ).fetchall()
        )
        of_study = blobs.names(database, study, blobs.OF_STUDY, 0)
        return iter([*of_study, *(f"{_PREFIX}{tid}::{name}" for tid, name in of_trials)])

    def __len__(self) -> int:
        return sum(1 for _ in self)

    def __repr__(self) -> str:
        return f"<{len(self)} attachments of a stored study>"


class StoredTrialAttachments(MutableMapping[str, Any]):
    """The attachments of one trial.

    Parameters
    ----------
    store
        All attachments.
    tid
        The trial.
    """

    def __init__(self, store: StoredAttachments, tid: int) -> None:
        self._store = store
        self._tid = tid

    def _key(self, name: str) -> str:
        return f"{_PREFIX}{self._tid}::{name}"

    def __getitem__(self, name: str) -> Any:
        try:
            return self._store[self._key(name)]
        except KeyError:
            raise KeyError(name) from None

    def __setitem__(self, name: str, value: Any) -> None:
        self._store[self._key(name)] = value

    def __delitem__(self, name: str) -> None:
        del self._store[self._key(name)]

    def __contains__(self, name: object) -> bool:
        return self._key(str(name)) in self._store

    def __iter__(self) -> Iterator[str]:
        tid, attempt, _ = self._store._place(self._key(""))
        shared = self._store._mirror.shared
        return iter(blobs.names(shared.database, shared.id, tid, attempt))

    def __len__(self) -> int:
        return sum(1 for _ in self)

    def __repr__(self) -> str:
        return f"{type(self).__name__}({dict(self)!r})"


def attempt_shown(database: Any, study: int, tid: int) -> int:
    """The attempt at a trial whose attachments are shown."""
    rows = database.execute(
        "SELECT coalesce(result_attempt, attempt) FROM hyperopt_trial WHERE study = ? AND tid = ?",
        (study, tid),
    ).fetchall()
    return int(rows[0][0]) if rows else 0
