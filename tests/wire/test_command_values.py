"""Values that validate themselves: commands, search keys, data items and sections."""

from __future__ import annotations

from collections.abc import Callable

import pytest

from outlookimap.errors import LocalProtocolError
from outlookimap.wire import commands as c
from outlookimap.wire import fetch, search
from outlookimap.wire.fetch import FetchAtt, Section
from outlookimap.wire.secret import Secret
from outlookimap.wire.sequence import SequenceSet

ONE = SequenceSet.of(1)
UID = FetchAtt(fetch.UID)


@pytest.mark.parametrize(
    "build",
    [
        lambda: c.Search(()),
        lambda: c.Fetch(ONE),
        lambda: c.Fetch(ONE, (UID,), b"ALL"),
        lambda: c.Fetch(ONE, (UID, UID), parenthesized=False),
        lambda: c.Store(ONE, c.StoreAction.ADD, (), parenthesized=False),
        lambda: search.Flagging(b"KEYWORD"),
        lambda: search.Containing(b"HEADER", b""),
        lambda: search.Sized(b"LARGER", -1),
        lambda: search.Sized(b"SINCE", 1),
        lambda: search.Keyworded(b"seen", b"x"),
        lambda: search.Every(()),
        lambda: Section((0,)),
        lambda: Section((), b"BODY"),
        lambda: Section((), fetch.MIME),
        lambda: Section((), fetch.HEADER_FIELDS),
        lambda: Section((), fetch.HEADER, (b"To",)),
        lambda: FetchAtt(fetch.BODY_PEEK),
        lambda: FetchAtt(fetch.BODY, None, 0),
        lambda: FetchAtt(fetch.RFC822, Section()),
        lambda: FetchAtt(fetch.BODY, Section(), None, 1),
        lambda: FetchAtt(fetch.BODY, Section(), 0, 0),
    ],
)
def test_a_value_that_cannot_be_is_refused(build: Callable[[], object]) -> None:
    with pytest.raises(LocalProtocolError):
        build()


@pytest.mark.parametrize(
    ("command", "keyword"),
    [
        (c.Noop(), b"NOOP"),
        (c.Expunge(), b"EXPUNGE"),
        (c.Expunge(ONE), b"UID EXPUNGE"),
        (c.Copy(ONE, b"x"), b"COPY"),
        (c.Copy(ONE, b"x", uid=True), b"UID COPY"),
        (c.UnknownCommand(b"UID SORT"), b"UID SORT"),
    ],
)
def test_the_keyword_of_a_command(command: c.Command, keyword: bytes) -> None:
    assert c.keyword(command) == keyword


@pytest.mark.parametrize(
    ("action", "silent", "item"),
    [
        (c.StoreAction.REPLACE, False, b"FLAGS"),
        (c.StoreAction.ADD, True, b"+FLAGS.SILENT"),
        (c.StoreAction.REMOVE, False, b"-FLAGS"),
    ],
)
def test_the_item_of_store(action: c.StoreAction, silent: bool, item: bytes) -> None:
    assert c.Store(ONE, action, (b"x",), silent).item == item


def test_a_macro_has_no_parentheses() -> None:
    assert not c.Fetch(ONE, macro=b"ALL").parenthesized


def test_one_table_says_what_is_secret() -> None:
    assert c.is_secret(b"LOGIN", "password")
    assert not c.is_secret(b"LOGIN", "user")
    assert c.has_secrets(b"AUTHENTICATE")
    assert not c.has_secrets(b"SELECT")
    owners = {command.name: command for command in c.COMMANDS}
    for name, field in c.SECRET_FIELDS:
        assert field in owners[name].__dataclass_fields__


@pytest.mark.parametrize(
    ("keyword", "unknown"),
    [
        (b"NOOP", False),
        (b"UID", False),
        (b"UID FETCH", False),
        (b"UID NOOP", False),
        (b"XFOO", True),
        (b"UID SORT", True),
    ],
)
def test_what_is_unknown(keyword: bytes, unknown: bool) -> None:
    assert c.is_unknown(keyword) is unknown


@pytest.mark.parametrize(
    ("asked", "answer", "answered"),
    [
        (UID, UID, True),
        (UID, FetchAtt(fetch.FLAGS), False),
        (FetchAtt(fetch.RFC822_PEEK), FetchAtt(fetch.RFC822), True),
        (FetchAtt(fetch.BODY_PEEK, Section()), FetchAtt(fetch.BODY, Section()), True),
        (FetchAtt(fetch.BODY_PEEK, Section()), FetchAtt(fetch.BODY, Section(), 0), False),
        (FetchAtt(fetch.BODY, Section(), 0, 10), FetchAtt(fetch.BODY, Section(), 0), True),
        (FetchAtt(fetch.BODY), FetchAtt(fetch.BODY, Section()), False),
        (FetchAtt(fetch.BODY, Section()), FetchAtt(fetch.BODY), False),
    ],
)
def test_which_item_answers_which(asked: FetchAtt, answer: FetchAtt, answered: bool) -> None:
    assert asked.answered_by(answer) is answered


def test_commands_compare_by_value() -> None:
    assert c.Login(b"u", Secret("p")) == c.Login(b"u", Secret("p")) != c.Login(b"u", Secret("q"))
