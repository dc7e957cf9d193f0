"""Run one measurement in one library's environment; print the result as a line of JSON.

python worker.py LIBRARY CASE '{"option": ...}'
"""

from __future__ import annotations

import gc
import importlib
import json
import sys
import time
import warnings
from functools import partial
from pathlib import Path
from typing import Any

import numpy as np

from spaces import SPACES, bowl, history, next_loss

warnings.simplefilter("ignore")


def suggestion(library: Any, space: str, trials: int, steps: int, scenario: str) -> dict[str, Any]:
    """Milliseconds of each of `steps` rounds of ask and tell, after `trials` finished trials."""
    study = library.Study(SPACES[space], history(SPACES[space], trials, scenario))
    rng = np.random.default_rng(1)
    warm_up = max(2, min(steps, 10))  # builds whatever is built once
    losses: list[Any]
    if scenario == "bowl":
        losses = [partial(bowl, SPACES[space])] * (warm_up + steps)
    else:
        losses = [next_loss(scenario, trials + number, rng) for number in range(warm_up + steps)]
    for loss in losses[:warm_up]:
        study.step(loss)
    gc.collect()
    milliseconds = []
    for loss in losses[warm_up:]:
        started = time.perf_counter()
        study.step(loss)
        milliseconds.append(1e3 * (time.perf_counter() - started))
    return {"values": milliseconds}


def batch(library: Any, space: str, trials: int, count: int) -> dict[str, Any]:
    """Milliseconds of one call for `count` suggestions."""
    study = library.Study(SPACES[space], history(SPACES[space], trials, "random"))
    study.step(0.0)
    started = time.perf_counter()
    docs = study.ask(count)
    elapsed = time.perf_counter() - started
    points = {json.dumps(doc["misc"]["vals"], default=float, sort_keys=True) for doc in docs}
    return {"values": [1e3 * elapsed], "returned": len(docs), "different": len(points)}


def run(library: Any, space: str, trials: int) -> dict[str, Any]:
    """Seconds of a whole optimisation with an objective that costs nothing."""
    started = time.perf_counter()
    library.optimize(SPACES[space], trials)
    return {"values": [time.perf_counter() - started]}


def memory(library: Any, space: str, trials: int, growth_calls: int) -> dict[str, Any]:
    """Bytes per trial of the documents and of what suggesting adds; bytes per later call."""
    study = library.Study(SPACES[space], history(SPACES[space], 30, "random"))
    study.ask(1)
    del study
    before = resident_bytes()
    documents = library.random_documents(SPACES[space], trials)
    with_documents = resident_bytes()
    study = library.Study(SPACES[space], [])
    study.trials = documents
    study.ask(1)
    with_history = resident_bytes()
    for _ in range(growth_calls):  # some buffers are made once
        study.propose()
    warm = resident_bytes()
    for _ in range(growth_calls):
        study.propose()
    after_calls = resident_bytes()
    return {
        "documents": (with_documents - before) / trials,
        "history": (with_history - with_documents) / trials,
        "growth": (after_calls - warm) / max(growth_calls, 1),
    }


def resident_bytes() -> int:
    """Return this process's resident memory (Linux)."""
    gc.collect()
    pages = int(Path("/proc/self/statm").read_text().split()[1])
    return pages * 4096


def version(library: Any) -> dict[str, Any]:
    """Return what is measured."""
    return {"version": library.VERSION, "package": library.PACKAGE}


CASES = {f.__name__: f for f in (suggestion, batch, run, memory, version)}


def main() -> None:
    """Run the case named on the command line."""
    name, case, options = sys.argv[1:4]
    library = importlib.import_module(f"libraries.{name}")
    print(json.dumps(CASES[case](library, **json.loads(options))))


if __name__ == "__main__":
    main()
