"""Ours with the joint estimator, with the calls that `fmin`'s own loop makes."""

from __future__ import annotations

from functools import partial

from hyperopt import jtpe
from libraries import hyperopt_documents, ours
from libraries.hyperopt_documents import PACKAGE, VERSION

__all__ = ["PACKAGE", "VERSION", "Study", "optimize"]


class Study(ours.Study):
    """Ask and tell through the store that the driver uses."""

    suggest = staticmethod(jtpe.suggest)


optimize = partial(hyperopt_documents.optimize, algo=jtpe.suggest)
