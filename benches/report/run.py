"""What looking at a study costs: importance, reports, the live page. Rewrites part of a page.

    python benches/report/run.py [--no-page]

All times are processor time, so that other programs count little; those of the browser are of the
page's main thread. Optuna's importance is measured where it is installed.
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
from collections.abc import Callable
from pathlib import Path
from typing import Any

import browser

from hyperopt import Trials, fmin, hp, rand

PAGE = Path(__file__).resolve().parents[2] / "docs" / "report.md"
BEGIN, END = "<!-- written by make bench-report -->", "<!-- end -->"
_TEXT = """
Written by `make bench-report` on {cores} cores ({system}, Python {python}). All times are
processor time; those of the browser (headless Chromium, no graphics card) are of its main thread.

| | figure |
|---|---:|
{rows}
"""


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


def cpu_ms(work: Callable[[], Any], repetitions: int) -> float:
    """Return the median of milliseconds of processor time."""
    found = []
    for _ in range(repetitions):
        started = time.process_time()
        work()
        found.append(1e3 * (time.process_time() - started))
    return statistics.median(found)


def optuna_importance_ms(trials: Trials) -> float | None:
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
    return cpu_ms(lambda: optuna.importance.get_param_importances(theirs, evaluator=evaluator), 5)


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


def figures(folder: Path) -> list[tuple[str, str]]:
    """Measure everything."""
    large, small = study(10_000, 20), study(1_000, 10)
    rows = [
        ("importance of 10,000 trials, 20 parameters", f"{cpu_ms(large.importance, 31):.1f} ms"),
        ("importance of 1,000 trials, 10 parameters", f"{cpu_ms(small.importance, 31):.1f} ms"),
    ]
    theirs = optuna_importance_ms(small)
    if theirs is not None:
        rows.append(("the same by Optuna", f"{theirs:.0f} ms"))
    driver = browser.start()
    try:
        for n_trials, trials in ((1_000, small), (10_000, study(10_000, 10)), (100_000, None)):
            file = folder / f"{n_trials}.html"
            (trials or study(n_trials, 10)).report(file)
            size = file.stat().st_size
            rows.append((f"report of {n_trials:,} trials, 10 parameters", f"{size / 1e3:,.0f} kB"))
            opened = statistics.median(browser.open_s(driver, file) for _ in range(3))
            rows.append(("until it is drawn", f"{opened:.2f} s"))
            if n_trials <= 10_000:
                frame = browser.frame_ms(driver)
                rows.append(("a frame while a range changes", f"{frame:.1f} ms"))
        share = live_page_share(driver)
        rows.append(("share of a run that the live page takes", f"{100 * share:.1f} %"))
    finally:
        driver.quit()
    return rows


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
        rows="\n".join(f"| {name} | {value} |" for name, value in rows),
    )
    print(text)
    if not options.no_page:
        page = PAGE.read_text(encoding="utf-8")
        part = re.compile(re.escape(BEGIN) + ".*?" + re.escape(END), re.DOTALL)
        PAGE.write_text(part.sub(BEGIN + text + END, page), encoding="utf-8")


if __name__ == "__main__":
    sys.path.insert(0, str(Path(__file__).parent))
    main()
