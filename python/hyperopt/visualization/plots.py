"""Four pictures of a study, drawn with matplotlib.

Each function draws into pyplot's current figure (a new one if there is none) and returns it. With
`file` the picture is saved and not shown; otherwise ``do_show=True`` hands it to ``pyplot.show``.
The backend is left alone. Needs matplotlib, which is not installed with the package.
"""

from __future__ import annotations

import pickle
from collections.abc import Callable, Mapping
from typing import TYPE_CHECKING, Any

import numpy as np

from hyperopt.analysis.columns import Point, finite_loss, labels_of, loss_ranks, points_of
from hyperopt.environment.public_path import public
from hyperopt.pruning.curves import curve_of
from hyperopt.visualization.axes import far_out, fitting, scale_losses, spans_decades
from hyperopt.visualization.scales import option_names_of, scales_of

if TYPE_CHECKING:
    import os

    from hyperopt.pruning.curves import Curve
    from hyperopt.storage.store import TrialStore

    File = str | os.PathLike[str]

__all__ = [
    "default_status_colors",
    "main_plot_1D_attachment",
    "main_plot_curves",
    "main_plot_histogram",
    "main_plot_history",
    "main_plot_vars",
]

#: Colour of a trial in :func:`main_plot_history` by its status.
default_status_colors = {"new": "k", "running": "g", "ok": "b", "fail": "r"}

_RANK_COLOURS = "viridis"
_BEST_COLOURS = ["tab:red", "0.75"]


@public("hyperopt.plotting")
def main_plot_history(
    trials: TrialStore,
    do_show: bool = True,
    status_colors: Mapping[str, str] | None = None,
    title: str = "Loss History",
    *,
    file: File | None = None,
) -> Any:
    """Plot the losses in the order of the trials, with the best so far.

    Trials without a finite loss are ticks at the lower edge. Positive losses over more than three
    decades get a logarithmic axis; otherwise losses so large that they would flatten all others are
    triangles at the upper edge.

    Parameters
    ----------
    trials : TrialStore
        The study.
    do_show : bool, default True
        Whether to show the figure at once.
    status_colors : mapping, optional
        Colour by status; :data:`default_status_colors` fills the gaps.
    title : str
        Title of the axes.
    file : path, optional
        Save the figure there instead of showing it.

    Returns
    -------
    matplotlib.figure.Figure
        None in a notebook that has shown it.
    """
    pyplot = _pyplot()
    axes = pyplot.gca()
    colors = {**default_status_colors, **(status_colors or {})}
    losses = np.array([finite_loss(trial) for trial in trials.trials], dtype=float)
    statuses = np.array([trial["result"].get("status", "new") for trial in trials.trials])
    (finite,) = np.nonzero(np.isfinite(losses))
    beyond = np.zeros(len(losses), dtype=bool)
    beyond[finite] = scale_losses(axes.yaxis, losses[finite])
    for status in sorted(set(statuses.tolist()), key=["ok", *colors].index):
        (positions,) = np.nonzero((statuses == status) & np.isfinite(losses))
        (bare,) = np.nonzero((statuses == status) & ~np.isfinite(losses))
        color = colors.get(status, "0.5")
        label = f"{status} ({len(positions) + len(bare)})"
        if len(positions):
            axes.scatter(positions, losses[positions], s=14, c=color, alpha=0.6, label=label)
        if len(bare):
            edge = np.full(len(bare), 0.02)
            transform = axes.get_xaxis_transform()
            style = {"marker": "|", "s": 60, "c": color, "transform": transform, "clip_on": False}
            axes.scatter(bare, edge, label=label if not len(positions) else None, **style)
    (above,) = np.nonzero(beyond)
    if len(above):
        style = {"marker": "^", "s": 16, "c": "0.5", "transform": axes.get_xaxis_transform()}
        axes.scatter(above, np.full(len(above), 0.97), label=f"larger ({len(above)})", **style)
    if len(finite):
        best = np.minimum.accumulate(losses[finite])
        steps = {"where": "post", "color": "0.3", "linewidth": 1.0}
        axes.step(finite, best, label=f"best so far ({best[-1]:.4g})", **steps)
    _describe(axes, title, "trial", "loss", empty=not len(losses))
    if len(losses):
        axes.legend(loc="best", fontsize="small")
    return _finish(pyplot, axes.figure, do_show, file)


