"""The root of the package holds front doors of one look; what people know pickles by its door."""

from __future__ import annotations

import ast
import importlib
import pickle
from pathlib import Path
from types import FunctionType

import pytest

import hyperopt

ROOT = Path(hyperopt.__file__).parent
NO_DOORS = {"__init__", "__main__", "exceptions"}
DOORS = sorted(path.stem for path in ROOT.glob("*.py") if path.stem not in NO_DOORS)


def is_of_a_door(statement: ast.stmt) -> bool:
    """Imports, names, and what offers names later."""
    if isinstance(statement, (ast.Import, ast.ImportFrom, ast.If, ast.Assign)):
        return True
    if isinstance(statement, ast.FunctionDef):
        return statement.name == "__getattr__"
    return isinstance(statement, ast.Expr) and isinstance(statement.value, ast.Constant)


@pytest.mark.parametrize("name", DOORS)
def test_a_front_door_says_what_it_leads_to_and_holds_no_code(name: str) -> None:
    tree = ast.parse((ROOT / f"{name}.py").read_text())
    assert (ast.get_docstring(tree) or "").startswith("Front door: ")
    assert [ast.unparse(each) for each in tree.body if not is_of_a_door(each)] == []


@pytest.mark.parametrize("name", DOORS)
def test_what_a_front_door_offers_is_there(name: str) -> None:
    door = importlib.import_module(f"hyperopt.{name}")
    for offered in door.__all__:
        getattr(door, offered)


@pytest.mark.parametrize("name", DOORS)
def test_what_is_defined_for_a_door_pickles_by_its_path(name: str) -> None:
    door = importlib.import_module(f"hyperopt.{name}")
    for offered in door.__all__:
        thing = getattr(door, offered)
        if isinstance(thing, (FunctionType, type)) and thing.__module__ == f"hyperopt.{name}":
            assert pickle.loads(pickle.dumps(thing)) is thing


@pytest.mark.parametrize(
    "path",
    [
        "base.Trials",
        "base.Ctrl",
        "base.Domain",
        "fmin.fmin",
        "fmin.FMinIter",
        "fmin.generate_trials_to_calculate",
        "hp.uniform",
        "tpe.suggest",
        "jtpe.suggest",
        "rand.suggest",
        "anneal.suggest",
        "mix.suggest",
        "space.CompiledSpace",
        "study.Study",
        "study.Asked",
        "spark.SparkTrials",
        "dashboard.Server",
        "reports.write_report",
    ],
)
def test_what_pickles_name_has_its_public_path(path: str) -> None:
    module, _, name = path.rpartition(".")
    thing = getattr(importlib.import_module(f"hyperopt.{module}"), name)
    assert thing.__module__ == f"hyperopt.{module}"
    assert pickle.loads(pickle.dumps(thing)) is thing


def test_the_directory_of_the_package_shows_what_users_call() -> None:
    shown = {name for name in dir(hyperopt) if not name.startswith("__")}
    assert shown <= set(hyperopt.__all__) | set(DOORS)
    for name in ("hp", "tpe"):
        door = importlib.import_module(f"hyperopt.{name}")
        public = {each for each in dir(door) if not each.startswith("_")}
        assert public <= set(door.__all__)
