"""Front door: adaptive TPE, which this package does not have."""

from hyperopt.compat.absent import suggest

__all__ = ["suggest"]
