"""``hyperopt report``: a study, or several, as one HTML file."""

from __future__ import annotations

import argparse
import sys
from pathlib import Path
from typing import Any

from hyperopt.cli.look_arguments import (
    add_look_arguments,
    check_trust,
    load_file,
    name_of,
    place_named,
)
from hyperopt.storage.sql.address import masked


def register(subparsers: Any) -> None:
    """Add the command."""
    parser = subparsers.add_parser(
        "report",
        help="write a study as one HTML file",
        description="Write a study, or several to compare, as one HTML file that opens anywhere.",
    )
    add_look_arguments(parser, many=True)
    parser.add_argument(
        "-o", "--output", default="study.html", metavar="FILE", help="default: %(default)s"
    )
    parser.add_argument("--title", help="title of the page")
    parser.add_argument(
        "--open", action="store_true", help="show it in this machine's browser when it is written"
    )
    parser.set_defaults(run=run)


def run(args: argparse.Namespace) -> int:
    """Write the report; return the exit status."""
    from hyperopt.visualization.report import write_report

    studies = [_study(text, args) for text in args.studies]
    path = write_report(args.output, studies, names=_names(args), title=args.title)
    sys.stdout.write(f"{path}\n")
    if args.open:
        import webbrowser

        webbrowser.open(path.resolve().as_uri())
    return 0


def _study(text: str, args: argparse.Namespace) -> Any:
    """The trials that an argument names."""
    place = place_named(text, args.storage)
    if place is not None:
        from hyperopt.study.snapshot import read_snapshot

        return read_snapshot(*place).trials
    check_trust(text, args.trust_pickles)
    return load_file(Path(text))


def _names(args: argparse.Namespace) -> list[str]:
    """Names of the studies, told apart."""
    names = [name_of(text, place_named(text, args.storage)) for text in args.studies]
    return [
        masked(text) if names.count(name) > 1 else name
        for name, text in zip(names, args.studies, strict=True)
    ]
