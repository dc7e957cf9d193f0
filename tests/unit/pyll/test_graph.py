"""Nodes of expression graphs: building, inspecting, changing, printing, pickling."""

from __future__ import annotations

import copy
import io
import math
import pickle
from collections import OrderedDict, namedtuple
from typing import Any

import cloudpickle
import joblib
import numpy as np
import pytest

from hyperopt import hp
from hyperopt.exceptions import SpaceWarning
from hyperopt.pyll import (
    Apply,
    Literal,
    as_apply,
    clone,
    clone_merge,
    dfs,
    rec_eval,
    scope,
    toposort,
)
from hyperopt.pyll.base import Lambda, MissingArgument, apply, p0


def test_containers_become_nodes_and_everything_else_a_literal() -> None:
    node = as_apply({"b": [1, 2], "a": ("x",)})
    assert node.name == "dict"
    assert [name for name, _ in node.named_args] == ["a", "b"]
    assert node.named_args[1][1].name == "pos_args"
    marker = object()
    assert as_apply(marker).obj is marker  # type: ignore[attr-defined]
    assert as_apply(node) is node


def test_lists_and_named_tuples_evaluate_to_tuples_and_mappings_to_plain_dicts() -> None:
    point = namedtuple("point", "x y")
    value = rec_eval([[1], point(1, 2), OrderedDict(b=1, a=2)])
    assert value == ((1,), (1, 2), {"a": 2, "b": 1})
    assert type(value[1]) is tuple
    assert type(value[2]) is dict
    assert list(value[2]) == ["a", "b"]


def test_keys_that_are_no_strings_come_in_ascending_order() -> None:
    assert list(rec_eval({3: "c", 1: "a", 2: "b"})) == [1, 2, 3]
    assert list(rec_eval({(2, 1): 0, (1, 2): 0})) == [(1, 2), (2, 1)]


def test_keys_of_mixed_types_are_refused_by_name() -> None:
    with pytest.raises(TypeError, match=r"orderable.*int, str"):
        as_apply({1: 0, "a": 0})


def test_an_expression_as_a_key_is_refused() -> None:
    with pytest.raises(TypeError, match="cannot be an expression"):
        as_apply({as_apply(1): 0})


def test_a_raw_argument_is_refused() -> None:
    with pytest.raises(TypeError, match="as_apply"):
        Apply("add", [1, 2], {})  # type: ignore[list-item]


