"""What subcommands have in common: naming a study, and writing tables."""

from __future__ import annotations

import argparse
import os
import sys
from collections.abc import Iterable, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any, NamedTuple

from hyperopt.cli.window import GAP, cut, fitting_widths, folded, window_width
from hyperopt.storage.sql import reading, schema
from hyperopt.storage.sql.address import split_name
from hyperopt.storage.sql.shared import connect
from hyperopt.study.stored import DEFAULT_NAME

if TYPE_CHECKING:
    from hyperopt.study.snapshot import Snapshot

__all__ = [
    "Place",
    "add_storage",
    "add_study",
    "counted",
    "is_sqlite_file",
    "only_study",
    "place_of",
    "snapshot_of",
    "storage_of",
    "tids_of",
    "write",
    "write_table",
]

ENVIRONMENT = "HYPEROPT_STORAGE"

_SQLITE_HEAD = b"SQLite format 3\x00"


class Place(NamedTuple):
    """A study: the URL of its database, and its name."""

    url: str
    name: str


def add_storage(parser: argparse.ArgumentParser) -> None:
    """Add ``--storage``."""
    parser.add_argument(
        "--storage",
        "--url",
        metavar="URL",
        default=os.environ.get(ENVIRONMENT),
        help="sqlite:///file.db, or postgresql://user@host/database; the environment variable "
        f"{ENVIRONMENT} is the default",
    )


def add_study(parser: argparse.ArgumentParser) -> None:
    """Add the study's name and ``--storage``."""
    parser.add_argument(
        "study",
        metavar="STUDY",
        nargs="?",
        help="the study's name in --storage; or the URL of a database, or a SQLite file, with one "
        "study, or with #NAME at the end of the URL",
    )
    parser.add_argument(
        "--study", "--name", dest="study_name", metavar="NAME", help=argparse.SUPPRESS
    )
    add_storage(parser)


def place_of(args: argparse.Namespace) -> Place:
    """The study that is meant."""
    name, url = args.study or args.study_name, args.storage
    if args.study and "://" in args.study:
        url, part = split_name(args.study)
        name = part or args.study_name
    elif args.study and is_sqlite_file(args.study):
        url, name = f"sqlite:///{args.study}", args.study_name
    if not url:
        raise ValueError(
            "no database is named: give --storage sqlite:///file.db, or set the environment "
            f"variable {ENVIRONMENT}"
        )
    return Place(url, name or only_study(url))


def is_sqlite_file(name: str) -> bool:
    """Whether there is a file of this name that SQLite made."""
    path = Path(name)
    if not path.is_file():
        return False
    with path.open("rb") as file:
        return file.read(len(_SQLITE_HEAD)) == _SQLITE_HEAD


def counted(n: int) -> str:
    """So many trials, in words."""
    return f"{n} trial" if n == 1 else f"{n} trials"


def only_study(url: str) -> str:
    """The name of the study that a URL means: its only one, or the default one."""
    database = connect(url, writing=False)
    try:
        database.read(lambda: schema.create_or_check(database, writing=False))
        names = [header.name for header in database.read(lambda: reading.headers(database))]
    finally:
        database.close()
    if len(names) == 1:
        return names[0]
    if DEFAULT_NAME in names:
        return DEFAULT_NAME
    raise ValueError(f"the database has the studies {', '.join(names) or '(none)'}: name one")


def storage_of(args: argparse.Namespace) -> str:
    """The database that is meant."""
    if not args.storage:
        raise ValueError(
            "no database is named: give --storage sqlite:///file.db, or set the environment "
            f"variable {ENVIRONMENT}"
        )
    return str(args.storage)


def snapshot_of(args: argparse.Namespace) -> Snapshot:
    """The study that is meant, read."""
    from hyperopt.study.snapshot import read_snapshot

    return read_snapshot(*place_of(args))


def tids_of(text: str) -> list[int]:
    """Ids, written as ``3,5,8-12``."""
    tids: list[int] = []
    for part in text.split(","):
        first, dash, last = part.strip().partition("-")
        try:
            start = int(first)
            tids += range(start, int(last) + 1) if dash else [start]
        except ValueError:
            raise argparse.ArgumentTypeError(
                f"{text!r}: give ids of trials, such as 3,5,8-12"
            ) from None
    return tids


def write(text: str) -> None:
    """Write a line."""
    sys.stdout.write(f"{harmless(text)}\n")


def harmless(text: str) -> str:
    r"""Text without what a terminal obeys: labels and results may be a stranger's.

    Examples
    --------
    >>> harmless("loss\x1b[31m")
    'loss\\x1b[31m'
    """
    if text.isprintable():
        return text
    return "".join(
        letter if letter.isprintable() or letter == "\n" else ascii(letter)[1:-1] for letter in text
    )


def write_table(head: Sequence[str], rows: Iterable[Sequence[Any]]) -> None:
    """Write a table with aligned columns, as many as a terminal's window has room for."""
    lines = [list(map(_cell, head)), *([_cell(value) for value in row] for row in rows)]
    whole = [max(len(line[column]) for line in lines) for column in range(len(head))]
    widths = fitting_widths(whole, window_width())
    for line in lines:
        cells = (cut(cell, width).ljust(width) for cell, width in zip(line, widths, strict=False))
        write((" " * GAP).join(cells).rstrip())
    if len(widths) < len(whole):
        left = len(whole) - len(widths)
        columns = "column" if left == 1 else "columns"
        write(folded(f"{left} more {columns}: a wider window, a pipe or --json has them"))


def _cell(value: Any) -> str:
    if value is None:
        return "-"
    if isinstance(value, float):
        return f"{value:.6g}"
    return harmless(" ".join(str(value).split()))
