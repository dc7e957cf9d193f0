"""Where the seeds of a run's suggestions come from."""

from __future__ import annotations

import os
from typing import Any

import numpy as np


def as_rstate(rstate: Any) -> Any:
    """The generator that `rstate` means.

    Parameters
    ----------
    rstate
        A Generator or RandomState is taken as it is; anything that seeds one (an int, a
        SeedSequence, a BitGenerator) seeds a new Generator; None means the seed in the environment
        variable ``HYPEROPT_FMIN_SEED``, or a fresh one.
    """
    if type(rstate).__module__ == "random":
        raise ValueError(
            f"rstate={rstate!r} is a generator of Python's module random: give a seed, or "
            "numpy.random.default_rng(seed)"
        )
    if hasattr(rstate, "integers") or hasattr(rstate, "randint"):
        return rstate
    if rstate is None:
        text = os.environ.get("HYPEROPT_FMIN_SEED", "")
        try:
            return np.random.default_rng(int(text) if text else None)
        except ValueError:
            raise ValueError(
                f"environment variable HYPEROPT_FMIN_SEED={text!r}: set it to a whole number of at "
                "least 0, or unset it"
            ) from None
    try:
        return np.random.default_rng(rstate)
    except (TypeError, ValueError):
        raise ValueError(
            f"rstate={rstate!r}: give a numpy Generator, a RandomState, an int >= 0, or None"
        ) from None


def draw_seed(rstate: Any) -> int:
    """One seed for a suggestion algorithm, from 0 to 2**31 - 2."""
    if hasattr(rstate, "integers"):
        return int(rstate.integers(2**31 - 1))
    return int(rstate.randint(2**31 - 1))
