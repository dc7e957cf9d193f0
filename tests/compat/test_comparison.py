"""The comparison of README.md: every row has a proof, and says what the peers offer today.

`PROOFS` names for each row a test, a measurement or a source of our own column, as files of this
repository. What is said of Optuna is asked of the Optuna that is installed; what is said of
hyperopt 0.3, of the list of its names in ``supported.json``.
"""

from __future__ import annotations

import inspect
import json
import re
import warnings
from pathlib import Path
from typing import Any

import optuna
import pytest

import hyperopt
from hyperopt.algorithms import auto

ROOT = Path(__file__).parents[2]
README = (ROOT / "README.md").read_text(encoding="utf-8")
HYPEROPT: dict[str, Any] = json.loads((Path(__file__).parent / "supported.json").read_text())
FOREIGN: dict[str, Any] = json.loads((Path(__file__).parent / "unsupported.json").read_text())

PROOFS = {
    "search spaces": "tests/unit/space/test_conditions.py",
    "cost of a suggestion as a study grows": "docs/benchmarks.md",
    "algorithms": "docs/algorithms.md",
    "thousands of evaluations": "docs/long-searches.md",
    "several objectives at once": "docs/migrating.md",
    "stopping hopeless trials (pruning)": "tests/integration/pruning/test_pruning.py",
    "pausing a trial, and going on when it turns out promising": (
        "tests/integration/pruning/test_pause_and_go_on.py"
    ),
    "stopping folds of a cross-validation": "tests/unit/pruning/test_folds_of_sklearn.py",
    "relations between parameters": "tests/unit/study/test_fmin_condition.py",
    "studies in a database": "tests/integration/storage/test_survival.py",
    "a study that can prove how it was made": "tests/integration/storage/test_cli_changes.py",
    "a live page, a report in one file": "tests/browser/test_live_page.py",
    "ask and tell": "tests/unit/study/test_ask_and_tell.py",
    "parallel on one machine": "tests/integration/evaluation/test_processes.py",
    "Spark": "tests/integration/spark/test_spark_connect.py",
    "advice on spaces that are probably not meant so": "tests/unit/space/test_advice.py",
    "the same seed, the same result": "scripts/test-cpu-levels",
    "reads hyperopt's pickled studies": "tests/compat/test_recorded_studies.py",
}


def rows() -> dict[str, list[str]]:
    """{first cell: [hyperopt-rs, hyperopt, Optuna]} of the table."""
    table = README.split("## What it has, and what its neighbours have")[1].split("\n\n")[1]
    cells = [[cell.strip() for cell in line.strip("|").split("|")] for line in table.splitlines()]
    return {first: rest for first, *rest in cells[2:]}


def test_every_row_has_a_proof_that_exists() -> None:
    assert set(rows()) == set(PROOFS)
    assert [path for path in PROOFS.values() if not (ROOT / path).is_file()] == []


@pytest.mark.parametrize(
    ("row", "path"),
    [
        ("algorithms", "samplers.TPESampler"),
        ("algorithms", "samplers.GPSampler"),
        ("algorithms", "samplers.CmaEsSampler"),
        ("algorithms", "samplers.NSGAIISampler"),
        ("algorithms", "samplers.GridSampler"),
        ("algorithms", "samplers.QMCSampler"),
        ("algorithms", "samplers.RandomSampler"),
        ("stopping hopeless trials (pruning)", "pruners.HyperbandPruner"),
        ("stopping folds of a cross-validation", "pruners.WilcoxonPruner"),
        ("studies in a database", "storages.RDBStorage"),
        ("studies in a database", "storages.JournalStorage"),
        ("studies in a database", "storages.journal.JournalRedisBackend"),
        ("studies in a database", "storages.journal.JournalFileBackend"),
        ("ask and tell", "study.Study.ask"),
    ],
)
def test_what_optuna_is_said_to_have_it_has(row: str, path: str) -> None:
    assert rows()[row][2] != "no"
    thing: Any = optuna
    for name in path.split("."):
        thing = getattr(thing, name)


def test_optuna_does_what_the_table_says() -> None:
    assert "constraints_func" in inspect.signature(optuna.samplers.TPESampler).parameters
    assert "directions" in inspect.signature(optuna.create_study).parameters
    assert "n_jobs" in inspect.signature(optuna.study.Study.optimize).parameters
    assert {state.name for state in optuna.trial.TrialState} == {
        *("RUNNING", "WAITING", "COMPLETE", "PRUNED", "FAIL")  # and none that is paused
    }
    with pytest.warns(UserWarning, match="not divisible by `step`"):
        optuna.distributions.FloatDistribution(0.0, 1.0, step=0.3)
    with warnings.catch_warnings():  # ... and it says nothing of a choice of ordered numbers
        warnings.simplefilter("error")
        optuna.distributions.CategoricalDistribution([50, 100, 200])


def test_hyperopt_has_what_the_table_says_and_not_what_it_denies() -> None:
    modules = HYPEROPT["modules"]
    arguments = modules["hyperopt.fmin"]["fmin"]["function"]
    for name in ("pruner", "condition", "n_jobs", "executor", "dashboard"):
        assert name not in arguments
        assert name in inspect.signature(hyperopt.fmin).parameters
    for algorithm in ("tpe", "rand", "anneal", "mix"):
        assert "suggest" in modules[f"hyperopt.{algorithm}"]
    assert {"hyperopt.atpe", "hyperopt.mongoexp"} <= set(FOREIGN["importable modules"])
    assert "main_plot_history" in modules["hyperopt.plotting"]
    assert not {"ask", "tell", "importance", "report"} & set(
        modules["hyperopt.base"]["Trials"]["members"]
    )


def test_the_pages_say_when_the_process_falls_silent() -> None:
    home = (ROOT / "docs/index.md").read_text(encoding="utf-8")
    for text in (README, home):
        assert re.findall(r"first (\d+) trials", text) == [str(auto.FADES[1])]


def test_the_charts_show_the_figures_that_the_pages_point_to() -> None:
    quality = (ROOT / "docs/quality.md").read_text(encoding="utf-8")
    found = re.search(r"(\d+) problems, at least (\d+) runs", quality)
    assert found is not None
    assert f"on {found[1]} problems with {found[2]} runs of every method on each" in README
    benchmarks = (ROOT / "docs/benchmarks.md").read_text(encoding="utf-8")
    parameters = re.search(r"space\s+has\s+(\d+)\s+parameters", benchmarks)
    assert parameters is not None
    assert f"{parameters[1]} mixed parameters" in README


def test_a_suggestion_costs_the_same_in_a_long_study() -> None:
    """The measured costs hardly grow over three decades, where the peers' grow by more than ten."""
    cases = json.loads((ROOT / "benches/compare/results.json").read_text())["cases"]

    def growth(library: str, longest: int) -> float:
        first, last = (cases[f"suggest-{n}"]["results"][library]["median"] for n in (100, longest))
        return float(last / first)

    assert growth("hyperopt-rs, joint", 100_000) < 5
    for peer in ("hyperopt", "Optuna"):
        assert growth(peer, 10_000) > 10
