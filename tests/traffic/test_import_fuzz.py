"""Logs that are cut off anywhere, changed anywhere, or are no logs: sessions or an error that names a line."""

from __future__ import annotations

from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from support.log_formats import recording, saved

from outlookimap.errors import TranscriptError
from outlookimap.traffic import dumps, parse
from outlookimap.traffic.imports import FORMATS, load, load_bytes

LOGS = Path(__file__).parents[1] / "transcripts" / "logs"
SAMPLES = sorted(LOGS.iterdir())
RECORDING = recording(
    parse(
        "# outlookimap recording 1\nclient: Any\nprovenance: observed\nx-note: n\n\nS: * OK\n@+1.5\nC: a X {3}\n"
        "C| a\nC|\nC:\n@tls\n# remark\nC- b\\x0a\n@closed client\n@connected\n@guard off\nS: * BYE\n"
    )
)["session.imap"]


def read(octets: bytes, name: str = "auto") -> bool:
    """Read everything; return whether it could be read."""
    try:
        for session in load_bytes(octets, "log", format=name).sessions:
            transcript = session.transcript
            assert parse(dumps(transcript)) == transcript
    except TranscriptError as caught:
        error = caught
    else:
        return True
    assert error.line is not None
    assert 1 <= error.line <= octets.count(b"\n") + 2
    return False


@pytest.mark.parametrize("path", SAMPLES, ids=lambda path: path.name)
def test_cut_off_at_every_octet(path: Path) -> None:
    octets = path.read_bytes()
    assert read(octets)
    first = octets.index(b"\n") + 1
    readable = [read(octets[:end]) for end in range(len(octets))]
    assert sum(readable) > len(octets) - 3 * first - 400  # half a log is a log


def test_a_recording_cut_off_at_every_octet() -> None:
    assert read(RECORDING)
    assert not all(read(RECORDING[:end]) for end in range(len(RECORDING)))


@pytest.mark.parametrize("path", SAMPLES, ids=lambda path: path.name)
def test_begun_at_every_line(path: Path) -> None:
    lines = path.read_bytes().splitlines(keepends=True)
    for begin in range(len(lines)):
        read(b"".join(lines[begin:]))


@pytest.mark.parametrize("half", [".in", ".out"])
def test_one_file_of_a_pair_cut_off_at_every_octet(half: str, tmp_path: Path) -> None:
    files = {path.name: path.read_bytes() for path in (LOGS / "dovecot.in", LOGS / "dovecot.out")}
    whole = files["dovecot" + half]
    for end in range(60, len(whole), 7):
        saved({**files, "dovecot" + half: whole[:end]}, tmp_path)
        for session in load(tmp_path / "dovecot.in").sessions:
            assert session.transcript.entries


@settings(max_examples=300, deadline=None)
@given(st.data())
def test_changed_anywhere(data: st.DataObject) -> None:
    octets = bytearray(data.draw(st.sampled_from([RECORDING, *(path.read_bytes() for path in SAMPLES)])))
    for _ in range(data.draw(st.integers(1, 4))):
        place = data.draw(st.integers(0, len(octets) - 1))
        piece = data.draw(st.binary(max_size=3) | st.sampled_from(PIECES))
        octets[place : place + data.draw(st.integers(0, 3))] = piece
    read(bytes(octets))


PIECES = (
    b"\n", b"\r\n", b'"', b"\\", b"{3}\r\n", b"{99999999999999999999}\r\n", b"{0}\r\n", b"[nl]", b"\t", b"<1795183528<",
    b">1795183528>", b"1795183523.777277 ", b"* OK ", b"a OK ", b"+ \r\n", b" LOGIN ", b" AUTHENTICATE ", b"\x00",
    b"\xff", b"\\u{d800}", b"\\x", b" ... ", b"99:99:99 ", b"0x1:a:b:SendData: ", b"b'", b"@closed\n",
    b"$tag", b"session{",
)  # fmt: skip


@settings(max_examples=200, deadline=None)
@given(st.binary(max_size=300) | st.lists(st.sampled_from(PIECES)).map(b"".join), st.sampled_from(["auto", *FORMATS]))
def test_garbage(octets: bytes, name: str) -> None:
    read(octets, name)


@settings(max_examples=200, deadline=None)
@given(st.sampled_from(SAMPLES), st.lists(st.integers(0, 60), max_size=40))
def test_lines_in_any_order(path: Path, order: list[int]) -> None:
    lines = path.read_bytes().splitlines(keepends=True)
    read(b"".join(lines[place % len(lines)] for place in order))
