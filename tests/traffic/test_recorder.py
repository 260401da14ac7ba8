"""What the recorder makes of a conversation: octets in, hand-typed files out."""

from __future__ import annotations

import base64
import io
import os
import stat
from collections.abc import Sequence
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from outlookimap.errors import TranscriptError, UsageError
from outlookimap.traffic.format import Header, Mark, Provenance
from outlookimap.traffic.reader import parse, read
from outlookimap.traffic.recorder import Recorder
from outlookimap.traffic.writer import dumps
from outlookimap.transport.tap import Sender, Tap
from outlookimap.wire.secret import Piece

C, S = Sender.CLIENT, Sender.SERVER
TOP = "# outlookimap recording 1\nprovenance: observed\n\n"


def recorded(*chunks: tuple[Sender, bytes], size: int = 0) -> str:
    """Return the body recorded for `chunks`, each cut into chunks of `size` octets."""
    stream = io.StringIO()
    recorder = Recorder(stream)
    recorder.connected("mail.example.com:143", 0.0)
    for sender, octets in chunks:
        for start in range(0, len(octets), size or max(len(octets), 1)):
            recorder.octets(sender, [(octets[start : start + (size or len(octets))], False)], 0.0)
    recorder.closed(0.0)
    assert stream.getvalue().startswith(TOP)
    parse(stream.getvalue())
    return stream.getvalue().removeprefix(TOP).removesuffix("@closed\n")


