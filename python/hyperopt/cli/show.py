"""``hyperopt show``, ``trials`` and ``best``: what a study has found."""

from __future__ import annotations

import argparse
import datetime
import json
from collections import Counter
from typing import TYPE_CHECKING, Any

from hyperopt.analysis.table import STATE_NAMES, rows_of
from hyperopt.cli.arguments import add_study, snapshot_of, write, write_table
from hyperopt.cli.window import GAP, folded, wrapped
from hyperopt.storage.documents import STATUS_OK, active_values
from hyperopt.storage.failures import failure_of
from hyperopt.visualization.report.columns import STATES, state_of

if TYPE_CHECKING:
    from hyperopt.study.snapshot import Snapshot

__all__ = ["register"]


def register(subparsers: Any) -> None:
    """Add the subcommands."""
    parser = subparsers.add_parser("show", help="a study at a glance")
    add_study(parser)
    parser.add_argument("--json", action="store_true", help="as JSON")
    parser.set_defaults(run=run_show)

    parser = subparsers.add_parser("trials", help="list the trials of a study")
    add_study(parser)
    parser.add_argument("--state", choices=STATE_NAMES, help="only trials in this state")
    parser.add_argument("--last", type=int, metavar="N", help="only the newest N")
    parser.add_argument("--json", action="store_true", help="as JSON, one trial a line")
    parser.set_defaults(run=run_trials)

    parser = subparsers.add_parser("best", help="the best trials of a study")
    add_study(parser)
    parser.add_argument("-n", type=int, default=1, metavar="N", help="how many (default 1)")
    parser.add_argument("--json", action="store_true", help="as JSON")
    parser.set_defaults(run=run_best)


def run_show(args: argparse.Namespace) -> int:
    """Show a study."""
    snapshot = snapshot_of(args)
    facts = _facts(snapshot)
    if args.json:
        write(json.dumps(facts, default=str))
        return 0
    indent = max(map(len, facts)) + GAP
    for name, value in facts.items():
        if name != "processes":
            write(wrapped(name.replace("_", " "), "-" if value is None else str(value), indent))
    write("processes")
    for process in facts["processes"]:
        write(folded(process, "  ", "    "))
    return 0


def _facts(snapshot: Snapshot) -> dict[str, Any]:
    header, trials = snapshot.header, snapshot.trials
    counts = Counter(STATE_NAMES[row.state] for row in snapshot.rows)
    best = min(_ok_trials(snapshot), key=_loss, default=None)
    docs = trials._dynamic_trials
    kinds = [STATES[state_of(doc)] for doc in docs]
    failures = Counter(
        why
        for kind, doc in zip(kinds, docs, strict=True)
        if kind not in ("pruned", "paused") and (why := failure_of(doc)) is not None
    )
    commonest = failures.most_common(1)
    return {
        "study": header.name,
        "created": _time(header.created),
        "trials": sum(counts.values()),
        "states": ", ".join(f"{n} {state}" for state, n in sorted(counts.items())) or "none",
        "max_evals": header.max_evals,
        "best_loss": None if best is None else _loss(best),
        "best_trial": None if best is None else best["tid"],
        "stopped_early": kinds.count("pruned"),
        "paused": kinds.count("paused"),
        "commonest_failure": f"{commonest[0][1]} x {commonest[0][0]}" if commonest else None,
        "parameters": ", ".join(trials._space.labels) if trials._space is not None else None,
        "algorithms": ", ".join(_name(fact["algorithm"]) for fact in snapshot.algorithms) or None,
        "seed": header.seed,
        "revision": header.rev,
        "lease_s": header.lease_s,
        "processes": [
            f"{worker.host} {worker.pid}: {_life(worker)} ({worker.software})"
            for worker in snapshot.workers
        ],
    }


def _life(worker: Any) -> str:
    if worker.ended is not None:
        return f"ended {_time(worker.ended)}"
    if worker.running is False:
        return "lost"
    return f"last seen {_time(worker.last_seen)}"


def _name(description: Any) -> str:
    """The name in the description of an algorithm; see `study.provenance`."""
    for key in ("name", "foreign"):
        if key in description:
            return str(description[key])
    return _name(description.get("partial") or description.get("distinct"))


def _time(seconds: float) -> str:
    moment = datetime.datetime.fromtimestamp(seconds, datetime.timezone.utc)
    return moment.strftime("%Y-%m-%d %H:%M:%S UTC")


def _ok_trials(snapshot: Snapshot) -> list[Any]:
    return [
        doc
        for doc in snapshot.trials.trials
        if doc["result"].get("status") == STATUS_OK and _loss(doc) == _loss(doc)
    ]


def _loss(doc: Any) -> float:
    loss = doc["result"].get("loss")
    return float("nan") if loss is None else float(loss)


def run_trials(args: argparse.Namespace) -> int:
    """List trials."""
    snapshot = snapshot_of(args)
    rows = rows_of(snapshot.trials, snapshot.trials._space)
    if args.state:
        rows = [row for row in rows if row["state"] == args.state]
    if args.last is not None:
        rows = rows[-args.last :] if args.last > 0 else []
    if args.json:
        for row in rows:
            write(json.dumps(row, default=str))
    elif rows:
        hidden = ("book_time", "refresh_time")
        head = [name for name in rows[0] if name not in hidden]
        write_table(head, [[row[name] for name in head] for row in rows])
    else:
        write("no trials")
    return 0


def run_best(args: argparse.Namespace) -> int:
    """Show the best trials."""
    from hyperopt.space.values import native

    snapshot = snapshot_of(args)
    space = snapshot.trials._space
    docs = sorted(_ok_trials(snapshot), key=_loss)[: max(0, args.n)]
    if not docs:
        raise ValueError(f"the study {snapshot.header.name!r} has no trial with a loss yet")
    found = []
    for doc in docs:
        assignment = active_values(doc["misc"]["vals"])
        point = native(assignment if space is None else space.evaluate(assignment))
        found.append({"tid": doc["tid"], "loss": _loss(doc), "params": point})
    if args.json:
        write(json.dumps(found if args.n != 1 else found[0], default=str))
    else:
        write_table(("tid", "loss", "params"), [list(entry.values()) for entry in found])
    return 0
