"""What to say about failures when a run has ended."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from hyperopt.search.tally import Tally

_MANY_ERRORS = 10
"""From how many exceptions on they get a word of advice."""


def failure_summary(tally: Tally) -> str:
    """How many trials failed, and their most frequent error.

    Examples
    --------
    >>> from hyperopt.search.tally import Tally
    >>> tally = Tally()
    >>> tally.n_ended, tally.n_failed = 10, 3
    >>> tally.reasons.update({"ValueError: too large": 2, "status fail": 1})
    >>> failure_summary(tally)
    '3 of 10 trials failed; most frequent (2 times): ValueError: too large'
    """
    ((reason, count),) = tally.reasons.most_common(1)
    times = "once" if count == 1 else f"{count} times"
    text = (
        f"{tally.n_failed} of {tally.n_ended} trials failed; most frequent ({times}): "
        f"{reason.partition(chr(10))[0]}"
    )
    if tally.n_errors >= _MANY_ERRORS and tally.n_errors > tally.n_ended / 3:
        text += (
            "; tpe learns nothing from exceptions: return {'status': 'fail'} where a point "
            "is to be avoided"
        )
    return text
