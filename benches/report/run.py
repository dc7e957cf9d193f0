"""What looking at a study costs: importance, reports, the live page. Rewrites part of a page.

    python benches/report/run.py [--no-page]

Figures are by the clock, so they mean something on a machine that does nothing else. Beside them
stands processor time, which other programs change little: for the browser that of the page's main
thread. Optuna's importance is measured where it is installed.
"""

from __future__ import annotations

import argparse
import os
import platform
import re
import statistics
import sys
import tempfile
import time
import warnings
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any, NamedTuple

import browser

from hyperopt import Trials, fmin, hp, rand

PAGE = Path(__file__).resolve().parents[2] / "docs" / "report.md"
BEGIN, END = "<!-- written by make bench-report -->", "<!-- end -->"
_TEXT = """
Written by `make bench-report` on {cores} cores ({system}, Python {python}; headless Chromium
without a graphics card). Figures are by the clock; the processor time beside them, in the browser
that of the page's main thread, tells whether other programs were in the way.

| | figure | processor time | goal |
|---|---:|---:|---:|
{rows}
"""


class Row(NamedTuple):
    """A line of the table."""

    name: str
    figure: str
    processor: str = ""
    goal: str = ""


def space(n_parameters: int) -> dict[str, Any]:
    """Return a flat space, a quarter of it integers."""
    names = [f"p{i:02d}" for i in range(n_parameters)]
    return {
        name: hp.uniformint(name, 0, 20) if i % 4 == 0 else hp.uniform(name, -1, 1)
        for i, name in enumerate(names)
    }


def objective(point: dict[str, float]) -> float:
    """Weigh later parameters more."""
    return sum((i + 1) * value**2 for i, value in enumerate(point.values()))


def study(n_trials: int, n_parameters: int, **options: Any) -> Trials:
    """Return a finished random search."""
    trials = Trials()
    fmin(
        objective,
        space(n_parameters),
        rand.suggest,
        n_trials,
        trials=trials,
        rstate=0,
        verbose=False,
        **options,
    )
    return trials


class Times(NamedTuple):
    """Medians of milliseconds."""

    wall_ms: float
    cpu_ms: float


def timed(work: Callable[[], Any], repetitions: int) -> Times:
    """Do something again and again."""
    found = []
    for _ in range(repetitions):
        wall, cpu = time.perf_counter(), time.process_time()
        work()
        found.append((time.perf_counter() - wall, time.process_time() - cpu))
    return Times(*(1e3 * statistics.median(column) for column in zip(*found, strict=True)))


def timed_row(name: str, times: Times, goal: str = "") -> Row:
    """Show both medians."""
    return Row(name, f"{times.wall_ms:.1f} ms", f"{times.cpu_ms:.1f} ms", goal)


def optuna_importance(trials: Trials) -> Times | None:
    """Return what Optuna's PED-ANOVA takes for the same trials."""
    try:
        import optuna
    except ImportError:
        return None
    warnings.simplefilter("ignore")
    optuna.logging.set_verbosity(optuna.logging.ERROR)
    documents = trials.trials
    integers = {name for name in documents[0]["misc"]["vals"] if int(name[1:]) % 4 == 0}
    whole = optuna.distributions.IntDistribution(0, 20)
    real = optuna.distributions.FloatDistribution(-1, 1)
    names = sorted(documents[0]["misc"]["vals"])
    distributions = {name: whole if name in integers else real for name in names}
    theirs = optuna.create_study()
    for doc in documents:
        values = {name: column[0] for name, column in doc["misc"]["vals"].items()}
        params = {n: int(v) if n in integers else float(v) for n, v in values.items()}
        loss = doc["result"]["loss"]
        theirs.add_trial(
            optuna.trial.create_trial(params=params, distributions=distributions, value=loss)
        )
    evaluator = optuna.importance.PedAnovaImportanceEvaluator()
    return timed(lambda: optuna.importance.get_param_importances(theirs, evaluator=evaluator), 5)


