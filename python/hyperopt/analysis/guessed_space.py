"""A space for trials that do not know theirs, guessed from the values that they hold."""

from __future__ import annotations

import math
from collections.abc import Iterable
from typing import TYPE_CHECKING, Any

import numpy as np

from hyperopt.space import constructors as hp
from hyperopt.storage.documents import active_values

if TYPE_CHECKING:
    from hyperopt.space.compiler import CompiledSpace
    from hyperopt.storage.documents import Document

_LOG_RATIO = 1000.0
"""Positive numbers that spread over as much are taken for logarithmic."""

_MOST_OPTIONS = 32
"""Integers are taken for the numbers of options up to as many."""


def guessed_space(docs: Iterable[Document]) -> tuple[CompiledSpace, list[bool]]:
    """The flat space that the values span, and of each parameter whether it selects an option.

    Integers are options, or a range if there are many; other numbers lie between the smallest and
    the largest that occurred, on a logarithmic scale if they spread far. Where a parameter is not
    active its trials have no value, so conditions need not be known.
    """
    from hyperopt.space.compiler import compile_space

    values: dict[str, list[Any]] = {}
    for doc in docs:
        for label, value in active_values(doc["misc"]["vals"]).items():
            if math.isfinite(value):
                values.setdefault(label, []).append(value)
    priors, unordered = [], []
    for label in sorted(values):
        column = values[label]
        whole = all(isinstance(value, (int, np.integer)) for value in column)
        priors.append(_prior(label, float(min(column)), float(max(column)), whole))
        unordered.append(whole and 0 <= min(column) <= max(column) < _MOST_OPTIONS)
    return compile_space(priors), unordered


def _prior(label: str, low: float, high: float, whole: bool) -> Any:
    if whole:
        return hp.randint(label, min(int(low), 0), int(high) + 1)
    if low == high:
        return hp.quniform(label, low, low + 0.1, 1.0)
    if low > 0 and high / low > _LOG_RATIO:
        return hp.loguniform(label, math.log(low), math.log(high))
    return hp.uniform(label, low, high)
