"""Front door: the joint Tree-structured Parzen Estimator."""

from hyperopt.algorithms.jtpe import suggest

__all__ = ["suggest"]
