"""Run cases in rounds that alternate between the libraries."""

from __future__ import annotations

import json
import statistics
import subprocess
import sys
import time
from typing import Any

from cases import Case
from environments import HERE, Library, environment

TIMEOUT_S = 1800


Answers = dict[str, list[dict[str, Any]]]
"""By library title, what its processes answered."""


def measure_round(case: Case, available: list[Library], number: int, answers: Answers) -> None:
    """Ask each library once, another one first in every round; add to its `answers`."""
    libraries = [library for library in case.libraries if library in available]
    for library in libraries:  # The tables' order.
        answers.setdefault(library.title, [])
    turn = number % len(libraries)
    for library in libraries[turn:] + libraries[:turn]:
        if (answer := once(case, library)) is not None:
            answers[library.title].append(answer)


def once(case: Case, library: Library) -> dict[str, Any] | None:
    """Return one process's answer, or None (and a word on stderr) if it failed."""
    if case.worker == "import":
        return {"values": [import_ms(library)]}
    options = dict(case.options)
    if case.steps:
        options["steps"] = case.steps[library.title]
    command = [
        library.python,
        HERE / "worker.py",
        library.adapter,
        case.worker,
        json.dumps(options),
    ]
    answer = subprocess.run(
        command, env=environment(), capture_output=True, text=True, timeout=TIMEOUT_S, check=False
    )
    if answer.returncode:
        print(f"{case.key}: {library.title} failed:\n{answer.stderr[-800:]}", file=sys.stderr)
        return None
    return json.loads(answer.stdout.splitlines()[-1])


def import_ms(library: Library) -> float:
    """Milliseconds of the import in a new process, the interpreter's own start not counted."""
    package = {"ours": "hyperopt", "hyperopt_documents": "hyperopt"}.get(
        library.adapter, library.environment
    )
    return start_ms(library, f"import {package}") - start_ms(library, "pass")


def start_ms(library: Library, statement: str) -> float:
    """Milliseconds of a new process that runs one statement."""
    started = time.perf_counter()
    subprocess.run([library.python, "-c", statement], env=environment(), check=True)
    return 1e3 * (time.perf_counter() - started)


def numpy_import_ms(library: Library) -> float:
    """Milliseconds of `import numpy` in a library's environment."""
    return start_ms(library, "import numpy") - start_ms(library, "pass")


def summary(answers: list[dict[str, Any]]) -> dict[str, Any]:
    """Return the median, quartiles and count of all values, or the single answer without values."""
    if "values" not in answers[0]:
        return answers[0]
    values = sorted(value for answer in answers for value in answer["values"])
    rest = {name: value for name, value in answers[0].items() if name != "values"}
    quartiles = statistics.quantiles(values, n=4) if len(values) > 1 else [values[0]] * 3
    return {
        "median": statistics.median(values),
        "quartiles": [quartiles[0], quartiles[2]],
        "count": len(values),
        **rest,
    }
