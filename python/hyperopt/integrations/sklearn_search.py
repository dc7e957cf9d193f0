"""Search for hyperparameters the way scikit-learn's ``GridSearchCV`` does, guided by hyperopt.

Needs scikit-learn 1.4 or newer, which is not installed with the package.
"""

from __future__ import annotations

import contextlib
import copy
import functools
import numbers
import time
import warnings
from collections.abc import Callable
from typing import Any

import numpy as np

from hyperopt.environment.public_path import public

try:
    from sklearn.base import is_classifier
    from sklearn.exceptions import FitFailedWarning
    from sklearn.model_selection import check_cv
    from sklearn.model_selection._search import BaseSearchCV
    from sklearn.utils import check_random_state
except ImportError as error:  # pragma: no cover - scikit-learn is there in every test environment
    raise ImportError(
        "hyperopt.sklearn builds on scikit-learn, which is not installed: pip install scikit-learn"
    ) from error

from hyperopt.exceptions import AllTrialsFailed, TrialPruned
from hyperopt.integrations.cross_validation import Evaluations, SplitOnce
from hyperopt.integrations.fold_by_fold import FoldByFold
from hyperopt.pruning.reporting import report
from hyperopt.storage.documents import STATUS_FAIL, STATUS_OK
from hyperopt.study.fmin import fmin
from hyperopt.study.trials import Trials

__all__ = ["HyperoptSearchCV"]


def _knowing_other_names(init: Callable[..., None]) -> Callable[..., None]:
    """An ``__init__`` for which scikit-learn's own name of an argument gets a sentence."""

    @functools.wraps(init)  # scikit-learn reads the parameters from its signature
    def checked(self: Any, *args: Any, **kwargs: Any) -> None:
        if "n_iter" in kwargs:
            raise TypeError(f"n_iter={kwargs['n_iter']!r}: the number of candidates is max_evals")
        init(self, *args, **kwargs)

    return checked


