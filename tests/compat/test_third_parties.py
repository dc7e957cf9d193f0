"""The ways in which other libraries drive hyperopt from outside, re-created call by call.

The libraries themselves (Ray Tune, NNI, Lale, hyperopt-sklearn, MLflow) are too heavy to install
for the tests; each test here keeps the calls that one of them makes.
"""

import copy
import enum
import inspect
import json
import pickle
from functools import partial

import cloudpickle
import numpy as np
import pytest

import hyperopt
from hyperopt import (
    JOB_STATE_DONE,
    STATUS_OK,
    Domain,
    FMinIter,
    Trials,
    anneal,
    base,
    fmin,
    hp,
    mix,
    pyll,
    rand,
    space_eval,
    tpe,
    trials_from_docs,
)
from hyperopt.algobase import SuggestAlgo
from hyperopt.base import miscs_update_idxs_vals, spec_from_misc
from hyperopt.exceptions import AllTrialsFailed
from hyperopt.fmin import generate_trials_to_calculate
from hyperopt.pyll import as_apply, scope

SPACE = {
    "width": hp.uniform("width", 0, 10),
    "height": hp.randint("height", 5),
    "activation": hp.choice("activation", ["relu", "tanh"]),
    "model": hp.choice("model", [{"k": 0}, {"k": 1, "lr": hp.loguniform("lr", -5, 0)}]),
}


class TuneSearcher:
    """What Ray Tune's HyperOptSearch does with hyperopt, without Ray."""

    def __init__(self, space, n_initial_points=20, gamma=0.25, points=None, seed=None):
        self.algo = partial(hyperopt.tpe.suggest, n_startup_jobs=n_initial_points)
        self.algo = partial(self.algo, gamma=gamma)
        self.domain = hyperopt.Domain(lambda spc: spc, space)
        self.rstate = np.random.RandomState(seed)
        self.points = len(points or [])
        if points:
            self.trials = generate_trials_to_calculate(list(reversed(points)))
            self.trials.refresh()
        else:
            self.trials = hyperopt.Trials()
        self.live = {}

    def suggest(self, name):
        if self.points > 0:
            trial = self.trials.trials[self.points - 1]
            self.points -= 1
        else:
            ids = self.trials.new_trial_ids(1)
            self.trials.refresh()
            trials = self.algo(ids, self.domain, self.trials, self.rstate.randint(2**31 - 1))
            self.trials.insert_trial_docs(trials)
            self.trials.refresh()
            trial = trials[0]
        self.live[name] = trial["tid"]
        config = hyperopt.base.spec_from_misc(trial["misc"])
        ctrl = hyperopt.base.Ctrl(self.trials, current_trial=trial)
        memo = self.domain.memo_from_config(config)
        hyperopt.utils.use_obj_for_literal_in_memo(self.domain.expr, ctrl, hyperopt.base.Ctrl, memo)
        suggested = hyperopt.pyll.rec_eval(
            self.domain.expr,
            memo=memo,
            print_node_on_error=self.domain.rec_eval_print_node_on_error,
        )
        return copy.deepcopy(suggested)

    def complete(self, name, loss=None):
        tid = self.live.pop(name)
        trial = next(t for t in self.trials.trials if t["tid"] == tid)
        now = hyperopt.utils.coarse_utcnow()
        trial["book_time"] = trial["refresh_time"] = now
        if loss is None:
            trial["state"] = hyperopt.base.JOB_STATE_ERROR
            trial["misc"]["error"] = ("TuneError", "Tune Error")
        else:
            trial["state"] = hyperopt.base.JOB_STATE_DONE
            trial["result"] = {"loss": loss, "status": "ok"}
        self.trials.refresh()


def test_what_ray_tune_writes_into_documents_is_what_tpe_learns_from():
    searcher = TuneSearcher({"x": hp.uniform("x", -5, 5)}, n_initial_points=5, seed=1)
    for i in range(30):
        config = searcher.suggest(f"t{i}")
        searcher.complete(f"t{i}", (config["x"] - 1.0) ** 2 if i % 7 else None)
        told = trials_from_docs(copy.deepcopy(searcher.trials.trials))
        same_ids_and_seed = [100 + i], searcher.domain
        live = searcher.algo(*same_ids_and_seed, searcher.trials, 5)
        fresh = searcher.algo(*same_ids_and_seed, told, 5)
        assert live[0]["misc"]["vals"] == fresh[0]["misc"]["vals"]
    assert len(told) == 25


