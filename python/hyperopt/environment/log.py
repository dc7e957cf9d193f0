"""The one logger of the library: ``hyperopt``.

Without a handler of the user's, Python shows warnings and errors on the standard error.
It is made when it is first needed, so that ``import hyperopt`` does not have to import `logging`.
"""

from __future__ import annotations

import sys
from functools import lru_cache
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from logging import Logger


@lru_cache(maxsize=1)
def get_logger() -> Logger:
    """The logger. The root logger is never touched."""
    import logging

    return logging.getLogger("hyperopt")


def shows_info() -> bool:
    """Whether anybody would see a message at level INFO; quick if nobody has set up logging."""
    return "logging" in sys.modules and get_logger().isEnabledFor(20)


def debug(msg: str, *args: Any, **kwargs: Any) -> None:
    """Log at level DEBUG."""
    get_logger().debug(msg, *args, **kwargs)


def info(msg: str, *args: Any, **kwargs: Any) -> None:
    """Log at level INFO."""
    get_logger().info(msg, *args, **kwargs)


def warning(msg: str, *args: Any, **kwargs: Any) -> None:
    """Log at level WARNING."""
    get_logger().warning(msg, *args, **kwargs)


def error(msg: str, *args: Any, **kwargs: Any) -> None:
    """Log at level ERROR."""
    get_logger().error(msg, *args, **kwargs)
