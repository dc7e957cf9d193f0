"""The four plots: what they draw, and that they leave pyplot's state to the user."""

import math
import pickle

import matplotlib as mpl
import numpy as np
import pytest
from matplotlib import pyplot

from hyperopt import Trials, hp, plotting
from hyperopt.analysis.columns import loss_ranks, points_of
from hyperopt.base import trials_from_docs

LABELS = ("x", "c", "lr", "n")


@pytest.fixture(autouse=True)
def shown(monkeypatch):
    """Use a backend without windows, count calls of show, and close all figures."""
    calls = []
    before = mpl.get_backend()
    pyplot.switch_backend("agg")
    monkeypatch.setattr(pyplot, "show", lambda *args, **kwargs: calls.append(1))
    yield calls
    pyplot.close("all")
    pyplot.switch_backend(before)


def document(tid, vals, result, state=2, labels=LABELS):
    return {
        "tid": tid,
        "spec": None,
        "state": state,
        "result": result,
        "misc": {
            "tid": tid,
            "cmd": ("domain_attachment", "FMinIter_Domain"),
            "workdir": None,
            "idxs": {label: [tid] if label in vals else [] for label in labels},
            "vals": {label: [vals[label]] if label in vals else [] for label in labels},
        },
        "exp_key": None,
        "owner": None,
        "version": 0,
        "book_time": None,
        "refresh_time": None,
    }


@pytest.fixture
def trials():
    """Return sixty trials with failures, NaN and infinite losses, one running, one in error."""
    rng = np.random.default_rng(4)
    documents = []
    for tid in range(60):
        choice = int(rng.integers(3))
        vals = {"x": float(rng.uniform(-5, 5)), "c": choice}
        if choice == 1:
            vals["lr"] = float(np.exp(rng.uniform(-12, 0)))
        if choice == 2:
            vals["n"] = int(rng.integers(10))
        result = {"status": "ok", "loss": vals["x"] ** 2 + choice}
        if tid % 10 == 3:
            result = {"status": "fail"}
        elif tid == 7:
            result["loss"] = math.nan
        elif tid == 8:
            result["loss"] = math.inf
        documents.append(document(tid, vals, result))
    documents.append(document(60, {"x": 0.0, "c": 0}, {"status": "running"}, state=1))
    documents.append(document(61, {"x": 0.0, "c": 0}, {"status": "new"}, state=3))
    built = trials_from_docs(documents)
    for position, trial in enumerate(built.trials):
        curve = np.exp(-np.arange(20) / (3 + position % 7))
        if position % 4:
            attachment = pickle.dumps(curve) if position % 2 else curve
            built.trial_attachments(trial)["curve"] = attachment
    return built


PLOTS = {
    "history": plotting.main_plot_history,
    "histogram": plotting.main_plot_histogram,
    "vars": plotting.main_plot_vars,
    "attachment": lambda trials, **options: plotting.main_plot_1D_attachment(
        trials, "curve", **options
    ),
}


@pytest.mark.parametrize("plot", PLOTS.values(), ids=PLOTS)
def test_a_plot_is_shown_only_when_asked_and_not_when_saved(plot, trials, shown, tmp_path):
    plot(trials, do_show=False)
    assert shown == []
    pyplot.figure()
    plot(trials, file=tmp_path / "plot.png")
    assert shown == []
    assert (tmp_path / "plot.png").stat().st_size > 1000
    pyplot.figure()
    plot(trials)
    assert shown == [1]


@pytest.mark.parametrize("plot", PLOTS.values(), ids=PLOTS)
def test_a_plot_draws_into_the_current_figure_and_returns_it(plot, trials):
    figure = pyplot.figure()
    assert plot(trials, do_show=False) is figure
    assert pyplot.get_fignums() == [figure.number]
    assert figure.axes


@pytest.mark.parametrize("plot", PLOTS.values(), ids=PLOTS)
@pytest.mark.parametrize("documents", [[], [document(0, {}, {"status": "new"}, state=0)]])
def test_a_study_without_results_gives_an_empty_picture(plot, documents):
    figure = plot(trials_from_docs(documents), do_show=False)
    figure.canvas.draw()


@pytest.mark.parametrize("plot", PLOTS.values(), ids=PLOTS)
def test_the_backend_stays_what_it_was(plot, trials):
    pyplot.switch_backend("svg")
    plot(trials, do_show=False)
    assert mpl.get_backend() == "svg"


