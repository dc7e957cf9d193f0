"""Trials in processes of this machine: crashes, timeouts, interrupts, and what is left behind."""

from __future__ import annotations

import functools
import os
import random
import signal
import subprocess
import sys
import textwrap
import threading
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest

import hyperopt
from hyperopt import JOB_STATE_DONE, JOB_STATE_ERROR, Trials, fmin, grid, hp, rand
from hyperopt.base import JOB_STATE_CANCEL
from hyperopt.callbacks import Callback
from hyperopt.evaluation.processes.evaluator import ProcessEvaluator

pytestmark = [
    pytest.mark.parallel,
    pytest.mark.skipif(sys.platform == "win32", reason="there are no forks"),
]

SPACE = hp.uniform("x", 0, 1)


def search(objective: Callable[..., Any], max_evals: int, **options: Any) -> Trials:
    trials = Trials()
    options = {"n_jobs": 2, "rstate": 0, "show_progressbar": False, **options}
    fmin(objective, SPACE, rand.suggest, max_evals, trials=trials, **options)
    return trials


def states(trials: Trials) -> list[int]:
    return [doc["state"] for doc in trials._dynamic_trials]


def errors(trials: Trials) -> list[str]:
    docs = trials._dynamic_trials
    return [doc["misc"]["error"][1] for doc in docs if doc["state"] == JOB_STATE_ERROR]


def descendants() -> list[int]:
    """The processes below this one, zombies left out."""
    found, parents = [], {}
    for entry in Path("/proc").iterdir():
        if entry.name.isdigit():
            try:
                fields = (entry / "stat").read_text().rpartition(")")[2].split()
            except OSError:
                continue
            if fields[0] != "Z":
                parents[int(entry.name)] = int(fields[1])
    generation = {os.getpid()}
    while generation := {pid for pid, parent in parents.items() if parent in generation}:
        found += generation
    return sorted(found)


@pytest.fixture(autouse=True)
def _leaves_no_process() -> Any:
    before = descendants()
    yield
    assert descendants() == before


def test_every_trial_is_evaluated_once_at_its_own_point() -> None:
    trials = search(lambda x: (x - 0.3) ** 2, 30)
    assert trials.tids == list(range(30))
    assert trials.losses() == [(x - 0.3) ** 2 for x in trials.vals["x"]]
    assert set(states(trials)) == {JOB_STATE_DONE}


def test_closures_partials_and_callable_objects_are_objectives() -> None:
    offset = np.float64(2)

    def power(x: float, exponent: int) -> float:
        return x**exponent

    class Shifted:
        def __call__(self, x: float) -> float:
            return x + offset

    assert search(Shifted(), 4).losses()[0] > 2
    assert len(search(functools.partial(power, exponent=2), 4)) == 4


def test_trials_run_in_other_processes_and_are_shared_out() -> None:
    def objective(x: float) -> dict[str, Any]:
        time.sleep(0.02)
        return {"loss": x, "status": "ok", "pid": os.getpid(), "array": np.arange(3)}

    results = search(objective, 20, n_jobs=2).results
    assert len({result["pid"] for result in results}) == 2
    assert os.getpid() not in {result["pid"] for result in results}
    assert results[0]["array"].tolist() == [0, 1, 2]


def test_workers_draw_different_random_numbers() -> None:
    def objective(x: float) -> dict[str, Any]:
        time.sleep(0.05)
        return {"loss": x, "status": "ok", "pid": os.getpid(), "draw": np.random.random()}  # noqa: NPY002

    results = search(objective, 8).results
    assert len({result["draw"] for result in results}) == 8


def test_what_workers_print_comes_out(capfd: pytest.CaptureFixture[str]) -> None:
    search(lambda x: print(f"at {x:.0f}") or x, 3)
    assert capfd.readouterr().out.count("at ") == 3


