"""Front door: quasi-random search."""

from hyperopt.algorithms.qmc import suggest

__all__ = ["suggest"]
