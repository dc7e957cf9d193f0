"""Studies of Optuna, turned into `Trials` and back.

Flat spaces only: what is conditional in Optuna is conditional in the code of its objective, and not
written anywhere.
"""

from __future__ import annotations

import datetime
import math
from typing import TYPE_CHECKING, Any

import numpy as np

from hyperopt.pyll.base import Apply, as_apply
from hyperopt.space import constructors as hp
from hyperopt.space.compiler import CompiledSpace, compile_space
from hyperopt.storage.documents import (
    JOB_STATE_DONE,
    JOB_STATE_ERROR,
    STATUS_OK,
    Document,
    active_values,
    misc_of_values,
)
from hyperopt.storage.lifecycle import fail, finish, new_document
from hyperopt.study.trials import Trials

if TYPE_CHECKING:
    from collections.abc import Callable

__all__ = ["trials_from_optuna", "trials_to_optuna"]


def trials_from_optuna(study: Any) -> Trials:
    """The finished trials of an Optuna study, with its space.

    Complete trials are *done*; pruned ones are *done* with status *fail*, and failed ones errors.
    What is maximised there is minimised here, so its sign changes.

    Parameters
    ----------
    study
        An ``optuna.Study`` of one objective.
    """
    if len(study.directions) != 1:
        raise ValueError(
            f"the Optuna study {study.study_name!r} has {len(study.directions)} objectives; only "
            "studies of one can be converted"
        )
    sign = -1.0 if study.direction.name == "MAXIMIZE" else 1.0
    finished = [trial for trial in study.get_trials(deepcopy=False) if trial.state.is_finished()]
    distributions: dict[str, Any] = {}
    for trial in finished:
        for label, distribution in trial.distributions.items():
            if distributions.setdefault(label, distribution) != distribution:
                _check_same(label, distributions[label], distribution)
    parts = {label: _parameter(label, found) for label, found in sorted(distributions.items())}
    trials = Trials()
    trials._space = compile_space(as_apply({label: node for label, (node, _) in parts.items()}))
    stores = {label: store for label, (_, store) in parts.items()}
    docs = [_document(trial, stores, sign) for trial in finished]
    trials.insert_trial_docs(docs)
    trials.refresh()
    return trials


def _check_same(label: str, first: Any, other: Any) -> None:
    raise ValueError(
        f"the parameter {label!r} has different distributions in different trials, {first!r} and "
        f"{other!r}; that is no flat space"
    )


def _parameter(label: str, distribution: Any) -> tuple[Apply, Callable[[Any], Any]]:
    """The parameter, and what turns an external value into the stored one."""
    kind = type(distribution).__name__
    if kind == "CategoricalDistribution":
        choices = list(distribution.choices)
        return hp.choice(label, choices), lambda value: np.int64(_index(choices, value))
    low, high, step = distribution.low, distribution.high, distribution.step
    if distribution.log:
        bounds = (math.log(low), math.log(high))
        if kind == "IntDistribution":
            return hp.qloguniform(label, *bounds, 1), np.float64
        return hp.loguniform(label, *bounds), np.float64
    if step is None:
        return hp.uniform(label, low, high), np.float64
    n_values = round((high - low) / step) + 1
    if kind == "IntDistribution" and step == 1:
        return hp.uniformint(label, low, high), np.float64
    if low % step == 0:
        return hp.quniform(label, low, low + (n_values - 1) * step, step), np.float64
    numbers = hp.randint(label, n_values)
    return low + step * numbers, lambda value: np.int64(round((value - low) / step))


def _index(choices: list[Any], value: Any) -> int:
    for index, choice in enumerate(choices):
        if type(choice) is type(value) and (choice == value or choice is value):
            return index
    return choices.index(value)


def _document(trial: Any, stores: dict[str, Any], sign: float) -> Document:
    tid = trial.number
    values = {
        label: store(trial.params[label])
        for label, store in stores.items()
        if label in trial.params
    }
    misc = misc_of_values(tid, values, stores)
    doc = new_document(tid, None, {"status": "new"}, misc, None)
    state = trial.state.name
    more = {"user_attrs": dict(trial.user_attrs)} if trial.user_attrs else {}
    if state == "COMPLETE":
        finish(doc, {"loss": sign * trial.value, "status": STATUS_OK, **more})
    elif state == "PRUNED":
        curve = [[step, sign * value] for step, value in sorted(trial.intermediate_values.items())]
        finish(doc, {"status": "fail", "pruned": True, "intermediate": curve, **more})
    else:
        reason = trial.system_attrs.get("fail_reason") or "failed in Optuna"
        fail(doc, "failure", str(reason))
    doc["book_time"] = _utc(trial.datetime_start)
    doc["refresh_time"] = _utc(trial.datetime_complete)
    return doc


