"""Conversations held at once become one recording, each of them whole."""

from __future__ import annotations

from pathlib import Path

import pytest

from outlookimap.errors import TranscriptError
from outlookimap.traffic import Header, Recordings, dumps, parse, read
from outlookimap.transport.tap import Sender

HEADER = Header(server="Any")

TWO = (
    "# outlookimap recording 1\nserver: Any\nprovenance: observed\n\n"
    "S: * OK one\nC: a LOGIN u ***\nS: a OK\n@closed\n@connected\n@tls\nS: * OK two\n@closed\n"
)
"""Two conversations, typed by hand."""


def hold(recordings: Recordings) -> None:
    """Hold two conversations at once; the second begins later and ends earlier."""
    one = recordings.tap()
    one.connected("127.0.0.1:1", 0.0)
    one.octets(Sender.SERVER, [(b"* OK one\r\n", False)], 0.0)
    one.octets(Sender.CLIENT, [(b"a LOGIN u ", False), (b"abc", True)], 0.0)
    other = recordings.tap()
    other.connected("127.0.0.1:2", 0.0)
    other.encrypted(0.0)
    other.octets(Sender.SERVER, [(b"* OK two\r\n", False)], 0.0)
    one.octets(Sender.CLIENT, [(b"\r\n", False)], 0.0)
    other.closed(0.0)
    one.octets(Sender.SERVER, [(b"a OK\r\n", False)], 0.0)
    one.closed(0.0)


def test_each_is_whole_in_the_order_they_began() -> None:
    recordings = Recordings(HEADER)
    assert dumps(recordings.transcript()) == "# outlookimap recording 1\nserver: Any\nprovenance: observed\n\n"
    recordings.tap()  # of a connection that never came about
    hold(recordings)
    assert dumps(recordings.transcript()) == TWO
    assert parse(TWO) == recordings.transcript()


@pytest.mark.parametrize("keep", [True, False])
def test_a_file_has_them_in_the_order_they_ended(tmp_path: Path, keep: bool) -> None:
    file = tmp_path / "all.imap"
    recordings = Recordings(HEADER, path=file, keep=keep)
    hold(recordings)
    recordings.close()
    recordings.close()
    said = read(file).said(Sender.SERVER)
    assert [entry.octets for entry in said] == [b"* OK two\r\n", b"* OK one\r\n", b"a OK\r\n"]
    assert len(recordings.transcript().said(Sender.SERVER)) == (3 if keep else 0)
    assert "abc" not in file.read_text("ascii")


def test_what_is_still_said_at_the_end_is_written(tmp_path: Path) -> None:
    file = tmp_path / "all.imap"
    recordings = Recordings(HEADER, path=file, keep=False)
    tap = recordings.tap()
    tap.connected("127.0.0.1:1", 0.0)
    tap.octets(Sender.SERVER, [(b"* OK one\r\n", False)], 0.0)
    recordings.close()
    tap.closed(0.0)
    assert file.read_text("ascii").endswith("\n\nS: * OK one\n")


def test_a_device_stays_what_it_is_and_a_directory_is_an_error(tmp_path: Path) -> None:
    Recordings(HEADER, path="/dev/null").close()
    assert Path("/dev/null").is_char_device()
    with pytest.raises(TranscriptError, match="the recording cannot be written"):
        Recordings(HEADER, path=tmp_path)
