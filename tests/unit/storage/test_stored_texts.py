"""The texts of documents: the core reads and writes them as Python does."""

from __future__ import annotations

import json
from typing import Any

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from hyperopt._native import read_stored, write_stored
from hyperopt.storage.sql.codec import to_text
from hyperopt.storage.sql.documents import (
    document_of,
    documents_of,
    read_text,
    row_of,
    write_text,
)

from .test_sql_codec import document, same

_numbers = st.one_of(st.floats(allow_nan=False, allow_infinity=False), st.integers(-(2**70), 2**70))
_plain = st.recursive(
    st.one_of(st.none(), st.booleans(), _numbers, st.text(max_size=40), st.floats(),
              st.floats().map(np.float64), st.integers(-9, 9).map(np.int64), st.binary()),
    lambda inner: st.one_of(
        st.lists(inner), st.lists(inner).map(tuple), st.dictionaries(st.text(max_size=5), inner)
    ),
    max_leaves=12,
)  # fmt: skip
_params = st.dictionaries(
    st.text(max_size=5).filter(lambda label: not label.startswith("$")),
    st.one_of(st.none(), _numbers.filter(lambda n: isinstance(n, float) or abs(n) < 2**63)),
)


def compare(text: str, tid: int) -> bool:
    """Whether the core reads a text; if so, as Python does."""
    (parts,) = read_stored([text], [tid])
    if parts is not None:
        expected = read_text(text, tid)
        assert all(map(same, parts, expected)), (parts, expected)
    return parts is not None


@given(_params, _plain, st.integers(-5, 2**62))
def test_a_text_is_read_as_python_reads_it(params: Any, result: Any, tid: int) -> None:
    text = f'{{"v":{json.dumps(params, separators=(",", ":"))},"result":{to_text(result)}}}'
    compare(text, tid)


@given(st.text("0123456789-+.eE", min_size=1, max_size=12))
def test_numbers_are_those_of_json(digits: str) -> None:
    text = f'{{"v":{{}},"result":{digits}}}'
    try:
        json.loads(text)
    except ValueError:
        assert read_stored([text], [0]) == [None]
    else:
        compare(text, 0)


@pytest.mark.parametrize(
    "doc",
    [
        document(),
        document(result={"status": "ok", "loss": np.float64(0.1), "n": np.int64(-3), "e": [{}]}),
        document(result={"status": "ok", "loss": -0.0, "long": "x" * 99, "ready": [True, False]}),
        document(result={"status": "ok", "loss": 5e-324, "large": 1.7976931348623157e308}),
    ],
)
def test_what_is_usual_is_left_to_the_core(doc: dict[str, Any]) -> None:
    assert compare(row_of(doc).doc, 3)


@pytest.mark.parametrize(
    "text",
    [
        "", "{", "null", '{"v":{}', '{"v":{}}x', '{"v":{"x":true}}', '{"v":{"x":[1]}}',
        '{"v":{"x":9223372036854775808}}', '{"v":{},"a":9223372036854775808}',
        '{"v":{},"a":"\\u00e9"}', '{"v":{},"a":{"$t":[1]}}', '{"v":{},"a":{"b":1,"$t":[1]}}',
        '{"v":{},"a":{"$n":["float32",1.0]}}', '{"v":{},"a":{"$n":["float64",1]}}',
        '{"v":{},"a":{"$n":["int64",1.0]}}', '{"v":{"$f":1.0}}', '{"v":{},"a":[1,]}',
        '{"v":{},"a":' + "[" * 90 + "]" * 90 + "}", '{"v":{},"a":01}', '{"v":{},"a":1.}',
        '{"idxs":{},"vals":{}}', '{"v":{},"a":"\x01"}', '{"v":{},"a":nul}', '{"v":{}, "a":1}',
    ],
)  # fmt: skip
def test_what_is_out_of_the_ordinary_is_left_to_python(text: str) -> None:
    assert read_stored([text], [0]) == [None]


def test_documents_read_together_are_those_read_one_by_one() -> None:
    docs = [document(), document(result={"status": "ok", "loss": float("nan")}), document(tid=9)]
    rows = [row_of(doc) for doc in docs]
    together = documents_of(rows)
    assert all(map(same, together, map(document_of, rows)))
    together[0]["misc"]["vals"]["x"][0] = 1.0  # They share nothing that can be changed.
    together[0]["misc"]["idxs"]["x"].append(1)
    assert same(together[1]["misc"], documents_of(rows)[1]["misc"])


