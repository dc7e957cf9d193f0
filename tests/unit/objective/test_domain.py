"""Domain: evaluating points, and what an objective may return."""

from __future__ import annotations

import pickle
from decimal import Decimal
from fractions import Fraction

import cloudpickle
import numpy as np
import pytest

from hyperopt import Ctrl, Domain, Trials, fmin_pass_expr_memo_ctrl, hp
from hyperopt.base import JOB_STATE_DONE, spec_from_misc
from hyperopt.exceptions import DuplicateLabel, InvalidLoss, InvalidResultStatus
from hyperopt.fmin import generate_trials_to_calculate
from hyperopt.pyll import as_apply, rec_eval, scope
from hyperopt.pyll.base import GarbageCollected
from hyperopt.utils import use_obj_for_literal_in_memo

SPACE = {"x": hp.uniform("x", 0, 1), "c": hp.choice("c", ["a", hp.randint("n", 5)])}


def one_trial():
    trials = generate_trials_to_calculate([{"x": 0.5}])
    trials.refresh()
    return trials, trials.trials[0]


def result_of(value):
    return Domain(lambda _: value, hp.uniform("x", 0, 1)).evaluate({"x": 0.5}, None)


class Tensor:
    """Is like what tensor libraries give: a number of its own kind."""

    ndim = 0

    def __float__(self):
        return 1.0


@pytest.mark.parametrize(
    "value",
    [
        1,
        1.0,
        True,
        np.float32(1),
        np.int8(1),
        np.bool_(True),
        np.array(1.0),
        Tensor(),
        Decimal(1),
        Fraction(1),
    ],
)
def test_a_real_number_is_an_ok_loss(value):
    result = result_of(value)
    assert result == {"loss": 1.0, "status": "ok"}
    assert type(result["loss"]) is float


def test_a_nan_loss_is_kept():
    assert np.isnan(result_of(float("nan"))["loss"])


def test_a_result_is_copied_and_its_loss_made_a_float():
    given = {"loss": np.float32(2), "status": "ok", "more": [1]}
    result = result_of(given)
    assert result == {"loss": 2.0, "status": "ok", "more": [1]}
    assert result is not given
    assert result_of({"status": "fail"}) == {"status": "fail"}


@pytest.mark.parametrize(
    ("value", "error", "message"),
    [
        (None, TypeError, "returned None"),
        ("abc", TypeError, "returned 'abc'"),
        (np.array([1.0, 2.0]), TypeError, "number, or a dict"),
        (np.array([1.0]), TypeError, "number, or a dict"),
        ({"loss": 1}, KeyError, "without a 'status'"),
        ({"loss": 1, "status": "zzz"}, InvalidResultStatus, "zzz"),
        ({"status": "ok"}, InvalidLoss, "ok"),
        ({"status": "ok", "loss": "a"}, InvalidLoss, "ok"),
        ({"status": "ok", "loss": None}, InvalidLoss, "ok"),
    ],
)
def test_anything_else_is_refused(value, error, message):
    with pytest.raises(error, match=message):
        result_of(value)


def test_attachments_go_to_the_ctrl_unless_told_otherwise():
    trials, doc = one_trial()
    domain = Domain(
        lambda x: {"loss": x, "status": "ok", "attachments": {"k": b"v"}}, hp.uniform("x", 0, 1)
    )
    ctrl = Ctrl(trials, current_trial=doc)
    assert domain.evaluate({"x": 0.5}, ctrl) == {"loss": 0.5, "status": "ok"}
    assert trials.trial_attachments(doc)["k"] == b"v"
    kept = domain.evaluate({"x": 0.5}, ctrl, attach_attachments=False)
    assert kept["attachments"] == {"k": b"v"}


def test_an_inactive_branch_is_not_needed_and_an_active_label_is():
    domain = Domain(lambda point: 0.0 if point["c"] == "a" else 1.0, SPACE)
    assert domain.evaluate({"x": 0.1, "c": 0}, None)["loss"] == 0.0
    with pytest.raises(Exception, match="'n'"):
        domain.evaluate({"x": 0.1, "c": 1}, None)


def test_params_holds_the_inner_nodes_and_duplicates_are_refused():
    domain = Domain(None, SPACE)
    assert {label: node.name for label, node in domain.params.items()} == {
        "x": "uniform",
        "c": "randint",
        "n": "randint",
    }
    with pytest.raises(DuplicateLabel, match="x"):
        Domain(None, [hp.uniform("x", 0, 1), hp.normal("x", 0, 1)])


