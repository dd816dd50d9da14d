"""Controls a headless Chromium over a pipe, for the tests of the html report and the pictures in docs/."""

from __future__ import annotations

import json
import os
import select
import shutil
import subprocess
import tempfile
import time
from base64 import b64decode
from contextlib import contextmanager
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

_FLAGS = (
    "--headless",
    "--no-sandbox",
    "--disable-gpu",
    "--disable-dev-shm-usage",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
    "--no-first-run",
    "--hide-scrollbars",
    "--force-device-scale-factor=1",
    "--remote-debugging-pipe",
)
_RESPONSE_TIMEOUT = 60.0
"""Seconds for one response; a browser is slow to start on a busy machine."""


class Page:
    """One open page, and the events of the browser since it was opened."""

    def __init__(self, to_browser: int, from_browser: int) -> None:
        self._to, self._from = to_browser, from_browser
        self._received = b""
        self._calls = 0
        self._session: str | None = None
        self.events: list[dict[str, Any]] = []
        """Messages that are not responses, oldest first."""
        target = self.call("Target.createTarget", url="about:blank")["targetId"]
        self._session = self.call("Target.attachToTarget", targetId=target, flatten=True)["sessionId"]
        for domain in ("Page", "Runtime", "Log", "Network", "Audits"):
            self.call(f"{domain}.enable")

    def call(self, method: str, **parameters: Any) -> Any:
        """Calls a method of the DevTools protocol, and waits for its result."""
        self._calls += 1
        message = {"id": self._calls, "method": method, "params": parameters}
        if self._session:
            message["sessionId"] = self._session
        os.write(self._to, json.dumps(message).encode() + b"\0")
        while True:
            response = self._receive()
            if response.get("id") == self._calls:
                if "error" in response:
                    raise RuntimeError(f"{method}: {response['error']}")
                return response["result"]

    def open(self, path: Path, *, width: int = 1200, height: int = 900, scheme: str = "light") -> None:
        """Opens this file in a window of this size and waits until it is loaded."""
        self.call("Emulation.setDeviceMetricsOverride", width=width, height=height, deviceScaleFactor=1, mobile=False)
        self.set_color_scheme(scheme)
        self.events.clear()
        self.call("Page.navigate", url=path.as_uri())
        while not self.events_named("Page.loadEventFired"):
            self._receive()

    def set_color_scheme(self, scheme: str) -> None:
        """Emulates a preference for `light` or `dark`."""
        self.call("Emulation.setEmulatedMedia", features=[{"name": "prefers-color-scheme", "value": scheme}])

    def events_named(self, method: str) -> list[dict[str, Any]]:
        """The parameters of all events with this name since the page was opened."""
        return [event["params"] for event in self.events if event["method"] == method]

    def run(self, script: str) -> Any:
        """Evaluates a JavaScript expression in the page, and returns its value."""
        response = self.call("Runtime.evaluate", expression=script, returnByValue=True, awaitPromise=True)
        if "exceptionDetails" in response:
            raise RuntimeError(response["exceptionDetails"])
        return response["result"].get("value")

    def screenshot(self, *, height: int | None = None) -> bytes:
        """The page as a PNG: all of it, or the top of this height in pixels."""
        size = self.call("Page.getLayoutMetrics")["cssContentSize"]
        clip = {"x": 0, "y": 0, "width": size["width"], "height": height or size["height"], "scale": 1}
        return b64decode(self.call("Page.captureScreenshot", clip=clip, captureBeyondViewport=True)["data"])

    def pdf(self) -> bytes:
        """The page printed on A4, as a PDF."""
        return b64decode(
            self.call("Page.printToPDF", paperWidth=8.27, paperHeight=11.69, printBackground=False)["data"]
        )

    def _receive(self) -> dict[str, Any]:
        deadline = time.monotonic() + _RESPONSE_TIMEOUT
        while b"\0" not in self._received:
            if not select.select([self._from], [], [], max(0.0, deadline - time.monotonic()))[0]:
                raise TimeoutError("The browser does not respond.")
            received = os.read(self._from, 1 << 20)
            if not received:
                raise EOFError("The browser has ended.")
            self._received += received
        text, _, self._received = self._received.partition(b"\0")
        message: dict[str, Any] = json.loads(text)
        if "method" in message:
            self.events.append(message)
        return message


def chromium() -> str | None:
    """The path of the browser, by any of its names; None if it is not installed."""
    return shutil.which("chromium") or shutil.which("chromium-browser") or shutil.which("google-chrome")


@contextmanager
def browser() -> Iterator[Page]:
    """Starts a browser with a temporary profile."""
    program = chromium()
    if program is None:
        raise FileNotFoundError("Chromium is not installed: apt-get install chromium")
    browser_input, to_browser = os.pipe()
    from_browser, browser_output = os.pipe()
    # The browser reads from descriptor 3 and writes to descriptor 4.
    shell = f'exec "$@" 3<&{browser_input} 4>&{browser_output}'
    with tempfile.TemporaryDirectory(ignore_cleanup_errors=True) as profile:
        process = subprocess.Popen(
            ["bash", "-c", shell, "bash", program, *_FLAGS, f"--user-data-dir={profile}"],
            pass_fds=(browser_input, browser_output),
            stdin=subprocess.DEVNULL,
            stdout=subprocess.DEVNULL,
            stderr=subprocess.DEVNULL,
        )
        os.close(browser_input)
        os.close(browser_output)
        try:
            yield Page(to_browser, from_browser)
        finally:
            # The browser exits with all its processes when its pipe is closed.
            os.close(to_browser)
            os.close(from_browser)
            try:
                process.wait(timeout=20)
            except subprocess.TimeoutExpired:
                process.kill()
                process.wait()
