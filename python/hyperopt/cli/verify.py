"""``hyperopt verify``: whether a study is what it claims to be."""

from __future__ import annotations

import argparse
import sys
from typing import Any

from hyperopt.cli.arguments import add_study, place_of, write
from hyperopt.study.worker import named

__all__ = ["register"]


def register(subparsers: Any) -> None:
    """Add the subcommand."""
    parser = subparsers.add_parser(
        "verify",
        help="check the log of a study, and recompute every suggestion",
        description="Check the log, the rows and the attachments of a study, and recompute every "
        "suggestion of the built-in algorithms from what its process had seen. The exit status is "
        "0 if all is well.",
    )
    add_study(parser)
    parser.add_argument(
        "--space",
        metavar="MODULE:NAME",
        help="the search space, if it holds functions that are not read from a database",
    )
    parser.set_defaults(run=run)


def run(args: argparse.Namespace) -> int:
    """Verify a study."""
    from hyperopt.study.verification import verify

    url, name = place_of(args)
    verdict = verify(url, name, named(args.space, "--space") if args.space else None)
    write(
        f"{name}: {verdict.n_trials} trials; {verdict.n_recomputed} of {verdict.n_suggestions} "
        "suggestions recomputed"
    )
    for reason, n in verdict.unknown.items():
        write(f"{n} suggestions not recomputed: {reason}")
    for problem in verdict.problems:
        sys.stderr.write(f"{problem}\n")
    write("passed" if verdict.passed else f"FAILED: {len(verdict.problems)} problems")
    return 0 if verdict.passed else 1
