"""What is large is read piece by piece: 100 MB of messages of 1 MB in less than 20 MB of memory."""

from __future__ import annotations

import tracemalloc
from collections.abc import Iterator
from pathlib import Path

import pytest

from outlookimap.traffic import Entry, Form, Said, entries
from outlookimap.traffic.imports import load
from outlookimap.transport.tap import Sender

pytestmark = pytest.mark.thorough

MESSAGES = 100
LINE = b"x" * 998
MESSAGE = (LINE + b"\r\n") * 1000
"""1 MB."""
LIMIT = 20 * 1000 * 1000


def literals(read: Iterator[Entry]) -> tuple[int, int, int]:
    """Return how many literals there are, how many octets they have, and the most memory that reading took."""
    tracemalloc.start()
    try:
        number = octets = 0
        for entry in read:
            if isinstance(entry, Said) and entry.form is Form.LITERAL:
                number += 1
                octets += len(entry.octets)
        return number, octets, tracemalloc.get_traced_memory()[1]
    finally:
        tracemalloc.stop()


def test_a_recording(tmp_path: Path) -> None:
    path = tmp_path / "large.imap"
    shown = b"".join(b"S| " + LINE + b"\n" for _ in range(1000)) + b"S|\n"
    with path.open("wb") as file:
        file.write(b"# outlookimap recording 1\nprovenance: synthetic\n\n")
        for number in range(1, MESSAGES + 1):
            file.write(b"S: * %d FETCH (BODY[] {%d}\n" % (number, len(MESSAGE)) + shown + b"S: )\n")
    with path.open(encoding="ascii", newline="\n") as stream:
        number, octets, peak = literals(entries(stream)[1])
    assert (number, octets) == (MESSAGES, MESSAGES * len(MESSAGE))
    assert peak < LIMIT
    number, _, peak = literals(load(path).sessions[0].entries())
    assert number == MESSAGES
    assert peak < LIMIT


def test_a_rawlog(tmp_path: Path) -> None:
    stamp = b"1795183523.777277 "
    shown = b"".join(stamp + LINE + b"\r\n" for _ in range(1000))
    with (tmp_path / "1.in").open("wb") as sent, (tmp_path / "1.out").open("wb") as answered:
        for number in range(1, MESSAGES + 1):
            sent.write(stamp + b"q%03d FETCH %d BODY[]\r\n" % (number, number))
            answered.write(stamp + b"* %d FETCH (BODY[] {%d}\r\n" % (number, len(MESSAGE)) + shown + stamp + b")\r\n")
    for name in ("1.in", "1.out"):
        [session] = load(tmp_path / name).sessions
        number, octets, peak = literals(session.entries())
        assert (number, octets) == (MESSAGES, MESSAGES * len(MESSAGE))
        assert peak < LIMIT
    assert sum(isinstance(entry, Said) and entry.sender is Sender.CLIENT for entry in session.entries()) == MESSAGES