def test_ray_tunes_failed_trials_disappear_from_view_but_not_from_the_store():
    searcher = TuneSearcher(SPACE, n_initial_points=3, seed=0)
    for i in range(12):
        config = searcher.suggest(f"t{i}")
        assert set(config) == set(SPACE)
        assert ("lr" in config["model"]) == (config["model"]["k"] == 1)
        searcher.complete(f"t{i}", None if i % 4 == 3 else config["width"])
    assert len(searcher.trials) == 9
    assert len(searcher.trials._dynamic_trials) == 12


def test_several_suggestions_can_be_out_at_once():
    searcher = TuneSearcher(SPACE, n_initial_points=2, seed=0)
    for i in range(20):
        searcher.suggest(f"t{i}")
        if i >= 4:
            searcher.complete(f"t{i - 4}", float(i))
    assert searcher.trials.count_by_state_synced(JOB_STATE_DONE) == 16


def test_ray_tunes_points_to_evaluate_come_first():
    points = [{"width": 1.0, "height": 2, "activation": 1, "model": 0}]
    searcher = TuneSearcher(SPACE, points=points)
    assert searcher.suggest("a") == {
        "width": 1.0,
        "height": 2,
        "activation": "tanh",
        "model": {"k": 0},
    }
    searcher.complete("a", 1.0)
    assert "width" in searcher.suggest("b")


def test_a_point_that_lacks_a_label_is_told_as_ray_tune_expects_it():
    searcher = TuneSearcher(SPACE, points=[{"width": 1.0, "height": 2, "model": 0}])
    with pytest.raises((AssertionError, TypeError)) as caught:
        searcher.suggest("a")
    assert isinstance(caught.value, AssertionError) or "GarbageCollected" in str(caught.value)


def test_ray_tune_finds_the_options_of_a_choice_in_the_graph():
    choice = SPACE["activation"]
    assert isinstance(choice, hyperopt.base.pyll.Apply)
    assert choice.name == "switch"
    assert [a.obj for a in choice.pos_args[1:] if a.name == "literal"] == ["relu", "tanh"]


def test_ray_tunes_searcher_survives_cloudpickle():
    searcher = TuneSearcher(SPACE, n_initial_points=2, seed=3)
    for i in range(5):
        searcher.complete(str(i), searcher.suggest(str(i)) and float(i))
    twin = cloudpickle.loads(cloudpickle.dumps(searcher))
    assert twin.suggest("next") == searcher.suggest("next")


NNI_SPACE = {
    "lr": {"_type": "loguniform", "_value": [1e-4, 1.0]},
    "units": {"_type": "randint", "_value": [0, 9]},
    "drop": {"_type": "uniform", "_value": [0.0, 0.5]},
    "layer": {
        "_type": "choice",
        "_value": [
            {"_name": "conv", "size": {"_type": "choice", "_value": [1, 3, 5]}},
            {"_name": "dense", "scale": {"_type": "normal", "_value": [0.0, 1.0]}},
        ],
    },
}


def nni_space(description, name="root"):
    """JSON to a space, as NNI's tuner translates it."""
    if isinstance(description, dict) and "_type" in description:
        kind = description["_type"]
        name = f"{name}-{kind}"
        value = nni_space(description["_value"], name)
        if kind == "choice":
            return hp.choice(name, value)
        if kind == "randint":
            return hp.randint(name, value[1] - value[0])
        if kind == "loguniform":
            value[:2] = np.log(value[:2])
        return getattr(hp, kind)(name, *value)
    if isinstance(description, dict):
        return {key: nni_space(value, f"{name}[{key}]") for key, value in description.items()}
    if isinstance(description, list):
        return [nni_space(value, f"{name}[{i}]") for i, value in enumerate(description)]
    return description


