"""Adaptive TPE, which this package does not have: importing works, using says what to use.

Upstream's version steers TPE with gradient-boosted models that were trained on some public problems
and are stored with it. They cannot be reproduced from a description.
"""

from __future__ import annotations

from typing import Any, NoReturn

__all__ = ["suggest"]


def suggest(
    new_ids: Any, domain: Any, trials: Any, seed: Any, *args: Any, **kwargs: Any
) -> NoReturn:
    """Raise an error that names the alternatives.

    Raises
    ------
    NotImplementedError
        Always.
    """
    raise NotImplementedError(
        "atpe.suggest is not part of this package: its models are trained files, not an algorithm. "
        "Use algo=tpe.suggest, or functools.partial(tpe.suggest, n_EI_candidates=..., gamma=...) "
        "to set by hand what atpe would have chosen"
    )
