"""Logs as servers and programs write them, read to what was said, typed by hand."""

from __future__ import annotations

from pathlib import Path

import pytest

from outlookimap.errors import TranscriptError, UsageError
from outlookimap.traffic import Comment, Entry, Form, Provenance, Said, dumps, read
from outlookimap.traffic.imports import FORMATS, Imported, ImportedSession, detect, load, load_bytes
from outlookimap.transport.tap import Sender

LOGS = Path(__file__).parents[1] / "transcripts" / "logs"

MAIL = b"From: ann@example.com\r\nSubject: one\r\n\r\n* 1 EXISTS\r\n1795170664.338320 two <1795170664>\r\n"
COMMANDS = (
    b'c3wv CAPABILITY\r\nd4ut LIST "" "*"\r\ne5sr SELECT "INBOX"\r\n'
    b'f6qp APPEND "INBOX" (\\Seen) "28-Aug-2022 16:47:29 -0400" {87}\r\n' + MAIL + b"\r\n"
    b"g7on UID FETCH 1 (UID FLAGS BODY.PEEK[])\r\nh8ml IDLE\r\nDONE\r\ni9kj LOGOUT\r\n"
)
"""What the client said in the samples of Dovecot and Cyrus."""


def body(session: ImportedSession) -> str:
    """The entries of a session as a recording shows them."""
    return dumps(session.transcript).split("\n\n", 1)[1]


def lines(session: ImportedSession) -> list[int]:
    return [entry.line for entry in session.entries()]


def said(entries: list[Entry], sender: Sender) -> list[Said]:
    return [entry for entry in entries if isinstance(entry, Said) and entry.sender is sender]


SAMPLES: dict[str, tuple[str, list[str]]] = {
    "cyrus.telemetry": ("telemetry", ["user1 Fri Nov 20 14:05:27 2026"]),
    "dovecot.in": ("rawlog", ["dovecot.in, .out"]),
    "dovecot.out": ("rawlog", ["dovecot.out, .in"]),
    "dovecot-bare.in": ("rawlog", ["dovecot-bare.in, .out"]),
    "dovecot-bare.out": ("rawlog", ["dovecot-bare.out, .in"]),
    "dovecot-login.in": ("rawlog", ["dovecot-login.in, .out"]),
    "dovecot-login.out": ("rawlog", ["dovecot-login.out, .in"]),
    "hmailserver.log": ("hmailserver", ["session 23, 192.0.2.23", "session 24, 192.0.2.24"]),
    "plain-arrows.txt": ("plain", ["plain-arrows.txt"]),
    "plain-brackets.txt": ("plain", ["plain-brackets.txt, C68D", "plain-brackets.txt, 9785"]),
    "plain-curl.txt": ("plain", ["plain-curl.txt"]),
    "plain-imaplib.txt": ("plain", ["plain-imaplib.txt"]),
    "plain-letters.txt": ("plain", ["plain-letters.txt"]),
    "plain-server-side.txt": ("plain", ["plain-server-side.txt"]),
    "plain-terminal.txt": ("plain", ["plain-terminal.txt"]),
    "plain-thunderbird.txt": ("plain", ["plain-thunderbird.txt, 0x7f0a", "plain-thunderbird.txt, 0x7f0b"]),
    "stalwart-old.log": ("stalwart", ["::ffff:192.0.2.30:42784", "::ffff:192.0.2.30:42800"]),
    "stalwart.log": ("stalwart", ["192.0.2.97:56391", "192.0.2.97:56392"]),
}


def test_every_sample_is_in_the_table() -> None:
    assert {path.name for path in LOGS.iterdir()} == set(SAMPLES)


@pytest.mark.parametrize("name", SAMPLES)
def test_format_and_sessions(name: str, tmp_path: Path) -> None:
    expected_format, labels = SAMPLES[name]
    imported = load(LOGS / name)
    assert (imported.format, [session.label for session in imported.sessions]) == (expected_format, labels)
    assert expected_format in FORMATS
    for session in imported.sessions:
        assert session.header.provenance is Provenance.FRAGMENT
        assert list(session.entries()) == list(session.transcript.entries) == list(session.entries())
    renamed = tmp_path / "anything"
    renamed.write_bytes((LOGS / name).read_bytes())
    assert load(renamed).format == expected_format
    assert detect((LOGS / name).read_bytes()) == expected_format


