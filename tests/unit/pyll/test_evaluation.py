"""Evaluation of expression graphs by rec_eval, and the table of functions behind it."""

from __future__ import annotations

import sys
from typing import TYPE_CHECKING, Any

import numpy as np
import pytest

from hyperopt.pyll import Literal, as_apply, rec_eval, scope
from hyperopt.pyll.base import (
    GarbageCollected,
    PyllImportError,
    SymbolTable,
    apply,
    call_method,
    partial,
)

if TYPE_CHECKING:
    from collections.abc import Iterator


@pytest.fixture
def calls() -> Iterator[list[Any]]:
    """Log of a scope function `logged` that returns its argument."""
    log: list[Any] = []

    def logged(x: Any) -> Any:
        log.append(x)
        return x

    scope.define(logged)
    yield log
    scope.undefine("logged")


def test_a_switch_evaluates_only_its_branch(calls: list[Any]) -> None:
    expression = scope.switch(scope.logged(1), scope.logged("a"), scope.logged("b"))
    assert rec_eval(expression) == "b"
    assert calls == [1, "b"]


def test_a_node_is_evaluated_once(calls: list[Any]) -> None:
    node = scope.logged([1])
    first, second = rec_eval([node, {"k": node}])
    assert calls == [(1,)]
    assert second["k"] is first


def test_arguments_are_evaluated_from_left_to_right(calls: list[Any]) -> None:
    rec_eval({"b": scope.logged(2), "a": [scope.logged(0), scope.logged(1)]})
    assert calls == [0, 1, 2]


def test_the_memo_is_honoured_and_left_alone(calls: list[Any]) -> None:
    node = scope.logged(1)
    memo = {node: 5}
    assert rec_eval(node + 1, memo=memo) == 6
    assert rec_eval(node, memo=memo) == 5
    assert node.eval(memo) == 5
    assert calls == []
    assert memo == {node: 5}


def test_a_literal_in_the_memo_is_replaced() -> None:
    literal = Literal("placeholder")
    assert rec_eval([literal], memo={literal: 3}) == (3,)
    assert literal.eval() == "placeholder"
    assert literal.eval({literal: 3}) == 3


@pytest.mark.parametrize("memo_gc", [True, False])
def test_shared_values_survive_until_their_last_use(memo_gc: bool) -> None:
    node = as_apply([1])
    for _ in range(30):
        node = as_apply([node, node])
    value = rec_eval(node, memo_gc=memo_gc)
    for _ in range(30):
        assert value[0] is value[1]
        value = value[0]


def test_values_are_released_when_no_node_needs_them() -> None:
    alive: list[int] = []

    class Big:
        def __init__(self) -> None:
            alive.append(1)

        def __del__(self) -> None:
            alive.pop()

    expression = as_apply(
        [scope.call(lambda big: 0, [scope.call(Big)]), scope.call(lambda: len(alive))]
    )
    assert rec_eval(expression) == (0, 0)
    assert rec_eval(expression, memo_gc=False) == (0, 1)


def test_functions_get_copies_when_asked() -> None:
    def grow(items: list[int]) -> list[int]:
        items.append(1)
        return items

    mine: list[int] = []
    assert rec_eval(scope.call(grow, [Literal(mine)]), deepcopy_inputs=True) == [1]
    assert mine == []
    rec_eval(scope.call(grow, [Literal(mine)]))
    assert mine == [1]


def test_deep_expressions_do_not_meet_the_recursion_limit() -> None:
    depth = 3 * sys.getrecursionlimit()
    node = as_apply(0)
    for _ in range(depth):
        node = scope.switch(0, node + 1)
    assert rec_eval(node) == depth


def test_a_cycle_is_an_error() -> None:
    node = as_apply([1])
    node.pos_args[0] = node
    with pytest.raises(RuntimeError, match="cycle"):
        rec_eval(node)


def test_max_program_len_bounds_the_work() -> None:
    node = as_apply(0)
    for _ in range(100):
        node = -node
    with pytest.raises(RuntimeError, match="50 nodes"):
        rec_eval(node, max_program_len=50)
    assert rec_eval(node, max_program_len=200) == 0


