"""Every Python block of the documentation runs, page by page, in the order of reading.

The blocks of a page share one namespace and an empty working directory. A block of ``text`` right
after one of Python is what it prints, or the error that it raises; ``...`` stands for anything that
is printed. A comment before a block says what is special about it: ``<!-- test: needs pyspark -->``
skips the rest of the page where a module is missing, ``<!-- test: raises ValueError -->`` expects
an error.
"""

from __future__ import annotations

import contextlib
import doctest
import importlib.util
import io
import re
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest

ROOT = Path(__file__).parents[1]
PAGES = [ROOT / "README.md", *sorted((ROOT / "docs").rglob("*.md"))]
BLOCK = re.compile(
    r"(?:^<!-- test: (?P<how>.+?) -->\n+)?^```python\n(?P<code>.*?)^```$"
    r"(?:\n+^```text\n(?P<printed>.*?)^```$)?",
    re.MULTILINE | re.DOTALL,
)


@dataclass(frozen=True)
class Block:
    """One fenced block: its text, its line in the page, and the word before it."""

    code: str
    line: int
    how: str
    printed: str | None

    def run(self, page: Path, namespace: dict[str, Any]) -> None:
        # The newlines make a traceback name the line of the page.
        program = compile("\n" * self.line + self.code, page, "exec")
        if self.how.startswith("raises "):
            error = self.how.removeprefix("raises ")
            with pytest.raises(Exception) as raised:
                exec(program, namespace)
            assert error in {cls.__name__ for cls in type(raised.value).__mro__}
            if self.printed is not None:
                shown = f"{type(raised.value).__name__}: {raised.value}"
                assert " ".join(shown.split()) == " ".join(self.printed.split())
        elif self.printed is None:
            exec(program, namespace)
        else:
            with contextlib.redirect_stdout(io.StringIO()) as out:
                exec(program, namespace)
            same = doctest.OutputChecker().check_output
            assert same(self.printed, out.getvalue(), doctest.ELLIPSIS), out.getvalue()


def blocks(page: Path) -> list[Block]:
    text = page.read_text(encoding="utf-8")
    return [
        Block(
            match["code"],
            text.count("\n", 0, match.start("code")),
            match["how"] or "",
            match["printed"],
        )
        for match in BLOCK.finditer(text)
    ]


def test_the_documentation_has_blocks_to_run() -> None:
    assert sum(len(blocks(page)) for page in PAGES) >= 10


@pytest.mark.parametrize(
    "page", [page for page in PAGES if blocks(page)], ids=lambda page: str(page.relative_to(ROOT))
)
def test_every_block_of_the_page_runs(
    page: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("MPLBACKEND", "Agg")
    namespace: dict[str, Any] = {"__name__": "__main__"}
    for block in blocks(page):
        if block.how.startswith("needs "):
            module = block.how.removeprefix("needs ")
            if importlib.util.find_spec(module) is None:
                pytest.skip(f"the rest of {page.name} needs {module}")
        block.run(page, namespace)
