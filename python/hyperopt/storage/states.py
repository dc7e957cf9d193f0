"""Which documents are shown, and how many are in each state, kept beside the documents.

Documents may be changed by anybody at any time. `States` remembers the state that it last saw of
each, so that moving one trial costs the same in a long study as in a short one, and looks again at
those that may have changed.
"""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

from hyperopt.storage.documents import (
    JOB_STATE_RUNNING,
    JOB_STATES,
    JOB_VALID_STATES,
    Document,
)

_FOREIGN = 255
"""Stands for the state of a document of another experiment."""
_UNKNOWN = 254
"""Stands for a state that is none of `JOB_STATES`."""

SMALL_STUDY = 128
"""Up to this many documents every one is examined at each refresh."""
WINDOW = 32
"""How many finished documents of a larger study are examined at each refresh."""


class States:
    """The states of a list of documents, as seen through one experiment key.

    An interrupt may strike between any two lines. What it leaves half-way follows no documents any
    more, and is built again.
    """

    __slots__ = ("_cursor", "_is_whole", "counts", "docs", "exp_key", "open", "shown", "states")

    def __init__(self) -> None:
        self._clear([], None)

    def _clear(self, docs: list[Document], exp_key: Any) -> None:
        self._is_whole = False
        self.docs = docs
        self.exp_key = exp_key
        self.states = bytearray()
        self.counts = [0] * 256
        self.open: dict[int, int] = {}
        self.shown: list[Document] = []
        self._cursor = 0

    def follows(self, docs: list[Document], exp_key: Any) -> bool:
        """Whether this is about `docs`, and none of them has been taken away."""
        return (
            self._is_whole
            and self.docs is docs
            and self.exp_key == exp_key
            and len(self.states) <= len(docs)
        )

    def take(self, docs: list[Document], exp_key: Any) -> bool:
        """Take note of the last of `docs`; False if it is not all that is new."""
        if (
            self._is_whole
            and self.docs is docs
            and self.exp_key == exp_key
            and len(self.states) == len(docs) - 1
        ):
            self.append(docs[-1])
            return True
        return False

    def candidates(self, docs: list[Document]) -> list[Document]:
        """The documents that a refresh is going to examine."""
        if len(docs) <= SMALL_STUDY or docs is not self.docs:
            return list(docs)
        start = self._cursor if self._cursor < len(docs) else 0
        unfinished = [docs[position] for position in self.open.values()]
        return unfinished + docs[start : start + WINDOW]

    def rebuild(self, docs: list[Document], exp_key: Any) -> None:
        """Examine everything."""
        self._clear(docs, exp_key)
        self.extend()
        self._is_whole = True

    def extend(self) -> list[Document]:
        """Examine the documents appended since the last look; return them."""
        start = len(self.states)
        fresh = self.docs[start:] if start < len(self.docs) else []
        was_whole, self._is_whole = self._is_whole, False
        for doc in fresh:
            self.append(doc)
        self._is_whole = was_whole
        return fresh

    def append(self, doc: Document) -> None:
        """Take note of the next document of `docs`."""
        was_whole, self._is_whole = self._is_whole, False
        state = self._seen_state(doc)
        if state < 2:
            self.open[id(doc)] = len(self.states)
        self.states.append(state)
        self.counts[state] += 1
        if state in JOB_VALID_STATES:
            self.shown.append(doc)
        self._is_whole = was_whole

    def settle(self, doc: Document) -> None:
        """Move a document that was unfinished to its present state."""
        if doc["state"] == JOB_STATE_RUNNING and self.exp_key is None:
            return  # Unfinished ones are looked at again before anybody counts them.
        position = self.open.get(id(doc))
        if position is None or self.docs[position] is not doc:
            return
        was_whole, self._is_whole = self._is_whole, False
        if not (self._move(position, doc) or self._hide(doc)):
            self._reshow()
        self._is_whole = was_whole

    def reopen(self, doc: Document) -> None:
        """Move a document that was finished to its present state; looks for it from the end."""
        docs = self.docs  # some of which may have been taken away since
        for position in range(min(len(self.states), len(docs)) - 1, -1, -1):
            if docs[position] is doc:
                was_whole, self._is_whole = self._is_whole, False
                if not self._move(position, doc):
                    self._reshow()
                self._is_whole = was_whole
                return

    def examine_open(self) -> list[Document]:
        """Look again at all unfinished documents; return those whose state has changed."""
        changed = []
        reshow = False
        was_whole, self._is_whole = self._is_whole, False
        for position in list(self.open.values()):
            doc = self.docs[position]
            if doc["state"] != self.states[position]:
                changed.append(doc)
                reshow |= not self._move(position, doc)
        if reshow:
            self._reshow()
        self._is_whole = was_whole
        return changed

    def examine_window(self) -> list[Document]:
        """Look again at the next few documents, whatever their state; return them."""
        start = self._cursor if self._cursor < len(self.docs) else 0
        self._cursor = start + WINDOW
        window = self.docs[start : self._cursor]
        reshow = False
        known = list(self.states[start : self._cursor])
        if self.exp_key is None and [doc["state"] for doc in window] == known:
            return window
        was_whole, self._is_whole = self._is_whole, False
        for position, doc in enumerate(window, start):
            if self._seen_state(doc) != self.states[position]:
                reshow |= not self._move(position, doc)
        if reshow:
            self._reshow()
        self._is_whole = was_whole
        return window

    def _seen_state(self, doc: Document) -> int:
        if self.exp_key is not None and doc["exp_key"] != self.exp_key:
            return _FOREIGN
        state = doc["state"]
        return state if state in JOB_STATES else _UNKNOWN

    def _move(self, position: int, doc: Document) -> bool:
        """Register the document's state; True if it is shown exactly when it was before."""
        old, new = self.states[position], self._seen_state(doc)
        self.states[position] = new
        self.counts[old] -= 1
        self.counts[new] += 1
        if new < 2:
            self.open[id(doc)] = position
        else:
            self.open.pop(id(doc), None)
        return (old in JOB_VALID_STATES) == (new in JOB_VALID_STATES)

    def _hide(self, doc: Document) -> bool:
        """Take a document out of those shown, if it is one of the newest and is to be hidden."""
        if self._seen_state(doc) in JOB_VALID_STATES:
            return False
        shown = self.shown
        for index in range(len(shown) - 1, max(-1, len(shown) - 65), -1):
            if shown[index] is doc:
                del shown[index]
                return True
        return False

    def _reshow(self) -> None:
        # In place: whoever holds the list of a Trials sees the same as the Trials does.
        states = self.states
        self.shown[:] = [
            doc for doc, state in zip(self.docs, states, strict=False) if state in JOB_VALID_STATES
        ]

    def count(self, states: Iterable[int]) -> int:
        """How many documents are in one of these states."""
        return sum(self.counts[state] for state in set(states))
