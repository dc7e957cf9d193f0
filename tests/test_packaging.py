"""What a release says of itself in several places is the same in all of them."""

from __future__ import annotations

import re
from pathlib import Path

ROOT = Path(__file__).parents[1]


def version_in(file: str, pattern: str) -> str:
    found = re.search(pattern, (ROOT / file).read_text(encoding="utf-8"), re.MULTILINE)
    assert found is not None, f"{file} has no {pattern}"
    return found.group(1)


def test_the_version_is_the_same_everywhere():
    project = version_in("pyproject.toml", r'^version = "(.+)"$')
    assert version_in("Cargo.toml", r'^version = "(.+)"$') == project
    assert version_in("packaging/conda/recipe.yaml", r'^  version: "(.+)"$') == project
    assert version_in("Cargo.lock", r'^name = "parzen"\nversion = "(.+)"$') == project


def test_the_recipe_depends_on_what_the_project_depends_on():
    text = (ROOT / "pyproject.toml").read_text(encoding="utf-8")
    listed = re.search(r"^dependencies = \[\n(.*?)^\]", text, re.MULTILINE | re.DOTALL)
    assert listed is not None
    wanted = set(re.findall(r'"([a-z]+)>=([\d.]+)"', listed.group(1)))
    recipe = (ROOT / "packaging/conda/recipe.yaml").read_text(encoding="utf-8")
    assert wanted <= set(re.findall(r"- ([a-z]+) >=([\d.]+)$", recipe, re.MULTILINE))
