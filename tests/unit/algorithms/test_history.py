"""What the native code writes into documents."""

from __future__ import annotations

import gc
import pickle

import pytest

from hyperopt import hp, rand, tpe
from hyperopt.base import Domain, Trials
from hyperopt.storage.documents import Document

SPACE = {
    "x": hp.uniform("x", 0, 1),
    "kind": hp.choice("kind", [{"n": hp.randint("n", 9)}, "none"]),
}


@pytest.fixture(params=[rand, tpe])
def document(request: pytest.FixtureRequest) -> Document:
    domain = Domain(lambda point: 0.0, SPACE)
    (doc,) = request.param.suggest([7], domain, Trials(), 3)
    return doc


def test_every_parameter_has_an_entry_in_the_order_of_the_labels(document: Document) -> None:
    for entries in (document["misc"]["idxs"], document["misc"]["vals"]):
        assert list(entries) == ["kind", "n", "x"]


def test_no_two_entries_are_the_same_list(document: Document) -> None:
    misc = document["misc"]
    lists = [*misc["idxs"].values(), *misc["vals"].values()]
    assert len({id(one) for one in lists}) == 6


def test_the_garbage_collector_is_spared_lists_of_numbers(document: Document) -> None:
    misc = document["misc"]
    lists = [*misc["idxs"].values(), *misc["vals"].values()]
    assert not any(gc.is_tracked(container) for container in [*lists, misc["idxs"], misc["vals"]])


def test_untracked_entries_behave_like_any_other(document: Document) -> None:
    vals = document["misc"]["vals"]
    assert pickle.loads(pickle.dumps(vals)) == vals
    vals["x"].append(0.5)
    vals["x"].pop()
    vals["y"] = [vals]  # a cycle through the dict, which is thereby tracked again
    assert gc.is_tracked(vals)
    assert gc.collect() >= 0
    assert vals["y"][0] is vals


@pytest.mark.parametrize("running", [True, False])
def test_the_garbage_collector_goes_on_as_before(running: bool) -> None:
    domain = Domain(lambda point: 0.0, SPACE)
    try:
        if not running:
            gc.disable()
        for module in (rand, tpe):
            module.suggest(range(40), domain, Trials(), 3)
            assert gc.isenabled() is running
    finally:
        gc.enable()