@pytest.mark.parametrize("name", SAMPLES)
def test_no_password_is_kept(name: str) -> None:
    secrets = (b"secret", b"AGFubgBzZWNyZXQ=")
    for session in load(LOGS / name).sessions:
        shown = body(session).encode()
        assert not any(secret in shown for secret in secrets)


@pytest.mark.parametrize(
    "name", ["dovecot.in", "dovecot.out", "dovecot-bare.in", "dovecot-bare.out", "cyrus.telemetry"]
)
def test_real_servers_keep_every_octet_of_the_client(name: str) -> None:
    [session] = load(LOGS / name).sessions
    assert session.transcript.octets(Sender.CLIENT) == COMMANDS
    literals = [entry for entry in session.entries() if isinstance(entry, Said) and entry.form is Form.LITERAL]
    assert [(entry.sender, entry.octets) for entry in literals] == [(Sender.CLIENT, MAIL), (Sender.SERVER, MAIL)]


@pytest.mark.parametrize("name", ["dovecot.in", "dovecot-bare.in"])
def test_both_files_of_a_rawlog_become_one_conversation(name: str) -> None:
    [session] = load(LOGS / name).sessions
    text = body(session)
    assert text.startswith("S: * CAPABILITY IMAP4rev1 LITERAL+ IDLE\nS: b2yx OK Logged in\nC: c3wv CAPABILITY\n")
    assert '-0400" {87}\nS: + OK\nC| From: ann@example.com\n' in text
    assert text.count("@+2.20394\n") == ("bare" not in name)
    assert "C: i9kj LOGOUT\nS: * BYE Logging out\nS: i9kj OK" in text


def test_lines_of_a_rawlog_are_those_of_its_two_files() -> None:
    entries = list(load(LOGS / "dovecot.in").sessions[0].entries())
    assert [entry.line for entry in said(entries, Sender.CLIENT)] == [1, 2, 3, 4, 5, 10, 11, 12, 13, 14]
    assert [entry.line for entry in said(entries, Sender.SERVER)][-8:] == [22, 23, 28, 29, 30, 31, 32, 33]


def test_one_side_alone(tmp_path: Path) -> None:
    for name, sender in (("dovecot.in", Sender.CLIENT), ("dovecot-bare.out", Sender.SERVER)):
        alone = tmp_path / name
        alone.write_bytes((LOGS / name).read_bytes())
        [session] = load(alone).sessions
        assert {entry.sender for entry in session.entries() if isinstance(entry, Said)} == {sender}


TELEMETRY = """S: e5sr OK [READ-WRITE] Completed
C: f6qp APPEND "INBOX" (\\Seen) "28-Aug-2022 16:47:29 -0400" {87}
S: + go ahead
C| From: ann@example.com
C| Subject: one
C|
C| * 1 EXISTS
C| 1795170664.338320 two <1795170664>
C|
C:
S: * 1 EXISTS
"""


def test_telemetry() -> None:
    [session] = load(LOGS / "cyrus.telemetry").sessions
    text = body(session)
    assert text.startswith("S: b2yx OK [CAPABILITY IMAP4rev1 LITERAL+ IDLE] User logged in\nC: c3wv CAPABILITY\n")
    assert TELEMETRY in text
    assert text.endswith("S: + idling\n@+2\nC: DONE\nS: h8ml OK Completed\nC: i9kj LOGOUT\nS: * BYE LOGOUT received\n"
                         "S: i9kj OK Completed\n")  # fmt: skip
    assert lines(session)[:6] == [3, 4, 5, 6, 7, 8]
    assert lines(session)[-1] == 52


