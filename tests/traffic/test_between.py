"""What goes through a proxy, octet for octet, and what a tap hears of it: tables without a network."""

from __future__ import annotations

from collections.abc import Sequence

import pytest

from outlookimap.errors import TlsError
from outlookimap.traffic import Recorder
from outlookimap.traffic.between import Between, Responses
from outlookimap.traffic.writer import entry_text
from outlookimap.transport.tap import Sender

CLIENT, SERVER = "client", "server"


def middle(*, offers: bool = True, encrypted: bool = False) -> tuple[Between, Recorder]:
    recorder = Recorder(None)
    recorder.connected("peer:1", 0.0)
    return Between(recorder, offers_tls=offers, encrypted=encrypted), recorder


def shown(recorder: Recorder) -> str:
    recorder.closed(0.0)
    return "".join(map(entry_text, recorder.transcript().entries))


GREETING = (SERVER, b"* OK ready\r\n")
SIGNED_IN = (CLIENT, b"a LOGIN ann pencil\r\n"), (SERVER, b"a OK in\r\n")

SESSIONS: tuple[tuple[str, tuple[tuple[str, bytes], ...], str], ...] = (
    (
        "a password",
        (GREETING, *SIGNED_IN),
        "S: * OK ready\nC: a LOGIN ann ******\nS: a OK in\n",
    ),
    (
        "capabilities that come with the sign-in",
        (GREETING, SIGNED_IN[0], (SERVER, b"a OK [CAPABILITY IMAP4rev1] in\r\n"), (SERVER, b"* CAPABILITY IDLE\r\n")),
        "S: * OK ready\nC: a LOGIN ann ******\nS: a OK [CAPABILITY IMAP4rev1] in\nS: * CAPABILITY IDLE\n",
    ),
    (
        "a password as a literal",
        (
            GREETING,
            (CLIENT, b"a LOGIN {3}\r\n"),
            (SERVER, b"+ go\r\n"),
            (CLIENT, b"ann {6}\r\n"),
            (SERVER, b"+ go\r\n"),
            (CLIENT, b"pencil\r\n"),
            (SERVER, b"a OK in\r\n"),
        ),
        "S: * OK ready\nC: a LOGIN {3}\nS: + go\nC| ann\nC:  {6}\nS: + go\nC| ******\nC:\nS: a OK in\n",
    ),
    (
        "AUTHENTICATE, cancelled, then again",
        (
            GREETING,
            (CLIENT, b"a AUTHENTICATE PLAIN\r\n"),
            (SERVER, b"+ \r\n"),
            (CLIENT, b"*\r\n"),
            (SERVER, b"a BAD cancelled\r\n"),
            (CLIENT, b"b AUTHENTICATE PLAIN\r\n"),
            (SERVER, b"+ \r\n"),
            (CLIENT, b"AGFubgBwZW5jaWw=\r\n"),
            (SERVER, b"b OK in\r\n"),
            (CLIENT, b"c NOOP\r\n"),
        ),
        (
            "S: * OK ready\nC: a AUTHENTICATE PLAIN\nS: +\\x20\nC: *\nS: a BAD cancelled\nC: b AUTHENTICATE PLAIN\n"
            "S: +\\x20\nC: ****************\nS: b OK in\nC: c NOOP\n"
        ),
    ),
    (
        "AUTHENTICATE that an untagged BAD ends",
        (
            GREETING,
            (CLIENT, b"a AUTHENTICATE NTLM\r\n"),
            (SERVER, b"* BAD what\r\n"),
            (CLIENT, b"b LOGIN ann pencil\r\n"),
            (SERVER, b"b OK in\r\n"),
        ),
        "S: * OK ready\nC: a AUTHENTICATE NTLM\nS: * BAD what\nC: b LOGIN ann ******\nS: b OK in\n",
    ),
    (
        "IDLE, and a command behind DONE",
        (
            GREETING,
            *SIGNED_IN,
            (CLIENT, b"b IDLE\r\n"),
            (SERVER, b"+ idling\r\n* 3 EXISTS\r\n"),
            (CLIENT, b"DONE\r\nc LOGIN ann pencil\r\n"),
            (SERVER, b"b OK\r\nc BAD\r\n"),
        ),
        (
            "S: * OK ready\nC: a LOGIN ann ******\nS: a OK in\nC: b IDLE\nS: + idling\nS: * 3 EXISTS\nC: DONE\n"
            "C: c LOGIN ann ******\nS: b OK\nS: c BAD\n"
        ),
    ),
    (
        "a literal that is refused",
        (
            GREETING,
            *SIGNED_IN,
            (CLIENT, b"b APPEND x {9}\r\n"),
            (SERVER, b"b NO too much\r\n"),
            (CLIENT, b"c NOOP\r\n"),
        ),
        "S: * OK ready\nC: a LOGIN ann ******\nS: a OK in\nC: b APPEND x {9}\nS: b NO too much\nC: c NOOP\n",
    ),
    (
        "mail that looks like answers",
        (
            GREETING,
            *SIGNED_IN,
            (CLIENT, b"b IDLE\r\n"),
            (SERVER, b"* 1 FETCH (BODY[] {13}\r\nb OK is it?\r\n)\r\n"),
            (SERVER, b"+ idling\r\n"),
            (CLIENT, b"DONE\r\n"),
        ),
        (
            "S: * OK ready\nC: a LOGIN ann ******\nS: a OK in\nC: b IDLE\nS: * 1 FETCH (BODY[] {13}\n"
            "S| b OK is it?\nS|\nS: )\nS: + idling\nC: DONE\n"
        ),
    ),
    (
        "what cannot be read is a secret where it may be one",
        (GREETING, (CLIENT, b"a LOGIN\x00 ann pencil\r\n"), (CLIENT, b"AGFubgBwZW5jaWw=\r\n")),
        "",
    ),
    (
        "a command that never ended",
        (GREETING, (CLIENT, b"a LOGIN ann pen")),
        "S: * OK ready\nC- ***************\n",
    ),
)


