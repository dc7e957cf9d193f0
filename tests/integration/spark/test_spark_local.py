"""SparkTrials on a classic session, with Spark in local mode."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

pytest.importorskip("pyspark")

from .spark_drivers import Driver, drive
from .spark_processes import await_death

pytestmark = [pytest.mark.spark, pytest.mark.slow]

DONE, ERROR, CANCEL = 2, 3, 4
SCENARIOS = (
    "ordinary",
    "study_in_a_database",
    "pruning",
    "resuming",
    "large_objective",
    "all_fail",
    "loss_threshold",
    "resume_from_a_file",
    "early_stop",
    "properties_and_ctrl",
    "trial_timeout",
    "limit_is_the_objectives",
    "run_out_of_time",
    "interrupt",
    "stop_the_session",
)


@pytest.fixture(scope="module")
def run(tmp_path_factory: pytest.TempPathFactory) -> dict[str, Any]:
    """What one driver found in all scenarios."""
    folder = tmp_path_factory.mktemp("trials")
    return {**drive(",".join(SCENARIOS), "local[2]", folder), "folder": folder}


def test_a_failing_trial_fails_alone(run: dict[str, Any]) -> None:
    found = run["ordinary"]
    assert found["raised"] is None
    assert found["tids"] == list(range(14))
    assert found["states"][:2] == [ERROR, DONE]
    kind, text = found["errors"][0]
    assert kind == "<class 'ValueError'>"
    assert text.startswith("Traceback (most recent call last)")
    assert text.endswith("ValueError: 0.95 is too large\n")
    assert found["best"] == 0.01


def test_spark_evaluates_trials_of_a_study_in_a_database(run: dict[str, Any]) -> None:
    found = run["study_in_a_database"]
    assert found["problems"] == []
    assert found["tids"] == list(range(16))
    assert found["states"] == [DONE, ERROR]
    assert set(found["errors"]) == {"<class 'ValueError'>"}
    n_failed = len(found["errors"])
    assert found["where"][: 14 - n_failed] == ["spark"] * (14 - n_failed)
    assert found["where"][-1] == "here"
    assert all(found["squares"])


def test_trials_are_told_apart_where_threads_share_those_of_the_jvm(tmp_path: Path) -> None:
    variables = {"PYSPARK_PIN_THREAD": "false"}
    found = drive("ordinary,unpinned", "local[2]", tmp_path, variables=variables)
    assert found["ordinary"]["raised"] is None
    assert found["ordinary"]["tids"] == list(range(14))
    assert found["ordinary"]["attachments"][1] == {"square": "0.0001"}
    assert found["unpinned"]["raised"] is None
    assert found["unpinned"]["states"] == [DONE] * 20
    assert found["unpinned"]["attachments"] == [{"tid": str(tid)} for tid in range(20)]


def test_hopeless_trials_stop_in_their_tasks(run: dict[str, Any]) -> None:
    assert run["pruning"]["raised"] is None
    assert run["pruning"]["states"] == [DONE] * 20
    assert 5 < run["pruning"]["pruned"] < 20


def test_paused_trials_go_on_with_their_checkpoints(run: dict[str, Any]) -> None:
    found = run["resuming"]
    assert found["raised"] is None
    assert found["states"] == [DONE] * 20
    assert found["resumed"] > 0
    assert all(last == length for last, length in found["lengths"])


def test_attachments_are_stored_with_their_trial(run: dict[str, Any]) -> None:
    assert run["ordinary"]["attachments"][1] == {"square": "0.0001"}


def test_a_large_objective_is_a_broadcast(run: dict[str, Any]) -> None:
    assert run["large_objective"]["raised"] is None
    assert run["large_objective"]["states"] == [DONE] * 6


def test_only_a_run_that_is_asked_for_the_best_minds_that_all_trials_failed(
    run: dict[str, Any],
) -> None:
    assert run["all_fail"]["asked"]["raised"][0] == "AllTrialsFailed"
    assert run["all_fail"]["not_asked"]["raised"] is None
    assert run["all_fail"]["not_asked"]["states"] == [ERROR] * 3


def test_a_loss_below_the_threshold_ends_the_run(run: dict[str, Any]) -> None:
    found = run["loss_threshold"]
    assert found["best"] < 0.9
    assert found["reason"] is None
    assert len(found["tids"]) < 50


def test_a_saved_study_goes_on_in_a_new_session(run: dict[str, Any]) -> None:
    found = run["resume_from_a_file"]
    assert found["raised"] is None
    assert found["tids"] == list(range(6))
    assert found["states"] == [DONE] * 6


def test_an_early_stop_cancels_what_runs(run: dict[str, Any]) -> None:
    found = run["early_stop"]
    assert found["raised"] is None
    assert found["reason"] == "early stopping condition"
    assert set(found["states"]) <= {DONE, CANCEL}
    assert found["seconds"] < 120


def test_tasks_see_the_properties_of_the_driver_thread(run: dict[str, Any]) -> None:
    attachments = run["properties_and_ctrl"]["attachments"]
    assert attachments == [{"pool": "'ours'", "tid": str(tid)} for tid in range(3)]


def test_a_trial_that_takes_too_long_is_stopped(run: dict[str, Any]) -> None:
    found = run["trial_timeout"]
    assert found["states"] == [ERROR] * 2
    assert "trial_timeout=2 s" in found["errors"][0][1]
    assert "in objective" in found["errors"][0][1]
    assert len(found["pids"]) == 2
    assert await_death(found["pids"], 60) == []


def test_the_time_until_an_objective_is_called_does_not_count(run: dict[str, Any]) -> None:
    assert run["limit_is_the_objectives"]["states"] == [DONE] * 8


def test_a_trial_whose_worker_is_killed_is_begun_again(tmp_path: Path) -> None:
    found = drive("killed_python_workers", "local[2]", tmp_path)["killed_python_workers"]
    assert found["raised"] is None
    assert found["killed"] == 20
    assert len(found["states"]) == 50
    lost = [n for state, n in zip(found["states"], found["begun"], strict=True) if state != DONE]
    assert set(lost) <= {3}
    assert len(lost) <= 6  # of 20 kills, three lose a trial
    # A kill loses one trial, and not those that run beside it.
    assert 60 <= sum(found["begun"]) <= 70


def test_a_timeout_cancels_running_trials(run: dict[str, Any]) -> None:
    found = run["run_out_of_time"]
    assert found["raised"] is None
    assert found["reason"] == "fmin run timeout"
    assert found["states"] == [CANCEL] * 2
    pids = [int(path.name.split("-")[0]) for path in run["folder"].glob("[0-9]*-*")]
    assert await_death(pids, 60) == []


def test_ctrl_c_cancels_running_trials(run: dict[str, Any]) -> None:
    found = run["interrupt"]
    assert found["raised"][0] == "KeyboardInterrupt"
    assert found["reason"] == "fmin run cancelled by user"
    assert found["states"] == [CANCEL] * 2


def test_a_stopped_session_ends_the_run_and_keeps_what_is_finished(run: dict[str, Any]) -> None:
    found = run["stop_the_session"]
    kind, message, cause = found["raised"]
    assert kind == "RuntimeError"
    assert "the Spark session was stopped while trials were running" in message
    assert cause != "None"
    assert found["states"].count(DONE) >= 4
    assert set(found["states"]) <= {DONE, CANCEL}


def test_a_killed_driver_leaves_no_task_behind(tmp_path: Path) -> None:
    with Driver("hang", "local[2]", tmp_path) as driver:
        pids = driver.await_trials(2)
        driver.process.kill()
        assert await_death(pids, 60) == []
