"""Weights & Biases: a run for each trial, grouped by study."""

from __future__ import annotations

import secrets
from typing import Any

from hyperopt.integrations.callbacks.record import Recorder
from hyperopt.search.callbacks import Callback


class WandbCallback(Callback):
    """Logs each trial as a run of Weights & Biases: its parameters, losses and learning curve.

    The runs of a study share a group. Without a network, ``mode="offline"`` keeps them in a folder,
    from where ``wandb sync`` sends them. Needs ``wandb``.

    Parameters
    ----------
    project
        The project.
    group
        The group; a new name when None.
    **options
        Further arguments of ``wandb.init``, such as ``mode``, ``dir``, ``entity``, ``tags``.
    """

    def __init__(
        self, project: str | None = None, group: str | None = None, **options: Any
    ) -> None:
        try:
            import wandb
        except ImportError as error:
            raise ImportError(
                "WandbCallback needs Weights & Biases, which is not installed: pip install wandb"
            ) from error
        for name in ("config", "name", "reinit"):
            if name in options:
                raise TypeError(f"WandbCallback({name}=...): each trial has its own {name}")
        self._wandb = wandb
        self._options = {"project": project, **options}
        self._group = group

    def on_start(self, trials: Any) -> None:
        """Name the group."""
        if self._group is None:
            self._group = f"hyperopt-{secrets.token_hex(4)}"
        self._recorder = Recorder(getattr(trials, "_space", None))

    def on_trial_end(self, trials: Any, trial: Any) -> None:
        """Log a trial as a run of its own."""
        record = self._recorder(trial)
        run = self._wandb.init(
            **self._options,
            group=self._group,
            name=f"trial-{record.tid}",
            config=record.params,
            reinit="create_new",
        )
        try:
            for step, value in record.curve:
                run.log({"intermediate": value}, step=int(step))
            if record.metrics:
                run.log(record.metrics)
            run.summary.update({"state": record.state})
            if record.reason is not None:
                run.summary["reason"] = record.reason
            run.summary["seconds"] = record.end_s - record.begin_s
        finally:
            run.finish(exit_code=0 if record.state in ("ok", "pruned", "paused") else 1)
