"""The two ways to run a trial on Spark: with a `SparkContext`, and through Spark Connect."""

from __future__ import annotations

import base64
import pickle
import sys
import tempfile
import threading
import warnings
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any, NamedTuple, Protocol

from hyperopt.evaluation import wire
from hyperopt.evaluation.spark.limit import Limit

__all__ = [
    "SparkJobs",
    "default_parallelism",
    "has_context",
    "is_alive",
    "jobs_for",
    "pins_threads",
]

_INLINE_BYTES = 1 << 16
_REPORT_SCHEMA = "report binary"
_ORDER_PROPERTY = "hyperopt.trial"


class SparkJobs(Protocol):
    """Runs the trials of one domain as Spark jobs."""

    def run(self, group: str, order: wire.Order) -> bytes:
        """Run the trial as a job of this name, wait for it, and return its report."""

    def has_begun(self, group: str) -> bool:
        """Whether an executor has the task of this job; False where that can't be known."""

    def cancel(self, group: str) -> None:
        """Cancel the job of this name, if it runs."""

    def alive(self) -> bool:
        """Whether the session can still run jobs."""

    def inheriting(self, target: Callable[[], None]) -> Callable[[], None]:
        """`target`, to run in a new thread with this thread's Spark properties and tags."""

    def close(self) -> None:
        """Remove what was brought to the cluster."""


def has_context(session: Any) -> bool:
    """Whether `session` gives access to a `SparkContext` (a Connect session does not)."""
    try:
        return session.sparkContext is not None
    except Exception:  # each Spark version has its own for this
        return False


def is_alive(session: Any) -> bool:
    """Whether `session` can run jobs; asks the server of a Connect session."""
    if getattr(session, "is_stopped", False):
        return False
    try:
        if not has_context(session):
            session.version  # noqa: B018
            return True
        java = session.sparkContext._jsc
        return java is not None and not java.sc().isStopped()
    except Exception:  # the JVM or the server is gone
        return False


def jobs_for(
    session: Any, payload: wire.Payload, profile: Any = None, limit_s: float | None = None
) -> SparkJobs:
    """The way to run trials that `session` supports, each of them for `limit_s` at most."""
    if has_context(session):
        return _ContextJobs(session, payload, profile, limit_s)
    return _ConnectJobs(session, payload, profile, limit_s)


def default_parallelism(session: Any) -> int:
    """Spark's default parallelism; asked with a tiny job where there is no context."""
    if has_context(session):
        return int(session.sparkContext.defaultParallelism)
    from pyspark.sql import functions

    partition = functions.max(functions.spark_partition_id())
    return int(session.range(1 << 16).agg(partition).collect()[0][0]) + 1


def pins_threads(session: Any) -> bool:
    """Whether each thread here has one in the JVM, which PYSPARK_PIN_THREAD=false turns off.

    Else the properties of a thread, such as its job group, are anybody's.
    """
    gateway = getattr(session.sparkContext, "_gateway", None) if has_context(session) else None
    if gateway is None:
        return False
    from py4j.clientserver import ClientServer

    return isinstance(gateway, ClientServer)


def _major_version() -> int:
    import pyspark

    return int(pyspark.__version__.split(".")[0])


def _inheriting(session: Any, target: Callable[[], None]) -> Callable[[], None]:
    from pyspark import inheritable_thread_target

    # Without a session, Spark 4 warns that tags are lost; Spark 3 does not know the argument.
    inherit: Any = inheritable_thread_target
    inherited: Callable[[], None] = (
        inherit(session)(target) if _major_version() >= 4 else inherit(target)
    )
    return inherited


def _finish_task(rows: Iterator[Any]) -> None:
    """Leave the Python worker of Spark ready for the next task."""
    # An input that is left unread costs Spark the worker. It is read after the trial, since its
    # first bytes may take 40 ms to come (Nagle's algorithm meets delayed acknowledgements).
    for _ in rows:
        pass
    # Spark empties the import caches before each task, upon which archives on the path, its own
    # among them, are indexed again; those without a cached importer are not.
    for path in [path for path in sys.path_importer_cache if path.endswith(".zip")]:
        del sys.path_importer_cache[path]


def _report(
    key: str, payload: Any, order: tuple[Any, ...], limit_s: float | None, rows: Iterator[Any]
) -> bytes:
    """The report of a trial, in its worker, which Spark keeps unless the trial is still in it."""
    limit = Limit(limit_s)
    report = wire.evaluate_order(key, payload, order, limit.evaluate)
    if not limit.is_over:
        _finish_task(rows)
    return report


def _task_of(
    key: str, payload: Any, limit_s: float | None, order: tuple[Any, ...] | None = None
) -> Callable[[Iterator[Any]], Iterator[bytes]]:
    """The task that evaluates `order`, or else the one in the properties of its job."""

    def task(rows: Iterator[Any]) -> Iterator[bytes]:
        from pyspark import TaskContext

        fields = order
        if fields is None:
            encoded = TaskContext.get().getLocalProperty(_ORDER_PROPERTY)
            fields = pickle.loads(base64.b64decode(encoded))
        yield _report(key, payload, fields, limit_s, rows)

    return task


