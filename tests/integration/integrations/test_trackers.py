"""What MLflow, TensorBoard and Weights & Biases have afterwards: the real packages."""

from __future__ import annotations

import math
import struct
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from hyperopt import Trials, fmin, hp, rand

pytestmark = pytest.mark.filterwarnings("ignore")

SPACE = hp.choice(
    "model",
    [
        {"type": "tree", "depth": hp.uniformint("depth", 1, 9)},
        {"type": "linear", "strange (label)": hp.loguniform("strange: (label)", -5, 0)},
    ],
)


def objective(point: Any) -> Any:
    if point["type"] == "tree":
        if point["depth"] > 7:
            raise ValueError("too deep")
        reports = [[step, 1.0 / (step + 1)] for step in range(5)]
        return {"status": "ok", "loss": point["depth"], "seconds": 2.5, "intermediate": reports}
    return {"status": "ok", "loss": -math.log(point["strange (label)"]), "losses": [1.0, 2]}


@pytest.fixture(scope="module")
def trials() -> Trials:
    found = Trials()
    fmin(
        objective,
        SPACE,
        rand.suggest,
        8,
        trials=found,
        rstate=4,
        show_progressbar=False,
        catch_eval_exceptions=True,
    )
    states = {doc["state"] for doc in found._dynamic_trials}
    assert states == {2, 3}
    return found


def replay(callback: Any, trials: Trials) -> None:
    callback.on_start(trials)
    for doc in trials._dynamic_trials:
        callback.on_trial_end(trials, doc)
    callback.on_end(trials)


def doc_of(trials: Trials, tid: str) -> Any:
    return next(doc for doc in trials._dynamic_trials if str(doc["tid"]) == tid)