@pytest.mark.parametrize(("session", "recorded"), [row[1:] for row in SESSIONS], ids=[row[0] for row in SESSIONS])
@pytest.mark.parametrize("at_once", [1, 5, 1000])
def test_every_octet_goes_on_and_no_secret_is_recorded(
    session: Sequence[tuple[str, bytes]], recorded: str, at_once: int
) -> None:
    between, recorder = middle()
    gone = {CLIENT: b"", SERVER: b""}
    for sender, octets in session:
        for place in range(0, len(octets), at_once):
            take = between.from_client if sender == CLIENT else between.from_server
            passed = take(octets[place : place + at_once], 0.0)
            gone[CLIENT] += b"".join(passed.to_server)
            gone[SERVER] += b"".join(passed.to_client)
    gone[CLIENT] += b"".join(between.end_of_client(0.0).to_server)
    gone[SERVER] += b"".join(between.end_of_server(0.0).to_client)
    for side in (CLIENT, SERVER):
        assert gone[side] == b"".join(octets for sender, octets in session if sender == side)
    text = shown(recorder)
    assert "pencil" not in text
    assert "AGFub" not in text
    if recorded:
        assert text.removesuffix("@closed\n") == recorded


CAPABILITIES = (
    # line of the server, with STARTTLS to offer, without, under TLS
    (b"* CAPABILITY IMAP4rev1\r\n", b"* CAPABILITY IMAP4rev1 STARTTLS\r\n", None, None),
    (
        b"* CAPABILITY STARTTLS IMAP4rev1\r\n",
        None,
        b"* CAPABILITY IMAP4rev1\r\n",
        b"* CAPABILITY IMAP4rev1\r\n",
    ),
    (
        b"* OK [CAPABILITY IMAP4rev1 COMPRESS=DEFLATE AUTH=SCRAM-SHA-1-PLUS AUTH=PLAIN] hi\r\n",
        b"* OK [CAPABILITY IMAP4rev1 AUTH=PLAIN STARTTLS] hi\r\n",
        b"* OK [CAPABILITY IMAP4rev1 AUTH=PLAIN] hi\r\n",
        b"* OK [CAPABILITY IMAP4rev1 AUTH=PLAIN] hi\r\n",
    ),
    (b"* capability  IMAP4rev1  STARTTLS\r\n", None, b"* capability IMAP4rev1\r\n", b"* capability IMAP4rev1\r\n"),
    (b"* PREAUTH [CAPABILITY IMAP4rev1] hi\r\n", None, None, None),
    (b"a NO [ALERT] no CAPABILITY COMPRESS=DEFLATE\r\n", None, None, None),
)


@pytest.mark.parametrize(("line", "offering", "without", "under_tls"), CAPABILITIES)
def test_the_client_is_told_what_it_can_use_here(
    line: bytes, offering: bytes | None, without: bytes | None, under_tls: bytes | None
) -> None:
    for expected, (between, recorder) in (
        (offering, middle()),
        (without, middle(offers=False)),
        (under_tls, middle(encrypted=True)),
    ):
        passed = between.from_server(line, 0.0)
        assert b"".join(passed.to_client) == (expected or line)
        assert recorder.transcript().octets(Sender.SERVER) == (expected or line)


def test_starttls_is_answered_here() -> None:
    between, recorder = middle()
    between.from_server(b"* OK ready\r\n", 0.0)
    passed = between.from_client(b"a STARTTLS\r\n", 0.0)
    assert (passed.to_server, passed.to_client) == ([], [b"a OK Begin TLS negotiation now\r\n"])
    assert passed.secure
    again = between.from_client(b"b starttls\r\n", 0.0)
    assert (again.to_server, again.to_client) == ([], [b"b BAD STARTTLS is not offered here\r\n"])
    assert not again.secure
    assert between.from_client(b"c NOOP\r\n", 0.0).to_server == [b"c NOOP\r\n"]
    assert "C: a STARTTLS\nS: a OK Begin TLS negotiation now\n@tls\nC: b starttls\n" in shown(recorder)


def test_what_comes_between_starttls_and_tls_is_nobodys() -> None:
    between, _ = middle()
    with pytest.raises(TlsError, match="could be anybody's"):
        between.from_client(b"a STARTTLS\r\nb LOGIN ann pencil\r\n", 0.0)


def test_literals_of_the_server_are_not_collected() -> None:
    responses = Responses()
    assert responses.feed(b"* 1 FETCH (BODY[] {1000000}\r\n") == [(True, b"* 1 FETCH (BODY[] {1000000}\r\n")]
    assert responses.feed(b"x" * 400_000) == [(False, b"x" * 400_000)]
    assert responses.feed(b"x" * 600_000 + b")\r\n* OK {5}\r\na OK\r\n") == [
        (False, b"x" * 600_000),
        (False, b")\r\n"),
        (True, b"* OK {5}\r\n"),
        (True, b"a OK\r\n"),
    ]
    assert responses.rest() == b""
