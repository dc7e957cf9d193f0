"""The steps of a trial's life write what their table says, and nobody else writes a state."""

from __future__ import annotations

import ast
from pathlib import Path
from typing import Any

import pytest

import hyperopt
from hyperopt.storage import lifecycle
from hyperopt.storage.documents import (
    JOB_STATE_CANCEL,
    JOB_STATE_DONE,
    JOB_STATE_ERROR,
    JOB_STATE_NEW,
    JOB_STATE_RUNNING,
    Document,
)

PACKAGE = Path(hyperopt.__file__).parent
# The codec of databases rebuilds documents that lifecycle has written elsewhere.
REBUILDS = ("storage/lifecycle.py", "storage/sql/")


@pytest.fixture
def doc() -> Document:
    misc: dict[str, Any] = {"tid": 3, "cmd": None, "idxs": {}, "vals": {}}
    return lifecycle.new_document(3, None, {"status": "new"}, misc, "key")


def changed(doc: Document, before: Document) -> set[str]:
    return {key for key in doc if doc[key] != before[key]}


def test_a_new_trial_belongs_to_nobody_and_has_no_times(doc: Document) -> None:
    assert doc["state"] == JOB_STATE_NEW
    assert doc["owner"] is doc["book_time"] is doc["refresh_time"] is None


def test_a_trial_begins_with_its_times_and_its_owner(doc: Document) -> None:
    before = dict(doc)
    lifecycle.begin(doc, owner="somebody")
    assert doc["state"] == JOB_STATE_RUNNING
    assert doc["book_time"] == doc["refresh_time"]
    assert changed(doc, before) == {"state", "book_time", "refresh_time", "owner"}


def test_a_trial_finishes_with_its_result(doc: Document) -> None:
    lifecycle.begin(doc)
    before = dict(doc)
    lifecycle.finish(doc, {"status": "ok", "loss": 1.0})
    assert doc["state"] == JOB_STATE_DONE
    assert changed(doc, before) <= {"state", "result", "refresh_time"}
    assert doc["owner"] is None


def test_a_trial_fails_with_the_type_and_the_words_of_its_error(doc: Document) -> None:
    lifecycle.begin(doc)
    lifecycle.fail(doc, "<class 'ValueError'>", "too large", "Traceback ...")
    assert doc["state"] == JOB_STATE_ERROR
    assert doc["misc"]["error"] == ("<class 'ValueError'>", "too large")
    assert doc["misc"]["traceback"] == "Traceback ..."


def test_a_cancelled_trial_says_why(doc: Document) -> None:
    lifecycle.cancel(doc, "the time is up")
    assert doc["state"] == JOB_STATE_CANCEL
    assert doc["misc"]["error"] == ("cancelled", "the time is up")


def test_a_trial_that_nobody_evaluates_any_more_waits_again(doc: Document) -> None:
    lifecycle.begin(doc)
    lifecycle.requeue(doc)
    assert doc["state"] == JOB_STATE_NEW
    assert doc["book_time"] is None


def test_a_paused_trial_keeps_its_result_while_it_waits_and_goes_on(doc: Document) -> None:
    result = {"status": "suspended", "pruned": 3, "intermediate": [[3, 1.0]]}
    lifecycle.begin(doc)
    lifecycle.finish(doc, result)
    lifecycle.resume(doc)
    assert doc["state"] == JOB_STATE_NEW
    lifecycle.begin(doc)
    assert doc["result"] is result
    lifecycle.pause(doc)
    assert doc["state"] == JOB_STATE_DONE
    assert doc["result"] is result


def writes_a_state(node: ast.AST) -> bool:
    """Whether this is ``something["state"] = ...``."""
    if isinstance(node, (ast.Assign, ast.AugAssign)):
        targets = node.targets if isinstance(node, ast.Assign) else [node.target]
        return any(
            isinstance(target, ast.Subscript)
            and isinstance(target.slice, ast.Constant)
            and target.slice.value == "state"
            for target in targets
        )
    return False


def test_nobody_else_writes_a_state() -> None:
    writers = {
        path.relative_to(PACKAGE).as_posix()
        for path in PACKAGE.rglob("*.py")
        if any(writes_a_state(node) for node in ast.walk(ast.parse(path.read_text())))
    }
    assert {path for path in writers if not path.startswith(REBUILDS)} == set()
