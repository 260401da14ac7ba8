"""Sessions that share a Recorder: each connection stands whole, with the marks that were made in it."""

from __future__ import annotations

from pathlib import Path

import pytest

from outlookimap.errors import TranscriptError
from outlookimap.traffic import Header, Recorder, dumps
from outlookimap.traffic.joint import JointRecording
from outlookimap.transport.tap import Sender

START = "# outlookimap recording 1\nclient: Any\nprovenance: observed\n\n"
WHOLE = (
    "C: a NOOP\n@guard off\nC: b NOOP\n@guard on\n@closed\n"
    "@connected\nC: c NOOP\n@rematch\nC: d NOOP\n@closed\n"
    "@connected\nC: e NOOP\n@closed\n"
)
"""Three connections of two sessions, typed by hand; the second was held during the first."""


def says(tap: Recorder, octets: bytes, now: float = 0.0) -> None:
    tap.octets(Sender.CLIENT, [(octets, False)], now)


def hold(recording: JointRecording) -> None:
    """Hold the three; the third is made by the first session, which connects anew."""
    one, other = recording.tap(), recording.tap()
    one.connected("peer:1", 0.0)
    says(one, b"a NO")
    other.connected("peer:2", 0.0)
    says(other, b"c NOOP\r\n")
    says(one, b"OP\r\n")
    one.guard(on=False)
    other.rematch()
    says(one, b"b NOOP\r\n")
    says(other, b"d NOOP\r\n")
    one.guard(on=True)
    other.closed(0.0)
    one.closed(0.0)
    one.connected("peer:1", 0.0)
    says(one, b"e NOOP\r\n")
    one.closed(0.0)


def test_in_memory() -> None:
    recorder = Recorder(None, Header(client="Any"))
    recording = JointRecording(recorder)
    hold(recording)
    assert dumps(recorder.transcript()) == START + WHOLE
    assert recording.connections == 3


def test_in_a_file_and_after_others(tmp_path: Path) -> None:
    file = tmp_path / "joint.imap"
    recorder = Recorder(file, Header(client="Any"))
    hold(JointRecording(recorder))
    hold(JointRecording(recorder))
    recorder.connected("peer:3", 0.0)
    recorder.closed(0.0)
    assert file.read_text("ascii") == START + WHOLE + "@connected\n" + WHOLE + "@connected\n@closed\n"


def test_marks_outside_of_connections_wait_as_well() -> None:
    recorder = Recorder(None, Header(client="Any"))
    recording = JointRecording(recorder)
    one, other = recording.tap(), recording.tap()
    other.guard(on=False)
    one.connected("peer:1", 0.0)
    other.guard(on=True)
    says(one, b"a NOOP\r\n")
    one.closed(0.0)
    assert dumps(recorder.transcript()) == START + "@guard off\nC: a NOOP\n@closed\n@guard on\n"


def test_the_pause_between_two_connections_is_kept() -> None:
    recorder = Recorder(None, Header(client="Any"))
    recording = JointRecording(recorder)
    for moment in (0.0, 30.0):
        tap = recording.tap()
        tap.connected("peer:1", moment)
        says(tap, b"a NOOP\r\n", moment + 2)
        tap.closed(moment + 2)
    said = "@+2\nC: a NOOP\n@closed\n"
    assert dumps(recorder.transcript()) == START + said + "@+28\n@connected\n" + said


def test_without_a_temporary_file_nothing_more_is_recorded(monkeypatch: pytest.MonkeyPatch) -> None:
    recorder = Recorder(None, Header(client="Any"))
    recording = JointRecording(recorder)
    one, other = recording.tap(), recording.tap()
    one.connected("peer:1", 0.0)

    def none(*_: object, **__: object) -> None:
        raise OSError(28, "No space left on device")

    monkeypatch.setattr("tempfile.TemporaryFile", none)
    with pytest.raises(TranscriptError, match=r"cannot be written.*No space left"):
        other.connected("peer:2", 0.0)
    says(one, b"a NOOP\r\n")
    one.closed(0.0)
    recording.close()
    assert dumps(recorder.transcript()) == START
