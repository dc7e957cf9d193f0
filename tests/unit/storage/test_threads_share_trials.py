"""One `Trials` in several threads: people serve suggestions from web workers."""

from __future__ import annotations

import pickle
import threading

import pytest

from hyperopt import Trials, anneal, fmin, hp, jtpe, rand, tpe
from hyperopt.base import JOB_STATE_DONE

SPACE = {"x": hp.uniform("x", -5, 5), "k": hp.choice("k", ["a", {"y": hp.normal("y", 0, 1)}])}


def in_threads(n, work):
    """Call ``work(number)`` in threads at once; raise what one of them raised."""
    failures, start = [], threading.Barrier(n)

    def run(number):
        start.wait()
        try:
            work(number)
        except BaseException as error:
            failures.append(error)

    threads = [threading.Thread(target=run, args=(number,)) for number in range(n)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    if failures:
        raise failures[0]


@pytest.mark.parametrize("algo", [rand, tpe, jtpe, anneal], ids=lambda algo: algo.__name__)
@pytest.mark.parametrize("shared", ["study", "trials"])
def test_ask_and_tell_from_several_threads(algo, shared):
    trials = Trials()
    study = trials.study(SPACE, algo.suggest, 0)

    def work(number):
        own = study if shared == "study" else trials.study(SPACE, algo.suggest, number)
        for round_ in range(15):
            if round_ % 5 == 4:
                own.enqueue({"x": 0.5, "k": "a"})
            for trial in own.ask(2):
                own.tell(trial, trial.params["x"] ** 2)
            assert isinstance(own.pending, list)
            assert own.best_params is not None

    in_threads(4, work)
    for trial in study.pending:
        study.tell(trial, 1.0)
    assert sorted(trials.tids) == list(range(len(trials)))
    assert len(trials) in (120, 121, 122, 123, 124, 132)
    assert trials.count_by_state_unsynced(JOB_STATE_DONE) == len(trials)
    for doc in trials.trials:
        assert doc["misc"]["tid"] == doc["tid"]


def test_no_trial_is_given_to_two_threads():
    study, given = Trials().study(SPACE, rand.suggest, 0), []
    for _ in range(40):
        study.enqueue({"x": 1.0, "k": "a"})
    in_threads(4, lambda number: given.extend(study.ask().tid for _ in range(20)))
    assert sorted(given) == list(range(80))


def test_documents_can_be_inserted_from_several_threads():
    trials, domain = Trials(), Trials().study(SPACE).domain

    def work(number):
        for seed in range(50):
            docs = rand.suggest(trials.new_trial_ids(2), domain, trials, seed)
            trials.insert_trial_docs(docs)
            trials.refresh()
            trials.count_by_state_unsynced(0)
            pickle.loads(pickle.dumps(trials))

    in_threads(4, work)
    assert sorted(trials.tids) == list(range(400))


def test_a_second_search_of_the_same_trials_is_refused():
    trials, inside, done = Trials(), threading.Event(), threading.Event()

    def objective(x):
        inside.set()
        assert done.wait(30)
        return x

    x = hp.uniform("x", 0, 1)
    first = threading.Thread(
        target=fmin, args=(objective, x, rand.suggest, 2), kwargs={"trials": trials, "rstate": 0}
    )
    first.start()
    assert inside.wait(30)
    with pytest.raises(RuntimeError, match="another search of these trials is running"):
        fmin(abs, x, rand.suggest, 5, trials=trials, verbose=False)
    asked = trials.study(x, rand.suggest, 1).ask()  # while asking is all right
    trials.study(x).tell(asked, 0.5)
    done.set()
    first.join()
    assert len(trials) == 3
    fmin(abs, x, rand.suggest, 5, trials=trials, verbose=False, rstate=0)
    assert len(trials) == 5


def test_an_objective_cannot_search_the_trials_that_it_is_part_of():
    trials, x = Trials(), hp.uniform("x", 0, 1)

    def objective(value):
        return fmin(abs, x, rand.suggest, 9, trials=trials, verbose=False)["x"]

    with pytest.raises(RuntimeError, match="around this one"):
        fmin(objective, x, rand.suggest, 2, trials=trials, verbose=False)
    fmin(abs, x, rand.suggest, 3, trials=trials, verbose=False)
    assert len(trials) == 3


def test_a_queued_point_is_given_once_among_the_studies_of_the_same_trials():
    trials = Trials()
    one, other = (trials.study(SPACE, rand.suggest, seed) for seed in (0, 1))
    queued = one.enqueue({"x": 1.0, "k": "a"})
    assert other.ask().tid == queued.tid
    assert one.ask().tid != queued.tid
    other.tell(queued, 1.0)
