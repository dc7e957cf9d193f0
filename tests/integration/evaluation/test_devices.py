"""Each worker process sees a device of its own, and keeps it."""

from __future__ import annotations

import os
import time
from collections import Counter

import pytest

from hyperopt import Trials, fmin, hp, rand

X = hp.uniform("x", 0, 1)


def run(function, n, **options):
    trials = Trials()
    options = {"verbose": False, "rstate": 0, "catch_eval_exceptions": True, **options}
    fmin(function, X, rand.suggest, n, trials=trials, **options)
    return trials


def objective():
    """A local function: workers cannot import this file."""

    def where(x):
        time.sleep(0.05)
        return {
            "status": "ok",
            "loss": x,
            "device": os.environ["CUDA_VISIBLE_DEVICES"],
            "same": os.environ["HIP_VISIBLE_DEVICES"],
            "pid": os.getpid(),
        }

    return where


def test_each_process_has_one_device_and_keeps_it(monkeypatch):
    monkeypatch.setenv("CUDA_VISIBLE_DEVICES", "7")
    results = run(objective(), 24, devices=[0, "GPU-1a", "2,3"]).results
    devices = {result["pid"]: result["device"] for result in results}
    assert all(result["device"] == result["same"] == devices[result["pid"]] for result in results)
    assert sorted(devices.values()) == ["0", "2,3", "GPU-1a"]
    assert os.environ["CUDA_VISIBLE_DEVICES"] == "7"


def test_more_processes_than_devices_share_them_evenly():
    results = run(objective(), 30, devices=[0, 1], n_jobs=4).results
    processes = Counter({r["pid"]: r["device"] for r in results}.values())
    assert processes == {"0": 2, "1": 2}


def test_a_process_that_takes_the_place_of_a_dead_one_gets_its_device():
    where = objective()

    def dies_on_one(x):
        if os.environ["CUDA_VISIBLE_DEVICES"] == "1" and x < 0.5:
            os.kill(os.getpid(), 9)
        return where(x)

    trials = run(dies_on_one, 30, devices=[0, 1])
    pids = {}
    for result in trials.results:
        pids.setdefault(result["device"], set()).add(result["pid"])
    assert len(pids["0"]) == 1
    assert len(pids["1"]) >= 1


@pytest.mark.parametrize(
    ("options", "error", "message"),
    [
        ({"devices": 2}, TypeError, r"devices=2: give a list"),
        ({"devices": "0"}, TypeError, r"devices='0': give a list"),
        ({"devices": []}, ValueError, "at least one device"),
        ({"devices": [-1]}, ValueError, "a number from 0 on"),
        ({"devices": [True]}, ValueError, "a number from 0 on"),
        ({"devices": [0], "executor": "threads"}, ValueError, "a device of its own"),
    ],
)
def test_bad_devices_are_named(options, error, message):
    with pytest.raises(error, match=message):
        run(objective(), 1, **options)