def test_attachments_come_back_with_their_trial() -> None:
    trials = search(lambda x: {"loss": x, "status": "ok", "attachments": {"model": b"%f" % x}}, 4)
    for trial in trials.trials:
        assert "attachments" not in trial["result"]
        assert float(trials.trial_attachments(trial)["model"]) == pytest.approx(
            trial["result"]["loss"], abs=1e-6
        )


def test_a_crash_fails_its_trial_and_the_run_goes_on() -> None:
    def objective(x: float) -> float:
        if x < 0.2:
            os._exit(7)
        if x < 0.4:
            os.kill(os.getpid(), signal.SIGSEGV)
        if x < 0.6:
            os.kill(os.getpid(), signal.SIGKILL)
        return x

    trials = search(objective, 30)
    messages = errors(trials)
    assert len(states(trials)) == 30
    assert states(trials).count(JOB_STATE_DONE) + len(messages) == 30
    assert any("ended with exit code 7" in message for message in messages)
    assert any("killed by signal SIGSEGV (11)" in message for message in messages)
    assert any("SIGKILL (9); was it out of memory?" in message for message in messages)


def test_what_a_worker_reported_before_it_died_counts() -> None:
    class Busy(Callback):
        def on_trial_end(self, trials: Any, trial: Any) -> None:
            if trial["tid"] == 0:
                time.sleep(1.0)  # while the first worker dies, the other one reports, and dies

    def objective(number: int) -> float:
        time.sleep(0.3 * number)
        threading.Timer(0.1, os._exit, [7]).start()
        return 1.0

    trials, in_turn = Trials(), functools.partial(grid.suggest, order="lexical")
    fmin(objective, hp.randint("number", 2), in_turn, trials=trials, rstate=0, n_jobs=2,
         callbacks=[Busy()], verbose=False)  # fmt: skip
    assert states(trials) == [JOB_STATE_DONE, JOB_STATE_DONE]


def test_orders_that_wait_at_a_worker_survive_its_crash() -> None:
    def objective(x: float) -> float:
        if x < 0.05:
            os._exit(7)
        return x

    trials = search(objective, 400)
    docs = trials._dynamic_trials
    points = [doc["misc"]["vals"]["x"][0] for doc in docs]
    assert [doc["tid"] for doc in docs] == list(range(400))
    assert [doc["state"] == JOB_STATE_ERROR for doc in docs] == [x < 0.05 for x in points]
    assert 5 < states(trials).count(JOB_STATE_ERROR) < 50


def test_an_order_that_waits_behind_a_hung_trial_is_evaluated_elsewhere(tmp_path: Path) -> None:
    def objective(x: float) -> float:
        if x > 0.99 and not list(tmp_path.iterdir()):
            (tmp_path / "hung").touch()
            time.sleep(600)
        return x

    trials = search(objective, 400, trial_timeout=1)
    assert states(trials).count(JOB_STATE_DONE) == 399
    assert "trial_timeout=1 s" in errors(trials)[0]


def test_workers_hold_orders_ahead_only_of_short_trials_and_a_long_history() -> None:
    def ahead(seconds: float, max_evals: int) -> list[tuple[int, int]]:
        evaluator, found = ProcessEvaluator(2), []

        def note(trials: Trials) -> tuple[bool, list[Any]]:
            n_done = states(trials).count(JOB_STATE_DONE)
            found.append((n_done, evaluator.capacity - 2))
            return False, []

        objective = lambda x: time.sleep(seconds) or x  # noqa: E731
        search(objective, max_evals, executor=evaluator, early_stop_fn=note)
        return found

    # Some of what has been reported is recorded after the first of its round.
    assert all(orders <= (n_done + 4) / 20 for n_done, orders in ahead(0, 200))
    assert any(orders > 0 for _, orders in ahead(0, 200))
    assert not any(orders for _, orders in ahead(0.03, 50))


