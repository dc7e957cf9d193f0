"""Base classes that third-party algorithms build on, and the space over many trials at once."""

from __future__ import annotations

import numpy as np
import pytest

from hyperopt import Domain, Trials, fmin, hp
from hyperopt.algobase import ExprEvaluator, SuggestAlgo
from hyperopt.base import VectorizeHelper
from hyperopt.pyll import as_apply, rec_eval, scope
from hyperopt.pyll.stochastic import recursive_set_rng_kwarg
from hyperopt.vectorize import (
    idxs_map,
    idxs_take,
    replace_repeat_stochastic,
    uniq,
    vchoice_merge,
    vchoice_split,
)

SPACE = {
    "c": hp.choice("c", [hp.uniform("x", 0, 1), hp.randint("n", 3)]),
    "g": hp.normal("g", 0, 1),
}


def test_the_evaluator_visits_only_what_is_needed():
    visited = []

    class Watching(ExprEvaluator):
        def on_node(self, memo, node):
            visited.append(node.name)
            return super().on_node(memo, node)

    expr = as_apply({"a": scope.switch(1, scope.Raise(KeyError), as_apply(3) + 4), "b": [1, 2]})
    evaluator = Watching(expr)
    assert evaluator.eval_nodes()[evaluator.expr] == {"a": 7, "b": (1, 2)}
    assert sorted(visited) == ["add", "dict", "pos_args"]


def test_a_subclass_decides_every_active_label():
    asked = []

    class Middle(SuggestAlgo):
        def on_node_hyperparameter(self, memo, node, label):
            asked.append((label, node.name))
            if node.name == "uniform":
                low, high = (memo[node.arg[name]] for name in ("low", "high"))
                assert memo[node.arg["size"]] == 1
                return np.asarray([(low + high) / 2])
            return ExprEvaluator.on_node(self, memo, node)

    domain = Domain(lambda point: point["g"], SPACE)
    trials = Trials()
    fmin(
        domain.fn,
        SPACE,
        lambda ids, domain, trials, seed: Middle(domain, trials, seed)(ids[0]),
        30,
        trials=trials,
        rstate=0,
        verbose=False,
    )
    assert {label for label, _ in asked} == {"c", "x", "n", "g"}
    vals = trials.vals
    assert set(vals["x"]) == {0.5}
    assert len(vals["x"]) + len(vals["n"]) == 30
    assert len(vals["c"]) == len(vals["g"]) == 30
    for misc in trials.miscs:
        assert (misc["vals"]["c"][0] == 0) == bool(misc["vals"]["x"])


def test_a_batch_gives_columns_and_the_same_seed_the_same_values():
    algo = SuggestAlgo(Domain(None, SPACE), Trials(), 3)
    idxs, vals = algo.batch([4, 5, 6])
    assert idxs["c"].tolist() == idxs["g"].tolist() == [4, 5, 6]
    assert len(vals["x"]) + len(vals["n"]) == 3
    again = SuggestAlgo(Domain(None, SPACE), Trials(), 3).batch([4, 5, 6])
    np.testing.assert_equal(again, (idxs, vals))


@pytest.mark.parametrize(
    ("space", "check"),
    [
        (hp.uniform("p0", 0, 1), lambda vals: vals["p0"]),
        (hp.uniform("p0", 0, 1) ** 2, lambda vals: vals["p0"] ** 2),
        (
            hp.choice("p1", [1, hp.uniform("p0", 0, 1)]),
            lambda vals: 1 if vals["p1"] == 0 else vals["p0"],
        ),
    ],
)
def test_a_vectorised_space_gives_points_that_fit_its_columns(space, check):
    vh = VectorizeHelper(space, scope.range(as_apply(15)), build=True)
    output = as_apply([vh.v_expr, vh.idxs_by_label(), vh.vals_by_label()])
    output = recursive_set_rng_kwarg(
        replace_repeat_stochastic(output), as_apply(np.random.default_rng(1))
    )
    points, idxs, vals = rec_eval(output)
    assert len(points) == 15
    for number, point in enumerate(points):
        values = {
            label: dict(zip(idxs[label], vals[label], strict=True)).get(number) for label in idxs
        }
        assert point == check(values)


def test_a_domain_draws_columns_of_new_trials():
    domain = Domain(None, SPACE)
    memo = {domain.s_new_ids: [7, 9], domain.s_rng: np.random.default_rng(0)}
    idxs, vals = rec_eval(domain.s_idxs_vals, memo=memo)
    assert idxs["c"] == idxs["g"] == [7, 9]
    assert len(vals["g"]) == 2


def test_columns_are_split_and_merged_by_choice():
    assert uniq([3, 1, 3, 2]) == [3, 1, 2]
    assert idxs_take([1, 2, 3], [10, 20, 30], [3, 1]).tolist() == [30, 10]
    assert vchoice_split([1, 2, 3], [0, 1, 0], 2) == [[1, 3], [2]]
    assert vchoice_merge([1, 2], [0, 1], ([1], ["a"]), ([2], ["b"])) == ["a", "b"]
    assert idxs_map([1, 2], "add", ([1, 2], [10, 20]), ([2, 1], [2, 1])) == [11, 22]
