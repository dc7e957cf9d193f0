"""Draw the pictures of docs/plotting.md, by running its own code.

Run as ``python docs/plots.py``.
"""

from __future__ import annotations

import os
import re
import tempfile
from pathlib import Path

import matplotlib as mpl

HERE = Path(__file__).parent
SAVED = ("history", "histogram", "vars", "by-loss", "curves")


def main() -> None:
    """Run the page's blocks in an empty directory and keep what they save."""
    mpl.use("Agg")
    mpl.rcParams["savefig.dpi"] = 110
    mpl.rcParams["figure.figsize"] = (5.6, 3.2)
    mpl.rcParams["figure.constrained_layout.use"] = True
    page = (HERE / "plotting.md").read_text(encoding="utf-8")
    program = "".join(re.findall(r"^```python\n(.*?)^```$", page, re.MULTILINE | re.DOTALL))
    before = Path.cwd()
    with tempfile.TemporaryDirectory() as directory:
        os.chdir(directory)
        exec(compile(program, "plotting.md", "exec"), {"__name__": "__main__"})
        for name in SAVED:
            picture = Path(directory, f"{name}.png").read_bytes()
            (HERE / "pictures" / f"plot-{name}.png").write_bytes(picture)
        os.chdir(before)


if __name__ == "__main__":
    main()
