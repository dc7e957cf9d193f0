"""The examples run; `test_notebooks.py` executes the one that is a notebook."""

from __future__ import annotations

import os
import re
import subprocess
import sys
from collections.abc import Callable
from functools import cache
from pathlib import Path
from typing import Any

import pytest

EXAMPLES = Path(__file__).parents[1] / "examples"
NEEDS = {"demo": "sklearn", "model_selection": "xgboost", "sklearn_search": "sklearn"}
ARGUMENTS = {
    "demo": ["--max-evals", "3", "--picture", "picture.png"],
    "model_selection": ["--max-evals", "8"],
    "sklearn_search": ["--max-evals", "5"],
}


@pytest.fixture(scope="module")
def run(tmp_path_factory: pytest.TempPathFactory) -> Callable[[str], tuple[str, Path]]:
    """Run an example, once for all tests; give what it prints, and the folder it ran in."""

    @cache
    def run_once(script: str) -> tuple[str, Path]:
        folder = tmp_path_factory.mktemp(script)
        return _output(script, folder), folder

    return run_once


def _output(script: str, folder: Path) -> str:
    command = [sys.executable, "-W", "error", EXAMPLES / f"{script}.py", *ARGUMENTS.get(script, [])]
    environment = {**os.environ, "MPLBACKEND": "Agg"}
    answer = subprocess.run(
        command, cwd=folder, env=environment, capture_output=True, text=True, check=False
    )
    assert answer.returncode == 0, answer.stderr
    return answer.stdout


@pytest.mark.parametrize("script", sorted(path.stem for path in EXAMPLES.glob("*.py")))
def test_the_example_runs_and_reports_the_best_point(script: str, run: Any) -> None:
    pytest.importorskip(NEEDS.get(script, "hyperopt"))
    report, _ = run(script)
    assert "best" in report.lower()


def test_the_families_of_models_are_compared(run: Any) -> None:
    pytest.importorskip("xgboost")
    report, _ = run("model_selection")
    for family in ("forest", "svm", "xgboost"):
        assert re.search(rf"^{family} +\d+ trials, best accuracy 0\.9", report, re.MULTILINE)


def test_the_demo_writes_its_picture(run: Any) -> None:
    pytest.importorskip("sklearn")
    pytest.importorskip("matplotlib")
    _, folder = run("demo")
    assert (folder / "picture.png").read_bytes().startswith(b"\x89PNG")