def test_a_users_exception_passes_through_and_names_the_node() -> None:
    class OwnError(Exception):
        pass

    error = OwnError("mine")

    def fail(x: float) -> None:
        raise error

    with pytest.raises(OwnError) as caught:
        rec_eval([scope.call(fail, [1.5])])
    assert caught.value is error
    assert caught.value.args == ("mine",)
    if sys.version_info >= (3, 11):
        assert any("call(" in note for note in caught.value.__notes__)
    with pytest.raises(ZeroDivisionError) as silent:
        rec_eval(as_apply(1) / 0, print_node_on_error=False)
    assert not getattr(silent.value, "__notes__", [])


def test_an_unknown_function_is_named() -> None:
    with pytest.raises(NotImplementedError, match="no_such_function"):
        rec_eval(apply("no_such_function", 1))


@pytest.mark.parametrize("index", [True, np.int64(1), np.array(1), np.array([1]), 1])
def test_a_switch_takes_integers_of_every_kind(index: Any) -> None:
    assert rec_eval(scope.switch(Literal(index), "a", "b")) == "b"


@pytest.mark.parametrize(
    ("index", "error", "message"),
    [
        (1.0, TypeError, r"1\.0 \(float\)"),
        ([0], TypeError, r"\[0\]"),
        ("0", TypeError, "'0'"),
        (np.array([0.0]), TypeError, "float"),
        (np.array([0, 1]), TypeError, "ndarray"),
        (None, TypeError, "None"),
        (-1, ValueError, "-1"),
        (2, IndexError, "2 options"),
    ],
)
def test_a_switch_refuses_other_indices(index: Any, error: type, message: str) -> None:
    with pytest.raises(error, match=message):
        rec_eval(scope.switch(Literal(index), "a", "b"))


def test_a_collected_value_is_a_type_error_with_that_word() -> None:
    index, value = as_apply(0), as_apply(1)
    with pytest.raises(TypeError, match="GarbageCollected"):
        rec_eval(scope.switch(index, "a"), memo={index: GarbageCollected})
    with pytest.raises(TypeError, match=r"float\(1\).*GarbageCollected"):
        rec_eval(scope.float(value), memo={value: GarbageCollected})
    with pytest.raises(TypeError, match="GarbageCollected"):
        rec_eval({"a": value}, memo={value: GarbageCollected})


def test_an_inactive_value_may_be_collected() -> None:
    value = as_apply(1)
    assert rec_eval(scope.switch(1, value, "b"), memo={value: GarbageCollected}) == "b"


def test_a_function_may_answer_with_an_expression() -> None:
    assert rec_eval(scope.call(lambda x: as_apply(x) + 1, [1])) == 2
    assert rec_eval(scope.call(partial("sub", 10), [3])) == 7
    assert rec_eval(scope.partial(scope.pow, 2)(3)) == 8


def test_the_value_of_a_node_can_be_called() -> None:
    assert rec_eval(as_apply({"f": max})["f"](3, scope.int("5"), 4)) == 5
    assert rec_eval(as_apply(dict)(a=1)) == {"a": 1}
    assert rec_eval(scope.callpipe1([scope.partial("add", 2), abs], -5)) == 3


def test_print_trace_prints_each_call(capsys: pytest.CaptureFixture[str]) -> None:
    rec_eval(scope.sqrt(as_apply(4.0) * 4), print_trace=True)
    assert capsys.readouterr().out.splitlines() == [
        "rec_eval: mul(4.0, 4)",
        "rec_eval: sqrt(mul(4.0, 4))",
    ]


