"""Documents as typed JSON: nothing changes on the way, and nothing is unpickled by reading."""

from __future__ import annotations

import datetime
import decimal
import json
import pickle
import uuid
from typing import Any

import numpy as np
import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from hyperopt.storage.sql.codec import Opaque, from_text, to_text
from hyperopt.storage.sql.documents import document_of, row_of

_scalars = st.one_of(
    st.none(), st.booleans(), st.integers(), st.floats(), st.text(), st.binary(),
    st.datetimes(), st.dates(), st.timedeltas(), st.uuids(), st.complex_numbers(),
    st.decimals(), st.floats(width=32).map(np.float32), st.floats().map(np.float64),
    st.integers(-(2**63), 2**63 - 1).map(np.int64), st.booleans().map(np.bool_),
)  # fmt: skip
_keys = st.one_of(st.text(), st.integers(), st.sampled_from(["$t", "$d", "$p", "$n"]))
_values = st.recursive(
    _scalars,
    lambda inner: st.one_of(
        st.lists(inner), st.lists(inner).map(tuple), st.dictionaries(_keys, inner)
    ),
    max_leaves=20,
)


def same(a: Any, b: Any) -> bool:
    if type(a) is not type(b):
        return False
    if isinstance(a, dict):
        return list(a) == list(b) and all(same(a[key], b[key]) for key in a)
    if isinstance(a, (list, tuple)):
        return len(a) == len(b) and all(map(same, a, b))
    return repr(a) == repr(b)


@example(datetime.datetime(2024, 10, 27, 2, 30, fold=1))  # the second time that night
@given(_values)
def test_every_plain_value_comes_back_as_it_was(value: Any) -> None:
    assert same(from_text(to_text(value)), value)


@pytest.mark.parametrize(
    "array",
    [
        np.arange(6.0).reshape(2, 3),
        np.array([], dtype=np.int8),
        np.array(5),
        np.array(["a", "bc"]),
        np.array([1, 2], dtype=">i4"),
        np.array([True, False]),
        np.array(["2020-01-01"], dtype="datetime64[D]"),
        np.zeros(2, dtype=[("a", "f4"), ("b", "i8", (2,))]),
        np.asfortranarray(np.arange(6).reshape(2, 3)),
    ],
)
def test_arrays_come_back_with_their_type_and_shape(array: np.ndarray[Any, Any]) -> None:
    back = from_text(to_text(array))
    assert back.dtype == array.dtype
    assert np.array_equal(back, array)
    back[...] = back[...]  # It can be written.


def test_the_text_is_strict_json_without_nan() -> None:
    text = to_text({"a": float("nan"), "b": [float("inf"), np.float32("nan")]})
    json.loads(text, parse_constant=lambda name: pytest.fail(name))


class Bomb:
    """Runs code when it is unpickled."""

    def __reduce__(self) -> Any:
        return pytest.fail, ("a pickle was loaded",)


class Unfriendly:
    def __repr__(self) -> str:
        raise RuntimeError("no")

    def __reduce__(self) -> Any:
        raise RuntimeError("no")


def test_objects_are_kept_but_not_unpickled() -> None:
    back = from_text(to_text({"model": Bomb(), "loss": 1.0}))
    assert back["loss"] == 1.0
    assert isinstance(back["model"], Opaque)
    assert "Bomb" in repr(back["model"])
    with pytest.raises(pytest.fail.Exception):
        back["model"].load()


def test_an_object_loads_when_asked_to() -> None:
    value = {1, 2}
    back = from_text(to_text({"f": np.linalg.norm, "s": frozenset(value), "o": uuid}))
    assert back["f"].load() is np.linalg.norm
    assert back["s"] == value


def test_what_can_neither_be_pickled_nor_shown_loses_nothing_else() -> None:
    back = from_text(to_text([1, Unfriendly(), {"x": 2}]))
    assert back[0] == 1
    assert back[2] == {"x": 2}
    with pytest.raises(ValueError, match="could not be pickled"):
        back[1].load()


def test_a_value_that_contains_itself_is_kept_as_an_object() -> None:
    knot: list[Any] = []
    knot.append(knot)
    assert isinstance(from_text(to_text(knot)), Opaque)


