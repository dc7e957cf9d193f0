"""Trials in threads and in executors of others: the standard library's, loky's and Dask's."""

from __future__ import annotations

import os
import threading
import time
from collections.abc import Callable, Iterator
from concurrent.futures import Executor, Future, ProcessPoolExecutor, ThreadPoolExecutor
from multiprocessing import get_context
from pathlib import Path
from typing import Any

import pytest

from hyperopt import JOB_STATE_DONE, JOB_STATE_ERROR, Trials, fmin, hp, rand
from hyperopt.base import JOB_STATE_CANCEL
from hyperopt.fmin import fmin_pass_expr_memo_ctrl

pytestmark = pytest.mark.parallel
SPACE = hp.uniform("x", 0, 1)


def search(objective: Callable[..., Any], max_evals: int, **options: Any) -> Trials:
    trials = Trials()
    options = {"rstate": 0, "show_progressbar": False, **options}
    fmin(objective, SPACE, rand.suggest, max_evals, trials=trials, **options)
    return trials


def states(trials: Trials) -> list[int]:
    return [doc["state"] for doc in trials._dynamic_trials]


def spawned_processes() -> Executor:
    return ProcessPoolExecutor(2, get_context("spawn"))


def loky_processes() -> Executor:
    loky = pytest.importorskip("loky")
    pool: Executor = loky.ProcessPoolExecutor(2)
    return pool


@pytest.fixture(params=[ThreadPoolExecutor, spawned_processes, loky_processes])
def pool(request: pytest.FixtureRequest) -> Iterator[Executor]:
    executor = ThreadPoolExecutor(2) if request.param is ThreadPoolExecutor else request.param()
    with executor:
        yield executor


@pytest.fixture(scope="module")
def dask_client() -> Iterator[Any]:
    distributed = pytest.importorskip("distributed")
    with (
        distributed.LocalCluster(
            n_workers=1,
            threads_per_worker=2,
            processes=False,
            dashboard_address=None,
            protocol="inproc://",
        ) as cluster,
        distributed.Client(cluster) as client,
    ):
        yield client


def test_an_executor_evaluates_every_trial_once(pool: Executor) -> None:
    offset = 2.0
    trials = search(lambda x: x + offset, 12, executor=pool)
    assert trials.tids == list(range(12))
    assert trials.losses() == [x + 2 for x in trials.vals["x"]]


def test_attachments_come_back_from_an_executor(pool: Executor) -> None:
    trials = search(
        lambda x: {"loss": x, "status": "ok", "attachments": {"a": x}}, 4, executor=pool
    )
    found = [trials.trial_attachments(trial)["a"] for trial in trials.trials]
    assert found == trials.vals["x"]


def test_an_exception_passes_through_an_executor(pool: Executor) -> None:
    def objective(x: float) -> float:
        raise ZeroDivisionError("here")

    with pytest.raises(ZeroDivisionError, match="here"):
        search(objective, 4, executor=pool)


def test_the_executor_stays_open(pool: Executor) -> None:
    search(lambda x: x, 2, executor=pool)
    assert pool.submit(abs, -3).result() == 3


