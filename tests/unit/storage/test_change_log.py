"""The change log of a store, against a naive list of everything that ever happened."""

from __future__ import annotations

import numpy as np
import pytest

from hyperopt.storage import change_log
from hyperopt.storage.change_log import ChangeLog


def test_a_new_reader_looks_at_everything() -> None:
    log = ChangeLog()
    assert not log.since(0).complete
    log.note({"tid": 0})
    assert not log.since(0).complete


def test_a_reader_hears_of_what_came_after_it_and_of_nothing_else() -> None:
    log = ChangeLog()
    first, second = {"tid": 0}, {"tid": 1}
    log.note(first)
    seen = log.since(0).revision
    log.note(second)
    assert log.since(seen) == (log.revision, [second], True)
    assert log.since(log.revision).documents == []


def test_a_document_that_is_touched_twice_is_told_once_unless_somebody_asked_between() -> None:
    log = ChangeLog()
    start = log.revision
    doc = {"tid": 0}
    log.note(doc)
    log.note(doc)
    assert log.since(start).documents == [doc]
    seen = log.revision
    log.note(doc)
    assert log.since(seen).documents == [doc]


def test_a_doubt_reaches_all_who_have_not_heard_of_it() -> None:
    log = ChangeLog()
    early = log.revision
    log.note({"tid": 0})
    late = log.revision
    log.doubt()
    assert not log.since(early).complete
    assert not log.since(late).complete
    assert len(log.since(early).documents) == 1
    assert log.since(log.revision).complete


def test_readers_agree_with_a_naive_list(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(change_log, "_MOST_ENTRIES", 40)
    rng = np.random.default_rng(5)
    log = ChangeLog()
    docs = [{"tid": tid} for tid in range(6)]
    history: list[dict[str, int] | None] = []
    readers = {name: [log.revision, 0] for name in range(4)}
    for _ in range(3000):
        action = rng.integers(12)
        if action < 6:
            log.note(docs[rng.integers(6)])
            history.append(log._entries[-1])
        elif action < 8:
            several = [docs[i] for i in rng.integers(6, size=rng.integers(1, 9))]
            log.note_all(several)
            history += several
        elif action == 8:
            log.doubt()
            history.append(None)
        else:
            reader = readers[int(rng.integers(4))]
            revision, seen = reader
            changes = log.since(revision)
            news = history[seen:]
            if changes.complete:
                assert None not in news
                told = {doc["tid"] for doc in changes.documents}
                assert told == {doc["tid"] for doc in news if doc is not None}
            else:
                assert None in news or len(news) > 19
            reader[:] = [changes.revision, len(history)]
    assert len(log._entries) <= 40
