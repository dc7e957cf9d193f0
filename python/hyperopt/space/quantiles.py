"""Quantiles of priors: the value below which a share of the prior's mass lies."""

from __future__ import annotations

import math
from itertools import accumulate
from statistics import NormalDist
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from hyperopt.space.compiler import Parameter

__all__ = ["quantile"]

_STANDARD = NormalDist()
_NEXT_TO_ONE = 1.0 - 2.0**-53
_NEXT_TO_ZERO = 2.0**-53


def quantile(parameter: Parameter, share: float) -> float:
    """The value of a parameter at a share of its prior, as it is stored.

    A quantised family gives the multiple of q that the underlying value is rounded to, so shares
    spread evenly give each multiple as often as the prior does. The number of an option is taken
    from the cumulated probabilities.

    Parameters
    ----------
    parameter
        A parameter of a compiled space.
    share
        From 0 to 1; at the ends an unbounded family gives the value that is 2**-53 away from them.
    """
    share = min(max(share, _NEXT_TO_ZERO), _NEXT_TO_ONE)
    family, args = parameter.family, parameter.args
    if family == "randint":
        low, high = args
        return float(min(low + math.floor(share * (high - low)), high - 1))
    if family == "categorical":
        return float(_option(args, share))
    if "normal" in family:
        mu, sigma = args[:2]
        value = mu + sigma * _STANDARD.inv_cdf(share)
    else:
        low, high = args[:2]
        value = low + share * (high - low)
    if parameter.is_log:
        value = math.exp(value)
    if parameter.step is not None:
        value = round(value / parameter.step) * parameter.step
    return float(value)


def _option(probabilities: tuple[float, ...], share: float) -> int:
    possible = [number for number, p in enumerate(probabilities) if p > 0]
    total = sum(probabilities)
    for number, reached in zip(
        possible, accumulate(probabilities[number] for number in possible), strict=True
    ):
        if share < reached / total:
            return number
    return possible[-1]
