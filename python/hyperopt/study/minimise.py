"""What `fmin` does once it is known in which trials: `Trials.fmin` begins here."""

from __future__ import annotations

from collections.abc import Callable
from contextlib import AbstractContextManager, nullcontext
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, cast

from hyperopt.algorithms.restricted import restricted
from hyperopt.environment import log
from hyperopt.environment.warning_levels import levels_to_user
from hyperopt.exceptions import AllTrialsFailed
from hyperopt.objective.domain import Domain
from hyperopt.search.advance import exhaust
from hyperopt.search.options import Options, check_algo, check_objective
from hyperopt.search.run import Run
from hyperopt.search.seeds import as_rstate
from hyperopt.storage.failures import first_failure
from hyperopt.study.changed_space import adopt_space
from hyperopt.study.run_facts import run_facts

if TYPE_CHECKING:
    from hyperopt.storage.store import TrialStore
    from hyperopt.study.trials import Trials

__all__ = ["Question", "default_algorithm", "minimise", "minimise_domain"]


# Without what nobody asks for, which the first search would have to make.
@dataclass(frozen=True, eq=False, repr=False)
class Question:
    """What is to be minimised, and who proposes: the arguments of `fmin` that are no options."""

    fn: Callable[..., Any]
    space: Any
    algo: Callable[..., Any]
    rstate: Any
    pass_expr_memo_ctrl: bool | None

    @classmethod
    def asked(
        cls,
        fn: Callable[..., Any],
        space: Any,
        algo: Callable[..., Any] | None,
        rstate: Any,
        pass_expr_memo_ctrl: bool | None,
    ) -> Question:
        """The question that these arguments of `fmin` ask; what they leave open is filled in."""
        check_objective(fn, pass_expr_memo_ctrl, space)
        check_algo(algo)
        if algo is None:
            algo = default_algorithm()
            log.info(
                "No algo was given: auto.suggest, a Gaussian process and the joint TPE, is used."
            )
        if isinstance(space, str):
            if space != "annotated":
                raise TypeError(
                    f"space={space!r}: give hp.* expressions, or dicts and lists of them, or "
                    "'annotated' for the annotations of the objective"
                )
            from hyperopt.space.annotations import WithKeywords, annotated_space

            space = annotated_space(fn)
            fn = WithKeywords(fn)
        return cls(fn, space, algo, as_rstate(rstate), pass_expr_memo_ctrl)


def default_algorithm() -> Callable[..., Any]:
    """The algorithm of those who name none."""
    from hyperopt.algorithms import auto  # others do without it

    return auto.suggest


def minimise(question: Question, trials: TrialStore, options: Options) -> Any:
    """Run the search; see `hyperopt.fmin.fmin` for what it returns and raises."""
    domain = Domain(question.fn, question.space, pass_expr_memo_ctrl=question.pass_expr_memo_ctrl)
    return minimise_domain(domain, question.algo, trials, question.rstate, options)


def minimise_domain(
    domain: Domain,
    algo: Callable[..., Any],
    trials: TrialStore,
    rstate: Any,
    options: Options,
) -> Any:
    """`minimise`, for an objective that has its space already."""
    from hyperopt.algorithms import distinct
    from hyperopt.space.advice import check_space
    from hyperopt.space.hidden import check_has_parameters

    domain.pruner = options.pruner
    check_has_parameters(domain.space)
    check_space(domain.space, stacklevel=levels_to_user())
    if hasattr(trials, "remember_space"):
        adopt_space(cast("Trials", trials), domain.space, stacklevel=levels_to_user())
    algo = restricted(algo, options.avoid_duplicates, options.condition)
    note = getattr(trials, "remember_run", None)
    if note is not None:
        note(run_facts(algo, rstate, options))
    run = Run(algo, domain, trials, rstate, options)
    if options.points_to_evaluate is not None:
        from hyperopt.study.waiting_points import insert_points  # few runs have any

        insert_points(trials, domain.space, options.points_to_evaluate)
    # A study in a database tells other processes that this one takes part.
    during = getattr(trials, "_during_run", _nothing_special)
    with during(domain, options.max_evals), _followed(trials, options.dashboard):
        exhaust(run)
    if not options.avoid_duplicates:
        distinct.hint_at_repetition(domain.space, trials._trials, stacklevel=levels_to_user())
    if options.return_argmin:
        if not len(trials.trials):
            why = first_failure(trials._dynamic_trials)
            raise AllTrialsFailed(f"There are no evaluation tasks with a result: {why}")
        return trials.argmin
    if not len(trials):
        return None
    return domain.space.evaluate(trials.argmin)


def _followed(trials: TrialStore, dashboard: Any) -> AbstractContextManager[None]:
    """The live page, if there is to be one."""
    if dashboard is False or dashboard is None:
        return nullcontext()
    from hyperopt.study.live_page import followed  # few runs have one

    return followed(trials, dashboard)


def _nothing_special(domain: Domain, max_evals: int) -> AbstractContextManager[None]:
    return nullcontext()
