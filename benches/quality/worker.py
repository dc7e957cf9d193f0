"""Run a method on the problems, in its own environment; print one JSON line for each run."""

from __future__ import annotations

import argparse
import importlib
import json
import sys
import warnings

from problems import problems


def run(minimize, problem, evaluations: int, seed: int, mode: str) -> list[float]:  # type: ignore[no-untyped-def]
    """Return the smallest regret so far after each evaluation."""
    regret = problem.regret(seed)
    curve: list[float] = []

    def objective(point: dict[str, float]) -> float:
        value = regret(point)
        curve.append(min(value, curve[-1]) if curve else value)
        return value

    minimize(objective, problem.space, evaluations, 1000 + seed, mode)
    return curve


def main() -> None:
    """Do the runs that standard input does not list as done."""
    parser = argparse.ArgumentParser()
    for name in ("adapter", "mode", "evaluations", "seeds"):
        parser.add_argument(name)
    parser.add_argument("--only", help="names of problems, with semicolons between")
    arguments = parser.parse_args()
    done = {tuple(cell) for cell in json.load(sys.stdin)}
    only = arguments.only.split(";") if arguments.only else None
    warnings.simplefilter("ignore")
    adapter = importlib.import_module(f"libraries.{arguments.adapter}")
    for seed in range(int(arguments.seeds)):
        for problem in problems():
            if (problem.name, seed) in done or (only and problem.name not in only):
                continue
            curve = run(adapter.minimize, problem, int(arguments.evaluations), seed, arguments.mode)
            row = {"problem": problem.name, "suite": problem.suite, "seed": seed, "regret": curve}
            print(json.dumps(row), flush=True)


if __name__ == "__main__":
    main()
