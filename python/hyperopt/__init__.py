"""Drop-in hyperopt whose search runs in Rust.

`fmin` minimises an objective over a search space that `hp` describes, with the algorithms of `tpe`,
`rand`, `anneal` and `mix`; `Trials` keeps what was tried.
"""

from __future__ import annotations

import importlib
from typing import TYPE_CHECKING, Any

from hyperopt.environment.installation import warn_of_upstream

warn_of_upstream()

from hyperopt import base, exceptions, hp, pyll  # noqa: E402
from hyperopt.base import (  # noqa: E402
    JOB_STATE_DONE,
    JOB_STATE_ERROR,
    JOB_STATE_NEW,
    JOB_STATE_RUNNING,
    JOB_STATES,
    STATUS_FAIL,
    STATUS_NEW,
    STATUS_OK,
    STATUS_RUNNING,
    STATUS_STRINGS,
    STATUS_SUSPENDED,
    Ctrl,
    Domain,
    Trials,
    trials_from_docs,
)
from hyperopt.fmin import (  # noqa: E402
    fmin,
    fmin_pass_expr_memo_ctrl,
    partial,
    space_eval,
)

if TYPE_CHECKING:
    from hyperopt import (
        algobase,
        anneal,
        atpe,
        auto,
        callbacks,  # noqa: F401
        criteria,  # noqa: F401
        dashboard,  # noqa: F401
        early_stop,
        gp,
        graph_viz,  # noqa: F401
        grid,
        jtpe,
        mix,
        plotting,  # noqa: F401
        progress,
        pruners,
        pyll_utils,
        qmc,
        rand,
        rdists,  # noqa: F401
        reports,  # noqa: F401
        spark,
        std_out_err_redirect_tqdm,
        tpe,
        utils,
        vectorize,
    )
    from hyperopt.analysis.importance import Importance
    from hyperopt.exceptions import SpaceWarning, TrialPruned
    from hyperopt.integrations.spark_trials import SparkTrials
    from hyperopt.pruning.reporting import report, resume
    from hyperopt.search.iterator import FMinIter
    from hyperopt.space.advice import check_space
    from hyperopt.storage.sql.codec import Opaque
    from hyperopt.study import Asked, Study
    from hyperopt.study.stored import StoredTrials, open_study

__all__ = [
    "JOB_STATES",
    "JOB_STATE_DONE",
    "JOB_STATE_ERROR",
    "JOB_STATE_NEW",
    "JOB_STATE_RUNNING",
    "STATUS_FAIL",
    "STATUS_NEW",
    "STATUS_OK",
    "STATUS_RUNNING",
    "STATUS_STRINGS",
    "STATUS_SUSPENDED",
    "Asked",
    "Ctrl",
    "Domain",
    "FMinIter",
    "Importance",
    "Opaque",
    "SpaceWarning",
    "SparkTrials",
    "StoredTrials",
    "Study",
    "TrialPruned",
    "Trials",
    "algobase",
    "anneal",
    "atpe",
    "auto",
    "base",
    "check_space",
    "early_stop",
    "exceptions",
    "fmin",
    "fmin_pass_expr_memo_ctrl",
    "gp",
    "grid",
    "hp",
    "jtpe",
    "mix",
    "open_study",
    "partial",
    "progress",
    "pruners",
    "pyll",
    "pyll_utils",
    "qmc",
    "rand",
    "report",
    "resume",
    "space_eval",
    "spark",
    "std_out_err_redirect_tqdm",
    "tpe",
    "trials_from_docs",
    "utils",
    "vectorize",
]

_LAZY_MODULES = frozenset(
    {
        "algobase",
        "anneal",
        "atpe",
        "auto",
        "callbacks",
        "criteria",
        "dashboard",
        "early_stop",
        "gp",
        "graph_viz",
        "grid",
        "jtpe",
        "mix",
        "plotting",
        "progress",
        "pruners",
        "pyll_utils",
        "qmc",
        "rand",
        "rdists",
        "reports",
        "spark",
        "std_out_err_redirect_tqdm",
        "tpe",
        "utils",
        "vectorize",
    }
)


_LAZY_NAMES = {
    "Asked": "hyperopt.study",
    "FMinIter": "hyperopt.search.iterator",
    "Importance": "hyperopt.analysis.importance",
    "Opaque": "hyperopt.storage.sql.codec",
    "SpaceWarning": "hyperopt.exceptions",
    "SparkTrials": "hyperopt.integrations.spark_trials",
    "StoredTrials": "hyperopt.study.stored",
    "Study": "hyperopt.study",
    "TrialPruned": "hyperopt.exceptions",
    "report": "hyperopt.pruning.reporting",
    "resume": "hyperopt.pruning.reporting",
    "check_space": "hyperopt.space.advice",
    "open_study": "hyperopt.study.stored",
}


def __getattr__(name: str) -> Any:
    """Import a submodule when it is first asked for: ``import hyperopt`` stays quick."""
    if name == "__version__":
        from hyperopt.environment.installation import version

        return version()
    if name in _LAZY_MODULES:
        return importlib.import_module(f"hyperopt.{name}")
    if name in _LAZY_NAMES:
        return getattr(importlib.import_module(_LAZY_NAMES[name]), name)
    raise AttributeError(f"module 'hyperopt' has no attribute {name!r}")


def __dir__() -> list[str]:
    return sorted({*__all__, *_LAZY_MODULES, *_LAZY_NAMES, "__doc__", "__version__"})
