"""Front door: pickles of version 0.1 name the algorithm without duplicates by this path."""

from hyperopt.algorithms.distinct import Distinct

__all__ = ["Distinct"]
