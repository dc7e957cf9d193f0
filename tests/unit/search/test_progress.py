"""The progress bar shares the terminal with prints and with other bars."""

from __future__ import annotations

import io
import sys

import pytest
from tqdm import tqdm

from hyperopt import Domain, FMinIter, Trials, fmin, hp
from hyperopt.progress import no_progress_callback, tqdm_progress_callback
from hyperopt.std_out_err_redirect_tqdm import DummyTqdmFile, std_out_err_redirect_tqdm


def test_whole_lines_are_written_and_partial_ones_kept():
    file = io.StringIO()
    dummy = DummyTqdmFile(file)
    dummy.write("one\ntwo")
    dummy.flush()
    assert file.getvalue() == "one\n"
    dummy.write(" and three\n")
    assert file.getvalue() == "one\ntwo and three\n"
    print(file=dummy)
    print("after an empty line", file=dummy)
    dummy.write("rest")
    dummy.close()
    assert file.getvalue().endswith("three\n\nafter an empty line\nrest\n")
    assert dummy.isatty() is False


@pytest.mark.parametrize("leave", [False, True])
def test_a_nested_bar_goes_out_unchanged(leave):
    through, direct = io.StringIO(), io.StringIO()
    for file in (DummyTqdmFile(through), direct):
        for _ in range(2):
            options = {"position": 1, "leave": leave, "bar_format": "{n_fmt}/{total_fmt}"}
            for _ in tqdm(range(3), file=file, mininterval=0, ncols=40, **options):
                pass
    assert through.getvalue() == direct.getvalue()
    assert "3/3" in through.getvalue()


def test_a_line_on_either_stream_clears_the_bars_of_both(monkeypatch):
    terminal = io.StringIO()
    streams = [io.TextIOWrapper(io.BytesIO(), write_through=True) for _ in range(2)]
    for stream in streams:
        monkeypatch.setattr(stream, "write", terminal.write)
    monkeypatch.setattr(sys, "stdout", streams[0])
    monkeypatch.setattr(sys, "stderr", streams[1])
    with tqdm(total=2, desc="outer", mininterval=0, ncols=60), tqdm_progress_callback(0, 5):
        terminal.seek(0)
        terminal.truncate()
        print("to stderr", file=sys.stderr)
    lines = terminal.getvalue().replace("\r", "\n").replace("\x1b[A", "").split("\n")
    assert "to stderr" in lines  # alone on its line
    before = terminal.getvalue().partition("to stderr")[0]
    assert before.count("\r") >= 4  # each of the two bars is blanked out
    assert "|" not in before


def test_an_empty_line_after_a_nested_bar_is_printed():
    file = io.StringIO()
    dummy = DummyTqdmFile(file)
    for _ in tqdm(range(2), file=dummy, position=1, leave=False):
        pass
    before = len(file.getvalue())
    print(file=dummy)
    print("after", file=dummy)
    assert file.getvalue()[before:] == "\nafter\n"


def test_the_streams_are_restored_whatever_happens():
    real = sys.stdout, sys.stderr
    try:
        with std_out_err_redirect_tqdm() as out:
            assert out is real[0]
            assert sys.stdout != real[0]  # as other libraries ask
            assert isinstance(sys.stderr, DummyTqdmFile)
            raise RuntimeError
    except RuntimeError:
        pass
    assert (sys.stdout, sys.stderr) == real


def test_a_bar_can_be_without_end(capsys):
    with tqdm_progress_callback(initial=2, total=sys.maxsize) as bar:
        assert bar.total is None
        bar.postfix = "best loss: 4711"
        bar.update(42)
        assert bar.n == 44
    assert "4711" in capsys.readouterr().out
    with no_progress_callback(initial=0, total=10) as bar:
        bar.postfix = "x"
        bar.update(1)


def test_the_best_loss_so_far_is_known_from_the_start(suggest, capsys):
    trials = Trials()
    seen = []

    def loss(x):
        seen.append(capsys.readouterr().out)
        return x

    def more(max_evals):
        seen.clear()
        fmin(loss, hp.uniform("x", 2, 3), suggest, max_evals, trials=trials, rstate=0)
        return seen[0]

    assert "best loss=?" in more(3)
    assert f"best loss: {min(trials.losses())}" in more(5)
    iterator = FMinIter(
        suggest, Domain(loss, hp.uniform("x", 2, 3)), trials, 0, verbose=True, max_evals=9
    )
    for _ in range(2):  # each run opens a bar
        seen.clear()
        iterator.run(1)
        assert f"best loss: {min(trials.losses()[:-1])}" in seen[0]
