"""``hyperopt studies``: what a database holds."""

from __future__ import annotations

import argparse
import datetime
import json
from typing import Any

from hyperopt.cli.arguments import add_storage, storage_of, write, write_table
from hyperopt.storage.sql import reading, schema
from hyperopt.storage.sql.shared import connect

__all__ = ["register"]


def register(subparsers: Any) -> None:
    """Add the subcommand."""
    parser = subparsers.add_parser("studies", help="list the studies of a database")
    add_storage(parser)
    parser.add_argument("--json", action="store_true", help="as JSON")
    parser.set_defaults(run=run)


def run(args: argparse.Namespace) -> int:
    """List the studies."""
    database = connect(storage_of(args), writing=False)
    try:
        database.read(lambda: schema.create_or_check(database, writing=False))
        headers = database.read(lambda: reading.headers(database))
        counts = database.read(
            lambda: database.execute(
                "SELECT study, state, count(*), min(loss) FROM hyperopt_trial GROUP BY study, state"
            ).fetchall()
        )
        live = database.read(
            lambda: database.execute(
                "SELECT study, count(*) FROM hyperopt_worker WHERE ended IS NULL GROUP BY study"
            ).fetchall()
        )
    finally:
        database.close()
    studies = []
    for header in headers:
        own = {state: (n, loss) for study, state, n, loss in counts if study == header.id}
        created = datetime.datetime.fromtimestamp(header.created, datetime.timezone.utc)
        studies.append(
            {
                "study": header.name,
                "trials": sum(n for n, _ in own.values()),
                "done": own.get(2, (0,))[0],
                "max_evals": header.max_evals,
                "running": own.get(1, (0,))[0],
                "waiting": own.get(0, (0,))[0],
                "failed": own.get(3, (0,))[0],
                "best_loss": own[2][1] if 2 in own else None,
                "processes": dict(live).get(header.id, 0),
                "created": created.strftime("%Y-%m-%d %H:%M"),
            }
        )
    if args.json:
        write(json.dumps(studies))
    elif studies:
        write_table(list(studies[0]), [list(study.values()) for study in studies])
    else:
        write("no studies")
    return 0
