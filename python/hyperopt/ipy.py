"""Front door: IPython's cluster as evaluator, which this package does not have."""

from hyperopt.compat.absent import IPythonTrials

__all__ = ["IPythonTrials"]
