"""Studies of an earlier version come out the same, to the bit, and what it wrote still loads.

``tests/data/studies.json`` holds the values of every trial of some small studies, and
``joint-studies.json`` those of the joint estimator, whose search may change by design. After such a
change ``python tests/compat/test_recorded_studies.py joint`` records the latter again; ``all``
records both. The pickles and save files beside them are never made again.
"""

from __future__ import annotations

import json
import pickle
import shutil
import sys
from functools import partial
from pathlib import Path

import pytest

from hyperopt import Trials, anneal, fmin, hp, jtpe, mix, rand, tpe
from hyperopt.pyll import scope

DATA = Path(__file__).parent.parent / "data"
WRITTEN = DATA / "written-by-0.1.0"
FILES = {"others": DATA / "studies.json", "joint": DATA / "joint-studies.json"}
N_TRIALS = 36

SPACES = {
    "continuous": {
        "u": hp.uniform("u", -3, 5),
        "lu": hp.loguniform("lu", -4, 2),
        "n": hp.normal("n", 1, 2),
        "ln": hp.lognormal("ln", 0, 1),
    },
    "quantised": {
        "qu": hp.quniform("qu", -2, 9, 0.5),
        "qlu": hp.qloguniform("qlu", 0, 4, 2),
        "qn": hp.qnormal("qn", 3, 2, 1),
        "qln": hp.qlognormal("qln", 0.5, 1, 0.25),
    },
    "integers": {
        "upper": hp.randint("upper", 7),
        "range": hp.randint("range", -4, 30),
        "closed": hp.uniformint("closed", 1, 12),
        "int": scope.int(hp.quniform("int", 0, 40, 5)),
    },
    "branches": hp.choice(
        "model",
        [
            {"kind": 0, "depth": hp.randint("depth", 1, 9), "rate": hp.loguniform("rate", -6, 0)},
            {
                "kind": 1,
                "cost": hp.lognormal("cost", 0, 2),
                "kernel": hp.pchoice(
                    "kernel", [(0.2, 1), (0.5, hp.uniform("width", 0, 3)), (0.3, 2)]
                ),
            },
            {"kind": 2},
        ],
    ),
    "arithmetic": {
        "a": hp.randint("a", 3),
        "b": hp.randint("b", 2),
        "either": scope.switch(
            hp.randint("first", 2) + hp.randint("second", 2),
            hp.uniform("none", 0, 1),
            hp.quniform("one", 0, 10, 1),
            hp.normal("both", 0, 1),
        ),
    },
}

ALGORITHMS = {
    "rand": rand.suggest,
    "tpe": partial(tpe.suggest, n_startup_jobs=8),
    "anneal": anneal.suggest,
    "mix": partial(
        mix.suggest, p_suggest=[(0.3, rand.suggest), (0.4, tpe.suggest), (0.3, anneal.suggest)]
    ),
    "jtpe": jtpe.suggest,
}
BATCHES = {"continuous": 1, "quantised": 3, "integers": 1, "branches": 2, "arithmetic": 1}

CASES = [(algorithm, space) for algorithm in ALGORITHMS for space in SPACES]


def _numbers(point):
    if isinstance(point, dict):
        for key in sorted(point):
            yield from _numbers(point[key])
    elif isinstance(point, (tuple, list)):
        for part in point:
            yield from _numbers(part)
    else:
        yield float(point)


class Objective:
    """A bowl of exact arithmetic only, in which every eleventh trial fails and some raise."""

    def __init__(self):
        self.calls = 0

    def __call__(self, point):
        self.calls += 1
        if self.calls % 11 == 7:
            return {"status": "fail"}
        if self.calls % 13 == 9:
            raise ArithmeticError("a trial that raises")
        return sum((number - 1.5) * (number - 1.5) for number in _numbers(point))


def run(algorithm, space):
    trials = Trials()
    fmin(
        Objective(),
        SPACES[space],
        ALGORITHMS[algorithm],
        N_TRIALS,
        trials=trials,
        rstate=20261127,
        max_queue_len=BATCHES[space],
        catch_eval_exceptions=True,
        verbose=False,
    )
    return trials


def bits(trials):
    """Every trial's id, state and active values; floats are written so that they read the same."""
    return [
        [
            doc["tid"],
            doc["state"],
            {label: vals[0].item() for label, vals in doc["misc"]["vals"].items() if len(vals)},
        ]
        for doc in trials._dynamic_trials
    ]