@public("hyperopt.plotting")
def main_plot_histogram(
    trials: TrialStore,
    do_show: bool = True,
    title: str = "Loss Histogram",
    *,
    file: File | None = None,
) -> Any:
    """Plot how often losses occurred, among the trials that have a finite one.

    Positive losses over more than three decades are counted by their logarithms; otherwise losses
    so large that they would flatten all others are only told in the title.

    Parameters
    ----------
    trials, do_show, title, file
        As in :func:`main_plot_history`.

    Returns
    -------
    matplotlib.figure.Figure
        None in a notebook that has shown it.
    """
    pyplot = _pyplot()
    axes = pyplot.gca()
    losses = np.array([finite_loss(trial) for trial in trials.trials], dtype=float)
    losses = losses[np.isfinite(losses)]
    if len(losses):
        # Rice's rule: unlike rules that look at the spread, an outlier cannot make it explode.
        bins: Any = int(np.clip(np.ceil(2.0 * len(losses) ** (1 / 3)), 5, 50))
        shown = losses
        if spans_decades(losses):
            axes.set_xscale("log")
            bins = np.geomspace(losses.min(), losses.max(), bins + 1)
        else:
            shown = losses[losses <= far_out(losses)]
        axes.hist(shown, bins=bins, edgecolor="white", linewidth=0.5)
        if len(shown) < len(losses):
            title = f"{title}, {len(losses) - len(shown)} larger left out"
    _describe(axes, f"{title} ({len(losses)} trials)", "loss", "trials", empty=not len(losses))
    return _finish(pyplot, axes.figure, do_show, file)


