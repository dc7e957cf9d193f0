"""Sphinx configuration: `make docs` builds the site."""

from __future__ import annotations

import sys
from importlib import metadata
from pathlib import Path
from typing import Any

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


def without_front_door(
    app: Any, what: str, name: str, thing: Any, options: Any, lines: list[str]
) -> None:
    """Leave out of a page what only those who work on the package want to know of a module."""
    word = "Front door: "
    if what == "module" and lines and lines[0].startswith(word):
        text = lines[0].removeprefix(word)
        lines[0] = text[0].upper() + text[1:]


AS_WRITTEN = {"<function <lambda>>": "lambda x: x", str(sys.maxsize): "sys.maxsize"}


def with_defaults_as_written(
    app: Any, what: str, name: str, thing: Any, options: Any, signature: str | None, returns: Any
) -> tuple[str, Any] | None:
    """Show defaults as a reader would write them.

    Sphinx's own way (`autodoc_preserve_defaults`) fails on functions with a `__signature__`.
    """
    if signature is None:
        return None
    for shown, written in AS_WRITTEN.items():
        signature = signature.replace(shown, written)
    return signature, returns


def setup(app: Any) -> None:
    """Called by Sphinx."""
    app.connect("autodoc-process-signature", with_defaults_as_written)
    app.connect("autodoc-process-docstring", without_front_door)
