"""`fmin(dashboard=...)`: the address that is printed, and what is there."""

from __future__ import annotations

import json
import re
import urllib.request
from typing import Any

import pytest

from hyperopt import Trials, fmin, hp, rand

X = hp.uniform("x", 0, 1)


def search(trials: Trials, n: int, fn: Any = abs, dashboard: Any = True) -> None:
    fmin(
        fn,
        X,
        rand.suggest,
        n,
        trials=trials,
        rstate=0,
        show_progressbar=False,
        dashboard=dashboard,
    )


def address_in(capsys: pytest.CaptureFixture[str]) -> str:
    (address,) = re.findall(
        r"^dashboard: (http://127\.0\.0\.1:\d+/\S+/)$", capsys.readouterr().out, re.M
    )
    return address


def news(address: str) -> Any:
    with urllib.request.urlopen(f"{address}news?since=") as answer:
        return json.load(answer)


def test_the_page_is_there_while_the_run_lasts_and_after_it(
    capsys: pytest.CaptureFixture[str],
) -> None:
    seen: list[Any] = []

    def objective(x: float) -> float:
        if not seen:
            seen.append(address_in(capsys))
        elif len(seen) == 1:
            seen.append(news(seen[0]))
        return x

    trials = Trials()
    search(trials, 3, objective)
    address, during = seen
    assert during["running"]
    assert during["studies"][0]["whole"]["columns"]["state"] == [2, 1]
    after = news(address)
    assert not after["running"]
    assert after["studies"][0]["whole"]["columns"]["state"] == [2, 2, 2]
    assert ["algorithm", "hyperopt.rand.suggest"] in after["studies"][0]["whole"]["facts"]
    search(trials, 5)
    assert address_in(capsys) == address
    assert len(news(address)["studies"][0]["whole"]["columns"]["tid"]) == 5


def test_other_trials_have_another_address(capsys: pytest.CaptureFixture[str]) -> None:
    search(Trials(), 1)
    first = address_in(capsys)
    search(Trials(), 2)
    second = address_in(capsys)
    assert first != second
    assert len(news(first)["studies"][0]["whole"]["columns"]["tid"]) == 1


def test_no_dashboard_prints_nothing(capsys: pytest.CaptureFixture[str]) -> None:
    search(Trials(), 1, dashboard=False)
    assert capsys.readouterr().out == ""


@pytest.mark.parametrize("place", [-1, 70000, "here", "localhost:", "localhost:x", 1.5])
def test_what_is_no_place_is_refused(place: Any) -> None:
    with pytest.raises(ValueError, match="give True, a port such as 8080"):
        search(Trials(), 1, dashboard=place)
