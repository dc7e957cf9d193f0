"""What trials and studies look like in a notebook, and in one line."""

from __future__ import annotations

import html
import math
from collections import Counter
from collections.abc import Sequence
from itertools import pairwise
from typing import TYPE_CHECKING, Any

from hyperopt.analysis.importance import ENOUGH_TRIALS
from hyperopt.storage.documents import Document
from hyperopt.visualization.report.columns import STATES, columns_of, state_of
from hyperopt.visualization.report.parameters import parameters_of
from hyperopt.visualization.report.study_data import (
    best_document,
    importance_data,
    shown_documents,
)

if TYPE_CHECKING:
    from hyperopt.storage.results import Results

_MOST_TRIALS, _MOST_PARAMETERS = 5, 8
_WIDTH, _HEIGHT = 320, 56
_ACCENT = "#0072b2"


def line_of(trials: Results, kind: str) -> str:
    """One line for ``repr``: how many trials, how they ended, and the best loss.

    Examples
    --------
    >>> from hyperopt import Trials
    >>> trials = Trials()
    >>> _ = trials.add_observation({"x": 1.0}, 0.25)
    >>> line_of(trials, "Trials")
    '<Trials of 1 trial: 1 ok, best loss 0.25 in trial 0>'
    """
    docs = shown_documents(trials)
    size = f"{len(docs)} trial{'' if len(docs) == 1 else 's'}"
    if not docs:
        return f"<{kind} of no trials>"
    counts = ", ".join(f"{count} {state}" for state, count in _counts(docs))
    best = best_document(docs)
    tail = "" if best is None else f", best loss {_short(_loss(best))} in trial {best['tid']}"
    return f"<{kind} of {size}: {counts}{tail}>"


def html_of(trials: Results, kind: str) -> str:
    """A summary in HTML, without scripts: counts, best loss, what mattered, the best trials."""
    docs = shown_documents(trials)
    best = best_document(docs)
    counts = ", ".join(f"{count} {state}" for state, count in _counts(docs)) or "none yet"
    parts = [f"<p><b>{html.escape(kind)}</b> of {len(docs)} trials: {html.escape(counts)}</p>"]
    if best is not None:
        parts += [_curve(docs), _importance(docs, trials), _best_trials(docs, trials)]
    style = "font-variant-numeric:tabular-nums;max-width:60em;overflow-x:auto"
    return f'<div style="{style}">{"".join(parts)}</div>'


def _counts(docs: Sequence[Document]) -> list[tuple[str, int]]:
    counts = Counter(map(state_of, docs))
    return [(STATES[state], counts[state]) for state in sorted(counts, key=lambda s: (s != 2, s))]


def _loss(doc: Document) -> float:
    return float(doc["result"]["loss"])


def _short(value: float) -> str:
    return f"{value:.5g}"


def _curve(docs: Sequence[Document]) -> str:
    """The best loss so far as a line."""
    columns = columns_of(docs, ())
    ok = STATES.index("ok")
    best, steps = math.inf, []
    for i, (state, loss) in enumerate(zip(columns["state"], columns["loss"], strict=True)):
        if state == ok and loss < best:
            best = loss
            steps.append((i, loss))
    low, high = steps[-1][1], steps[0][1]
    span = (high - low) or 1.0

    def at(i: float, loss: float) -> str:
        x = 2 + (_WIDTH - 4) * i / max(len(docs) - 1, 1)
        return f"{x:.1f},{2 + (_HEIGHT - 4) * (1 - (loss - low) / span):.1f}"

    points = [at(*steps[0])]
    for (_, before), (i, loss) in pairwise(steps):
        points += [at(i, before), at(i, loss)]
    points.append(at(len(docs) - 1, low))
    title = f"best loss so far: from {_short(high)} to {_short(low)}"
    return (
        f'<p><svg width="{_WIDTH}" height="{_HEIGHT}" role="img"><title>{title}</title>'
        f'<polyline fill="none" stroke="{_ACCENT}" stroke-width="1.6" points="{" ".join(points)}"/>'
        f"</svg><br>{title}</p>"
    )


def _importance(docs: Sequence[Document], trials: Results) -> str:
    data = importance_data(docs, trials._space, intervals=False)
    if data["n_trials"] < ENOUGH_TRIALS or not data["labels"]:
        return ""
    rows = "".join(
        f"<tr><td>{html.escape(label)}</td><td style='text-align:left'><span style='display:"
        f"inline-block;height:.7em;width:{12 * share:.2f}em;background:{_ACCENT}'></span> "
        f"{100 * share:.0f} %</td></tr>"
        for label, share in list(zip(data["labels"], data["shares"], strict=True))[
            :_MOST_PARAMETERS
        ]
    )
    return (
        "<table><caption>share in reaching the best 10 % (conditional PED-ANOVA)</caption>"
        f"{rows}</table>"
    )


def _best_trials(docs: Sequence[Document], trials: Results) -> str:
    """The trials with the smallest losses, by value."""
    columns = columns_of(docs, ())
    ok = STATES.index("ok")
    order = sorted(
        (i for i, state in enumerate(columns["state"]) if state == ok),
        key=lambda i: (columns["loss"][i], i),
    )[:_MOST_TRIALS]
    space = trials._space
    described = parameters_of(space) if space is not None else []
    options = {p["label"]: p["options"] for p in described if p["options"]}
    labels = [p["label"] for p in described] or sorted(
        {label for i in order for label in docs[i]["misc"]["vals"]}
    )
    labels = labels[:_MOST_PARAMETERS]
    head = "".join(f"<th>{html.escape(str(name))}</th>" for name in ("trial", "loss", *labels))
    rows = ""
    for i in order:
        cells = [str(docs[i]["tid"]), _short(columns["loss"][i])]
        cells += [_value(docs[i], label, options.get(label)) for label in labels]
        rows += "<tr>" + "".join(f"<td>{html.escape(cell)}</td>" for cell in cells) + "</tr>"
    return f"<table><caption>the best trials</caption><tr>{head}</tr>{rows}</table>"


def _value(doc: Document, label: str, options: list[str] | None) -> str:
    stored: Any = doc["misc"]["vals"].get(label, ())
    if not len(stored):
        return ""
    value = stored[0]
    if options and 0 <= value < len(options):
        return options[int(value)]
    return f"{float(value):.5g}"