class _ContextJobs:
    def __init__(
        self, session: Any, payload: wire.Payload, profile: Any, limit_s: float | None
    ) -> None:
        self._session = session
        self._context = session.sparkContext
        self._broadcast = self._context.broadcast(payload.data)
        self._key = payload.key
        self._limit_s = limit_s
        self._one_task = self._context.parallelize([0], 1)
        if profile is not None:
            self._one_task = self._one_task.withResources(profile)
        self._of_thread = threading.local()
        self._has_properties = pins_threads(session)
        if not self._has_properties:
            warnings.filterwarnings("ignore", "Deprecated in 3.1, Use pyspark", FutureWarning)

    def run(self, group: str, order: wire.Order) -> bytes:
        description = f"hyperopt trial {order.tid}"
        if not self._has_properties:
            job = self._trial_of(order)
            (report,) = job.collectWithJobGroup(group, description, interruptOnCancel=True)
            return bytes(report)
        if order.continuation is None:
            # The jobs of a thread are of one RDD, which is expensive to make; the order comes as a
            # property. Jobs that run at once have different RDDs: when a task is lost, Spark fails
            # every job of its RDD.
            fields = base64.b64encode(pickle.dumps(tuple(order))).decode()
            self._context.setLocalProperty(_ORDER_PROPERTY, fields)
            job = self._trial()
        else:  # A checkpoint may be too large for a property.
            job = self._trial_of(order)
        self._context.setJobGroup(group, description, interruptOnCancel=True)
        (report,) = job.collect()
        return bytes(report)

    def _trial_of(self, order: wire.Order) -> Any:
        task = _task_of(self._key, self._broadcast, self._limit_s, tuple(order))
        return self._one_task.mapPartitions(task)

    def _trial(self) -> Any:
        found = getattr(self._of_thread, "trial", None)
        if found is None:
            task = _task_of(self._key, self._broadcast, self._limit_s)
            found = self._of_thread.trial = self._one_task.mapPartitions(task)
        return found

    def has_begun(self, group: str) -> bool:
        tracker = self._context.statusTracker()
        jobs = map(tracker.getJobInfo, tracker.getJobIdsForGroup(group))
        stages = [tracker.getStageInfo(stage) for job in jobs if job for stage in job.stageIds]
        return any(stage.numActiveTasks > 0 for stage in stages if stage)

    def cancel(self, group: str) -> None:
        self._context.cancelJobGroup(group)

    def alive(self) -> bool:
        return is_alive(self._session)

    def inheriting(self, target: Callable[[], None]) -> Callable[[], None]:
        return _inheriting(self._session, target)

    def close(self) -> None:
        if self.alive():
            self._broadcast.destroy()


class _Artifact(NamedTuple):
    """A file that was sent to the executors of a Connect session."""

    name: str

    @property
    def value(self) -> bytes:
        from pyspark import SparkFiles

        return Path(SparkFiles.get(self.name)).read_bytes()


class _ConnectJobs:
    def __init__(
        self, session: Any, payload: wire.Payload, profile: Any, limit_s: float | None
    ) -> None:
        self._session = session
        self._key = payload.key
        self._limit_s = limit_s
        self._options = {} if profile is None else {"profile": profile}
        self._payload: bytes | _Artifact = payload.data
        if len(payload.data) > _INLINE_BYTES:
            self._payload = self._upload(payload)

    def _upload(self, payload: wire.Payload) -> _Artifact:
        name = f"hyperopt-objective-{payload.key}"
        with tempfile.TemporaryDirectory() as folder:
            path = Path(folder, name)
            path.write_bytes(payload.data)
            self._session.addArtifacts(str(path), file=True)
        return _Artifact(name)

    def run(self, group: str, order: wire.Order) -> bytes:
        key, payload, fields, limit_s = self._key, self._payload, tuple(order), self._limit_s

        def task(batches: Iterator[Any]) -> Iterator[Any]:
            import pyarrow as pa

            report = _report(key, payload, fields, limit_s, batches)
            yield pa.RecordBatch.from_pydict({"report": pa.array([report], pa.binary())})

        self._session.addTag(group)
        try:
            one_task = self._session.range(0, 1, 1, 1)
            rows = one_task.mapInArrow(task, _REPORT_SCHEMA, **self._options).collect()
        finally:
            self._session.removeTag(group)
        return bytes(rows[0][0])

    def has_begun(self, group: str) -> bool:
        return False

    def cancel(self, group: str) -> None:
        self._session.interruptTag(group)

    def alive(self) -> bool:
        return is_alive(self._session)

    def inheriting(self, target: Callable[[], None]) -> Callable[[], None]:
        return _inheriting(self._session, target) if _major_version() >= 4 else target

    def close(self) -> None:
        """Artifacts end with the session."""
