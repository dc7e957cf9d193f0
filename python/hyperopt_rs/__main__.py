"""``python -m hyperopt_rs doctor``."""

from __future__ import annotations

import argparse
import sys

from hyperopt_rs.doctor import examine


def main(arguments: list[str] | None = None) -> int:
    """Run a command; 1 if something is wrong."""
    parser = argparse.ArgumentParser(prog="python -m hyperopt_rs")
    commands = parser.add_subparsers(dest="command", required=True)
    commands.add_parser(
        "doctor", help="say whether `import hyperopt` gives hyperopt-rs, whole and unchanged"
    )
    parser.parse_args(arguments)
    report = examine()
    for line in report.facts:
        print("ok:", line)
    for problem in report.problems:
        print("problem:", problem)
    if report.problems:
        print(
            "to mend it:\n"
            "  python -m pip uninstall --yes hyperopt\n"
            "  python -m pip install --force-reinstall --no-deps hyperopt-rs\n"
            "and if another package requires the distribution hyperopt, install the stand-in "
            "hyperopt 0.3.0+rs for it (documentation: Packages that require hyperopt)"
        )
    return 1 if report.problems else 0


if __name__ == "__main__":
    sys.exit(main())
