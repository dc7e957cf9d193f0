"""The choice of an evaluator by n_jobs, executor and trial_timeout."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from typing import Any

import pytest

from hyperopt.evaluation import SerialEvaluator
from hyperopt.evaluation.choice import evaluator
from hyperopt.evaluation.futures import FutureEvaluator
from hyperopt.evaluation.processes.evaluator import ProcessEvaluator
from hyperopt.evaluation.spark.evaluator import SparkEvaluator
from hyperopt.evaluation.threads import ThreadEvaluator

pytestmark = pytest.mark.parallel


def test_without_a_choice_the_driver_evaluates_itself() -> None:
    assert isinstance(evaluator(), SerialEvaluator)
    assert isinstance(evaluator(n_jobs=1), SerialEvaluator)


def test_n_jobs_alone_means_processes() -> None:
    chosen = evaluator(n_jobs=3)
    assert isinstance(chosen, ProcessEvaluator)
    assert chosen.capacity == 3


def test_a_trial_timeout_needs_a_process_even_for_one_job() -> None:
    chosen = evaluator(trial_timeout=2)
    assert isinstance(chosen, ProcessEvaluator)
    assert chosen.capacity == 1


def test_minus_one_means_every_core() -> None:
    assert evaluator(n_jobs=-1, executor="threads").capacity >= 1
    assert evaluator(executor="processes").capacity >= 1


def test_threads_come_on_request() -> None:
    chosen = evaluator(n_jobs=2, executor="threads")
    assert isinstance(chosen, ThreadEvaluator)
    assert chosen.capacity == 2


class Session:
    """As much of a Spark session as is looked at."""

    class sparkContext:
        defaultParallelism = 6


@pytest.mark.parametrize(("n_jobs", "capacity"), [(None, 6), (-1, 6), (3, 3), (500, 128)])
def test_spark_takes_as_many_trials_as_it_likes_or_is_told(
    monkeypatch: pytest.MonkeyPatch, n_jobs: int | None, capacity: int
) -> None:
    monkeypatch.setattr("hyperopt.evaluation.spark.session.active_session", lambda who: Session())
    chosen = evaluator(n_jobs=n_jobs, executor="spark", trial_timeout=3)
    assert isinstance(chosen, SparkEvaluator)
    assert chosen.capacity == capacity


def test_an_executor_tells_how_many_calls_it_takes() -> None:
    with ThreadPoolExecutor(3) as pool:
        chosen = evaluator(executor=pool)
        assert isinstance(chosen, FutureEvaluator)
        assert chosen.capacity == 3
        assert evaluator(n_jobs=2, executor=pool).capacity == 2


def test_an_evaluator_is_used_as_it_is() -> None:
    own = SerialEvaluator()
    assert evaluator(executor=own) is own


class Silent:
    """An executor that does not tell its size."""

    def submit(self, *args: Any) -> None:
        raise NotImplementedError


@pytest.mark.parametrize(
    ("options", "kind", "message"),
    [
        ({"n_jobs": 0}, ValueError, "n_jobs=0: must be at least 1"),
        ({"n_jobs": -2}, ValueError, "n_jobs=-2"),
        ({"n_jobs": 2.5}, TypeError, r"n_jobs=2\.5: must be a whole number"),
        ({"n_jobs": True}, TypeError, "n_jobs=True"),
        ({"trial_timeout": 0}, ValueError, "trial_timeout=0: must be a positive"),
        ({"trial_timeout": float("nan")}, ValueError, "trial_timeout=nan"),
        ({"trial_timeout": float("inf")}, ValueError, "trial_timeout=inf"),
        ({"trial_timeout": "1"}, TypeError, "trial_timeout='1'"),
        ({"trial_timeout": 1, "executor": "threads"}, ValueError, "only a process can be stopped"),
        ({"executor": "fibres"}, TypeError, "executor='fibres' is neither"),
        ({"executor": 4}, TypeError, "executor=4 is neither"),
        ({"executor": ThreadPoolExecutor}, TypeError, r"did you mean ThreadPoolExecutor\(\)"),
        ({"executor": Silent()}, ValueError, "does not tell how many calls"),
    ],
)
def test_a_bad_choice_is_told(options: dict[str, Any], kind: type[Exception], message: str) -> None:
    with pytest.raises(kind, match=message):
        evaluator(**options)