@pytest.mark.parametrize("algo", [tpe.suggest, rand.suggest, anneal.suggest])
def test_nni_asks_for_one_point_and_inserts_the_result_as_a_document_of_its_own(algo):
    domain = Domain(None, nni_space(NNI_SPACE), pass_expr_memo_ctrl=None)
    trials = Trials()
    loop = FMinIter(algo, domain, trials, max_evals=-1, rstate=np.random.RandomState(0), verbose=0)
    loop.catch_eval_exceptions = False
    for round_ in range(30):
        seed = loop.rstate.randint(2**31 - 1)
        new_ids = loop.trials.new_trial_ids(1)
        loop.trials.refresh()
        (document,) = loop.algo(new_ids, loop.domain, trials, seed)
        vals = document["misc"]["vals"]
        point = {key: vals[key][0].item() if len(vals[key]) else None for key in vals}
        json.dumps(point)

        new_id = len(trials)
        idxs = {key: [] if point[key] is None else [new_id] for key in domain.params}
        values = {key: [] if point[key] is None else [point[key]] for key in domain.params}
        miscs = [{"tid": new_id, "cmd": domain.cmd, "workdir": domain.workdir}]
        miscs_update_idxs_vals(
            miscs, idxs, values, idxs_map={new_id: new_id}, assert_all_vals_used=False
        )
        (trial,) = trials.new_trial_docs([new_id], [None], [domain.new_result()], miscs)
        trial["result"] = {"loss": float(round_), "status": "ok"}
        trial["state"] = hyperopt.JOB_STATE_DONE
        trials.insert_trial_docs([trial])
        trials.refresh()
    assert len(trials) == 30
    assert copy.deepcopy(loop).trials.losses() == trials.losses()


def test_lale_defines_functions_in_the_scope_and_evaluates_nested_spaces_with_them():
    @scope.define
    def make_nested_for_test(space):
        return {"nested": space}

    unused = hp.choice("combinations", [])  # Lale makes such choices and leaves them aside
    assert unused.name == "switch"
    space = hp.choice(
        "step",
        [
            scope.make_nested_for_test({"n": hp.uniformint("n", 1, 3)}),
            (scope.make_nested_for_test({"c": hp.quniform("c", 0, 4, 1)}), {"fixed": None}),
        ],
    )
    seen = []

    def objective(point):
        seen.append(point)
        return {"loss": float(len(str(point))), "status": STATUS_OK, "time": 0.0}

    trials = Trials()
    with pytest.raises(AllTrialsFailed):
        fmin(lambda _: {"status": "fail"}, space, algo=rand.suggest, max_evals=2, verbose=False)
    best = fmin(
        objective,
        space,
        algo=tpe.suggest,
        max_evals=25,
        trials=trials,
        rstate=np.random.default_rng(0),
        show_progressbar=False,
    )
    assert space_eval(space, best) in seen
    first = next(point for point in seen if isinstance(point, dict))
    assert set(first) == {"nested"}
    assert type(first["nested"]["n"]) is int
    assert {t["result"]["time"] for t in trials.trials} == {0.0}
    assert isinstance(space_eval(space, trials.argmin), (dict, tuple))


def test_lale_takes_an_element_of_a_chosen_tuple():
    combinations = hp.choice("pairs", [("l1", "saga"), ("l2", "lbfgs")])
    space = {"penalty": combinations[0], "solver": combinations[1]}
    points = {
        tuple(pyll.stochastic.sample(space, rng=np.random.default_rng(seed)).values())
        for seed in range(20)
    }
    assert points == {("l1", "saga"), ("l2", "lbfgs")}


def test_hyperopt_sklearn_continues_one_study_call_by_call_and_reads_its_graph():
    @scope.define
    def make_model_for_test(depth, **options):
        return ("model", depth, tuple(sorted(options)))

    space = {
        "learner": scope.make_model_for_test(depth=hp.uniformint("depth", 1, 6), seed=3),
        "preprocs": [hp.choice("scale", [None, "standard"])],
    }
    node = space["learner"]
    assert isinstance(node, pyll.Apply)
    assert node.name == "make_model_for_test"
    node.named_args.append(["verbose", as_apply(False)])
    assert {name for name, _ in node.named_args} == {"depth", "seed", "verbose"}

    trials = Trials()
    for step in range(1, 6):
        fmin(
            fn=lambda point: {"loss": point["learner"][1], "status": STATUS_OK, "learner": point},
            space=space,
            algo=tpe.suggest,
            trials=trials,
            max_evals=step,
            rstate=np.random.default_rng(step),
            verbose=False,
            show_progressbar=False,
        )
        assert len(trials.trials) == step
    assert trials.results[-1]["learner"]["learner"][2] == ("seed", "verbose")
    assert trials.best_trial["result"]["loss"] == min(trials.losses())


