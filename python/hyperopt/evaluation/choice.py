"""Who evaluates trials when it is not the driver itself.

`evaluator` turns `fmin`'s arguments ``n_jobs``, ``executor`` and ``trial_timeout`` into an
`Evaluator`. Suggesting and storing trials does not depend on the choice.
"""

from __future__ import annotations

import math
import sys
from collections.abc import Sequence
from numbers import Integral, Real
from typing import TYPE_CHECKING, Any

from hyperopt.environment.cores import usable_cores
from hyperopt.evaluation.contract import Evaluator
from hyperopt.evaluation.serial import SerialEvaluator

if TYPE_CHECKING:
    from concurrent.futures import Executor
    from typing import Literal, TypeAlias

    ExecutorChoice: TypeAlias = (
        "Literal['threads', 'processes', 'spark'] | Executor | Evaluator | None"
    )

__all__ = ["evaluator", "trial_seconds"]


def evaluator(
    n_jobs: int | None = None,
    executor: ExecutorChoice = None,
    trial_timeout: float | None = None,
    devices: Sequence[Any] | None = None,
) -> Evaluator:
    """The evaluator for these arguments of `fmin`.

    Parameters
    ----------
    n_jobs
        How many trials to run at once; -1 for one per core. Without `executor`, that many processes
        of this machine; None or 1 evaluates in the driver.
    executor
        "processes", "threads", "spark", any `concurrent.futures.Executor`, or an `Evaluator`. On
        Spark `n_jobs` trials run at once, by default and for -1 as many as Spark's default
        parallelism says, in the session that is active.
    trial_timeout
        Seconds after which a trial is stopped and fails. Needs processes, or Spark.
    devices
        The accelerators that processes see, one for each; as many processes as devices, unless
        `n_jobs` says otherwise.

    Raises
    ------
    TypeError, ValueError
        An argument is of the wrong kind, or the arguments don't go together.
    """
    jobs = _count(n_jobs)
    timeout_s = trial_seconds(trial_timeout)
    names = _device_names(devices)
    if executor is None and jobs in (None, 1) and timeout_s is None and not names:
        return SerialEvaluator()
    if executor == "processes" or executor is None:
        default = len(names) or (1 if executor is None else usable_cores())
        return _processes(default if jobs is None else jobs, timeout_s, names)
    if names:
        raise ValueError(
            f"devices={devices!r} with executor={executor!r}: only a process can have a device of "
            "its own; leave executor out and use n_jobs"
        )
    if executor == "spark":
        return _spark(None if n_jobs == -1 else jobs, timeout_s)
    if timeout_s is not None:
        raise ValueError(
            f"trial_timeout={trial_timeout!r} with executor={executor!r}: only a process can be "
            "stopped; leave executor out and use n_jobs"
        )
    if executor == "threads":
        from hyperopt.evaluation.threads import ThreadEvaluator

        return ThreadEvaluator(usable_cores() if jobs is None else jobs)
    if isinstance(executor, Evaluator):
        return executor
    return _futures(executor, jobs)


def _device_names(devices: Any) -> tuple[str, ...]:
    """The devices as the drivers' variables name them; none if none were asked for."""
    if devices is None:
        return ()
    if isinstance(devices, (str, bytes)) or not isinstance(devices, (list, tuple, range)):
        raise TypeError(
            f"devices={devices!r}: give a list, one device for each process: [0, 1], or names as "
            "CUDA_VISIBLE_DEVICES has them"
        )
    names = tuple(str(device) for device in devices)
    if not names or not all(_is_device(device) for device in devices):
        raise ValueError(
            f"devices={devices!r}: give at least one device, each a number from 0 on, or a name"
        )
    return names


def _is_device(device: Any) -> bool:
    if isinstance(device, str):
        return bool(device) and ";" not in device
    return hasattr(device, "__index__") and not isinstance(device, bool) and int(device) >= 0


def _processes(n_jobs: int, timeout_s: float | None, devices: tuple[str, ...]) -> Evaluator:
    if sys.platform == "win32":
        if devices:
            raise ValueError(f"devices={list(devices)!r} is not available on Windows")
        if timeout_s is not None:
            raise ValueError(f"trial_timeout={timeout_s!r} is not available on Windows")
        from hyperopt.evaluation.futures import PooledEvaluator

        return PooledEvaluator(n_jobs)
    from hyperopt.evaluation.processes.evaluator import ProcessEvaluator

    return ProcessEvaluator(n_jobs, timeout_s, devices)


def _spark(n_jobs: int | None, timeout_s: float | None) -> Evaluator:
    from hyperopt.evaluation.spark.evaluator import SparkEvaluator
    from hyperopt.evaluation.spark.jobs import default_parallelism
    from hyperopt.evaluation.spark.session import MOST_AT_ONCE, active_session

    session = active_session("executor='spark'")
    parallelism = max(default_parallelism(session), 1) if n_jobs is None else n_jobs
    return SparkEvaluator(session, min(parallelism, MOST_AT_ONCE), trial_timeout_s=timeout_s)


def _futures(executor: Any, jobs: int | None) -> Evaluator:
    from concurrent.futures import Executor

    from hyperopt.evaluation.futures import FutureEvaluator, slots_of

    if isinstance(executor, type):
        raise TypeError(f"executor={executor!r} is a class: did you mean {executor.__name__}()?")
    if not isinstance(executor, Executor):
        if not callable(getattr(executor, "submit", None)):
            raise TypeError(
                f"executor={executor!r} is neither 'processes' nor 'threads' nor 'spark' nor a "
                "concurrent.futures.Executor"
            )
        if hasattr(executor, "get_executor"):
            raise TypeError(
                f"executor={executor!r} is a Dask client; pass executor=client.get_executor()"
            )
    slots = jobs if jobs is not None else slots_of(executor)
    if slots is None:
        raise ValueError(
            f"executor={executor!r} does not tell how many calls it runs at once; "
            "say it with n_jobs"
        )
    return FutureEvaluator(executor, slots)


def _count(n_jobs: object) -> int | None:
    if n_jobs is None:
        return None
    if isinstance(n_jobs, bool) or not isinstance(n_jobs, Integral):
        raise TypeError(f"n_jobs={n_jobs!r}: must be a whole number, or -1 for one per core")
    count = int(n_jobs)
    if count == -1:
        return usable_cores()
    if count < 1:
        raise ValueError(f"n_jobs={count}: must be at least 1, or -1 for one per core")
    return count


def trial_seconds(trial_timeout: object) -> float | None:
    """`fmin`'s ``trial_timeout`` in seconds, None for no limit.

    Raises
    ------
    TypeError, ValueError
        It is no positive, finite number.
    """
    if trial_timeout is None:
        return None
    if isinstance(trial_timeout, bool) or not isinstance(trial_timeout, Real):
        raise TypeError(f"trial_timeout={trial_timeout!r}: must be a number of seconds")
    seconds = float(trial_timeout)
    if not seconds > 0 or math.isinf(seconds):
        raise ValueError(f"trial_timeout={trial_timeout!r}: must be a positive number of seconds")
    return seconds
