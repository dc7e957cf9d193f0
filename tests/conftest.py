"""What holds for all tests."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import numpy as np
import pytest
from hypothesis import settings

# How many examples a property is tried with; `make test-slow` chooses the second.
settings.register_profile("few", max_examples=25, deadline=None)
settings.register_profile("many", max_examples=300, deadline=None)
settings.load_profile("few")


def pytest_addoption(parser: pytest.Parser) -> None:
    parser.addoption(
        "--no-skips",
        action="store_true",
        help="fail the tests that would be skipped for want of a module",
    )


def _refuse_skip(report: Any, config: pytest.Config) -> Any:
    if report.skipped and not hasattr(report, "wasxfail") and config.getoption("--no-skips"):
        reason = report.longrepr[2]
        if "could not import" in reason or " needs " in reason:
            report.outcome = "failed"
            report.longrepr = f"skipped, which --no-skips forbids: {reason}"
    return report


@pytest.hookimpl(wrapper=True)
def pytest_runtest_makereport(item: pytest.Item) -> Iterator[None]:
    return _refuse_skip((yield), item.config)


@pytest.hookimpl(wrapper=True)
def pytest_make_collect_report(collector: pytest.Collector) -> Iterator[None]:
    return _refuse_skip((yield), collector.config)


def random_search(new_ids: Any, domain: Any, trials: Any, seed: Any) -> list[Any]:
    from hyperopt.algobase import SuggestAlgo

    docs = []
    for new_id in new_ids:
        docs += SuggestAlgo(domain, trials, seed)(new_id)
    return docs


@pytest.fixture
def suggest() -> Any:
    """A small random search, for tests that are about the loop and not about an algorithm."""
    return random_search


@pytest.fixture
def rng() -> np.random.Generator:
    return np.random.default_rng(20261123)
