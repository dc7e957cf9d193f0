"""What the page says in words: the best point as code, and the facts of a study."""

from __future__ import annotations

import ast
import datetime
import platform
from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, Any

from hyperopt.environment.installation import version
from hyperopt.space.values import native
from hyperopt.storage.documents import Document, active_values
from hyperopt.visualization.report.columns import STATES

if TYPE_CHECKING:
    from hyperopt.space.compiler import CompiledSpace

_MOST_REASONS = 12
_LONGEST_LINE = 64


def best_code(doc: Document, space: CompiledSpace | None) -> str:
    """Python code of a trial's point: what `fmin` returns, and what the objective got."""
    active = active_values(doc["misc"]["vals"])
    stored = {label: native(value) for label, value in active.items()}
    loss = native(doc["result"].get("loss"))
    lines = [f"# trial {doc['tid']}, loss {loss!r}", f"best = {_code(stored)}"]
    point = _point(space, stored)
    if point is None:
        lines.append("params = hyperopt.space_eval(space, best)")
    elif point != stored:
        lines.append(f"params = {_code(point)}")
    return "\n".join(lines)


def _point(space: CompiledSpace | None, stored: Mapping[str, Any]) -> Any:
    """The point as the objective got it, if it can be written as code."""
    if space is None:
        return None
    try:
        point = native(space.evaluate(stored))
        same = ast.literal_eval(repr(point)) == point
    except Exception:  # an option may be anything, with any repr
        return None
    return point if same else None


def _code(value: Any, indent: str = "") -> str:
    """Python code of a value, with a line for each entry where one line would be long.

    Examples
    --------
    >>> print(_code({"lr": 0.1, "model": {"kind": "tree"}}))
    {'lr': 0.1, 'model': {'kind': 'tree'}}
    >>> print(_code({"lr": 0.1, "name": "a text that takes most of a line", "depth": 12}))
    {
        'lr': 0.1,
        'name': 'a text that takes most of a line',
        'depth': 12,
    }
    """
    line = repr(value)
    if len(indent) + len(line) <= _LONGEST_LINE or not value or type(value) not in (dict, list):
        return line
    deeper = f"{indent}    "
    if type(value) is dict:
        entries = [f"{key!r}: {_code(entry, deeper)}" for key, entry in value.items()]
        opening, closing = "{", "}"
    else:
        entries = [_code(entry, deeper) for entry in value]
        opening, closing = "[", "]"
    return "\n".join([opening, *(f"{deeper}{entry}," for entry in entries), f"{indent}{closing}"])


def facts_of(
    columns: Mapping[str, Any], parameters: Sequence[Mapping[str, Any]], run: Mapping[str, Any]
) -> list[list[str]]:
    """``[name, text]`` pairs: how many trials, how long, with what, and what went wrong.

    Parameters
    ----------
    columns
        As `columns_of` makes them.
    parameters
        As `parameters_of` describes them.
    run
        What was recorded of the run: its algorithm, seed, versions.
    """
    counts = dict.fromkeys(STATES, 0)
    for state in columns["state"]:
        counts[STATES[state]] += 1
    shown = ", ".join(f"{count} {name}" for name, count in counts.items() if count)
    facts = [["trials", f"{len(columns['state'])} ({shown})" if shown else "none yet"]]
    facts += _times(columns)
    for name in ("algorithm", "seed", "max_evals", "workers"):
        if run.get(name) is not None:
            facts.append([name.replace("_", " "), str(run[name])])
    facts += _failures(columns)
    n_conditional = sum(1 for parameter in parameters if parameter["when"])
    conditional = f", {n_conditional} of them conditional" if n_conditional else ""
    facts.append(["parameters", f"{len(parameters)}{conditional}"])
    if run.get("versions"):
        versions = ", ".join(f"{name} {given}" for name, given in run["versions"].items())
        facts.append(["run with", versions])
    facts.append(["report by", f"hyperopt-rs {version()}, Python {platform.python_version()}"])
    return facts


def _times(columns: Mapping[str, Any]) -> list[list[str]]:
    started = [time for time in columns["start"] if time is not None]
    ended = [time for time in columns["end"] if time is not None]
    if not started or not ended:
        return []
    begin = datetime.datetime.fromtimestamp(columns["epoch"], tz=datetime.timezone.utc)
    busy = sum(
        end - start
        for start, end in zip(columns["start"], columns["end"], strict=True)
        if start is not None and end is not None
    )
    return [
        ["started", begin.strftime("%Y-%m-%d %H:%M:%S UTC")],
        ["duration", duration_text(max(ended) - min(started))],
        ["time in trials", f"{duration_text(busy)} in total"],
    ]


def duration_text(seconds: float) -> str:
    """A duration that reads well.

    Examples
    --------
    >>> [duration_text(s) for s in (0.012, 3.21, 75, 7322, 200000)]
    ['12 ms', '3.2 s', '1 min 15 s', '2 h 2 min', '2 d 7 h']
    """
    if seconds < 1:
        return f"{seconds * 1000:.0f} ms"
    if seconds < 60:
        return f"{seconds:.1f} s"
    whole = int(seconds)
    if whole < 3600:
        return f"{whole // 60} min {whole % 60} s"
    if whole < 86400:
        return f"{whole // 3600} h {whole % 3600 // 60} min"
    return f"{whole // 86400} d {whole % 86400 // 3600} h"


def _failures(columns: Mapping[str, Any]) -> list[list[str]]:
    """A line for each reason, the most frequent first."""
    counts: dict[int, int] = {}
    for reason in columns["reason"]:
        if reason is not None:
            counts[reason] = counts.get(reason, 0) + 1
    order = sorted(counts, key=lambda reason: (-counts[reason], reason))
    lines = [
        ["failed", f"{counts[reason]} × {columns['reasons'][reason]}"]
        for reason in order[:_MOST_REASONS]
    ]
    if len(order) > _MOST_REASONS:
        rest = sum(counts[reason] for reason in order[_MOST_REASONS:])
        lines.append(["failed", f"{rest} for {len(order) - _MOST_REASONS} further reasons"])
    return lines
