"""Which statements stand beside a command in a conversation; typed by hand from [MS-STANOIMAP] v5.0."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st
from support.command_strategies import any_command

from outlookimap.profiles import exercised, load
from outlookimap.statements import get
from outlookimap.wire import commands as c
from outlookimap.wire.command_items import ReceivedCommand
from outlookimap.wire.command_reader import CommandReader
from outlookimap.wire.limits import Limits

SHOWN = [
    (b"CAPABILITY", ("O5:V0033", "O5:V0035")),
    (b"NOOP", ("O5:V0028",)),
    (b"LOGOUT", ("O5:2.1.2", "O5:V0050")),
    (b"AUTHENTICATE NTLM", ("O5:V0032", "O5:E0001", "O5:V0034", "O5:V0027")),
    (b'LOGIN "user1" "secret"', ("O5:V0032", "O5:V0034")),
    (b'LIST "" "*"', ("O5:V0041", "O5:V0043")),
    (b'XLIST "" ""', ("O5:V0061",)),
    (b'SELECT "INBOX"', ("O5:V0036", "O5:V0037", "O5:V0050")),
    (b'STATUS "INBOX" (UNSEEN)', ("O5:V0045",)),
    (b"FETCH 1 (UID)", ("O5:V0055",)),
    (b"UID FETCH 1:* (UID FLAGS)", ("O5:V0055", "O5:V0059", "O5:V0060")),
    (b"UID FETCH 7 (UID FLAGS BODY.PEEK[])", ("O5:V0055", "O5:V0054", "O5:V0059", "O5:V0060")),
    (b"UID FETCH 7 (UID FLAGS RFC822.PEEK)", ("O5:V0055", "O5:V0059", "O5:V0060")),
    (b"UID FETCH 7 (ENVELOPE)", ("O5:V0059", "O5:V0060")),
    (b"UID STORE 7 +FLAGS (\\Seen)", ("O5:V0056", "O5:V0059", "O5:V0060")),
    (b"STORE 7 FLAGS (\\Seen)", ("O5:V0056",)),
    (b'APPEND "Drafts" (\\Draft) {3+}\r\na: ', ("O5:V0056", "O5:V0005", "O5:V0046", "O5:V0048")),
    (b'UID COPY 7 "Archive"', ("O5:V0059", "O5:V0060")),
    # what it never sends shows the statement that says so
    (b'EXAMINE "INBOX"', ("O5:V0040",)),
    # no profile has a word about it
    (b"XAPPLE 1", ()),
]


@pytest.mark.parametrize(("line", "ids"), SHOWN)
def test_what_a_command_shows(line: bytes, ids: tuple[str, ...]) -> None:
    items = CommandReader(Limits()).feed(b"a1b2 " + line + b"\r\n")
    (command,) = (item.command for item in items if isinstance(item, ReceivedCommand))
    assert exercised(command, load("2013")) == ids


@given(any_command, st.sampled_from(["2007", "2010", "2013"]))
def test_any_command_shows_each_statement_once(command: c.Command, version: str) -> None:
    ids = exercised(command, load(version))
    assert len(set(ids)) == len(ids)
    assert [get(one).id for one in ids] == list(ids)
