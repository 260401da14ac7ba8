"""What one connection learns of another's doing, what time does to it, and what it does with nonsense."""

from __future__ import annotations

from collections.abc import Iterator
from random import Random

import pytest
from support.talk import Talk, service, store

from outlookimap.errors import ConnectionLost
from outlookimap.traffic.recorder import Recorder
from outlookimap.traffic.writer import entry_text
from outlookimap.wire.limits import Limits


@pytest.fixture
def both() -> Iterator[tuple[Talk, Talk]]:
    """Two connections of one user, both with INBOX selected."""
    shared = service()
    with Talk(shared) as one, Talk(shared) as other:
        yield one.selected(), other.selected()


def test_idle_pushes_what_another_connection_does(both: tuple[Talk, Talk]) -> None:
    one, other = both
    one.script(
        """
        C: a IDLE
        S: + IDLE accepted, awaiting DONE.
        """
    )
    other.script(
        """
        C: a APPEND INBOX {2+}
        C:
        C:
        S: * 4 EXISTS
        S: * 0 RECENT
        S: a OK [APPENDUID 100 4] APPEND completed.
        """
    )
    one.hear(b"* 4 EXISTS\r\n* 1 RECENT\r\n")
    other.script(
        r"""
        C: b STORE 2,4 +FLAGS (\Deleted)
        S: * 2 FETCH (FLAGS (\Deleted))
        S: * 4 FETCH (FLAGS (\Deleted))
        S: b OK STORE completed.
        """
    )
    one.hear(b"* 2 FETCH (FLAGS (\\Deleted))\r\n* 4 FETCH (FLAGS (\\Deleted \\Recent))\r\n")
    other.script(
        """
        C: c EXPUNGE
        S: * 2 EXPUNGE
        S: * 3 EXPUNGE
        S: c OK EXPUNGE completed.
        """
    )
    one.hear(b"* 2 EXPUNGE\r\n* 3 EXPUNGE\r\n")
    one.script(
        """
        C: DONE
        S: a OK IDLE completed.
        C: b FETCH 1:* UID
        S: * 1 FETCH (UID 1)
        S: * 2 FETCH (UID 3)
        S: b OK FETCH completed.
        """
    )


def test_what_happened_before_idle_is_told_at_its_beginning(both: tuple[Talk, Talk]) -> None:
    one, other = both
    other.script(
        r"""
        C: a STORE 1 FLAGS.SILENT ()
        S: a OK STORE completed.
        """
    )
    one.silence()
    one.script(
        """
        C: a IDLE
        S: + IDLE accepted, awaiting DONE.
        S: * 1 FETCH (FLAGS ())
        C: DONE
        S: a OK IDLE completed.
        """
    )


def test_no_message_goes_while_fetch_store_search_or_copy_run(both: tuple[Talk, Talk]) -> None:
    one, other = both
    other.script(
        r"""
        C: a STORE 2 +FLAGS.SILENT (\Deleted)
        S: a OK STORE completed.
        C: b EXPUNGE
        S: * 2 EXPUNGE
        S: b OK EXPUNGE completed.
        C: c APPEND INBOX {2+}
        C:
        C:
        S: * 3 EXISTS
        S: * 0 RECENT
        S: c OK [APPENDUID 100 4] APPEND completed.
        """
    )
    one.script(
        r"""
        C: a FETCH 3 UID
        S: * 3 FETCH (UID 3)
        S: * 4 EXISTS
        S: * 1 RECENT
        S: a OK FETCH completed.
        C: b FETCH 1:* UID
        S: * 1 FETCH (UID 1)
        S: * 3 FETCH (UID 3)
        S: * 4 FETCH (UID 4)
        S: b NO [EXPUNGEISSUED] Some of the messages no longer exist.
        C: c UID FETCH 1:* UID
        S: * 1 FETCH (UID 1)
        S: * 3 FETCH (UID 3)
        S: * 4 FETCH (UID 4)
        S: c OK UID FETCH completed.
        C: d STORE 2:3 +FLAGS (\Seen)
        S: * 3 FETCH (FLAGS (\Flagged \Seen $Work))
        S: d NO [EXPUNGEISSUED] Some of the messages no longer exist.
        C: e UID STORE 2:3 +FLAGS.SILENT (\Seen)
        S: e OK UID STORE completed.
        C: f SEARCH ALL
        S: * SEARCH 1 3 4
        S: f OK SEARCH completed.
        C: g COPY 1:2 "Sent Items"
        S: g NO [EXPUNGEISSUED] Some of the messages no longer exist.
        C: h UID COPY 1:2 "Sent Items"
        S: h OK [COPYUID 101 1 1] UID COPY completed.
        C: i NOOP
        S: * 2 EXPUNGE
        S: i OK NOOP completed.
        C: j FETCH 2 UID
        S: * 2 FETCH (UID 3)
        S: j OK FETCH completed.
        """
    )


