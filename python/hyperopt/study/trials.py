"""`Trials`: what has been tried, and the ways to try more of it."""

from __future__ import annotations

import pickle
from collections.abc import Callable, Iterable, Mapping
from contextlib import suppress
from types import MappingProxyType
from typing import TYPE_CHECKING, Any, overload

from hyperopt.environment.public_path import public
from hyperopt.search.options import MoreOptions, Options, shows_options
from hyperopt.storage.documents import Document
from hyperopt.storage.store import TrialStore, usual_store

if TYPE_CHECKING:
    import os
    from pathlib import Path

    from typing_extensions import Self, Unpack

    from hyperopt.analysis.importance import Importance
    from hyperopt.objective.domain import Domain
    from hyperopt.space.compiler import CompiledSpace
    from hyperopt.space.description import Description
    from hyperopt.study.ask_and_tell import Study

__all__ = ["Trials", "trials_from_docs"]


@public("hyperopt.base")
@usual_store
class Trials(TrialStore):
    """A database of trials, in memory.

    Documents live in one list, which all views of it share (see `view`). Each shows those of its
    own experiment that are neither in error nor cancelled; what was inserted, or changed by others,
    shows after the next `refresh`.

    Parameters
    ----------
    exp_key
        The experiment: documents with another ``exp_key`` are not shown. None shows all.
    refresh
        Whether to `refresh` at once.
    """

    _space: CompiledSpace | None = None
    _space_description: Description | None = None
    _run_facts: Mapping[str, Any] = MappingProxyType({})

    def __getstate__(self) -> dict[str, Any]:
        description = self.space_description
        state = super().__getstate__()
        if description is not None:
            state["_space_description"] = description
        if state.pop("_space", None) is not None:
            # As bytes: upstream can load the rest. A space of local functions is left out.
            state.pop("_space_pickle", None)
            with suppress(Exception):
                state["_space_pickle"] = pickle.dumps(self._space)
        return state

    def __setstate__(self, state: Mapping[str, Any]) -> None:
        super().__setstate__(state)
        if "_space_pickle" in self.__dict__:
            with suppress(Exception):  # It stays as it is, for where it can be loaded.
                self._space = pickle.loads(self.__dict__["_space_pickle"])
                del self.__dict__["_space_pickle"]

    def remember_space(self, space: CompiledSpace) -> None:
        """Keep the space that the trials are of, for `best_params` and `to_dataframe`."""
        self._space = space
        self._space_description = None

    @property
    def space_description(self) -> Description | None:
        """What the space of the trials is, in plain data; None if they do not know it.

        It is pickled with the trials, even where the space itself can't be.
        """
        if self._space_description is None and self._space is not None:
            from hyperopt.space.description import describe

            self._space_description = describe(self._space)
        return self._space_description

    def remember_run(self, facts: Mapping[str, Any]) -> None:
        """Keep what is known of the run that adds to the trials, for `report`."""
        self._run_facts = dict(facts)

    def view(self, exp_key: Any = None, refresh: bool = True) -> Self:
        """Another look at the same documents, through another experiment key."""
        rval = super().view(exp_key, refresh)
        rval._space = self._space
        rval._space_description = self._space_description
        rval._run_facts = self._run_facts
        return rval

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

    def add_observation(
        self,
        params: Mapping[str, Any],
        loss: Any = None,
        *,
        result: Mapping[str, Any] | None = None,
        space: Any = None,
    ) -> Any:
        """Add a result that is known already, as a finished trial; return its id.

        Parameters
        ----------
        params
            ``{label: value}`` of the active parameters, or a point as `best_params` returns it. A
            choice is given by its option, or else by the option's number; an integer that is an
            option is that option. Unless the space is known, only numbers are accepted.
        loss, result
            The loss, or a result dict: what an objective would return.
        space
            The search space, if the trials do not know it yet.
        """
        from hyperopt.study.known_results import add_observation

        if (loss is None) == (result is None):
            raise ValueError(
                f"add_observation(loss={loss!r}, result={result!r}): give exactly one of them"
            )
        return add_observation(self, params, loss if result is None else result, space)

    @overload
    def study(
        self,
        space: dict[str, Any],
        algo: Callable[..., Any] | None = None,
        rstate: Any = None,
        *,
        avoid_duplicates: bool = False,
        condition: Callable[[Any], Any] | None = None,
    ) -> Study[dict[str, Any]]: ...

    @overload
    def study(
        self,
        space: Any,
        algo: Callable[..., Any] | None = None,
        rstate: Any = None,
        *,
        avoid_duplicates: bool = False,
        condition: Callable[[Any], Any] | None = None,
    ) -> Study: ...

    def study(
        self,
        space: Any,
        algo: Callable[..., Any] | None = None,
        rstate: Any = None,
        *,
        avoid_duplicates: bool = False,
        condition: Callable[[Any], Any] | None = None,
    ) -> Study:
        """Ask for points of `space` and tell what became of them, in a loop of your own.

        What these trials hold is the history, and what is asked and told is added to them.

        Parameters
        ----------
        space
            The search space.
        algo
            The suggestion algorithm; `auto.suggest` when None.
        rstate
            Gives the seed of each call of `algo`; see `hyperopt.fmin`.
        avoid_duplicates
            Whether to never suggest a point twice.
        condition
            Gets a point, and returns whether it is allowed; one that is not is never suggested.

        Examples
        --------
        >>> from hyperopt import Trials, hp, rand
        >>> trials = Trials()
        >>> study = trials.study({"x": hp.uniform("x", 0, 1)}, algo=rand.suggest, rstate=0)
        >>> first, second = study.ask(2)
        >>> study.tell(first, loss=0.5)
        >>> study.tell(second.tid, failure="the power went off")
        >>> trials.losses()
        [0.5]
        """
        from hyperopt.study.ask_and_tell import Study

        return Study(
            space, self, algo, rstate, avoid_duplicates=avoid_duplicates, condition=condition
        )

    def to_dataframe(self, space: Any = None) -> Any:
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

        Raises
        ------
        ImportError
            If pandas is not installed.
        """
        from hyperopt.analysis.table import dataframe_of, rows_of

        if space is None:
            return dataframe_of(rows_of(self, self._space))
        from hyperopt.space.compiler import compile_space

        return dataframe_of(rows_of(self, compile_space(space)))

    def curves(self) -> Any:
        """What the trials reported: one row per report, ``tid step value pruned``.

        `pruned` tells whether the trial was stopped. Where folds were reported, `step` is the fold.
        Without pandas the rows come as a list of dicts.
        """
        from hyperopt.analysis.learning_curves import report_rows
        from hyperopt.analysis.table import dataframe_of

        return dataframe_of(report_rows(self._trials))

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
        >>> from hyperopt import fmin, hp, rand
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
        name: str = "study",
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
            What the page calls the study.
        """
        from hyperopt.visualization.report import write_report

        return write_report(file, self, space=space, title=title, names=[name])

    def average_best_error(self, bandit: Domain | None = None) -> float:
        """The true loss of the best trial, averaged over trials that may be the best as well.

        A result's ``loss_variance`` tells how unsure its loss is, and its ``true_loss`` is weighted
        by the probability that it is the smallest. A `bandit` (a Domain) may compute them instead.
        """
        from hyperopt.analysis.averaging import average_best_error

        return average_best_error(self, bandit)

    @shows_options
    def fmin(
        self,
        fn: Callable[..., Any],
        space: Any,
        algo: Any = None,
        max_evals: int | None = None,
        timeout: float | None = None,
        loss_threshold: float | None = None,
        max_queue_len: int = 1,
        rstate: Any = None,
        verbose: bool = False,
        pass_expr_memo_ctrl: bool | None = None,
        catch_eval_exceptions: bool = False,
        return_argmin: bool = True,
        show_progressbar: Any = True,
        early_stop_fn: Any = None,
        trials_save_file: Any = "",
        *,
        points_to_evaluate: Any = None,
        **options: Unpack[MoreOptions],
    ) -> Any:
        """`hyperopt.fmin` with these trials; see there for the arguments."""
        given = Options.given("fmin", locals())
        from hyperopt.study.minimise import Question, minimise  # so `import hyperopt` stays quick

        question = Question.asked(fn, space, algo, rstate, pass_expr_memo_ctrl)
        return minimise(question, self, given)


@public("hyperopt.base")
def trials_from_docs(docs: Iterable[Document], validate: bool = True, **kwargs: Any) -> Trials:
    """A Trials that holds `docs`; further arguments are those of `Trials`."""
    rval = Trials(**kwargs)
    if validate:
        rval.insert_trial_docs(docs)
    else:
        rval._insert_trial_docs(docs)
    rval.refresh()
    return rval
