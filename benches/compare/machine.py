"""Describe the machine, without its name."""

from __future__ import annotations

import os
import platform
import re
from pathlib import Path

NOTABLE = ("avx512f", "avx2", "asimd", "sve")


def describe() -> dict[str, str]:
    """Return what the numbers depend on."""
    return {
        "processor": processor(),
        "cores": str(os.cpu_count()),
        "memory": memory(),
        "system": f"{platform.system()} {platform.machine()}",
        "Python": platform.python_version(),
    }


def processor() -> str:
    """Return the processor's name, and the widest of its vector instruction sets."""
    try:
        text = Path("/proc/cpuinfo").read_text()
    except OSError:
        return platform.processor() or "unknown"
    name = re.search(r"^model name\s*: (.*)$", text, re.MULTILINE)
    number = re.search(r"^model\s*: (.*)$", text, re.MULTILINE)
    flags = set(text.split())
    widest = next((flag for flag in NOTABLE if flag in flags), "no wide vectors")
    title = " ".join(name[1].split()) if name else platform.machine()
    return f"{title}{f' (model {number[1]})' if number else ''}, {widest}"


def memory() -> str:
    """Return the machine's memory."""
    try:
        kilobytes = re.search(r"MemTotal:\s+(\d+)", Path("/proc/meminfo").read_text())
    except OSError:
        return "unknown"
    return f"{int(kilobytes[1]) / 2**20:.0f} GiB" if kilobytes else "unknown"
