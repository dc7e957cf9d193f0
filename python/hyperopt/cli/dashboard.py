"""``hyperopt dashboard``: the live page of a study that another process works on."""

from __future__ import annotations

import argparse
import sys
import threading
from pathlib import Path
from typing import Any

from hyperopt.cli.look_arguments import (
    add_look_arguments,
    check_trust,
    load_file,
    name_of,
    place_named,
)


def register(subparsers: Any) -> None:
    """Add the command."""
    parser = subparsers.add_parser(
        "dashboard",
        help="follow a study in the browser",
        description="Serve the live page of a study: a save file that grows, or a study in a "
        "database. It ends with Ctrl-C.",
    )
    add_look_arguments(parser, many=False)
    parser.add_argument(
        "--host",
        default="127.0.0.1",
        help="where to listen; anything but the default lets other machines ask",
    )
    parser.add_argument(
        "--port", type=int, default=0, help="default: one that is free, chosen by the system"
    )
    parser.add_argument("--open", action="store_true", help="show it in this machine's browser")
    parser.set_defaults(run=run)


def run(args: argparse.Namespace) -> int:
    """Serve until interrupted; return the exit status."""
    from hyperopt.visualization.dashboard import Server

    source = source_of(args.study, args.storage, trust_pickles=args.trust_pickles)
    server = Server(args.host, args.port)
    address = server.add(source)
    sys.stdout.write(f"{address}\n")
    sys.stdout.flush()
    if args.open:
        import webbrowser

        webbrowser.open(address)
    try:
        threading.Event().wait()
    except KeyboardInterrupt:
        pass
    finally:
        server.close()
    return 0


def source_of(text: str, storage: str | None, *, trust_pickles: bool) -> Any:
    """Where the trials come from. A file may appear later, if its folder is there."""
    place = place_named(text, storage)
    if place is not None:
        from hyperopt.study.live_source import DatabaseSource

        return DatabaseSource(*place)
    from hyperopt.visualization.dashboard import FileSource

    check_trust(text, trust_pickles)
    path = Path(text)
    if path.is_file():
        load_file(path)  # what is no study is an error before anybody looks
    return FileSource(path, load_file, name_of(text, None))
