"""Tables of the command line fit a terminal's window, and are whole in a file."""

from __future__ import annotations

import sys
from pathlib import Path

import pytest

from hyperopt import fmin, hp
from hyperopt.cli.arguments import write_table
from hyperopt.cli.main import main
from hyperopt.cli.window import fitting_widths

HEAD = ["tid", *(f"a rather long name {k}" for k in range(8)), "error"]
ROWS = [[k, *(0.123456789 * k for _ in range(8)), None] for k in range(3)]


WINDOW = 60


def look_through_a_window(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(sys.stdout, "isatty", lambda: True)
    monkeypatch.setenv("COLUMNS", str(WINDOW))


def test_a_table_fits_the_window_and_says_what_is_left_out(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    look_through_a_window(monkeypatch)
    write_table(HEAD, ROWS)
    lines = capsys.readouterr().out.splitlines()
    assert max(map(len, lines)) <= WINDOW
    assert "\n2 more columns: a wider window" in "\n".join(lines)


def test_a_pipe_gets_the_whole_table(capsys: pytest.CaptureFixture[str]) -> None:
    write_table(HEAD, ROWS)
    head, *lines = capsys.readouterr().out.splitlines()
    assert "a rather long name 7" in head
    assert len(lines) == 3


@pytest.mark.parametrize("room", [1, 8, 20, 33, 60, 200])
def test_columns_are_never_wider_than_they_were(room: int) -> None:
    whole = [3, 40, 7, 12, 9]
    found = fitting_widths(whole, room)
    assert all(width <= before for width, before in zip(found, whole, strict=False))
    assert len(found) == 1 or sum(found) + 2 * (len(found) - 1) <= room


def test_a_study_is_shown_within_the_window(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    url = f"sqlite:///{tmp_path}/study.db"
    space = {
        f"a rather long name {k}": hp.uniform(f"a rather long name {k}", 0, 1) for k in range(9)
    }
    fmin(lambda point: sum(point.values()), space, max_evals=3, trials=url, verbose=False)
    capsys.readouterr()
    look_through_a_window(monkeypatch)
    assert main(["show", url]) == 0
    lines = capsys.readouterr().out.splitlines()
    assert max(map(len, lines)) <= WINDOW
    assert any(line.endswith("a rather long name 8") for line in lines)
    assert "Python" in "".join(lines[lines.index("processes") :])
