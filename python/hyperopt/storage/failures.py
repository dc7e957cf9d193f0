"""What went wrong: the words for failed trials."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

from hyperopt.environment.strangers import repr_of
from hyperopt.storage.checkpoints import is_paused
from hyperopt.storage.documents import JOB_STATE_CANCEL, JOB_STATE_DONE, JOB_STATE_ERROR, Document

_TRACEBACK = "Traceback (most recent call last)"


def error_text(error: Any) -> str:
    """`misc["error"]`, a pair of the type's and the error's text, in one line."""
    if _is_pair(error):
        if str(error[1]).startswith(_TRACEBACK):
            return _last_words(str(error[1]))
        kind = str(error[0]).removeprefix("<class '").removesuffix("'>")
        return f"{kind.removeprefix('builtins.')}: {error[1]}"
    return str(error)


def _is_pair(error: Any) -> bool:
    return isinstance(error, (tuple, list)) and len(error) >= 2


def _last_words(traceback: str) -> str:
    """The type and message at the end of a traceback's text."""
    lines = traceback.splitlines()
    frames = [number for number, line in enumerate(lines) if line.startswith((" ", _TRACEBACK))]
    return " ".join(lines[frames[-1] + 1 :])


def failure_of(doc: Document) -> str | None:
    """Why this trial has no usable loss, or None if it has one or is still to run."""
    state, result = doc["state"], doc["result"]
    error = doc["misc"].get("error", "for no known reason")
    if state == JOB_STATE_ERROR:
        return f"raised {error_text(error)}"
    if state == JOB_STATE_CANCEL:
        return f"was {error_text(error) if _is_pair(error) else f'cancelled {error}'}"
    if state != JOB_STATE_DONE:
        return None
    if "pruned" in result:
        how = "paused" if is_paused(doc) else "stopped"
        return f"was {how} at step {result['pruned']}"
    status, loss = result.get("status"), result.get("loss")
    if status == "fail":
        return f"returned {repr_of(result)}"
    if loss is None or loss != loss:
        return f"returned loss {repr_of(loss)} with status {repr_of(status)}"
    return None


def first_failure(docs: Iterable[Document]) -> str:
    """The message of `AllTrialsFailed`: how many trials there were, and what the first one met."""
    docs = list(docs)
    if not docs:
        return "there are no trials: nothing has been evaluated yet"
    reasons = ((doc["tid"], failure_of(doc)) for doc in docs)
    found = sorted(
        ((doc_reason[1] or "").startswith("was cancelled"), index, *doc_reason)
        for index, doc_reason in enumerate(reasons)
        if doc_reason[1] is not None
    )
    message = f"none of {len(docs)} trials ended with status 'ok' and a loss that is a number"
    if found:
        _, _, tid, reason = found[0]
        message += f"; trial {tid} {reason}"
    return message
