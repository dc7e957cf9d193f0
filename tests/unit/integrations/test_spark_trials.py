"""SparkTrials without Spark: the session is a stand-in, and its jobs run in threads here."""

from __future__ import annotations

import logging
import pickle
import threading
import time
from collections.abc import Callable
from types import SimpleNamespace
from typing import Any

import pytest

from hyperopt import SparkTrials, fmin, hp, rand
from hyperopt.evaluation import wire
from hyperopt.evaluation.spark import evaluator as spark
from hyperopt.evaluation.spark import limit
from hyperopt.evaluation.spark.limit import Limit
from hyperopt.evaluation.wire import Order, Payload
from hyperopt.exceptions import AllTrialsFailed

pytestmark = pytest.mark.parallel
SPACE = hp.uniform("x", 0, 1)


class Context:
    defaultParallelism = 3
    stopped = False

    @property
    def _jsc(self) -> Any:
        java = SimpleNamespace(isStopped=lambda: False)
        return None if self.stopped else SimpleNamespace(sc=lambda: java)


class Session:
    """Has what `SparkTrials` asks a classic session for before it runs anything."""

    def __init__(self) -> None:
        self.sparkContext = Context()


class Jobs:
    """Runs trials here; `stop` makes it behave as after the end of the session."""

    def __init__(self, payload: Payload, limit_s: float | None) -> None:
        self.payload, self.limit_s = payload, limit_s
        self.cancelled: list[str] = []
        self.stopped = self.closed = False
        self.names: list[str] = []

    def run(self, group: str, order: Order) -> bytes:
        self.names.append(group)
        if self.stopped:
            raise ConnectionError("no gateway")
        limit = Limit(self.limit_s)
        return wire.evaluate_order(
            self.payload.key, self.payload.data, tuple(order), limit.evaluate
        )

    def has_begun(self, group: str) -> bool:
        return True

    def cancel(self, group: str) -> None:
        self.cancelled.append(group)

    def alive(self) -> bool:
        return not self.stopped

    def inheriting(self, target: Callable[[], None]) -> Callable[[], None]:
        return target

    def close(self) -> None:
        self.closed = True


@pytest.fixture
def jobs(monkeypatch: pytest.MonkeyPatch) -> list[Jobs]:
    made: list[Jobs] = []

    def make(session: Any, payload: Payload, profile: Any, limit_s: float | None) -> Jobs:
        made.append(Jobs(payload, limit_s))
        return made[-1]

    monkeypatch.setattr(spark, "jobs_for", make)
    return made


def trials_of(parallelism: int | None = 2, **options: Any) -> SparkTrials:
    options = {"spark_session": Session(), **options}
    return SparkTrials(parallelism, **options)


def search(trials: SparkTrials, objective: Any, max_evals: int, **options: Any) -> Any:
    options = {"rstate": 0, "show_progressbar": False, **options}
    return fmin(objective, SPACE, rand.suggest, max_evals, trials=trials, **options)


@pytest.mark.parametrize("parallelism", [None, 0, -5])
def test_no_parallelism_means_sparks_own_with_a_warning(
    parallelism: int | None, caplog: pytest.LogCaptureFixture
) -> None:
    assert trials_of(parallelism).parallelism == 3
    assert "parallelism was None or a non-positive value" in caplog.text
    assert "SparkTrials(parallelism=3)" in caplog.text


def test_parallelism_is_capped_with_a_warning(caplog: pytest.LogCaptureFixture) -> None:
    assert SparkTrials.MAX_CONCURRENT_JOBS_ALLOWED == 128
    assert trials_of(129).parallelism == 128
    assert "MAX_CONCURRENT_JOBS_ALLOWED (128)" in caplog.text


