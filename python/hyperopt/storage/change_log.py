"""What has happened to documents since a reader last asked.

Caches beside the documents (the native histories, a save file, a database) each remember the
revision that they have seen, and ask for what came after it. The log knows nothing of its readers.
"""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any, NamedTuple

from hyperopt.storage.documents import Document

_MOST_ENTRIES = 1 << 16
"""A reader that has missed more than this looks at everything."""


class Changes(NamedTuple):
    """The answer to a reader.

    Attributes
    ----------
    revision
        What the reader has seen when it has dealt with this answer.
    documents
        Those that are new or may have changed, in the order in which that was noticed; one may come
        more than once.
    complete
        False if other documents may have changed as well, or have been taken away.
    """

    revision: int
    documents: list[Document]
    complete: bool


class ChangeLog:
    """The documents that were touched, in order. Revision 0 is before everything."""

    __slots__ = ("_base", "_doubted", "_entries", "_unread")

    def __init__(self) -> None:
        self._entries: list[Any] = []  # documents, and None for each doubt
        self._base = 1  # the revision before the first entry
        self._doubted = 1  # readers that have seen less than this must look at everything
        self._unread: Document | None = None  # the last entry, while no reader has come past it

    @property
    def revision(self) -> int:
        """It grows with every change, and never falls."""
        return self._base + len(self._entries)

    def note(self, doc: Document) -> None:
        """A document is new, or may have changed."""
        if doc is self._unread:
            return  # That entry says the same.
        entries = self._entries
        entries.append(doc)
        self._unread = doc
        if len(entries) > _MOST_ENTRIES:
            self._drop(len(entries) // 2)

    def note_all(self, docs: Iterable[Document]) -> None:
        """All of these are new, or may have changed."""
        self._unread = None
        self._entries += docs
        if len(self._entries) > _MOST_ENTRIES:
            self._drop(len(self._entries) - _MOST_ENTRIES // 2)

    def doubt(self) -> None:
        """Anything may have changed."""
        self._unread = None
        self._entries.append(None)
        self._doubted = self.revision

    def since(self, revision: int) -> Changes:
        """What has happened after `revision`."""
        self._unread = None
        entries, base = self._entries, self._base
        complete = revision >= self._doubted
        if complete:  # There is no doubt among what follows.
            docs = entries[revision - base :]
        else:
            docs = [doc for doc in entries[max(0, revision - base) :] if doc is not None]
        return Changes(base + len(entries), docs, complete)

    def _drop(self, count: int) -> None:
        del self._entries[:count]
        self._base += count
        self._doubted = max(self._doubted, self._base)
