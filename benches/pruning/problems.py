"""What is trained: tables of real learning curves, and cheap models trained on the spot."""

from __future__ import annotations

import itertools
import json
import math
from collections.abc import Iterator
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import Any, ClassVar, Protocol

import numpy as np


class Problem(Protocol):
    """Something to tune that reports a loss after each of `steps` steps."""

    name: str
    steps: int
    parameters: dict[str, tuple[Any, ...]]
    """By name: ("log", low, high), ("uniform", low, high), or ("level", number of values)."""

    def losses(self, point: dict[str, float]) -> Iterator[float]:
        """The loss after each step."""


@dataclass(frozen=True)
class Table:
    """Learning curves that were recorded, one for each combination of levels."""

    name: str
    steps: int
    parameters: dict[str, tuple[Any, ...]]
    curves: Any

    @classmethod
    def read(cls, path: Path) -> Table:
        """A table as a file ``curves_NAME.npz`` with ``levels`` (json) and ``curve``."""
        with np.load(path) as file:
            levels = json.loads(str(file["levels"]))
            curves = file["curve"].astype(float)
        sizes = {name: ("level", len(values)) for name, values in levels.items()}
        return cls(path.stem.removeprefix("curves_"), curves.shape[1], sizes, curves)

    @property
    def scale(self) -> tuple[float, float]:
        """The best end and the median one: regret 0 and 1."""
        return float(self.curves[:, -1].min()), float(np.median(self.curves[:, -1]))

    def losses(self, point: dict[str, float]) -> Iterator[float]:
        """The recorded curve."""
        shape = [size for _, size in self.parameters.values()]
        cell = np.ravel_multi_index([int(point[name]) for name in self.parameters], shape)
        return iter(self.curves[cell].tolist())


@cache
def _digits() -> tuple[Any, ...]:
    from sklearn.datasets import load_digits
    from sklearn.model_selection import train_test_split

    x, y = load_digits(return_X_y=True)
    x, y = (x[:900] - x.mean()) / x.std(), y[:900]  # an epoch is to cost about a millisecond
    return tuple(train_test_split(x, y, test_size=0.35, random_state=11, stratify=y))


class Network:
    """A network with one hidden layer, trained on digits; five continuous parameters."""

    name = "network on digits"
    steps = 27
    scale = (0.0, 1.0)
    parameters: ClassVar[dict[str, tuple[Any, ...]]] = {
        "rate": ("log", 1e-4, 1.0),
        "momentum": ("uniform", 0.0, 0.99),
        "decay": ("log", 1e-6, 1e-1),
        "fade": ("uniform", 0.7, 1.0),
        "spread": ("log", 1e-2, 3.0),
    }

    def losses(self, point: dict[str, float]) -> Iterator[float]:
        """Cross-entropy on the validation set after each epoch."""
        a, b, ya, yb = _digits()
        rng = np.random.default_rng(0)
        weights = [
            point["spread"] * rng.normal(size=(64, 32)) / 8,
            point["spread"] * rng.normal(size=(32, 10)) / math.sqrt(32),
        ]
        speed = [np.zeros_like(w) for w in weights]
        rate = point["rate"]
        with np.errstate(all="ignore"):
            for _ in range(self.steps):
                order = rng.permutation(len(a))
                for batch in np.array_split(order, len(a) // 64):
                    for w, v, g in zip(
                        weights, speed, _slopes(weights, a[batch], ya[batch]), strict=True
                    ):
                        v *= point["momentum"]
                        v -= rate * (g + point["decay"] * w)
                        w += v
                rate *= point["fade"]
                loss = -np.log(_chances(weights, b)[1][np.arange(len(b)), yb] + 1e-12).mean()
                yield float(loss) if np.isfinite(loss) else 30.0


def _chances(weights: list[Any], x: Any) -> tuple[Any, Any]:
    hidden = np.maximum(x @ weights[0], 0)
    z = hidden @ weights[1]
    z -= z.max(axis=1, keepdims=True)
    e = np.exp(z)
    return hidden, e / e.sum(axis=1, keepdims=True)


def _slopes(weights: list[Any], x: Any, y: Any) -> list[Any]:
    hidden, p = _chances(weights, x)
    p[np.arange(len(y)), y] -= 1
    p /= len(y)
    return [x.T @ ((p @ weights[1].T) * (hidden > 0)), hidden.T @ p]


@cache
def _friedman() -> tuple[Any, ...]:
    from sklearn.datasets import make_friedman1
    from sklearn.model_selection import train_test_split

    x, y = make_friedman1(400, 12, noise=1.0, random_state=5)
    return tuple(train_test_split(x, (y - y.mean()) / y.std(), test_size=0.35, random_state=11))


class Boosting:
    """Gradient boosting of XGBoost on friedman1; five continuous parameters and a depth."""

    name = "boosting on friedman1"
    steps = 81
    scale = (0.0, 1.0)
    parameters: ClassVar[dict[str, tuple[Any, ...]]] = {
        "eta": ("log", 0.01, 1.0),
        "subsample": ("uniform", 0.3, 1.0),
        "colsample_bytree": ("uniform", 0.3, 1.0),
        "reg_lambda": ("log", 1e-2, 100.0),
        "min_child_weight": ("log", 1.0, 30.0),
        "max_depth": ("uniform", 1.5, 8.5),
    }

    def losses(self, point: dict[str, float]) -> Iterator[float]:
        """Root mean squared error on the validation set after each round."""
        import xgboost

        a, b, ya, yb = _friedman()
        train, valid = xgboost.DMatrix(a, ya), xgboost.DMatrix(b)
        fixed = {"nthread": 1, "seed": 0, "verbosity": 0, "max_depth": round(point["max_depth"])}
        model = xgboost.Booster({**point, **fixed}, [train, valid])
        for step in range(self.steps):
            model.update(train, step)
            yield float(np.sqrt(np.mean((model.predict(valid) - yb) ** 2)))


def combinations(parameters: dict[str, tuple[Any, ...]]) -> Iterator[dict[str, int]]:
    """All points of a space of levels."""
    sizes = [range(size) for _, size in parameters.values()]
    for levels in itertools.product(*sizes):
        yield dict(zip(parameters, levels, strict=True))
