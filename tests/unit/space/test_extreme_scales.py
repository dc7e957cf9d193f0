"""Numbers of scales too far apart are refused, and long native calls listen to signals."""

from __future__ import annotations

import math
import signal
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from functools import cache
from typing import Any

import numpy as np
import pytest

from hyperopt import Trials, anneal, fmin, hp, jtpe, rand, tpe
from hyperopt._native import History, Space, suggest_joint
from hyperopt.pyll import as_apply

ALGORITHMS = [rand.suggest, tpe.suggest, jtpe.suggest, anneal.suggest]


@pytest.mark.parametrize(
    ("make", "argument", "reason"),
    [
        (lambda: hp.qnormal("x", 2.0**63, 4, 2.3), "sigma=4.0", "told apart"),
        (lambda: hp.qlognormal("x", 3, 1e-20, 8), "sigma=1e-20", "wider range"),
        (lambda: hp.quniform("x", -1.49, -1.0, 2.1e-38), "q=2.1e-38", "make q larger"),
        (lambda: hp.quniform("x", -1e308, -8e268, 5.7), "low=-1e308", "rescale"),
        (lambda: hp.quniform("x", 0, 1e20, 1e-300), "q=1e-300", "make q larger"),
        (lambda: hp.normal("x", 0, 1e308), "sigma=1e308", "rescale"),
        (lambda: hp.uniform("x", 1.0, math.nextafter(1.0, 2.0)), "high - low=", "told apart"),
        (lambda: hp.quniform("x", 0, 1, q=1e20), "q=1e20", "write a constant"),
        (lambda: hp.loguniform("x", -900, -800), "high=-800.0", "exponent"),
    ],
)
def test_scales_too_far_apart_are_refused_where_they_are_written(
    make: Callable[[], Any], argument: str, reason: str
) -> None:
    with pytest.raises(ValueError, match=reason) as caught:
        make()
    assert str(caught.value).startswith("hp.")
    assert argument in str(caught.value)


def test_what_is_an_expression_where_it_is_written_is_refused_where_it_is_searched() -> None:
    space = hp.quniform("x", 0, as_apply(1e19) * 10, 1e-300)
    with pytest.raises(ValueError, match="q=1e-300"):
        fmin(abs, space, algo=rand.suggest, max_evals=1, show_progressbar=False)


@pytest.mark.filterwarnings("ignore::hyperopt.exceptions.SpaceWarning")
@pytest.mark.parametrize("algo", ALGORITHMS)
@pytest.mark.parametrize(
    "space",
    [
        hp.quniform("x", 0, 2**53, 1),
        hp.uniformint("x", -(2**53), 2**53),
        hp.randint("x", 2**53 - 2, 2**53),
        hp.qnormal("x", -2.2e-7, 7.5e-9, 0.14),
        hp.qlognormal("x", 375, 681, 4.7e293),
        hp.normal("x", -1e300, 8e299),
        hp.lognormal("x", 0, 1e300),
        hp.loguniform("x", -1e6, 700),
        hp.uniform("x", 0, 1e-299),
        hp.pchoice("x", [(0.0, -1.0), (1.0, 2.0), (5e-324, 3.0)]),
    ],
)
def test_what_is_accepted_is_searched(algo: Any, space: Any) -> None:
    trials = Trials()
    fmin(
        lambda x: min(abs(float(x)), 1e300),
        space,
        algo=algo,
        max_evals=40,
        trials=trials,
        rstate=np.random.default_rng(0),
        show_progressbar=False,
    )
    values = [trial["misc"]["vals"]["x"][0] for trial in trials.trials]
    assert all(math.isfinite(value) for value in values)


class AlarmError(Exception):
    """What the handler of the alarm raises."""


@contextmanager
def alarms() -> Iterator[None]:
    """Ring every 10 ms, and raise an AlarmError in a long call of native code, nowhere else.

    Python hears a signal between two of its instructions. What is heard at the same place twice was
    heard by native code, during a call.
    """
    last: tuple[Any, int] | None = None

    def handler(number: int, frame: Any) -> None:
        nonlocal last
        place = (frame, frame.f_lasti)
        if place == last:
            signal.setitimer(signal.ITIMER_REAL, 0)
            raise AlarmError
        last = place

    before = signal.signal(signal.SIGALRM, handler)
    try:
        signal.setitimer(signal.ITIMER_REAL, 0.01, 0.01)
        yield
    finally:
        signal.setitimer(signal.ITIMER_REAL, 0)
        signal.signal(signal.SIGALRM, before)


@cache
def space() -> Space:
    families = [("uniform", [0.0, 1.0]), ("qnormal", [0.0, 1e9, 1.0]), ("randint", [0, 9])]
    return Space(
        [(f"{family}{i}", family, args, [[]]) for i in range(6) for family, args in families]
    )


def history() -> History:
    made = History(space())
    for key in range(60):
        values = {"u": key / 60, "q": float(key), "r": key % 9}
        vals = {label: [values[label[0]]] for label in space().labels}
        made.upsert(key, (key - 20.0) ** 2, vals)
    return made


def by_tpe(made: History, tids: list[int], n_candidates: int) -> Any:
    return made.suggest_tpe(
        tids, 5, prior_weight=1.0, n_startup_jobs=0, n_candidates=n_candidates, gamma=0.25
    )


def by_joint(made: History, tids: list[int], n_candidates: int) -> Any:
    return suggest_joint(
        made,
        tids,
        5,
        unordered=[False] * 18,
        n_startup_jobs=0,
        n_candidates=n_candidates,
        gamma=0.1,
        max_good=25,
        max_rest=2048,
        prior_weight=1.0,
        linear_forgetting=25,
        min_bandwidth=0.01,
        good_exponent=1.5,
        discrete_exponent=1.2,
        rest_exponent=1.0,
        option_weight=1.0,
        epsilon=0.1,
        evolve_after=10**6,
        evolve_share=0.5,
        evolve_step=0.1,
    )


@pytest.mark.parametrize(
    ("suggest", "n_candidates", "n_ids"),
    [
        (by_tpe, 1_000_000, 1),
        (by_tpe, 100_000, 200),
        (by_joint, 100_000, 1),
        (by_joint, 24, 100_000),
    ],
    ids=["tpe, one", "tpe, a batch", "joint, one", "joint, a batch"],
)
def test_a_signal_interrupts_a_long_suggestion_and_leaves_the_history_as_it_was(
    suggest: Any, n_candidates: int, n_ids: int
) -> None:
    made, ids = history(), list(range(100, 100 + n_ids))
    with pytest.raises(AlarmError), alarms():
        suggest(made, ids, n_candidates)
    made.settle_provisional()
    assert suggest(made, [100, 101, 102], 24) == suggest(history(), [100, 101, 102], 24)


def test_a_signal_interrupts_random_suggestions() -> None:
    ids = list(range(200_000))
    asked = space()
    with pytest.raises(AlarmError), alarms():
        asked.suggest_random(ids, 3)


def test_more_candidates_than_can_be_drawn_are_refused() -> None:
    for suggest in (by_tpe, by_joint):
        with pytest.raises(ValueError, match=r"n_EI_candidates=1000000000000.*1000000"):
            suggest(history(), [100], 10**12)
