"""A real browser without a screen, and a server for it to look at."""

from __future__ import annotations

import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from functools import partial
from http.server import SimpleHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any

import pytest

CHROMIUM, DRIVER = Path("/usr/bin/chromium"), Path("/usr/bin/chromedriver")

WIDTHS = (360, 1280)
SCHEMES = ("light", "dark")


@contextmanager
def chromium() -> Iterator[Any]:
    """Debian's Chromium, driven by selenium."""
    if not (CHROMIUM.exists() and DRIVER.exists()):
        pytest.fail("no browser: apt-get install chromium chromium-driver")
    from selenium import webdriver

    options = webdriver.ChromeOptions()
    options.binary_location = str(CHROMIUM)
    for argument in ("headless=new", "no-sandbox", "disable-dev-shm-usage", "window-size=1280,900"):
        options.add_argument(f"--{argument}")
    options.set_capability("goog:loggingPrefs", {"browser": "ALL", "performance": "ALL"})
    driver = webdriver.Chrome(options, webdriver.ChromeService(str(DRIVER)))
    driver.set_page_load_timeout(120)
    try:
        yield driver
    finally:
        driver.quit()


def look(driver: Any, width: int, scheme: str) -> None:
    """Look at a page in a window of this width, in light or in dark."""
    driver.execute_cdp_cmd(
        "Emulation.setDeviceMetricsOverride",
        {"width": width, "height": 900, "deviceScaleFactor": 1, "mobile": False},
    )
    feature = {"name": "prefers-color-scheme", "value": scheme}
    driver.execute_cdp_cmd("Emulation.setEmulatedMedia", {"features": [feature]})


def is_wider_than_the_window(driver: Any) -> bool:
    """Whether a page has to be scrolled sideways, when all of it has slid into its place."""
    script = "return document.documentElement.scrollWidth > document.documentElement.clientWidth"
    for _ in range(50):
        if not driver.execute_script(script):
            return False
        time.sleep(0.1)
    return True


def complaints(driver: Any) -> list[str]:
    """What the browser has written to its console since it was last asked."""
    return [one["message"] for one in driver.get_log("browser") if one["level"] != "INFO"]


class _Quiet(SimpleHTTPRequestHandler):
    extensions_map = {  # noqa: RUF012 - as in the class itself
        **SimpleHTTPRequestHandler.extensions_map,
        ".mjs": "text/javascript",
        ".wasm": "application/wasm",
    }

    def log_message(self, *args: Any) -> None:
        pass


@contextmanager
def served(folder: Path) -> Iterator[str]:
    """The address of a server on this machine that serves a folder."""
    handler = partial(_Quiet, directory=str(folder))
    with ThreadingHTTPServer(("127.0.0.1", 0), handler) as server:
        thread = threading.Thread(target=server.serve_forever, daemon=True)
        thread.start()
        yield f"http://127.0.0.1:{server.server_address[1]}"
        server.shutdown()
        thread.join()
