"""Callbacks of a run, and its log: who is told of what, and what an exception of theirs does."""

from __future__ import annotations

import logging
from typing import Any

import pytest

from hyperopt import Trials, fmin, hp, rand
from hyperopt.callbacks import Callback
from hyperopt.storage.documents import JOB_STATE_DONE, JOB_STATE_ERROR

X = hp.uniform("x", -1, 1)


class Diary(Callback):
    """Writes down what it is told."""

    def __init__(self, fail_at: Any = None) -> None:
        self.lines: list[Any] = []
        self.fail_at = fail_at

    def write(self, line: Any) -> None:
        self.lines.append(line)
        if line == self.fail_at:
            raise RuntimeError(f"no room for {line}")

    def on_start(self, trials: Any) -> None:
        self.write("start")

    def on_trial_end(self, trials: Any, trial: Any) -> None:
        assert trial["state"] in (JOB_STATE_DONE, JOB_STATE_ERROR)
        assert any(trial is doc for doc in trials._dynamic_trials)
        self.write(trial["tid"])

    def on_end(self, trials: Any) -> None:
        self.write("end")


def search(trials: Trials, diary: Any, fn: Any = abs, n: int = 4, **options: Any) -> Any:
    callbacks = diary if isinstance(diary, list) else [diary]
    options = {"show_progressbar": False, "rstate": 0, **options}
    return fmin(fn, X, rand.suggest, n, trials=trials, callbacks=callbacks, **options)


def done(trials: Trials) -> list[Any]:
    return [doc["tid"] for doc in trials._dynamic_trials if doc["state"] == JOB_STATE_DONE]


@pytest.mark.parametrize("options", [{}, {"n_jobs": 2, "executor": "threads"}], ids=["1", "2"])
def test_each_trial_is_told_of_once_between_start_and_end(options: dict[str, Any]) -> None:
    diary, trials = Diary(), Trials()
    search(trials, diary, **options)
    assert (diary.lines[0], diary.lines[-1]) == ("start", "end")
    assert sorted(diary.lines[1:-1]) == [0, 1, 2, 3]
    search(trials, diary, n=6, **options)
    assert sorted(diary.lines[7:-1]) == [4, 5]


def test_trials_that_raise_are_told_of(caplog: pytest.LogCaptureFixture) -> None:
    def fragile(x: float) -> float:
        if x < 0:
            raise ValueError("negative")
        return x

    diary, trials = Diary(), Trials()
    search(trials, diary, fragile, n=8, catch_eval_exceptions=True)
    assert diary.lines == ["start", *range(8), "end"]
    diary, trials = Diary(), Trials()
    with pytest.raises(ValueError, match="negative"):
        search(trials, diary, fragile, n=50)
    assert diary.lines == ["start", *range(len(trials._dynamic_trials)), "end"]


def test_an_exception_of_a_callback_passes_through_and_loses_nothing() -> None:
    for fail_at, finished in (("start", 0), (2, 3), ("end", 4)):
        diary, other, trials = Diary(fail_at), Diary(), Trials()
        with pytest.raises(RuntimeError, match=f"no room for {fail_at}"):
            search(trials, [other, diary])
        assert done(trials) == list(range(finished))
        assert other.lines[-1] == "end"
        search(trials, other)  # goes on
        assert len(done(trials)) == 4


def test_of_several_exceptions_at_the_end_the_first_passes_through() -> None:
    class Other(Callback):
        def on_end(self, trials: Any) -> None:
            raise ZeroDivisionError

    with pytest.raises(RuntimeError, match="no room for end"):
        search(Trials(), [Diary("end"), Other()])
    with pytest.raises(ZeroDivisionError):
        search(Trials(), [Other(), Diary("end")])


def test_the_exception_of_the_objective_comes_first(caplog: pytest.LogCaptureFixture) -> None:
    def broken(x: float) -> float:
        raise ValueError("broken")

    for fail_at in (0, "end"):
        with pytest.raises(ValueError, match="broken"):
            search(Trials(), Diary(fail_at), broken)
        assert f"no room for {fail_at}" in caplog.text


def test_an_interrupt_ends_with_on_end() -> None:
    def interrupted(x: float) -> float:
        if len(diary.lines) == 3:
            raise KeyboardInterrupt
        return x

    diary, trials = Diary(), Trials()
    with pytest.raises(KeyboardInterrupt):
        search(trials, diary, interrupted, n=10)
    assert diary.lines == ["start", 0, 1, "end"]
    assert done(trials) == [0, 1]


def test_any_object_with_one_of_the_methods_will_do() -> None:
    class Counter:
        n = 0

        def on_trial_end(self, trials: Any, trial: Any) -> None:
            self.n += 1

    counter = Counter()
    search(Trials(), [counter])
    assert counter.n == 4


class Mute:
    """Says nothing about itself."""

    def __repr__(self) -> str:
        raise RuntimeError


@pytest.mark.parametrize(
    ("callbacks", "message"),
    [
        (Mute(), "Mute, whose __repr__ raised RuntimeError>: give a list of callbacks"),
        ([Mute()], "Mute, whose __repr__ raised RuntimeError> has none of on_start"),
        (Diary(), "give a list of callbacks"),
        ("mlflow", "give a list of callbacks"),
        ([Diary], "is a class; give Diary\\(\\)"),
        ([print], "has none of on_start"),
    ],
)
def test_what_is_no_callback_is_refused(callbacks: Any, message: str) -> None:
    with pytest.raises(TypeError, match=message):
        fmin(abs, X, rand.suggest, 1, callbacks=callbacks, show_progressbar=False)


def test_the_log_tells_each_new_best_with_its_parameters(
    caplog: pytest.LogCaptureFixture, capsys: pytest.CaptureFixture[str]
) -> None:
    space = {"x": hp.uniform("x", 0, 1), "c": hp.choice("c", ["relu", "tanh"])}
    trials = Trials()
    with caplog.at_level(logging.INFO, logger="hyperopt"):
        fmin(
            lambda p: round(p["x"], 1),  # so that there are ties
            space, rand.suggest, 40, trials=trials, rstate=0, verbose=False,
        )  # fmt: skip
    told = [r.getMessage() for r in caplog.records if r.getMessage().startswith("new best loss")]
    losses, improvements = trials.losses(), []
    for tid, loss in enumerate(losses):
        if loss < min(losses[:tid], default=2.0):
            improvements.append(f"new best loss {loss!r} in trial {tid}: ")
    assert [line.partition("{")[0] for line in told] == improvements
    assert all("'c': 'relu'" in line or "'c': 'tanh'" in line for line in told)
    assert capsys.readouterr().err == ""


def test_a_progress_bar_and_a_quiet_log_go_together(
    caplog: pytest.LogCaptureFixture, capsys: pytest.CaptureFixture[str]
) -> None:
    with caplog.at_level(logging.WARNING, logger="hyperopt"):
        fmin(abs, X, rand.suggest, 5, rstate=0)
    assert "best loss" in capsys.readouterr().out
    assert caplog.records == []


def test_a_report_tells_how_the_study_was_made() -> None:
    from hyperopt.visualization.report.page import run_facts

    trials = Trials()
    search(trials, [], rstate=42)
    facts = run_facts(trials)
    assert facts["algorithm"] == "hyperopt.rand.suggest"
    assert (facts["seed"], facts["max_evals"]) == (42, 4)
    assert set(facts["versions"]) == {"hyperopt-rs", "Python", "numpy"}
    assert run_facts(trials.view()) == facts
