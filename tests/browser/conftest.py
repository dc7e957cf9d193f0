"""A real browser, headless, and what a page looks like in it."""

from __future__ import annotations

import os
import shutil
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest

pytestmark = pytest.mark.filterwarnings("ignore::ResourceWarning")

_ARGUMENTS = (
    "--headless=new",
    "--disable-gpu",
    "--disable-dev-shm-usage",
    "--disable-background-networking",
    "--force-device-scale-factor=1",
)


class Page:
    """The page that a browser shows."""

    def __init__(self, driver: Any) -> None:
        self.driver = driver

    def open(self, address: str | Path, *, width: int = 1280, dark: bool = False) -> None:
        """Show an address or a file, and wait until every panel is drawn."""
        commands = self.driver.execute_cdp_cmd
        size = {"width": width, "height": 900, "deviceScaleFactor": 1, "mobile": width < 500}
        commands("Emulation.setDeviceMetricsOverride", size)
        scheme = {"name": "prefers-color-scheme", "value": "dark" if dark else "light"}
        commands("Emulation.setEmulatedMedia", {"features": [scheme]})
        for kind in ("browser", "performance"):
            self.driver.get_log(kind)  # what earlier pages did
        self.driver.get(address.as_uri() if isinstance(address, Path) else address)
        self.until(lambda: self.drawn())

    def leave(self) -> None:
        """Show nothing."""
        self.driver.get("about:blank")

    def drawn(self) -> bool:
        """Whether every panel that shows has something in it."""
        return bool(
            self.run(
                "return document.querySelectorAll('section').length > 0 &&"
                "[...document.querySelectorAll('section:not([hidden]) .body')]"
                ".every((body) => body.childNodes.length > 0)"
            )
        )

    def run(self, script: str, *arguments: Any) -> Any:
        """What a script returns."""
        return self.driver.execute_script(script, *arguments)

    def until(self, condition: Callable[[], Any], seconds: float = 30) -> Any:
        """Wait for something to become true, and return it."""
        from selenium.webdriver.support.ui import WebDriverWait

        return WebDriverWait(self.driver, seconds, 0.05).until(lambda _: condition())

    def marks(self) -> dict[str, list[int]]:
        """How many marks each plot of each panel that shows says that it has."""
        return dict(
            self.run(
                "return Object.fromEntries([...document.querySelectorAll('section:not([hidden])')]"
                ".map((s) => [s.id, [...s.querySelectorAll('figure')]"
                ".map((f) => Number(f.dataset.marks))]))"
            )
        )

    def painted(self) -> dict[str, list[bool]]:
        """Whether each plot of each panel has marks on its canvas, or bars."""
        return dict(
            self.run(
                "return Object.fromEntries([...document.querySelectorAll('section:not([hidden])')]"
                ".map((s) => [s.id, [...s.querySelectorAll('figure')].map((f) => {"
                "const c = f.querySelector('canvas');"
                "const d = c.getContext('2d').getImageData(0, 0, c.width, c.height).data;"
                "return d.some((v, k) => k % 4 === 3 && v > 0)"
                "|| f.querySelectorAll('rect.bar').length > 0})]))"
            )
        )

    def text(self, selector: str) -> str:
        """The text of the first element."""
        return str(self.run("return document.querySelector(arguments[0]).innerText", selector))

    def rows(self) -> list[list[str]]:
        """The cells of the table's rows that show."""
        found = self.run(
            "return [...document.querySelectorAll('#trials tbody tr')]"
            ".map((row) => [...row.children].map((cell) => cell.textContent))"
        )
        return [list(map(str, row)) for row in found]

    def n_listed(self) -> int:
        """How many trials the table has, on all its pages."""
        return int(self.run("return document.querySelector('#trials table').dataset.count"))

    def complaints(self) -> list[str]:
        """What the console says."""
        return [entry["message"] for entry in self.driver.get_log("browser")]

    def requests(self) -> list[str]:
        """The addresses that were asked for."""
        import json

        messages = (json.loads(e["message"])["message"] for e in self.driver.get_log("performance"))
        return [
            message["params"]["request"]["url"]
            for message in messages
            if message["method"] == "Network.requestWillBeSent"
        ]


def _driver() -> Any:
    webdriver = pytest.importorskip("selenium.webdriver")
    from selenium.common.exceptions import WebDriverException
    from selenium.webdriver.chrome.service import Service

    options = webdriver.ChromeOptions()
    for argument in _ARGUMENTS:
        options.add_argument(argument)
    if hasattr(os, "geteuid") and os.geteuid() == 0:
        options.add_argument("--no-sandbox")
    options.set_capability("goog:loggingPrefs", {"browser": "ALL", "performance": "ALL"})
    names = ("chromium", "chromium-browser", "google-chrome")
    binary = next(filter(None, map(shutil.which, names)), None)
    driver = shutil.which("chromedriver")
    service = None
    if binary is not None and driver is not None:
        options.binary_location = binary
        service = Service(driver)
    try:
        return webdriver.Chrome(options=options, service=service)
    except WebDriverException as error:
        pytest.skip(f"the test needs Chromium, see scripts/install-browser: {error.msg}")


@pytest.fixture(scope="session")
def browser() -> Iterator[Page]:
    """A browser for all tests."""
    driver = _driver()
    yield Page(driver)
    driver.quit()


@pytest.fixture
def page(browser: Page) -> Iterator[Page]:
    """The browser's page; the console must be silent, and no request may leave."""
    yield browser
    # A page that follows a run asks on for a while after the run's server has gone.
    gone = "net::ERR_CONNECTION_REFUSED"
    assert [text for text in browser.complaints() if gone not in text] == []
    leaving = [
        url
        for url in browser.requests()
        if not url.startswith(("file:", "data:", "about:", "http://127.0.0.1:"))
    ]
    assert leaving == []
