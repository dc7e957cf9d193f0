"""What comments quote of the specification is there."""

from __future__ import annotations

import re
from pathlib import Path

ROOT = Path(__file__).parents[1]
QUOTED = re.compile(r"\bspec (\d+\.\d+)|\b(Q\d+)\b")


def test_the_numbers_that_comments_quote_are_in_the_specification():
    text = (ROOT / "docs/specification.md").read_text(encoding="utf-8")
    sections = set(re.findall(r"\*\*(\d+\.\d+)", text))
    quirks = set(re.findall(r"^\| (Q\d+) \|", text, re.MULTILINE))
    quoted: set[str] = set()
    for folder in ("rust", "python", "tests"):
        for suffix in ("*.rs", "*.py"):
            for file in (ROOT / folder).rglob(suffix):
                for section, quirk in QUOTED.findall(file.read_text(encoding="utf-8")):
                    quoted.add(section or quirk)
    assert len(quoted) > 10
    assert quoted <= sections | quirks
