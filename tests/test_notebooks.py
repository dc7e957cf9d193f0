"""Notebooks, executed by a real kernel: the example, and what the progress bar leaves in them."""

from __future__ import annotations

import re
from pathlib import Path
from typing import Any

import pytest

nbformat = pytest.importorskip("nbformat")
nbclient = pytest.importorskip("nbclient")
pytest.importorskip("ipykernel")

EXAMPLES = Path(__file__).parents[1] / "examples"
RUN = """
from hyperopt import Trials, fmin, hp, rand

trials = Trials()

def minimise(max_evals, objective=lambda x: x, **options):
    space = hp.uniform("x", 1, 2)
    fmin(objective, space, rand.suggest, max_evals, trials=trials, rstate=0, **options)
"""
WITHOUT_WIDGETS = "import sys; sys.modules['ipywidgets'] = None"


@pytest.fixture
def execute(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Any:
    """Execute a notebook, or cells of code; give its cells, with outputs."""
    # A kernel started by its interpreter: whatever is registered on the machine does not matter.
    monkeypatch.setenv("JUPYTER_PLATFORM_DIRS", "1")
    monkeypatch.setenv("IPYTHONDIR", str(tmp_path))

    def run(*cells: str, notebook: Any = None) -> Any:
        if notebook is None:
            notebook = nbformat.v4.new_notebook(cells=[*map(nbformat.v4.new_code_cell, cells)])
        resources = {"metadata": {"path": str(tmp_path)}}
        nbclient.NotebookClient(notebook, timeout=300, resources=resources).execute()
        return notebook

    return run


def outputs(cell: Any, kind: str) -> list[Any]:
    return [output for output in cell.outputs if output.output_type == kind]


def stdout(cell: Any) -> str:
    return "".join(output.text for output in outputs(cell, "stream") if output.name == "stdout")


def widget_texts(notebook: Any) -> list[str]:
    """What the labels of all widgets say in the end."""
    states = notebook.metadata.widgets["application/vnd.jupyter.widget-state+json"]["state"]
    labels = [model["state"] for model in states.values() if "HTML" in model["model_name"]]
    return [label["value"].replace("\u2007", " ") for label in labels if label.get("value")]


def test_the_example_executes(execute: Any) -> None:
    notebook = execute(notebook=nbformat.read(EXAMPLES / "tour.ipynb", as_version=4))
    assert "kind" in str(notebook.cells[7].outputs)


def test_the_bar_is_a_widget_where_there_are_widgets(execute: Any) -> None:
    pytest.importorskip("ipywidgets")
    notebook = execute(RUN, "minimise(5, objective=lambda x: print('x is', x) or x)", "minimise(8)")
    for cell in notebook.cells[1:]:
        assert len(outputs(cell, "display_data")) == 1  # one bar
        assert not outputs(cell, "error")
        assert "\r" not in stdout(cell)
    assert stdout(notebook.cells[1]).count("x is 1.") == 5
    texts = " ".join(widget_texts(notebook))
    assert re.search(r"5/5 .*best loss: 1\.", texts)
    assert re.search(r"8/8 .*best loss: 1\.", texts)


def test_bars_of_widgets_nest(execute: Any) -> None:
    pytest.importorskip("ipywidgets")
    pytest.importorskip("tqdm")
    inner = """
from tqdm.auto import tqdm
def objective(x):
    for _ in tqdm(range(4), desc="inner"):
        pass
    return x
minimise(3, objective)
"""
    notebook = execute(RUN, inner)
    assert len(outputs(notebook.cells[1], "display_data")) == 4
    assert not outputs(notebook.cells[1], "error")
    texts = widget_texts(notebook)
    assert sum("4/4" in text for text in texts) == 3
    assert sum("3/3" in text for text in texts) == 1


def test_the_bar_is_text_where_there_are_no_widgets(execute: Any) -> None:
    notebook = execute(WITHOUT_WIDGETS, RUN, "minimise(5)", "minimise(8)")
    for cell, total in zip(notebook.cells[2:], (5, 8), strict=True):
        assert {output.output_type for output in cell.outputs} == {"stream"}
        last = stdout(cell).rstrip().rpartition("\r")[2]
        assert f"{total}/{total}" in last
        assert "best loss: 1." in last


def test_nothing_is_shown_when_asked(execute: Any) -> None:
    quiet = ("minimise(5, verbose=False)", "minimise(8, show_progressbar=False)")
    notebook = execute(RUN, *quiet, "len(trials)")
    assert [cell.outputs for cell in notebook.cells[1:3]] == [[], []]
    assert notebook.cells[3].outputs[0].data["text/plain"] == "8"


def test_an_exception_passes_through_the_bar(execute: Any) -> None:
    notebook = execute(
        RUN,
        """
def fails(x):
    raise ValueError("mine")
try:
    minimise(5, fails)
except ValueError as error:
    print("caught", error)
""",
    )
    assert "caught mine" in stdout(notebook.cells[1])