def test_mlflow_runs_can_be_opened_inside_objectives():
    runs = []

    class Run:
        def __enter__(self):
            runs.append({})
            return self

        def __exit__(self, *exception):
            return False

    def objective(params):
        with Run():
            runs[-1].update({key: str(value) for key, value in params.items()})
            return {"loss": params["x"] ** 2, "status": STATUS_OK, "run": len(runs)}

    trials = Trials()
    fmin(
        objective,
        {"x": hp.normal("x", 0, 1), "n": hp.randint("n", 3)},
        algo=tpe.suggest,
        max_evals=25,
        trials=trials,
        show_progressbar=False,
        rstate=np.random.default_rng(0),
    )
    assert [result["run"] for result in trials.results] == list(range(1, 26))
    assert all("." not in run["n"] for run in runs)


class Algorithm(enum.Enum):
    """A menu of algorithms; only plain functions would become methods here, so they are wrapped."""

    TPE = partial(tpe.suggest)
    RANDOM = partial(rand.suggest)


def test_suggest_functions_are_plain_functions_that_can_be_put_anywhere():
    for function in (tpe.suggest, rand.suggest, anneal.suggest, mix.suggest, fmin, space_eval):
        assert inspect.isfunction(function)
        assert pickle.loads(pickle.dumps(function)) is function
    menu = {"tpe": tpe.suggest, "anneal": anneal.suggest}
    assert menu["tpe"].__name__ == "suggest"
    assert menu["tpe"].__module__ == "hyperopt.tpe"

    class Menu(enum.Enum):
        tpe = tpe.suggest  # a function in an enumeration is a method, not a member
        random = enum.member(rand.suggest) if hasattr(enum, "member") else None

    assert Menu.tpe is tpe.suggest
    assert len(Algorithm) == 2


def test_the_arguments_of_fmin_can_be_inspected():
    arguments = inspect.getfullargspec(fmin).args
    assert arguments[:8] == [
        "fn",
        "space",
        "algo",
        "max_evals",
        "timeout",
        "loss_threshold",
        "trials",
        "rstate",
    ]
    assert "points_to_evaluate" in arguments
    assert "fn" in inspect.getfullargspec(Trials.fmin).args


def test_the_defaults_of_tpe_can_be_read():
    assert tpe._default_gamma == 0.25
    assert tpe._default_n_EI_candidates == 24
    assert tpe._default_n_startup_jobs == 20
    assert tpe._default_prior_weight == 1.0
    assert tpe._default_linear_forgetting == 25


def test_appended_arguments_take_part_in_evaluation():
    node = scope.dict(a=1)
    node.named_args.append(["b", as_apply(2)])
    assert pyll.rec_eval(node) == {"a": 1, "b": 2}
    assert node.inputs()[-1].obj == 2


def test_a_subclass_of_trials_may_override_what_upstream_lets_it():
    class Logged(Trials):
        asynchronous = False

        def __init__(self, *args, **kwargs):
            self.log = []
            super().__init__(*args, **kwargs)

        def refresh(self):
            self.log.append(len(self._dynamic_trials))
            super().refresh()

        def _insert_trial_docs(self, docs):
            self.log.append("insert")
            return super()._insert_trial_docs(docs)

    trials = Logged()
    fmin(
        lambda x: x**2,
        hp.uniform("x", -1, 1),
        algo=tpe.suggest,
        max_evals=30,
        trials=trials,
        show_progressbar=False,
        rstate=np.random.default_rng(0),
    )
    assert len(trials) == 30
    assert trials.log


def test_a_subclass_of_trials_may_run_fmin_its_own_way():
    class Remote(Trials):
        def fmin(self, fn, space, algo, max_evals, **options):
            self.options = options
            return {"from": "remote"}

    trials = Remote()
    assert fmin(
        lambda x: x, hp.uniform("x", 0, 1), algo=rand.suggest, max_evals=3, trials=trials
    ) == {"from": "remote"}
    assert "timeout" in trials.options