def test_operators_make_nodes_on_either_side() -> None:
    x = as_apply(7.0)
    cases: list[tuple[Any, Any]] = [
        (x + 2, 9.0),
        (2 + x, 9.0),
        (x - 2, 5.0),
        (2 - x, -5.0),
        (x * 2, 14.0),
        (2 * x, 14.0),
        (x / 2, 3.5),
        (14 / x, 2.0),
        (x // 2, 3.0),
        (15 // x, 2.0),
        (x**2, 49.0),
        (2**x, 128.0),
        (-x, -7.0),
        (x < 8, True),
        (x <= 6, False),
        (x > 8, False),
        (x >= 7, True),
        (as_apply([4, 5])[1], 5),
        (as_apply({"k": 6})["k"], 6),
    ]
    for expression, value in cases:
        assert rec_eval(expression) == value


def test_numpy_scalars_leave_operators_to_the_expression() -> None:
    node = np.float64(2.0) * as_apply(3)
    assert isinstance(node, Apply)
    assert rec_eval(node) == 6.0


def test_equality_is_identity_so_that_nodes_can_be_keys() -> None:
    assert as_apply(1) != as_apply(1)
    node = as_apply(1)
    assert {node: "x"}[node] == "x"


KIND = hp.choice("kind", ["a", 1, None, ["b"]])


@pytest.mark.parametrize(
    "compare",
    [
        lambda: KIND == "a",
        lambda: "a" == KIND,  # noqa: SIM300
        lambda: KIND == 1,
        lambda: hp.randint("n", 3) == 0,
        lambda: hp.uniform("x", 0, 1) == np.float64(0.5),
        lambda: hp.uniform("x", 0, 1) * 2 == 1,
    ],
)
def test_a_comparison_with_what_an_expression_may_become_is_false_with_a_warning(
    compare: Any,
) -> None:
    with pytest.warns(SpaceWarning, match=r"== .* is False, whatever is drawn.*scope\.eq"):
        assert compare() is False


def test_an_expression_differs_from_what_it_may_become_with_a_warning() -> None:
    with pytest.warns(SpaceWarning, match=r"is False, whatever is drawn"):
        assert (KIND != "a") is True


def test_nothing_else_that_compares_warns() -> None:
    lookups: dict[Any, str] = {hash(KIND): "a number", KIND: "a node"}
    assert lookups[KIND] == "a node"
    assert "a" in [KIND, "a"]
    assert [KIND, "a"].index("a") == 1
    assert "c" not in (KIND, 1.5)
    assert {KIND, "a"} == {"a", KIND}
    assert (KIND == "c", KIND == None, KIND == ["b"], KIND == KIND) == (False, False, False, True)  # noqa: E711
    assert (as_apply("a") == "a") is False
    copied, unpickled = copy.deepcopy(KIND), pickle.loads(pickle.dumps(KIND))
    assert copied != KIND
    assert unpickled != KIND
    assert len({KIND, copied, unpickled, "a", 1}) == 5
    joblib.hash(KIND)
    cloudpickle.dumps({"a": KIND, KIND: "a"})


def test_networks_of_nodes_are_quiet() -> None:
    networkx = pytest.importorskip("networkx")
    graph = networkx.DiGraph([(node, child) for node in dfs(KIND) for child in node.inputs()])
    assert KIND in graph
    assert len(list(networkx.topological_sort(graph))) == len(dfs(KIND))


def test_a_node_of_known_length_can_be_unpacked() -> None:
    a, b = as_apply([1, 2])
    assert rec_eval([b, a]) == (2, 1)
    with pytest.raises(IndexError):
        as_apply([1, 2])[2]


def test_a_node_of_unknown_length_has_neither_length_nor_truth_nor_iteration() -> None:
    node = scope.sqrt(4.0)
    with pytest.raises(TypeError, match=r"scope\.len"):
        len(node)
    with pytest.raises(TypeError, match="truth value"):
        bool(node)
    with pytest.raises(TypeError, match="iterated"):
        list(node)
    with pytest.raises(TypeError, match=r"hp.uniform\('x', 0, 1\) has neither"):
        bool(hp.uniform("x", 0, 1))


@pytest.mark.parametrize("convert", [round, math.floor, math.ceil, math.trunc])
def test_a_node_cannot_be_rounded_and_says_what_can(convert: Any) -> None:
    with pytest.raises(TypeError, match=r"hp.uniform\('x', 0, 1\) has no value yet.*quniform"):
        convert(hp.uniform("x", 0, 1))


def test_a_list_that_holds_itself_is_refused() -> None:
    holder: list[Any] = [1]
    holder.append({"again": holder})
    with pytest.raises(RecursionError, match="a list or a dict of the space holds itself"):
        as_apply(holder)


def test_a_constant_whose_repr_raises_can_be_printed() -> None:
    class Mute:
        def __repr__(self) -> str:
            raise RuntimeError

    node = as_apply([Mute()])
    assert "Mute, whose __repr" in repr(node)
    assert "Mute, whose __" in str(node)


def test_arg_names_the_arguments_of_a_parameter() -> None:
    node = hp.quniform("x", 0, high=4, q=2)
    param = node.pos_args[0]
    assert (node.name, param.name) == ("float", "hyperopt_param")
    assert param.arg["label"].obj == "x"
    draw = param.arg["obj"]
    assert draw.name == "quniform"
    assert [draw.arg[name].obj for name in ("low", "high", "q")] == [0, 4, 2]
    assert draw.arg["rng"].obj is None


def test_arg_collects_extra_arguments_and_marks_missing_ones() -> None:
    assert len(scope.switch(0, "a", "b").arg["args"]) == 2
    assert apply("pow", 2).arg["b"] is MissingArgument
    assert set(apply("call_method", [], "m", extra=1).arg["kwargs"]) == {"extra"}
    with pytest.raises(TypeError, match="no parameters"):
        _ = apply("pow", 2, 3, 4).arg
    with pytest.raises(TypeError, match="two values"):
        _ = apply("pow", 2, 3, a=4).arg
    with pytest.raises(NotImplementedError, match="no_such"):
        _ = apply("no_such").arg


def test_inputs_can_be_replaced() -> None:
    old, new = as_apply(1), as_apply(10)
    node = Apply("dict", [], {"a": old, "b": as_apply(2), "c": old})
    assert node.replace_input(old, new) == [0, 2]
    assert rec_eval(node) == {"a": 10, "b": 2, "c": 10}
    assert old.replace_input(new, new) == []


def test_keyword_arguments_can_be_set_and_replaced() -> None:
    node = Apply("dict", [], {"b": as_apply(1)})
    node.set_kwarg("a", 2)
    node.set_kwarg("b", 3)
    assert rec_eval(node) == {"a": 2, "b": 3}
    assert [name for name, _ in node.named_args] == ["a", "b"]


def test_outsiders_may_append_to_named_args_and_change_pos_args() -> None:
    node = as_apply({"a": 1})
    node.named_args.append(("z", as_apply(2)))
    node.set_kwarg("z", 3)
    assert rec_eval(node) == {"a": 1, "z": 3}
    listed = as_apply([1, 2])
    listed.pos_args[0] = as_apply(5)
    assert rec_eval(listed) == (5, 2)


def test_a_clone_shares_constants_but_no_nodes() -> None:
    marker: list[int] = []
    shared = as_apply({"m": marker})
    original = as_apply([shared, shared, scope.len(Literal(marker))])
    copied = clone(original)
    assert not set(dfs(copied)) & set(dfs(original))
    assert copied.pos_args[0] is copied.pos_args[1]
    assert copied.pos_args[2].pos_args[0].obj is marker  # type: ignore[attr-defined]


def test_clone_replaces_what_the_memo_holds() -> None:
    x, y = as_apply(1), as_apply(2)
    assert rec_eval(clone(x + y, {x: as_apply(40)})) == 42


def test_clone_from_inputs_wants_the_same_number() -> None:
    with pytest.raises(TypeError, match="2 inputs"):
        (as_apply(1) + 2).clone_from_inputs([as_apply(1)])
    assert as_apply([1]).clone_from_inputs([as_apply(2)], o_len=7).o_len == 7


def test_clone_merge_joins_equal_pure_nodes() -> None:
    one = Literal(1)
    merged = clone_merge(as_apply([one + one, one + one, one + 1]))
    assert merged.pos_args[0] is merged.pos_args[1]
    assert merged.pos_args[0] is not merged.pos_args[2]
    merged = clone_merge(as_apply([one + one, one + 1]), merge_literals=True)
    assert merged.pos_args[0] is merged.pos_args[1]
    merged = clone_merge(as_apply([0.0, -0.0, 1, True, [], []]), merge_literals=True)
    assert len(set(merged.pos_args)) == 6


def test_dfs_lists_each_node_once_arguments_first() -> None:
    x = as_apply(1)
    root = as_apply([x + x, {"k": x}])
    order = dfs(root)
    assert len(order) == len(set(order)) == 4
    assert order[0] is x
    assert order[-1] is root
    assert toposort(root) == order


def test_dfs_continues_a_list() -> None:
    x = as_apply(1)
    seen = dfs(x)
    assert dfs(x + 2, seen) is seen
    assert seen.count(x) == 1


def test_toposort_refuses_a_cycle() -> None:
    node = as_apply([1])
    node.pos_args[0] = node
    with pytest.raises(ValueError, match="cycle"):
        toposort(node)


def test_walks_and_copies_do_not_recurse() -> None:
    node = as_apply(0)
    for _ in range(5_000):
        node = node + 1
    assert len(dfs(node)) == 10_001
    assert rec_eval(clone(node), max_program_len=20_000) == 5_000
    assert str(node).count("\n") == 10_000


def test_the_tree_numbers_lines_and_refers_back() -> None:
    shared = as_apply([1])
    text = str(as_apply({"a": shared, "b": [shared]}))
    assert text.splitlines() == [
        "0 dict",
        "1  a =",
        "2   pos_args",
        "3     Literal{1}",
        "4  b =",
        "5   pos_args",
        "6     pos_args  [line:2]",
    ]
    out = io.StringIO()
    shared.pprint(out)
    as_apply("constant").pprint(out, indent=2)
    assert out.getvalue() == "pos_args\n  Literal{1}\n  Literal{constant}\n"


@pytest.mark.parametrize(
    "text",
    [
        "hp.uniform('x', 0, 1)",
        "hp.randint('n', 10)",
        "hp.choice('c', ['a', hp.normal('z', 0, 1)])",
        "{'a': 1, 'b': [hp.lognormal('l', 0, 1), 'text']}",
        "3",
    ],
)
def test_an_expression_shows_itself_as_it_is_written(text: str) -> None:
    assert repr(as_apply(eval(text, {"hp": hp}))) == text


def test_what_is_long_or_deep_is_cut_short() -> None:
    assert repr(hp.choice("c", range(9))) == "hp.choice('c', [0, 1, 2, ...])"
    assert repr(as_apply({"a": {"b": {"c": {"d": 1}}}})) == "{'a': {'b': {'c': ...}}}"
    assert repr(hp.uniformint("n", 1, 6)) == "int(hp.quniform('n', 1, 6, q=1.0))"
    assert repr(hp.pchoice("p", [(1.0, "a")])) == "hp.pchoice('p', [(..., 'a')])"
    assert repr(hp.uniform("x", 0, 1) * 2) == "mul(hp.uniform('x', 0, 1), 2)"


def test_a_lambda_binds_its_parameters() -> None:
    x, y = p0(), apply("p1")
    minus = Lambda("minus", [("x", x), ("y", y)], x - y)
    assert rec_eval(minus(5, 3)) == 2
    assert rec_eval(minus(5, y=3)) == 2
    with pytest.raises(TypeError, match="takes 2 arguments"):
        minus(1, 2, 3)
    with pytest.raises(TypeError, match="several values"):
        minus(1, x=2)
    with pytest.raises(TypeError, match="no parameter 'z'"):
        minus(1, z=2)


@pytest.mark.parametrize("dump", [pickle.dumps, cloudpickle.dumps])
def test_expressions_pickle_with_their_sharing(dump: Any) -> None:
    x = hp.uniform("x", 0, 1)
    loaded = pickle.loads(dump({"expr": as_apply([x, scope.int(x * 10)]), "x": x.pos_args[0]}))
    assert rec_eval(loaded["expr"], memo={loaded["x"]: 0.55}) == (0.55, 5)


def test_expressions_pickle_with_joblib(tmp_path: Any) -> None:
    joblib.dump(hp.choice("c", ["a", {"b": 1}]), tmp_path / "space")
    loaded = joblib.load(tmp_path / "space")
    assert rec_eval(loaded, memo={loaded.pos_args[0]: 1}) == {"b": 1}


@pytest.mark.parametrize(
    "copied",
    [
        lambda node: pickle.loads(pickle.dumps(node)),
        lambda node: cloudpickle.loads(cloudpickle.dumps(node)),
        copy.deepcopy,
    ],
    ids=["pickle", "cloudpickle", "deepcopy"],
)
def test_deep_expressions_can_be_copied(copied: Any) -> None:
    node: Any = as_apply(0)
    for _ in range(400):
        side = as_apply([[[node]]])
        node = scope.len(side) + node
    value = copied(node)
    assert rec_eval(value) == 400
    assert len(dfs(value)) == len(dfs(node))
    assert not hasattr(value, "_pickled_first")


def test_pickles_name_the_module_of_upstream() -> None:
    data = pickle.dumps(as_apply([1]), protocol=0)
    assert b"hyperopt.pyll.base\nApply" in data
    assert b"hyperopt.pyll.base\nLiteral" in data


def defined_locally(result: float) -> Any:
    def brought_along() -> float:
        return result

    return scope.define(brought_along)


def test_a_definition_of_this_process_wins_over_a_pickled_one() -> None:
    old = cloudpickle.dumps(as_apply([defined_locally(1.0), scope.brought_along()]))
    scope.undefine("brought_along")
    try:
        assert rec_eval(pickle.loads(old))[1] == 1.0
        defined_locally(2.0)
        assert rec_eval(pickle.loads(old))[1] == 2.0
    finally:
        scope.undefine("brought_along")


def test_the_newest_of_several_pickled_definitions_wins() -> None:
    defined_locally(1.0)
    old = cloudpickle.dumps(scope.brought_along())
    defined_locally(2.0)
    new = cloudpickle.dumps(scope.brought_along())
    scope.undefine("brought_along")
    try:
        assert rec_eval(pickle.loads(old)) == 1.0
        assert rec_eval(pickle.loads(new)) == 2.0
    finally:
        scope.undefine("brought_along")


def test_the_symbol_table_is_pickled_by_reference() -> None:
    assert pickle.loads(cloudpickle.dumps(scope)) is scope
