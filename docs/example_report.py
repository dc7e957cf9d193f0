"""Write the example report of docs/report.md into the site's own files.

Run as ``python docs/example_report.py [--pictures]``; the latter also takes
docs/pictures/report-*.png in a headless Chromium (``scripts/install-browser``).
"""

from __future__ import annotations

import argparse
import base64
import math
import os
import shutil
from pathlib import Path
from typing import Any

from hyperopt import Trials, fmin, hp
from hyperopt.reports import write_report

HERE = Path(__file__).parent
TARGET = HERE / "_generated" / "extra" / "example-report.html"

SPACE = {
    "lr": hp.loguniform("lr", math.log(1e-5), 0),
    "batch": hp.quniform("batch", 16, 256, 16),
    "dropout": hp.uniform("dropout", 0, 0.7),
    "model": hp.choice(
        "model",
        [
            {"type": "tree", "depth": hp.uniformint("depth", 1, 12)},
            {
                "type": "network",
                "layers": hp.uniformint("layers", 1, 6),
                "activation": hp.choice("activation", ["relu", "tanh", "gelu"]),
            },
        ],
    ),
}


def objective(point: Any) -> dict[str, Any]:
    """A made-up error, with a learning curve, which some points do not reach."""
    model = point["model"]
    if point["lr"] > 0.3:
        return {"status": "fail", "reason": "diverged: the learning rate is too large"}
    loss = 0.12 + 0.05 * (math.log10(point["lr"]) + 2.5) ** 2 + 0.4 * (point["dropout"] - 0.25) ** 2
    if model["type"] == "tree":
        loss += 0.08 + 0.006 * abs(model["depth"] - 7)
        size = 2.0 ** model["depth"] / 50
    else:
        loss += 0.01 * abs(model["layers"] - 3) + (0.03 if model["activation"] == "tanh" else 0)
        size = 10.0 * model["layers"]
    loss += 0.02 * abs(math.log2(point["batch"] / 64))
    loss += 0.01 * math.sin(1e5 * point["dropout"])  # what a repetition would change
    steps = 6 if loss > 0.45 else 30
    curve = [[s, loss + 0.6 * math.exp(-s * (0.08 + point["batch"] / 1500))] for s in range(steps)]
    result = {"status": "ok", "loss": loss, "intermediate": curve}
    if steps == 6:
        return {**result, "pruned": True}
    return {**result, "losses": {"error": loss, "megabytes": size}}


def main() -> None:
    """Search, write the report, and take its pictures if they are asked for."""
    parser = argparse.ArgumentParser(description=main.__doc__)
    parser.add_argument("--pictures", action="store_true")
    wants_pictures = parser.parse_args().pictures
    trials = Trials()
    fmin(
        objective,
        SPACE,
        max_evals=300,
        trials=trials,
        rstate=5,
        show_progressbar=False,
    )
    TARGET.parent.mkdir(parents=True, exist_ok=True)
    write_report(TARGET, trials, names=["example"], title="An example report · hyperopt-rs")
    if wants_pictures:
        for name, width, height, dark in (
            ("light", 1280, 1420, False),
            ("dark", 1280, 1180, True),
            ("phone", 390, 1100, False),
            ("top", 960, 720, False),
        ):
            take_picture(HERE / "pictures" / f"report-{name}.png", width, height, dark=dark)


def take_picture(target: Path, width: int, height: int, *, dark: bool) -> None:
    """Save what Chromium shows of the upper part of the report."""
    from selenium import webdriver
    from selenium.webdriver.chrome.service import Service
    from selenium.webdriver.support.ui import WebDriverWait

    options = webdriver.ChromeOptions()
    arguments = ["--headless=new", "--hide-scrollbars", "--disable-dev-shm-usage"]
    for argument in [*arguments, *(["--no-sandbox"] if os.geteuid() == 0 else [])]:
        options.add_argument(argument)
    driver_path = shutil.which("chromedriver")
    driver = webdriver.Chrome(options, Service(driver_path) if driver_path else None)
    try:
        size = {"width": width, "height": height, "deviceScaleFactor": 1, "mobile": width < 500}
        driver.execute_cdp_cmd("Emulation.setDeviceMetricsOverride", size)
        scheme = {"name": "prefers-color-scheme", "value": "dark" if dark else "light"}
        driver.execute_cdp_cmd("Emulation.setEmulatedMedia", {"features": [scheme]})
        driver.get(TARGET.as_uri())
        drawn = "return Number(document.querySelector('#parallel figure').dataset.marks) > 0"
        WebDriverWait(driver, 30).until(lambda d: d.execute_script(drawn))
        driver.execute_async_script("setTimeout(arguments[0], 1500)")  # lines that follow later
        picture = driver.execute_cdp_cmd("Page.captureScreenshot", {"format": "png"})
        target.write_bytes(base64.b64decode(picture["data"]))
    finally:
        driver.quit()


if __name__ == "__main__":
    main()