def test_a_message_that_came_and_went_was_never_there(both: tuple[Talk, Talk]) -> None:
    one, other = both
    other.script(
        r"""
        C: a APPEND INBOX (\Deleted) {2+}
        C:
        C:
        S: * 4 EXISTS
        S: * 0 RECENT
        S: a OK [APPENDUID 100 4] APPEND completed.
        C: b EXPUNGE
        S: * 4 EXPUNGE
        S: b OK EXPUNGE completed.
        """
    )
    one.script(
        """
        C: a NOOP
        S: a OK NOOP completed.
        """
    )


def test_a_deleted_mailbox_is_empty_for_who_has_it_selected(both: tuple[Talk, Talk]) -> None:
    one, other = both
    other.script(
        """
        C: a RENAME INBOX Old
        S: * 1 EXPUNGE
        S: * 1 EXPUNGE
        S: * 1 EXPUNGE
        S: a OK RENAME completed.
        """
    )
    one.script(
        """
        C: a CHECK
        S: * 1 EXPUNGE
        S: * 1 EXPUNGE
        S: * 1 EXPUNGE
        S: a OK CHECK completed.
        """
    )


# ---------------------------------------------------------------- time


def test_who_does_not_sign_in_is_sent_away_after_a_minute_whatever_it_says() -> None:
    talk = Talk().greeted()
    talk.clock.advance(59)
    talk.script(
        """
        C: a NOOP
        S: a OK NOOP completed.
        """
    )
    talk.clock.advance(1)
    talk.hear(b"* BYE Connection closed: nobody signed in.\r\n")
    talk.ended()


def test_who_says_nothing_is_sent_away_after_half_an_hour() -> None:
    talk = Talk().signed_in()
    talk.clock.advance(1799)
    talk.script(
        """
        C: a NOOP
        S: a OK NOOP completed.
        """
    )
    talk.clock.advance(1799)
    talk.script(
        """
        C: b IDLE
        S: + IDLE accepted, awaiting DONE.
        """
    )
    talk.clock.advance(1799)
    talk.silence()
    talk.clock.advance(1)
    talk.hear(b"* BYE Connection closed: nothing was said for too long.\r\n")
    talk.ended()


def test_a_server_that_stops_says_goodbye() -> None:
    talk = Talk().selected()
    talk.session.stop()
    talk.hear(b"* BYE Server stopping.\r\n")
    talk.ended()


# ---------------------------------------------------------------- nonsense


def test_lines_that_are_no_commands_are_answered_each() -> None:
    with Talk() as talk:
        talk.greeted().say(b"\r\n*\r\nx\r\nGET / HTTP/1.1\r\n\xff\xfe\r\na b c\r\n")
        talk.hear(
            b"* BAD The command cannot be read.\r\n"
            b"* BAD The command cannot be read.\r\n"
            b"* BAD The command cannot be read.\r\n"
            b"GET BAD Unknown command.\r\n"
            b"* BAD The command cannot be read.\r\n"
            b"a BAD Unknown command.\r\n"
        )


def test_a_line_without_end_is_the_end() -> None:
    talk = Talk(service(limits=Limits(line=1000))).greeted()
    talk.say(b"a NOOP\r\n")
    talk.hear(b"a OK NOOP completed.\r\n")
    talk.say(b"x" * 2000)
    talk.hear(b"* BYE Connection closed: what was sent cannot be followed.\r\n")
    talk.ended()


def test_a_client_that_just_goes() -> None:
    with Talk() as talk:
        talk.selected()
    with Talk() as talk:
        talk.greeted().say(b"a APPEND INBOX {100}\r\n")
        talk.hear(b"+ Ready for additional command text.\r\n")


def test_nothing_is_answered_after_logout() -> None:
    talk = Talk().greeted()
    talk.say(b"a LOGOUT\r\nb NOOP\r\n")
    talk.hear(b"* BYE Server closing the connection.\r\na OK LOGOUT completed.\r\n")
    talk.ended()


