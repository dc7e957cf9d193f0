"""Whether `import hyperopt` gives hyperopt-rs: installed files against their record."""

from __future__ import annotations

import base64
import csv
import hashlib
import importlib.util
from dataclasses import dataclass, field
from importlib.metadata import Distribution, PackageNotFoundError, distribution, distributions
from pathlib import Path

_OURS = "hyperopt-rs"
_MOST_NAMES = 5


@dataclass
class Report:
    """What was found.

    Attributes
    ----------
    facts
        What is in order.
    problems
        What is not.
    """

    facts: list[str] = field(default_factory=list)
    problems: list[str] = field(default_factory=list)


def examine() -> Report:
    """Look at the installed distributions, their files, and where the module comes from."""
    report = Report()
    try:
        ours = distribution(_OURS)
    except PackageNotFoundError:
        report.problems.append(f"the distribution {_OURS} is not installed")
        return report
    report.facts.append(f"{_OURS} {ours.version} is installed")
    _examine_namesakes(report)
    _examine_files(ours, report)
    _examine_import(report)
    return report


def _examine_namesakes(report: Report) -> None:
    """The original, or a wheel that stands for it."""
    for found in distributions(name="hyperopt"):
        if is_stand_in(found.version):
            report.facts.append(f"hyperopt {found.version}, which holds no files, stands for it")
        else:
            report.problems.append(
                f"the original hyperopt {found.version} is installed as well, into the same files"
            )


def is_stand_in(version: str) -> bool:
    """Whether a distribution called `hyperopt` with this version is only a stand-in for ours."""
    return version.endswith("+rs")


def _examine_files(ours: Distribution, report: Report) -> None:
    """Compare what lies there with the hashes that were recorded at installation."""
    missing: list[str] = []
    changed: list[str] = []
    compared = 0
    # Not `ours.files`: newer versions of it leave out what is missing.
    for name, recorded, *_ in csv.reader((ours.read_text("RECORD") or "").splitlines()):
        if not recorded:
            continue
        path = Path(str(ours.locate_file(name)))
        if not path.is_file():
            missing.append(name)
            continue
        compared += 1
        mode, _, value = recorded.partition("=")
        digest = hashlib.new(mode, path.read_bytes()).digest()
        if base64.urlsafe_b64encode(digest).rstrip(b"=").decode() != value:
            changed.append(name)
    for names, what in ((changed, "were replaced or changed"), (missing, "are missing")):
        if names:
            more = f" and {len(names) - _MOST_NAMES} more" if len(names) > _MOST_NAMES else ""
            report.problems.append(
                f"{len(names)} of its files {what}: {', '.join(names[:_MOST_NAMES])}{more}"
            )
    if compared and not changed and not missing:
        report.facts.append(f"its {compared} files are as they were installed")


def _examine_import(report: Report) -> None:
    """Where `import hyperopt` would take the module from."""
    spec = importlib.util.find_spec("hyperopt")
    if spec is None or not spec.submodule_search_locations:
        report.problems.append("the module hyperopt cannot be found, or is a single file")
        return
    folder = Path(next(iter(spec.submodule_search_locations)))
    if any(folder.glob("_native*")):
        report.facts.append(f"the module hyperopt comes from {folder}")
    else:
        report.problems.append(f"the module hyperopt comes from {folder}, which is not {_OURS}")
