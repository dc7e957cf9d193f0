"""The command ``hyperopt``.

Every module of `COMMANDS` has ``register(subparsers)``, which adds its subcommands and sets
``run``, a function of the parsed arguments that returns the exit status.
"""

from __future__ import annotations

import argparse
import importlib
import os
import sys
from collections.abc import Sequence

from hyperopt.cli.arguments import harmless
from hyperopt.exceptions import StorageError
from hyperopt.storage.sql.address import masked

__all__ = ["COMMANDS", "main"]

COMMANDS = (
    "hyperopt.cli.studies",
    "hyperopt.cli.show",
    "hyperopt.cli.export",
    "hyperopt.cli.report",
    "hyperopt.cli.dashboard",
    "hyperopt.cli.worker",
    "hyperopt.cli.changes",
    "hyperopt.cli.copy",
    "hyperopt.cli.verify",
    "hyperopt.cli.storage",
)


def main(arguments: Sequence[str] | None = None) -> int:
    """Run the command line; return the exit status."""
    parser = _parser()
    args = parser.parse_args(arguments)
    try:
        status: int = args.run(args)
        sys.stdout.flush()
    except BrokenPipeError:  # The reader, such as `head`, has seen enough.
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        return 141
    except KeyboardInterrupt:
        return 130
    except (StorageError, ValueError, TypeError, OSError, LookupError) as error:
        if args.debug:
            raise
        sys.stderr.write(f"hyperopt {args.command}: {harmless(masked(str(error)))}\n")
        return 1
    return status


def _parser() -> argparse.ArgumentParser:
    from hyperopt.environment.installation import version

    parser = argparse.ArgumentParser(
        prog="hyperopt",
        description="Look at studies in a database, work on them, change them.",
    )
    parser.add_argument("--version", action="version", version=f"hyperopt-rs {version()}")
    parser.add_argument("--debug", action="store_true", help="show where an error comes from")
    subparsers = parser.add_subparsers(dest="command", metavar="COMMAND", required=True)
    for name in COMMANDS:
        importlib.import_module(name).register(subparsers)
    return parser
