"""Compare how good the points are that the libraries find.

    python benches/quality/run.py [--seeds 10] [--evaluations 200] [--print-only]

Installs every library in an environment of its own, runs all methods on all problems (runs that are
in ``runs.jsonl`` already are not repeated), and rewrites docs/quality.md and its figure. About half
an hour on one core, most of it in the peers.
"""

from __future__ import annotations

import argparse
import json
import subprocess
from pathlib import Path
from typing import Any

from environments import HERE, METHODS, ROOT, Method, install, surroundings
from report import figure, page
from scores import Runs, collect

RUNS = HERE / "runs.jsonl"


def known() -> list[dict[str, Any]]:
    """Return the runs that were done before."""
    return [json.loads(line) for line in RUNS.read_text().splitlines()] if RUNS.exists() else []


def run(method: Method, evaluations: int, seeds: int) -> None:
    """Do the missing runs of a method."""
    done = [(row["problem"], row["seed"]) for row in known() if row["method"] == method.title]
    command = [method.python, HERE / "worker.py", method.adapter, method.mode, evaluations, seeds]
    with (
        subprocess.Popen(
            [str(part) for part in command],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            text=True,
            cwd=HERE,
            env=surroundings(method),
        ) as process,
        RUNS.open("a") as file,
    ):
        assert process.stdin is not None
        assert process.stdout is not None
        json.dump(done, process.stdin)
        process.stdin.close()
        for line in process.stdout:
            row = {"method": method.title, **json.loads(line)}
            row["regret"] = [float(f"{value:.6g}") for value in row["regret"]]
            file.write(json.dumps(row) + "\n")
    if process.returncode:
        raise SystemExit(f"{method.title} failed with status {process.returncode}")


def main() -> None:
    """Run what is missing and write the page."""
    parser = argparse.ArgumentParser(description=__doc__.partition("\n")[0] if __doc__ else "")
    parser.add_argument("--seeds", type=int, default=10)
    parser.add_argument("--evaluations", type=int, default=200)
    parser.add_argument("--print-only", action="store_true", help="print the page, write nothing")
    arguments = parser.parse_args()
    for method in METHODS:
        install(method)
        run(method, arguments.evaluations, arguments.seeds)
    runs: Runs = collect(known())
    text = page(runs)
    if arguments.print_only:
        print(text)
        return
    figure(runs, Path(ROOT / "docs" / "pictures" / "quality.png"))
    (ROOT / "docs" / "quality.md").write_text(text)


if __name__ == "__main__":
    main()
