"""`SparkTrials`: trials that run on a Spark cluster.

Works with classic sessions and with Spark Connect. How a trial becomes a Spark job is told in
`hyperopt.evaluation.spark.jobs`.
"""

from __future__ import annotations

import logging
from collections.abc import Callable
from dataclasses import replace
from numbers import Integral
from timeit import default_timer
from typing import TYPE_CHECKING, Any

from hyperopt.environment.public_path import public
from hyperopt.evaluation.choice import trial_seconds
from hyperopt.evaluation.spark.evaluator import SparkEvaluator
from hyperopt.evaluation.spark.jobs import default_parallelism, has_context, is_alive, pins_threads
from hyperopt.evaluation.spark.session import MOST_AT_ONCE, active_session
from hyperopt.exceptions import AllTrialsFailed
from hyperopt.search.options import MoreOptions, Options, shows_options
from hyperopt.search.stopping import EARLY_STOP, INTERRUPTED, TIMEOUT
from hyperopt.storage.documents import (
    JOB_STATE_CANCEL,
    JOB_STATE_DONE,
    JOB_STATE_ERROR,
    JOB_STATES,
    validate_loss_threshold,
    validate_timeout,
)
from hyperopt.study.minimise import Question, minimise
from hyperopt.study.trials import Trials

if TYPE_CHECKING:
    from typing_extensions import Unpack

__all__ = [
    "FMIN_CANCELLED_REASON_EARLY_STOPPING",
    "FMIN_CANCELLED_REASON_TIMEOUT",
    "FMIN_CANCELLED_REASON_USER",
    "SparkTrials",
]

logger = logging.getLogger("hyperopt-spark")

FMIN_CANCELLED_REASON_TIMEOUT = TIMEOUT
FMIN_CANCELLED_REASON_EARLY_STOPPING = EARLY_STOP
FMIN_CANCELLED_REASON_USER = INTERRUPTED
_CANCELLED_REASONS = (TIMEOUT, EARLY_STOP, INTERRUPTED)

_TRANSIENT = ("_spark", "_resource_profile")


