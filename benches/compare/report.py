"""Turn the results of a run into docs/benchmarks.md."""

from __future__ import annotations

from typing import Any

from environments import (
    HYPEROPT,
    LIBRARIES,
    OPTUNA,
    OURS,
    OURS_DEFAULT,
    OURS_DOCUMENTS,
    OURS_JOINT,
    OURS_STUDY,
    RUSTUNA_INDEPENDENT,
    RUSTUNA_JOINT,
)

PEERS = [library.title for library in (HYPEROPT, OPTUNA, RUSTUNA_JOINT, RUSTUNA_INDEPENDENT)]
OWN = {
    OURS_DEFAULT.title: "hyperopt-rs, the default",
    OURS_JOINT.title: "hyperopt-rs, `jtpe`",
    OURS.title: "hyperopt-rs, `tpe`",
}
"""What the tables call our algorithms, by their names in the results."""
WAYS = {OURS_STUDY.title: "`tpe`, ask and tell", OURS_DOCUMENTS.title: "`tpe`, documents"}
SHAPED = ("bowl", "improving", "outliers", "near", "one-point", "conditional")
"""How the keys of the cases begin whose trials are not spread at random."""
LENGTHS = ("suggest-100", "suggest-1000", "suggest-10000", "suggest-100000")

HEAD = """\
# Benchmarks

Everything on this page comes from one run of `make bench`, which also wrote the page. It installs
each library from its package in an environment of its own, sweeps over the cases three times, in
rounds that alternate between the libraries, each measurement in a new process (on one thread; the
batch on all cores), and takes medians.
"""

SUGGESTION = """\
## One suggestion

![Milliseconds for one suggestion by library and length of study](pictures/bench-suggestion.png)

Milliseconds to ask for one point and to tell its loss, so that no cache can answer twice. The
space has 20 parameters: five each of uniform, log-uniform, quantised uniform, and a choice of five.
Ours are what the loop of `fmin` does: the algorithm, and storing document and result. The figure in
brackets is how many times that of our `tpe` it is, which is the same algorithm as hyperopt's.

By the number of finished trials:
"""

WAYS_TEXT = """\
The same `tpe` as other loops drive it: *ask and tell* is `Study.ask` and `Study.tell`, which also
give the point by value; *documents* is `tpe.suggest`, `insert_trial_docs` and `refresh`, which is
how the original is measured.
"""

SHAPES = """\
## Harder histories

Milliseconds for one suggestion, by what the trials are like. The space is the same unless the row
says otherwise.
"""

SHAPES_PEERS = """\
The peers, in those of them that they took part in:
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
    if "note" in results:
        sections.append(f"{results['note']}\n")
    lengths = {key: cases[key] for key in LENGTHS if key in cases}
    if lengths:
        sections += [SUGGESTION, by_library(lengths, OWN | own_names(PEERS), OURS.title)]
        sections += [WAYS_TEXT, by_library(lengths, WAYS, OURS.title)]
    shapes = {key: case for key, case in cases.items() if key.startswith(SHAPED)}
    if shapes:
        sections += [SHAPES, by_case(shapes)]
        compared = {k: c for k, c in shapes.items() if any(name in c["results"] for name in PEERS)}
        if compared:
            sections += [SHAPES_PEERS, by_library(compared, own_names(PEERS), OURS.title)]
    runs = {key: case for key, case in cases.items() if key.startswith("run")}
    if runs:
        sections += [RUN, by_library(runs, OWN | own_names(PEERS), OURS.title)]
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


def own_names(titles: list[str]) -> dict[str, str]:
    """Return libraries that are called in a table what they are called in the results."""
    return {name: name for name in titles}


def by_library(cases: dict[str, Any], names: dict[str, str], reference: str) -> str:
    """Return a table that fits a phone: a row per library, a column per case."""
    rows = [name for name in names if any(name in case["results"] for case in cases.values())]
    lines = ["| | " + " | ".join(case["title"] for case in cases.values()) + " |"]
    lines.append("|---" + "|---:" * len(cases) + "|")
    for name in rows:
        cells = [cell(case["results"], name, reference) for case in cases.values()]
        lines.append(f"| {names[name]} | " + " | ".join(cells) + " |")
    return "\n".join(lines) + "\n"


def by_case(cases: dict[str, Any]) -> str:
    """Return a table of our algorithms: a row per case, a column per algorithm."""
    names = [n for n in OWN if any(n in case["results"] for case in cases.values())]
    heads = [OWN[name].removeprefix("hyperopt-rs, ") for name in names]
    lines = ["| | " + " | ".join(heads) + " |", "|---" + "|---:" * len(heads) + "|"]
    for case in cases.values():
        cells = [cell(case["results"], name, "") for name in names]
        lines.append(f"| {case['title']} | " + " | ".join(cells) + " |")
    return "\n".join(lines) + "\n"


def cell(results: dict[str, Any], name: str, reference: str) -> str:
    """Return a median, and how many times that of the reference it is."""
    if name not in results:
        return "–"
    value = results[name]["median"]
    if name == reference or reference not in results:
        return number(value)
    return f"{number(value)} ({times(value / results[reference]['median'])})"


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
