"""rustuna with every parameter sampled on its own, as hyperopt's TPE does."""

from __future__ import annotations

from functools import partial

from libraries import rustuna_joint
from libraries.rustuna_joint import PACKAGE, VERSION

__all__ = ["PACKAGE", "VERSION", "Study", "optimize"]


class Study(rustuna_joint.Study):
    """Ask, suggest each parameter independently, tell."""

    multivariate = False


optimize = partial(rustuna_joint.optimize, multivariate=False)
