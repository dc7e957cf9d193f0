"""Compare with the peers, all in one run; write docs/benchmarks.md and its chart.

Every case is measured in each of a few sweeps over all cases, so that a minute in which the machine
had something else to do is a part of each figure and not the whole of one.

python benches/compare/run.py            everything, about 20 minutes on an idle machine
python benches/compare/run.py --quick    small sizes, to try the machinery; writes no page
python benches/compare/run.py --only run --print-only
python benches/compare/run.py --render   the page and the chart again, from the last results
"""

from __future__ import annotations

import argparse
import datetime
import json
import statistics
import sys
from pathlib import Path
from typing import Any

from cases import CASES, Case, shrink
from chart import draw
from environments import HERE, LIBRARIES, OURS, ROOT, install
from machine import describe
from measure import Answers, measure_round, numpy_import_ms, once, summary
from report import page

RESULTS = HERE / "results.json"
PAGE = ROOT / "docs" / "benchmarks.md"
CHART = ROOT / "docs" / "pictures" / "bench-suggestion.png"
SWEEPS = 3


def main() -> None:
    """Measure, keep the numbers, write the page."""
    options = arguments()
    if options.render:
        write(json.loads(RESULTS.read_text()))
        return
    cases = [case for case in CASES if case.key.startswith(options.only)]
    keep = not (options.quick or options.only or options.print_only)
    results = run([shrink(case) for case in cases] if options.quick else cases, keep=keep)
    print(page(results))
    if keep:
        write(results)
        print(f"wrote {PAGE.relative_to(ROOT)} and {CHART.relative_to(ROOT)}", file=sys.stderr)


def write(results: dict[str, Any]) -> None:
    """Write the page and its chart."""
    PAGE.write_text(page(results))
    draw(results, CHART)


def arguments() -> argparse.Namespace:
    """Parse the command line."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--quick", action="store_true", help="small sizes; writes no page")
    parser.add_argument(
        "--only", default="", metavar="PREFIX", help="only cases whose key starts so"
    )
    parser.add_argument("--print-only", action="store_true", help="write no page")
    parser.add_argument(
        "--render", action="store_true", help="write the page from the last results"
    )
    return parser.parse_args()


def run(cases: list[Case], *, keep: bool) -> dict[str, Any]:
    """Sweep over the cases; keep the numbers so far after each sweep."""
    available = [library for library in LIBRARIES if install(library)]
    version = Case("version", "", "version", {})
    results: dict[str, Any] = {
        "date": datetime.datetime.now(datetime.timezone.utc).date().isoformat(),
        "machine": describe(),
        "versions": {
            library.title: answer["version"]
            for library in available
            if (answer := once(version, library)) is not None
        },
    }
    answers: dict[str, Answers] = {case.key: {} for case in cases}
    numpy_ms: list[float] = []
    for sweep in range(SWEEPS):
        for number, case in enumerate(cases, start=1):
            print(f"sweep {sweep + 1}/{SWEEPS} [{number}/{len(cases)}] {case.key}", file=sys.stderr)
            for turn in range(sweep, case.rounds, SWEEPS):
                measure_round(case, available, turn, answers[case.key])
                if case.worker == "import":
                    numpy_ms.append(numpy_import_ms(OURS))
        if numpy_ms:
            results["numpy import"] = statistics.median(numpy_ms)
        results["cases"] = {
            case.key: {
                "title": case.title,
                **case.options,
                "results": {
                    title: summary(found) for title, found in answers[case.key].items() if found
                },
            }
            for case in cases
        }
        if keep:
            RESULTS.write_text(json.dumps(results, indent=1) + "\n")
    return results


if __name__ == "__main__":
    sys.path.insert(0, str(Path(__file__).parent))
    main()
