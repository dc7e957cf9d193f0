"""A user's program without a mistake: type checkers must have nothing to say about it."""

from __future__ import annotations

from functools import partial
from typing import TYPE_CHECKING, Any

import numpy as np

from hyperopt import (
    STATUS_OK,
    Study,
    Trials,
    anneal,
    fmin,
    hp,
    jtpe,
    pruners,
    rand,
    space_eval,
    tpe,
)
from hyperopt.early_stop import no_progress_loss
from hyperopt.pyll import scope

if TYPE_CHECKING:
    from typing_extensions import assert_type
else:

    def assert_type(value: object, kind: object) -> None: ...


space: dict[str, Any] = {
    "x": hp.uniform("x", -5, 5),
    "lr": hp.loguniform("lr", np.log(1e-5), 0.0),
    "n": scope.int(hp.quniform("n", 1, 6, q=1)),
    "units": hp.randint("units", 16),
    "depth": hp.randint("depth", 1, 9),
    "step": hp.uniformint("step", np.int64(0), 9),
    "kind": hp.choice("kind", ["a", {"width": hp.lognormal("width", mu=0, sigma=1)}]),
    "weighted": hp.pchoice("weighted", [(0.3, "a"), (0.7, None)]),
    "options": hp.choice("options", range(3)),
}


def loss(point: dict[str, Any]) -> float:
    return float(point["x"] ** 2)


def result(point: dict[str, Any]) -> dict[str, Any]:
    return {"loss": loss(point), "status": STATUS_OK}


trials = Trials()
best = fmin(loss, space, max_evals=10, trials=trials)
print(best["x"], space_eval(space, best), trials.best_params, trials.losses())
fmin(result, space, algo=tpe.suggest, max_evals=5, rstate=np.random.default_rng(0))
fmin(loss, space, algo=partial(tpe.suggest, gamma=0.3, n_EI_candidates=48), max_evals=5)
fmin(loss, space, partial(jtpe.suggest, n_startup_jobs=5), 5, early_stop_fn=no_progress_loss(3))
fmin(loss, space, rand.suggest, 5, timeout=2.5, loss_threshold=0.1, return_argmin=False)
fmin(loss, space, anneal.suggest, 5, n_jobs=2, show_progressbar=False)
table = trials.to_dataframe()
print(table["loss"].min(), table.groupby("kind").size())
fmin(loss, space, max_evals=5, pruner=pruners.ASHA(factor=3), trials=trials)
fmin(loss, space, max_evals=5, pruner="median")
print(trials.curves()["value"].min())
study = trials.study(space, rstate=1)
asked = study.ask()
study.tell(asked, loss=loss(asked.params))
first, second = study.ask(2)
study.tell(first.tid, failure="the power went off")

assert_type(best, dict[str, Any])
assert_type(fmin(loss, space, max_evals=5, return_argmin=True), dict[str, Any])
number: float = fmin(abs, hp.uniform("x", -5, 5), max_evals=5, return_argmin=False)
either: Any = fmin(loss, space, max_evals=5, return_argmin=bool(number))
plain = {"x": hp.uniform("x", -5, 5)}
point = fmin(loss, plain, rand.suggest, 5, return_argmin=False, n_jobs=2, verbose=False)
assert_type(point, dict[str, Any])
points = trials.study(plain)
assert_type(points, Study[dict[str, Any]])
assert_type(points.best_params, dict[str, Any])
assert_type(points.ask().params, dict[str, Any])
bare: Study = Trials().study(hp.uniform("x", -5, 5))
print(bare.ask().params + 1, abs(bare.best_params))
