"""A study on a simulated clock: each tick, each worker makes one step of training."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from problems import Problem
from searches import Search


def play(
    search: Search, problem: Problem, workers: int, trials: float
) -> list[tuple[float, float]]:
    """The best loss of a finished trial against the steps spent, in full trials' worth.

    Parameters
    ----------
    search, problem
        Who searches, and what is trained.
    workers
        How many trials run at once.
    trials
        The budget, in full trials' worth of steps.
    """
    running: list[tuple[Any, Iterator[float], int] | None] = [None] * workers
    paused: dict[Any, tuple[Iterator[float], int]] = {}
    best, spent, found = float("inf"), 0, []
    budget = int(trials * problem.steps)
    while spent < budget:
        for place in range(workers):
            if spent >= budget:
                break
            here = running[place]
            if here is None:
                trial, point = search.ask()
                if point is None:
                    here = trial, *paused.pop(trial[0])
                else:
                    here = trial, problem.losses(point), 0
            trial, losses, step = here
            loss, step, spent = next(losses), step + 1, spent + 1
            running[place] = trial, losses, step
            stops = search.report(trial, step, loss)
            if step == problem.steps:
                search.tell(trial, loss)
                running[place] = None
                if loss < best:
                    best = loss
                    found.append((spent / problem.steps, best))
            elif stops:
                search.tell(trial, None)
                if getattr(search, "_resumes", False):
                    paused[trial[0]] = losses, step
                running[place] = None
    return found


def at(found: list[tuple[float, float]], spent: float) -> float:
    """The best loss after so many full trials' worth of steps; infinity if there is none."""
    return min((loss for when, loss in found if when <= spent), default=float("inf"))
