"""Search spaces from annotations: ``fmin(fn, "annotated")``."""

from __future__ import annotations

import inspect
from collections.abc import Callable
from typing import Any

from hyperopt.exceptions import InvalidAnnotatedParameter
from hyperopt.pyll.base import Apply


class WithKeywords:
    """An objective that is called with the point's items as keyword arguments."""

    def __init__(self, fn: Callable[..., Any]) -> None:
        self.fn = fn

    def __call__(self, point: dict[str, Any]) -> Any:
        """Call the objective."""
        return self.fn(**point)


def annotated_space(fn: Callable[..., Any]) -> dict[str, Any]:
    """The space of a function whose arguments are annotated with expressions."""
    space = {}
    for name, parameter in inspect.signature(fn, eval_str=True).parameters.items():
        annotation = parameter.annotation
        if isinstance(annotation, Apply):
            space[name] = annotation
        elif annotation is not parameter.empty or parameter.default is parameter.empty:
            shown = "missing" if annotation is parameter.empty else repr(annotation)
            raise InvalidAnnotatedParameter(
                f"the annotation of argument {name!r} is {shown}, which is no hyperopt parameter: "
                f"write {name}: hp.uniform({name!r}, 0, 1), or the like"
            )
    return space
