"""Sphinx configuration: `make docs` builds the site."""

from __future__ import annotations

import itertools
import re
import sys
from importlib import metadata
from pathlib import Path
from typing import Any, Generic, Protocol

from docutils import nodes
from numpy.typing import ArrayLike
from sphinx.util.typing import stringify_annotation

sys.path.insert(0, str(Path(__file__).parent / "extensions"))

project = "hyperopt-rs"
author = "the hyperopt-rs authors"
copyright = f"2026, {author}"
release = metadata.version("hyperopt-rs")

extensions = [
    "mathml",
    "myst_parser",
    "sphinx.ext.autodoc",
    "sphinx.ext.napoleon",
    "sphinx.ext.viewcode",
    "sphinx_copybutton",
]
exclude_patterns = ["extensions", "pictures", "_generated/extra"]
nitpicky = False

myst_enable_extensions = ["dollarmath", "amsmath", "deflist", "colon_fence"]
myst_heading_anchors = 3

# Formulas become MathML while building, so that a page needs nothing from elsewhere.
html_math_renderer = "mathml"

autodoc_member_order = "bysource"
autodoc_typehints = "signature"
autodoc_type_aliases = {"ArrayLike": "ArrayLike"}
autodoc_default_options = {"members": True, "show-inheritance": True}
autodoc_mock_imports = ["pyspark"]
napoleon_google_docstring = False
napoleon_use_rtype = False
python_use_unqualified_type_names = True
python_maximum_signature_line_length = 88
default_role = "code"

html_theme = "furo"
html_title = "hyperopt-rs"
html_static_path = ["static"]
html_css_files = ["site.css"]
# The example report, which docs/example_report.py writes.
html_extra_path = ["_generated/extra"]
html_theme_options = {
    "light_css_variables": {
        "color-brand-primary": "#b45309",
        "color-brand-content": "#b45309",
    },
    "dark_css_variables": {
        "color-brand-primary": "#fbbf24",
        "color-brand-content": "#fbbf24",
    },
}
html_copy_source = False
html_show_sphinx = False
copybutton_prompt_text = r">>> |\.\.\. |\$ "
copybutton_prompt_is_regexp = True
suppress_warnings = ["myst.xref_missing"]


def for_users(app: Any, what: str, name: str, thing: Any, options: Any, lines: list[str]) -> None:
    """Leave out of a page what only those who work on the package want to know of a module."""
    word = "Front door: "
    if what == "module" and lines:
        text = lines[0].removeprefix(word)
        text = text.removeprefix("a").lstrip() if text.startswith("a ") else text
        lines[0] = text[0].upper() + text[1:]
        lines[:] = [*itertools.takewhile(lambda line: not line.startswith("May import"), lines)]


# A signature as a reader would write it: defaults, types whose aliases have been resolved, and
# stores and documents by what they are to a user.
ARRAY_OF = r"ndarray\[tuple\[Any, \.\.\.\], dtype\[([^]]+)\]\]"
AS_WRITTEN = [
    (r"<function <lambda>>", "lambda x: x"),
    (rf"\b{sys.maxsize}\b", "sys.maxsize"),
    (r"\(1\.4142135623730951, 1\.7320508075688772\)", "(2**0.5, 3**0.5)"),
    (r"\bDEFAULT_NAME\b", "'default'"),
    (re.escape(stringify_annotation(ArrayLike)), "ArrayLike"),
    (re.escape(stringify_annotation(ArrayLike, "smart")), "ArrayLike"),
    (ARRAY_OF, r"NDArray[\1]"),
    (r"Callable\[\[\.\.\.\], ", "Callable[..., "),
    (r"\bExecutorChoice\b", "str | Executor | Evaluator | None"),
    (r"(?<!\w)(?:TrialStore|Results)\b", "Trials"),
    (r"(?<!\w)(?:~?hyperopt\.storage\.\w+\.)?Document\b", "dict[str, Any]"),
    (r", _\w+: [^,()]+ = [^,()]+(?=[,)])", ""),
]


def as_written(
    app: Any, what: str, name: str, thing: Any, options: Any, signature: str | None, returns: Any
) -> tuple[str, Any] | None:
    """Show signatures as a reader would write them.

    Sphinx's own way (`autodoc_preserve_defaults`) fails on functions with a `__signature__`.
    """
    if signature is None:
        return None
    if what == "class" and getattr(thing, "_is_protocol", False):
        return "", None  # Nobody calls it.
    for pattern, written in AS_WRITTEN:
        signature = re.sub(pattern, written, signature)
        returns = returns and re.sub(pattern, written, returns)
    return signature, returns


def without_fields_of_tuples(
    app: Any, what: str, name: str, thing: Any, skip: bool, options: Any
) -> bool | None:
    """The docstring of a named tuple tells its fields; Python's text says "Alias for field"."""
    return True if type(thing).__name__ == "_tuplegetter" else None


def public_bases(app: Any, name: str, thing: Any, options: Any, bases: list[Any]) -> None:
    """Name only those bases of a class that a user knows."""
    bases[:] = [
        base
        for base in bases
        if isinstance(base, type)
        and base not in (object, Generic, Protocol)
        and not base.__name__.startswith("_")
        and base.__name__ not in ("Findings", "Arithmetic", "Node")
    ]


def without_empty_bases(app: Any, doctree: nodes.document) -> None:
    """Drop the line of a class none of whose bases is for users."""
    for paragraph in [*doctree.findall(nodes.paragraph)]:
        if paragraph.astext().strip() == "Bases:":
            paragraph.parent.remove(paragraph)


def setup(app: Any) -> None:
    """Called by Sphinx."""
    app.connect("autodoc-process-signature", as_written)
    app.connect("autodoc-process-docstring", for_users)
    app.connect("autodoc-process-bases", public_bases)
    app.connect("autodoc-skip-member", without_fields_of_tuples)
    app.connect("doctree-read", without_empty_bases)
