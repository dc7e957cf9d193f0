"""What a study has found: its best point, tables, importance, reports."""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING, Any

from hyperopt.storage.documents import Document
from hyperopt.storage.store import TrialStore

if TYPE_CHECKING:
    import os
    from pathlib import Path

    import pandas

    from hyperopt.analysis.importance import Importance
    from hyperopt.objective.domain import Domain
    from hyperopt.space.compiler import CompiledSpace

__all__ = ["Findings"]


class Findings(TrialStore):
    """The part of `Trials` that looks at what is there, and changes nothing."""

    _space: CompiledSpace | None = None

    def __repr__(self) -> str:
        if "_dynamic_trials" not in self.__dict__:  # of a subclass that is only being made
            return object.__repr__(self)
        from hyperopt.visualization.notebook import line_of

        return line_of(self, type(self).__name__)

    def _repr_html_(self) -> str:
        from hyperopt.visualization.notebook import html_of

        return html_of(self, type(self).__name__)

    @property
    def best_params(self) -> Any:
        """The best point of the space, as the objective got it, in native Python types.

        To type checkers it is Any, as the trials may be of any space. They know more of what
        ``fmin(return_argmin=False)`` and `Study.best_params` give: a dict, if the space is one.

        Raises
        ------
        AllTrialsFailed
            If there is no best trial.
        ValueError
            If the trials do not know their space: then take `space_eval(space, trials.argmin)`.
        """
        from hyperopt.space.values import native

        assignment = self.argmin
        if self._space is None:
            raise ValueError(
                "best_params: these trials do not know their search space (they were not made by "
                "fmin here, or the space could not be pickled); use "
                "hyperopt.space_eval(space, trials.argmin)"
            )
        return native(self._space.evaluate(assignment))

    def to_dataframe(self, space: Any = None) -> pandas.DataFrame:
        """All trials as a table: one row per trial, one column per parameter by value.

        Further columns are ``tid state status loss``, then whatever else the results hold, then
        ``error book_time refresh_time duration_s``. A parameter of such a name comes as
        ``param_loss``, say, and another key of a result that is a parameter's label as
        ``result_<key>``. Parameters that were not active are missing. An option of a choice that is
        no plain value, such as a dict, is shown by a short name, so that rows can be grouped.

        Parameters
        ----------
        space
            The search space, for trials that do not know it, as those of a study that another
            version has pickled; without it a choice is shown by the number of its option.

        Returns
        -------
        pandas.DataFrame
            In the order of the trials.

        Raises
        ------
        ImportError
            If pandas is not installed.
        """
        from hyperopt.analysis.table import dataframe_of, rows_of

        compiled = self._space
        if space is not None:
            from hyperopt.space.compiler import compile_space

            compiled = compile_space(space)
        table: pandas.DataFrame = dataframe_of(rows_of(self, compiled), "to_dataframe")
        return table

    def curves(self) -> pandas.DataFrame:
        """What the trials reported: one row per report, ``tid step value pruned``.

        `pruned` tells whether the trial was stopped. Where folds were reported, `step` is the fold.

        Raises
        ------
        ImportError
            If pandas is not installed.
        """
        from hyperopt.analysis.learning_curves import report_rows
        from hyperopt.analysis.table import dataframe_of

        table: pandas.DataFrame = dataframe_of(report_rows(self._trials), "curves")
        return table

    def importance(
        self,
        space: Any = None,
        *,
        best: float = 0.1,
        region: float = 1.0,
        baseline: str = "trials",
        intervals: bool | float = False,
        n_resamples: int = 200,
        seed: int = 0,
        include_failed: bool = False,
        loss: Callable[[Document], Any] | None = None,
    ) -> Importance:
        """Which parameters mattered for reaching the best trials: ``{label: share}``.

        A parameter matters as much as its values among the best trials are distributed differently
        from those among all trials (conditional PED-ANOVA). Shares sum to 1, the largest comes
        first; if nothing sets the best apart, all are equal. A parameter of a branch is compared
        within the trials of that branch.

        Parameters
        ----------
        space
            The search space, for trials that do not know it; without one it is guessed from the
            values: options, and the ranges that occurred.
        best
            Which share of the trials are the best ones.
        region
            Compare them with this share of the trials, those of the smallest losses; 1 is all.
        baseline
            ``"trials"`` compares with the trials of the region: what mattered among the points that
            were tried. ``"prior"`` compares with the distributions of the space: what sets the best
            apart from a random search, also when the search had closed in on them early.
        intervals
            Whether to give intervals too (`Importance.intervals`), which cover with a probability
            of 0.9, or that which is given. By the bootstrap: everything is computed again
            `n_resamples` times, from trials drawn with replacement.
        n_resamples, seed
            Of the bootstrap.
        include_failed
            Whether failed and pruned trials count as trials that are not among the best, rather
            than not at all.
        loss
            Gives what to minimise instead of the loss: a function of the trial's document; NaN
            leaves the trial out.

        Warns
        -----
        ImportanceWarning
            With fewer than 20 finished trials, which is too early to tell.

        References
        ----------
        Watanabe, Bansal, Hutter: PED-ANOVA, IJCAI 2023 (arXiv 2304.10255); Conditional PED-ANOVA
        (arXiv 2601.20800).

        Examples
        --------
        >>> from hyperopt import Trials, fmin, hp, rand
        >>> trials = Trials()
        >>> space = {"x": hp.uniform("x", -1, 1), "y": hp.uniform("y", -1, 1)}
        >>> _ = fmin(lambda p: p["x"] ** 2 + 0.01 * p["y"], space, algo=rand.suggest, max_evals=200,
        ...          trials=trials, rstate=0, show_progressbar=False)
        >>> list(trials.importance())
        ['x', 'y']
        """
        from hyperopt.analysis.importance import importance

        return importance(
            self,
            space,
            best=best,
            region=region,
            baseline=baseline,
            intervals=intervals,
            n_resamples=n_resamples,
            seed=seed,
            include_failed=include_failed,
            loss=loss,
        )

    def report(
        self,
        file: str | os.PathLike[str],
        *,
        space: Any = None,
        title: str | None = None,
        name: str | None = None,
    ) -> Path:
        """Write the study as one HTML file, to look at in a browser; return its path.

        The file holds everything: it needs no server and asks nobody for anything. It shows the
        best loss over the trials, the importance of the parameters, parallel coordinates in which
        ranges select trials, slices, the loss over two parameters, learning curves and the Pareto
        front where there are some, a timeline, a table, the best point as code, and the facts.
        `hyperopt.visualization.report.write_report` compares several studies.

        Parameters
        ----------
        file
            Where to write it; a file that is there is replaced.
        space
            The search space, for trials that do not know it; without one it is guessed from the
            values.
        title
            Of the page.
        name
            What the page calls the study; by default its name, if it is in a database.
        """
        from hyperopt.visualization.report import write_report

        names = None if name is None else [name]
        return write_report(file, self, space=space, title=title, names=names)

    def average_best_error(self, bandit: Domain | None = None) -> float:
        """The true loss of the best trial, averaged over trials that may be the best as well.

        A result's ``loss_variance`` tells how unsure its loss is, and its ``true_loss`` is weighted
        by the probability that it is the smallest. A `bandit` (a Domain) may compute them instead.
        """
        from hyperopt.analysis.averaging import average_best_error

        return average_best_error(self, bandit)