@public("hyperopt.plotting")
def main_plot_vars(
    trials: TrialStore,
    do_show: bool = True,
    fontsize: float = 10,
    colorize_best: int | None = None,
    columns: int = 5,
    arrange_by_loss: bool = False,
    *,
    space: Any = None,
    file: File | None = None,
) -> Any:
    """Plot each parameter's values over the trials, or against the loss.

    The colour tells the rank of the loss (dark is good); a cross has no finite loss. A parameter
    appears in those trials only in which it was active. Parameters with a logarithmic prior get a
    logarithmic axis; where the space is not known, positive values over more than three decades.

    Parameters
    ----------
    trials : TrialStore
        The study.
    do_show : bool, default True
        Whether to show the figure at once.
    fontsize : float
        Of the titles.
    colorize_best : int, optional
        Instead of all ranks, only set off this many best trials.
    columns : int
        How many plots stand side by side at most.
    arrange_by_loss : bool
        Put values on the horizontal and losses on the vertical axis.
    space : object, optional
        The search space, which labels choices by their options; the one that `trials` know, if
        None.
    file : path, optional
        Save the figure there instead of showing it.

    Returns
    -------
    matplotlib.figure.Figure
        None in a notebook that has shown it.
    """
    if columns < 1:
        raise ValueError(
            f"columns={columns!r}: at least one plot must fit into a row; pass 1 or more"
        )
    pyplot = _pyplot()
    figure = pyplot.gcf()
    documents = trials.trials
    labels = labels_of(documents)
    ranks = loss_ranks([finite_loss(trial) for trial in documents])
    colours: Any = _RANK_COLOURS
    if colorize_best is not None:
        from matplotlib.colors import ListedColormap

        ranks, colours = _best_only(ranks, colorize_best), ListedColormap(_BEST_COLOURS)
    space = trials._space if space is None else space
    options = option_names_of(space) if space is not None else {}
    scales = scales_of(space) if space is not None else {}
    columns = min(columns, max(len(labels), 1))
    rows = max(-(-len(labels) // columns), 1)
    if not figure.axes:
        width, height = figure.get_size_inches()
        figure.set_size_inches(max(width, 2.6 * columns), max(height, 2.2 * rows))
    for index, label in enumerate(labels):
        axes = figure.add_subplot(rows, columns, index + 1)
        points = points_of(documents, label)
        log = scales.get(label, spans_decades(np.array([point.value for point in points])))
        _draw_values(axes, points, ranks, colours, arrange_by_loss, log)
        axes.set_title(fitting(label), fontsize=fontsize)
        if arrange_by_loss:
            axes.set_xlabel(fitting(label), fontsize="small")
        axes.tick_params(labelsize=0.8 * fontsize)
        _name_options(axes.xaxis if arrange_by_loss else axes.yaxis, options.get(label))
    if not labels:
        _describe(figure.add_subplot(), "", "", "", empty=True)
    else:
        if figure.get_layout_engine() is None:
            figure.set_layout_engine("constrained")
        _add_colour_bar(figure, colours, colorize_best)
    return _finish(pyplot, figure, do_show, file)


@public("hyperopt.plotting")
def main_plot_1D_attachment(
    trials: TrialStore,
    attachment_name: str,
    do_show: bool = True,
    colorize_by_loss: bool = True,
    max_darkness: float = 0.5,
    num_trails: int | None = None,
    preprocessing_fn: Callable[[Any], Any] = lambda x: x,
    line_width: float = 0.1,
    *,
    file: File | None = None,
) -> Any:
    """Plot a sequence that trials carry as an attachment, a learning curve for instance.

    Parameters
    ----------
    trials : TrialStore
        The study. Trials without the attachment or without a finite loss are left out.
    attachment_name : str
        Which attachment: a sequence of numbers, or the pickle of one (only of studies that you
        trust, since unpickling runs code).
    do_show : bool, default True
        Whether to show the figure at once.
    colorize_by_loss : bool
        Draw trials with a smaller loss darker; otherwise all have the darkness `max_darkness`.
    max_darkness : float
        Darkness of the best trial, between 0 (white) and 1 (black).
    num_trails : int, optional
        Only show this many best trials.
    preprocessing_fn : callable
        Turns an attachment into the sequence to draw.
    line_width : float
        Width of the lines in points.
    file : path, optional
        Save the figure there instead of showing it.

    Returns
    -------
    matplotlib.figure.Figure
        None in a notebook that has shown it.
    """
    if not 0.0 <= max_darkness <= 1.0:
        raise ValueError(f"max_darkness={max_darkness!r}: must be between 0 (white) and 1 (black)")
    pyplot = _pyplot()
    axes = pyplot.gca()
    curves = []
    for trial in trials.trials:
        loss = finite_loss(trial)
        attachments = trials.trial_attachments(trial)
        if np.isfinite(loss) and attachment_name in attachments:
            curves.append((loss, attachments[attachment_name]))
    curves.sort(key=lambda curve: curve[0])
    curves = curves[:num_trails]
    ranks = loss_ranks([loss for loss, _ in curves])
    # The best come last, so that they lie on top.
    for (_, stored), rank in reversed(list(zip(curves, ranks.tolist(), strict=True))):
        data = pickle.loads(stored) if isinstance(stored, bytes) else stored
        darkness = max_darkness * (1.0 - 0.8 * rank) if colorize_by_loss else max_darkness
        sequence = np.asarray(preprocessing_fn(data), dtype=float)
        axes.plot(sequence, color=str(1.0 - darkness), linewidth=line_width)
    _describe(axes, f"{attachment_name} of {len(curves)} trials", "", "", empty=not curves)
    return _finish(pyplot, axes.figure, do_show, file)


@public("hyperopt.plotting")
def main_plot_curves(
    trials: TrialStore,
    do_show: bool = True,
    line_width: float = 0.8,
    *,
    file: File | None = None,
) -> Any:
    """Plot what trials reported with `hyperopt.report`, step by step.

    Trials that ran to their end are lines, the better ones darker; those that were stopped are
    thin ones that end in a cross.

    Parameters
    ----------
    trials : TrialStore
        The study. Trials without reports are left out, and values that are not finite are gaps.
    do_show : bool, default True
        Whether to show the figure at once.
    line_width : float
        Width of the lines in points.
    file : path, optional
        Save the figure there instead of showing it.

    Returns
    -------
    matplotlib.figure.Figure
        None in a notebook that has shown it.
    """
    pyplot = _pyplot()
    axes = pyplot.gca()
    curves = [curve for trial in trials.trials if (curve := curve_of(trial)) is not None]
    for curve in curves:
        curve.values[~np.isfinite(curve.values)] = np.nan
    stopped = [curve for curve in curves if curve.loss is None]
    for curve in stopped:
        axes.plot(curve.steps, curve.values, color="tab:red", alpha=0.35, linewidth=line_width / 2)
        axes.plot(curve.steps[-1:], curve.values[-1:], "x", color="tab:red", markersize=3)
    ended = sorted((c for c in curves if c.loss is not None), key=_loss_of)
    ranks = loss_ranks([_loss_of(curve) for curve in ended]).tolist()
    # The best come last, so that they lie on top.
    for curve, rank in reversed(list(zip(ended, ranks, strict=True))):
        axes.plot(curve.steps, curve.values, color=str(0.8 * rank), linewidth=line_width)
    title = f"{len(ended)} trials that ended, {len(stopped)} that were stopped"
    _describe(axes, title, "step", "reported value", empty=not curves)
    return _finish(pyplot, axes.figure, do_show, file)


def _loss_of(curve: Curve) -> float:
    loss = curve.loss
    return float("inf") if loss is None or np.isnan(loss) else loss


def _draw_values(
    axes: Any, points: list[Point], ranks: Any, colours: Any, arrange_by_loss: bool, log: bool
) -> None:
    """Scatter one parameter's points, those without a loss as crosses."""
    values = np.array([point.value for point in points], dtype=float)
    losses = np.array([point.loss for point in points], dtype=float)
    positions = np.array([point.position for point in points], dtype=int)
    across, along = (losses, values) if arrange_by_loss else (values, positions)
    good = np.isfinite(losses)
    if not arrange_by_loss:
        axes.scatter(along[~good], across[~good], s=14, c="0.6", marker="x", linewidth=0.8)
    # The best are drawn last, on top.
    order = np.flatnonzero(good)[np.argsort(-ranks[positions[good]], kind="stable")]
    color = {"c": ranks[positions[order]], "cmap": colours, "vmin": 0.0, "vmax": 1.0}
    axes.scatter(along[order], across[order], s=14, **color)
    axis = axes.xaxis if arrange_by_loss else axes.yaxis
    if log and len(values) and values.min() > 0.0:
        (axes.set_xscale if arrange_by_loss else axes.set_yscale)("log")
    elif np.all(values == np.round(values)):
        axis.get_major_locator().set_params(integer=True)
    axes.set_xlabel("trial", fontsize="small")
    if arrange_by_loss:
        axes.set_ylabel("loss", fontsize="small")
        scale_losses(axes.yaxis, losses[good])


def _add_colour_bar(figure: Any, colours: Any, colorize_best: int | None) -> None:
    from matplotlib.cm import ScalarMappable
    from matplotlib.colors import Normalize

    words = ["best", "worst"] if colorize_best is None else [f"best {colorize_best}", "others"]
    bar = figure.colorbar(ScalarMappable(Normalize(0.0, 1.0), colours), ax=figure.axes, shrink=0.8)
    bar.set_ticks([0.0, 1.0] if colorize_best is None else [0.25, 0.75], labels=words)
    bar.set_label("rank of the loss", fontsize="small")


def _best_only(ranks: Any, number: int) -> Any:
    """Ranks in which the best trials are 0 and all others 1 (NaN stays NaN)."""
    chosen = np.argsort(ranks, kind="stable")[: max(number, 0)]
    coarse = np.where(np.isnan(ranks), np.nan, 1.0)
    coarse[chosen] = np.where(np.isnan(ranks[chosen]), np.nan, 0.0)
    return coarse


def _name_options(axis: Any, names: list[str] | None) -> None:
    if names and len(names) <= 12:
        axis.set_ticks(range(len(names)), labels=names)


def _describe(axes: Any, title: str, x_label: str, y_label: str, *, empty: bool) -> None:
    axes.set_title(title)
    axes.set_xlabel(x_label)
    axes.set_ylabel(y_label)
    if empty:
        centre = {"ha": "center", "va": "center", "transform": axes.transAxes}
        axes.text(0.5, 0.5, "no trials to show", color="0.5", **centre)


def _pyplot() -> Any:
    try:
        from matplotlib import pyplot
    except ImportError as error:  # pragma: no cover - matplotlib is there in every test environment
        raise ImportError(
            "hyperopt.plotting draws with matplotlib, which is not installed: "
            "pip install matplotlib"
        ) from error
    return pyplot


def _finish(pyplot: Any, figure: Any, do_show: Any, file: File | None) -> Any:
    if file is not None:
        figure.savefig(file)
    elif do_show:
        pyplot.show()
        if "inline" in pyplot.get_backend():
            return None  # A notebook has drawn it, and would draw what a cell returns once more.
    return figure
