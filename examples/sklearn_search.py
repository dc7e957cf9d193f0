"""Search as scikit-learn does: `HyperoptSearchCV` in the place of `GridSearchCV`."""

from __future__ import annotations

import argparse
import math

from sklearn.datasets import load_breast_cancer
from sklearn.model_selection import train_test_split
from sklearn.pipeline import Pipeline
from sklearn.preprocessing import StandardScaler
from sklearn.svm import SVC

from hyperopt import hp
from hyperopt.sklearn import HyperoptSearchCV

SPACE = {
    "svm__kernel": hp.choice("kernel", ["linear", "rbf"]),
    "svm__C": hp.loguniform("C", math.log(1e-2), math.log(1e2)),
    "svm__gamma": hp.loguniform("gamma", math.log(1e-4), math.log(1.0)),
}


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--max-evals", type=int, default=30)
    options = parser.parse_args()
    features, target = load_breast_cancer(return_X_y=True)
    train_x, test_x, train_y, test_y = train_test_split(features, target, random_state=0)

    pipeline = Pipeline([("scale", StandardScaler()), ("svm", SVC())])
    search = HyperoptSearchCV(pipeline, SPACE, max_evals=options.max_evals, cv=3, random_state=0)
    search.fit(train_x, train_y)

    print("best parameters:", search.best_params_)
    print(f"cross-validated accuracy {search.best_score_:.3f}")
    print(f"test accuracy            {search.score(test_x, test_y):.3f}")


if __name__ == "__main__":
    main()
