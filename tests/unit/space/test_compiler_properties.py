"""Properties of the space compiler on random spaces; `rec_eval` is the naive twin."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

import numpy as np
from hypothesis import given
from hypothesis import strategies as st

from hyperopt import hp
from hyperopt.pyll import Apply, as_apply, rec_eval, scope
from hyperopt.pyll.stochastic import sample
from hyperopt.pyll_utils import expr_to_config
from hyperopt.space import compile_space

LEAVES = st.one_of(
    st.tuples(st.just("constant"), st.sampled_from([0, 1.5, "text", None, True])),
    st.tuples(
        st.just("parameter"),
        st.sampled_from(["uniform", "uniformint", "randint", "lognormal", "quniform"]),
    ),
    st.tuples(st.just("shared"), st.integers(0, 100)),
)


def _branches(children: st.SearchStrategy[Any]) -> st.SearchStrategy[Any]:
    several = st.lists(children, min_size=1, max_size=3)
    return st.one_of(
        st.tuples(st.just("list"), several),
        st.tuples(st.just("dict"), several),
        st.tuples(st.just("choice"), several),
        st.tuples(st.just("pchoice"), several),
        st.tuples(st.just("shifted"), several),
        st.tuples(st.just("computed"), several),
        st.tuples(st.just("repeated"), children),
    )


DESCRIPTIONS = st.recursive(LEAVES, _branches, max_leaves=12)


class Builder:
    """Makes a space of a description; labels are numbered, and earlier nodes are used again."""

    def __init__(self) -> None:
        self.labels: dict[str, Any] = {}
        self.built: list[Any] = [0]

    def label(self, values: Any) -> str:
        name = f"p{len(self.labels)}"
        self.labels[name] = values
        return name

    def build(self, description: Any) -> Any:
        kind, detail = description
        node = getattr(self, kind)(detail)
        self.built.append(node)
        return node

    def space(self, description: Any) -> Apply:
        # In a list, since a bare None is no space.
        return as_apply([self.build(description)])

    def constant(self, value: Any) -> Any:
        return value

    def shared(self, number: int) -> Any:
        return self.built[number % len(self.built)]

    def parameter(self, family: str) -> Apply:
        arguments = {"randint": (4,), "quniform": (0, 4, 2)}.get(family, (0, 4))
        values = range(4) if family == "randint" else [0.0, 1.0, 2.0]
        return getattr(hp, family)(self.label(values), *arguments)

    def list(self, parts: Any) -> Any:
        return [self.build(part) for part in parts]

    def dict(self, parts: Any) -> Any:
        return {f"k{i}": self.build(part) for i, part in reversed(list(enumerate(parts)))}

    def choice(self, parts: Any) -> Apply:
        return hp.choice(self.label(range(len(parts))), self.list(parts))

    def pchoice(self, parts: Any) -> Apply:
        label = self.label(range(len(parts)))
        return hp.pchoice(label, [(1 / len(parts), option) for option in self.list(parts)])

    def shifted(self, parts: Any) -> Apply:
        label = self.label(range(2, 2 + len(parts)))
        return scope.switch(hp.randint(label, 2, 2 + len(parts)) - 2, *self.list(parts))

    def computed(self, parts: Any) -> Apply:
        label = self.label(range(2 * len(parts)))
        index = scope.int(hp.randint(label, 2 * len(parts)) // 2)
        return scope.switch(index, *self.list(parts))

    def repeated(self, part: Any) -> Any:
        node = as_apply(self.build(part))
        return [node, {"again": node}]


class Recorder(Mapping[str, Any]):
    """Values that note which of them were asked for."""

    def __init__(self, values: dict[str, Any]) -> None:
        self.values_ = values
        self.touched: set[str] = set()

    def __getitem__(self, label: str) -> Any:
        self.touched.add(label)
        return self.values_[label]

    def __iter__(self) -> Iterator[str]:
        return iter(self.values_)

    def __len__(self) -> int:
        return len(self.values_)


def draw_values(data: st.DataObject, labels: dict[str, Any]) -> dict[str, Any]:
    seed = data.draw(st.integers(0, 2**32 - 1))
    rng = np.random.default_rng(seed)
    return {label: values[rng.integers(len(values))] for label, values in labels.items()}


@given(DESCRIPTIONS, st.data())
def test_evaluation_agrees_with_rec_eval(description: Any, data: st.DataObject) -> None:
    builder = Builder()
    expression = builder.space(description)
    space = compile_space(expression)
    for _ in range(3):
        vals = draw_values(data, builder.labels)
        memo = {node: vals[label] for label, node in space.nodes.items()}
        assert repr(space.evaluate(vals)) == repr(rec_eval(expression, memo=memo))


@given(DESCRIPTIONS, st.data())
def test_active_labels_are_those_that_evaluation_touches(
    description: Any, data: st.DataObject
) -> None:
    builder = Builder()
    space = compile_space(builder.space(description))
    assert set(space.labels) == set(builder.labels) & set(space.labels)
    for _ in range(3):
        vals = draw_values(data, builder.labels)
        recorder = Recorder(vals)
        space.evaluate(recorder)
        active = space.active(vals)
        assert active == recorder.touched
        for parameter in space.parameters:
            if parameter.conditions is not None:
                met = any(
                    all(label in active and vals[label] == value for label, value in conjunction)
                    for conjunction in parameter.conditions
                )
                assert met == (parameter.label in active)


@given(DESCRIPTIONS)
def test_conjunctions_do_not_imply_each_other(description: Any) -> None:
    for parameter in compile_space(Builder().space(description)).parameters:
        sets = [frozenset(conjunction) for conjunction in parameter.conditions or ()]
        assert len(set(sets)) == len(sets)
        assert not any(a < b for a in sets for b in sets)


@given(DESCRIPTIONS, st.data())
def test_the_listed_conditions_hold_where_the_parameter_is_active(
    description: Any, data: st.DataObject
) -> None:
    builder = Builder()
    space = compile_space(builder.space(description))
    if space.has_dynamic_activity:
        return
    listed: dict[str, Any] = {}
    expr_to_config(space.expression, (), listed)
    assert set(listed) == set(space.labels)
    for _ in range(5):
        vals = draw_values(data, builder.labels)
        active = space.active(vals)
        for label, entry in listed.items():
            met = any(
                all(cond.name in active and cond(vals[cond.name]) for cond in conjunction)
                for conjunction in entry["conditions"]
            )
            assert met == (label in active)


@given(DESCRIPTIONS, st.integers(0, 2**32 - 1))
def test_every_space_can_be_sampled(description: Any, seed: int) -> None:
    expression = Builder().space(description)
    sample(expression, np.random.default_rng(seed))
