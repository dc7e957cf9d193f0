"""Checks of labels and ranges for constructors of other people, as decorators."""

from __future__ import annotations

import functools
from collections.abc import Callable
from typing import Any, TypeVar

from hyperopt.environment.public_path import public
from hyperopt.pyll.base import Apply
from hyperopt.space.constructors import call_text, checked_label
from hyperopt.space.priors import check_numeric

__all__ = ["validate_distribution_range", "validate_label"]

F = TypeVar("F", bound=Callable[..., Any])


@public("hyperopt.pyll_utils")
def validate_label(f: F) -> F:
    """Decorate a constructor so that its label must be a string, or a `Literal` of one."""

    @functools.wraps(f)
    def checked(label: Any, *args: Any, **kwargs: Any) -> Any:
        return f(checked_label(f.__name__, label), *args, **kwargs)

    return checked  # type: ignore[return-value]


@public("hyperopt.pyll_utils")
def validate_distribution_range(f: F) -> F:
    """Decorate a constructor ``f(label, low, high, ...)`` so that low must be less than high."""

    @functools.wraps(f)
    def checked(label: Any, *args: Any, **kwargs: Any) -> Any:
        given = dict(zip(("low", "high"), args, strict=False)) | kwargs
        bounds: dict[str, Any] = {
            name: given[name]
            for name in ("low", "high")
            if name in given and not isinstance(given[name], Apply)
        }
        check_numeric(call_text(f.__name__, label, args, kwargs), "uniform", bounds)
        return f(label, *args, **kwargs)

    return checked  # type: ignore[return-value]
