"""Studies that are looked at: a file, a database and a name, or a name in ``--storage``."""

from __future__ import annotations

import argparse
from pathlib import Path
from typing import Any

from hyperopt.cli.arguments import ENVIRONMENT, Place, add_storage, is_sqlite_file, only_study
from hyperopt.storage.sql.address import split_name

HOW_TO_NAME = (
    "the URL of a database (sqlite:///study.db, postgresql://user@host/database; with #NAME the "
    "study of that name), a file that trials_save_file or pickle wrote, or the name of a study in "
    "--storage"
)


def add_look_arguments(parser: argparse.ArgumentParser, *, many: bool) -> None:
    """The arguments that name one study, or several, and that allow pickles to be loaded."""
    if many:
        parser.add_argument("studies", metavar="STUDY", nargs="+", help=HOW_TO_NAME)
    else:
        parser.add_argument("study", metavar="STUDY", help=HOW_TO_NAME)
    add_storage(parser)
    add_trust(parser)


def add_trust(parser: argparse.ArgumentParser) -> None:
    """Add ``--trust-pickles``."""
    parser.add_argument(
        "--trust-pickles",
        action="store_true",
        help="load files that are pickles, which can run any code: only files that you trust",
    )


def place_named(text: str, storage: str | None) -> Place | None:
    """The database and the study that an argument names; None if it names a file.

    Raises
    ------
    FileNotFoundError
        If there is no file of this name, nor a database that a study of this name could be in.
    """
    if "://" in text:
        url, name = split_name(text)
        return Place(url, name or only_study(url))
    path = Path(text)
    if path.is_file():
        url = f"sqlite:///{text}"
        return Place(url, only_study(url)) if is_sqlite_file(text) else None
    if storage:
        return Place(storage, text)
    if path.suffix and path.parent.is_dir():
        return None
    raise FileNotFoundError(
        f"{text}: there is no such file, and no database is named: give {HOW_TO_NAME} (or set "
        f"{ENVIRONMENT})"
    )


def check_trust(text: str, trust_pickles: bool) -> None:
    """Refuse a file that would be unpickled, unless such files are trusted.

    Raises
    ------
    ValueError
        If they are not.
    """
    if not trust_pickles:
        raise ValueError(
            f"{text}: this is read as a pickle, and loading a pickle can run any code; if you "
            "trust the file, say --trust-pickles"
        )


def load_file(path: Path) -> Any:
    """The trials in a file.

    Raises
    ------
    FileNotFoundError, ValueError
        If there is no such file, or no study in it.
    """
    from hyperopt.storage.save_file import load

    try:
        trials = load(path)
    except ValueError as error:
        raise ValueError(str(error).removeprefix("trials_save_file=")) from error
    if trials is None:
        raise FileNotFoundError(f"{path}: there is no such file")
    return trials


def name_of(text: str, place: Place | None) -> str:
    """What a page calls the study."""
    return Path(text).stem if place is None else place.name
