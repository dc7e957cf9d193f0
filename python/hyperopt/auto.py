"""Front door: the default, a Gaussian process and the joint estimator together."""

from hyperopt.algorithms.auto import suggest

__all__ = ["suggest"]
