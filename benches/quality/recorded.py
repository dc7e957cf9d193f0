"""Show the default beside Optuna's Gaussian process, from runs that were recorded.

    python benches/quality/recorded.py

`GPSampler` needs torch and half a second for a suggestion, so `run.py` leaves it out. The file
``recorded-runs.jsonl`` has one run of it (Optuna 5.0.0, its defaults) on each of 39 problems, and
runs of the default, `jtpe`, Optuna's `TPESampler` and the median of 12 runs of random search on 69:
larger suites of the kinds of ``problems.py``, models that were trained on real data, noisy
problems, and such with 50 to 100 parameters. Each row has the regret after 50, 100 and 200
evaluations. This rewrites the last section of docs/quality.md and its picture.
"""

from __future__ import annotations

import json
from collections import defaultdict
from pathlib import Path

import numpy as np

HERE = Path(__file__).parent
DOCS = HERE.parents[1] / "docs"
BUDGETS = (50, 100, 200)
RESAMPLES = 1000
DEFAULT, JOINT, GP_SAMPLER, OPTUNA = "default", "jtpe", "GPSampler", "Optuna TPE"
RANDOM = "random search"
#: Colours that are told apart with any kind of sight (Okabe and Ito), and marks without colour.
STYLES = {DEFAULT: ("#0072b2", "o"), GP_SAMPLER: ("#d55e00", "s"), OPTUNA: ("#009e73", "^")}
TITLE = "## Beside Optuna's Gaussian process"

Interval = tuple[float, float, float]
Regrets = dict[str, dict[str, list[list[float]]]]
"""By method and problem: the regrets of each run after 50, 100 and 200 evaluations."""


def read() -> tuple[Regrets, dict[str, str]]:
    """Return the runs, and the suite of each problem."""
    regrets: Regrets = defaultdict(lambda: defaultdict(list))
    suites = {}
    for line in (HERE / "recorded-runs.jsonl").read_text().splitlines():
        row = json.loads(line)
        regrets[row["method"]][row["problem"]].append(row["regret"])
        suites[row["problem"]] = row["suite"]
    return regrets, suites


def interval(values: np.ndarray) -> Interval:
    """Return the mean of a value for each problem, and its 95 % interval by a bootstrap."""
    rng = np.random.default_rng(0)
    again = [rng.choice(values, len(values)).mean() for _ in range(RESAMPLES)]
    low, high = np.percentile(again, [2.5, 97.5])
    return float(values.mean()), float(low), float(high)


def score(regrets: Regrets, method: str, problems: list[str], budget: int) -> Interval:
    """Return the geometric mean regret relative to random search, and its interval."""
    at = BUDGETS.index(budget)
    each = []
    for problem in problems:
        runs = np.array([run[at] for run in regrets[method][problem] if len(run) > at])
        scale = regrets[RANDOM][problem][0][at]
        each.append(np.log10(np.clip(runs / scale, 1e-2, 10.0)).mean())
    middle, low, high = interval(np.array(each))
    return 10**middle, 10**low, 10**high


def superiority(regrets: Regrets, other: str, problems: list[str], budget: int) -> Interval:
    """Return how probably a run of the default beats one of the other method, ties shared."""
    at = BUDGETS.index(budget)
    each = []
    for problem in problems:
        ours = np.array([run[at] for run in regrets[DEFAULT][problem] if len(run) > at])
        theirs = np.array([run[at] for run in regrets[other][problem] if len(run) > at])
        difference = ours[:, None] - theirs[None, :]
        each.append(np.mean(difference < 0) + 0.5 * np.mean(difference == 0))
    return interval(np.array(each))


def cell(found: Interval, digits: int = 3) -> str:
    """Return a number and its interval."""
    middle, low, high = (f"{value:.{digits}f}" for value in found)
    return f"{middle} [{low}, {high}]"


def rows(head: list[str], body: list[list[str]]) -> str:
    """Return a table."""
    lines = [head, ["---", *["---:"] * (len(head) - 1)], *body]
    return "\n".join("| " + " | ".join(line) + " |" for line in lines) + "\n"


def groups(suites: dict[str, str], among: set[str]) -> dict[str, list[str]]:
    """Return the problems of every suite, those of all first."""
    found: dict[str, list[str]] = {"all": [p for p in suites if p in among]}
    for problem in found["all"]:
        found.setdefault(suites[problem], []).append(problem)
    return found


def beside_gp_sampler(regrets: Regrets, suites: dict[str, str]) -> str:
    """Return the scores on the problems that GPSampler was run on."""
    body = []
    for suite, problems in groups(suites, set(regrets[GP_SAMPLER])).items():
        cells = [
            cell(score(regrets, method, problems, budget))
            for budget in (50, 100)
            for method in (DEFAULT, GP_SAMPLER)
        ]
        body.append([f"{suite} ({len(problems)})", *cells])
    head = [f"{m}, {b}" for b in (50, 100) for m in (DEFAULT, GP_SAMPLER)]
    return rows(["suite (problems)", *head], body)


def on_all_problems(regrets: Regrets, suites: dict[str, str]) -> str:
    """Return the scores on all problems."""
    methods = (DEFAULT, JOINT, OPTUNA)
    body = []
    for suite, problems in groups(suites, set(suites)).items():
        found = [[score(regrets, m, problems, b)[0] for m in methods] for b in BUDGETS]
        cells = [" / ".join(f"{value:.3f}" for value in at) for at in found]
        body.append([f"{suite} ({len(problems)})", *cells])
    return rows([" / ".join(methods), *(f"{b} evaluations" for b in BUDGETS)], body)


