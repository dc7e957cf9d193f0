"""Keras's callback, in a process of its own: the threads of its backend forbid forks."""

from __future__ import annotations

import json
import os
import subprocess
import sys

import pytest

PROGRAM = """
import json
import keras
from sklearn.datasets import make_classification
from hyperopt import TrialPruned
from hyperopt.integrations.keras import ReportEpochs
from hyperopt.pruning.reporting import Reporter, running

A, B = make_classification(120, random_state=0)

def fit(rule):
    keras.utils.set_random_seed(0)
    model = keras.Sequential([keras.Input((20,)), keras.layers.Dense(1)])
    model.compile(loss="mse")
    reporter, losses = Reporter(), None
    reporter.rule = rule
    token = running.set(reporter)
    try:
        watch = [ReportEpochs()]
        losses = model.fit(
            A, B, epochs=3, validation_split=0.3, verbose=0, callbacks=watch
        ).history["val_loss"]
    except TrialPruned:
        pass
    finally:
        running.reset(token)
    return losses, reporter.complete({"status": "ok"})["intermediate"]

print(json.dumps([fit(None), fit(lambda steps, values: steps[-1] >= 2)]))
"""


@pytest.mark.slow
def test_keras_reports_each_epoch_and_is_stopped() -> None:
    answer = subprocess.run(
        [sys.executable, "-c", PROGRAM],
        env={**os.environ, "KERAS_BACKEND": "jax"},
        capture_output=True,
        text=True,
        check=False,
    )
    assert answer.returncode == 0, answer.stderr
    whole, stopped = json.loads(answer.stdout)
    assert whole[1] == [[k, value] for k, value in enumerate(whole[0], 1)]
    assert len(whole[1]) == 3
    assert stopped == [None, whole[1][:2]]