def test_an_exception_ends_the_run_with_the_traceback_of_the_worker() -> None:
    def objective(x: float) -> float:
        raise ZeroDivisionError(f"at {x}")

    with pytest.raises(ZeroDivisionError, match="at 0") as caught:
        search(objective, 10)
    assert "in objective" in str(caught.value.__cause__)


def test_a_caught_exception_fails_its_trial_only() -> None:
    def objective(x: float) -> float:
        if x < 0.5:
            raise KeyError("low")
        return x

    trials = search(objective, 20, catch_eval_exceptions=True)
    assert set(states(trials)) == {JOB_STATE_DONE, JOB_STATE_ERROR}
    assert set(errors(trials)) == {"'low'"}


def test_an_exception_that_does_not_unpickle_keeps_its_name_and_traceback() -> None:
    class PickyError(Exception):
        def __init__(self, first: int, second: int) -> None:
            super().__init__(f"{first} and {second}")

    def objective(x: float) -> float:
        raise PickyError(1, 2)

    with pytest.raises(Exception, match="PickyError: 1 and 2") as caught:
        search(objective, 2)
    assert "in objective" in str(caught.value.__cause__)


def test_a_hung_trial_is_killed_and_its_slot_used_again(tmp_path: Path) -> None:
    def objective(x: float) -> float:
        if x > 0.5:
            child = subprocess.Popen(["sleep", "600"])
            (tmp_path / str(child.pid)).touch()
            child.wait()
        return x

    trials = search(objective, 8, trial_timeout=1)
    hung = [message for message in errors(trials) if "trial_timeout=1 s" in message]
    assert len(hung) >= 1
    assert states(trials).count(JOB_STATE_DONE) + len(hung) == 8
    assert await_death([int(path.name) for path in tmp_path.iterdir()]) == []


def test_a_timeout_of_the_run_cancels_what_runs() -> None:
    began = time.monotonic()
    trials = search(lambda x: time.sleep(600) or x, 8, timeout=2, return_argmin=False)
    assert states(trials) == [JOB_STATE_CANCEL] * 2
    assert time.monotonic() - began < 60


def test_an_early_stop_cancels_what_runs_and_keeps_what_is_done() -> None:
    def objective(x: float) -> float:
        time.sleep(600 if x > 0.5 else 0.01)
        return x

    # The first trial, at 0.64, hangs; the third is the second to finish.
    trials = search(
        objective, 50, early_stop_fn=lambda trials: (len(trials.losses()) >= 3, []), n_jobs=3
    )
    assert JOB_STATE_CANCEL in states(trials)
    assert JOB_STATE_DONE in states(trials)
    assert set(states(trials)) == {JOB_STATE_CANCEL, JOB_STATE_DONE}


def test_an_objective_that_cannot_be_pickled_is_told_before_anything_starts() -> None:
    lock = threading.Lock()

    def objective(x: float) -> float:
        with lock:
            return x

    with pytest.raises(Exception, match=r"'lock' it closes over \(lock\).*executor='threads'"):
        search(objective, 2)


def test_what_cannot_be_pickled_is_told_wherever_the_objective_holds_it() -> None:
    class Model:
        def __init__(self) -> None:
            self.parts = {"lock": threading.Lock()}

        def __call__(self, x: float) -> float:
            return x

        def score(self, x: float) -> float:
            return x

    with pytest.raises(Exception, match=r"the cause is it\.parts\['lock'\] \(lock\)"):
        search(Model(), 2)
    with pytest.raises(Exception, match=r"the cause is its object\.parts\['lock'\] \(lock\)"):
        search(Model().score, 2)
    with pytest.raises(Exception, match=r"the cause is its argument 'y' \(lock\)"):
        search(functools.partial(lambda x, y: x, y=threading.Lock()), 2)


def test_a_result_that_cannot_be_pickled_is_told_by_its_name() -> None:
    with pytest.raises(Exception, match=r"result\['model'\] \(generator\) can't be pickled"):
        search(lambda x: {"loss": x, "status": "ok", "model": (i for i in [])}, 2)