def duels(regrets: Regrets, suites: dict[str, str]) -> str:
    """Return how probably the default is better, without and with conditional problems."""
    body = []
    for other in (GP_SAMPLER, OPTUNA, JOINT):
        for name, leaves_out in (("flat problems", "conditional"), ("all", "")):
            problems = [p for p in suites if p in regrets[other] and suites[p] != leaves_out]
            budgets = BUDGETS[:2] if other == GP_SAMPLER else BUDGETS
            cells = [cell(superiority(regrets, other, problems, b), 2) for b in budgets]
            cells += [""] * (len(BUDGETS) - len(cells))
            body.append([f"{other}, {name} ({len(problems)})", *cells])
    return rows(["the default against", *(f"{b} evaluations" for b in BUDGETS)], body)


def losses(regrets: Regrets, suites: dict[str, str]) -> str:
    """Return where the default is behind Optuna's TPE by more than half."""
    lines = []
    for budget in BUDGETS:
        behind = [
            problem
            for problem in suites
            if score(regrets, DEFAULT, [problem], budget)[0]
            > 1.5 * score(regrets, OPTUNA, [problem], budget)[0]
        ]
        counts: dict[str, int] = defaultdict(int)
        for problem in behind:
            counts[suites[problem]] += 1
        where = ", ".join(f"{count} {suite}" for suite, count in sorted(counts.items()))
        where = f" ({where})" if where else ""
        lines.append(f"- After {budget} evaluations: {len(behind)} of {len(suites)}{where}.")
    return "\n".join(lines) + "\n"


def section() -> str:
    """Return the section, its heading included."""
    regrets, suites = read()
    others = (DEFAULT, JOINT, OPTUNA)
    counts = sorted({len(runs) for method in others for runs in regrets[method].values()})
    of_others = " to ".join(str(count) for count in dict.fromkeys((counts[0], counts[-1])))
    return f"""\
{TITLE}

`fmin` without `algo` is [the default](algorithms.md#the-default): a Gaussian process where it
predicts, `jtpe` elsewhere. Optuna's `GPSampler` is the strongest opponent for short runs of spaces
without conditions. It takes half a second for a suggestion and needs torch, so it is not part of
`make bench-quality`: this section comes from runs that were recorded
(`benches/quality/recorded.py`), with one run of `GPSampler` on each problem and {of_others} of the
others, each on another instance of the problem where there are several.
Brackets are 95 % intervals of a bootstrap over problems.

![Scores by suite: the default, GPSampler and Optuna's TPE](pictures/quality-gp.png)

{beside_gp_sampler(regrets, suites)}
How probably a run of the default is better than one of another method on the same problem:

{duels(regrets, suites)}
All problems, those that `GPSampler` was not run on included:

{on_all_problems(regrets, suites)}
### Where it loses

Problems on which the default's mean regret is more than one and a half times that of Optuna's TPE:

{losses(regrets, suites)}
Most are functions with many local optima, conditional spaces in which the better branch is not the
one that looks better early on, and noisy ones. There the process predicts most losses well and yet
keeps proposing near the best trial: what it predicts well is what has been tried. A process alone
does worse there than the default, and `jtpe` alone better; see [what was
tried](algorithms.md#what-was-tried-for-the-default). On conditional spaces `jtpe` is ahead after
200 evaluations, and on noisy tables `GPSampler`.
"""


def figure(path: Path) -> None:
    """Draw the scores on the problems that GPSampler was run on; to be read at 390 pixels."""
    import matplotlib as mpl

    mpl.use("Agg")
    import matplotlib.pyplot as plt

    regrets, suites = read()
    found = groups(suites, set(regrets[GP_SAMPLER]))
    grid, panels = plt.subplots(
        2, 1, figsize=(6, 8), sharex=True, sharey=True, layout="constrained"
    )
    for panel, budget in zip(panels, (50, 100), strict=True):
        for number, (method, (colour, mark)) in enumerate(STYLES.items()):
            for place, problems in enumerate(found.values()):
                middle, low, high = score(regrets, method, problems, budget)
                y = -place + 0.25 * (1 - number)
                panel.plot([low, high], [y, y], color=colour, lw=2, alpha=0.6)
                name = method if place == 0 else None
                panel.plot(middle, y, mark, color=colour, ms=8, ls="", label=name)
        panel.set_xscale("log")
        panel.set_xticks([0.01, 0.1, 1], labels=["0.01", "0.1", "1"])
        panel.set_yticks([-place for place in range(len(found))], labels=list(found))
        panel.set_title(f"after {budget} evaluations", fontsize=13, loc="left")
        panel.tick_params(labelsize=12)
        panel.spines[["top", "right"]].set_visible(False)
        panel.grid(axis="x", alpha=0.25)
        for place in range(1, len(found)):
            panel.axhline(0.5 - place, color="0.9", lw=0.8, zorder=0)
    panels[1].set_xlabel("regret relative to random search (lower is better)", fontsize=12)
    handles, labels = panels[0].get_legend_handles_labels()
    grid.legend(handles, labels, loc="outside lower center", ncols=3, fontsize=12, frameon=False)
    grid.savefig(path, dpi=110, metadata={"Software": None})
    plt.close(grid)


def main() -> None:
    """Rewrite the section and the picture."""
    page = DOCS / "quality.md"
    before = page.read_text().partition(TITLE)[0].rstrip()
    page.write_text(before + "\n\n" + section())
    figure(DOCS / "pictures" / "quality-gp.png")


if __name__ == "__main__":
    main()