def live_page_share(driver: Any, n_trials: int = 300, trial_s: float = 0.02) -> float:
    """Return the share of a run's time that a live page with one reader takes.

    The processor time of this process with the page, less that without, over the time that the
    trials take: what the objective's thread can lose at most.
    """
    from hyperopt.visualization.dashboard import Server, TrialsSource

    def slow(point: dict[str, float]) -> float:
        time.sleep(trial_s)
        return objective(point)

    def run(trials: Trials) -> float:
        started = time.process_time()
        fmin(slow, space(10), rand.suggest, n_trials, trials=trials, rstate=0, verbose=False)
        return time.process_time() - started

    def watched() -> float:
        trials, server = Trials(), Server()
        driver.get(server.add(TrialsSource(trials, "run")))
        used = run(trials)
        driver.get("about:blank")
        server.close()
        return used

    without = statistics.median(run(Trials()) for _ in range(3))
    return (statistics.median(watched() for _ in range(3)) - without) / (n_trials * trial_s)


def figures(folder: Path) -> list[Row]:
    """Measure everything."""
    large, small = study(10_000, 20), study(1_000, 10)
    rows = [
        timed_row(
            "importance of 10,000 trials, 20 parameters", timed(large.importance, 51), "10 ms"
        ),
        timed_row("importance of 1,000 trials, 10 parameters", timed(small.importance, 51)),
    ]
    theirs = optuna_importance(small)
    if theirs is not None:
        rows.append(timed_row("the same by Optuna", theirs))
    driver = browser.start()
    try:
        for n_trials, trials in ((1_000, small), (10_000, study(10_000, 10)), (100_000, None)):
            rows += report_rows(driver, folder / f"{n_trials}.html", n_trials, trials)
        share = live_page_share(driver)
        rows.append(
            Row("share of a run that the live page takes", f"{100 * share:.1f} %", "", "1 %")
        )
    finally:
        driver.quit()
    return rows


def report_rows(driver: Any, file: Path, n_trials: int, trials: Trials | None) -> Iterator[Row]:
    """Write a report, open it, and change a range."""
    (trials or study(n_trials, 10)).report(file)
    name = f"report of {n_trials:,} trials, 10 parameters"
    size = f"{file.stat().st_size / 1e3:,.0f} kB"
    yield Row(name, size, "", "500 kB" if n_trials == 1_000 else "")
    times = [browser.opened(driver, file) for _ in range(3)]
    wall_s, busy_s = (statistics.median(column) for column in zip(*times, strict=True))
    goal = {10_000: "2 s", 100_000: "opens"}.get(n_trials, "")
    yield Row("until every panel is drawn", f"{wall_s:.2f} s", f"{busy_s:.2f} s", goal)
    if n_trials <= 10_000:
        frames = browser.frames(driver)
        goal = "30" if n_trials == 10_000 else ""
        busy = f"{frames.busy_ms:.1f} ms each"
        yield Row("frames a second while a range changes", f"{frames.per_s:.0f}", busy, goal)


def main() -> None:
    """Measure, print, and rewrite the part of the page."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--no-page", action="store_true", help="write no page")
    options = parser.parse_args()
    with tempfile.TemporaryDirectory() as folder:
        rows = figures(Path(folder))
    text = _TEXT.format(
        cores=os.cpu_count(),
        system=f"{platform.system()} {platform.machine()}",
        python=platform.python_version(),
        rows="\n".join(f"| {' | '.join(row)} |" for row in rows),
    )
    print(text)
    if not options.no_page:
        page = PAGE.read_text(encoding="utf-8")
        part = re.compile(re.escape(BEGIN) + ".*?" + re.escape(END), re.DOTALL)
        PAGE.write_text(part.sub(BEGIN + text + END, page), encoding="utf-8")


if __name__ == "__main__":
    sys.path.insert(0, str(Path(__file__).parent))
    main()
