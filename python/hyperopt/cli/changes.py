"""``hyperopt stop``, ``retry`` and ``delete``: changes to a study that every process sees."""

from __future__ import annotations

import argparse
import sys
from typing import Any

from hyperopt.cli.arguments import add_study, counted, place_of, tids_of, write
from hyperopt.storage.documents import JOB_STATE_CANCEL, JOB_STATE_ERROR
from hyperopt.storage.sql.shared import SharedStudy, connect, delete_study, open_study_row
from hyperopt.study.stored import StoredTrials

__all__ = ["register"]


def register(subparsers: Any) -> None:
    """Add the subcommands."""
    parser = subparsers.add_parser(
        "stop",
        help="end the processes of a study at their next exchange",
        description="Tell all processes that take part in a study now to stop when their trials "
        "have ended. Processes that come later go on.",
    )
    add_study(parser)
    parser.set_defaults(run=run_stop)

    parser = subparsers.add_parser("retry", help="put trials back into the queue")
    add_study(parser)
    which = parser.add_mutually_exclusive_group()
    which.add_argument("--trials", type=tids_of, metavar="IDS", help="these: 3,5,8-12")
    which.add_argument(
        "--failed", action="store_true", help="all that ended with an exception (the default)"
    )
    parser.set_defaults(run=run_retry)

    parser = subparsers.add_parser("delete", help="delete trials, or a study")
    add_study(parser)
    parser.add_argument("--trials", type=tids_of, metavar="IDS", help="only these trials: 3,5,8-12")
    parser.add_argument("--yes", action="store_true", help="do not ask before deleting a study")
    parser.set_defaults(run=run_delete)


def run_stop(args: argparse.Namespace) -> int:
    """Stop a study's processes."""
    url, name = place_of(args)
    database = connect(url)
    try:
        shared = SharedStudy(database, open_study_row(database, name, create=False))
        n = shared.write(lambda writing: writing.stop(), lambda changes: None)
    finally:
        database.close()
    write(f"{name}: {n} processes stop when their trials have ended")
    return 0


def run_retry(args: argparse.Namespace) -> int:
    """Put trials back into the queue."""
    url, name = place_of(args)
    trials = StoredTrials(url, name, _create=False)
    wanted = args.trials
    if wanted is None:
        ended = (JOB_STATE_ERROR, JOB_STATE_CANCEL)
        wanted = [doc["tid"] for doc in trials._dynamic_trials if doc["state"] in ended]
    done = trials.retry(wanted)
    trials.close()
    write(f"{name}: {counted(len(done))} put back into the queue")
    left = sorted(set(wanted) - set(done))
    if args.trials is not None and left:
        ids = ", ".join(map(str, left))
        sys.stderr.write(f"left alone, because missing, waiting or running: {ids}\n")
        return 1
    return 0


def run_delete(args: argparse.Namespace) -> int:
    """Delete trials, or a study."""
    url, name = place_of(args)
    if args.trials is not None:
        trials = StoredTrials(url, name, _create=False)
        n = trials.delete(args.trials)
        trials.close()
        write(f"{name}: {counted(n)} deleted")
        return 0
    database = connect(url)
    try:
        header = open_study_row(database, name, create=False)
        if not args.yes and not _confirmed(f"Delete the study {name!r} and all its trials?"):
            return 1
        delete_study(database, header.id)
    finally:
        database.close()
    write(f"{name}: deleted")
    return 0


def _confirmed(question: str) -> bool:
    if not sys.stdin.isatty():
        raise ValueError("a study is deleted with --yes, or after an answer at a terminal")
    return input(f"{question} [y/N] ").strip().lower() in ("y", "yes")
