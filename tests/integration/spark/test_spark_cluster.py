"""SparkTrials on a standalone cluster: one master and two workers on the loopback."""

from __future__ import annotations

import subprocess
import time
from collections.abc import Iterator
from contextlib import ExitStack
from pathlib import Path
from typing import Any

import pytest

pytest.importorskip("pyspark")

from .spark_drivers import Driver, drive
from .spark_processes import (
    await_death,
    await_port,
    await_text,
    free_port,
    spark_process,
)

pytestmark = [pytest.mark.spark, pytest.mark.slow]

DONE, ERROR = 2, 3


@pytest.fixture(scope="module")
def cluster(tmp_path_factory: pytest.TempPathFactory) -> Iterator[dict[str, Any]]:
    folder = tmp_path_factory.mktemp("cluster")
    port = free_port()
    address = f"spark://127.0.0.1:{port}"
    with ExitStack() as stack:

        def start(kind: str, name: str, *arguments: str) -> subprocess.Popen[bytes]:
            log = folder / f"{name}.log"
            program = f"org.apache.spark.deploy.{kind}.{kind.capitalize()}"
            common = ("--host", "127.0.0.1", "--webui-port", "0")
            return stack.enter_context(
                spark_process("spark-class", program, *common, *arguments, log=log)
            )

        master = start("master", "master", "--port", str(port))
        await_port(port, master, folder / "master.log")
        workers = [
            start(
                "worker",
                f"worker{i}",
                "--cores",
                "1",
                "--memory",
                "600m",
                "--work-dir",
                str(folder / f"work{i}"),
                address,
            )
            for i in range(2)
        ]
        await_text("Registering worker", folder / "master.log", times=2)
        yield {"address": address, "workers": [worker.pid for worker in workers]}


def test_a_killed_driver_leaves_no_task_behind(cluster: dict[str, Any], tmp_path: Path) -> None:
    with Driver("hang", cluster["address"], tmp_path) as driver:
        pids = driver.await_trials(2)
        driver.process.kill()
        assert await_death(pids, 60) == []


def test_a_lost_worker_loses_no_trial_and_counts_none_twice(
    cluster: dict[str, Any], tmp_path: Path
) -> None:
    time.sleep(1)  # the last test's application leaves its cores
    found = drive("lose_a_worker", cluster["address"], tmp_path, cluster["workers"][1])
    found = found["lose_a_worker"]
    assert found["raised"] is None
    assert sorted(found["tids"]) == list(range(30))
    assert set(found["states"]) <= {DONE, ERROR}
    assert found["states"].count(DONE) >= 25
    executors = {path.name.split("-")[0] for path in tmp_path.iterdir()}
    assert len(executors) >= 2
