"""Expression graphs: what a search space is made of.

`as_apply` turns nested Python containers into a graph of `Apply` nodes, `scope` makes nodes that
call functions, `rec_eval` evaluates a graph, and `stochastic.sample` draws a random value from it.
"""

from __future__ import annotations

from . import base, stochastic
from .base import Apply, Literal, as_apply, clone, clone_merge, dfs, rec_eval, scope, toposort

__all__ = [
    "Apply",
    "Literal",
    "as_apply",
    "base",
    "clone",
    "clone_merge",
    "dfs",
    "rec_eval",
    "scope",
    "stochastic",
    "toposort",
]
