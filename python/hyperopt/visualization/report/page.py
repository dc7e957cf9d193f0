"""The page: script, style and data in one HTML file that asks nobody for anything."""

from __future__ import annotations

import base64
import hashlib
import html
import json
import os
from collections.abc import Mapping, Sequence
from importlib import resources
from pathlib import Path
from typing import TYPE_CHECKING, Any

from hyperopt.environment.public_path import public
from hyperopt.storage.whole_file import replace
from hyperopt.visualization.report.study_data import shown_documents, study_data

if TYPE_CHECKING:
    from hyperopt.storage.results import Results

NOBODY, ITSELF = "'none'", "'self'"

SCRIPTS = (
    "data.js",
    "scales.js",
    "plot.js",
    "history.js",
    "importance.js",
    "parallel.js",
    "slices.js",
    "contour.js",
    "curves.js",
    "timeline.js",
    "table.js",
    "page.js",
)
"""The parts of the script, in order."""


@public("hyperopt.reports")
def report_page(
    trials: Results | Sequence[Results],
    *,
    space: Any = None,
    names: Sequence[str] | None = None,
    title: str | None = None,
) -> str:
    """The HTML of a report, to be served or stored by the caller.

    Parameters
    ----------
    trials
        A study, or several to compare.
    space
        The search space, for trials that do not know it; without one it is guessed from the values.
    names
        What to call the studies; a study in a database has a name.
    title
        The page's title.
    """
    studies: list[Any] = list(trials) if isinstance(trials, (list, tuple)) else [trials]
    if not studies:
        raise ValueError("report: there is no study to show; give at least one")
    if names is None:
        names = [
            getattr(study, "name", "study" if len(studies) == 1 else f"study {i + 1}")
            for i, study in enumerate(studies)
        ]
    if len(names) != len(studies):
        raise ValueError(f"names={list(names)!r}: give one for each of the {len(studies)} studies")
    compiled = None
    if space is not None:
        from hyperopt.space.compiler import compile_space

        compiled = compile_space(space)
    data = [
        study_data(shown_documents(study), compiled or study._space, name, run_facts(study))
        for study, name in zip(studies, names, strict=True)
    ]
    return page_of({"studies": data}, title or f"{' and '.join(names)} · hyperopt")


def run_facts(trials: Results) -> Mapping[str, Any]:
    """What the trials recorded of the run that made them."""
    return getattr(trials, "_run_facts", None) or {}


@public("hyperopt.reports")
def write_report(
    path: str | os.PathLike[str],
    trials: Results | Sequence[Results],
    *,
    space: Any = None,
    names: Sequence[str] | None = None,
    title: str | None = None,
) -> Path:
    """Write a report of one study, or of several to compare, at one stroke.

    Parameters
    ----------
    path
        The file; one that is there is replaced.
    trials, space, names, title
        As in `report_page`.

    Returns
    -------
    Path
        The file.

    Raises
    ------
    IsADirectoryError
        If `path` is a folder.
    FileNotFoundError
        If there is no such folder.
    """
    target = Path(path)
    if target.is_dir():
        raise IsADirectoryError(
            f"report: {str(target)!r} is a folder; give the name of a file in it"
        )
    if not target.parent.is_dir():
        raise FileNotFoundError(f"report: there is no folder {str(target.parent)!r}; make it first")
    text = report_page(trials, space=space, names=names, title=title)
    replace(target.resolve(), text.encode("utf-8", errors="replace"))  # A link stays a link.
    return target


def page_of(data: Mapping[str, Any], title: str, *, live: str | None = None) -> str:
    """The HTML around the data; `live` is where its news are, on the host that it came from.

    Nothing can be loaded or sent from the page, and no other script run in it, whatever text the
    data holds: the content security policy names the one script by its hash.
    """
    static = resources.files("hyperopt.visualization.report") / "static"
    script = "\n".join((static / name).read_text(encoding="utf-8") for name in SCRIPTS)
    script = f"(() => {{\n'use strict';\n{script}\n}})();\n"
    parts = {
        "TITLE": html.escape(title),
        "POLICY": html.escape(_policy(script, live is not None)),
        "STYLE": (static / "page.css").read_text(encoding="utf-8"),
        "DATA": as_script_data({**data, "live": live}),
        "SCRIPT": script,
    }
    text = (static / "page.html").read_text(encoding="utf-8")
    before, *rest = text.split("{{")
    pieces = [before]
    for piece in rest:
        name, _, after = piece.partition("}}")
        pieces += [parts[name], after]
    return "".join(pieces)


def _policy(script: str, live: bool) -> str:
    """The content security policy: this script, and news from the page's own host if it is live."""
    digest = base64.b64encode(hashlib.sha256(script.encode()).digest()).decode()
    return (
        f"default-src 'none'; script-src 'sha256-{digest}'; style-src 'unsafe-inline'; "
        f"img-src data:; connect-src {ITSELF if live else NOBODY}; base-uri 'none'; "
        "form-action 'none'"
    )


def policy_of(page: str) -> str:
    """The content security policy that a page has, to be sent as a header too."""
    _, _, rest = page.partition('http-equiv="Content-Security-Policy" content="')
    return html.unescape(rest.partition('"')[0])


def as_script_data(data: Any) -> str:
    """JSON that can stand in a script element: no text in it can end the element."""
    text = json.dumps(data, allow_nan=False, separators=(",", ":"))
    return text.replace("&", "\\u0026").replace("<", "\\u003c").replace(">", "\\u003e")
