"""Random nodes: the distributions of spaces, and drawing a value of a whole expression.

A node of one of these functions has no value until it gets a generator: `sample` gives every one
of them the same, as the keyword argument ``rng``.
"""

from __future__ import annotations

import sys
from collections.abc import Callable
from typing import Any, TypeVar

import numpy as np

from .base import Apply, Literal, as_apply, clone, dfs, rec_eval, scope

__all__ = [
    "ERR",
    "as_apply",
    "categorical",
    "choice",
    "clone",
    "dfs",
    "implicit_stochastic",
    "implicit_stochastic_symbols",
    "lognormal",
    "loguniform",
    "normal",
    "one_of",
    "qlognormal",
    "qloguniform",
    "qnormal",
    "quniform",
    "randint",
    "randint_via_categorical",
    "rec_eval",
    "recursive_set_rng_kwarg",
    "rng_from_seed",
    "sample",
    "scope",
    "uniform",
]

F = TypeVar("F", bound=Callable[..., Any])

#: Names of the functions that need a generator.
implicit_stochastic_symbols: set[str] = set()


def ERR(msg: str) -> None:
    """Print to stderr."""
    print(msg, file=sys.stderr)  # noqa: T201


def implicit_stochastic(f: F) -> F:
    """Mark a function as one that takes a generator as the keyword argument ``rng``."""
    implicit_stochastic_symbols.add(f.__name__)
    return f


@scope.define
def rng_from_seed(seed: Any) -> np.random.Generator:
    """Make a generator of a seed."""
    return np.random.default_rng(seed)


def _generator(rng: Any) -> Any:
    """Check a generator: numpy's new or old kind."""
    if rng is None:
        raise TypeError(
            "a random node was evaluated without a generator; draw with "
            "hyperopt.pyll.stochastic.sample(expr, rng), and label random parameters with hp.* "
            "in a search space"
        )
    return rng


def _quantise(value: Any, q: float) -> Any:
    """Round to multiples of q, half to even, without negative zeros."""
    return np.round(value / q) * q + 0.0


@implicit_stochastic
@scope.define
def uniform(low: float, high: float, rng: Any = None, size: Any = ()) -> Any:
    """Draw from U[low, high)."""
    return _generator(rng).uniform(low, high, size=size)


@implicit_stochastic
@scope.define
def quniform(low: float, high: float, q: float, rng: Any = None, size: Any = ()) -> Any:
    """Draw round(u / q) * q with u from U[low, high)."""
    return _quantise(_generator(rng).uniform(low, high, size=size), q)


@implicit_stochastic
@scope.define
def loguniform(low: float, high: float, rng: Any = None, size: Any = ()) -> Any:
    """Draw exp(u) with u from U[low, high)."""
    return np.exp(_generator(rng).uniform(low, high, size=size))


@implicit_stochastic
@scope.define
def qloguniform(low: float, high: float, q: float, rng: Any = None, size: Any = ()) -> Any:
    """Draw round(exp(u) / q) * q with u from U[low, high)."""
    return _quantise(np.exp(_generator(rng).uniform(low, high, size=size)), q)


@implicit_stochastic
@scope.define
def normal(mu: float, sigma: float, rng: Any = None, size: Any = ()) -> Any:
    """Draw from N(mu, sigma**2)."""
    return _generator(rng).normal(mu, sigma, size=size)


@implicit_stochastic
@scope.define
def qnormal(mu: float, sigma: float, q: float, rng: Any = None, size: Any = ()) -> Any:
    """Draw round(g / q) * q with g from N(mu, sigma**2)."""
    return _quantise(_generator(rng).normal(mu, sigma, size=size), q)


@implicit_stochastic
@scope.define
def lognormal(mu: float, sigma: float, rng: Any = None, size: Any = ()) -> Any:
    """Draw exp(g) with g from N(mu, sigma**2)."""
    return np.exp(_generator(rng).normal(mu, sigma, size=size))