@pytest.fixture
def mlflow(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Any:
    mlflow = pytest.importorskip("mlflow")
    monkeypatch.setenv("MLFLOW_ALLOW_FILE_STORE", "true")
    monkeypatch.chdir(tmp_path)
    return mlflow


@pytest.mark.parametrize(
    "store",
    ["files", pytest.param("sqlite", marks=pytest.mark.slow)],  # it makes its tables first
)
def test_mlflow_has_a_run_for_each_trial_below_that_of_the_study(
    trials: Trials, mlflow: Any, tmp_path: Path, store: str
) -> None:
    from hyperopt.callbacks import MLflowCallback

    files = (tmp_path / "mlruns").as_uri()
    uri = files if store == "files" else f"sqlite:///{tmp_path}/mlflow.db"
    replay(MLflowCallback(uri, "forest", tags={"team": "a"}), trials)
    client = mlflow.MlflowClient(uri)
    experiment = client.get_experiment_by_name("forest")
    runs = client.search_runs([experiment.experiment_id])
    (parent,) = [run for run in runs if "mlflow.parentRunId" not in run.data.tags]
    children = [run for run in runs if run is not parent]
    assert len(children) == 8
    assert parent.info.status == "FINISHED"
    assert parent.data.metrics["best_loss"] == trials.best_trial["result"]["loss"]
    assert parent.data.tags["hyperopt.best_tid"] == str(trials.best_trial["tid"])
    for run in children:
        doc = doc_of(trials, run.data.tags["hyperopt.tid"])
        assert run.data.tags["mlflow.parentRunId"] == parent.info.run_id
        assert run.data.tags["team"] == "a"
        assert run.data.params["model"] in ("tree", "linear")
        if doc["state"] == 3:
            assert run.info.status == "FAILED"
            assert run.data.tags["hyperopt.reason"] == "ValueError: too deep"
            continue
        assert run.info.status == "FINISHED"
        assert run.data.metrics["loss"] == pytest.approx(doc["result"]["loss"])
        if run.data.params["model"] == "tree":
            assert float(run.data.params["depth"]) == doc["misc"]["vals"]["depth"][0]
            history = client.get_metric_history(run.info.run_id, "intermediate")
            assert [(m.step, m.value) for m in history] == [(s, 1 / (s + 1)) for s in range(5)]
        else:
            assert "strange_ _label_" in run.data.params
            assert run.data.metrics["losses/1"] == 2.0


def test_mlflow_nests_below_the_active_run_and_leaves_it_open(
    trials: Trials, mlflow: Any, tmp_path: Path
) -> None:
    from hyperopt.callbacks import MLflowCallback

    mlflow.set_tracking_uri((tmp_path / "mlruns").as_uri())
    try:
        with mlflow.start_run() as run:
            replay(MLflowCallback(), trials)
            assert mlflow.active_run().info.run_id == run.info.run_id
        runs = mlflow.MlflowClient().search_runs([run.info.experiment_id])
    finally:
        mlflow.set_tracking_uri(None)
    parents = [r.data.tags.get("mlflow.parentRunId") for r in runs]
    assert parents.count(run.info.run_id) == 8
    assert parents.count(None) == 1


def test_tensorboard_has_hyperparameters_metrics_and_curves(trials: Trials, tmp_path: Path) -> None:
    pytest.importorskip("tensorboard")
    from tensorboard.backend.event_processing.event_accumulator import EventAccumulator
    from tensorboard.plugins.hparams import metadata

    from hyperopt.callbacks import TensorBoardCallback

    replay(TensorBoardCallback(tmp_path / "logs"), trials)
    for doc in trials._dynamic_trials:
        events = EventAccumulator(str(tmp_path / "logs" / f"trial-{doc['tid']}"))
        events.Reload()
        contents = events.PluginTagToContent("hparams")
        started = metadata.parse_session_start_info_plugin_data(
            contents[metadata.SESSION_START_INFO_TAG]
        )
        assert started.hparams["model"].string_value in ("tree", "linear")
        ended = metadata.parse_session_end_info_plugin_data(contents[metadata.SESSION_END_INFO_TAG])
        assert (ended.status == 1) == (doc["state"] == 2)
        if doc["state"] == 3:
            continue
        (loss,) = events.Scalars("loss")
        assert loss.value == pytest.approx(doc["result"]["loss"], rel=1e-6)
        if "depth" in doc["misc"]["vals"] and doc["misc"]["vals"]["depth"]:
            assert [s.step for s in events.Scalars("intermediate")] == list(range(5))


def logged(data: bytes) -> Iterator[bytes]:
    """The entries of a file in the format of LevelDB's log, after its head of 7 bytes."""
    at, entry = 7, b""
    while at + 7 <= len(data):
        if 32768 - at % 32768 < 7:
            at += 32768 - at % 32768
            continue
        size, kind = struct.unpack_from("<HB", data, at + 4)
        entry += data[at + 7 : at + 7 + size]
        at += 7 + size
        if kind in (1, 4):  # whole, or the last part
            yield entry
            entry = b""


@pytest.mark.slow
def test_weights_and_biases_has_a_run_for_each_trial(
    trials: Trials, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    pytest.importorskip("wandb")
    from wandb.proto import wandb_internal_pb2

    from hyperopt.callbacks import WandbCallback

    monkeypatch.setenv("WANDB_SILENT", "true")
    few = Trials()
    few._space = trials._space
    few.insert_trial_docs(trials._dynamic_trials[:2])
    replay(WandbCallback("project", "group", mode="offline", dir=str(tmp_path)), few)
    found = {}
    for file in tmp_path.glob("wandb/offline-run-*/*.wandb"):
        for data in logged(file.read_bytes()):
            record = wandb_internal_pb2.Record()
            record.ParseFromString(data)
            if record.WhichOneof("record_type") == "run":
                config = {item.key: item.value_json for item in record.run.config.update}
                found[record.run.display_name] = (record.run.run_group, config)
    assert set(found) == {f"trial-{doc['tid']}" for doc in few._dynamic_trials}
    assert all(group == "group" for group, _ in found.values())
    assert all(config["model"] in ('"tree"', '"linear"') for _, config in found.values())
