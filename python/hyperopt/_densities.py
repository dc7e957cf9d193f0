"""Front door: what `hyperopt.tpe` offers of the estimator, its mixtures, densities and samplers."""

from . import _distributions, _estimator, _mixtures, _samplers
from ._distributions import *  # noqa: F403
from ._estimator import *  # noqa: F403
from ._mixtures import *  # noqa: F403
from ._samplers import *  # noqa: F403
from .pyll.base import scope
from .pyll.stochastic import implicit_stochastic

__all__ = ["implicit_stochastic", "scope"]
__all__ += _distributions.__all__
__all__ += _estimator.__all__
__all__ += _mixtures.__all__
__all__ += _samplers.__all__
