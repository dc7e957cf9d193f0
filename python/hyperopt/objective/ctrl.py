"""`Ctrl`: what an objective may do to the store of trials while it runs."""

from __future__ import annotations

from typing import Any

from hyperopt.environment import log
from hyperopt.environment.public_path import public
from hyperopt.pruning.reporting import Reporter, Reports
from hyperopt.storage.attachments import TrialAttachments
from hyperopt.storage.documents import Document
from hyperopt.storage.store import TrialStore, new_store


@public("hyperopt.base")
class Ctrl(Reports):
    """Handed to an objective that asks for it (see `fmin_pass_expr_memo_ctrl`).

    Parameters
    ----------
    trials
        The store; a new one when None.
    current_trial
        The document of the trial that is being evaluated.
    """

    info = staticmethod(log.info)
    warn = staticmethod(log.warning)
    error = staticmethod(log.error)
    debug = staticmethod(log.debug)

    def __init__(self, trials: TrialStore | None, current_trial: Document | None = None) -> None:
        self.trials = new_store() if trials is None else trials
        self.current_trial = current_trial
        self.reporter = Reporter()

    def checkpoint(self, r: dict[str, Any] | None = None) -> None:
        """Store a preliminary result of the current trial."""
        trial = self._trial()
        if not any(trial is doc for doc in reversed(self.trials._trials)):
            raise AssertionError(
                f"checkpoint: trial {trial['tid']!r} is not among the trials shown"
            )
        if r is not None:
            trial["result"] = r

    @property
    def attachments(self) -> TrialAttachments:
        """The attachments of the current trial."""
        return self.trials.trial_attachments(trial=self._trial())

    def inject_results(
        self,
        specs: list[Any],
        results: list[Any],
        miscs: list[Any],
        new_tids: list[Any] | None = None,
    ) -> list[Any]:
        """Add finished trials that are by-products of the current one; return their ids."""
        trial = self._trial()
        if not len(specs) == len(results) == len(miscs):
            raise AssertionError(
                f"inject_results: {len(specs)} specs, {len(results)} results and {len(miscs)} "
                "miscs; give one of each per trial"
            )
        if new_tids is None:
            new_tids = self.trials.new_trial_ids(len(specs))
        docs = self.trials.source_trial_docs(
            tids=new_tids,
            specs=specs,
            results=results,
            miscs=miscs,
            sources=[trial] * len(new_tids),
        )
        return self.trials.insert_trial_docs(docs)

    def _trial(self) -> Document:
        if self.current_trial is None:
            raise AssertionError(
                "this Ctrl has no current trial: give Ctrl(trials, current_trial=document)"
            )
        return self.current_trial
