"""The garbage collector pauses, and goes on if it was going."""

from __future__ import annotations

import gc

import pytest

from hyperopt.environment.garbage import no_collection


def test_the_collector_goes_on_after_an_error() -> None:
    def fail() -> None:
        with no_collection():
            assert not gc.isenabled()
            raise KeyError

    with pytest.raises(KeyError):
        fail()
    assert gc.isenabled()


def test_a_collector_that_was_off_stays_off() -> None:
    gc.disable()
    try:
        with no_collection():
            pass
        assert not gc.isenabled()
    finally:
        gc.enable()
