"""What is recorded of a run in its trials, for those who look at them later."""

from __future__ import annotations

import functools
import platform
import sys
from collections.abc import Callable
from typing import TYPE_CHECKING, Any

import numpy as np

from hyperopt.environment.installation import version

if TYPE_CHECKING:
    from hyperopt.search.options import Options


def run_facts(algo: Callable[..., Any], rstate: Any, options: Options) -> dict[str, Any]:
    """Algorithm, seed, workers and versions, as texts and numbers that any pickle can hold."""
    facts: dict[str, Any] = {"algorithm": algorithm_text(algo)}
    seed = _seed_of(rstate)
    if seed is not None:
        facts["seed"] = seed
    if options.max_evals < sys.maxsize:
        facts["max_evals"] = options.max_evals
    if options.n_jobs is not None or options.executor is not None:
        facts["workers"] = _workers_text(options)
    facts["versions"] = {
        "hyperopt-rs": version(),
        "Python": platform.python_version(),
        "numpy": np.__version__,
    }
    return facts


def algorithm_text(algo: Any) -> str:
    """An algorithm in words: its name, and the options that were set.

    Examples
    --------
    >>> from hyperopt import partial, tpe
    >>> algorithm_text(partial(tpe.suggest, gamma=0.3))
    'hyperopt.tpe.suggest(gamma=0.3)'
    """
    if isinstance(algo, functools.partial):
        given = [repr(value) for value in algo.args]
        given += [f"{name}={_short(value)}" for name, value in algo.keywords.items()]
        return f"{algorithm_text(algo.func)}({', '.join(given)})"
    name = getattr(algo, "__qualname__", None)
    if name is None:
        return type(algo).__qualname__
    return f"{getattr(algo, '__module__', '?')}.{name}"


def _short(value: Any) -> str:
    if callable(value):
        return algorithm_text(value)
    text = repr(value)
    return text if len(text) <= 80 else f"{text[:79]}…"


def _seed_of(rstate: Any) -> int | None:
    """The integer that a generator was made with, if it was made with one."""
    sequence = getattr(getattr(rstate, "bit_generator", None), "seed_seq", None)
    entropy = getattr(sequence, "entropy", None)
    return entropy if isinstance(entropy, int) else None


def _workers_text(options: Options) -> str:
    parts = []
    if options.n_jobs is not None:
        parts.append(f"n_jobs={options.n_jobs}")
    if options.executor is not None:
        named = options.executor
        parts.append(named if isinstance(named, str) else type(named).__name__)
    return ", ".join(parts)
