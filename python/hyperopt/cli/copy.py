"""``hyperopt copy``: a study from one place to another."""

from __future__ import annotations

import argparse
import pickle
from pathlib import Path
from typing import Any, NamedTuple

from hyperopt.cli.arguments import counted, write
from hyperopt.cli.look_arguments import add_trust, check_trust, place_named
from hyperopt.storage.sql.address import split_name
from hyperopt.storage.sql.shared import connect, open_study_row
from hyperopt.study.stored import DEFAULT_NAME, StoredTrials
from hyperopt.study.trials import Trials

__all__ = ["register"]

_PLACES = """\
A place is one of
  sqlite:///file.db#name, postgresql://user@host/db#name   a study in a database
  study.pkl                                                a pickle of Trials, or a trials_save_file
  optuna:sqlite:///optuna.db#name                          a study of Optuna (flat spaces)
Without #name a database's only study is copied, and the copy is called like it, or "default".
A pickle is only loaded with --trust-pickles: that runs code if somebody has put some into it.
"""


_OF_DATABASES = (".db", ".sqlite", ".sqlite3")


class _Place(NamedTuple):
    kind: str
    where: str
    name: str | None


def register(subparsers: Any) -> None:
    """Add the subcommand."""
    parser = subparsers.add_parser(
        "copy",
        help="copy a study between databases, pickles and Optuna",
        description="Copy a study. Between databases everything goes along: the log, the seed, the "
        "attachments.",
        epilog=_PLACES,
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )
    parser.add_argument("source", metavar="FROM")
    parser.add_argument("target", metavar="TO")
    add_trust(parser)
    parser.set_defaults(run=run)


def run(args: argparse.Namespace) -> int:
    """Copy a study."""
    source, target = _found(_place(args.source)), _place(args.target)
    if source.kind == "file":
        check_trust(source.where, args.trust_pickles)
    if target.kind == "file" and Path(target.where).suffix in _OF_DATABASES:
        raise ValueError(
            f"{target.where}: that would be a pickle; for a database say sqlite:///{target.where}"
        )
    if source.kind == target.kind == "database":
        n, name = _between_databases(source, target)
    else:
        trials, found = _load(source)
        name = target.name or found or DEFAULT_NAME
        n = _save(trials, target, name)
    write(f"{counted(n)} copied to {name!r}")
    return 0


def _place(text: str) -> _Place:
    where, name = split_name(text)
    if where.startswith("optuna:"):
        return _Place("optuna", where.removeprefix("optuna:"), name or None)
    if "://" in where:
        return _Place("database", where, name or None)
    return _Place("file", text, None)


def _found(place: _Place) -> _Place:
    """The source, which may be a database that is named as a file."""
    if place.kind == "file":
        named = place_named(place.where, None)
        if named is not None:
            return _Place("database", *named)
    return place


def _between_databases(source: _Place, target: _Place) -> tuple[int, str]:
    from hyperopt.study.copying import copy_study

    reader, writer = connect(source.where, writing=False), connect(target.where)
    try:
        header = open_study_row(reader, source.name or _only(source))
        name = target.name or header.name
        return copy_study(reader, header, writer, name), name
    finally:
        reader.close()
        writer.close()


def _only(place: _Place) -> str:
    from hyperopt.cli.arguments import only_study

    return only_study(place.where)


def _load(place: _Place) -> tuple[Trials, str | None]:
    """Trials in memory, and what their study is called."""
    if place.kind == "database":
        name = place.name or _only(place)
        return _plain(StoredTrials(place.where, name, _create=False)), name
    if place.kind == "optuna":
        import optuna

        from hyperopt.integrations.optuna_studies import trials_from_optuna

        study = optuna.load_study(study_name=place.name, storage=place.where)
        return trials_from_optuna(study), study.study_name
    from hyperopt.storage.save_file import load

    trials: Any = load(place.where)
    if trials is None:
        raise FileNotFoundError(f"there is no file {place.where!r}")
    return trials, Path(place.where).stem


def _plain(trials: StoredTrials) -> Trials:
    plain: Trials = pickle.loads(pickle.dumps(trials))
    trials.close()
    return plain


def _save(trials: Trials, place: _Place, name: str) -> int:
    if place.kind == "database":
        from hyperopt.study.copying import open_names, store_trials

        database = connect(place.where)
        taken = open_names(database)
        database.close()
        if name in taken:
            raise ValueError(
                f"{place.where}: there is a study {name!r} already; give #another-name"
            )
        target = StoredTrials(place.where, name)
        n = store_trials(trials, target)
        target.close()
        return n
    if place.kind == "optuna":
        from hyperopt.integrations.optuna_studies import trials_to_optuna

        return trials_to_optuna(trials, place.where, name)
    path = Path(place.where)
    if path.exists():
        raise FileExistsError(f"there is a file {place.where!r} already")
    path.write_bytes(pickle.dumps(trials))
    return len(trials._dynamic_trials)