def part_of(algorithm):
    return "joint" if algorithm == "jtpe" else "others"


@pytest.fixture(scope="module")
def recorded():
    return {part: json.loads(path.read_text()) for part, path in FILES.items()}


@pytest.mark.filterwarnings("ignore::hyperopt.SpaceWarning")
@pytest.mark.parametrize(("algorithm", "space"), CASES)
def test_a_study_is_the_recorded_one_to_the_bit(algorithm, space, recorded):
    assert bits(run(algorithm, space)) == recorded[part_of(algorithm)][f"{algorithm} {space}"]


def test_a_pickled_study_loads_knows_its_space_and_goes_on():
    trials = pickle.loads((WRITTEN / "trials.pkl").read_bytes())
    assert type(trials) is Trials
    assert len(trials) == 12
    assert set(trials.best_params) == {"u", "c"}
    assert trials.trial_attachments(trials.trials[0])["note"] == b"kept"
    fmin(lambda p: p["u"] ** 2, SMALL, rand.suggest, 14, trials=trials, rstate=1, verbose=False)
    assert trials.tids == list(range(14))


def test_a_pickled_experiment_loads_with_its_key():
    trials = pickle.loads((WRITTEN / "trials-of-an-experiment.pkl").read_bytes())
    assert trials._exp_key == "first"
    assert trials.tids == [0, 1]


def test_a_pickled_ask_and_tell_study_goes_on():
    study = pickle.loads((WRITTEN / "study.pkl").read_bytes())
    (pending,) = study.pending
    study.tell(pending, 0.25)
    study.tell(study.ask(), 0.5)
    assert study.trials.losses() == [4.0, 1.0, 0.25, 0.5]


def test_a_pickled_study_without_duplicates_still_avoids_them():
    study = pickle.loads((WRITTEN / "study-without-duplicates.pkl").read_bytes())
    assert len(study.trials) == 2
    assert len(study.ask(10)) == 2
    assert sorted(study.trials.vals["i"]) == [0, 1, 2, 3]


def test_the_candidates_of_a_pickled_search_over_scikit_learn_load():
    pytest.importorskip("sklearn")
    evaluations = pickle.loads((WRITTEN / "search-candidates.pkl").read_bytes())
    assert evaluations.n_splits == 3
    assert len(evaluations.params) == 2


def test_what_was_asked_for_can_be_told_after_loading():
    asked = pickle.loads((WRITTEN / "asked.pkl").read_bytes())
    assert asked.tid == 2
    assert set(asked.params) == set(asked.assignment) == {"u", "c"}


def test_pickled_spaces_and_expressions_load_and_evaluate():
    compiled, expression, domain = pickle.loads((WRITTEN / "spaces.pkl").read_bytes())
    assert compiled.labels == ("c", "u")
    assert compiled.evaluate({"c": 1, "u": 0.5}) == {"c": "b", "u": 0.5}
    assert domain.evaluate({"c": 0, "u": 2.0}, None) == {"loss": 2.0, "status": "ok"}
    trials = Trials()
    fmin(len, expression, rand.suggest, 3, trials=trials, rstate=0, verbose=False)
    assert len(trials) == 3


@pytest.mark.parametrize("name", ["whole", "pieces", "running"])
def test_a_save_file_loads_and_the_run_goes_on(name, tmp_path):
    path = tmp_path / "study.pkl"
    shutil.copy(WRITTEN / f"save-file-{name}.pkl", path)
    fmin(
        lambda p: p["u"] ** 2,
        SMALL,
        rand.suggest,
        9,
        trials_save_file=path,
        rstate=1,
        verbose=False,
    )
    trials = pickle.loads(path.read_bytes())
    assert trials.tids == list(range(9))
    assert trials.statuses() == ["ok"] * 9


SMALL = {"u": hp.uniform("u", -3, 3), "c": hp.choice("c", ["a", "b"])}


def record(parts):
    """Write the bits of the studies of these parts."""
    for part in parts:
        studies = {
            f"{algorithm} {space}": bits(run(algorithm, space))
            for algorithm, space in CASES
            if part_of(algorithm) == part
        }
        lines = [f"{json.dumps(name)}: {json.dumps(study)}" for name, study in studies.items()]
        FILES[part].write_text("{\n" + ",\n".join(lines) + "\n}\n")


if __name__ == "__main__":
    record({"joint": ["joint"], "all": ["others", "joint"]}[sys.argv[1]])