def test_an_opaque_value_survives_a_second_writing() -> None:
    once = from_text(to_text(Bomb))
    assert from_text(to_text(once)) == once


def test_arrays_of_objects_are_never_unpickled() -> None:
    back = from_text(to_text(np.array([Bomb()], dtype=object)))
    assert isinstance(back, Opaque)
    forged = json.dumps({"$a": ["|O", [1], ""]})
    with pytest.raises(ValueError, match="objects"):
        from_text(forged)


def document(**changes: Any) -> dict[str, Any]:
    doc = {
        "state": 2,
        "tid": 3,
        "spec": None,
        "result": {"status": "ok", "loss": 0.1},
        "misc": {
            "tid": 3,
            "cmd": ("domain_attachment", "FMinIter_Domain"),
            "workdir": None,
            "idxs": {"x": [3], "n": [3], "off": []},
            "vals": {"x": [np.float64(0.1)], "n": [np.int64(4)], "off": []},
        },
        "exp_key": None,
        "owner": None,
        "version": 0,
        "book_time": datetime.datetime(2024, 5, 6, 7, 8, 9, 123000),
        "refresh_time": None,
    }
    doc.update(changes)
    return doc


def _misc(**changes: Any) -> dict[str, Any]:
    return {**document()["misc"], **changes}


@pytest.mark.parametrize(
    "doc",
    [
        document(),
        document(owner=("host", 12), exp_key="run-1", version=4, spec={"a": (1, 2)}),
        document(result={"status": "fail"}, state=3, note="mine"),
        document(misc=_misc(error=("<class 'ValueError'>", "no"), from_tid=1)),
        document(misc=_misc(vals={"x": [0.1], "n": [4], "off": []})),
        document(misc=_misc(vals={"x": [np.float64("nan")], "n": [np.int64(4)], "off": []})),
        document(misc=_misc(idxs={"x": [1], "n": [3], "off": []})),
        document(misc=_misc(cmd=None, workdir="/somewhere")),
        document(misc={k: v for k, v in _misc().items() if k != "workdir"}),
        document(misc=_misc(idxs={}, vals={})),
        document(book_time=datetime.datetime(2024, 5, 6, 7, 8, 9, 123456)),
        document(refresh_time=datetime.datetime(2024, 1, 1, tzinfo=datetime.timezone.utc)),
        document(book_time=12.5),
        document(result={"status": "ok", "loss": np.float32(0.5), "extra": np.arange(3).tolist()}),
    ],
)
def test_documents_come_back_as_they_were(doc: dict[str, Any]) -> None:
    before = pickle.dumps(doc)
    back = document_of(row_of(doc))
    assert same({k: back[k] for k in doc}, doc)
    assert set(back) == set(doc)
    assert pickle.dumps(doc) == before


class Tensor:
    """A number of another library."""

    def __float__(self) -> float:
        return 2.5


def test_a_loss_of_a_foreign_class_is_a_number_for_others() -> None:
    row = row_of(document(result={"status": "ok", "loss": Tensor(), "other": Tensor()}))
    result = document_of(row)["result"]
    assert result["loss"] == row.loss == 2.5
    assert isinstance(result["other"], Opaque)


@pytest.mark.parametrize(
    ("result", "state", "loss"),
    [
        ({"status": "ok", "loss": 1}, 2, 1.0),
        ({"status": "ok", "loss": float("nan")}, 2, None),
        ({"status": "ok", "loss": float("inf")}, 2, None),
        ({"status": "fail", "loss": 1.0}, 2, None),
        ({"status": "ok", "loss": 1.0}, 1, None),
        ({"status": "new"}, 0, None),
        ("odd", 2, None),
    ],
)
def test_the_column_of_losses_holds_what_can_be_compared(
    result: Any, state: int, loss: float | None
) -> None:
    assert row_of(document(result=result, state=state)).loss == loss


def test_decimal_and_uuid_keep_their_digits() -> None:
    value = [decimal.Decimal("0.10"), uuid.UUID(int=7)]
    assert repr(from_text(to_text(value))) == repr(value)