def test_what_surrounds_a_documents_text_is_not_shared() -> None:
    first, second = documents_of([row_of(document()), row_of(document())])
    first["misc"]["cmd"] = first["misc"]["workdir"] = first["version"] = "changed"
    assert same(second, document_of(row_of(document())))


_values = st.one_of(
    st.none(), st.floats().map(np.float64), st.integers(-(2**63), 2**63 - 1).map(np.int64),
    st.floats(), st.integers(), st.booleans(), st.floats(width=32).map(np.float32),
)  # fmt: skip
_labels = st.one_of(st.text(max_size=5), st.sampled_from(["x", "a b", "$f", 'q"', "\\", "\x7f"]))
_results = st.one_of(
    _plain, st.dictionaries(st.sampled_from(["loss", "status", "x"]), st.one_of(_values, _plain))
)


def written(doc: dict[str, Any]) -> str | None:
    """What the core makes of a document; if it writes it, as Python does."""
    misc = doc["misc"]
    text = write_stored(misc["idxs"], misc["vals"], doc["tid"], doc["result"])
    if text is not None:
        assert text == write_text(doc, {"result": doc["result"]})
    return text


@given(st.dictionaries(_labels, _values), _results, st.integers(-5, 2**62))
def test_a_text_is_written_as_python_writes_it(params: Any, result: Any, tid: int) -> None:
    doc = document(tid=tid, result=result)
    active = {label: [] if value is None else [tid] for label, value in params.items()}
    values = {label: [] if value is None else [value] for label, value in params.items()}
    doc["misc"].update(idxs=active, vals=values)
    written(doc)


@given(st.floats(allow_nan=False, allow_infinity=False))
def test_numbers_are_written_in_the_fewest_digits(number: float) -> None:
    doc = document(result={"status": "ok", "loss": number})
    text = written(doc)
    assert text is not None
    assert text.endswith(f'"loss":{number!r}}}}}')


@pytest.mark.parametrize(
    ("idxs", "vals"),
    [
        ({"x": [3]}, {"y": [np.float64(1)]}),
        ({"x": [3], "y": [3]}, {"x": [np.float64(1)]}),
        ({"x": [3]}, {"x": []}),
        ({"x": []}, {"x": [np.float64(1)]}),
        ({"x": [4]}, {"x": [np.float64(1)]}),
        ({"x": [True]}, {"x": [np.float64(1)]}),
        ({"x": [3]}, {"x": [np.float64(1), np.float64(2)]}),
        ({"x": (3,)}, {"x": [np.float64(1)]}),
        ({"x": [3]}, {"x": (np.float64(1),)}),
        ({"x": [3]}, {"x": [1.0]}),
        ({"x": [3]}, {"x": [np.float64("nan")]}),
        ({"$x": [3]}, {"$x": [np.float64(1)]}),
        ([], {}),
        ({}, None),
    ],
)
def test_odd_parameters_are_left_to_python(idxs: Any, vals: Any) -> None:
    assert write_stored(idxs, vals, 3, {"status": "ok"}) is None


@pytest.mark.parametrize(
    "result",
    [
        None, [], {"loss": True}, {"loss": "1.5"}, {"loss": [1.5]}, {"loss": np.float32(1)},
        {"a": float("inf")}, {"a": 2**63}, {"a": "\u00e9"}, {"a": "line\n"}, {"a": (1,)}, {1: 2},
        {"$a": 1}, {"a": {"$f": 1}}, {"a": b""}, {"a": np.zeros(2)}, {"a": "\ud800"},
    ],
)  # fmt: skip
def test_odd_results_are_left_to_python(result: Any) -> None:
    assert write_stored({}, {}, 3, result) is None


def test_a_document_with_more_in_it_is_written_by_python() -> None:
    usual = document()
    assert json.loads(row_of(usual).doc).keys() == {"v", "result"}
    odd = [
        {**usual, "misc": {**usual["misc"], "workdir": "here"}},
        {**usual, "misc": {**usual["misc"], "from_tid": 1}},
        {**usual, "spec": 1},
        {**usual, "version": 1},
        {**usual, "more": 1},
        {**usual, "book_time": "yesterday"},
    ]
    for doc in odd:
        assert document_of(row_of(doc)) == doc
        assert len(json.loads(row_of(doc).doc)) == 3
