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
    assert version_in("CHANGELOG.md", r"^## \[(\d.+?)\]") == project


def test_the_stand_ins_want_the_first_stable_release():
    assert version_in("scripts/build-shim", r'^dependencies = \["hyperopt-rs>=(\d+)\.0"\]$') == "1"


def test_the_recipe_depends_on_what_the_project_depends_on():
    text = (ROOT / "pyproject.toml").read_text(encoding="utf-8")
    listed = re.search(r"^dependencies = \[\n(.*?)^\]", text, re.MULTILINE | re.DOTALL)
    assert listed is not None
    wanted = set(re.findall(r'"([a-z]+)>=([\d.]+)"', listed.group(1)))
    recipe = (ROOT / "packaging/conda/recipe.yaml").read_text(encoding="utf-8")
    assert wanted <= set(re.findall(r"- ([a-z]+) >=([\d.]+)$", recipe, re.MULTILINE))


def test_the_readme_links_to_what_is_here():
    # The package index shows the page without the repository, so its links are absolute.
    text = (ROOT / "README.md").read_text(encoding="utf-8")
    home = version_in("pyproject.toml", r'^Homepage = "(.+)"$')
    raw = home.replace("github.com", "raw.githubusercontent.com")
    targets = re.findall(r"\]\((.+?)\)", text)
    assert len(targets) > 15
    for target in targets:
        base = f"{raw}/main/" if target.startswith(raw) else f"{home}/blob/main/"
        assert target.startswith(base), target
        path = target.removeprefix(base).partition("#")[0]
        assert (ROOT / path).is_file(), path
