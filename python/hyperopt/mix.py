"""Front door: a mixture of algorithms."""

from hyperopt.algorithms.mix import suggest

__all__ = ["suggest"]
