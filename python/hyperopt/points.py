"""Points that a user wants evaluated: `points_to_evaluate`."""

from __future__ import annotations

import math
import operator
from collections.abc import Iterable, Mapping
from typing import TYPE_CHECKING, Any

import numpy as np

from hyperopt.documents import STATUS_NEW, Document, new_document
from hyperopt.domain import Domain
from hyperopt.exceptions import MissingLabel
from hyperopt.pyll.base import dfs, rec_eval
from hyperopt.trials import Trials

if TYPE_CHECKING:
    from hyperopt.space import CompiledSpace

_CMD = ("domain_attachment", "FMinIter_Domain")


def generate_trial(tid: Any, space: Mapping[str, Any]) -> Document:
    """The document of a trial that is to evaluate the values `space`: ``{label: value}``."""
    misc = {
        "tid": tid,
        "cmd": _CMD,
        "workdir": None,
        "idxs": {label: [tid] for label in space},
        "vals": {label: [value] for label, value in space.items()},
    }
    return new_document(tid, None, {"status": STATUS_NEW}, misc, None)


def generate_trials_to_calculate(points: Iterable[Mapping[str, Any]]) -> Trials:
    """A new store in which the given points wait to be evaluated."""
    trials = Trials()
    docs = [generate_trial(tid, point) for tid, point in enumerate(points)]
    trials.insert_trial_docs(docs)
    return trials


def insert_points(trials: Trials, domain: Domain, points: Any) -> None:
    """Store points so that they are evaluated next; leave out those that `trials` holds.

    Raises
    ------
    ValueError
        If `points` is no list of dicts, names an unknown parameter, or gives a choice something
        that is none of its options.
    MissingLabel
        If a parameter that is active at a point has no value.
    """
    wanted = [
        assignment_of(domain.space, point, f"points_to_evaluate[{i}]")
        for i, point in enumerate(_checked(points))
    ]
    known = [_active(doc["misc"]["vals"]) for doc in trials._dynamic_trials]
    for values in wanted:
        if not any(_same(values, other) for other in known):
            trials.insert_trial_docs([trial_of(trials, values, domain.space.labels)])


def trial_of(trials: Trials, values: Mapping[str, Any], labels: Iterable[str]) -> Document:
    """A new document for `trials`, not inserted; labels without a value are inactive."""
    (tid,) = trials.new_trial_ids(1)
    misc = {
        "tid": tid,
        "cmd": _CMD,
        "workdir": None,
        "idxs": {label: [tid] if label in values else [] for label in labels},
        "vals": {label: [values[label]] if label in values else [] for label in labels},
    }
    return trials.new_trial_docs([tid], [None], [{"status": STATUS_NEW}], [misc])[0]


def assignment_of(space: CompiledSpace, point: Mapping[str, Any], name: str) -> dict[str, Any]:
    """The active parameters that a user's point gives, with choices as option numbers.

    Parameters
    ----------
    space
        The space that the point is of.
    point
        ``{label: value}``.
    name
        What to call the point in errors.
    """
    unknown = [label for label in point if label not in space.labels]
    if unknown:
        raise ValueError(
            f"{name} has the key {unknown[0]!r}, which is no parameter of the space; the "
            f"parameters are {', '.join(map(repr, space.labels))}"
        )
    options = _options(space)
    families = {parameter.label: parameter.family for parameter in space.parameters}
    values = {
        label: _option_number(value, options[label], f"{name}[{label!r}]")
        if label in options
        else _number(value, families[label], f"{name}[{label!r}]")
        for label, value in point.items()
    }
    try:
        active = space.active(values)
    except MissingLabel as error:
        raise MissingLabel(f"{name}: {error}") from None
    for label in space.labels:
        if label in active and label not in values:
            raise MissingLabel(
                f"{name} has no value for {label!r}, which is active there; add it to the point"
            )
    return {label: value for label, value in values.items() if label in active}


def _checked(points: Any) -> list[Mapping[str, Any]]:
    if not isinstance(points, (list, tuple)) or not all(isinstance(p, Mapping) for p in points):
        raise ValueError(
            f"points_to_evaluate={points!r}: give a list of dicts {{label: value}}, one per point"
        )
    return list(points)


def _options(space: CompiledSpace) -> dict[str, list[Any]]:
    """The options of every choice, as expressions."""
    return {
        node.pos_args[0].arg["label"].obj: node.pos_args[1:]
        for node in dfs(space.expression)
        if node.name == "switch" and node.pos_args[0].name == "hyperopt_param"
    }


def _number(value: Any, family: str, name: str) -> Any:
    """`value`, which must be a number; of a parameter of integers, a whole one."""
    whole = family in ("randint", "categorical")
    if np.ndim(value) == 0:
        try:
            number = float(value)
        except (TypeError, ValueError):
            number = math.nan
        if math.isfinite(number) and not isinstance(value, str) and not (whole and number % 1):
            return value
    raise ValueError(f"{name} is {value!r}; give a {'whole' if whole else 'finite'} number")


def _option_number(value: Any, options: list[Any], name: str) -> int:
    """The number of the option that `value` means: it is the number, or else the option itself."""
    constants: dict[int, Any] = {}
    for number, option in enumerate(options):
        if not any(node.name == "hyperopt_param" for node in dfs(option)):
            constants[number] = rec_eval(option)
    by_number = not isinstance(value, (bool, np.bool_)) or not any(
        isinstance(constant, (bool, np.bool_)) for constant in constants.values()
    )
    if by_number:
        try:
            number = operator.index(value)
        except TypeError:
            pass
        else:
            if 0 <= number < len(options):
                return number
    for number, constant in constants.items():
        if type(constant) is type(value) and _equal(constant, value):
            return number
    for number, constant in constants.items():
        if _equal(constant, value):
            return number
    if isinstance(value, float) and value in range(len(options)):
        return int(value)
    raise ValueError(
        f"{name} is {value!r}, which is no option: give the number of an option, 0 to "
        f"{len(options) - 1}, or one of {list(constants.values())!r}"
    )


def _equal(a: Any, b: Any) -> bool:
    try:
        return bool(np.all(a == b)) and np.shape(a) == np.shape(b)
    except Exception:  # Comparing what the user put into a choice may do anything.
        return False


def _active(vals: Mapping[str, Any]) -> dict[str, Any]:
    return {label: values[0] for label, values in vals.items() if len(values)}


def _same(a: Mapping[str, Any], b: Mapping[str, Any]) -> bool:
    return a.keys() == b.keys() and all(_equal(a[label], b[label]) for label in a)
