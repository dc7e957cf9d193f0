"""An objective's exception on its way to the user: which trial raised it, and at which point."""

from __future__ import annotations

from contextlib import suppress
from typing import TYPE_CHECKING

from hyperopt.environment.strangers import repr_of
from hyperopt.storage.documents import Document, spec_from_misc

if TYPE_CHECKING:
    from hyperopt.objective.domain import Domain

__all__ = ["name_the_point"]

_LONG = 500
"""A point of more letters is cut."""


def name_the_point(error: BaseException, doc: Document, domain: Domain) -> None:
    """Add a note to the exception, as Python 3.11 and later show it below the message."""
    add_note = getattr(error, "add_note", None)
    if add_note is None:
        return
    with suppress(Exception):  # of an exception of the user's that takes no notes
        add_note(f"hyperopt: trial {doc['tid']} raised this at {_point(doc, domain)}")


def _point(doc: Document, domain: Domain) -> str:
    from hyperopt.space.values import native

    assignment = spec_from_misc(doc["misc"])
    try:
        words = repr_of(native(domain.space.evaluate(assignment)))
    except Exception:  # the space is the user's code, too
        words = repr_of(native(assignment))
    return words if len(words) <= _LONG else f"{words[:_LONG]}..."
