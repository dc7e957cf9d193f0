"""``hyperopt export``: the trials of a study as a file."""

from __future__ import annotations

import argparse
import csv
import json
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any, TextIO

from hyperopt.analysis.table import rows_of
from hyperopt.cli.arguments import add_study, snapshot_of
from hyperopt.storage.sql import codec

__all__ = ["register"]

_UNKNOWN = "backslashreplace"
"""Half of a surrogate pair is no text, and a result may hold one."""

_FORMATS = {".csv": "csv", ".json": "json", ".jsonl": "documents"}


def register(subparsers: Any) -> None:
    """Add the subcommand."""
    parser = subparsers.add_parser("export", help="write the trials as CSV or JSON")
    add_study(parser)
    parser.add_argument("-o", "--output", metavar="FILE", help="instead of the standard output")
    parser.add_argument(
        "--format",
        choices=("csv", "json", "documents"),
        help="csv and json: a table by value; documents: the whole documents, one a line, as JSON "
        "with types. The default follows from the file's name: .csv, .json, .jsonl",
    )
    parser.set_defaults(run=run)


def run(args: argparse.Namespace) -> int:
    """Write the trials."""
    snapshot = snapshot_of(args)
    suffix = Path(args.output).suffix if args.output else ""
    kind = args.format or _FORMATS.get(suffix, "csv")
    with _file(args.output) as file:
        if kind == "documents":
            for doc in snapshot.trials._dynamic_trials:
                file.write(codec.to_text(doc) + "\n")
            return 0
        rows = rows_of(snapshot.trials, snapshot.trials._space)
        if kind == "json":
            json.dump(rows, file, default=str, indent=1)
            file.write("\n")
        elif rows:
            writer = csv.DictWriter(file, list(rows[0]))
            writer.writeheader()
            writer.writerows(rows)
    return 0


class _Tolerant:
    """A stream that writes what its encoding does not have as an escape."""

    def __init__(self, stream: TextIO) -> None:
        self._stream = stream
        self._encoding = stream.encoding or "utf-8"

    def write(self, text: str) -> int:
        known = text.encode(self._encoding, _UNKNOWN).decode(self._encoding)
        return self._stream.write(known)


@contextmanager
def _file(name: str | None) -> Iterator[Any]:
    if name is None:
        yield _Tolerant(sys.stdout)
        return
    with Path(name).open("w", newline="", encoding="utf-8", errors=_UNKNOWN) as file:
        yield file
