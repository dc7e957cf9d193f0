"""Who is compared, each in a virtual environment of its own."""

from __future__ import annotations

import os
import subprocess
import venv
from dataclasses import dataclass
from pathlib import Path

HERE = Path(__file__).parent
ROOT = HERE.parents[1]


@dataclass(frozen=True)
class Method:
    """A way of searching.

    Attributes
    ----------
    title
        What tables and figures call it.
    adapter
        The module in ``libraries/``.
    mode
        What the adapter is told: which algorithm.
    environment
        Names its requirements, and its environment.
    """

    title: str
    adapter: str
    mode: str
    environment: str

    @property
    def python(self) -> Path:
        """The interpreter of its environment."""
        return ROOT / f".venv-quality-{self.environment}" / "bin" / "python"


RANDOM = Method("random search", "random_search", "", "ours")
DEFAULT = Method("hyperopt-rs default", "fmin", "auto", "ours")
JOINT = Method("hyperopt-rs jtpe", "fmin", "jtpe", "ours")
TPE = Method("hyperopt-rs tpe", "fmin", "tpe", "ours")
HYPEROPT = Method("hyperopt tpe", "fmin", "tpe", "hyperopt")
OPTUNA = Method("Optuna TPE", "optuna_study", "tpe", "optuna")
CMAES = Method("Optuna CMA-ES", "optuna_study", "cmaes", "optuna")
METHODS = (RANDOM, DEFAULT, JOINT, TPE, HYPEROPT, OPTUNA)


def install(method: Method) -> None:
    """Make the method's environment, unless it is there."""
    requirements = HERE / "requirements" / f"{method.environment}.txt"
    stamp = method.python.parent / f".installed-{requirements.stat().st_size}"
    if stamp.exists():
        return
    venv.create(method.python.parents[1], with_pip=True, clear=True)
    pip = [method.python, "-m", "pip", "install", "--quiet", "--disable-pip-version-check"]
    subprocess.run([*pip, "-r", requirements], check=True)
    stamp.touch()


def surroundings(method: Method) -> dict[str, str]:
    """Return the environment variables for its processes: one thread; our package from here."""
    quiet = {"OMP_NUM_THREADS": "1", "OPENBLAS_NUM_THREADS": "1", "PYTHONHASHSEED": "0"}
    paths = [str(HERE)] + ([str(ROOT / "python")] if method.environment == "ours" else [])
    return {**os.environ, **quiet, "PYTHONPATH": os.pathsep.join(paths)}