def test_a_file_of_telemetry_with_two_sessions() -> None:
    one = (LOGS / "cyrus.telemetry").read_bytes()
    first, second = load_bytes(one + one, "two").sessions
    assert second.transcript.octets(Sender.CLIENT) == COMMANDS
    assert lines(second)[0] == 55
    assert body(first) == body(second)


HMAILSERVER_23 = """S: * OK IMAPrev1
C: qa1z CAPABILITY
S: * CAPABILITY IMAP4 IMAP4rev1 CHILDREN IDLE QUOTA SORT ACL NAMESPACE RIGHTS=texk
S: qa1z OK CAPABILITY completed
C: b2yx LOGIN "ann@example.com" ***
S: b2yx OK LOGIN completed
C: c3wv SELECT "INBOX"
S: * 6 EXISTS
S: * 0 RECENT
S: * FLAGS (\\Deleted \\Seen \\Draft \\Answered \\Flagged)
S: * OK [UIDVALIDITY 1475504890] current uidvalidity
S: * OK [UIDNEXT 7] next uid
S: c3wv OK [READ-WRITE] SELECT completed
C: d4ut APPEND "Sent" (\\Seen) {310}
# the literal announced here is not in the log
S: + Ready for literal data
S: d4ut OK APPEND completed
C: e5sr UID FETCH 6 (UID FLAGS BODY.PEEK[])
S: * 6 FETCH (UID 6 FLAGS (\\Seen) BODY[] {2310}
# the literal announced here is not whole in the log: line 23 left out
S: e5sr OK UID completed
@+4.007
C: f6qp LOGOUT
S: * BYE Have a nice day
S: f6qp OK Logout completed
"""
HMAILSERVER_24 = """S: * OK IMAPrev1
C: A001 LOGIN {15}
S: + Ready for additional command text.
C| ***************
C:  {8}
S: + Ready for additional command text.
C| ********
C:
S: A001 NO Invalid user name or password.
"""


def test_hmailserver() -> None:
    one, other = load(LOGS / "hmailserver.log").sessions
    assert (body(one), body(other)) == (HMAILSERVER_23, HMAILSERVER_24)
    assert lines(one) == [3, 4, 5, 5, 7, 10, 15, 16, 16, 16, 16, 16, 16, 17, 17, 18, 20, 21, 22, 22, 24, 25, 26, 26]
    assert lines(other) == [6, 8, 9, 11, 11, 12, 13, 13, 14]


def event(text: str, way: str = "RECEIVED", session: int = 1) -> bytes:
    return f'"IMAPD"\t1\t{session}\t"2017-02-05 13:57:54.240"\t"192.0.2.1"\t"{way}: {text}"\r\n'.encode()


def test_hmailserver_cuts_long_events() -> None:
    """An event of 500 characters or more keeps its first 470 and its last 25, the line end among them."""
    whole = event('a001 LIST "" "' + "x" * 600 + '"')
    cut = whole[:470] + b" ... " + whole[-25:]
    [session] = load_bytes(cut + event("a002 NOOP"), "x").sessions
    comment, noop = session.transcript.entries
    assert isinstance(comment, Comment)
    assert comment.text.startswith('cut in the log: a001 LIST "" "xxx')
    assert isinstance(noop, Said)
    assert noop.octets == b"a002 NOOP\r\n"


def test_hmailserver_numbers_sessions_anew_when_it_starts() -> None:
    log = event("* OK IMAPrev1", "SENT") + event("a1 NOOP") + event("* OK IMAPrev1", "SENT") + event("b1 NOOP")
    assert [body(session) for session in load_bytes(log, "x").sessions] == [
        "S: * OK IMAPrev1\nC: a1 NOOP\n",
        "S: * OK IMAPrev1\nC: b1 NOOP\n",
    ]


@pytest.mark.parametrize("farewell", ["* BYE Have a nice day[nl]a1 OK Logout completed", "a1 OK Logout completed", ""])
@pytest.mark.parametrize("greeting", ["* OK [CAPABILITY IMAP4rev1] ready", "* PREAUTH ready"])
def test_hmailserver_greets_after_a_logout(farewell: str, greeting: str) -> None:
    log = event("* OK IMAPrev1", "SENT") + event("a1 LOGOUT") + (event(farewell, "SENT") if farewell else b"")
    _, other = load_bytes(log + event(greeting, "SENT") + event("b1 NOOP"), "x").sessions
    assert body(other) == f"S: {greeting}\nC: b1 NOOP\n"