def test_the_history_shows_every_visible_trial_by_status(trials):
    axes = plotting.main_plot_history(trials, do_show=False).axes[0]
    labels = [text.get_text() for text in axes.get_legend().get_texts()]
    assert labels[:3] == ["ok (54)", "running (1)", "fail (6)"]
    assert sum(len(points.get_offsets()) for points in axes.collections) == 61


def test_the_history_ends_at_the_best_loss(trials):
    axes = plotting.main_plot_history(trials, do_show=False).axes[0]
    (line,) = axes.lines
    assert line.get_ydata()[-1] == trials.best_trial["result"]["loss"]
    assert np.all(np.diff(line.get_ydata()) <= 0)


def test_a_status_can_get_another_colour(trials):
    axes = plotting.main_plot_history(trials, do_show=False, status_colors={"ok": "c"}).axes[0]
    assert axes.collections[0].get_facecolor()[0][:3].tolist() == [0.0, 0.75, 0.75]


def test_the_histogram_counts_the_finite_losses(trials):
    axes = plotting.main_plot_histogram(trials, do_show=False).axes[0]
    assert sum(bar.get_height() for bar in axes.patches) == 52
    assert axes.get_title() == "Loss Histogram (52 trials)"


def test_each_parameter_shows_the_trials_in_which_it_was_active(trials):
    *axes, bar = plotting.main_plot_vars(trials, do_show=False).axes
    assert [a.get_title() for a in axes] == ["c", "lr", "n", "x"]
    assert bar.get_ylabel() == "rank of the loss"
    for a in axes:
        expected = sum(bool(m["vals"][a.get_title()]) for m in trials.miscs)
        assert sum(len(points.get_offsets()) for points in a.collections) == expected
    assert axes[1].get_yscale() == "log"
    assert axes[3].get_yscale() == "linear"


def test_parameters_can_be_drawn_against_the_loss(trials):
    axes = plotting.main_plot_vars(trials, do_show=False, arrange_by_loss=True).axes
    assert axes[1].get_xscale() == "log"
    across, losses = axes[3].collections[0].get_offsets().T
    assert np.all(losses >= across**2)


def test_the_best_trials_can_be_set_off(trials):
    axes = plotting.main_plot_vars(trials, do_show=False, colorize_best=5).axes
    colours = axes[3].collections[1].get_array()
    assert sorted(colours.tolist()) == [0.0] * 5 + [1.0] * 47


def test_plots_are_arranged_in_the_given_number_of_columns(trials):
    figure = plotting.main_plot_vars(trials, do_show=False, columns=2)
    assert figure.axes[0].get_gridspec().get_geometry() == (2, 2)
    with pytest.raises(ValueError, match="columns=0"):
        plotting.main_plot_vars(trials, do_show=False, columns=0)


def test_with_the_space_choices_carry_their_options(trials):
    space = hp.choice(
        "c", ["none", {"lr": hp.loguniform("lr", -12, 0)}, {"n": hp.randint("n", 10)}]
    )
    axes = plotting.main_plot_vars(trials, do_show=False, space=space).axes[0]
    assert [text.get_text() for text in axes.get_yticklabels()] == ["none", "lr", "n"]


def test_attachments_are_drawn_from_the_worst_to_the_best(trials):
    axes = plotting.main_plot_1D_attachment(trials, "curve", do_show=False).axes[0]
    shades = [float(line.get_color()) for line in axes.lines]
    assert shades == sorted(shades, reverse=True)
    assert shades[-1] == 0.5
    pyplot.figure()
    few = plotting.main_plot_1D_attachment(
        trials, "curve", do_show=False, num_trails=3, preprocessing_fn=lambda curve: curve * 2.0
    ).axes[0]
    assert len(few.lines) == 3
    assert few.lines[0].get_ydata()[0] == 2.0


def test_an_unknown_attachment_gives_an_empty_picture(trials):
    assert not plotting.main_plot_1D_attachment(trials, "nothing", do_show=False).axes[0].lines


def test_an_impossible_darkness_is_refused(trials):
    with pytest.raises(ValueError, match="max_darkness"):
        plotting.main_plot_1D_attachment(trials, "curve", max_darkness=2.0)


def test_equal_losses_share_a_rank():
    np.testing.assert_array_equal(
        loss_ranks([3.0, 1.0, math.nan, 1.0, 2.0]), [1.0, 0.0, math.nan, 0.0, 0.5]
    )
    assert loss_ranks([4.0]).tolist() == [0.0]


def test_a_label_that_a_trial_does_not_know_is_inactive_there(trials):
    assert points_of(trials.trials, "unknown") == []