CONVERSATIONS: list[tuple[str, list[tuple[Sender, bytes]], str]] = [
    ("lines", [(S, b"* OK hi\r\n"), (C, b"a NOOP\r\n"), (S, b"a OK\r\n")], "S: * OK hi\nC: a NOOP\nS: a OK\n"),
    (
        "synchronising literal",
        [(C, b"a LOGIN {3}\r\n"), (S, b"+ OK\r\n"), (C, b'ann "x"\r\n'), (S, b"a OK\r\n")],
        'C: a LOGIN {3}\nS: + OK\nC| ann\nC:  "x"\nS: a OK\n',
    ),
    (
        "two literals in one command",
        [(C, b"a LOGIN {3}\r\n"), (S, b"+ \r\n"), (C, b"ann {1}\r\n"), (S, b"+ \r\n"), (C, b"x\r\n")],
        "C: a LOGIN {3}\nS: +\\x20\nC| ann\nC:  {1}\nS: +\\x20\nC| x\nC:\n",
    ),
    (
        "empty synchronising literal",
        [(C, b"a APPEND X {0}\r\n"), (S, b"+ OK\r\n"), (C, b"\r\n")],
        "C: a APPEND X {0}\nS: + OK\nC|\nC:\n",
    ),
    ("literal that does not wait", [(C, b"a LOGIN {3+}\r\nann x\r\n")], "C: a LOGIN {3+}\nC| ann\nC:  x\n"),
    (
        "literal refused, the next command is no literal",
        [(C, b"a APPEND X {9}\r\n"), (S, b"* 1 EXISTS\r\na NO full\r\n"), (C, b"b SELECT X\r\n")],
        "C: a APPEND X {9}\nS: * 1 EXISTS\nS: a NO full\nC: b SELECT X\n",
    ),
    (
        "literal on its way is not refused any more",
        [(C, b"a APPEND X {5}\r\nab"), (S, b"a NO full\r\n"), (C, b"c\r\n\r\n")],
        "C: a APPEND X {5}\nS: a NO full\nC| abc\nC|\nC:\n",
    ),
    (
        "literal that does not wait is not refused",
        [(C, b"a APPEND X {5+}\r\n"), (S, b"a NO full\r\n"), (C, b"abcde\r\n")],
        "C: a APPEND X {5+}\nS: a NO full\nC| abcde\nC:\n",
    ),
    (
        "server's literals",
        [(S, b"* 1 FETCH (BODY[] {6}\r\na\r\n\r\nb BODY[1] {2}\r\nhi)\r\n")],
        "S: * 1 FETCH (BODY[] {6}\nS| a\nS|\nS| b\nS:  BODY[1] {2}\nS| hi\nS: )\n",
    ),
    ("server's empty literal", [(S, b"* 1 FETCH (BODY[] {0}\r\n)\r\n")], "S: * 1 FETCH (BODY[] {0}\nS|\nS: )\n"),
    ("bare line feeds", [(S, b"* X {3}\nabc\n* OK\n")], "S- * X {3}\\x0a\nS| abc\nS- \\x0a\nS- * OK\\x0a\n"),
    (
        "status texts announce nothing",
        [(S, b"* OK {1}\r\n* no  {1}\r\n* BYE {1}\r\n*  PREAUTH {1}\r\n* BAD {1}\r\n* OK\r\na OK {1}\r\n+ {1}\r\n")],
        "S: * OK {1}\nS: * no  {1}\nS: * BYE {1}\nS: *  PREAUTH {1}\nS: * BAD {1}\nS: * OK\nS: a OK {1}\nS: + {1}\n",
    ),
    ("a word that begins like a status", [(S, b"* OKAY {1}\r\nx\r\n")], "S: * OKAY {1}\nS| x\nS:\n"),
    (
        "nothing is announced in AUTHENTICATE",
        [(C, b"a authenticate PLAIN\r\n"), (S, b"+\r\n"), (C, b"{1}\r\n"), (S, b"a NO\r\n"), (C, b"b X {1+}\r\nx\r\n")],
        "C: a authenticate PLAIN\nS: +\nC: {1}\nS: a NO\nC: b X {1+}\nC| x\nC:\n",
    ),
    (
        "nor by the client in IDLE, until DONE",
        [
            (C, b"a IDLE\r\n"),
            (S, b"+ idling\r\n* 1 FETCH (BODY {1}\r\nx)\r\n"),
            (C, b"{1}\r\ndone\r\nb X {1+}\r\n"),
            (C, b"y\r\n"),
        ],
        "C: a IDLE\nS: + idling\nS: * 1 FETCH (BODY {1}\nS| x\nS: )\nC: {1}\nC: done\nC: b X {1+}\nC| y\nC:\n",
    ),
    (
        "IDLE refused",
        [(C, b"a IDLE\r\n"), (S, b"a BAD what?\r\n"), (C, b"b X {1+}\r\ny\r\n")],
        "C: a IDLE\nS: a BAD what?\nC: b X {1+}\nC| y\nC:\n",
    ),
    ("empty lines", [(C, b"\r\n"), (S, b"\r\n\n")], "C:\nS:\nS- \\x0a\n"),
    ("awkward octets", [(C, b"a \x00\xe9\t\\x41 $tag \r\n")], "C: a \\x00\\xe9\\x09\\x5cx41 \\x24tag\\x20\n"),
    (
        "what never became complete",
        [(C, b"a X {20}\r\none\r\n\ntw"), (S, b"* OK")],
        "C: a X {20}\nC- one\\x0d\\x0a\nC- \\x0a\nC- tw\nS- * OK\n",
    ),
    (
        "pipelining, interleaved in mid-line and mid-literal",
        [
            (C, b"a NOOP\r\nb APP"),
            (S, b"a O"),
            (C, b"END X {4+}\r\nab"),
            (S, b"K done\r\n* 1 FETCH (BODY[] {4}\r\nwx"),
            (C, b"cd\r\nc NOOP\r\n"),
            (S, b"yz)\r\n"),
        ],
        (
            "C: a NOOP\nC: b APPEND X {4+}\nS: a OK done\nS: * 1 FETCH (BODY[] {4}\n"
            "C| abcd\nC:\nC: c NOOP\nS| wxyz\nS: )\n"
        ),
    ),
]


@pytest.mark.parametrize(
    ("chunks", "body"), [row[1:] for row in CONVERSATIONS], ids=[row[0].replace(" ", "-") for row in CONVERSATIONS]
)
def test_conversations(chunks: list[tuple[Sender, bytes]], body: str) -> None:
    assert recorded(*chunks) == body


@pytest.mark.parametrize("chunks", [row[1] for row in CONVERSATIONS if len({sender for sender, _ in row[1]}) == 1])
def test_chunking_makes_no_difference(chunks: list[tuple[Sender, bytes]]) -> None:
    assert recorded(*chunks, size=1) == recorded(*chunks)


# ---------------------------------------------------------------- time, TLS, several connections


