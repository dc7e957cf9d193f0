"""Choose a family of models and its parameters at once: a nested space, cross-validated.

XGBoost, a random forest and a support vector machine compete on the breast-cancer measurements that
ship with scikit-learn. Each family has parameters of its own, and some of those exist only with one
option of another: `max_leaves` goes with leaf-wise growth, `gamma` with the radial kernel.

    pip install xgboost scikit-learn        # xgboost-cpu is the same, smaller
    python examples/model_selection.py [--max-evals 40]
"""

from __future__ import annotations

import argparse
import math
from typing import Any

from sklearn.datasets import load_breast_cancer
from sklearn.ensemble import RandomForestClassifier
from sklearn.model_selection import StratifiedKFold, cross_val_score
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import StandardScaler
from sklearn.svm import SVC
from xgboost import XGBClassifier

from hyperopt import STATUS_OK, Trials, fmin, hp
from hyperopt.pyll import scope

SPACE = hp.choice(
    "family",
    [
        {
            "family": "xgboost",
            "n_estimators": scope.int(hp.quniform("rounds", 20, 100, 20)),
            "learning_rate": hp.loguniform("learning_rate", math.log(0.02), math.log(0.5)),
            "reg_lambda": hp.lognormal("reg_lambda", 0, 1),
            "subsample": hp.uniform("subsample", 0.5, 1),
            "growth": hp.choice(
                "growth",
                [
                    {"grow_policy": "depthwise", "max_depth": hp.uniformint("max_depth", 2, 8)},
                    {
                        "grow_policy": "lossguide",
                        "max_depth": 0,
                        "max_leaves": scope.int(
                            hp.qloguniform("max_leaves", math.log(4), math.log(64), 1)
                        ),
                    },
                ],
            ),
        },
        {
            "family": "forest",
            "n_estimators": scope.int(hp.quniform("trees", 20, 100, 20)),
            "max_features": hp.uniform("max_features", 0.1, 1),
        },
        {
            "family": "svm",
            "C": hp.loguniform("C", math.log(1e-3), math.log(1e3)),
            "kernel": hp.choice(
                "kernel",
                [
                    {"kernel": "linear"},
                    {
                        "kernel": "rbf",
                        "gamma": hp.loguniform("gamma", math.log(1e-4), math.log(1)),
                    },
                ],
            ),
        },
    ],
)


def model(family: str, **parameters: Any) -> Any:
    """Return the untrained model that a point of the space describes."""
    if family == "xgboost":
        growth = parameters.pop("growth")
        return XGBClassifier(**parameters, **growth, n_jobs=1, random_state=0)
    if family == "forest":
        return RandomForestClassifier(**parameters, n_jobs=1, random_state=0)
    kernel = parameters.pop("kernel")
    return make_pipeline(StandardScaler(), SVC(**parameters, **kernel))


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--max-evals", type=int, default=40)
    options = parser.parse_args()
    measurements, diagnosis = load_breast_cancer(return_X_y=True)
    folds = StratifiedKFold(5, shuffle=True, random_state=0)

    def objective(point: dict[str, Any]) -> dict[str, Any]:
        accuracy = cross_val_score(model(**point), measurements, diagnosis, cv=folds).mean()
        return {"loss": 1 - accuracy, "status": STATUS_OK, "family": point["family"]}

    trials = Trials()
    fmin(objective, SPACE, max_evals=options.max_evals, trials=trials, rstate=0)
    families = [result["family"] for result in trials.results]
    for family in sorted(set(families)):
        losses = [
            loss for loss, other in zip(trials.losses(), families, strict=True) if other == family
        ]
        print(f"{family:<8} {len(losses):>3} trials, best accuracy {1 - min(losses):.3f}")
    print("best:", trials.best_params)


if __name__ == "__main__":
    main()
