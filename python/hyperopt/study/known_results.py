"""Results that are known without evaluating: `Trials.add_observation`."""

from __future__ import annotations

import numbers
from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

import numpy as np

from hyperopt.environment.warning_levels import levels_to_user
from hyperopt.objective.domain import normalise_result
from hyperopt.pyll.base import as_apply
from hyperopt.space.points import assignment_of
from hyperopt.storage import lifecycle
from hyperopt.study.changed_space import adopt_space
from hyperopt.study.waiting_points import trial_of

if TYPE_CHECKING:
    from hyperopt.study.trials import Trials


def add_observation(trials: Trials, params: Mapping[str, Any], value: Any, space: Any) -> Any:
    """Store a finished trial; see `Trials.add_observation`."""
    result = normalise_result(value)
    if space is not None:
        from hyperopt.space.compiler import compile_space

        adopt_space(trials, compile_space(as_apply(space)), stacklevel=levels_to_user())
    if trials._space is not None:
        values = assignment_of(trials._space, params, "add_observation: params")
        labels = trials._space.labels
    else:
        values, labels = _numbers(params), tuple(params)
    doc = trial_of(trials, values, labels)
    attachments = result.pop("attachments", None)
    lifecycle.begin(doc)
    lifecycle.finish(doc, result)
    trials.insert_trial_docs([doc])
    trials.refresh()
    if attachments:
        trials.trial_attachments(doc).update(attachments)
    return doc["tid"]


def _numbers(params: Any) -> dict[str, Any]:
    if not isinstance(params, Mapping):
        raise ValueError(f"add_observation: params is {params!r}; give a dict {{label: value}}")
    for label, value in params.items():
        if not isinstance(value, (numbers.Real, np.bool_)):
            raise ValueError(
                f"add_observation: params[{label!r}] is {value!r}, and the space is not known; "
                "pass space=, or give a choice by the number of its option"
            )
    return dict(params)