def test_a_large_objective_reaches_a_process_pool_through_a_file_that_is_removed(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("tempfile.tempdir", str(tmp_path))
    ballast = os.urandom(1 << 20)
    n_files: list[int] = []

    def noticing(trials: Any) -> tuple[bool, list[Any]]:
        n_files.append(len([*tmp_path.iterdir()]))
        return False, []

    with spawned_processes() as pool:
        trials = search(lambda x: x + len(ballast), 6, executor=pool, early_stop_fn=noticing)
    assert min(trials.losses()) > 1 << 20
    assert n_files == [1] * 6
    assert not [*tmp_path.iterdir()]


def test_a_trial_that_its_executor_withdraws_is_handed_over_again() -> None:
    class Withdrawing(ThreadPoolExecutor):
        n_calls = 0

        def submit(self, *args: Any, **kwargs: Any) -> Future[Any]:
            self.n_calls += 1
            if self.n_calls != 2:
                return super().submit(*args, **kwargs)
            future: Future[Any] = Future()
            future.cancel()
            return future

    with Withdrawing(1) as executor:
        trials = search(lambda x: x, 4, executor=executor)
    assert states(trials) == [JOB_STATE_DONE] * 4
    assert executor.n_calls == 5


def test_where_processes_cannot_be_forked_a_pool_of_our_own_serves() -> None:
    from hyperopt.evaluation.futures import PooledEvaluator

    trials = search(lambda x: x, 6, executor=PooledEvaluator(2))
    assert trials.losses() == trials.vals["x"]


def test_a_broken_pool_ends_the_run_with_its_cause() -> None:
    trials = Trials()
    with spawned_processes() as pool, pytest.raises(Exception, match="terminated abruptly"):
        fmin(
            lambda x: os._exit(3), SPACE, rand.suggest, 8, trials=trials, executor=pool,
            show_progressbar=False, rstate=0,
        )  # fmt: skip
    assert set(states(trials)) <= {JOB_STATE_ERROR, JOB_STATE_CANCEL}


def test_an_executor_that_was_shut_down_is_told() -> None:
    pool = ThreadPoolExecutor(2)
    pool.shutdown()
    trials = Trials()
    why = r"ThreadPoolExecutor.* takes no trials: cannot schedule"
    with pytest.raises(RuntimeError, match=why):
        fmin(lambda x: x, SPACE, rand.suggest, 4, trials=trials, executor=pool)
    assert set(states(trials)) == {JOB_STATE_CANCEL}


def test_dask_evaluates_trials(dask_client: Any) -> None:
    executor = dask_client.get_executor()
    trials = search(lambda x: x, 10, executor=executor)
    assert trials.losses() == trials.vals["x"]
    same = search(lambda x: 1.0, 6, executor=executor)
    assert states(same) == [JOB_STATE_DONE] * 6


def test_a_large_objective_is_scattered_to_dasks_workers(dask_client: Any) -> None:
    ballast = os.urandom(1 << 20)
    trials = search(lambda x: x + len(ballast), 6, executor=dask_client.get_executor())
    assert min(trials.losses()) > 1 << 20


def test_a_dask_client_is_told_apart_from_its_executor(dask_client: Any) -> None:
    with pytest.raises(TypeError, match=r"executor=client\.get_executor\(\)"):
        search(lambda x: x, 2, executor=dask_client)


def test_threads_share_objects_that_cannot_be_pickled() -> None:
    lock = threading.Lock()

    def objective(x: float) -> float:
        with lock:
            return x

    trials = search(objective, 20, executor="threads", n_jobs=4)
    assert trials.losses() == trials.vals["x"]
    assert not [t for t in threading.enumerate() if t.name.startswith("hyperopt-trials")]


def test_threads_run_at_the_same_time() -> None:
    barrier = threading.Barrier(3, timeout=30)

    def objective(x: float) -> float:
        barrier.wait()
        return x

    assert states(search(objective, 6, executor="threads", n_jobs=3)) == [JOB_STATE_DONE] * 6


def test_a_timeout_gives_up_on_threads() -> None:
    wait = threading.Event()

    def objective(x: float) -> float:
        wait.wait(60)
        return x

    began = time.monotonic()
    trials = search(objective, 4, executor="threads", n_jobs=2, timeout=0.5, return_argmin=False)
    wait.set()
    assert states(trials) == [JOB_STATE_CANCEL] * 2
    assert time.monotonic() - began < 30


def test_an_objective_away_from_its_trials_has_a_light_ctrl() -> None:
    @fmin_pass_expr_memo_ctrl
    def objective(expr: Any, memo: Any, ctrl: Any) -> dict[str, Any]:
        ctrl.info("hello")
        ctrl.checkpoint({"loss": 1})
        ctrl.attachments["tid"] = ctrl.current_trial["tid"]
        with pytest.raises(NotImplementedError, match=r"ctrl\.trials"):
            ctrl.trials  # noqa: B018
        with pytest.raises(NotImplementedError, match="inject_results"):
            ctrl.inject_results([], [], [])
        return {"loss": 0.0, "status": "ok"}

    trials = search(objective, 3, executor="threads", n_jobs=2)
    assert [trials.trial_attachments(trial)["tid"] for trial in trials.trials] == [0, 1, 2]
