"""An interrupt at any line of the loop loses no finished trial and leaves none half-way."""

from __future__ import annotations

import pickle
import sys
import time
from collections import Counter
from pathlib import Path

import numpy as np
import pytest

import hyperopt
from hyperopt import Trials, fmin, hp, rand
from hyperopt.base import JOB_STATE_CANCEL, JOB_STATE_DONE, JOB_STATE_ERROR
from hyperopt.evaluation import wire

# A file that was being opened when the interrupt struck is closed by the garbage collector.
pytestmark = pytest.mark.filterwarnings("ignore::pytest.PytestUnraisableExceptionWarning")

X = hp.uniform("x", -5, 5)
PACKAGE = str(Path(hyperopt.__file__).parent)
LOOP = (
    "driver",
    "advance",
    "outcomes",
    "contract",
    "lifecycle",
    "writer",
    "counts",
    "bar_text",
    "lifecycle",
    "store",
    "states",
    "change_log",
    "serial",
    "outbox",
    "save_file",
    "whole_file",
    "ended",
    "mailbox",
    "pipe",
    "evaluator",
    "template_handle",
    "threads",
    "futures",
)
"""Where interrupts strike; and in `Domain.evaluate`, once the objective has returned."""
FUNCTIONS = {"_settle", "_insert", "settle", "_move", "append", "evaluate", "evaluate_into",
             "evaluate_async2", "normalise_result", "reread", "refresh", "rebuild"}  # fmt: skip


class Interrupter:
    """Raises `KeyboardInterrupt` before a line of the loop is run: the event of this number."""

    def __init__(self, at=None):
        self.at = at
        self.events = []
        self.struck = None

    def __enter__(self):
        self.before = sys.gettrace()
        sys.settrace(self.enter)
        return self

    def __exit__(self, *_):
        sys.settrace(self.before)

    def enter(self, frame, event, arg):
        code = frame.f_code
        ours = code.co_filename.startswith(PACKAGE)
        if ours and (code.co_name in FUNCTIONS or Path(code.co_filename).stem in LOOP):
            return self.line
        return None

    def line(self, frame, event, arg):
        if event == "line" and self.struck is None:
            place = Path(frame.f_code.co_filename).stem, frame.f_lineno
            self.events.append(place)
            if len(self.events) - 1 == self.at:
                self.struck = place
                raise KeyboardInterrupt
        return self.line


def study(at, **options):
    """One short search with an interrupt; what finished in it, and the trials."""
    trials, finished = Trials(), []

    def objective(x):
        value = {"loss": x**2, "status": "ok", "attachments": {"x": x}}
        finished.append(x)
        return value

    options = {"max_evals": 4, "rstate": 0, "verbose": False, "algo": rand.suggest} | options
    interrupter = Interrupter(at)
    try:
        with interrupter:
            fmin(objective, X, trials=trials, **options)
    except KeyboardInterrupt:
        pass
    return trials, finished, interrupter


def assert_in_order(trials, finished, interrupter):
    where = interrupter.struck
    states = [doc["state"] for doc in trials._dynamic_trials]
    assert set(states) <= {JOB_STATE_DONE, JOB_STATE_ERROR, JOB_STATE_CANCEL}, (where, states)
    done = [doc for doc in trials._dynamic_trials if doc["state"] == JOB_STATE_DONE]
    kept = {doc["misc"]["vals"]["x"][0] for doc in done}
    assert set(finished) <= kept, (where, finished, kept)
    for doc in done:
        (x,) = doc["misc"]["vals"]["x"]
        assert doc["result"] == {"loss": x**2, "status": "ok"}, where
        assert trials.trial_attachments(doc)["x"] == x, where
    assert len(trials) == len(done) == trials.count_by_state_synced(JOB_STATE_DONE), where
    assert trials.count_by_state_unsynced(JOB_STATE_DONE) == len(done), where


def numbers(n_events, sample):
    """The events to interrupt at: all of them, or some that a seed chooses."""
    if sample is None:
        return range(n_events)
    return np.random.default_rng(0).choice(n_events, sample, replace=False).tolist()


def strike_everywhere(sample, **options):
    trials, finished, quiet = study(None, **options)
    assert len(finished) == len(trials) == 4
    places = Counter()
    for at in numbers(len(quiet.events), sample):
        trials, finished, interrupter = study(at, **options)
        if interrupter.struck is not None:  # threads make the number of events vary
            places[interrupter.struck] += 1
            assert_in_order(trials, finished, interrupter)
    assert len(places) > 20
    return places


SERIAL = [
    pytest.param({}, id="serial"),
    pytest.param({"max_queue_len": 3}, id="batches"),
    pytest.param({"early_stop_fn": hyperopt.early_stop.no_progress_loss(50)}, id="early-stop"),
]


@pytest.mark.parametrize("options", SERIAL)
def test_in_this_thread_at_some_lines(options):
    strike_everywhere(60, **options)


@pytest.mark.long
@pytest.mark.parametrize("options", SERIAL)
def test_in_this_thread_at_every_line(options):
    strike_everywhere(None, **options)


@pytest.mark.long
def test_with_threads_at_every_line():
    strike_everywhere(None, executor="threads", n_jobs=2)


@pytest.mark.parametrize("sample", [40, pytest.param(None, marks=pytest.mark.long)])
def test_what_has_finished_is_in_the_file_too(tmp_path, sample):
    path = tmp_path / "trials.pkl"
    _, _, quiet = study(None, trials_save_file=path)
    for at in numbers(len(quiet.events), sample):
        path.unlink(missing_ok=True)
        trials, finished, interrupter = study(at, trials_save_file=path)
        if finished:
            saved = pickle.loads(path.read_bytes())
            assert_in_order(saved, finished, interrupter)
        assert_in_order(trials, finished, interrupter)


def process_events(monkeypatch, at, trials):
    """A search with processes that is interrupted; the ids of the trials whose reports had come."""
    reported = []

    def decode(report):
        outcome = original(report)
        reported.append(outcome.tid)
        return outcome

    original = wire.decode
    monkeypatch.setattr(wire, "decode", decode)
    interrupter = Interrupter(at)
    try:
        with interrupter:
            fmin(
                square,
                X,
                rand.suggest,
                6,
                trials=trials,
                rstate=0,
                verbose=False,
                n_jobs=2,
            )
    except KeyboardInterrupt:
        pass
    monkeypatch.setattr(wire, "decode", original)
    return reported, interrupter


def square(x):
    return {"loss": x**2, "status": "ok", "attachments": {"x": x}}


@pytest.mark.long
def test_with_processes_at_every_line(monkeypatch):
    _, quiet = process_events(monkeypatch, None, Trials())
    last = {place: number for number, place in enumerate(quiet.events)}
    for at in last.values():
        trials = Trials()
        began = time.monotonic()
        reported, interrupter = process_events(monkeypatch, at, trials)
        done = [d["tid"] for d in trials._dynamic_trials if d["state"] == JOB_STATE_DONE]
        assert set(reported) <= set(done), interrupter.struck
        assert_in_order(trials, [], interrupter)
        # Nobody waits for what can't come (the patience for it is 5 s).
        assert time.monotonic() - began < 4.5, interrupter.struck
