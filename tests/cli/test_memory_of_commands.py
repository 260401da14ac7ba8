"""A hundred times as much mail takes no more memory: record, redact and replay, each a process of its own.

What is measured is the most memory the process ever had, so what the libraries below Python take counts too.
"""

from __future__ import annotations

import contextlib
import imaplib
import os
import re
import signal
import subprocess
import sys
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import pytest

from outlookimap.exchange import ExchangeServer

pytestmark = [
    pytest.mark.thorough,
    pytest.mark.timeout(300),
    pytest.mark.skipif(sys.platform != "linux", reason="only Linux tells of a process what its memory once was"),
]

SECONDS = 120.0
MESSAGE = b"Subject: x\r\n\r\n" + (b"x" * 998 + b"\r\n") * 1000
"""1 MB."""
MOST = 40_000
"""How much more memory than a process that does nothing a command may take, in kB."""
LIMIT = 10_000
"""How much more memory the hundredfold may take, in kB: less than a tenth of the mail."""

# VmHWM begins anew with a program; what getrusage() tells of a child begins with what its parent had.
MEASURED = """
import pathlib, sys
from outlookimap.cli import main
sys.argv[:2] = ["outlookimap"]
try:
    main()
finally:
    pathlib.Path(PEAK).write_text(pathlib.Path("/proc/self/status").read_text())
"""


@dataclass(frozen=True, slots=True)
class Measured:
    """A command in a process of its own; `port` is where it listens, 0 where it does not."""

    process: subprocess.Popen[str]
    port: int


@contextlib.contextmanager
def command(peak: Path, *arguments: str | Path, listens: str = "") -> Iterator[Measured]:
    """Begin a command, and wait for its end; `listens` is what its first line of standard output or error has."""
    program = f"PEAK = {str(peak)!r}{MEASURED}"
    process = subprocess.Popen(
        [sys.executable, "-c", program, "-", *map(str, arguments)],
        stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True,
        env={**os.environ, "OUTLOOKIMAP_PASSWORD": "secret"},
    )  # fmt: skip
    try:
        port = 0
        if listens:
            assert process.stdout is not None
            found = re.match(listens + r"[^:]*:([0-9]+)", line := process.stdout.readline())
            assert found is not None, (line, process.communicate())
            port = int(found[1])
        yield Measured(process, port)
        said, _ = process.communicate(timeout=SECONDS)
        assert process.returncode == 0, said
    finally:
        process.kill()
        process.communicate()


def kilobytes(peak: Path) -> int:
    """Return what a command has left: the most memory it had."""
    found = re.search(r"^VmHWM:\s+([0-9]+) kB$", peak.read_text(), re.MULTILINE)
    assert found is not None
    return int(found[1])


def work(port: int, messages: int) -> None:
    """Read all messages, one by one."""
    with imaplib.IMAP4("127.0.0.1", port, timeout=SECONDS) as client:
        client.login("user1", "secret")
        client.select("INBOX", readonly=True)  # nothing is new only once
        for number in range(1, messages + 1):
            _, [first, *_] = client.fetch(str(number), "(BODY.PEEK[])")
            assert isinstance(first, tuple)
            assert first[1] == MESSAGE


def peaks(messages: int, directory: Path) -> dict[str, int]:
    """Return the most memory each command had with so many messages."""
    directory.mkdir()
    recorded, redacted = directory / "recorded.imap", directory / "redacted.imap"
    files = {name: directory / name for name in ("record", "redact", "replay --against", "replay --serve")}
    mail = {"user1": [MESSAGE] * messages}
    with ExchangeServer("2019", users={"user1": "secret"}, mail=mail, allow_plaintext=True, keep=False) as server:
        url = f"imap://user1@localhost:{server.port}/"
        plain = ("--encryption", "none")
        listen = ("--listen", "127.0.0.1:0", "--listen-encryption", "none")
        options = ("--to", url, *listen, *plain, "--out", recorded)
        with command(files["record"], "record", *options, listens="recording ") as proxy:
            work(proxy.port, messages)
            proxy.process.send_signal(signal.SIGTERM)
        with command(files["redact"], "redact", recorded, "--out", redacted):
            pass
        with command(files["replay --against"], "replay", recorded, "--against", url, *plain, "--no-pauses"):
            pass
    with command(
        files["replay --serve"], "replay", recorded, "--serve", "127.0.0.1:0", "--no-pauses", listens="serving .* on "
    ) as served:
        work(served.port, messages)
    assert min(one.stat().st_size for one in (recorded, redacted)) > messages * len(MESSAGE)
    return {name: kilobytes(file) for name, file in files.items()}


def test_a_hundred_megabytes(tmp_path: Path) -> None:
    with command(tmp_path / "bare", "--help"):
        pass
    bare = kilobytes(tmp_path / "bare")
    one, hundred = peaks(1, tmp_path / "one"), peaks(100, tmp_path / "hundred")
    sys.stdout.write(f"kB bare: {bare}\nkB with one message: {one}\nkB with a hundred: {hundred}\n")
    for name, much in hundred.items():
        assert much < one[name] + LIMIT, (name, one, hundred)
        assert much < bare + MOST, (name, bare, hundred)