def test_strict_order_repeats_a_run_whatever_the_timing() -> None:
    from hyperopt import tpe

    def objective(x: float) -> float:
        time.sleep(random.random() / 100)
        return (x - 0.4) ** 2

    runs = []
    for _ in range(2):
        trials = Trials()
        options: dict[str, Any] = {"n_jobs": 3, "strict_order": True, "show_progressbar": False}
        fmin(objective, SPACE, tpe.suggest, 120, trials=trials, rstate=1, **options)
        runs.append(trials.vals)
    assert runs[0] == runs[1]


def test_fewer_trials_than_processes_start_no_more_than_needed() -> None:
    results = search(
        lambda x: {"loss": x, "status": "ok", "parent": os.getppid()}, 2, n_jobs=64
    ).results
    assert len(results) == 2


DRIVER = """
    import os, signal, sys, time
    from pathlib import Path
    from hyperopt import Trials, fmin, hp, rand
    # Whoever starts the tests in the background has them ignore it, and that is inherited.
    signal.signal(signal.SIGINT, signal.default_int_handler)
    folder = Path(sys.argv[1])

    def objective(x):
        if not (folder / "finished").exists():
            (folder / "finished").touch()
            return x
        (folder / str(os.getpid())).touch()
        time.sleep(600)

    trials = Trials()
    try:
        fmin(objective, hp.uniform("x", 0, 1), rand.suggest, 100, trials=trials, n_jobs=2,
             show_progressbar=False)
    except KeyboardInterrupt:
        print(sorted(doc["state"] for doc in trials._dynamic_trials), flush=True)
"""


def start_driver(folder: Path) -> subprocess.Popen[str]:
    environment = {**os.environ, "PYTHONPATH": str(Path(hyperopt.__file__).parents[1])}
    return subprocess.Popen(
        [sys.executable, "-c", textwrap.dedent(DRIVER), str(folder)],
        env=environment,
        stdout=subprocess.PIPE,
        text=True,
        start_new_session=True,
    )


def await_workers(folder: Path, count: int) -> list[int]:
    deadline = time.monotonic() + 60
    while len(pids := [int(p.name) for p in folder.iterdir() if p.name.isdigit()]) < count:
        assert time.monotonic() < deadline
        time.sleep(0.05)
    return pids


def await_death(pids: list[int]) -> list[int]:
    deadline = time.monotonic() + 30
    while alive := [pid for pid in pids if Path(f"/proc/{pid}/exe").exists()]:
        if time.monotonic() > deadline:
            break
        time.sleep(0.05)
    return alive


def test_ctrl_c_marks_running_trials_cancelled_and_keeps_finished_ones(tmp_path: Path) -> None:
    with start_driver(tmp_path) as driver:
        pids = await_workers(tmp_path, 2)
        os.killpg(driver.pid, signal.SIGINT)
        output, _ = driver.communicate(timeout=60)
    found = [int(state) for state in output.strip(" []\n").split(",")]
    assert found.count(JOB_STATE_CANCEL) == 2
    assert set(found) <= {JOB_STATE_DONE, JOB_STATE_CANCEL}
    assert await_death(pids) == []


def test_a_killed_driver_leaves_no_worker(tmp_path: Path) -> None:
    with start_driver(tmp_path) as driver:
        pids = await_workers(tmp_path, 2)
        driver.kill()
        driver.wait()
    assert await_death(pids) == []


def test_a_template_that_cannot_start_ends_the_run(monkeypatch: pytest.MonkeyPatch) -> None:
    from hyperopt.evaluation.processes import template_handle as template_process

    monkeypatch.setattr(template_process, "_START", "import sys; sys.exit(5)")
    with pytest.raises(RuntimeError, match="starts the workers was ended with exit code 5"):
        search(lambda x: x, 2)
