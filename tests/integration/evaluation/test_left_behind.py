"""Processes: none stays behind, and none is misled by what lies in the working directory."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import textwrap
import time
from contextlib import suppress
from pathlib import Path

import pytest

from hyperopt import Trials, fmin, hp, rand
from hyperopt.evaluation.processes.family import descendants

pytestmark = pytest.mark.skipif(sys.platform != "linux", reason="reads /proc")
X = hp.uniform("x", -5, 5)


def is_alive(pid):
    try:
        return Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()[0] != "Z"
    except FileNotFoundError:
        return False


def assert_gone(pids, within_s=20.0):
    until = time.monotonic() + within_s
    while any(map(is_alive, pids)):
        assert time.monotonic() < until, [pid for pid in pids if is_alive(pid)]
        time.sleep(0.01)


SLEEPER = [sys.executable, "-c", "import time; time.sleep(600)"]


@pytest.mark.parametrize("own_session", [False, True])
def test_a_trial_that_is_stopped_takes_every_process_along_that_it_has_started(
    tmp_path, own_session
):
    file = tmp_path / "pids"

    def objective(x):
        child = subprocess.Popen(SLEEPER, start_new_session=own_session)
        with file.open("a") as stream:
            stream.write(f"{child.pid}\n")
        time.sleep(600)

    trials = Trials()
    fmin(objective, X, rand.suggest, 2, trials=trials, rstate=0, verbose=False, n_jobs=2,
         trial_timeout=1.5, return_argmin=False)  # fmt: skip
    pids = [int(line) for line in file.read_text().split()]
    assert len(pids) == 2
    assert_gone(pids)


def test_a_trial_that_is_stopped_takes_orphans_along_while_the_run_goes_on(tmp_path):
    file = tmp_path / "pid"

    def objective(x):
        if not file.exists():
            if os.fork() == 0:
                pid = os.fork()
                if pid:
                    (tmp_path / "new").write_text(str(pid))
                    (tmp_path / "new").rename(file)
                    os._exit(0)
            time.sleep(600)
        assert_gone([int(file.read_text())], within_s=5)
        return x

    trials = Trials()
    fmin(objective, X, rand.suggest, 2, trials=trials, rstate=0, verbose=False, n_jobs=1,
         trial_timeout=2)  # fmt: skip
    assert len(trials) == 1  # the second one


def test_what_has_detached_itself_ends_with_the_run(tmp_path):
    file = tmp_path / "pid"

    def objective(x):
        if not file.exists() and os.fork() == 0:
            os.setsid()
            pid = os.fork()
            if pid == 0:
                time.sleep(600)
            file.write_text(str(pid))
            os._exit(0)
        while not file.exists():
            time.sleep(0.01)
        return x

    fmin(objective, X, rand.suggest, 3, rstate=0, verbose=False, n_jobs=1, trial_timeout=60)
    assert_gone([int(file.read_text())])


DRIVER = textwrap.dedent(
    """
    import os, sys, time
    from hyperopt import fmin, hp, rand

    def objective(x):
        os.write(1, f"{os.getpid()} {os.getppid()}\\n".encode())
        time.sleep(600)

    if len(sys.argv) > 1:
        import threading
        def fork():
            time.sleep(0.5)  # once the template is there
            if os.fork() == 0:
                time.sleep(600)
                os._exit(0)
        threading.Thread(target=fork, daemon=True).start()
    fmin(objective, hp.uniform("x", -5, 5), rand.suggest, 9, n_jobs=2, verbose=False)
    """
)


@pytest.mark.parametrize("arguments", [[], ["with a child of the driver"]])
def test_a_driver_that_is_killed_leaves_no_worker(arguments):
    with subprocess.Popen(
        [sys.executable, "-W", "ignore", "-c", DRIVER, *arguments],
        stdout=subprocess.PIPE,
        text=True,
        start_new_session=True,
    ) as driver:
        pids = {int(pid) for _ in range(2) for pid in driver.stdout.readline().split()}
        time.sleep(1.0 if arguments else 0.0)
        known = descendants(driver.pid)
        driver.kill()
        driver.wait()
        try:
            assert len(pids) == 3
            assert set(known) >= pids
            assert_gone(pids)
        finally:
            for pid in known:
                with suppress(ProcessLookupError):
                    os.kill(pid, signal.SIGKILL)


def test_modules_in_the_working_directory_are_not_taken_for_those_of_the_library(tmp_path):
    here, elsewhere = tmp_path / "here", tmp_path / "elsewhere"
    here.mkdir()
    elsewhere.mkdir()
    for name in ("json", "pickle", "numpy", "socket", "hyperopt"):
        (here / f"{name}.py").write_text("raise SystemExit('a stranger was imported')")
    script = elsewhere / "script.py"
    script.write_text(
        "import sys\n"
        "from hyperopt import fmin, hp, rand\n"
        "fmin(abs, hp.uniform('x', -5, 5), rand.suggest, 4, n_jobs=2, verbose=False)\n"
        "print('done')\n"
    )
    done = subprocess.run(
        [sys.executable, str(script)], cwd=here, capture_output=True, text=True, check=False
    )
    assert done.stdout == "done\n", done.stderr


def test_objectives_find_their_modules_in_the_working_directory(tmp_path):
    (tmp_path / "mine.py").write_text("def loss(x):\n    return abs(x)\n")
    code = (
        "from hyperopt import fmin, hp, rand\n"
        "import mine\n"
        "fmin(mine.loss, hp.uniform('x', -5, 5), rand.suggest, 4, n_jobs=2, verbose=False)\n"
        "print('done')\n"
    )
    done = subprocess.run(
        [sys.executable, "-c", code], cwd=tmp_path, capture_output=True, text=True, check=False
    )
    assert done.stdout == "done\n", done.stderr
