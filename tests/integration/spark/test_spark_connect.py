"""SparkTrials through a Spark Connect server on the loopback."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

pytest.importorskip("pyspark")
pytest.importorskip("pyspark", "4.0", reason="the server comes with pyspark from 4.0 on")
pytest.importorskip("grpc")
pytest.importorskip("pyarrow")
pytest.importorskip("pandas")

from .spark_drivers import Driver, drive
from .spark_processes import await_death, await_port, free_port, spark_process

pytestmark = [pytest.mark.spark, pytest.mark.slow]

DONE, ERROR, CANCEL = 2, 3, 4
SCENARIOS = (
    "ordinary",
    "pruning",
    "resuming",
    "large_objective",
    "limit_is_the_objectives",
    "trial_timeout",
    "run_out_of_time",
)


@pytest.fixture(scope="module")
def server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    folder = tmp_path_factory.mktemp("connect")
    port = free_port()
    settings = {
        "spark.connect.grpc.binding.port": port,
        "spark.connect.grpc.binding.address": "127.0.0.1",
        "spark.driver.bindAddress": "127.0.0.1",
        "spark.driver.host": "127.0.0.1",
        "spark.ui.enabled": "false",
        # How long the server keeps what a client has abandoned (2 and 5 minutes by default).
        "spark.connect.execute.reattachable.senderMaxStreamDuration": "5s",
        "spark.connect.execute.manager.detachedTimeout": "3s",
        "spark.connect.execute.manager.maintenanceInterval": "1s",
    }
    arguments = [part for k, v in settings.items() for part in ("--conf", f"{k}={v}")]
    log = folder / "server.log"
    with spark_process(
        "spark-submit",
        "--master",
        "local[2]",
        "--driver-memory",
        "768m",
        "--class",
        "org.apache.spark.sql.connect.service.SparkConnectServer",
        *arguments,
        "spark-internal",
        log=log,
    ) as process:
        await_port(port, process, log)
        yield f"sc://127.0.0.1:{port}"


@pytest.fixture(scope="module")
def run(server: str, tmp_path_factory: pytest.TempPathFactory) -> dict[str, Any]:
    """What one client found in all scenarios."""
    folder = tmp_path_factory.mktemp("trials")
    return {**drive(",".join(SCENARIOS), server, folder), "folder": folder}


def test_trials_run_through_connect_as_they_do_elsewhere(run: dict[str, Any]) -> None:
    found = run["ordinary"]
    assert found["raised"] is None
    assert found["tids"] == list(range(14))
    assert found["states"][:2] == [ERROR, DONE]
    kind, text = found["errors"][0]
    assert kind == "<class 'ValueError'>"
    assert text.startswith("Traceback (most recent call last)")
    assert text.endswith("ValueError: 0.95 is too large\n")
    assert found["attachments"][1] == {"square": "0.0001"}
    assert found["best"] == 0.01
    assert set(found["states"]) == {DONE, ERROR}


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


def test_a_large_objective_travels_once_as_an_artifact(run: dict[str, Any]) -> None:
    found = run["large_objective"]
    assert found["raised"] is None
    assert found["states"] == [DONE] * 6


def test_the_time_until_an_objective_is_called_does_not_count(run: dict[str, Any]) -> None:
    assert run["limit_is_the_objectives"]["states"] == [DONE] * 8


def test_a_trial_that_takes_too_long_is_stopped(run: dict[str, Any]) -> None:
    found = run["trial_timeout"]
    assert found["states"] == [ERROR] * 2
    assert "trial_timeout=2 s" in found["errors"][0][1]
    assert "in objective" in found["errors"][0][1]
    assert len(found["pids"]) == 2
    assert await_death(found["pids"], 60) == []


def test_a_timeout_cancels_running_trials_by_tag(run: dict[str, Any]) -> None:
    found = run["run_out_of_time"]
    assert found["raised"] is None
    assert found["reason"] == "fmin run timeout"
    assert CANCEL in found["states"]
    assert found["seconds"] < 60
    pids = [int(path.name.split("-")[0]) for path in run["folder"].iterdir()]
    assert await_death(pids, 60) == []


def test_a_killed_client_leaves_no_task_behind(server: str, tmp_path: Path) -> None:
    with Driver("hang", server, tmp_path) as driver:
        pids = driver.await_trials(2)
        driver.process.kill()
        assert await_death(pids, 60) == []
