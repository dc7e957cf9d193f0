"""A headless Chromium that says how long a report takes to be usable, and to follow a range."""

from __future__ import annotations

import os
import shutil
import time
from pathlib import Path
from typing import Any, NamedTuple

_ARGUMENTS = (
    "--headless=new",
    "--disable-gpu",
    "--disable-dev-shm-usage",
    "--window-size=1280,900",
)

# A range of the first axis that moves by a step for each frame that the browser shows.
_BRUSH = """
const [seconds, done] = arguments;
const rail = document.querySelector('#parallel [data-axis]');
rail.focus();
const press = (key, shiftKey = false) => rail.dispatchEvent(
  new KeyboardEvent('keydown', {key, shiftKey, bubbles: true, cancelable: true}));
for (let k = 0; k < 10; k += 1) press('ArrowDown', true);
let frames = 0;
const start = performance.now();
const step = () => {
  press(frames % 20 < 10 ? 'ArrowUp' : 'ArrowDown');
  frames += 1;
  if (performance.now() - start < 1000 * seconds) requestAnimationFrame(step);
  else done([frames, performance.now() - start]);
};
requestAnimationFrame(step);
"""

# Notes when every panel has been drawn, and that has been shown; the clock starts with the request.
_WATCH = """
const watch = () => {
  const bodies = [...document.querySelectorAll('section:not([hidden]) .body')];
  const drawn = bodies.length > 0 && bodies.every((body) => body.childNodes.length > 0);
  requestAnimationFrame(drawn ? () => { window.drawnAt = performance.now(); } : watch);
};
requestAnimationFrame(watch);
"""


def start() -> Any:
    """Start Chromium (``scripts/install-browser`` finds or installs one)."""
    from selenium import webdriver
    from selenium.webdriver.chrome.service import Service

    options = webdriver.ChromeOptions()
    for argument in _ARGUMENTS:
        options.add_argument(argument)
    if hasattr(os, "geteuid") and os.geteuid() == 0:
        options.add_argument("--no-sandbox")
    binary = next(filter(None, map(shutil.which, ("chromium", "chromium-browser"))), None)
    driver = shutil.which("chromedriver")
    if binary and driver:
        options.binary_location = binary
        return webdriver.Chrome(options=options, service=Service(driver))
    return webdriver.Chrome(options=options)


def busy_s(driver: Any) -> float:
    """Seconds of processor time that the page's main thread has taken so far."""
    metrics = driver.execute_cdp_cmd("Performance.getMetrics", {})["metrics"]
    return next(float(m["value"]) for m in metrics if m["name"] == "TaskDuration")


_PATIENCE_S = 60.0


class Opened(NamedTuple):
    """How long it took until every panel of a page was drawn, from the moment it was asked for.

    Attributes
    ----------
    wall_s
        By the clock.
    busy_s
        That the main thread worked.
    """

    wall_s: float
    busy_s: float


class Frames(NamedTuple):
    """What a range that changes with each frame costs.

    Attributes
    ----------
    per_s
        Frames that were shown in a second, by the clock.
    busy_ms
        That the main thread worked for one.
    """

    per_s: float
    busy_ms: float


def opened(driver: Any, file: Path) -> Opened:
    """Open a file."""
    driver.get("about:blank")
    driver.execute_cdp_cmd("Performance.enable", {"timeDomain": "threadTicks"})
    watch = driver.execute_cdp_cmd("Page.addScriptToEvaluateOnNewDocument", {"source": _WATCH})
    before = busy_s(driver)
    driver.get(file.as_uri())
    until = time.monotonic() + _PATIENCE_S
    while not (drawn_ms := driver.execute_script("return window.drawnAt || 0")):
        if time.monotonic() > until:
            raise TimeoutError(f"{file}: not all panels are drawn after {_PATIENCE_S:.0f} s")
        time.sleep(0.05)
    busy = busy_s(driver) - before
    driver.execute_cdp_cmd("Page.removeScriptToEvaluateOnNewDocument", watch)
    return Opened(float(drawn_ms) / 1e3, busy)


def frames(driver: Any, seconds: float = 5.0) -> Frames:
    """Change a range with each frame, for some seconds."""
    driver.set_script_timeout(120)
    time.sleep(2.0)  # Lines are drawn bit by bit.
    before = busy_s(driver)
    shown, took_ms = driver.execute_async_script(_BRUSH, seconds)
    return Frames(1e3 * shown / took_ms, 1e3 * (busy_s(driver) - before) / shown)