def test_the_memo_marks_labels_without_a_value():
    domain = Domain(None, SPACE)
    memo = domain.memo_from_config({"x": 0.25})
    values = {node.arg["label"].obj: value for node, value in memo.items()}
    assert values == {"x": 0.25, "c": GarbageCollected, "n": GarbageCollected}


def test_an_outer_loop_can_evaluate_the_space_itself():
    trials, doc = one_trial()
    domain = Domain(lambda spc: spc, {"x": hp.uniform("x", 0, 1), "t": ("const", 1)})
    config = spec_from_misc(doc["misc"])
    ctrl = Ctrl(trials, current_trial=doc)
    memo = domain.memo_from_config(config)
    use_obj_for_literal_in_memo(domain.expr, ctrl, Ctrl, memo)
    point = rec_eval(
        domain.expr, memo=memo, print_node_on_error=domain.rec_eval_print_node_on_error
    )
    assert point == {"x": 0.5, "t": ("const", 1)}


def test_the_ctrl_reaches_functions_of_the_space():
    trials, doc = one_trial()
    space = {"x": hp.uniform("x", 0, 1), "ctrl": Domain.pyll_ctrl}
    seen = []
    domain = Domain(lambda point: seen.append(point["ctrl"]) or 0.0, space)
    ctrl = Ctrl(trials, current_trial=doc)
    domain.evaluate({"x": 0.5}, ctrl)
    assert seen == [ctrl]


def test_an_objective_may_ask_for_expr_memo_and_ctrl():
    @fmin_pass_expr_memo_ctrl
    def objective(expr, memo, ctrl):
        assert ctrl is None
        return rec_eval(expr, memo=memo)

    domain = Domain(objective, hp.uniform("x", 0, 1))
    assert domain.pass_expr_memo_ctrl
    assert domain.evaluate({"x": 0.25}, None)["loss"] == 0.25


def test_evaluation_can_be_split_in_two():
    domain = Domain(lambda x: x + 1, hp.uniform("x", 0, 1))
    fn, point = domain.evaluate_async({"x": 0.5}, None)
    assert domain.evaluate_async2(fn(point), None) == {"loss": 1.5, "status": "ok"}


def test_a_domain_answers_questions_about_results():
    domain = Domain(None, SPACE, name="d", workdir="w", loss_target=0)
    assert domain.loss({"loss": 1}) == domain.true_loss({"loss": 1}) == 1
    assert domain.true_loss({"loss": 1, "true_loss": 3}) == 3
    assert domain.loss_variance({}) == 0.0
    assert domain.status({"status": "ok"}) == "ok"
    assert domain.new_result() == {"status": "new"}
    assert domain.short_str().startswith("Domain{")
    assert (domain.name, domain.workdir, domain.loss_target) == ("d", "w", 0)
    assert domain.cmd == ("domain_attachment", "FMinIter_Domain")
    with pytest.raises(NotImplementedError):
        domain.true_loss_variance()


def test_domains_can_be_pickled():
    domain = Domain(lambda x: x * 2, hp.uniform("x", 0, 1))
    domain.evaluate({"x": 0.5}, None)
    assert cloudpickle.loads(cloudpickle.dumps(domain)).evaluate({"x": 0.5}, None)["loss"] == 1.0
    assert pickle.loads(pickle.dumps(Domain(abs, as_apply(5)))).evaluate({}, None)["loss"] == 5.0


def test_random_nodes_with_a_generator_of_their_own_are_noise(rng):
    domain = Domain(lambda x: x, {"loss": scope.normal(0, 1, rng=rng), "status": "ok"})
    assert isinstance(domain.evaluate({}, None)["loss"], float)


def test_ctrl_injects_finished_trials_that_name_their_source():
    trials, doc = one_trial()
    ctrl = Ctrl(trials, current_trial=doc)
    misc = {"idxs": {"x": [1]}, "vals": {"x": [0.7]}}
    assert ctrl.inject_results([None], [{"loss": 1.0, "status": "ok"}], [misc]) == [1]
    trials.refresh()
    assert trials.trials[1]["state"] == JOB_STATE_DONE
    assert trials.trials[1]["misc"]["from_tid"] == 0


def test_ctrl_stores_a_preliminary_result():
    trials, doc = one_trial()
    Ctrl(trials, current_trial=doc).checkpoint({"status": "running", "step": 3})
    assert doc["result"]["step"] == 3
    with pytest.raises(AssertionError, match="not among"):
        Ctrl(Trials(), current_trial=doc).checkpoint()
    with pytest.raises(AssertionError, match="no current trial"):
        _ = Ctrl(None).attachments
