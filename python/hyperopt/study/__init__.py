"""What people hold in their hands: Trials, fmin, ask and tell, results known beforehand.

May import `search`, `analysis` and what these may import. `Study` and `Asked` are offered here.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from hyperopt.environment.lazy_exports import lazy_exports

if TYPE_CHECKING:
    from hyperopt.study.ask_and_tell import Asked, Study

__all__ = ["Asked", "Study"]

__getattr__, __dir__ = lazy_exports(__name__, dict.fromkeys(__all__, "hyperopt.study.ask_and_tell"))