def test_time_marks_from_the_threshold_on() -> None:
    stream = io.StringIO()
    recorder = Recorder(stream, threshold=2.0)
    recorder.connected("a:1", 100.0)
    recorder.octets(S, [(b"* OK\r\n", False)], 102.0)
    recorder.octets(C, [(b"a NOOP\r\nb NOOP\r\n", False)], 103.999)
    recorder.octets(S, [(b"a OK", False)], 200.0)
    recorder.octets(S, [(b"\r\nb OK\r\n", False)], 703.999)
    recorder.octets(S, [(b"* BYE\r\n", False)], 1.0)  # a clock that went back
    recorder.closed(3.25)
    assert stream.getvalue() == TOP + (
        "@+2\nS: * OK\nC: a NOOP\nC: b NOOP\n@+600\nS: a OK\nS: b OK\nS: * BYE\n@+2.25\n@closed\n"
    )


def test_default_threshold_is_one_second() -> None:
    stream = io.StringIO()
    recorder = Recorder(stream)
    recorder.connected("a:1", 0.0)
    recorder.octets(S, [(b"* OK\r\n", False)], 0.999)
    recorder.octets(S, [(b"* BYE\r\n", False)], 1.999)
    assert stream.getvalue() == TOP + "S: * OK\n@+1\nS: * BYE\n"


def test_tls_comes_after_what_was_left_before_it() -> None:
    stream = io.StringIO()
    recorder = Recorder(stream)
    recorder.connected("a:1", 0.0)
    recorder.octets(C, [(b"a STARTTLS\r\n", False)], 0.0)
    recorder.octets(S, [(b"a OK\r\n* CAPA", False)], 0.0)
    recorder.encrypted(0.0)
    recorder.octets(S, [(b"* OK\r\n", False)], 0.0)
    assert stream.getvalue() == TOP + "C: a STARTTLS\nS: a OK\nS- * CAPA\n@tls\nS: * OK\n"


def test_connections_follow_one_another_in_one_file(tmp_path: Path) -> None:
    path = tmp_path / "two.imap"
    recorder = Recorder(path)
    recorder.closed(0.0)  # no connection came about
    for now in (0.0, 10.0):
        recorder.connected("a:1", now)
        recorder.encrypted(now)
        recorder.octets(S, [(b"* BYE\r\n", False)], now)
        recorder.closed(now)
        recorder.closed(now)
    recorder.octets(S, [(b"* OK\r\n", False)], 10.0)  # nobody said `connected`
    recorder.closed(10.0)
    body = "@tls\nS: * BYE\n@closed\n@+10\n@connected\n@tls\nS: * BYE\n@closed\n@connected\nS: * OK\n@closed\n"
    assert path.read_text() == TOP + body
    assert len(read(path).entries) == 10


def test_the_guard_is_noted_before_during_and_after(tmp_path: Path) -> None:
    path = tmp_path / "guard.imap"
    recorder = Recorder(path)
    recorder.guard(on=False)
    recorder.connected("a:1", 0.0)
    recorder.guard(on=True)
    recorder.closed(0.0)
    recorder.guard(on=False)
    recorder.rematch()
    assert path.read_text() == TOP + "@guard off\n@guard on\n@closed\n@guard off\n@rematch\n"
    assert len(read(path).entries) == 5


# ---------------------------------------------------------------- where it goes


def test_a_file_is_private_and_complete_at_every_moment(tmp_path: Path) -> None:
    path = tmp_path / "one.imap"
    path.write_text("an older and longer file that everybody could read" * 10)
    path.chmod(0o644)
    recorder = Recorder(str(path), Header(client="Outlook 2013", provenance=Provenance.SYNTHETIC))
    assert stat.S_IMODE(path.stat().st_mode) == 0o600
    top = "# outlookimap recording 1\nclient: Outlook 2013\nprovenance: synthetic\n\n"
    assert path.read_text() == top
    recorder.connected("mail.example.com:993", 0.0)
    recorder.octets(S, [(b"* OK\r\n* 1 EX", False)], 0.0)
    assert path.read_text() == top + "S: * OK\n"
    recorder.closed(0.0)
    assert path.read_text() == top + "S: * OK\nS- * 1 EX\n@closed\n"
    assert stat.S_IMODE(path.stat().st_mode) == 0o600


