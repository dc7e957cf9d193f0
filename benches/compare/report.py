"""Turn the results of a run into docs/benchmarks.md."""

from __future__ import annotations

from typing import Any

from environments import (
    HYPEROPT,
    LIBRARIES,
    OPTUNA,
    OURS,
    OURS_DOCUMENTS,
    OURS_JOINT,
    OURS_STUDY,
    RUSTUNA_INDEPENDENT,
    RUSTUNA_JOINT,
)

PEERS = [library.title for library in (HYPEROPT, OPTUNA, RUSTUNA_JOINT, RUSTUNA_INDEPENDENT)]

HEAD = """\
# Benchmarks

Everything on this page comes from one run of `make bench`, which also wrote the page. It installs
each library from its package in an environment of its own, sweeps over the cases three times, in
rounds that alternate between the libraries, each measurement in a new process (on one thread; the
batch on all cores), and takes medians. The figure in brackets is how many times ours it is.
"""

SUGGESTION = """\
## One suggestion

Milliseconds to ask for one point and to tell its loss, so that no cache can answer twice. The
spaces have 20 parameters unless the row says otherwise: five each of uniform, log-uniform,
quantised uniform, and a choice of five. *hyperopt-rs* is what the loop of `fmin` does:
`tpe.suggest`, and storing document and result; *joint* is the same with `jtpe.suggest`. *ask/tell*
is `Study.ask` and `Study.tell`, which also gives the point by value. *documents* is `tpe.suggest`,
`insert_trial_docs` and `refresh`, which is how the original is measured and how other people's
loops drive it.
"""

BATCH = """\
## Many suggestions at once
"""

RUN = """\
## A whole run

Seconds of `fmin` (or `Study.optimize`) with 10 parameters and an objective that costs nothing.
"""

IMPORT = """\
## Import

Milliseconds of the import in a new process, the interpreter's start not counted.
"""

MEMORY = """\
## Memory

Resident bytes per trial of a finished study with 20 parameters, as the library's own random search
writes it; the native history as a share of the documents.
"""

REPEAT = """\
## Repeat it

`make bench` rewrites this page and `benches/compare/results.json`, which has the quartiles too.
`make bench BENCH_FLAGS="--only run --print-only"` measures a part and writes nothing.
`make bench-rust` runs the criterion benches of the core alone.
"""


def page(results: dict[str, Any]) -> str:
    """Return the whole page."""
    cases = results["cases"]
    sections = [HEAD, machine(results)]
    for head, prefixes in (
        (SUGGESTION, ("suggest", "improving", "outliers", "near", "one-point", "conditional")),
        (RUN, ("run",)),
    ):
        chosen = {key: case for key, case in cases.items() if key.startswith(prefixes)}
        if chosen:
            sections += [head, table(chosen)]
    if "batch-1000" in cases:
        sections += [BATCH, batch(cases["batch-1000"])]
    if "import" in cases:
        sections += [IMPORT, imports(cases["import"]["results"], results["numpy import"])]
    if "memory" in cases:
        few = cases.get("memory-few", {"results": {}, "trials": 0})
        sections += [MEMORY, memory(cases["memory"], few)]
    return "\n".join([*sections, REPEAT])


def machine(results: dict[str, Any]) -> str:
    """Return where and with what it was measured."""
    facts = [f"{name}: {value}" for name, value in results["machine"].items()]
    names = {
        library.environment: title(library.title) for library in LIBRARIES if library.environment
    } | {"": OURS.title}
    versions = {
        names[library.environment]: results["versions"][library.title]
        for library in LIBRARIES
        if library.title in results["versions"]
    }
    compared = ", ".join(f"{name} {version}" for name, version in versions.items())
    return f"Measured on {results['date']}. {'; '.join(facts)}. Compared: {compared}.\n"


def title(name: str) -> str:
    """Return a library's name without the mode."""
    return name.partition(",")[0]


def table(cases: dict[str, Any]) -> str:
    """Return a table: a row per case, a column per library, each peer with its ratio to ours."""
    columns = [
        name
        for name in (
            OURS.title,
            OURS_JOINT.title,
            OURS_STUDY.title,
            OURS_DOCUMENTS.title,
            *PEERS,
        )
        if any(name in case["results"] for case in cases.values())
    ]
    lines = ["| | " + " | ".join(columns) + " |", "|---" + "|---:" * len(columns) + "|"]
    for case in cases.values():
        ours = case["results"].get(OURS.title, {}).get("median")
        cells = [cell(case["results"].get(name), ours, own=name == OURS.title) for name in columns]
        lines.append(f"| {case['title']} | " + " | ".join(cells) + " |")
    return "\n".join(lines) + "\n"


def cell(answer: dict[str, Any] | None, ours: float | None, own: bool) -> str:
    """Return a median, and how many times ours it is."""
    if answer is None:
        return "–"
    if own:
        return f"**{number(answer['median'])}**"
    ratio = f" ({times(answer['median'] / ours)})" if ours else ""
    return number(answer["median"]) + ratio


def number(value: float) -> str:
    """Return a number with three significant digits."""
    if value >= 100:
        return f"{value:,.0f}"
    return f"{value:#.3g}"


def times(ratio: float) -> str:
    """Return a ratio: 0.8x, 15x, 6,200x."""
    return f"{ratio:.1f}x" if ratio < 10 else f"{float(f'{ratio:.2g}'):,.0f}x"


def batch(case: dict[str, Any]) -> str:
    """Return one sentence about the batch."""
    answer = case["results"][OURS.title]
    return (
        f"One call for {case['count']:,} suggestions after {case['trials']:,} finished trials\n"
        f"takes {number(answer['median'])} ms and returns {answer['returned']:,} documents, "
        f"{answer['different']:,} of them different.\n"
        "The original returns one document whatever is asked for.\n"
    )


def imports(results: dict[str, Any], numpy_ms: float) -> str:
    """Return the table of import times."""
    lines = [
        "| | ms | of `import numpy` |",
        "|---|---:|---:|",
        f"| numpy | {number(numpy_ms)} | 1.0x |",
    ]
    for name, answer in results.items():
        lines.append(
            f"| {title(name)} | {number(answer['median'])} | {times(answer['median'] / numpy_ms)} |"
        )
    return "\n".join(lines) + "\n"


def memory(ours: dict[str, Any], theirs: dict[str, Any]) -> str:
    """Return the table of memory."""
    lines = [
        "| | trials | documents | native history | growth per suggestion |",
        "|---|---:|---:|---:|---:|",
    ]
    for case in (ours, theirs):
        for name, answer in case["results"].items():
            native = f"{answer['history']:,.0f} ({answer['history'] / answer['documents']:.1%})"
            history = native if name == OURS.title else "–"
            growth = f"{answer['growth']:,.0f}"
            cells = (name, f"{case['trials']:,}", f"{answer['documents']:,.0f}", history, growth)
            lines.append(f"| {' | '.join(cells)} |")
    return "\n".join(lines) + "\n"