def _utc(moment: datetime.datetime | None) -> datetime.datetime | None:
    """Optuna's local time in UTC without a zone, cut to milliseconds."""
    if moment is None:
        return None
    utc = moment.astimezone(datetime.timezone.utc).replace(tzinfo=None)
    return utc.replace(microsecond=utc.microsecond // 1000 * 1000)


def trials_to_optuna(trials: Trials, storage: Any, name: str) -> int:
    """Write finished trials into a new Optuna study; return how many there were.

    Parameters
    ----------
    trials
        They must know their space, which must be flat.
    storage
        The URL of Optuna's database, or one of its storage objects.
    name
        The name of the new study.
    """
    import optuna

    space = trials._space
    if space is None:
        raise ValueError("the trials do not know their search space, which Optuna wants to know")
    distributions = {p.label: _distribution(p, space) for p in space.parameters}
    study = optuna.create_study(storage=storage, study_name=name)
    found = [doc for doc in trials._dynamic_trials if doc["state"] in (2, 3)]
    study.add_trials([_frozen(doc, distributions, optuna) for doc in found])
    return len(found)


def _distribution(parameter: Any, space: CompiledSpace) -> tuple[Any, Callable[[Any], Any]]:
    """Optuna's distribution of a parameter, and what turns a stored value into Optuna's."""
    from optuna import distributions as optuna_distributions

    label, family, args = parameter.label, parameter.family, parameter.args
    if any(parameter.conditions):
        raise ValueError(f"the parameter {label!r} is conditional; only flat spaces go to Optuna")
    options = _options(label, space)
    if options is not None:
        return optuna_distributions.CategoricalDistribution(options), lambda v: options[int(v)]
    if family == "uniform":
        return optuna_distributions.FloatDistribution(*args), float
    if family == "loguniform":
        low, high = math.exp(args[0]), math.exp(args[1])
        limited = optuna_distributions.FloatDistribution(low, high, log=True)
        return limited, lambda v: min(max(float(v), low), high)
    if family == "quniform":
        low, high, q = args
        first, last = math.ceil(low / q) * q, math.floor(high / q) * q
        if q == int(q):
            whole = optuna_distributions.IntDistribution(int(first), int(last), step=int(q))
            return whole, lambda v: int(v)
        return optuna_distributions.FloatDistribution(first, last, step=q), float
    if family == "randint":
        return optuna_distributions.IntDistribution(args[0], args[1] - 1), int
    raise ValueError(
        f"the parameter {label!r} is hp.{family}, which Optuna has no distribution for"
    )


def _options(label: str, space: CompiledSpace) -> list[Any] | None:
    """The options of a choice, as Optuna can store them."""
    from hyperopt.pyll.base import rec_eval

    options = space.options.get(label)
    if options is None:
        return None
    values = [rec_eval(option) for option in options]
    plain = (str, int, float, bool, type(None))
    return [value if isinstance(value, plain) else repr(value) for value in values]


def _frozen(doc: Document, distributions: dict[str, tuple[Any, Any]], optuna: Any) -> Any:
    vals = active_values(doc["misc"]["vals"])
    loss = doc["result"].get("loss")
    done = doc["state"] == JOB_STATE_DONE and doc["result"].get("status") == STATUS_OK
    states = optuna.trial.TrialState
    complete = done and loss is not None and loss == loss
    trial = optuna.trial.create_trial(
        state=states.COMPLETE if complete else states.FAIL,
        value=float(loss) if complete else None,
        params={label: distributions[label][1](value) for label, value in vals.items()},
        distributions={label: distributions[label][0] for label in vals},
    )
    if doc["state"] == JOB_STATE_ERROR:
        trial.set_system_attr("fail_reason", str(doc["misc"].get("error")))
    for name, column in (("datetime_start", "book_time"), ("datetime_complete", "refresh_time")):
        if doc[column] is not None:
            local = doc[column].replace(tzinfo=datetime.timezone.utc).astimezone()
            setattr(trial, name, local.replace(tzinfo=None))
    return trial
