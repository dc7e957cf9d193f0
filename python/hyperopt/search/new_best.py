"""What the log says of a new best trial."""

from __future__ import annotations

from typing import TYPE_CHECKING

from hyperopt.environment import log
from hyperopt.space.values import ValuesOf, native
from hyperopt.storage.documents import active_values

if TYPE_CHECKING:
    from hyperopt.objective.domain import Domain
    from hyperopt.storage.documents import Document

_LONGEST = 1000


def log_new_best(doc: Document, domain: Domain) -> None:
    """Tell, at level INFO, the loss of a trial and its parameters by value."""
    if not log.shows_info():
        return
    stored = active_values(doc["misc"]["vals"])
    try:
        text = repr(ValuesOf(domain.space)(stored))
    except Exception:  # an option may be anything, with any repr
        text = repr(native(stored))
    if len(text) > _LONGEST:
        text = text[: _LONGEST - 1] + "…"
    loss = native(doc["result"]["loss"])
    log.info("new best loss %r in trial %s: %s", loss, doc["tid"], text)
