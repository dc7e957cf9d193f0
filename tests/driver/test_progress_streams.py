"""The progress bar shares the terminal with prints and with other bars."""

from __future__ import annotations

import io
import sys

from tqdm import tqdm

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


def test_a_nested_bar_goes_out_unchanged():
    through, direct = io.StringIO(), io.StringIO()
    for file in (DummyTqdmFile(through), direct):
        for _ in tqdm(range(3), file=file, position=1, leave=False, mininterval=0, ncols=40):
            pass
    count = through.getvalue().count
    assert count("\r") == direct.getvalue().count("\r")
    assert count("\n") == direct.getvalue().count("\n")
    assert "3/3" in through.getvalue()


def test_the_streams_are_restored_whatever_happens():
    real = sys.stdout, sys.stderr
    try:
        with std_out_err_redirect_tqdm() as out:
            assert out is real[0]
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
