"""A small random search, so that these tests are about the driver and not about an algorithm."""

from __future__ import annotations

import numpy as np
import pytest

from hyperopt.algobase import SuggestAlgo


def random_search(new_ids, domain, trials, seed):
    docs = []
    for new_id in new_ids:
        docs += SuggestAlgo(domain, trials, seed)(new_id)
    return docs


@pytest.fixture
def suggest():
    """Random search."""
    return random_search


@pytest.fixture
def rng():
    return np.random.default_rng(20261123)
