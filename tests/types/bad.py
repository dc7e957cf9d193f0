"""A user's program in which every marked line has a mistake that type checkers must see."""

from __future__ import annotations

from functools import partial

from hyperopt import Trials, anneal, fmin, hp, jtpe, tpe

hp.uniform("x", "low", 1)  # mistake
hp.uniform("x", 0)  # mistake
hp.uniform("x", 0, 1, size=3)  # mistake
hp.loguniform(0, 1)  # mistake
hp.quniform("x", 0, 1)  # mistake
hp.normal("x", mu=0, sd=1)  # mistake
hp.randint("n", 2.5)  # mistake
hp.choice("c")  # mistake
hp.pchoice("c", ["a", "b"])  # mistake
partial(tpe.suggest, gama=0.3)  # mistake
partial(jtpe.suggest, startup=3)  # mistake
partial(anneal.suggest, shrink=0.2)  # mistake
fmin(lambda x: x, hp.uniform("x", 0, 1), max_eval=10)  # mistake
fmin(lambda x: x, hp.uniform("x", 0, 1), max_evals="10")  # mistake
fmin(lambda x: x, hp.uniform("x", 0, 1), trials={})  # mistake
fmin(lambda x: x, hp.uniform("x", 0, 1), pruner=3)  # mistake
Trials(refresh="x", expkey=3)  # mistake
study = Trials().study(hp.uniform("x", 0, 1))
study.ask("2")  # mistake
study.tell(0, los=1.0)  # mistake
study.ask().parameters  # noqa: B018  # mistake
fmin(lambda x: x, hp.uniform("x", 0, 1), max_evals=5) + 1  # mistake
fmin(lambda x: 0, {"x": hp.uniform("x", 0, 1)}, return_argmin=False).x  # noqa: B018  # mistake
fmin(lambda x: x, hp.uniform("x", 0, 1), return_argmin="no")  # mistake
fmin(lambda x: x, hp.uniform("x", 0, 1), catch_eval_exceptions=ValueError)  # mistake
fmin(lambda x: x, hp.uniform("x", 0, 1), return_argmin=False, n_job=2)  # mistake
points = Trials().study({"x": hp.uniform("x", 0, 1)})
points.best_params.x  # noqa: B018  # mistake
points.ask().params + 1  # mistake
