"""Every example in a docstring runs and shows what it says."""

from __future__ import annotations

import doctest
import importlib
import pkgutil

import pytest

import hyperopt

# These derive from classes of libraries that must be set up before they are imported, or that are
# too large for the tests; they have tests of their own.
DERIVED = ("hyperopt.integrations.keras", "hyperopt.integrations.lightning")
MODULES = [
    module.name
    for module in pkgutil.walk_packages(hyperopt.__path__, "hyperopt.")
    if not module.name.startswith("hyperopt._") and module.name not in DERIVED
]


@pytest.mark.parametrize("name", MODULES)
def test_the_examples_of_a_module_are_true(name):
    module = importlib.import_module(name)
    result = doctest.testmod(module, optionflags=doctest.NORMALIZE_WHITESPACE)
    assert result.failed == 0
