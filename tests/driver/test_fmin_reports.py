"""What a run says about itself."""

from __future__ import annotations

import logging
import subprocess
import sys

import pytest

from hyperopt import Ctrl, Trials, fmin, hp
from hyperopt.environment.installation import version, warn_of_upstream

X = hp.uniform("x", -5, 5)


def sometimes(x):
    if x > 1:
        raise ValueError("x is too large")
    if x > 0:
        return {"status": "fail"}
    return x


def test_failures_are_counted_and_the_most_frequent_error_is_quoted(suggest, capsys):
    fmin(sometimes, X, suggest, 30, catch_eval_exceptions=True, rstate=0)
    out = capsys.readouterr().out
    assert "of 30 trials failed; most frequent" in out
    assert "ValueError: x is too large" in out


def test_many_exceptions_get_a_word_of_advice(suggest, capsys):
    def report(objective):
        fmin(objective, X, suggest, 30, catch_eval_exceptions=True, rstate=0)
        return capsys.readouterr().out

    assert "return {'status': 'fail'}" in report(lambda x: x if x < -2 else 1 / 0)
    assert "return {'status': 'fail'}" not in report(lambda x: x if x < 4 else 1 / 0)
    assert "return {'status': 'fail'}" not in report(
        lambda x: {"status": "ok" if x < -2 else "fail", "loss": x}
    )


def test_an_exception_that_ends_a_run_is_reported_as_well(suggest, capsys):
    with pytest.raises(ValueError, match="too large"):
        fmin(sometimes, X, suggest, 300, rstate=0)
    assert "most frequent" in capsys.readouterr().out


def test_logging_goes_to_the_logger_hyperopt_only(suggest, caplog):
    with caplog.at_level(logging.DEBUG, logger="hyperopt"):
        fmin(sometimes, X, suggest, 30, catch_eval_exceptions=True, rstate=0, verbose=False)
        Ctrl.info("from %s", "inside")
    assert {record.name for record in caplog.records} == {"hyperopt"}
    assert "job exception: x is too large" in caplog.messages
    assert "from inside" in caplog.messages


SILENCE = """
import logging
from hyperopt import fmin, hp, rand
def objective(x):
    raise ValueError("no")
fmin(objective, hp.uniform("x", 0, 1), rand.suggest, 3, catch_eval_exceptions=True,
     return_argmin=False, verbose=False)
assert logging.getLogger().handlers == []
assert logging.getLogger("hyperopt").level == logging.NOTSET
"""


def test_nothing_is_logged_to_the_terminal_unless_asked():
    done = subprocess.run(
        [sys.executable, "-c", SILENCE], capture_output=True, text=True, check=True
    )
    assert done.stdout == done.stderr == ""


def test_the_bar_counts_what_runs_and_what_failed(suggest, capsys):
    trials = Trials()
    fmin(
        sometimes,
        X,
        suggest,
        20,
        trials=trials,
        catch_eval_exceptions=True,
        executor="threads",
        n_jobs=2,
        rstate=0,
    )
    out, err = capsys.readouterr()
    assert "failed: " in out + err


def test_upstream_in_the_same_place_is_noticed(tmp_path):
    warn_of_upstream(str(tmp_path))
    (tmp_path / "hyperopt_rs-0.1.0.dist-info").mkdir()
    (tmp_path / "hyperopt-0.3.0+rs.dist-info").mkdir()
    warn_of_upstream(str(tmp_path))
    (tmp_path / "hyperopt-0.3.0.dist-info").mkdir()
    with pytest.warns(RuntimeWarning, match=r"original hyperopt-0.3.0 is installed.*pip uninstall"):
        warn_of_upstream(str(tmp_path))


def test_the_version_is_that_of_the_distribution():
    import hyperopt

    assert hyperopt.__version__ == version()