def test_an_algorithm_can_be_written_as_a_subclass_of_suggest_algo():
    class Constant(SuggestAlgo):
        def on_node_hyperparameter(self, memo, node, label):
            return [0.25 if label == "x" else 1]

    def suggest(new_ids, domain, trials, seed):
        new_id = new_ids[0]
        return Constant(domain, trials, seed=seed)(new_id)

    trials = Trials()
    best = fmin(
        lambda point: point["x"],
        {"x": hp.uniform("x", 0, 1), "c": hp.choice("c", [0, 1])},
        algo=suggest,
        max_evals=4,
        trials=trials,
        show_progressbar=False,
    )
    assert best == {"x": 0.25, "c": 1}
    assert trials.losses() == [0.25] * 4


def test_an_algorithm_can_be_a_plain_function_that_makes_documents():
    def grid(new_ids, domain, trials, seed):
        docs = []
        for tid in new_ids:
            misc = {"tid": tid, "cmd": domain.cmd, "workdir": domain.workdir}
            miscs_update_idxs_vals([misc], {"x": [tid]}, {"x": [len(trials.trials) / 10.0]})
            docs += trials.new_trial_docs([tid], [None], [domain.new_result()], [misc])
        return docs

    trials = Trials()
    fmin(
        lambda x: x,
        hp.uniform("x", 0, 1),
        algo=grid,
        max_evals=5,
        trials=trials,
        show_progressbar=False,
    )
    assert trials.losses() == [0.0, 0.1, 0.2, 0.3, 0.4]


def test_objectives_can_take_the_expression_the_memo_and_the_control_handle():
    @hyperopt.fmin_pass_expr_memo_ctrl
    def objective(expr, memo, ctrl):
        value = pyll.rec_eval(expr, memo=memo)
        ctrl.attachments["value"] = str(value).encode()
        assert isinstance(ctrl, base.Ctrl)
        return {"loss": value["x"], "status": STATUS_OK}

    trials = Trials()
    fmin(
        objective,
        {"x": hp.uniform("x", 0, 1)},
        algo=rand.suggest,
        max_evals=3,
        trials=trials,
        show_progressbar=False,
    )
    assert trials.trial_attachments(trials.trials[0])["value"].startswith(b"{'x'")
    assert spec_from_misc(trials.miscs[0]) == {"x": trials.vals["x"][0]}


def test_mongo_trials_can_be_imported_and_asked_for_without_pymongo():
    from hyperopt.ipy import IPythonTrials
    from hyperopt.mongoexp import MongoTrials

    assert not isinstance(Trials(), MongoTrials)
    with pytest.raises(NotImplementedError, match="n_jobs"):
        IPythonTrials("mongo://localhost:1234/db/jobs")
    with pytest.raises(ValueError, match="hyperopt copy"):
        MongoTrials("mongo://localhost:1234/db/jobs")


def test_adaptive_tpe_can_be_named_and_says_what_to_use_when_called():
    from hyperopt import atpe

    with pytest.raises(NotImplementedError, match=r"tpe\.suggest"):
        fmin(
            lambda x: x,
            hp.uniform("x", 0, 1),
            algo=atpe.suggest,
            max_evals=3,
            show_progressbar=False,
        )


@pytest.mark.parametrize(
    "seed",
    [0, np.int64(5), np.random.PCG64(1), np.random.SeedSequence(2), np.random.RandomState(3)],
)
def test_any_seed_of_numpy_seeds_an_algorithm(seed):
    domain = Domain(lambda x: x, hp.uniform("x", 0, 1))
    first = rand.suggest([0, 1], domain, Trials(), copy.deepcopy(seed))
    again = rand.suggest([0, 1], domain, Trials(), copy.deepcopy(seed))
    assert [d["misc"]["vals"] for d in first] == [d["misc"]["vals"] for d in again]


def test_options_can_be_selected_by_name():
    name = pyll.Literal()
    node = scope.kwswitch(name, first="a", second="b", bad=scope.Raise(KeyError))
    assert pyll.rec_eval(node, memo={name: "second"}) == "b"
    with pytest.raises(KeyError):
        pyll.rec_eval(node, memo={name: "bad"})
