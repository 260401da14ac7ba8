"""One conversation in every kind of log: what each keeps is what comes out."""

from __future__ import annotations

from pathlib import Path

import pytest
from support.log_formats import FORMATS, recording, saved, spoken, written

from outlookimap.traffic import Comment, Form, Said, parse
from outlookimap.traffic.imports import load
from outlookimap.transport.tap import Sender

CONVERSATION = parse("""# outlookimap recording 1
provenance: synthetic

S: * OK ready.
C: $tag CAPABILITY
S: * CAPABILITY IMAP4rev1 AUTH=PLAIN IDLE
S: $tag OK Capability completed.
C: $tag LOGIN "ann" "********"
S: $tag OK Logged in.
C: $tag CREATE {10}
S: + OK
C| Name \\x5c \\x22 x
C:
S: $tag OK Create completed.
C: $tag SELECT "INBOX"
S: * FLAGS (\\Answered \\Flagged \\Deleted \\Seen \\Draft)
S: * 1 EXISTS
S: * OK [UIDVALIDITY $uidvalidity] UIDs valid
S: $tag OK [READ-WRITE] Select completed.
C: $tag APPEND "Drafts" (\\Seen \\Draft) {28}
S: + OK
C| Subject: "hello"
C|
C| Hello\\x09
C|
C:
S: $tag OK Append completed.
@+600
C: $tag UID FETCH 7 (UID FLAGS BODY.PEEK[])
S: * 7 FETCH (UID 7 FLAGS () BODY[] {14}
S| A: b
S|
S| body
S|
S: )
S: $tag OK Fetch completed.
C: $tag IDLE
S: + idling
@+5
S: * 2 EXISTS
C: DONE
S: $tag OK Idle completed.
C: $tag LOGOUT
S: * BYE Logging out
S: $tag OK Logout completed.
""")

CLIENT = [
    b"c5zv CAPABILITY\r\n",
    b'p9md LOGIN "ann" "********"\r\n',
    b"2dav CREATE {10}\r\n",
    b'Name \\ " x',
    b"\r\n",
    b'fixc SELECT "INBOX"\r\n',
    b'smku APPEND "Drafts" (\\Seen \\Draft) {28}\r\n',
    b'Subject: "hello"\r\n\r\nHello\t\r\n',
    b"\r\n",
    b"5q7b UID FETCH 7 (UID FLAGS BODY.PEEK[])\r\n",
    b"ivut IDLE\r\n",
    b"DONE\r\n",
    b"vzhb LOGOUT\r\n",
]
"""What the client sent, typed by hand."""
LOST_BY_HMAILSERVER = (b'Subject: "hello"\r\n\r\nHello\t\r\n', b"A: b\r\n\r\nbody\r\n", b"\r\n", b")\r\n")
LOST_BY_IMAPLIB = (*LOST_BY_HMAILSERVER, b'Name \\ " x')


def test_spoken() -> None:
    said = spoken(CONVERSATION)
    assert [one.octets for one in said if one.sender is Sender.CLIENT] == CLIENT
    assert b"* OK [UIDVALIDITY 1] UIDs valid\r\n" in [one.octets for one in said]


@pytest.mark.parametrize("name", FORMATS)
def test_what_a_log_keeps_comes_out(name: str, tmp_path: Path) -> None:
    form = FORMATS[name]
    imported = load(saved(written(CONVERSATION, name), tmp_path))
    assert imported.format == form.recognised
    [session] = imported.sessions
    entries = [entry for entry in session.entries() if isinstance(entry, Said)]
    due = [(one.sender, one.octets) for one in spoken(CONVERSATION) if form.server or one.sender is Sender.CLIENT]
    if not form.literals:
        lost = LOST_BY_HMAILSERVER if form.continued else LOST_BY_IMAPLIB
        due = [(sender, octets) for sender, octets in due if octets not in lost]
    if not form.secrets_quoted:
        due = [(sender, octets.replace(b'"********"', b"***")) for sender, octets in due]
    came = [(entry.sender, entry.octets) for entry in entries]
    if not form.literals:
        came = [(sender, octets) for sender, octets in came if octets != b"\r\n"]  # the end of the line of CREATE
    if form.order:
        assert came == due
    for sender in Sender:
        assert [octets for who, octets in came if who is sender] == [octets for who, octets in due if who is sender]
    if form.times:
        pauses = [entry.pause for entry in entries if entry.pause]
        assert pauses == [pytest.approx(600, abs=1), pytest.approx(5, abs=1)]
    assert any(isinstance(entry, Comment) for entry in session.entries()) is (form.remarks or not form.literals)


def test_a_recording_too(tmp_path: Path) -> None:
    [session] = load(saved(recording(CONVERSATION), tmp_path)).sessions
    assert session.transcript == CONVERSATION


@pytest.mark.parametrize("name", FORMATS)
def test_lines_are_those_of_the_log(name: str, tmp_path: Path) -> None:
    path = saved(written(CONVERSATION, name), tmp_path)
    [session] = load(path).sessions
    log = path.read_bytes().split(b"\n")
    for entry in session.entries():
        if isinstance(entry, Said) and entry.sender is Sender.CLIENT and entry.form is Form.LINE and entry.text:
            words = entry.octets.split()[:2] or [b""]
            assert all(word in log[entry.line - 1] for word in words), entry


@pytest.mark.parametrize("name", FORMATS)
def test_secrets_are_masked(name: str, tmp_path: Path) -> None:
    conversation = parse("""# outlookimap recording 1
provenance: synthetic

S: * OK ready.
C: $tag LOGIN "ann" "hunter2"
S: $tag NO no
C: $tag LOGIN ann hunter2
S: $tag NO no
C: $tag LOGIN {3}
S: + OK
C| ann
C:  {7}
S: + OK
C| hunter2
C:
S: $tag NO no
C: $tag AUTHENTICATE PLAIN
S: +\\x20
C: AGFubgBodW50ZXIy
S: $tag NO no
C: $tag AUTHENTICATE PLAIN AGFubgBodW50ZXIy
S: $tag OK yes
C: $tag NOOP
S: $tag OK done
""")
    [session] = load(saved(written(conversation, name), tmp_path)).sessions
    octets = session.transcript.octets(Sender.CLIENT)
    assert b"hunter2" not in octets
    assert b"AGFubg" not in octets
    assert (b"AUTHENTICATE PLAIN\r\n****************\r\n" in octets) is FORMATS[name].continued
    assert octets.endswith(b"smku AUTHENTICATE PLAIN ****************\r\n5q7b NOOP\r\n")
