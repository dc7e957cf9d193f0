"""Expressions that travel to another process, and what importing pyll brings."""

from __future__ import annotations

import subprocess
import sys

import cloudpickle

from hyperopt.pyll import scope


def test_a_pickled_expression_brings_its_functions_along() -> None:
    result = 2.5

    def brought_along() -> float:
        return result

    scope.define(brought_along)
    data = cloudpickle.dumps(scope.brought_along() * 2)
    scope.undefine("brought_along")
    code = (
        "import pickle, sys; from hyperopt.pyll import rec_eval; "
        "print(rec_eval(pickle.load(sys.stdin.buffer)))"
    )
    done = subprocess.run(
        [sys.executable, "-c", code], input=data, capture_output=True, check=False
    )
    assert done.stdout.decode().strip() == "5.0", done.stderr.decode()


def test_importing_pyll_imports_neither_scipy_nor_networkx() -> None:
    code = (
        "import sys, hyperopt.pyll.stochastic, hyperopt.space; "
        "print(sorted({m.partition('.')[0] for m in sys.modules} & {'scipy', 'networkx'}))"
    )
    result = subprocess.run(
        [sys.executable, "-c", code], capture_output=True, text=True, check=False
    )
    assert result.stdout.strip() == "[]", result.stderr
