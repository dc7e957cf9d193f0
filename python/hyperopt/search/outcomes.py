"""From an evaluator's outcome to the trial's document, and to the user if it is an exception."""

from __future__ import annotations

from contextlib import suppress
from typing import TYPE_CHECKING

from hyperopt.environment import log
from hyperopt.environment.strangers import repr_of, text_of
from hyperopt.evaluation.contract import Outcome, TrialLost
from hyperopt.storage import lifecycle
from hyperopt.storage.checkpoints import drop_checkpoint, is_paused
from hyperopt.storage.documents import Document, spec_from_misc

if TYPE_CHECKING:
    from hyperopt.objective.domain import Domain
    from hyperopt.search.options import Options
    from hyperopt.storage.store import TrialStore

__all__ = ["name_the_point", "write"]

_LONG = 500
"""A point of more letters is cut."""


def write(outcome: Outcome, doc: Document, trials: TrialStore, options: Options) -> None:
    """Write what became of a trial into its document; doing it again changes nothing."""
    if outcome.attachments:
        trials.trial_attachments(doc).update(outcome.attachments)
    was_paused = is_paused(doc)
    if outcome.error is not None:
        text = text_of(outcome.error) if outcome.error_text is None else outcome.error_text
        lifecycle.fail(doc, text_of(type(outcome.error)), text, outcome.traceback)
        # One that ends the run is shown by whoever catches it.
        hidden = options.catch_eval_exceptions or isinstance(outcome.error, TrialLost)
        words = text_of(outcome.error).partition("\n")[0] or type(outcome.error).__name__
        (log.error if hidden else log.info)("job exception: %s", words)
    elif outcome.result is not None:
        lifecycle.finish(doc, outcome.result)
    elif was_paused:
        lifecycle.pause(doc)
    else:
        lifecycle.cancel(doc, outcome.cancelled)
    if was_paused and not is_paused(doc):
        drop_checkpoint(trials, doc)


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