def test_the_functions_of_scope_do_what_they_say() -> None:
    cases: list[tuple[Any, Any]] = [
        (scope.int(-2.9), -2),
        (scope.float("0.5"), 0.5),
        (scope.len([1, 2]), 2),
        (scope.list((1, 2)), [1, 2]),
        (scope.dict(a=1), {"a": 1}),
        (scope.range(3), range(3)),
        (scope.max(1, 2), 2),
        (scope.min(1, 2), 1),
        (scope.getattr(1 + 2j, "imag"), 2.0),
        (scope.map(Literal(abs), [-1, 2]), [1, 2]),
        (scope.exp(0.0), 1.0),
        (scope.log(1.0), 0.0),
        (scope.sin(0.0), 0.0),
        (scope.cos(0.0), 1.0),
        (scope.tan(0.0), 0.0),
        (scope.sqrt(9.0), 3.0),
        (scope.pow(2, 5), 32),
        (scope.minimum(1, 2), 1),
        (scope.maximum(1, 2), 2),
        (scope.sum([1, 2, 3]), 6),
        (scope.eq(1, 1), True),
        (scope.identity("x"), "x"),
        (scope.repeat(2, "x"), ["x", "x"]),
        (scope.str_join("-", ["a", "b"]), "a-b"),
        (scope.call_method("text", "upper"), "TEXT"),
        (scope.call_method_pure("a b", "split"), ["a", "b"]),
        (scope.copy_call_method_pure(Literal([3, 1]), "index", 1), 1),
        (scope.callpipe1([abs, str], -3), "3"),
    ]
    for expression, value in cases:
        assert rec_eval(expression) == value
    arrays: list[tuple[Any, list[int]]] = [
        (scope.array_union([3, 1], [1]), [1, 3]),
        (scope.array_union1([[2], [2]]), [2]),
        (scope.asarray([1, 2]), [1, 2]),
        (scope.bincount([1, 1, 3], offset=1, minlength=4), [2, 0, 1, 0]),
        (scope.bincount([0], p=[0.5, 0.5]), [1, 0]),
    ]
    for expression, elements in arrays:
        assert rec_eval(expression).tolist() == elements
    assert isinstance(rec_eval(scope.curtime(0)), float)
    with pytest.raises(LookupError, match="asked for"):
        rec_eval(scope.Raise(LookupError, "asked for"))
    with pytest.raises(AttributeError):
        call_method(1, "no_such_method")


def test_a_function_can_be_defined_used_and_undefined() -> None:
    @scope.define_info(o_len=2)
    def both(x: int) -> tuple[int, int]:
        return x, -x

    a, b = scope.both(3)
    assert rec_eval([b, a]) == (-3, 3)
    scope.undefine(both)
    with pytest.raises(AttributeError, match=r"scope\.define"):
        _ = scope.both
    with pytest.raises(ValueError, match="no symbol"):
        scope.undefine("both")


def test_a_taken_name_is_refused_but_the_same_definition_may_run_again() -> None:
    def make(value: int) -> Any:
        def run_again() -> int:
            return value

        return run_again

    def sqrt(x: float) -> float:
        return x

    with pytest.raises(ValueError, match="sqrt"):
        scope.define(sqrt)
    scope.define(make(1))
    scope.define(make(2))
    assert rec_eval(scope.run_again()) == 2

    def run_again() -> int:
        return 3

    with pytest.raises(ValueError, match="undefine"):
        scope.define(run_again)
    scope.define_if_new(run_again)
    assert rec_eval(scope.run_again()) == 2
    scope.undefine("run_again")


def test_symbols_can_be_imported_into_a_namespace() -> None:
    namespace: dict[str, Any] = {}
    scope.import_(namespace, "exp", "sqrt", ln="log")
    assert sorted(namespace) == ["exp", "ln", "sqrt"]
    assert rec_eval(namespace["ln"](1.0)) == 0.0
    scope.import_(namespace, "exp")
    with pytest.raises(PyllImportError, match="no_such"):
        scope.import_(namespace, "no_such")
    with pytest.raises(PyllImportError, match="already defined"):
        scope.import_({"exp": 1}, "exp")


def test_functions_can_be_injected_under_other_names() -> None:
    table = SymbolTable()

    def own() -> int:
        return 1

    assert table.inject() is None
    entry = table.inject(own)
    assert repr(entry) == "<scope.own>"
    assert len(table.inject(a=own, b=own)) == 2
    with pytest.raises(ValueError, match="own"):
        table.inject(own)
