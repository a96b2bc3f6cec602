"""A headless Chromium that is driven through pipes: the DevTools protocol, one JSON message after the other.

`--remote-debugging-pipe`: the browser reads commands from file 3 and writes answers and events to file 4, each ended by
a NUL. No port is opened, and no program stands between.
"""

from __future__ import annotations

import base64
import json
import os
import select
import subprocess
import time
from collections.abc import Mapping
from pathlib import Path
from types import TracebackType
from typing import Any, Self

from tests.servers.registry import needed

_FLAGS = (
    *("--headless", "--no-sandbox", "--disable-gpu", "--disable-quic", "--no-first-run", "--hide-scrollbars"),
    *("--disable-background-networking", "--disable-component-update", "--disable-sync", "--remote-debugging-pipe"),
)
_SECONDS = 30.0
Json = dict[str, Any]


class Chromium:
    """One browser with one page. What it asks the network for, and complains of, is kept."""

    def __init__(self, home: Path) -> None:
        self._home = home
        self._number = 0
        self._left = b""
        self._events: list[Json] = []
        self._session = ""

    def __enter__(self) -> Self:
        theirs_in, self._to = os.pipe()
        self._from, theirs_out = os.pipe()
        words = [needed("chromium"), *_FLAGS, f"--user-data-dir={self._home}", "about:blank"]
        self._process = subprocess.Popen(
            ["bash", "-c", f'exec "$@" 3<&{theirs_in} 4>&{theirs_out}', "chromium", *words],
            pass_fds=(theirs_in, theirs_out),
            env={"PATH": os.environ["PATH"], "HOME": str(self._home), "TZ": "UTC", "LC_ALL": "C.UTF-8"},
            stdout=subprocess.DEVNULL,
            stderr=subprocess.DEVNULL,
            start_new_session=True,
        )
        os.close(theirs_in)
        os.close(theirs_out)
        targets = self.ask("Target.getTargets")["targetInfos"]
        page = next(each["targetId"] for each in targets if each["type"] == "page")
        self._session = self.ask("Target.attachToTarget", targetId=page, flatten=True)["sessionId"]
        for domain in ("Page", "Network", "Log", "Runtime", "Accessibility"):
            self.ask(f"{domain}.enable")
        return self

    def __exit__(self, kind: type[BaseException] | None, exc: BaseException | None, tb: TracebackType | None) -> None:
        os.close(self._to)  # it ends when nobody commands it any more
        try:
            self._process.wait(10)
        except subprocess.TimeoutExpired:
            self._process.kill()
            self._process.wait()
        os.close(self._from)

    def _message(self) -> Json:
        end = time.monotonic() + _SECONDS
        while b"\0" not in self._left:
            ready, _, _ = select.select([self._from], [], [], max(0.0, end - time.monotonic()))
            more = os.read(self._from, 1 << 20) if ready else b""
            if not more:
                raise AssertionError("chromium is gone, or says nothing")
            self._left += more
        one, _, self._left = self._left.partition(b"\0")
        return json.loads(one)  # type: ignore[no-any-return]

    def ask(self, method: str, **parameters: Any) -> Json:
        """The answer to one command; AssertionError where it is an error."""
        self._number += 1
        said: Json = {"id": self._number, "method": method, "params": parameters}
        if self._session:
            said["sessionId"] = self._session
        raw = json.dumps(said).encode() + b"\0"
        while raw:
            raw = raw[os.write(self._to, raw) :]
        while (message := self._message()).get("id") != self._number:
            self._events.append(message)
        assert "error" not in message, (method, message["error"])
        return message["result"]  # type: ignore[no-any-return]

    def events(self, method: str) -> list[Json]:
        """What was told by this name since the page was opened."""
        return [each["params"] for each in self._events if each.get("method") == method]

    def open(self, url: str, *, width: int = 1280, height: int = 800, dark: bool = False, script: bool = True) -> None:
        """Shows a page, and waits until it is there."""
        self.ask("Emulation.setScriptExecutionDisabled", value=not script)
        size = {"width": width, "height": height, "deviceScaleFactor": 1, "mobile": width < 600}
        self.ask("Emulation.setDeviceMetricsOverride", **size)
        scheme = {"name": "prefers-color-scheme", "value": "dark" if dark else "light"}
        self.ask("Emulation.setEmulatedMedia", features=[scheme])
        for each in ("about:blank", url):  # an address that differs in its # alone would not load the page again
            self._events.clear()
            self.ask("Page.navigate", url=each)
            while not self.events("Page.loadEventFired"):
                self._events.append(self._message())

    def run(self, script: str) -> Any:
        """What an expression in the page gives, as JSON; a promise is waited for."""
        told = self.ask("Runtime.evaluate", expression=script, returnByValue=True, awaitPromise=True)
        assert "exceptionDetails" not in told, told["exceptionDetails"]
        return told["result"].get("value")

    def press(self, key: str, text: str = "", *, shift: bool = False) -> None:
        """One key, as from a keyboard."""
        keys: Mapping[str, int] = {"Tab": 9, "Enter": 13, "Escape": 27, " ": 32}
        about: Json = {"key": key, "windowsVirtualKeyCode": keys.get(key, 0), "modifiers": 8 if shift else 0}
        self.ask("Input.dispatchKeyEvent", type="keyDown", text=text, **about)
        self.ask("Input.dispatchKeyEvent", type="keyUp", **about)

    def type(self, text: str) -> None:
        self.ask("Input.insertText", text=text)

    def picture(self, path: Path, *, whole: bool = False) -> None:
        """A PNG of what is seen, or of the whole page."""
        said = self.ask("Page.captureScreenshot", format="png", captureBeyondViewport=whole)
        path.write_bytes(base64.b64decode(said["data"]))
