"""A headless Chromium, spoken to over a pipe: for the tests of the html page, and for its pictures in the docs."""

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
    "--remote-debugging-pipe",
)
_PATIENCE = 60.0
"""Seconds for any one answer; a browser that starts on a busy machine takes some."""


class Page:
    """One open page, and everything that it complained about or asked for since it was opened."""

    def __init__(self, to_browser: int, from_browser: int) -> None:
        self._to, self._from = to_browser, from_browser
        self._received = b""
        self._asked = 0
        self._session: str | None = None
        self.events: list[dict[str, Any]] = []
        """What the browser told without being asked, oldest first."""
        target = self.ask("Target.createTarget", url="about:blank")["targetId"]
        self._session = self.ask("Target.attachToTarget", targetId=target, flatten=True)["sessionId"]
        for domain in ("Page", "Runtime", "Log", "Network", "Audits"):
            self.ask(f"{domain}.enable")

    def ask(self, method: str, **parameters: Any) -> Any:
        """Asks the browser by the DevTools protocol, and waits for its answer."""
        self._asked += 1
        message = {"id": self._asked, "method": method, "params": parameters}
        if self._session:
            message["sessionId"] = self._session
        os.write(self._to, json.dumps(message).encode() + b"\0")
        while True:
            answer = self._receive()
            if answer.get("id") == self._asked:
                if "error" in answer:
                    raise RuntimeError(f"{method}: {answer['error']}")
                return answer["result"]

    def open(self, path: Path, *, width: int = 1200, height: int = 900, scheme: str = "light") -> None:
        """Opens this file in a window of this size and waits until it is loaded."""
        self.ask("Emulation.setDeviceMetricsOverride", width=width, height=height, deviceScaleFactor=1, mobile=False)
        self.prefer(scheme)
        self.events.clear()
        self.ask("Page.navigate", url=path.as_uri())
        while not self.told("Page.loadEventFired"):
            self._receive()

    def prefer(self, scheme: str) -> None:
        """Makes the reader one who likes it `light` or `dark`."""
        self.ask("Emulation.setEmulatedMedia", features=[{"name": "prefers-color-scheme", "value": scheme}])

    def told(self, method: str) -> list[dict[str, Any]]:
        """What came of this kind since the page was opened."""
        return [event["params"] for event in self.events if event["method"] == method]

    def run(self, script: str) -> Any:
        """Runs this expression in the page, and gives its value."""
        answer = self.ask("Runtime.evaluate", expression=script, returnByValue=True, awaitPromise=True)
        if "exceptionDetails" in answer:
            raise RuntimeError(answer["exceptionDetails"])
        return answer["result"].get("value")

    def picture(self, *, height: int | None = None) -> bytes:
        """The page as a PNG: the whole of it, or its upper part."""
        size = self.ask("Page.getLayoutMetrics")["cssContentSize"]
        clip = {"x": 0, "y": 0, "width": size["width"], "height": height or size["height"], "scale": 1}
        return b64decode(self.ask("Page.captureScreenshot", clip=clip, captureBeyondViewport=True)["data"])

    def paper(self) -> bytes:
        """The page as a PDF, in A4."""
        return b64decode(self.ask("Page.printToPDF", paperWidth=8.27, paperHeight=11.69, printBackground=False)["data"])

    def _receive(self) -> dict[str, Any]:
        ends = time.monotonic() + _PATIENCE
        while b"\0" not in self._received:
            if not select.select([self._from], [], [], max(0.0, ends - time.monotonic()))[0]:
                raise TimeoutError("The browser does not answer.")
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
    """Where the browser is, by any of its names."""
    return shutil.which("chromium") or shutil.which("chromium-browser") or shutil.which("google-chrome")


@contextmanager
def browser() -> Iterator[Page]:
    """A browser with a profile of its own, which nothing is left of afterwards."""
    program = chromium()
    if program is None:
        raise FileNotFoundError("There is no Chromium here: apt-get install chromium")
    their_end, to_browser = os.pipe()
    from_browser, their_other_end = os.pipe()
    # The browser reads 3 and writes 4, whatever the numbers are here.
    shell = f'exec "$@" 3<&{their_end} 4>&{their_other_end}'
    with tempfile.TemporaryDirectory(ignore_cleanup_errors=True) as profile:
        process = subprocess.Popen(
            ["bash", "-c", shell, "bash", program, *_FLAGS, f"--user-data-dir={profile}"],
            pass_fds=(their_end, their_other_end),
            stdin=subprocess.DEVNULL,
            stdout=subprocess.DEVNULL,
            stderr=subprocess.DEVNULL,
        )
        os.close(their_end)
        os.close(their_other_end)
        try:
            yield Page(to_browser, from_browser)
        finally:
            # At the end of its pipe the browser ends by itself, with all its processes.
            os.close(to_browser)
            os.close(from_browser)
            try:
                process.wait(timeout=20)
            except subprocess.TimeoutExpired:
                process.kill()
                process.wait()