def test_hmailserver_refuses_a_session_after_a_logout() -> None:
    ended = event("* OK IMAPrev1", "SENT") + event("a1 logout") + event("* BYE Have a nice day", "SENT")
    _, other = load_bytes(ended + event("* BYE Too many connections", "SENT"), "x").sessions
    assert body(other) == "S: * BYE Too many connections\n"


@pytest.mark.parametrize(
    "answer",
    [
        "* OK [ALERT] Going down soon",
        "* OK [PERMANENTFLAGS (\\Seen)] limited[nl]a1 OK [READ-WRITE] SELECT completed",
        "* BYE Going down",
    ],
)
def test_hmailserver_says_ok_in_the_middle_of_a_session(answer: str) -> None:
    log = event("* OK IMAPrev1", "SENT") + event('a1 SELECT "INBOX"') + event(answer, "SENT") + event("a2 NOOP")
    [session] = load_bytes(log, "x").sessions
    first = answer.partition("[nl]")[0]
    assert body(session).startswith(f'S: * OK IMAPrev1\nC: a1 SELECT "INBOX"\nS: {first}\n')
    assert body(session).endswith("C: a2 NOOP\n")


STALWART = """S: * OK [CAPABILITY IMAP4rev2 IMAP4rev1 AUTH=PLAIN] Stalwart IMAP4rev2 at your service.
C: 5xjj LOGIN "ann" "******"
S: 5xjj OK LOGIN completed
@+1
C: 6xjk SELECT "INBOX"
S: * 1 EXISTS
S: * FLAGS (\\Answered \\Seen)
S: 6xjk OK [READ-WRITE] SELECT completed
@+1
C: 7xjl APPEND "Sent" (\\Seen) {18}
S: + Ready
C| Subject: hi
C|
C| \\x09x\\x01
C:
S: 7xjl OK APPEND completed
@+1
C: 8xjm UID FETCH 1 (UID BODY.PEEK[])
S: * 1 FETCH (UID 1 BODY[] {4}
S| \\xe4b
S|
S: )
S: 8xjm OK UID FETCH completed
@+10
C: 9xjn LOGOUT
S: * BYE bye
S: 9xjn OK LOGOUT completed
@closed
"""


def test_stalwart() -> None:
    one, other = load(LOGS / "stalwart.log").sessions
    assert (body(one), body(other)) == (STALWART, "S: * OK ready\n")
    assert lines(one)[:8] == [2, 3, 5, 7, 8, 8, 8, 9]
    assert lines(other) == [6]


def test_stalwart_in_colour_on_many_lines_and_in_a_journal() -> None:
    log = (LOGS / "stalwart.log").read_bytes()
    coloured = log.replace(b"TRACE", b"\x1b[35;1mTRACE\x1b[0m").replace(b"contents", b"\x1b[36mcontents\x1b[0m")
    journal = b"".join(b"Sep 10 10:46:20 mail stalwart[1895]: " + line for line in log.splitlines(keepends=True))
    spread = log.replace(b"(imap.raw-input) ", b"(imap.raw-input)\n\t").replace(b", size", b"\n\tsize")
    for variant in (coloured, journal, spread.replace(b", contents", b"\n\tcontents")):
        assert [body(session) for session in load_bytes(variant, "x").sessions] == [STALWART, "S: * OK ready\n"]


def test_stalwart_says_when_the_log_has_other_octets_than_the_wire() -> None:
    log = (LOGS / "stalwart.log").read_bytes().replace(b"size = 25", b"size = 27")
    assert "# 27 octets went over the wire, the log holds 25\n" in body(load_bytes(log, "x").sessions[0])