@public("hyperopt.spark")
class SparkTrials(Trials):
    """Trials whose evaluations run as Spark jobs, `parallelism` of them at once.

    Pass it to `fmin` as ``trials``. An exception of the objective fails its trial (its type and
    traceback are in ``misc["error"]``) and the run goes on; a task that Spark loses is retried as
    Spark is configured. Algorithm, documents and results are those of any other run.

    Parameters
    ----------
    parallelism
        How many trials to run at once. None, 0 and negative numbers mean Spark's default
        parallelism. Capped at `MAX_CONCURRENT_JOBS_ALLOWED`. Trials beyond the free task slots of
        the cluster wait in Spark's queue.
    timeout
        Seconds after which a run ends and its running trials are cancelled, unless `fmin` is given
        another timeout.
    loss_threshold
        A run ends when a trial has a smaller loss, unless `fmin` is given another threshold.
    spark_session
        A classic or a Connect session; by default the active one, or a new one.
    resource_profile
        A `pyspark.resource.ResourceProfile` that every trial's task asks for.
    """

    MAX_CONCURRENT_JOBS_ALLOWED = MOST_AT_ONCE
    asynchronous = True

    parallelism: int = 1
    timeout: float | None = None
    loss_threshold: float | None = None
    _spark: Any = None
    _resource_profile: Any = None
    _spark_supports_job_cancelling = True
    _spark_pinned_threads_enabled = False
    _fmin_cancelled = False
    _fmin_cancelled_reason: str | None = None

    def __init__(
        self,
        parallelism: int | None = None,
        timeout: float | None = None,
        loss_threshold: float | None = None,
        spark_session: Any = None,
        resource_profile: Any = None,
    ) -> None:
        super().__init__(exp_key=None, refresh=False)
        validate_timeout(timeout)
        validate_loss_threshold(loss_threshold)
        self.user_specified_parallelism = parallelism
        self.timeout = timeout
        self.loss_threshold = loss_threshold
        self._spark = _active_session() if spark_session is None else _checked(spark_session)
        self._resource_profile = resource_profile
        self._spark_pinned_threads_enabled = pins_threads(self._spark)
        default = None
        if _wants_default(parallelism):
            default = default_parallelism(self._spark)
        self.parallelism = self._decide_parallelism(parallelism, default)
        self._fmin_cancelled = False
        self._fmin_cancelled_reason = None
        self.refresh()

    def __getstate__(self) -> dict[str, Any]:
        # A study can be saved and read without Spark; a session can't be saved.
        return {k: v for k, v in super().__getstate__().items() if k not in _TRANSIENT}

    @classmethod
    def _decide_parallelism(
        cls, requested_parallelism: int | None, spark_default_parallelism: int | None
    ) -> int:
        if requested_parallelism is None or requested_parallelism <= 0:
            parallelism = max(spark_default_parallelism or 1, 1)
            logger.warning(
                "Because the requested parallelism was None or a non-positive value, parallelism "
                "will be set to (%d), Spark's default parallelism, which changes with the size of "
                "the cluster; SparkTrials(parallelism=%d) does not",
                parallelism,
                parallelism,
            )
        else:
            parallelism = int(requested_parallelism)
        most = cls.MAX_CONCURRENT_JOBS_ALLOWED
        if parallelism > most:
            logger.warning(
                "Parallelism (%d) is capped at SparkTrials.MAX_CONCURRENT_JOBS_ALLOWED (%d)",
                parallelism,
                most,
            )
        return min(parallelism, most)

    def count_successful_trials(self) -> int:
        """How many trials ended with a result."""
        return self.count_by_state_unsynced(JOB_STATE_DONE)

    def count_failed_trials(self) -> int:
        """How many trials raised an exception, or were lost."""
        return self.count_by_state_unsynced(JOB_STATE_ERROR)

    def count_cancelled_trials(self) -> int:
        """How many trials were cancelled: by a timeout, an early stop, or the user."""
        return self.count_by_state_unsynced(JOB_STATE_CANCEL)

    def count_total_trials(self) -> int:
        """How many trials there are, in whatever state."""
        return self.count_by_state_unsynced(JOB_STATES)

    @property
    def fmin_cancelled_reason(self) -> str | None:
        """Why the last run was cancelled (one of the module's constants), or None if it was not."""
        return self._fmin_cancelled_reason

    def delete_all(self) -> None:
        """Forget every trial and attachment, and that a run was cancelled."""
        super().delete_all()
        self._fmin_cancelled = False
        self._fmin_cancelled_reason = None

    @shows_options
    def fmin(  # type: ignore[override]
        self,
        fn: Callable[..., Any],
        space: Any,
        algo: Any,
        max_evals: int | None,
        timeout: float | None,
        loss_threshold: float | None,
        max_queue_len: int,
        rstate: Any,
        verbose: bool,
        pass_expr_memo_ctrl: bool | None,
        catch_eval_exceptions: bool,
        return_argmin: bool,
        show_progressbar: Any,
        early_stop_fn: Any,
        trials_save_file: Any = "",
        *,
        points_to_evaluate: Any = None,
        **options: Unpack[MoreOptions],
    ) -> Any:
        """`hyperopt.fmin` with these trials, which is what calls this; see there.

        `catch_eval_exceptions` makes no difference: a trial that fails never ends the run.

        Raises
        ------
        RuntimeError
            The Spark session was stopped while trials ran. Finished trials are kept.
        AllTrialsFailed
            No trial gave a loss, and `return_argmin` asks for the best.
        """
        given = Options.given("fmin", locals())
        for name in ("n_jobs", "executor", "devices"):
            if getattr(given, name) is not None:
                raise ValueError(
                    f"fmin({name}={getattr(given, name)!r}, trials=SparkTrials(...)): the trials "
                    "run on Spark; set SparkTrials(parallelism=...), or use Trials()"
                )
        timeout = self.timeout if timeout is None else timeout
        question = Question.asked(fn, space, algo, rstate, pass_expr_memo_ctrl)
        self._fmin_cancelled = False
        self._fmin_cancelled_reason = None
        started_s = default_timer()
        n_before = len(self._dynamic_trials)
        try:
            on_spark = replace(
                given,
                timeout=timeout,
                loss_threshold=self.loss_threshold if loss_threshold is None else loss_threshold,
                catch_eval_exceptions=True,
                early_stop_fn=self._noticing(early_stop_fn),
                executor=self._evaluator(trial_seconds(given.trial_timeout)),
                trial_timeout=None,
            )
            best = minimise(question, self, on_spark)
        except AllTrialsFailed:
            if return_argmin:
                raise
            return None
        else:
            logger.debug("fmin thread exits normally")
            return best
        finally:
            if timeout is not None and default_timer() - started_s >= timeout:
                self._cancelled(FMIN_CANCELLED_REASON_TIMEOUT)
            self._log_counts(n_before)

    def _evaluator(self, trial_timeout_s: float | None) -> SparkEvaluator:
        # Trials from a file have no session; and a study may outlive its own.
        if self._spark is None or not is_alive(self._spark):
            self._spark = _active_session()
            self._spark_pinned_threads_enabled = pins_threads(self._spark)
        return SparkEvaluator(
            self._spark,
            self.parallelism,
            self._resource_profile,
            trial_timeout_s=trial_timeout_s,
            on_cancel=self._cancelled,
            can_cancel=self._spark_supports_job_cancelling,
        )

    def _cancelled(self, reason: str) -> None:
        if reason in _CANCELLED_REASONS and self._fmin_cancelled_reason is None:
            self._fmin_cancelled = True
            self._fmin_cancelled_reason = reason
            logger.info("fmin cancelled because of %s", reason)
            logger.info("fmin is cancelled, so new trials will not be launched")

    def _noticing(self, early_stop_fn: Any) -> Any:
        """`early_stop_fn`, and the reason is noted when it stops the run."""
        if early_stop_fn is None:
            return None

        def noticing(trials: Any, *state: Any) -> Any:
            stop, following = early_stop_fn(trials, *state)
            if stop:
                self._cancelled(FMIN_CANCELLED_REASON_EARLY_STOPPING)
            return stop, following

        return noticing

    def _log_counts(self, n_before: int) -> None:
        states = [doc["state"] for doc in self._dynamic_trials[n_before:]]
        logger.info(
            "Total Trials: %d: %d succeeded, %d failed, %d cancelled.",
            len(states),
            states.count(JOB_STATE_DONE),
            states.count(JOB_STATE_ERROR),
            states.count(JOB_STATE_CANCEL),
        )


def _wants_default(parallelism: Any) -> bool:
    if parallelism is None:
        return True
    if isinstance(parallelism, bool) or not isinstance(parallelism, Integral):
        raise TypeError(f"SparkTrials(parallelism={parallelism!r}): must be a whole number or None")
    return int(parallelism) <= 0


def _checked(session: Any) -> Any:
    if not has_context(session) and not hasattr(session, "addTag"):
        raise TypeError(
            f"SparkTrials(spark_session={session!r}): give a SparkSession, classic or Connect"
        )
    return session


def _active_session() -> Any:
    return active_session("SparkTrials")
