"""One virtual environment for each peer, so that nobody's dependencies touch another's."""

from __future__ import annotations

import os
import subprocess
import sys
import venv
from dataclasses import dataclass
from pathlib import Path

HERE = Path(__file__).parent
ROOT = HERE.parents[1]
# Everybody computes on one thread.
QUIET = {"OMP_NUM_THREADS": "1", "OPENBLAS_NUM_THREADS": "1", "PYTHONHASHSEED": "0"}


@dataclass(frozen=True)
class Library:
    """A library as measured in one way of using it.

    Attributes
    ----------
    title
        What the tables call it.
    adapter
        The module in ``libraries/``.
    environment
        The peer whose environment it runs in; empty for the environment that runs this.
    """

    title: str
    adapter: str
    environment: str

    @property
    def python(self) -> Path:
        """The interpreter of its environment."""
        if not self.environment:
            return Path(sys.executable)
        return ROOT / f".venv-bench-{self.environment}" / "bin" / "python"


OURS = Library("hyperopt-rs", "ours", "")
OURS_DEFAULT = Library("hyperopt-rs, default", "ours_default", "")
OURS_JOINT = Library("hyperopt-rs, joint", "ours_joint", "")
OURS_STUDY = Library("hyperopt-rs, ask/tell", "ours_study", "")
OURS_DOCUMENTS = Library("hyperopt-rs, documents", "hyperopt_documents", "")
HYPEROPT = Library("hyperopt", "hyperopt_documents", "hyperopt")
OPTUNA = Library("Optuna", "optuna_default", "optuna")
RUSTUNA_JOINT = Library("rustuna, joint", "rustuna_joint", "rustuna")
RUSTUNA_INDEPENDENT = Library("rustuna, independent", "rustuna_independent", "rustuna")
LIBRARIES = (
    OURS,
    OURS_DEFAULT,
    OURS_JOINT,
    OURS_STUDY,
    OURS_DOCUMENTS,
    HYPEROPT,
    OPTUNA,
    RUSTUNA_JOINT,
    RUSTUNA_INDEPENDENT,
)


def install(library: Library) -> bool:
    """Make the library's environment; return whether it can be used."""
    if not library.environment:
        return True
    requirements = HERE / "requirements" / f"{library.environment}.txt"
    stamp = library.python.parent / f".installed-{requirements.stat().st_size}"
    if stamp.exists():
        return True
    print(f"installing {requirements.name} into {library.python.parents[1].name}", file=sys.stderr)
    venv.create(library.python.parents[1], with_pip=True)
    pip = [library.python, "-m", "pip", "install", "--quiet", "--disable-pip-version-check"]
    if subprocess.run([*pip, "-r", requirements], check=False).returncode:
        print(f"{library.title} cannot be installed here, and is left out", file=sys.stderr)
        return False
    stamp.touch()
    return True


def environment() -> dict[str, str]:
    """Return the process environment of a measurement."""
    inherited = dict(os.environ)
    inherited.pop("PYTHONDONTWRITEBYTECODE", None)  # Imports would compile the sources each time.
    return {**inherited, **QUIET}