STALWART_OLD = """C: nts3 CAPABILITY
S: * CAPABILITY IMAP4rev2 IMAP4rev1 AUTH=PLAIN
S: nts3 OK CAPABILITY completed
C: t9n7 LOGIN "ann@example.com" "******"
S: t9n7 OK Authenticated
@+4.01
C: u0o8 SELECT "INBOX"
S: * 3 EXISTS
S: u0o8 OK [READ-WRITE] SELECT completed
"""


def test_stalwart_before_0_9() -> None:
    one, other = load(LOGS / "stalwart-old.log").sessions
    assert (body(one), body(other)) == (STALWART_OLD, "C: 1 NOOP\n")
    assert lines(one) == [2, 3, 3, 4, 5, 7, 8, 8]


PLAIN: dict[str, list[str]] = {
    "plain-letters.txt": [
        (
            "# Somebody's remark: two literals, one kept, one not.\n"
            'S: * OK Dovecot ready.\nC: qa1z LOGIN "ann" "******"\nS: qa1z OK Logged in\n'
            'C: b2yx APPEND "Drafts" (\\Seen \\Draft) {29}\nS: + OK\nC| Subject: hello\nC|\nC| Hello world\nC:\n'
            "S: b2yx OK Append completed.\nC: c3wv UID FETCH 7 (UID BODY.PEEK[])\nS: * 1 FETCH (UID 7 BODY[] {1234}\n"
            "# the literal announced here is not whole in the log: lines 14 to 15 left out\n"
            "S: c3wv OK Fetch completed.\nC: d4ut LOGOUT\nS: * BYE Logging out\nS: d4ut OK Logout completed.\n"
        )
    ],
    "plain-arrows.txt": [
        (
            "S: * OK ready\n@+1\nC: a001 CAPABILITY\nS: * CAPABILITY IMAP4rev1\nS: a001 OK done\n@+600\nC: a002 NOOP\n"
            "S: a002 OK done\n"
        )
    ],
    "plain-server-side.txt": ["S: * OK ready\nC: a001 CAPABILITY\nS: * CAPABILITY IMAP4rev1\nS: a001 OK done\n"],
    "plain-curl.txt": [
        (
            "# *   Trying 192.0.2.1:143...\n# * Connected to mail.example.com (192.0.2.1) port 143\n"
            "S: * OK ready\nC: A001 CAPABILITY\nS: * CAPABILITY IMAP4rev1 AUTH=PLAIN\nS: A001 OK done\n"
            "C: A002 AUTHENTICATE PLAIN ****************\nS: A002 OK in\n"
        )
    ],
    "plain-imaplib.txt": [
        (
            "# 13:57.26 imaplib version 2.58\n# 13:57.26 new IMAP4 connection, tag=b'ABCD'\n"
            'S: * OK ready\nC: ABCD0 LOGIN ann "******"\nS: ABCD0 OK in\nC: ABCD1 SELECT INBOX\n'
            "@+12.03\nS: * 3 EXISTS\nS: ABCD1 OK done\n"
        )
    ],
    "plain-thunderbird.txt": [
        (
            "S: * OK ready\nC: 1 capability\nS: * CAPABILITY IMAP4rev1 AUTH=PLAIN\nS: 1 OK done\n"
            "# 2019-05-15 13:57:26.440000 UTC - [(null) 12345: IMAP]: D/IMAP IMAP: trying auth method 0x1000\n"
            "C: 2 authenticate plain\nS: +\n"
            "# Logging suppressed for this command (it probably contained authentication information)\n"
            "S: 2 OK in\n"
        ),
        "C: 1 noop\n",
    ],
    "plain-brackets.txt": [
        "S: * OK ready\nC: A0001 LOGIN ann ****\nS: A0001 OK in\n",
        "S: * OK ready\n@+2\nC: A0001 NOOP\n",
    ],
    "plain-terminal.txt": [
        (
            "# CONNECTED(00000003)\n# ---\n# subject=CN = mail.example.com\n# ---\n"
            "S: * OK Dovecot ready.\nC: a login ann ******\nS: a OK Logged in\n"
            'C: b append "Drafts" {14}\nS: + OK\nC| Subject: x\nC|\nC|\nS: b OK Append completed.\n'
            "C: c fetch 1 body[]\nS: * 1 FETCH (BODY[] {14}\nS| Subject: x\nS|\nS|\nS: )\nS: c OK Fetch completed.\n"
            "C: d idle\nS: + idling\nS: * 2 EXISTS\nC: DONE\nS: d OK Idle completed.\n"
            "C: e logout\nS: * BYE Logging out\nS: e OK Logout completed.\n# closed\n"
        )
    ],
}


