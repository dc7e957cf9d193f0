"""``hyperopt worker``: a process that takes part in a study."""

from __future__ import annotations

import argparse
import logging
import sys
from typing import Any

from hyperopt.cli.arguments import add_study, place_of, write
from hyperopt.study.stored import StoredTrials
from hyperopt.study.worker import Task, work

__all__ = ["register"]

_FOREVER_S = 1e9


def register(subparsers: Any) -> None:
    """Add the subcommand."""
    parser = subparsers.add_parser(
        "worker",
        help="take part in a study",
        description="Suggest and evaluate trials of a study, beside all other processes that do, "
        "until it has as many as it shall have.",
    )
    add_study(parser)
    add = parser.add_argument
    add("--objective", metavar="MODULE:NAME", help="the function to minimise")
    add("--space", metavar="MODULE:NAME", help="the search space; the default is the stored one")
    add("--algo", metavar="MODULE:NAME", help="the algorithm; the default is the one used last")
    add(
        "--trust-pickles",
        action="store_true",
        help="load the objective that is stored with the study, which runs code from the database",
    )
    add("-n", "--n-jobs", type=int, metavar="N", help="evaluate N trials at a time, in processes")
    add("--max-evals", type=int, metavar="N", help="of the study; the default is what it was given")
    add("--exp-key", help="only trials of this experiment")
    add("--timeout", type=float, metavar="S", help="begin no trial after S seconds")
    add("--wait", action="store_true", help="when all is done, wait for more")
    add(
        "--stop-on-error",
        action="store_true",
        help="end with the objective's exception, instead of going on with the next trial",
    )
    add("--verbose", "-v", action="store_true", help="show the progress")
    parser.set_defaults(run=run)


def run(args: argparse.Namespace) -> int:
    """Work."""
    url, name = place_of(args)
    logging.basicConfig(level=logging.INFO if args.verbose else logging.WARNING, stream=sys.stderr)
    task = Task(
        objective=args.objective,
        space=args.space,
        algo=args.algo,
        trust_pickles=args.trust_pickles,
        n_jobs=args.n_jobs,
        max_evals=args.max_evals,
        timeout=args.timeout,
        idle_s=_FOREVER_S if args.wait else 0.0,
        stop_on_error=args.stop_on_error,
        verbose=args.verbose,
    )
    trials = StoredTrials(url, name, args.exp_key, _create=False)
    try:
        n = work(trials, task)
    finally:
        trials.close()
    write(f"{name}: {n} trials have ended")
    return 0
