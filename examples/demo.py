"""Tune a random forest on a real data set: the whole of hyperopt in one file.

The data are the breast-cancer measurements that ship with scikit-learn. Half of them are kept for
the final test; the search sees only the other half, and scores each point by three-fold
cross-validation.

    python examples/demo.py [--max-evals 50] [--picture demo_loss_history.png]
"""

from __future__ import annotations

import argparse
from pathlib import Path
from typing import Any

import matplotlib as mpl
from sklearn.datasets import load_breast_cancer
from sklearn.ensemble import RandomForestClassifier
from sklearn.model_selection import cross_val_score, train_test_split

from hyperopt import STATUS_OK, Trials, fmin, hp, space_eval
from hyperopt.pyll import scope

mpl.use("Agg")
from matplotlib import pyplot as plt

SPACE = {
    "criterion": hp.choice("criterion", ["gini", "entropy", "log_loss"]),
    "max_features": hp.choice("max_features", ["sqrt", "log2", 0.5]),
    "n_estimators": scope.int(hp.quniform("n_estimators", 10, 100, 10)),
    "max_depth": scope.int(hp.quniform("max_depth", 2, 20, 1)),
}


def forest(parameters: dict[str, Any]) -> RandomForestClassifier:
    return RandomForestClassifier(**parameters, random_state=0, n_jobs=1)


def plot(losses: list[float], picture: Path) -> None:
    best_so_far = [min(losses[: number + 1]) for number in range(len(losses))]
    figure, axes = plt.subplots(figsize=(8, 4.5), layout="constrained")
    axes.scatter(range(1, len(losses) + 1), losses, s=18, color="#9aa5b1", label="this trial")
    axes.step(
        range(1, len(losses) + 1), best_so_far, where="post", color="#c2410c", label="best so far"
    )
    axes.set(xlabel="trial", ylabel="cross-validated error", title="Random forest, breast cancer")
    axes.grid(alpha=0.3)
    axes.legend()
    figure.savefig(picture, dpi=120)
    plt.close(figure)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--max-evals", type=int, default=50)
    parser.add_argument("--picture", type=Path, default=Path("demo_loss_history.png"))
    options = parser.parse_args()

    measurements, diagnosis = load_breast_cancer(return_X_y=True)
    train_x, test_x, train_y, test_y = train_test_split(
        measurements, diagnosis, test_size=0.5, random_state=2, stratify=diagnosis
    )

    def objective(parameters: dict[str, Any]) -> dict[str, Any]:
        accuracy = cross_val_score(forest(parameters), train_x, train_y, cv=3).mean()
        return {"loss": 1.0 - accuracy, "status": STATUS_OK}

    def test_accuracy(parameters: dict[str, Any]) -> float:
        return forest(parameters).fit(train_x, train_y).score(test_x, test_y)

    print(f"Tuning a random forest on {len(train_x)} cases, testing on {len(test_x)} others.")
    trials = Trials()
    argmin = fmin(objective, SPACE, max_evals=options.max_evals, trials=trials, rstate=1)
    best = space_eval(SPACE, argmin)

    print("\nBest parameters:")
    for name, value in best.items():
        print(f"  {name:<13} {value!r}")
    print("\nTest accuracy")
    print(f"  before (scikit-learn's defaults): {test_accuracy({}):.1%}")
    print(f"  after  ({len(trials)} trials):              {test_accuracy(best):.1%}")
    plot(trials.losses(), options.picture)
    print(f"\nThe loss history is in {options.picture}.")


if __name__ == "__main__":
    main()
