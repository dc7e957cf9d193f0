"""Front door: pickles of version 0.1 name the candidates of a search by this path."""

from hyperopt.integrations.cross_validation import Evaluations, SplitOnce

__all__ = ["Evaluations", "SplitOnce"]
