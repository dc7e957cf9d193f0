"""What is measured, on whom, and how often."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any

from environments import (
    HYPEROPT,
    OPTUNA,
    OURS,
    OURS_DEFAULT,
    OURS_DOCUMENTS,
    OURS_JOINT,
    OURS_STUDY,
    RUSTUNA_INDEPENDENT,
    RUSTUNA_JOINT,
    Library,
)

PEERS = (HYPEROPT, OPTUNA, RUSTUNA_JOINT, RUSTUNA_INDEPENDENT)
OURSELVES = (OURS, OURS_DEFAULT, OURS_JOINT, OURS_STUDY, OURS_DOCUMENTS)
EVERYBODY = (*OURSELVES, *PEERS)


@dataclass(frozen=True)
class Case:
    """One row of a table.

    Attributes
    ----------
    key
        Names it in the results.
    title
        The row's heading.
    worker
        The case of ``worker.py``.
    options
        Its options, the same for all libraries.
    libraries
        Who takes part.
    rounds
        How many processes of each library, in alternating order, dealt out to the sweeps.
    steps
        For suggestions: how many each process times; the slow libraries do fewer.
    """

    key: str
    title: str
    worker: str
    options: dict[str, Any]
    libraries: tuple[Library, ...] = EVERYBODY
    rounds: int = 3
    steps: dict[str, int] = field(default_factory=dict)


def suggestion(
    key: str,
    title: str,
    trials: int,
    libraries: tuple[Library, ...],
    space: str = "mixed-20",
    scenario: str = "random",
    rounds: int = 3,
) -> Case:
    """Return a case of ask + tell after a number of finished trials."""
    ours = min(200, max(10, trials // 10))
    slow = {100: 10, 1_000: 5}.get(trials, 1)
    steps = {library.title: slow for library in libraries}
    steps |= {library.title: ours for library in OURSELVES}
    steps |= {OURS_DEFAULT.title: min(ours, 50)}
    steps |= {RUSTUNA_JOINT.title: 10, RUSTUNA_INDEPENDENT.title: max(2, slow)}
    options = {"space": space, "trials": trials, "scenario": scenario}
    return Case(key, title, "suggestion", options, libraries, rounds, steps)


CASES = (
    suggestion("suggest-100", "100", 100, EVERYBODY),
    suggestion("suggest-1000", "1,000", 1_000, EVERYBODY),
    suggestion("suggest-10000", "10,000", 10_000, EVERYBODY),
    Case(
        "batch-1000",
        "1,000 suggestions in one call, after 1,000",
        "batch",
        {"space": "mixed-20", "trials": 1_000, "count": 1_000},
        (OURS,),
        rounds=9,
    ),
    Case(
        "run-1000",
        "1,000 trials",
        "run",
        {"space": "mixed-10", "trials": 1_000},
        (OURS_DEFAULT, OURS_JOINT, OURS, *PEERS),
        rounds=6,
    ),
    Case(
        "run-10000",
        "10,000 trials",
        "run",
        {"space": "mixed-10", "trials": 10_000},
        (OURS_DEFAULT, OURS_JOINT, OURS),
    ),
    Case(
        "memory",
        "bytes per trial, 20 parameters",
        "memory",
        {"space": "mixed-20", "trials": 100_000, "growth_calls": 2_000},
        (OURS,),
        rounds=1,
    ),
    # The original's random search makes about 150 documents per second: fewer are weighed.
    Case(
        "memory-few",
        "bytes per trial, 20 parameters",
        "memory",
        {"space": "mixed-20", "trials": 3_000, "growth_calls": 25},
        (HYPEROPT,),
        rounds=1,
    ),
    Case("import", "import", "import", {}, (OURS, *PEERS[:3]), rounds=9),
    suggestion("suggest-100000", "100,000", 100_000, OURSELVES),
    *(
        suggestion(
            f"bowl-{trials}",
            f"losses that a process can predict, {trials:,}",
            trials,
            (OURS, OURS_DEFAULT, OURS_JOINT),
            scenario="bowl",
            rounds=6,
        )
        for trials in (50, 200, 1_000)
    ),
    suggestion(
        "improving-1000",
        "losses that keep improving, 1,000",
        1_000,
        EVERYBODY,
        scenario="improving",
    ),
    suggestion(
        "improving-10000",
        "losses that keep improving, 10,000",
        10_000,
        OURSELVES,
        scenario="improving",
    ),
    suggestion(
        "outliers-10000",
        "normal priors, one trial in ten far out, 10,000",
        10_000,
        OURSELVES,
        space="normal-20",
        scenario="outliers",
    ),
    *(
        suggestion(
            f"near-{trials}",
            f"all trials near one point, {trials:,}",
            trials,
            OURSELVES,
            scenario="near",
        )
        for trials in (1_000, 10_000)
    ),
    suggestion(
        "one-point-10000",
        "all trials at one point, 10,000",
        10_000,
        OURSELVES,
        scenario="one-point",
    ),
    suggestion(
        "one-point-normal-10000",
        "the same with normal priors, 10,000",
        10_000,
        OURSELVES,
        space="normal-20",
        scenario="one-point",
    ),
    suggestion(
        "conditional-1000",
        "10 branches of 20 parameters (200 in all), 1,000",
        1_000,
        EVERYBODY,
        space="conditional-200",
    ),
    suggestion(
        "conditional-10000",
        "10 branches of 20 parameters (200 in all), 10,000",
        10_000,
        OURSELVES,
        space="conditional-200",
    ),
)


def shrink(case: Case) -> Case:
    """Return a quick version, to try the machinery."""
    options = dict(case.options)
    for name in ("trials", "count", "growth_calls"):
        if name in options:
            options[name] = min(options[name], 120)
    return Case(
        case.key, case.title, case.worker, options, case.libraries, 2, dict.fromkeys(case.steps, 2)
    )
