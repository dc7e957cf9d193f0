"""``hyperopt storage``: the database itself."""

from __future__ import annotations

import argparse
import sys
from typing import Any

from hyperopt.cli.arguments import add_storage, storage_of, write
from hyperopt.storage.sql import blobs, reading, schema, shared
from hyperopt.storage.sql.shared import connect

__all__ = ["register"]


def register(subparsers: Any) -> None:
    """Add the subcommands."""
    parser = subparsers.add_parser("storage", help="check or upgrade a database")
    kinds = parser.add_subparsers(dest="what", metavar="check|upgrade", required=True)
    check = kinds.add_parser(
        "check", help="see whether the database is sound, and remove what nobody needs"
    )
    add_storage(check)
    check.set_defaults(run=run_check)
    upgrade = kinds.add_parser("upgrade", help="bring the tables to the present version")
    add_storage(upgrade)
    upgrade.set_defaults(run=run_upgrade)


def run_check(args: argparse.Namespace) -> int:
    """Check a database."""
    from hyperopt.study.verification import verify

    url = storage_of(args)
    database = connect(url, writing=False)
    try:
        database.read(lambda: schema.create_or_check(database, writing=False))
        version = database.read(lambda: schema.version_of(database))
        headers = database.read(lambda: reading.headers(database))
        problems = database.read(database.problems)
    finally:
        database.close()
    write(f"schema {version} (this version knows {schema.SCHEMA})")
    for header in headers:
        verdict = verify(url, header.name, recompute=False)
        problems += [f"{header.name}: {problem}" for problem in verdict.problems]
        write(f"{header.name}: {verdict.n_trials} trials, revision {header.rev}")
    if not problems:
        writer = connect(url)
        try:
            for header in headers:
                n = writer.run(lambda study=header.id: blobs.sweep_stale(writer, study))  # type: ignore[misc]
                if n:
                    write(f"{header.name}: {n} abandoned pieces of attachments removed")
        finally:
            writer.close()
    for problem in problems:
        sys.stderr.write(f"{problem}\n")
    write("sound" if not problems else f"{len(problems)} problems")
    return 1 if problems else 0


def run_upgrade(args: argparse.Namespace) -> int:
    """Upgrade the tables."""
    database = connect(storage_of(args))
    try:
        old, new = shared.upgrade(database)
    finally:
        database.close()
    write(f"schema {old} is up to date" if old == new else f"schema {old} upgraded to {new}")
    return 0