def test_a_new_file_is_private_whatever_the_umask(tmp_path: Path) -> None:
    before = os.umask(0)
    try:
        Recorder(tmp_path / "new.imap")
    finally:
        os.umask(before)
    assert stat.S_IMODE((tmp_path / "new.imap").stat().st_mode) == 0o600


def test_a_pipe_keeps_its_mode(tmp_path: Path) -> None:
    path = tmp_path / "pipe"
    os.mkfifo(path, 0o640)
    path.chmod(0o640)
    reader = os.open(path, os.O_RDONLY | os.O_NONBLOCK)
    try:
        Recorder(path)
        assert os.read(reader, 1000) == TOP.encode()
    finally:
        os.close(reader)
    assert stat.S_IMODE(path.stat().st_mode) == 0o640


def test_memory() -> None:
    recorder = Recorder(None)
    tap: Tap = recorder
    tap.connected("a:1", 0.0)
    tap.octets(C, [(b"a X {1+}\r\nx", False)], 0.0)
    tap.octets(C, [(b"\r\n", False)], 0.0)
    assert dumps(recorder.transcript()) == TOP + "C: a X {1+}\nC| x\nC:\n"
    tap.closed(0.0)
    assert isinstance(recorder.transcript().entries[-1], Mark)


def test_memory_is_only_where_it_was_asked_for() -> None:
    with pytest.raises(UsageError, match="target None"):
        Recorder(io.StringIO()).transcript()


def test_a_file_that_cannot_be_made(tmp_path: Path) -> None:
    with pytest.raises(TranscriptError, match="cannot be written"):
        Recorder(tmp_path / "no such folder" / "a.imap")


class FullDisk(io.StringIO):
    """A stream that fails once it holds a header."""

    def write(self, text: str) -> int:
        if self.getvalue():
            raise OSError(28, "No space left on device")
        return super().write(text)


def test_a_failure_is_raised_once_and_ends_the_recording() -> None:
    stream = FullDisk()
    recorder = Recorder(stream)
    with pytest.raises(TranscriptError, match="No space left"):
        recorder.octets(S, [(b"* OK\r\n", False)], 0.0)
    recorder.octets(S, [(b"* BYE\r\n", False)], 0.0)
    recorder.closed(0.0)
    assert stream.getvalue() == TOP


@pytest.mark.skipif(not Path("/dev/full").exists(), reason="the system has no /dev/full")
def test_a_full_device() -> None:
    with pytest.raises(TranscriptError, match="No space left"):
        Recorder("/dev/full")


def test_a_file_that_fails_is_let_go(tmp_path: Path) -> None:
    path = tmp_path / "gone" / "a.imap"
    path.parent.mkdir()
    recorder = Recorder(path)
    path.unlink()
    path.parent.rmdir()
    with pytest.raises(TranscriptError, match="cannot be written"):
        recorder.octets(S, [(b"* OK\r\n", False)], 0.0)
    recorder.octets(S, [(b"* BYE\r\n", False)], 0.0)
    recorder.closed(0.0)
    assert not path.exists()


# ---------------------------------------------------------------- secrets

PASSWORD = b"pa55 w\\rd {3}"
TOKEN = base64.b64encode(b"\0ann\0" + PASSWORD)
LINE_IN_PASSWORD = b"first\r\nsecond"


