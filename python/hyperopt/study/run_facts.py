"""What is recorded of a run in its trials, for those who look at them later."""

from __future__ import annotations

import functools
import platform
import sys
from collections.abc import Callable, Iterable, Mapping
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


def described_algorithm_text(description: Mapping[str, Any]) -> str:
    """The same of a description that is stored (see `provenance`).

    Examples
    --------
    >>> given = {"gamma": {"value": 0.3}}
    >>> described_algorithm_text({"partial": {"name": "hyperopt.tpe.suggest"}, "options": given})
    'hyperopt.tpe.suggest(gamma=0.3)'
    """
    if "distinct" in description:
        return described_algorithm_text(description["distinct"])
    if "partial" in description:
        given = [_argument_text(argument) for argument in description.get("args", ())]
        options = description.get("options", {})
        given += [f"{name}={_argument_text(argument)}" for name, argument in options.items()]
        return f"{described_algorithm_text(description['partial'])}({', '.join(given)})"
    return str(description.get("name", description.get("foreign", "?")))


def _argument_text(argument: Mapping[str, Any]) -> str:
    if "algorithm" in argument:
        return described_algorithm_text(argument["algorithm"])
    for kind, brackets in (("list", "[]"), ("tuple", "()")):
        if kind in argument:
            return ", ".join(map(_argument_text, argument[kind])).join(brackets)
    return _short(argument["value"])


def common_versions(software: Iterable[str]) -> dict[str, str]:
    """The versions that processes name, such as ``"hyperopt-rs 1.0.0, Python 3.11.7"``, by name.

    Examples
    --------
    >>> common_versions(["hyperopt-rs 1.0.0, Python 3.11.7", "hyperopt-rs 1.0.0, Python 3.12.1"])
    {'hyperopt-rs': '1.0.0', 'Python': '3.11.7 and 3.12.1'}
    """
    found: dict[str, dict[str, None]] = {}
    for text in software:
        for part in text.split(", "):
            name, _, version_text = part.rpartition(" ")
            found.setdefault(name, {})[version_text] = None
    return {name: " and ".join(versions) for name, versions in found.items()}


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