@implicit_stochastic
@scope.define
def qlognormal(mu: float, sigma: float, q: float, rng: Any = None, size: Any = ()) -> Any:
    """Draw round(exp(g) / q) * q with g from N(mu, sigma**2)."""
    return _quantise(np.exp(_generator(rng).normal(mu, sigma, size=size)), q)


@implicit_stochastic
@scope.define
def randint(low: int, high: int | None = None, rng: Any = None, size: Any = ()) -> Any:
    """Draw an integer from low ... high - 1, or from 0 ... low - 1 when high is not given."""
    generator = _generator(rng)
    draw = generator.integers if hasattr(generator, "integers") else generator.randint
    # An int64 everywhere: a RandomState draws C longs by default.
    return draw(low, high, size=size, dtype=np.int64)


@implicit_stochastic
@scope.define
def categorical(p: Any, rng: Any = None, size: Any = ()) -> Any:
    """Draw an option's number; the last one has what the probabilities before it leave.

    Raises
    ------
    ValueError
        When a probability is outside [0, 1], or those before the last sum to more than 1.
    """
    probabilities = np.asarray(p, dtype=np.float64).ravel()
    edges = np.cumsum(probabilities[:-1])
    in_range = np.all((probabilities >= 0) & (probabilities <= 1))
    if probabilities.size == 0 or not in_range or (edges.size and edges[-1] > 1 + 1e-12):
        raise ValueError(
            f"categorical({probabilities.tolist()}): the probabilities must lie in [0, 1] and "
            "sum to 1"
        )
    numbers = np.searchsorted(edges, _generator(rng).uniform(size=size), side="right")
    return np.int64(numbers) if np.ndim(numbers) == 0 else numbers.astype(np.int64)


@implicit_stochastic
@scope.define
def randint_via_categorical(p: Any, rng: Any = None, size: Any = ()) -> Any:
    """Draw an option's number; see `categorical`."""
    return categorical(p, rng=rng, size=size)


def choice(args: Any) -> Apply:
    """Make a node that takes one of the options at random, without a label."""
    return one_of(*args)


def one_of(*args: Any) -> Apply:
    """Make a node that takes one of its arguments at random, without a label."""
    return scope.switch(scope.randint(len(args)), *args)


# Offered as `scope.choice` and `scope.one_of` too. They make a switch, so they are no symbols.
scope.__dict__.update(choice=choice, one_of=one_of)


def recursive_set_rng_kwarg(expr: Any, rng: Any = None) -> Apply:
    """Give every random node of a graph a generator, in place.

    Parameters
    ----------
    expr : Apply
        The graph.
    rng : numpy.random.Generator or numpy.random.RandomState, optional
        The generator, or a node of one; a new one by default.

    Returns
    -------
    Apply
        The graph.
    """
    root = as_apply(expr)
    generator = as_apply(np.random.default_rng() if rng is None else rng)
    for node in dfs(root):
        if node.name in implicit_stochastic_symbols:
            node.set_kwarg("rng", generator)
    return root


def sample(expr: Any, rng: Any = None, **kwargs: Any) -> Any:
    """Draw a random value of an expression.

    Parameters
    ----------
    expr : Apply or object
        The expression, for instance a search space.
    rng : numpy.random.Generator, numpy.random.RandomState or int, optional
        The generator, or a seed for one; a new one by default.
    **kwargs
        Options of `rec_eval`.

    Returns
    -------
    object
        The value.

    Examples
    --------
    >>> from hyperopt import hp
    >>> from hyperopt.pyll.stochastic import sample
    >>> sample({"n": hp.randint("n", 1, 2), "kind": hp.choice("kind", ["only"])}, rng=0)
    {'kind': 'only', 'n': 1}
    """
    if rng is None or isinstance(rng, (int, np.integer)):
        rng = np.random.default_rng(rng)
    memo: dict[Apply, Any] = kwargs.pop("memo", None) or {}
    copies: dict[Apply, Apply] = {}
    copy = recursive_set_rng_kwarg(clone(as_apply(expr), copies), Literal(rng))
    given = {copies.get(node, node): value for node, value in memo.items()}
    return rec_eval(copy, memo=given, **kwargs)