@pytest.mark.parametrize("name", PLAIN)
def test_plain(name: str) -> None:
    assert [body(session) for session in load(LOGS / name).sessions] == PLAIN[name]


def test_a_text_may_hold_one_session_after_the_other() -> None:
    one = "S: * OK hi\nC: a LOGOUT\nS: * BYE\nS: a OK\n"
    sessions = load_bytes((one + one).encode(), "x").sessions
    assert [body(session) for session in sessions] == [one, one]
    assert [session.label for session in sessions] == ["x, session 1", "x, session 2"]


def test_a_literal_of_a_server_whose_line_goes_on_in_a_line_of_its_own() -> None:
    log = b"C: a FETCH 1 BODY[]\nS: * 1 FETCH (BODY[] {5}\nS: hello\nS: )\nS: a OK\n"
    [session] = load_bytes(log, "x").sessions
    assert body(session) == "C: a FETCH 1 BODY[]\nS: * 1 FETCH (BODY[] {5}\nS| hello\nS: )\nS: a OK\n"


def test_debug_output_of_aioimaplib() -> None:
    log = (
        b"DEBUG:aioimaplib.aioimaplib:Received : b'* OK ready\\r\\n'\n"
        b"DEBUG:aioimaplib.aioimaplib:Sending : b'LION1 LOGIN ann \"secret\"\\r\\n'\n"
        b"DEBUG:aioimaplib.aioimaplib:Received : b'* CAPABILITY IMAP4rev1\\r\\nLION1 OK LOGIN Completed.\\r\\n'\n"
        b"DEBUG:aioimaplib.aioimaplib:state -> AUTH\n"
    )
    [session] = load_bytes(log, "x").sessions
    assert body(session) == (
        'S: * OK ready\nC: LION1 LOGIN ann "******"\nS: * CAPABILITY IMAP4rev1\nS: LION1 OK LOGIN Completed.\n'
        "# DEBUG:aioimaplib.aioimaplib:state -> AUTH\n"
    )
    assert lines(session) == [1, 2, 3, 3, 4]


def test_literals_that_are_missing_by_the_thousand() -> None:
    """Looking for one must not cost more the longer the log is: this is over at once, or never."""
    log = b"".join(b"S: * %d FETCH (BODY[] {500000}\nS: )\n" % number for number in range(1, 5001))
    [session] = load_bytes(log + b"S: a OK\n", "x").sessions
    assert len(session.transcript.entries) == 10001


def test_a_client_alone_whose_literal_is_missing() -> None:
    log = b'C: a001 APPEND "x" {500}\nC: a002 NOOP\nC: a003 NOOP\n'
    [session] = load_bytes(log, "x").sessions
    assert body(session) == (
        'C: a001 APPEND "x" {500}\n# the literal announced here is not in the log\nC: a002 NOOP\nC: a003 NOOP\n'
    )


def test_a_recording_is_read_as_it_is(tmp_path: Path) -> None:
    path = tmp_path / "log.txt"
    path.write_text("# outlookimap recording 1\nprovenance: observed\n\nS: * OK\n@closed\n@connected\nS: * OK\n")
    imported = load(str(path))
    assert (imported.format, [session.label for session in imported.sessions]) == ("imap", ["log.txt"])
    [session] = imported.sessions
    assert session.header.provenance is Provenance.OBSERVED
    assert lines(session) == [4, 5, 6, 7]
    assert load_bytes(path.read_bytes(), "log.txt") == imported


