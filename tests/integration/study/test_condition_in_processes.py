"""Relations between parameters where other processes evaluate."""

from __future__ import annotations

import numpy as np

from hyperopt import Trials, fmin, hp, jtpe


def test_trials_in_processes_meet_the_condition():
    space = {"a": hp.uniform("a", 0, 1), "b": hp.uniform("b", 0, 1)}
    trials = Trials()
    fmin(
        lambda p: p["a"] + p["b"],
        space,
        jtpe.suggest,
        30,
        trials=trials,
        rstate=np.random.default_rng(0),
        condition=lambda p: p["a"] < p["b"],
        n_jobs=2,
        verbose=False,
    )
    assert len(trials) == 30
    assert all(a < b for a, b in zip(trials.vals["a"], trials.vals["b"], strict=True))