@pytest.mark.parametrize(
    ("pieces", "body"),
    [
        ([(b'a LOGIN "ann" "', False), (PASSWORD, True), (b'"\r\n', False)], f'C: a LOGIN "ann" "{"*" * 13}"\n'),
        (
            [(b"a LOGIN ann {13+}\r\n", False), (PASSWORD, True), (b"\r\n", False)],
            f"C: a LOGIN ann {{13+}}\nC| {'*' * 13}\nC:\n",
        ),
        (
            [(b"a LOGIN ann {13+}\r\n", False), (LINE_IN_PASSWORD, True), (b"\r\n", False)],
            f"C: a LOGIN ann {{13+}}\nC| {'*' * 13}\nC:\n",
        ),
        (
            [(b"a AUTHENTICATE PLAIN\r\n", False), (TOKEN, True), (b"\r\n", False)],
            f"C: a AUTHENTICATE PLAIN\nC: {'*' * 24}\n",
        ),
        ([(b"a AUTHENTICATE PLAIN\r\n", False), (TOKEN + b"\r\n", True)], f"C: a AUTHENTICATE PLAIN\nC: {'*' * 24}\n"),
        ([(b"a AUTHENTICATE PLAIN ", False), (TOKEN, True), (b"\r\n", False)], f"C: a AUTHENTICATE PLAIN {'*' * 24}\n"),
        ([(b"a LOGIN ann ", False), (b"x", True), (b"", True), (b"\r\n", False)], "C: a LOGIN ann *\n"),
    ],
)
@pytest.mark.parametrize("apart", [False, True])
def test_secrets_are_stars(pieces: Sequence[Piece], body: str, *, apart: bool) -> None:
    secrets = [octets.strip() for octets, secret in pieces if secret and len(octets) > 1]
    stream = io.StringIO()
    recorder = Recorder(stream)
    if apart:  # octet by octet
        for octets, secret in pieces:
            for octet in octets:
                recorder.octets(C, [(bytes([octet]), secret)], 0.0)
                held = bytes(recorder._cutter._streams[C].buffer)
                assert not any(planted[-4:] in held for planted in secrets)
    else:
        recorder.octets(C, pieces, 0.0)
    assert stream.getvalue() == TOP + body
    for planted in secrets:
        assert planted not in stream.getvalue().encode()


def test_secrets_cut_off_are_stars_as_well() -> None:
    recorder = Recorder(None)
    recorder.octets(C, [(b"a LOGIN ann {13+}\r\n", False), (b"pa55", True)], 0.0)
    recorder.octets(S, [(b"+ ", False), (TOKEN, True)], 0.0)
    recorder.closed(0.0)
    assert dumps(recorder.transcript()) == TOP + f"C: a LOGIN ann {{13+}}\nC- ****\nS- + {'*' * 24}\n@closed\n"


# ---------------------------------------------------------------- anything

AWKWARD = [b"a", b" ", b"{3}", b"{0+}", b"{12}", b"\r\n", b"\n", b"\r", b"* ", b"+", b"*", b"\xff", b"\\x41", b"$tag"]
AWKWARD += [b"OK", b"AUTHENTICATE", b"IDLE", b"DONE"]
OCTETS = st.one_of(
    st.binary(max_size=12),
    st.lists(st.sampled_from(AWKWARD)).map(b"".join),
)


@given(st.lists(st.tuples(st.sampled_from(Sender), st.lists(st.tuples(OCTETS, st.booleans())))))
def test_any_octets_in_any_chunks_come_back(calls: list[tuple[Sender, list[Piece]]]) -> None:
    stream = io.StringIO()
    recorder, memory = Recorder(stream), Recorder(None)
    sent = {C: b"", S: b""}
    for sender, pieces in calls:
        clear = [(octets, False) for octets, _ in pieces]
        recorder.octets(sender, clear, 0.0)
        memory.octets(sender, clear, 0.0)
        sent[sender] += b"".join(octets for octets, _ in pieces)
    recorder.closed(0.0)
    memory.closed(0.0)
    transcript = parse(stream.getvalue())
    assert {sender: transcript.octets(sender) for sender in Sender} == sent
    assert memory.transcript() == transcript
    assert dumps(transcript) == stream.getvalue()


@given(st.lists(st.tuples(st.sampled_from(Sender), st.lists(st.tuples(OCTETS, st.booleans())))))
def test_masks_keep_the_length_and_nothing_else(calls: list[tuple[Sender, list[Piece]]]) -> None:
    recorder = Recorder(None)
    sent: dict[Sender, list[Piece]] = {C: [], S: []}
    for sender, pieces in calls:
        recorder.octets(sender, pieces, 0.0)
        sent[sender] += pieces
    recorder.closed(0.0)
    for sender in Sender:
        shown = recorder.transcript().octets(sender)
        assert len(shown) == sum(len(octets) for octets, _ in sent[sender])
        for octets, secret in sent[sender]:
            here, shown = shown[: len(octets)], shown[len(octets) :]
            if secret:
                assert here.rstrip(b"\r\n").strip(b"*") == b""
            else:
                assert here == octets
