"""What a run says about itself."""

from __future__ import annotations

import logging
import re
import subprocess
import sys
from importlib import metadata

import pytest

from hyperopt import Ctrl, Trials, fmin, hp
from hyperopt.environment.installation import version, warn_of_upstream
from hyperopt.storage.failures import failure_of

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


WORDS = """
import logging
from hyperopt import fmin, hp, rand
def objective(x):
    raise ValueError("no")
fmin(objective, hp.uniform("x", 0, 1), rand.suggest, 3, catch_eval_exceptions=True,
     return_argmin=False, verbose=False)
fmin(lambda x: x, hp.uniform("x", 0, 1), rand.suggest, 3, verbose=False)
assert logging.getLogger().handlers == []
assert logging.getLogger("hyperopt").level == logging.NOTSET
"""


def test_exceptions_that_are_caught_and_nothing_else_are_shown_on_stderr():
    done = subprocess.run([sys.executable, "-c", WORDS], capture_output=True, text=True, check=True)
    assert done.stdout == ""
    assert done.stderr.splitlines() == [
        *["job exception: no"] * 3,
        "3 of 3 trials failed; most frequent (3 times): ValueError: no",
    ]


def test_an_exception_that_is_caught_takes_one_line_whatever_its_text(suggest, caplog):
    def objective(x):
        raise ValueError("one\ntwo") if x > 0 else KeyboardError

    class KeyboardError(Exception):
        pass

    fmin(objective, X, suggest, 10, catch_eval_exceptions=True, return_argmin=False,
         verbose=False, rstate=0)  # fmt: skip
    lines = {record.getMessage() for record in caplog.records if record.levelname == "ERROR"}
    assert lines == {"job exception: one", "job exception: KeyboardError"}


NESTED = hp.choice("kind", ["small", {"size": hp.uniform("size", 5, 9)}])


@pytest.mark.skipif(sys.version_info < (3, 11), reason="exceptions take no notes")
@pytest.mark.parametrize("options", [{}, {"n_jobs": 2}, {"executor": "threads", "n_jobs": 2}])
def test_an_exception_that_ends_the_run_names_its_point(suggest, options):
    def objective(point):
        raise ValueError(point)

    with pytest.raises(ValueError) as caught:
        fmin(objective, NESTED, suggest, 3, rstate=1, verbose=False, **options)
    (point,) = caught.value.args
    (note,) = caught.value.__notes__
    shown = "'small'" if point == "small" else "{'size': "
    assert re.fullmatch(rf"hyperopt: trial \d raised this at {shown}.*", note)


def test_the_traceback_of_a_worker_shows_the_file_and_the_line_of_the_user(tmp_path):
    script = tmp_path / "mine.py"
    script.write_text(
        "from hyperopt import fmin, hp, rand\n"
        "def objective(x):\n"
        "    raise ValueError('no')  # here\n"
        "fmin(objective, hp.uniform('x', 0, 1), rand.suggest, 2, n_jobs=2, verbose=False)\n"
    )
    done = subprocess.run([sys.executable, str(script)], capture_output=True, text=True)
    assert f'File "{script}", line 3, in objective' in done.stderr
    assert "# here" in done.stderr
    assert "<dynamic-code>" not in done.stderr


@pytest.mark.parametrize(
    ("options", "words"),
    [
        ({"timeout": 1e-9}, "stopped before max_evals: fmin run timeout"),
        ({"loss_threshold": 100.0}, "stopped before max_evals: loss threshold reached"),
        ({"max_evals": 0}, "nothing to do: there are 0 trials, and max_evals is 0"),
        (
            {"early_stop_fn": lambda trials: (True, [])},
            "stopped before max_evals: early stopping condition",
        ),
    ],
)
def test_why_a_run_ended_is_said_in_the_log_and_at_the_bar(suggest, caplog, capsys, options, words):
    with caplog.at_level(logging.INFO, logger="hyperopt"):
        fmin(lambda x: x, X, suggest, **{"max_evals": 9} | options, return_argmin=False, rstate=0)
    assert words in caplog.messages
    out, _ = capsys.readouterr()
    assert words in out
    assert (", stopped: " in out or "stopped: fmin" in out) == ("stopped" in words)
    caplog.clear()
    with caplog.at_level(logging.INFO, logger="hyperopt"):
        fmin(lambda x: x, X, suggest, 9, return_argmin=False, rstate=0, verbose=False)
    assert not [line for line in caplog.messages if "stopped" in line or "nothing" in line]


def test_the_words_for_a_cancelled_trial_say_so_once():
    doc = {"state": 4, "result": {"status": "new"}, "misc": {"error": ("cancelled", "by hand")}}
    assert failure_of(doc) == "was cancelled: by hand"
    assert failure_of(doc | {"misc": {}}) == "was cancelled for no known reason"


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
    out, _ = capsys.readouterr()
    assert "failed: " in out


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

    try:
        known = metadata.version("hyperopt-rs")
    except metadata.PackageNotFoundError:
        known = "0.0.0"
    assert hyperopt.__version__ == version() == known
