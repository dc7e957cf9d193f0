"""The examples run; `test_notebooks.py` executes the one that is a notebook."""

from __future__ import annotations

import os
import re
import subprocess
import sys
from pathlib import Path

import pytest

EXAMPLES = Path(__file__).parents[1] / "examples"
NEEDS = {"demo": "sklearn", "model_selection": "xgboost", "sklearn_search": "sklearn"}
ARGUMENTS = {
    "demo": ["--max-evals", "3", "--picture", "picture.png"],
    "model_selection": ["--max-evals", "8"],
    "sklearn_search": ["--max-evals", "5"],
}


def run(script: str, folder: Path) -> str:
    command = [sys.executable, "-W", "error", EXAMPLES / f"{script}.py", *ARGUMENTS.get(script, [])]
    environment = {**os.environ, "MPLBACKEND": "Agg"}
    answer = subprocess.run(
        command, cwd=folder, env=environment, capture_output=True, text=True, check=False
    )
    assert answer.returncode == 0, answer.stderr
    return answer.stdout


@pytest.mark.parametrize("script", sorted(path.stem for path in EXAMPLES.glob("*.py")))
def test_the_example_runs_and_reports_the_best_point(script: str, tmp_path: Path) -> None:
    pytest.importorskip(NEEDS.get(script, "hyperopt"))
    assert "best" in run(script, tmp_path).lower()


def test_the_families_of_models_are_compared(tmp_path: Path) -> None:
    pytest.importorskip("xgboost")
    report = run("model_selection", tmp_path)
    for family in ("forest", "svm", "xgboost"):
        assert re.search(rf"^{family} +\d+ trials, best accuracy 0\.9", report, re.MULTILINE)


def test_the_demo_writes_its_picture(tmp_path: Path) -> None:
    pytest.importorskip("sklearn")
    pytest.importorskip("matplotlib")
    run("demo", tmp_path)
    assert (tmp_path / "picture.png").read_bytes().startswith(b"\x89PNG")
