"""Count the instructions of fixed workloads of the core, and compare with the committed baseline.

    python benches/instructions/check.py [--update]

Instructions, not seconds: the same binary gives the same count whatever else the machine does.
Between compilers and processors counts differ a little, so only a growth beyond `TOLERANCE` fails.
Needs valgrind, and says so where it is missing.
"""

from __future__ import annotations

import json
import platform
import re
import shutil
import subprocess
import sys
import tempfile
from pathlib import Path

HERE = Path(__file__).parent
BASELINE = HERE / "baseline.json"
TOLERANCE = 1.5
MEASURED = "*measured*"


def main() -> int:
    """Compare, or write the baseline anew."""
    if shutil.which("valgrind") is None:
        print("instruction counts: SKIPPED, valgrind is not installed")
        return 0
    binary = build()
    counts = {name: count(binary, name, times) for name, times in workloads(binary)}
    if "--update" in sys.argv[1:]:
        BASELINE.write_text(json.dumps({platform.machine(): counts}, indent=2) + "\n")
        print(f"wrote {BASELINE.name}: {counts}")
        return 0
    return compare(counts, json.loads(BASELINE.read_text()).get(platform.machine()))


def build() -> Path:
    """Build the workloads, and return the program."""
    command = ["cargo", "build", "--locked", "--release", "-p", "instruction-counts"]
    output = subprocess.run(
        [*command, "--message-format=json-render-diagnostics"],
        check=True,
        stdout=subprocess.PIPE,
        text=True,
        cwd=HERE,
    ).stdout
    messages = [json.loads(line) for line in output.splitlines() if line.startswith("{")]
    return Path(next(m["executable"] for m in messages if m.get("executable")))


def workloads(binary: Path) -> list[tuple[str, int]]:
    """Return the workloads' names, each with its number of operations."""
    listed = subprocess.run([binary, "--list"], check=True, capture_output=True, text=True).stdout
    return [(name, int(times)) for name, times in map(str.split, listed.splitlines())]


def count(binary: Path, name: str, times: int) -> int:
    """Return the instructions of one operation of a workload."""
    with tempfile.TemporaryDirectory() as scratch:
        answer = subprocess.run(
            [
                "valgrind",
                "--tool=callgrind",
                f"--callgrind-out-file={scratch}/out",
                f"--toggle-collect={MEASURED}",
                binary,
                name,
            ],
            capture_output=True,
            text=True,
            check=False,
        )
    collected = re.search(r"Collected : (\d+)", answer.stderr)
    if answer.returncode or collected is None or int(collected[1]) == 0:
        raise SystemExit(f"callgrind counted nothing for {name}:\n{answer.stderr}")
    return int(collected[1]) // times


def compare(counts: dict[str, int], baseline: dict[str, int] | None) -> int:
    """Print a table; return 1 if something has grown beyond the tolerance."""
    if baseline is None:
        print(f"instruction counts: SKIPPED, no baseline for {platform.machine()}: {counts}")
        return 0
    print(f"{'instructions per operation':<28}{'now':>12}{'baseline':>12}{'ratio':>8}")
    grown = []
    for name, now in counts.items():
        ratio = now / baseline[name] if name in baseline else float("nan")
        print(f"{name:<28}{now:>12,}{baseline.get(name, 0):>12,}{ratio:>8.2f}")
        if not ratio <= TOLERANCE:
            grown.append(name)
    if grown:
        print(f"grown beyond {TOLERANCE}x the baseline: {', '.join(grown)}")
        print("If that is meant, run: python benches/instructions/check.py --update")
    return bool(grown)


if __name__ == "__main__":
    sys.exit(main())
