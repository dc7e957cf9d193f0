"""Two processes on one study with different spaces: the second is told, and harms nothing."""

from __future__ import annotations

import subprocess
import sys
import time
from pathlib import Path

import pytest

from hyperopt import StoredTrials, fmin, hp, rand
from hyperopt.base import JOB_STATE_DONE
from hyperopt.exceptions import ChangedSpace

PROGRAM = """
import sys, time
from pathlib import Path
from hyperopt import fmin, hp, rand

url, folder = sys.argv[1], Path(sys.argv[2])

def objective(option):
    (folder / "begun").touch()
    while not (folder / "go").exists():
        time.sleep(0.02)
    return len(option)

fmin(objective, hp.choice("k", ["svm", "rf"]), rand.suggest, 6, trials=url, rstate=0, verbose=False)
"""


def search(url: str, options: list[str]) -> None:
    space = hp.choice("k", options)
    fmin(len, space, rand.suggest, 9, trials=url, rstate=0, verbose=False)


@pytest.mark.slow
def test_a_process_with_another_space_waits_for_the_first(url: str, tmp_path: Path) -> None:
    command = [sys.executable, "-c", PROGRAM, url, str(tmp_path)]
    with subprocess.Popen(command) as process:
        try:
            deadline = time.monotonic() + 120
            while not (tmp_path / "begun").exists():
                assert process.poll() is None
                assert time.monotonic() < deadline
                time.sleep(0.02)
            for options in (["rf", "svm"], ["svm", "rf", "lr"]):
                with pytest.raises(ChangedSpace):
                    search(url, options)
            (tmp_path / "go").touch()
            assert process.wait(120) == 0
        finally:
            process.kill()
    trials = StoredTrials(url)
    assert [doc["state"] for doc in trials._dynamic_trials] == [JOB_STATE_DONE] * 6
    search(url, ["svm", "rf", "lr"])
    assert len(StoredTrials(url)) == 9
