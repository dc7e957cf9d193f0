"""Front door: grid search."""

from hyperopt.algorithms.grid import size, suggest

__all__ = ["size", "suggest"]
