"""Search spaces: how they are written, compiled, evaluated, enumerated and advised on.

May import `storage` and what that may import. The compiler is offered here.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from hyperopt.environment.lazy_exports import lazy_exports

if TYPE_CHECKING:
    from hyperopt.space.compiler import CompiledSpace, Parameter, compile_space

__all__ = ["CompiledSpace", "Parameter", "compile_space"]

__getattr__, __dir__ = lazy_exports(__name__, dict.fromkeys(__all__, "hyperopt.space.compiler"))
