"""Cross-validations that stop between folds, on tables of real folds; prints a Markdown table.

python benches/pruning/folds.py [--seeds 40] [--trials 40] [--rules "paired 2.8" ...]
"""

from __future__ import annotations

import argparse
import json
import os
import zlib
from collections.abc import Sequence
from itertools import chain
from pathlib import Path
from typing import Any

os.environ.setdefault("OMP_NUM_THREADS", "1")

import numpy as np

TABLES = sorted((Path(__file__).parent / "tables").glob("folds_*.npz"))
RULES = ("none", "paired 2.4", "paired 2.8", "paired 3.2", "forgiving", "aggressive")
_FLOOR = 1e-3


def pruner_of(rule: str) -> Any:
    """A rule by its name."""
    from hyperopt.pruners import Folds

    if rule == "none":
        return None
    method, _, margin = rule.partition(" ")
    return Folds(method, margin=float(margin)) if margin else Folds(method)


def search(path: Path, rule: str, seed: int, n_trials: int) -> dict[str, float]:
    """One study: its fits, as a share of all, its regret, and whether a new best was stopped."""
    from hyperopt import Trials, fmin, hp, jtpe, report

    with np.load(path) as file:
        levels = json.loads(str(file["levels"]))
        folds = file["folds"].astype(float)
    shape = [len(values) for values in levels.values()]
    space = {
        name: hp.choice(name, list(range(k))) if k <= 2 else hp.uniformint(name, 0, k - 1)
        for name, k in zip(levels, shape, strict=True)
    }

    def cell(point: dict[str, float]) -> Any:
        return folds[np.ravel_multi_index([int(point[name]) for name in levels], shape)]

    def objective(point: dict[str, float]) -> float:
        for fold, score in enumerate(cell(point)):
            report(score, fold=fold)
        return float(cell(point).mean())

    trials = Trials()
    seed = (zlib.crc32(path.stem.encode()) + seed) % 2**31
    options = {"rstate": seed, "trials": trials, "verbose": False, "show_progressbar": False}
    fmin(objective, space, jtpe.suggest, n_trials, pruner=pruner_of(rule), **options)
    best, missed, fits = np.inf, False, 0
    for doc in trials.trials:
        end = float(cell({name: value[0] for name, value in doc["misc"]["vals"].items()}).mean())
        fits += len(doc["result"]["intermediate"])
        if "pruned" in doc["result"]:
            missed |= end < best
        else:
            best = min(best, end)
    ends = folds.mean(axis=1)
    regret = (best - ends.min()) / (np.median(ends) - ends.min())
    share = fits / (n_trials * folds.shape[1])
    return {"fits": share, "regret": max(regret, _FLOOR), "missed": float(missed)}


def lines(rules: Sequence[str], seeds: int, n_trials: int) -> list[str]:
    """The table: a row for each rule and table of folds, and one for all tables."""
    rows = []
    for rule in rules:
        found = {
            path.stem.removeprefix("folds_"): [
                search(path, rule, seed, n_trials) for seed in range(seeds)
            ]
            for path in TABLES
        }
        for name, runs in [*found.items(), ("all", list(chain(*found.values())))]:
            fits = np.mean([run["fits"] for run in runs])
            regret = np.exp(np.mean([np.log(run["regret"]) for run in runs]))
            missed = 100 * np.mean([run["missed"] for run in runs])
            rows.append(f"| {rule} | {name} | {fits:.2f} | {regret:.4f} | {missed:.1f} % |")
    head = "| rule | table | fits, of all | regret | runs in which a new best trial was stopped |"
    return [head, "|---|---|---|---|---|", *rows]


def main() -> None:
    """Play all rules on all tables."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--seeds", type=int, default=40)
    parser.add_argument("--trials", type=int, default=40)
    parser.add_argument("--rules", nargs="*", default=RULES)
    options = parser.parse_args()
    print("\n".join(lines(options.rules, options.seeds, options.trials)))


if __name__ == "__main__":
    main()