@public("hyperopt.sklearn")
class HyperoptSearchCV(BaseSearchCV):  # type: ignore[misc]
    """Cross-validated search over a hyperopt space.

    Drop it in where ``RandomizedSearchCV`` stands: the same attributes come out, but each candidate
    is proposed in the light of the scores so far.

    Parameters
    ----------
    estimator : estimator object
        What to tune; it is cloned, never changed.
    space : dict or hyperopt expression
        Search space whose points are dicts: parameter name of `estimator` -> value.
    max_evals : int
        How many candidates the study holds in all, those already in `trials` included.
    trials : Trials, optional
        Where to keep the study; by default a new one for every fit. Found afterwards as `trials_`.
    algo : callable, optional
        Suggestion algorithm, such as ``tpe.suggest``; by default the one that ``fmin`` chooses.
    warm_start : bool, default False
        Go on with the study of the previous ``fit`` until it holds `max_evals` candidates;
        ``cv_results_`` then lists the earlier candidates too.
    scoring : str, callable, list, tuple or dict, optional
        As in ``GridSearchCV``. With several metrics the search is guided by the one that `refit`
        names, else by the first.
    n_jobs : int, optional
        How many folds of a candidate are fitted at a time. The outcome does not depend on it.
    refit : bool, str or callable, default True
        As in ``GridSearchCV``.
    cv : int, cross-validation generator or iterable, optional
        As in ``GridSearchCV``. All candidates see the same splits, also those of a random splitter.
    verbose : int, default 0
        From 1 on a progress bar is shown, and scikit-learn's own messages.
    pre_dispatch : int or str, default '2*n_jobs'
        As in ``GridSearchCV``.
    random_state : int, RandomState, Generator or None
        Seed of the proposals (not of the estimator).
    error_score : 'raise' or numeric, default nan
        Score of a fold whose fit fails. A candidate whose score is NaN counts as a failed trial.
    return_train_score : bool, default False
        As in ``GridSearchCV``.
    stop_folds_early : bool, default False
        Whether to fit the folds of a candidate one after the other, and to leave out the rest of
        them once it is clear that it is not the best (see `hyperopt.pruners.Folds`). Such a
        candidate is a pruned trial, and the scores of the folds left out are NaN in
        ``cv_results_``. `n_jobs` then has nothing to do but to refit.

    Attributes
    ----------
    best_params_, best_score_, best_index_, best_estimator_, cv_results_, refit_time_, n_splits_
        As of ``GridSearchCV``; parameters are values, not numbers of options.
    trials_ : Trials
        The study, with losses that are negated scores.

    Examples
    --------
    >>> from hyperopt import hp
    >>> from sklearn.datasets import load_iris
    >>> from sklearn.svm import SVC
    >>> search = HyperoptSearchCV(SVC(), {"C": hp.loguniform("C", -3, 3)}, max_evals=5,
    ...                           random_state=0)
    >>> X, y = load_iris(return_X_y=True)
    >>> bool(search.fit(X, y).best_score_ > 0.9)
    True
    """

    cv: Any
    _required_parameters = ("estimator", "space", "max_evals")
    _parameter_constraints = {  # noqa: RUF012 - scikit-learn's way
        **BaseSearchCV._parameter_constraints,
        "max_evals": [numbers.Integral],
        "warm_start": ["boolean"],
        "stop_folds_early": ["boolean"],
    }

    @_knowing_other_names
    def __init__(
        self,
        estimator: Any,
        space: Any,
        max_evals: int,
        trials: Trials | None = None,
        algo: Any = None,
        warm_start: bool = False,
        scoring: Any = None,
        n_jobs: int | None = None,
        refit: Any = True,
        cv: Any = None,
        verbose: int = 0,
        pre_dispatch: Any = "2*n_jobs",
        random_state: Any = None,
        error_score: Any = np.nan,
        return_train_score: bool = False,
        stop_folds_early: bool = False,
    ) -> None:
        super().__init__(
            estimator=estimator,
            scoring=scoring,
            n_jobs=n_jobs,
            refit=refit,
            cv=cv,
            verbose=verbose,
            pre_dispatch=pre_dispatch,
            error_score=error_score,
            return_train_score=return_train_score,
        )
        self.space = space
        self.max_evals = max_evals
        self.trials = trials
        self.algo = algo
        self.warm_start = warm_start
        self.random_state = random_state
        self.stop_folds_early = stop_folds_early

    def fit(self, X: Any, y: Any = None, groups: Any = None, **fit_params: Any) -> Any:
        """Run the search, and fit the best estimator on all the data unless ``refit=False``.

        Parameters
        ----------
        X : array-like of shape (n_samples, n_features)
            The data.
        y : array-like, optional
            The targets.
        groups : array-like of shape (n_samples,), optional
            Group labels for splitters that keep groups together.
        **fit_params
            Passed on to the estimator, the scorer and the splitter as ``GridSearchCV`` does.

        Returns
        -------
        HyperoptSearchCV
            The search itself, fitted.
        """
        if y is None and _requires_target(self.estimator):
            raise ValueError(
                f"y=None: {type(self.estimator).__name__} requires y to be passed, "
                "but the target y is None"
            )
        if isinstance(self.refit, str) and not _is_named_score(self.refit, self.scoring):
            raise ValueError(
                f"refit={self.refit!r} with scoring={self.scoring!r}: a name chooses among several "
                "metrics, and there is one; give True or False, or scoring=[...] with that name"
            )
        if groups is not None:
            fit_params["groups"] = groups
        self._folds = self._split_once(y)
        cv = self.cv
        try:
            if self.stop_folds_early:
                self.cv = FoldByFold(self._folds or SplitOnce(check_cv(list(cv))))
            super().fit(X, y, **fit_params)
            if self.stop_folds_early:
                self.n_splits_ = self._evaluated.n_splits
            return self
        finally:
            self.cv = cv
            del self._folds  # as large as the data

    def __sklearn_tags__(self) -> Any:
        """Describe the search to scikit-learn: what targets it takes is up to the estimator."""
        tags = super().__sklearn_tags__()
        tags.target_tags = copy.deepcopy(_target_tags(self.estimator))
        return tags

    def _run_search(self, evaluate_candidates: Any) -> None:
        """Propose candidates one by one; scikit-learn calls this from ``fit``."""
        earlier = self._resume()
        self._evaluated = Evaluations(earlier)

        def objective(params: Any) -> dict[str, Any]:
            _check_candidate(params)
            return self._evaluate(params, evaluate_candidates)

        # Where every score is NaN, scikit-learn shows that in cv_results_.
        with contextlib.suppress(AllTrialsFailed):
            fmin(
                objective,
                self.space,
                algo=self.algo,
                max_evals=self.max_evals,
                trials=self.trials_,
                rstate=self._generator(len(self.trials_.trials)),
                return_argmin=False,
                verbose=self.verbose > 0,
                show_progressbar=self.verbose > 0,
                pruner="folds" if self.stop_folds_early else None,
            )
        if self._evaluated.error is not None and not self._evaluated.fitted:
            raise self._evaluated.error
        if self._evaluated.error is not None:
            warnings.warn(self._evaluated.failure_report, FitFailedWarning, stacklevel=2)
        params, folds = self._evaluated.table(self.error_score)
        n_splits = self._evaluated.n_splits
        with warnings.catch_warnings():
            if self.stop_folds_early:  # the folds that were left out are meant to be missing
                warnings.filterwarnings("ignore", "One or more of the test scores are non-finite")
            self._evaluated.results.update(super()._format_results(params, n_splits, folds))

    def _evaluate(self, params: dict[str, Any], evaluate: Any) -> dict[str, Any]:
        """Cross-validate one candidate and turn its score into a trial's result."""
        started = time.perf_counter()
        if isinstance(self.cv, FoldByFold):
            self._evaluated.begin(params)
        try:
            if isinstance(self.cv, FoldByFold):
                self._evaluate_by_fold(self.cv, params, evaluate)
            else:
                evaluate([params], cv=self._folds)
        except ValueError as error:
            # What scikit-learn raises when no fold of a call could be fitted. In a search of many
            # calls this concerns one candidate only.
            if self.error_score == "raise" or "fits failed" not in str(error):
                raise
            seconds = time.perf_counter() - started
            if isinstance(self.cv, FoldByFold):
                self._evaluated.fail_newest(error, seconds)
            else:
                self._evaluated.add_failure(params, error, seconds)
            score = float(self.error_score)
        else:
            score = self._evaluated.newest_score(self.refit)
        if np.isnan(score):
            return {"status": STATUS_FAIL}
        return {"status": STATUS_OK, "loss": -score}

    def _evaluate_by_fold(self, cv: FoldByFold, params: dict[str, Any], evaluate: Any) -> None:
        """Fit one fold after the other, until all are done or the candidate is hopeless."""
        cv.current = 0
        while True:
            evaluate([params])
            self._check_splits(cv.n_folds)
            try:
                report(-self._evaluated.newest_fold_score(self.refit), fold=cv.current)
            except TrialPruned:
                self._evaluated.stop_newest(cv.n_folds)
                raise
            cv.current += 1
            if cv.current == cv.n_folds:
                return

    def _check_splits(self, n_splits: int) -> None:
        earlier = self._evaluated.n_splits_before
        if earlier not in (0, n_splits):
            raise ValueError(
                f"warm_start=True: the previous fit used {earlier} splits, now "
                f"there are {n_splits}; keep cv, or set warm_start=False"
            )

    def _format_results(
        self, candidate_params: Any, n_splits: int, out: Any, more_results: Any = None
    ) -> dict[str, Any]:
        """Note the newest candidate. The table is made once, at the end of the search.

        scikit-learn calls this after every candidate and keeps what it returns as ``cv_results_``:
        here always the same dict, which is empty until then.
        """
        if isinstance(self.cv, FoldByFold):
            self._evaluated.add_fold(out[-1])
            return self._evaluated.results
        self._check_splits(n_splits)
        self._evaluated.add(candidate_params[-1], out[-n_splits:])
        return self._evaluated.results

    def _split_once(self, y: Any) -> SplitOnce | None:
        """Make a splitter that repeats its folds, or None where scikit-learn's own does so."""
        if hasattr(self.cv, "__next__"):
            return None  # an iterator of splits, which can be read only once
        return SplitOnce(check_cv(self.cv, y, classifier=is_classifier(self.estimator)))

    def _resume(self) -> Evaluations | None:
        """Choose the study to work on, and return what an earlier fit knows about it."""
        earlier = None
        if self.warm_start and hasattr(self, "trials_"):
            earlier = getattr(self, "_evaluated", None)
        elif self.trials is not None and self.trials is not getattr(self, "_warmed", None):
            self.trials_ = self.trials
            self._warmed = self.trials if self.warm_start else None
        else:  # also where a warm start has filled the given trials, and is over
            self.trials_ = Trials()
        there = len(self.trials_.trials)
        if self.max_evals < 1 or there >= self.max_evals:
            raise ValueError(
                f"max_evals={self.max_evals}: the study holds {there} trials already and max_evals "
                "counts them; raise max_evals, or leave out trials and warm_start"
            )
        return earlier

    def _generator(self, n_trials: int) -> np.random.Generator:
        """Make the generator of this fit; a continued study does not repeat its first draws."""
        if isinstance(self.random_state, np.random.Generator):
            return self.random_state
        seed = check_random_state(self.random_state).randint(2**31 - 1)
        return np.random.default_rng([seed, n_trials] if n_trials else seed)


def _is_named_score(name: str, scoring: Any) -> bool:
    """Whether a name can choose a metric: of several, or as the only one is called."""
    return name in ("score", scoring) or not (scoring is None or isinstance(scoring, str))


def _target_tags(estimator: Any) -> Any:
    """Return what an estimator says about its targets, or None before scikit-learn 1.6."""
    try:
        from sklearn.utils import get_tags
    except ImportError:
        return None
    return get_tags(estimator).target_tags


def _requires_target(estimator: Any) -> bool:
    return bool(getattr(_target_tags(estimator), "required", False))


def _check_candidate(params: Any) -> None:
    if not isinstance(params, dict):
        raise TypeError(
            f"space: its points must be dicts (parameter name -> value), but one is {params!r}; "
            "wrap the parameters as {'name': hp.uniform('name', 0, 1), ...}"
        )
