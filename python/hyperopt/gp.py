"""Front door: Bayesian optimisation with a Gaussian process."""

from hyperopt.algorithms.gp import suggest

__all__ = ["suggest"]
