"""Draw what one suggestion costs, against the length of the study."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from environments import (
    HYPEROPT,
    OPTUNA,
    OURS,
    OURS_DEFAULT,
    OURS_JOINT,
    RUSTUNA_INDEPENDENT,
    RUSTUNA_JOINT,
)

# Colours that are told apart with any kind of sight (Okabe and Ito), and marks without colour.
STYLES = {
    OURS_DEFAULT.title: ("hyperopt-rs, default", "#000000", "o", "-"),
    OURS_JOINT.title: ("hyperopt-rs, jtpe", "#0072b2", "s", "-"),
    OURS.title: ("hyperopt-rs, tpe", "#56b4e9", "^", "-"),
    HYPEROPT.title: ("hyperopt", "#d55e00", "o", "--"),
    OPTUNA.title: ("Optuna", "#009e73", "s", "--"),
    RUSTUNA_INDEPENDENT.title: ("rustuna, independent", "#e69f00", "^", ":"),
    RUSTUNA_JOINT.title: ("rustuna, joint", "#cc79a7", "D", ":"),
}


def lines(results: dict[str, Any]) -> dict[str, list[tuple[int, float]]]:
    """Return (finished trials, milliseconds) by library."""
    found: dict[str, list[tuple[int, float]]] = {}
    cases = {key: case for key, case in results["cases"].items() if key.startswith("suggest-")}
    for case in sorted(cases.values(), key=lambda case: case["trials"]):
        for title, answer in case["results"].items():
            found.setdefault(title, []).append((case["trials"], answer["median"]))
    return found


def draw(results: dict[str, Any], target: Path) -> None:
    """Write the chart as a PNG that can be read at 390 pixels."""
    import matplotlib as mpl

    mpl.use("Agg")
    from matplotlib import pyplot as plt

    figure, axes = plt.subplots(figsize=(6, 5), layout="constrained")
    found = lines(results)
    for title, (name, colour, mark, style) in STYLES.items():
        if title in found:
            x, y = zip(*found[title], strict=True)
            axes.plot(x, y, color=colour, marker=mark, linestyle=style, lw=2, ms=6, label=name)
    axes.set_xscale("log")
    axes.set_yscale("log")
    axes.set_xticks([100, 1000, 10_000, 100_000], labels=["100", "1,000", "10,000", "100,000"])
    axes.set_yticks([0.1, 1, 10, 100, 1000], labels=["0.1", "1", "10", "100", "1,000"])
    axes.minorticks_off()
    axes.set_xlabel("finished trials", fontsize=13)
    axes.set_title("Milliseconds for one suggestion (lower is better)", fontsize=13, loc="left")
    axes.tick_params(labelsize=12)
    axes.spines[["top", "right"]].set_visible(False)
    axes.grid(alpha=0.25)
    figure.legend(loc="outside lower center", ncols=2, fontsize=12, frameon=False)
    figure.savefig(target, dpi=130, metadata={"Software": None})
    plt.close(figure)
