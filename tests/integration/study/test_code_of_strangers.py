"""Objects of the user's whose own methods raise, wherever the loop meets them."""

from __future__ import annotations

import os
import pickle
import sys
from concurrent.futures import ProcessPoolExecutor, ThreadPoolExecutor

import pytest

from hyperopt import Trials, fmin, hp, rand
from hyperopt.base import JOB_STATE_DONE, JOB_STATE_ERROR
from hyperopt.exceptions import AllTrialsFailed

X = hp.uniform("x", -5, 5)


class Mute(Exception):
    """Has no text."""

    def __str__(self):
        raise RuntimeError("no words")

    __repr__ = __str__


class NoText:
    """A value of a result that can't be shown."""

    def __repr__(self):
        raise RuntimeError("no words")

    __str__ = __repr__


class OneWay:
    """Can be pickled, but not unpickled."""

    def __init__(self, error):
        self.error = error

    def __setstate__(self, state):
        raise state["error"]


class OneWayError(Exception):
    """So can this."""

    def __reduce__(self):
        return _refuse, ()


def _refuse():
    raise SystemExit(3)


def one_way(x):
    return {"loss": x, "status": "ok", "extra": OneWay(ValueError("no way back"))}


def exits_on_arrival(x):
    return {"loss": x, "status": "ok", "extra": OneWay(SystemExit(0))}


def mute(x):
    raise Mute


def one_way_error(x):
    raise OneWayError


def no_text(x):
    return {"status": "fail", "why": NoText()}


def attachment_without_text(x):
    return {"loss": x, "status": "ok", "attachments": {NoText(): 1}}


def evaluators():
    yield "serial", {}
    yield "n_jobs", {"n_jobs": 2}
    yield "threads", {"executor": "threads", "n_jobs": 2}
    yield "pool", {"executor": ProcessPoolExecutor}
    yield "thread pool", {"executor": ThreadPoolExecutor}


@pytest.fixture(params=list(evaluators()), ids=lambda pair: pair[0].replace(" ", "-"))
def search(request):
    options = dict(request.param[1])
    pool = options.pop("executor")(2) if isinstance(options.get("executor"), type) else None

    def search(objective, trials, **more):
        executor = {} if pool is None else {"executor": pool}
        fmin(objective, X, rand.suggest, 4, trials=trials, rstate=0, verbose=False,
             **options, **executor, **more)  # fmt: skip

    yield search
    if pool is not None:
        pool.shutdown()


FAILING = [mute, one_way_error, no_text]


@pytest.mark.parametrize("objective", FAILING)
def test_a_caught_exception_without_words_only_fails_its_trial(search, objective):
    trials = Trials()
    with pytest.raises(AllTrialsFailed):
        search(objective, trials, catch_eval_exceptions=True)
    states = [doc["state"] for doc in trials._dynamic_trials]
    assert states in ([JOB_STATE_ERROR] * 4, [JOB_STATE_DONE] * 4)
    if objective is mute:
        assert "whose __str__ raised RuntimeError" in trials._dynamic_trials[0]["misc"]["error"][1]


def test_an_exception_without_words_passes_through_as_it_is(search):
    trials = Trials()
    with pytest.raises(Exception) as caught:
        search(mute, trials)
    assert isinstance(caught.value, Mute)
    assert JOB_STATE_ERROR in [doc["state"] for doc in trials._dynamic_trials]


@pytest.mark.parametrize("objective", [one_way, exits_on_arrival])
@pytest.mark.parametrize("options", [{"n_jobs": 2}, {"executor": ProcessPoolExecutor}])
def test_a_result_that_cannot_be_unpickled_fails_its_trial_and_nothing_else(options, objective):
    trials = Trials()
    pool = ProcessPoolExecutor(2) if "executor" in options else None
    options = options if pool is None else {"executor": pool}
    with pytest.raises(AllTrialsFailed):
        fmin(objective, X, rand.suggest, 4, trials=trials, rstate=0, verbose=False,
             catch_eval_exceptions=True, **options)  # fmt: skip
    assert [doc["state"] for doc in trials._dynamic_trials] == [JOB_STATE_ERROR] * 4
    assert "can't be unpickled here" in trials._dynamic_trials[0]["misc"]["error"][1]
    with pytest.raises(pickle.UnpicklingError, match=r"the result of trial \d"):
        fmin(objective, X, rand.suggest, 8, trials=trials, rstate=0, verbose=False,
             **options)  # fmt: skip
    if pool is not None:
        pool.shutdown()


@pytest.mark.parametrize("options", [{"n_jobs": 2}, {"executor": "threads", "n_jobs": 2}])
def test_an_attachment_whose_name_has_no_text_is_stored_under_a_description(options):
    trials = Trials()
    fmin(attachment_without_text, X, rand.suggest, 4, trials=trials, rstate=0, verbose=False,
         **options)  # fmt: skip
    (name,) = trials.trial_attachments(trials.trials[0])
    assert "NoText" in name


def test_a_failure_without_words_can_be_told():
    study = Trials().study(X, rand.suggest, 0)
    study.tell(study.ask(), failure=Mute())
    assert study.trials._dynamic_trials[0]["state"] == JOB_STATE_ERROR


def forked(end):
    def objective(x):
        pid = os.fork()
        if pid == 0:
            end()
            return -1e9  # not the result of any trial
        _, status = os.waitpid(pid, 0)
        return {"loss": x, "status": "ok", "code": os.waitstatus_to_exitcode(status)}

    return objective


def fails():
    sys.stderr = open(os.devnull, "w")  # noqa: SIM115, PTH123
    raise ValueError("of the child")


ENDS = [(lambda: sys.exit(0), 0), (lambda: sys.exit(7), 7), (lambda: None, 0), (fails, 1)]


@pytest.mark.skipif(not hasattr(os, "fork"), reason="processes can't be forked here")
@pytest.mark.filterwarnings("ignore:This process .* is multi-threaded:DeprecationWarning")
@pytest.mark.parametrize(("end", "code"), ENDS, ids=["exit", "exit-7", "return", "raise"])
@pytest.mark.parametrize("options", [{"n_jobs": 2}, {"executor": "threads", "n_jobs": 2}])
def test_a_process_that_an_objective_forks_reports_nothing(options, end, code):
    trials = Trials()
    fmin(forked(end), X, rand.suggest, 6, trials=trials, rstate=0, verbose=False, **options)
    assert [doc["state"] for doc in trials._dynamic_trials] == [JOB_STATE_DONE] * 6
    assert [result["code"] for result in trials.results] == [code] * 6
