"""A headless Chromium that says how long a report takes to be usable, and to follow a range."""

from __future__ import annotations

import os
import shutil
import time
from pathlib import Path
from typing import Any

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
  else done(frames);
};
requestAnimationFrame(step);
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


def open_s(driver: Any, file: Path) -> float:
    """Seconds that the main thread works until every panel of a file is drawn."""
    driver.get("about:blank")
    driver.execute_cdp_cmd("Performance.enable", {"timeDomain": "threadTicks"})
    before = busy_s(driver)
    driver.get(file.as_uri())
    drawn = (
        "return document.querySelectorAll('section').length > 0 &&"
        "[...document.querySelectorAll('section:not([hidden]) .body')]"
        ".every((body) => body.childNodes.length > 0)"
    )
    while not driver.execute_script(drawn):
        time.sleep(0.05)
    return busy_s(driver) - before


def frame_ms(driver: Any, seconds: float = 5.0) -> float:
    """Milliseconds that the main thread works for a frame while a range changes with each."""
    driver.set_script_timeout(120)
    time.sleep(2.0)  # Lines are drawn bit by bit.
    before = busy_s(driver)
    frames = driver.execute_async_script(_BRUSH, seconds)
    return 1e3 * (busy_s(driver) - before) / float(frames)