def test_what_is_large_goes_out_piece_by_piece() -> None:
    mail = store()
    with Talk(service(mail=mail)) as talk:
        talk.signed_in().say(b"a APPEND INBOX {300000+}\r\n" + b"x" * 300000 + b"\r\nb NOOP\r\n")
        talk.hear(b"a OK [APPENDUID 100 4] APPEND completed.\r\nb OK NOOP completed.\r\n")
        talk.say(b"c EXAMINE INBOX\r\nd FETCH 4 BODY.PEEK[TEXT]\r\ne FETCH 4 RFC822.HEADER\r\n")
        octets = b""
        while not octets.endswith(b"e OK FETCH completed.\r\n"):
            octets += talk.client.receive(5.0) or b""
        assert b"* 4 FETCH (RFC822.HEADER {300000}\r\nxxx" in octets


def test_a_tag_used_twice_signs_nobody_in() -> None:
    with Talk() as talk:
        talk.greeted().script(
            """
            C: a FETCH (
            C: a NOOP
            C: a LOGIN user1 wrong
            C: b SELECT INBOX
            S: a BAD The command cannot be read.
            S: a OK NOOP completed.
            S: a NO LOGIN failed.
            S: b BAD This command is not allowed now.
            """
        )


CORPUS = (
    b"a LOGIN user1 secret", b"b SELECT INBOX", b"c UID FETCH 1:* (UID FLAGS BODY.PEEK[])", b"d IDLE", b"DONE",
    b"e STORE 1:* +FLAGS (\\Deleted)", b"f EXPUNGE", b"g APPEND INBOX (\\Seen) {5}\r\nabcde", b"h STARTTLS", b"*",
    b"i AUTHENTICATE PLAIN", b"j AUTHENTICATE NTLM", b"AAAA", b'k LIST "" "*"', b"l SEARCH OR SEEN (NOT 1:2)",
    b"m LOGIN {5}\r\nuser1 {6+}\r\nsecret", b"n COPY 1:2 INBOX", b"o CREATE a/b", b"p RENAME a c", b"q CLOSE",
    b"r FETCH 1:2 (BODY[HEADER.FIELDS (A B)]<1.2> FAST)", b"s STATUS INBOX (UNSEEN)", b"t LSUB {1+}\r\n% {1}\r\n*",
)  # fmt: skip
SNIPPETS = (b"{5}\r\n", b"{3+}\r\n", b"{9999}", b"(", b'"', b"\0", b"\r\n", b"%", b"\xff", b" ")


def nonsense(random: Random) -> bytes:
    """Return commands, some of them spoilt."""
    lines: list[bytes] = [*CORPUS[:2]] if random.random() < 0.8 else []
    for _ in range(random.randrange(1, 40)):
        line = bytearray(random.choice(CORPUS))
        for _ in range(random.choice((0, 0, 0, 1, 2))):
            place = random.randrange(len(line) + 1)
            line[place : place + random.randrange(2)] = random.choice((*SNIPPETS, random.randbytes(1)))
        lines.append(bytes(line))
    return b"\r\n".join((*lines, b""))


@pytest.mark.parametrize("seed", range(100))
def test_nonsense_is_answered_or_ends_the_connection(seed: int) -> None:
    random = Random(seed)
    talk = Talk(service(tls=random.random() < 0.5, limits=Limits(line=3000, literal=5000)))
    talk.chunk = random.choice((1, 7, 100, None))
    try:
        talk.say(nonsense(random))
        talk.taken()
        talk.client.close()
        talk.result()
    except ConnectionLost:
        assert not talk.alive()


# ---------------------------------------------------------------- taps


def test_taps_hear_everything_but_passwords() -> None:
    recorder = Recorder(None)
    talk = Talk(taps=[recorder])
    talk.greeted().say(b"a LOGIN user1 secret\r\nb AUTHENTICATE PLAIN\r\n")
    talk.hear(b"a OK LOGIN completed.\r\nb BAD This command is not allowed now.\r\n")
    talk.say(b"c LOGOUT\r\n")
    talk.hear(b"* BYE Server closing the connection.\r\nc OK LOGOUT completed.\r\n")
    talk.ended()
    entries = [entry_text(entry) for entry in recorder.transcript().entries]
    assert "".join(entries).splitlines() == [
        "S: * OK IMAP server ready.",
        "C: a LOGIN user1 ******",
        "C: b AUTHENTICATE PLAIN",
        "S: a OK LOGIN completed.",
        "S: b BAD This command is not allowed now.",
        "C: c LOGOUT",
        "S: * BYE Server closing the connection.",
        "S: c OK LOGOUT completed.",
        "@closed",
    ]
