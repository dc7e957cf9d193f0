"""`python -m hyperopt_rs doctor`: an installation that is whole, and ones that are not."""

from __future__ import annotations

import base64
import hashlib
import sys
from pathlib import Path

import pytest

from hyperopt_rs.__main__ import main
from hyperopt_rs.doctor import examine


def install(site: Path, name: str, version: str, files: dict[str, str]) -> None:
    info = site / f"{name}-{version}.dist-info"
    info.mkdir(parents=True)
    (info / "METADATA").write_text(f"Metadata-Version: 2.1\nName: {name}\nVersion: {version}\n")
    record = []
    for file, text in files.items():
        (site / file).parent.mkdir(parents=True, exist_ok=True)
        (site / file).write_text(text)
        digest = base64.urlsafe_b64encode(hashlib.sha256(text.encode()).digest()).rstrip(b"=")
        record.append(f"{file},sha256={digest.decode()},{len(text)}")
    (info / "RECORD").write_text("\n".join(record) + "\n")


OURS = {"hyperopt/__init__.py": "ours = 1\n", "hyperopt/_native.abi3.so": "", "hyperopt/hp.py": ""}


@pytest.fixture
def site(tmp_path, monkeypatch):
    monkeypatch.setattr(sys, "path", [str(tmp_path)])
    # The module that the tests have imported would be found first.
    for name in [name for name in sys.modules if name.partition(".")[0] == "hyperopt"]:
        monkeypatch.delitem(sys.modules, name)
    install(tmp_path, "hyperopt_rs", "9.9", OURS)
    return tmp_path


def test_a_whole_installation_has_no_problems(site, capsys):
    assert examine().problems == []
    assert main(["doctor"]) == 0
    assert "3 files are as they were installed" in capsys.readouterr().out


def test_the_stand_in_is_no_problem(site):
    install(site, "hyperopt", "0.3.0+rs", {})
    report = examine()
    assert report.problems == []
    assert any("stands for it" in fact for fact in report.facts)


def test_files_that_the_original_has_overwritten_are_named(site, capsys):
    install(site, "hyperopt", "0.3.0", {"hyperopt/__init__.py": "theirs = 1\n"})
    assert main(["doctor"]) == 1
    out = capsys.readouterr().out
    assert "original hyperopt 0.3.0" in out
    assert "1 of its files were replaced or changed: hyperopt/__init__.py" in out
    assert "pip install --force-reinstall --no-deps hyperopt-rs" in out


def test_files_that_uninstalling_the_original_took_away_are_named(site):
    (site / "hyperopt/hp.py").unlink()
    assert any("1 of its files are missing: hyperopt/hp.py" in p for p in examine().problems)


def test_a_module_of_another_place_is_named(site, tmp_path_factory, monkeypatch):
    elsewhere = tmp_path_factory.mktemp("elsewhere")
    (elsewhere / "hyperopt").mkdir()
    (elsewhere / "hyperopt/__init__.py").write_text("")
    monkeypatch.setattr(sys, "path", [str(elsewhere), str(site)])
    assert any(str(elsewhere) in problem for problem in examine().problems)


def test_without_the_distribution_it_says_so(tmp_path, monkeypatch):
    monkeypatch.setattr(sys, "path", [str(tmp_path)])
    assert examine().problems == ["the distribution hyperopt-rs is not installed"]
