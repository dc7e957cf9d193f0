"""What `import hyperopt` does, and does not do."""

from __future__ import annotations

import subprocess
import sys

import pytest

HEAVY = ["logging", "tqdm", "cloudpickle", "scipy", "pandas", "matplotlib", "sklearn", "pyspark"]


def modules_after(statement):
    code = f"{statement}; import sys; print(*sys.modules)"
    done = subprocess.run(
        [sys.executable, "-W", "error", "-c", code], capture_output=True, text=True, check=True
    )
    assert done.stderr == ""
    return set(done.stdout.split())


@pytest.mark.parametrize("name", HEAVY)
def test_importing_hyperopt_imports_nothing_heavy(name):
    assert name not in modules_after("import hyperopt")


def test_importing_hyperopt_imports_neither_the_loop_nor_who_evaluates():
    loaded = modules_after("import hyperopt")
    assert "hyperopt.search.driver" not in loaded
    assert not [name for name in loaded if name.startswith("hyperopt.evaluation")]


def test_a_first_search_imports_nothing_that_takes_longer_than_its_trials():
    loaded = modules_after(
        "from hyperopt import fmin, hp, rand; fmin(lambda x: x, hp.uniform('x', 0, 1), "
        "rand.suggest, 100, show_progressbar=False)"
    )
    slow = {"importlib.metadata", "statistics", "pathlib", "socket", "concurrent.futures"}
    assert not loaded & {*HEAVY, *slow} - {"logging"}


def test_everything_public_can_be_imported_with_a_star():
    namespace = {}
    exec("from hyperopt import *", namespace)
    for name in ("fmin", "hp", "tpe", "rand", "Trials", "STATUS_OK", "space_eval", "SparkTrials"):
        assert name in namespace
    assert callable(namespace["fmin"])
    assert "pyspark" not in modules_after("from hyperopt import *")


@pytest.mark.parametrize(
    "name", ["base", "fmin", "hp", "pyll", "tpe", "rand", "utils", "plotting", "criteria"]
)
def test_submodules_are_attributes_without_being_imported(name):
    modules_after(f"import hyperopt; hyperopt.{name}")


def test_fmin_stays_the_function_whatever_is_imported():
    modules_after(
        "import hyperopt.fmin; from hyperopt.fmin import FMinIter; import hyperopt; "
        "assert hyperopt.fmin.__name__ == 'fmin'; assert callable(hyperopt.fmin)"
    )


def test_an_unknown_name_is_an_attribute_error():
    import hyperopt

    with pytest.raises(AttributeError, match="no attribute 'fmim'"):
        _ = hyperopt.fmim
    assert {"fmin", "SparkTrials", "plotting", "Study"} <= set(dir(hyperopt))
