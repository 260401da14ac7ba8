"""Which departures from the rule on spaces are taken: octets typed by hand (RFC 3501 section 9, rule on SP)."""

from __future__ import annotations

import pytest
from support.talk import Talk, service

from outlookimap.server.behaviour import Behaviour, Parsing

ANY = Parsing(any_spaces=True)
TAB_ONLY = Parsing(any_spaces=False, tab_after_command=True)
STRICT = Parsing(any_spaces=False, tab_after_command=False)

# what is sent; whether it is taken by ANY, by TAB_ONLY and by STRICT
COMMANDS = (
    (b"a STATUS INBOX (MESSAGES)", True, True, True),
    (b"a STATUS\tINBOX (MESSAGES)", True, True, False),
    (b"a STATUS\t\tINBOX (MESSAGES)", True, False, False),
    (b"a STATUS\t INBOX (MESSAGES)", True, False, False),
    (b"a STATUS \tINBOX (MESSAGES)", True, False, False),
    (b"a STATUS  INBOX (MESSAGES)", True, False, False),
    (b"a STATUS INBOX\t(MESSAGES)", True, False, False),
    (b"a STATUS\tINBOX\t(MESSAGES)", True, False, False),
    (b"a STATUS INBOX  (MESSAGES)", True, False, False),
    (b"a STATUS INBOX (MESSAGES\tUNSEEN)", True, False, False),
    (b"a STATUS INBOX \t \t (MESSAGES  UNSEEN)", True, False, False),
    (b"a\tSTATUS INBOX (MESSAGES)", True, False, False),
    (b"a  STATUS INBOX (MESSAGES)", True, False, False),
    (b"a STATUS INBOX (MESSAGES) ", True, False, False),
    (b"a STATUS INBOX (MESSAGES)\t", True, False, False),
    (b"a STATUS \"IN BOX\t\" (MESSAGES)", True, True, True),  # inside a string they are its own
    (b"a STATUS INBOX(MESSAGES)", False, False, False),
    (b"a STATUS\"INBOX\" (MESSAGES)", False, False, False),
    (b"a NOOP", True, True, True),
    (b"a NOOP ", True, False, False),
    (b"a NOOP\t", True, False, False),
    (b"a LIST\t\"\" {1+}\r\n*", True, True, False),
    (b"a LIST \"\" {1+}\r\n* ", True, False, False),
)  # fmt: skip


def taken(talk: Talk, octets: bytes) -> bool:
    """Send a command with the tag a and NOOP after it; tell whether the first was taken, for BAD it must be alone."""
    talk.say(octets + b"\r\nz NOOP\r\n")
    got = b""
    while not got.endswith(b"z OK NOOP completed.\r\n"):
        octets = talk.client.receive(5) or b""
        assert octets, got
        got += octets
    if b"a BAD " in got:
        assert got == b"a BAD The command cannot be read.\r\nz OK NOOP completed.\r\n"
        return False
    return True


@pytest.mark.cites("X10:2.1.6", "X10:V0003", "X3:2.1.7", "X3:V0003")
@pytest.mark.parametrize(("octets", "by_any", "by_tab_only", "by_strict"), COMMANDS)
def test_spaces(octets: bytes, by_any: bool, by_tab_only: bool, by_strict: bool) -> None:
    for parsing, expected in ((ANY, by_any), (TAB_ONLY, by_tab_only), (STRICT, by_strict)):
        with Talk(service(behaviour=Behaviour(parsing=parsing))) as talk:
            assert taken(talk.signed_in(), octets) == expected, parsing


@pytest.mark.cites("X10:2.1.6")
@pytest.mark.parametrize(
    ("octets", "expected"),
    [(b"a UID SEARCH\tALL", True), (b"a UID\tSEARCH ALL", False), (b"a SEARCH\t(SEEN UNSEEN)", True),
     (b"a SEARCH ( SEEN)", False), (b"a FETCH 1 (UID FLAGS )", False), (b"a FETCH\t1 FLAGS", True)],
)  # fmt: skip
def test_spaces_where_a_mailbox_is_selected(octets: bytes, expected: bool) -> None:
    with Talk(service(behaviour=Behaviour(parsing=TAB_ONLY))) as talk:
        assert taken(talk.selected(), octets) is expected


@pytest.mark.cites("X10:2.1.6", "X10:V0003")
def test_what_is_not_taken_does_nothing() -> None:
    with Talk(service(behaviour=Behaviour(parsing=TAB_ONLY))) as talk:
        talk.greeted().script(
            """
            C: a LOGIN user1  secret
            S: a BAD The command cannot be read.
            C: b IDLE\x20
            S: b BAD The command cannot be read.
            C: c AUTHENTICATE  PLAIN
            S: c BAD The command cannot be read.
            C: d STARTTLS\t
            S: d BAD The command cannot be read.
            C: e LOGOUT\x20
            S: e BAD The command cannot be read.
            C: f LOGIN\tuser1 secret
            S: f OK LOGIN completed.
            C: g LOGOUT
            S: * BYE Server closing the connection.
            S: g OK LOGOUT completed.
            """
        )
        talk.ended()