def test_the_default_parallelism_is_capped_as_well(
    monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    monkeypatch.setattr(Context, "defaultParallelism", 1000)
    assert trials_of(None).parallelism == 128
    assert len(caplog.records) == 2


@pytest.mark.parametrize(
    ("options", "kind", "message"),
    [
        ({"parallelism": 2.5}, TypeError, r"parallelism=2\.5"),
        ({"parallelism": True}, TypeError, "parallelism=True"),
        ({"parallelism": "2"}, TypeError, "parallelism='2'"),
        ({"spark_session": 3}, TypeError, "spark_session=3.*: give a SparkSession"),
        ({"timeout": -1}, Exception, "timeout argument should be None or a positive value"),
        ({"timeout": "soon"}, Exception, "Given value: soon"),
        ({"loss_threshold": True}, Exception, "loss_threshold argument should be None"),
    ],
)
def test_bad_arguments_are_told(options: Any, kind: type[Exception], message: str) -> None:
    with pytest.raises(kind, match=message):
        trials_of(**options)


def test_counts_tell_what_became_of_the_trials(
    jobs: list[Jobs], caplog: pytest.LogCaptureFixture
) -> None:
    def objective(x: float) -> float:
        if x > 0.5:
            raise ValueError("high")
        return x

    trials = trials_of()
    caplog.set_level(logging.INFO, logger="hyperopt-spark")
    search(trials, objective, 20)
    succeeded, failed = trials.count_successful_trials(), trials.count_failed_trials()
    assert succeeded + failed == trials.count_total_trials() == 20
    assert 0 < failed < 20
    assert trials.count_cancelled_trials() == 0
    assert trials.fmin_cancelled_reason is None
    assert f"Total Trials: 20: {succeeded} succeeded, {failed} failed, 0 cancelled." in caplog.text
    trials.delete_all()
    assert trials.count_total_trials() == 0
    assert jobs[0].closed
    assert len(set(jobs[0].names)) == 20


def test_parallelism_is_decided_from_what_was_asked_for_and_sparks_default() -> None:
    decide = SparkTrials._decide_parallelism
    assert decide(requested_parallelism=4, spark_default_parallelism=2) == 4
    assert decide(requested_parallelism=None, spark_default_parallelism=2) == 2
    assert decide(requested_parallelism=500, spark_default_parallelism=2) == 128


def test_a_failed_trial_holds_its_traceback_and_its_failure_is_told_in_short(
    jobs: list[Jobs], caplog: pytest.LogCaptureFixture
) -> None:
    def objective(x: float) -> float:
        raise KeyError("no such thing")

    caplog.set_level(logging.DEBUG, logger="hyperopt-spark")
    trials = trials_of(1)
    why = r"no evaluation tasks.*trial 0 raised KeyError: 'no such thing'$"
    with pytest.raises(AllTrialsFailed, match=why):
        search(trials, objective, 3)
    kind, text = trials._dynamic_trials[0]["misc"]["error"]
    assert kind == "<class 'KeyError'>"
    assert text.startswith("Traceback (most recent call last)")
    assert text.endswith("KeyError: 'no such thing'\n")
    assert "trial 2 task thread catches an exception: KeyError" in caplog.text


def test_without_pyspark_only_a_session_of_ones_own_will_do(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr("importlib.util.find_spec", lambda name: None)
    with pytest.raises(ImportError, match="cannot import pyspark"):
        SparkTrials(2)
    assert trials_of(2).parallelism == 2


def test_where_jobs_cannot_be_cancelled_a_timeout_waits_for_them(
    jobs: list[Jobs], caplog: pytest.LogCaptureFixture
) -> None:
    release = threading.Event()
    WAITS.append(release)
    trials = trials_of(1, timeout=0.5)
    trials._spark_supports_job_cancelling = False
    threading.Timer(1, release.set).start()
    assert search(trials, wait_for_release, 10, return_argmin=False) is None
    WAITS.clear()
    assert release.is_set()
    assert "SparkTrials will block" in caplog.text
    assert trials.count_cancelled_trials() == 1
    assert jobs[0].cancelled == []


def test_a_timeout_cancels_running_jobs_and_gives_the_reason(
    jobs: list[Jobs], caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level(logging.INFO, logger="hyperopt-spark")
    release = threading.Event()
    WAITS.append(release)
    trials = trials_of(timeout=0.5)
    threading.Timer(3, release.set).start()
    assert search(trials, wait_for_release, 10, return_argmin=False) is None
    WAITS.clear()
    assert trials.fmin_cancelled_reason == "fmin run timeout"
    assert trials.count_cancelled_trials() == 2
    assert len(set(jobs[0].cancelled)) == 2
    assert "fmin cancelled because of fmin run timeout" in caplog.text
    assert "fmin is cancelled, so new trials will not be launched" in caplog.text
    assert "Cancelling all running jobs" in caplog.text
    assert "trial task 1 cancelled" in caplog.text


WAITS: list[threading.Event] = []


def wait_for_release(x: float) -> float:
    WAITS[0].wait(30)
    return x


def test_a_trial_is_timed_from_when_its_objective_is_called(
    jobs: list[Jobs], monkeypatch: pytest.MonkeyPatch
) -> None:
    original = Jobs.run

    def run(self: Jobs, group: str, order: Order) -> bytes:
        time.sleep(0.5)  # the job waits in a queue, and its worker starts
        return original(self, group, order)

    monkeypatch.setattr(Jobs, "run", run)
    trials = trials_of()
    search(trials, lambda x: x, 4, trial_timeout=0.3)
    assert trials.count_successful_trials() == 4


def test_a_trial_that_takes_too_long_is_told_with_where_it_was(
    jobs: list[Jobs], caplog: pytest.LogCaptureFixture
) -> None:
    release = threading.Event()
    WAITS.append(release)
    trials = trials_of(1)
    search(trials, wait_for_release, 1, trial_timeout=0.1, return_argmin=False)
    release.set()
    WAITS.clear()
    (doc,) = trials._dynamic_trials
    kind, text = doc["misc"]["error"]
    assert kind == "<class 'hyperopt.evaluation.contract.TrialLost'>"
    assert "in wait_for_release" in text
    assert text.endswith("trial 0 ran longer than trial_timeout=0.1 s and was stopped\n")
    assert "trial 0 ran longer" in caplog.text


def test_the_driver_gives_up_a_trial_whose_worker_does_not_tell_the_time(
    jobs: list[Jobs], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(limit, "GRACE_S", 0.1)
    released = threading.Event()
    begun = iter([False, True])

    def run(self: Jobs, group: str, order: Order) -> bytes:
        released.wait(30)  # as native code that holds the interpreter's lock
        raise RuntimeError("[SPARK_JOB_CANCELLED] Job 7 cancelled")

    def cancel(self: Jobs, group: str) -> None:
        released.set()

    monkeypatch.setattr(Jobs, "run", run)
    monkeypatch.setattr(Jobs, "has_begun", lambda self, group: next(begun))
    monkeypatch.setattr(Jobs, "cancel", cancel)
    trials = trials_of(1)
    search(trials, lambda x: x, 1, trial_timeout=0.1, return_argmin=False)
    assert "trial_timeout=0.1 s" in trials._dynamic_trials[0]["misc"]["error"][1]
    assert next(begun, None) is None


@pytest.mark.parametrize("given", [0, -1, float("inf"), float("nan"), "2", True])
def test_a_limit_that_is_none_is_refused_before_anything_starts(
    jobs: list[Jobs], given: Any
) -> None:
    with pytest.raises((TypeError, ValueError), match="trial_timeout="):
        search(trials_of(), lambda x: x, 2, trial_timeout=given)
    assert jobs == []


def test_an_early_stop_gives_its_reason_even_if_nothing_runs(jobs: list[Jobs]) -> None:
    trials = trials_of(1)
    search(trials, lambda x: x, 10, early_stop_fn=lambda trials: (len(trials) >= 3, []))
    assert trials.fmin_cancelled_reason == "early stopping condition"
    assert trials.count_successful_trials() == 3


def test_a_new_run_forgets_why_the_last_one_was_cancelled(jobs: list[Jobs]) -> None:
    trials = trials_of(1)
    search(trials, lambda x: x, 10, early_stop_fn=lambda trials: (len(trials) >= 3, []))
    search(trials, lambda x: x, 6)
    assert trials.fmin_cancelled_reason is None
    assert trials.count_total_trials() == 6


def test_points_attachments_and_caught_exceptions_work(jobs: list[Jobs]) -> None:
    trials = trials_of()
    best = search(
        trials,
        lambda x: {"loss": x, "status": "ok", "attachments": {"x": x}},
        2,
        points_to_evaluate=[{"x": 0.0}],
        catch_eval_exceptions=True,
    )
    assert best == {"x": 0.0}
    assert trials.count_total_trials() == 3
    assert trials.trial_attachments(trials.best_trial)["x"] == 0.0


def test_a_session_that_ends_ends_the_run_with_its_cause(jobs: list[Jobs]) -> None:
    def stop(trials: Any) -> tuple[bool, list[Any]]:
        jobs[0].stopped = trials.count_successful_trials() >= 3
        return False, []

    trials = trials_of(1)
    with pytest.raises(RuntimeError, match="the Spark session was stopped") as caught:
        search(trials, lambda x: x, 10, early_stop_fn=stop)
    assert isinstance(caught.value.__cause__, ConnectionError)
    assert trials.count_successful_trials() == 3
    assert trials.count_cancelled_trials() == 1


def test_a_study_whose_session_was_stopped_goes_on_in_the_active_one(
    jobs: list[Jobs], monkeypatch: pytest.MonkeyPatch
) -> None:
    first, second = Session(), Session()
    trials = trials_of(1, spark_session=first)
    search(trials, lambda x: x, 3)
    first.sparkContext.stopped = True
    monkeypatch.setattr("hyperopt.integrations.spark_trials._active_session", lambda: second)
    search(trials, lambda x: x, 6)
    assert trials._spark is second
    assert trials.count_successful_trials() == 6


def test_a_result_that_cannot_be_pickled_is_told_by_its_name(jobs: list[Jobs]) -> None:
    def objective(x: float) -> dict[str, Any]:
        return {"loss": x, "status": "ok", "parts": [threading.Lock()]}

    with pytest.raises(AllTrialsFailed, match=r"result\['parts'\]\[0\] \(lock\) can't be pickled"):
        search(trials_of(), objective, 2)


@pytest.mark.parametrize("options", [{"n_jobs": 2}, {"executor": "threads"}])
def test_only_spark_evaluates_its_trials(jobs: list[Jobs], options: dict[str, Any]) -> None:
    with pytest.raises(ValueError, match=r"SparkTrials\(parallelism=\.\.\.\)"):
        search(trials_of(), lambda x: x, 2, **options)


def test_a_job_that_somebody_cancels_is_no_failure(
    jobs: list[Jobs], monkeypatch: pytest.MonkeyPatch
) -> None:
    original = Jobs.run

    def run(self: Jobs, group: str, order: Order) -> bytes:
        if order.tid == 1:
            raise RuntimeError("[SPARK_JOB_CANCELLED] Job 7 cancelled as part of its stage")
        return original(self, group, order)

    monkeypatch.setattr(Jobs, "run", run)
    trials = trials_of()
    search(trials, lambda x: x, 4)
    assert trials.count_cancelled_trials() == 1
    assert trials.count_successful_trials() == 3


def test_trials_are_saved_without_their_session(jobs: list[Jobs]) -> None:
    trials = trials_of()
    search(trials, lambda x: x, 4)
    copy = pickle.loads(pickle.dumps(trials))
    assert copy.losses() == trials.losses()
    assert copy.parallelism == 2


def test_an_objective_that_cannot_be_pickled_starts_no_job(jobs: list[Jobs]) -> None:
    lock = threading.Lock()
    with pytest.raises(Exception, match=r"'lock' it closes over"):
        search(trials_of(), lambda x: x if lock else 0, 2)
    assert jobs == []