def study(losses, labels=("x",)):
    trials = Trials()
    docs = []
    for tid, loss in enumerate(losses):
        vals = dict.fromkeys(labels, float(tid + 1))
        docs.append(document(tid, vals, {"status": "ok", "loss": float(loss)}, labels=labels))
    trials.insert_trial_docs(docs)
    trials.refresh()
    return trials


def test_one_outlier_does_not_flatten_the_history():
    trials = study([-1.0, *np.linspace(0, 1, 40), 1e6])
    axes = plotting.main_plot_history(trials, do_show=False).axes[0]
    low, high = axes.get_ylim()
    assert low < -1.0
    assert 1.0 < high < 2.0
    assert "larger (1)" in [text.get_text() for text in axes.get_legend().get_texts()]


def test_losses_over_decades_get_a_logarithmic_axis():
    trials = study(np.geomspace(1e3, 1e-4, 30))
    assert plotting.main_plot_history(trials, do_show=False).axes[0].get_yscale() == "log"
    pyplot.figure()
    assert plotting.main_plot_histogram(trials, do_show=False).axes[0].get_xscale() == "log"


def test_the_histogram_says_what_it_leaves_out():
    axes = plotting.main_plot_histogram(study([*np.linspace(-1, 1, 40), 1e6]), do_show=False).axes[
        0
    ]
    assert "1 larger left out" in axes.get_title()
    assert axes.get_xlim()[1] < 2


def test_a_uniform_parameter_keeps_a_linear_axis_when_the_space_is_known():
    trials = study(np.linspace(1, 2, 30), ["u", "v"])
    for doc in trials._dynamic_trials:
        doc["misc"]["vals"]["u"] = [10.0 ** -(doc["tid"] % 6)]
        doc["misc"]["vals"]["v"] = [10.0 ** -(doc["tid"] % 6)]
    space = {"u": hp.uniform("u", 0, 1), "v": hp.loguniform("v", -20, 0)}
    axes = plotting.main_plot_vars(trials, do_show=False, space=space).axes
    assert [a.get_yscale() for a in axes[:2]] == ["linear", "log"]


def test_labels_with_numbers_come_in_their_order():
    labels = [f"layer_{i}" for i in (1, 2, 10, 11)]
    axes = plotting.main_plot_vars(study([1.0, 2.0], labels[::-1]), do_show=False).axes
    assert [a.get_title() for a in axes[:4]] == labels


def test_a_long_label_is_shortened_in_the_middle():
    label = "a_module__with_a_very_long__name_of_parameter"
    title = plotting.main_plot_vars(study([1.0, 2.0], [label]), do_show=False).axes[0].get_title()
    assert len(title) <= 26
    assert title.startswith("a_module")
    assert title.endswith("parameter")


def test_against_the_loss_the_axis_has_the_name_of_the_parameter():
    figure = plotting.main_plot_vars(study([1.0, 2.0]), do_show=False, arrange_by_loss=True)
    assert figure.axes[0].get_xlabel() == "x"


def test_the_curves_that_were_reported_are_lines_and_a_cross_tells_where_one_was_stopped(tmp_path):
    ended = {"status": "ok", "loss": 0.5, "intermediate": [[1, 2.0], [2, math.nan], [3, 0.5]]}
    worse = {"status": "ok", "loss": 0.9, "intermediate": [[1, 3.0], [3, 0.9]]}
    stopped = {"status": "fail", "pruned": 2, "intermediate": [[1, 9.0], [2, 8.0]]}
    results = [ended, worse, stopped, {"status": "ok", "loss": 1.0}]
    trials = trials_from_docs([document(tid, {"x": 0.0}, r) for tid, r in enumerate(results)])
    file = tmp_path / "curves.png"
    axes = plotting.main_plot_curves(trials, file=file).axes[0]
    assert file.stat().st_size > 0
    line, cross, bad, good = axes.lines
    assert line.get_xydata().tolist() == [[1, 9], [2, 8]]
    assert (cross.get_marker(), cross.get_xydata().tolist()) == ("x", [[2, 8]])
    assert bad.get_xydata().tolist() == [[1, 3], [3, 0.9]]
    assert float(good.get_color()) < float(bad.get_color())
    assert axes.get_title() == "2 trials that ended, 1 that were stopped"


def test_a_study_without_reports_has_no_curves_to_show():
    axes = plotting.main_plot_curves(Trials(), do_show=False).axes[0]
    assert [text.get_text() for text in axes.texts] == ["no trials to show"]
