"""Headless Chromium, driven over a pipe: opens a page, looks at it as a reader would, takes its picture.

No driver of anybody else: the protocol is JSON between NUL octets, on file descriptors 3 and 4 of the browser.
"""

from __future__ import annotations

import base64
import contextlib
import fcntl
import itertools
import json
import os
import select
import shutil
import signal
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

_FLAGS = (
    "--headless", "--no-sandbox", "--disable-gpu", "--disable-quic", "--no-first-run", "--disable-sync",
    "--disable-background-networking", "--disable-component-update", "--remote-debugging-pipe",
)  # fmt: skip
_PATIENCE = 60.0  # seconds


class Browser:
    """One page of a running Chromium."""

    def __init__(self, read_end: int, write_end: int, log: Path) -> None:
        self._read_end, self._write_end, self._log = read_end, write_end, log
        self._buffer = b""
        self._numbers = itertools.count(1)
        self._session: str | None = None
        self._loaded = False
        self.requests: list[str] = []
        """Every URL the page asked for."""
        self.complaints: list[str] = []
        """What the console shows: errors of scripts, and what the page's policy forbade."""

    def attach(self) -> None:
        """Open a page and take hold of it."""
        target = self.call("Target.createTarget", url="about:blank")["targetId"]
        self._session = self.call("Target.attachToTarget", targetId=target, flatten=True)["sessionId"]
        for domain in ("Page", "Network", "Runtime", "Log"):
            self.call(f"{domain}.enable")

    def open(self, path: Path) -> None:
        """Show a file, and wait until it is there."""
        self._loaded = False
        self.requests.clear()
        self.complaints.clear()
        self.call("Page.navigate", url=path.as_uri())
        while not self._loaded:
            self._receive()

    def window(self, width: int, scheme: str, height: int = 900) -> None:
        """Give the window a width in pixels and the user a preference of colours."""
        self.call("Emulation.setDeviceMetricsOverride", width=width, height=height, deviceScaleFactor=1, mobile=False)
        self.call("Emulation.setEmulatedMedia", features=[{"name": "prefers-color-scheme", "value": scheme}])

    def scripts(self, *, allowed: bool) -> None:
        """Let pages opened from now on run scripts, or not; `evaluate` works in either case."""
        self.call("Emulation.setScriptExecutionDisabled", value=not allowed)

    def evaluate(self, expression: str) -> Any:
        """Return what a JavaScript expression is in the page."""
        answer = self.call("Runtime.evaluate", expression=expression, returnByValue=True, awaitPromise=True)
        assert "exceptionDetails" not in answer, answer["exceptionDetails"]
        return answer["result"].get("value")

    def picture(self, path: Path, *, whole: bool = False) -> None:
        """Write what is seen as PNG, or the whole page with `whole`."""
        data = self.call("Page.captureScreenshot", format="png", captureBeyondViewport=whole)["data"]
        path.write_bytes(base64.b64decode(data))

    def printed(self, path: Path) -> None:
        """Write the page as PDF."""
        path.write_bytes(base64.b64decode(self.call("Page.printToPDF", printBackground=False)["data"]))

    def call(self, method: str, **parameters: Any) -> dict[str, Any]:
        """Call a method of the protocol and return its result."""
        number = next(self._numbers)
        message = {"id": number, "method": method, "params": parameters}
        if self._session is not None:
            message["sessionId"] = self._session
        octets = json.dumps(message).encode() + b"\0"
        while octets:
            octets = octets[os.write(self._write_end, octets) :]
        while True:
            answer = self._receive()
            if answer.get("id") == number:
                assert "error" not in answer, f"{method}: {answer['error']}"
                result: dict[str, Any] = answer["result"]
                return result

    def _receive(self) -> dict[str, Any]:
        deadline = time.monotonic() + _PATIENCE
        while b"\0" not in self._buffer:
            ready, _, _ = select.select([self._read_end], [], [], max(deadline - time.monotonic(), 0))
            octets = os.read(self._read_end, 1 << 20) if ready else b""
            assert octets, f"Chromium says nothing more: {self._log.read_text(errors='replace')[-2000:]}"
            self._buffer += octets
        text, _, self._buffer = self._buffer.partition(b"\0")
        message: dict[str, Any] = json.loads(text)
        if "method" in message:
            self._note(message)
        return message

    def _note(self, event: dict[str, Any]) -> None:
        parameters = event.get("params", {})
        match event["method"]:
            case "Page.loadEventFired":
                self._loaded = True
            case "Network.requestWillBeSent":
                self.requests.append(parameters["request"]["url"])
            case "Log.entryAdded":
                self.complaints.append(parameters["entry"]["text"])
            case "Runtime.exceptionThrown":
                self.complaints.append(parameters["exceptionDetails"]["text"])


@contextlib.contextmanager
def chromium(directory: Path) -> Iterator[Browser]:
    """Run Chromium with an empty profile in `directory`; without one the test is skipped, but in CI it fails."""
    program = shutil.which("chromium")
    if program is None:
        text = "no chromium (`sh tests/servers/install_debian.sh`, as root on Debian 12, installs it)"
        if os.environ.get("CI") == "true":
            pytest.fail(text, pytrace=False)
        pytest.skip(text)
    log = directory / "chromium.log"
    commands, events = _pipe(), _pipe()
    arguments = [program, *_FLAGS, f"--user-data-dir={directory / 'profile'}"]
    process = _spawn(arguments, commands[0], events[1], log)
    os.close(commands[0])
    os.close(events[1])
    try:
        browser = Browser(events[0], commands[1], log)
        browser.attach()
        yield browser
    finally:
        os.close(commands[1])
        os.close(events[0])
        os.killpg(process, signal.SIGKILL)  # our own group: the browser and all it started
        os.waitpid(process, 0)


def _pipe() -> tuple[int, int]:
    """Return the ends of a pipe, out of the way of the descriptors that the browser expects."""
    ends = os.pipe()
    moved = [fcntl.fcntl(end, fcntl.F_DUPFD_CLOEXEC, 10) for end in ends]
    for end in ends:
        os.close(end)
    return moved[0], moved[1]


def _spawn(arguments: list[str], commands: int, events: int, log: Path) -> int:
    return os.posix_spawn(
        arguments[0],
        arguments,
        os.environ,
        file_actions=[
            (os.POSIX_SPAWN_OPEN, 1, str(log), os.O_WRONLY | os.O_CREAT | os.O_APPEND, 0o600),
            (os.POSIX_SPAWN_DUP2, 1, 2),
            (os.POSIX_SPAWN_DUP2, commands, 3),
            (os.POSIX_SPAWN_DUP2, events, 4),
        ],
        setpgroup=0,
    )
