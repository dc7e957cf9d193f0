"""Choose a kind of model and its parameters at once: a nested space with conditional parameters.

The gradient-boosting branch has what people tune in XGBoost and LightGBM; scikit-learn's own
histogram-based implementation stands for them, so that nothing more needs to be installed.
"""

from __future__ import annotations

import argparse
import math
from typing import Any

from sklearn.datasets import load_wine
from sklearn.ensemble import HistGradientBoostingClassifier, RandomForestClassifier
from sklearn.linear_model import LogisticRegression
from sklearn.model_selection import cross_val_score
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import StandardScaler

from hyperopt import STATUS_OK, Trials, fmin, hp, tpe
from hyperopt.pyll import scope

SPACE = hp.choice(
    "model",
    [
        {
            "kind": "boosting",
            "learning_rate": hp.loguniform("learning_rate", math.log(0.01), math.log(0.5)),
            "max_iter": scope.int(hp.quniform("max_iter", 10, 60, 10)),
            "max_leaf_nodes": scope.int(hp.qloguniform("leaves", math.log(4), math.log(32), 1)),
            "l2_regularization": hp.lognormal("l2", -2, 2),
            "early_stopping": False,
        },
        {
            "kind": "forest",
            "n_estimators": scope.int(hp.quniform("n_estimators", 10, 60, 10)),
            "max_features": hp.uniform("max_features", 0.1, 1.0),
        },
        {
            "kind": "linear",
            "C": hp.loguniform("C", math.log(1e-3), math.log(1e3)),
            "scaled": hp.choice("scaled", [True, False]),
        },
    ],
)


def model(kind: str, scaled: bool = True, **parameters: Any) -> Any:
    """Return the untrained model that a point of the space describes."""
    if kind == "boosting":
        return HistGradientBoostingClassifier(**parameters, random_state=0)
    if kind == "forest":
        return RandomForestClassifier(**parameters, random_state=0)
    linear = LogisticRegression(**parameters, solver="newton-cholesky")
    return make_pipeline(StandardScaler(), linear) if scaled else linear


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--max-evals", type=int, default=40)
    options = parser.parse_args()
    features, target = load_wine(return_X_y=True)

    def objective(point: dict[str, Any]) -> dict[str, Any]:
        accuracy = cross_val_score(model(**point), features, target, cv=3).mean()
        return {"loss": 1 - accuracy, "status": STATUS_OK, "kind": point["kind"]}

    trials = Trials()
    fmin(
        objective,
        SPACE,
        algo=tpe.suggest,
        max_evals=options.max_evals,
        trials=trials,
        rstate=0,
        show_progressbar=False,
    )
    kinds = [result["kind"] for result in trials.results]
    for kind in sorted(set(kinds)):
        losses = [loss for loss, k in zip(trials.losses(), kinds, strict=True) if k == kind]
        print(f"{kind:<9} {len(losses):>3} trials, best accuracy {1 - min(losses):.3f}")
    print("best:", trials.best_params)


if __name__ == "__main__":
    main()