WRONG: list[tuple[str, bytes, int, str]] = [
    ("nothing", b"", 1, "neither a recording nor a log"),
    ("prose", b"Dear all,\nplease find enclosed\n", 1, "neither a recording nor a log"),
    ("another version", b"# outlookimap recording 9\n\n", 1, "version '9'"),
    ("half a recording", b"# outlookimap recording 1\nprov", 2, "not a header line"),
    ("a line without a stamp", b"1795183523.777277 a NOOP\r\nb NOOP\r\n", 2, "has none"),
    ("no IMAP in hMailServer", event("a NOOP").replace(b"IMAPD", b"SMTPD"), 1, "no line of IMAPD"),
    ("hMailServer without columns", event("a NOOP") + event("x").replace(b"RECEIVED", b"HEARD"), 2, "its columns"),
    ("hMailServer and more", event("a NOOP") + b"and this\r\n", 2, "not a line of an hMailServer log"),
    ("hMailServer on no day", event("a NOOP").replace(b"-02-05", b"-02-35"), 1, "not a time"),
    ("Stalwart without IMAP", b"2024-09-10T10:46:20Z INFO Hello (server.startup) x = 1\n", 1, "no IMAP traffic"),
    (
        "Stalwart without contents",
        b"2024-09-10T10:46:20Z TRACE Raw (imap.raw-input) remotePort = 1, size = 5\n",
        1,
        "without its contents",
    ),
    (
        "Stalwart with bad base64",
        b"2024-09-10T10:46:20Z TRACE Raw (imap.raw-input) remotePort = 1, size = 5, contents = base64:a\n",
        1,
        "not base64",
    ),
]


@pytest.mark.parametrize(("octets", "line", "words"), [row[1:] for row in WRONG], ids=[row[0] for row in WRONG])
def test_what_cannot_be_read_is_named_with_its_line(octets: bytes, line: int, words: str, tmp_path: Path) -> None:
    path = tmp_path / "log"
    path.write_bytes(octets)

    def whole(imported: Imported) -> None:
        for session in imported.sessions:
            list(session.entries())

    with pytest.raises(TranscriptError, match=words) as caught:
        whole(load(path))
    assert caught.value.line == line
    with pytest.raises(TranscriptError, match=words) as caught:
        whole(load_bytes(octets, "log"))
    assert caught.value.line == line


def test_a_format_may_be_named() -> None:
    octets = b"S: * OK\nC: a NOOP\n"
    assert load_bytes(octets, "x", format="plain").format == "plain"
    with pytest.raises(UsageError, match="unknown format 'pcap': auto, imap, rawlog"):
        load_bytes(octets, "x", format="pcap")
    with pytest.raises(TranscriptError, match="not a line of an hMailServer log"):
        load_bytes(octets, "x", format="hmailserver")


def test_a_missing_file_is_an_error_of_the_system(tmp_path: Path) -> None:
    with pytest.raises(FileNotFoundError):
        load(tmp_path / "none")


def test_a_client_that_said_nothing(tmp_path: Path) -> None:
    (tmp_path / "1.in").write_bytes(b"")
    (tmp_path / "1.out").write_bytes(b"1795183523.739077 * OK ready.\r\n")
    for name in ("1.in", "1.out"):
        [session] = load(tmp_path / name).sessions
        assert body(session) == "S: * OK ready.\n"


def test_the_script_in_the_document(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    page = (Path(__file__).parents[2] / "docs" / "logs.md").read_text(encoding="utf-8")
    script = page.split("```python\n", 1)[1].split("```", 1)[0]
    (tmp_path / "hmailserver_2026-11-20.log").write_bytes((LOGS / "hmailserver.log").read_bytes())
    monkeypatch.chdir(tmp_path)
    exec(compile(script, "docs/logs.md", "exec"), {})
    assert read("session-1.imap") == load(LOGS / "hmailserver.log").sessions[0].transcript
    assert sorted(path.name for path in tmp_path.glob("*.imap")) == ["session-1.imap", "session-2.imap"]
