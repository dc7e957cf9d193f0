"""What mypy and pyright say of users' programs, right and wrong ones."""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]
GOOD, BAD = (str(ROOT / "tests/types" / name) for name in ("good.py", "bad.py"))
MISTAKES = {
    number
    for number, line in enumerate(Path(BAD).read_text(encoding="utf-8").splitlines(), 1)
    if line.endswith("# mistake")
}


def lines_that_mypy_refuses(file: str, cache: Path) -> set[int]:
    command = [sys.executable, "-m", "mypy", "--strict", "--no-error-summary", "--output=json"]
    command += ["--config-file=", f"--cache-dir={cache}", "--follow-imports=silent", file]
    found = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, check=False)
    assert found.returncode < 2, found.stderr
    reports = [json.loads(line) for line in found.stdout.splitlines()]
    return {report["line"] for report in reports if report["severity"] == "error"}


def lines_that_pyright_refuses(file: str) -> set[int]:
    # The checker as people know it, without the stricter rules that this build adds.
    settings = ROOT / "tests/types/pyrightconfig.json"
    command = [str(Path(sys.executable).with_name("basedpyright")), "--outputjson"]
    command += ["--project", str(settings), "--pythonpath", sys.executable]
    found = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, check=False)
    reports = json.loads(found.stdout)["generalDiagnostics"]
    return {
        report["range"]["start"]["line"] + 1
        for report in reports
        if report["severity"] == "error" and Path(report["file"]).samefile(file)
    }


@pytest.mark.slow
def test_mypy_accepts_what_is_right_and_sees_every_mistake(tmp_path):
    assert lines_that_mypy_refuses(GOOD, tmp_path) == set()
    assert lines_that_mypy_refuses(BAD, tmp_path) == MISTAKES


@pytest.mark.slow
def test_pyright_accepts_what_is_right_and_sees_every_mistake():
    assert lines_that_pyright_refuses(GOOD) == set()
    assert lines_that_pyright_refuses(BAD) == MISTAKES
