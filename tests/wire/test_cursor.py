"""The terminals a reader takes from a frame: what is taken, what is named, what is refused."""

from __future__ import annotations

from collections.abc import Callable

import pytest

from outlookimap.errors import LimitExceeded, RemoteProtocolError
from outlookimap.wire.cursor import END, LITERAL, Cursor
from outlookimap.wire.framing import Frame, Framer
from outlookimap.wire.leniency import Leniency
from outlookimap.wire.limits import Limits
from outlookimap.wire.sections import read_section


def cursor_at(octets: bytes, nesting: int = 3) -> Cursor:
    framer = Framer(Limits(), commands=False)
    framer.feed(octets + b"\r\n")
    frame = framer.pull()
    assert isinstance(frame, Frame)
    return Cursor(frame, nesting)


Take = Callable[[Cursor], object]


def strings(cursor: Cursor) -> object:
    return cursor.parenthesized(cursor.string)


TAKEN: list[tuple[bytes, Take, object, set[Leniency]]] = [
    (b"5", lambda c: c.number(), 5, set()),
    (b"4294967295", lambda c: c.number(nonzero=True), 4294967295, set()),
    (b"4294967296", lambda c: c.number(), 4294967296, {Leniency.NUMBER_RANGE}),
    (b"0", lambda c: c.number(), 0, set()),
    (b"0", lambda c: c.number(nonzero=True), 0, {Leniency.NUMBER_RANGE}),
    (b"a+b", lambda c: c.atom(), b"a+b", set()),
    (b"nil", lambda c: c.nil(), True, set()),
    (b"NIL)", lambda c: c.nil() and c.take(b")"), True, set()),
    (b"", lambda c: c.nil(), False, set()),
    (b'"a\\"b\\\\c"', lambda c: c.string(), b'a"b\\c', set()),
    (b'""', lambda c: c.string(), b"", set()),
    (b"{0}\r\n", lambda c: c.string(), b"", set()),
    (b"{3}\r\na\0b", lambda c: c.string(), b"a\0b", set()),
    (b'"a\\b"', lambda c: c.string(), b"a\\b", {Leniency.LOOSE_QUOTED}),
    (b"NIL", lambda c: c.nstring(), None, set()),
    (b'"NIL"', lambda c: c.nstring(), b"NIL", set()),
    (b"NILS", lambda c: c.astring(), b"NILS", set()),
    (b"a]b", lambda c: c.astring(), b"a]b", set()),
    (b'"a b"', lambda c: c.astring(), b"a b", set()),
    (b"a%*b]", lambda c: c.list_mailbox(), b"a%*b]", set()),
    (b"{1}\r\n%", lambda c: c.list_mailbox(), b"%", set()),
    (b"\\Seen", lambda c: c.flag(), b"\\Seen", set()),
    (b"\\*", lambda c: c.flag(), b"\\*", set()),
    (b"a%b", lambda c: c.flag(), b"a%b", {Leniency.LOOSE_FLAG}),
    (b"%", lambda c: c.flag(), b"%", {Leniency.LOOSE_FLAG}),
    (b'x"', lambda c: (c.flag(), c.take(b'"')), (b"x", True), {Leniency.LOOSE_FLAG}),
    (b"()", strings, (), set()),
    (b'("a" "b")', strings, (b"a", b"b"), set()),
    (b'( "a")', strings, (b"a",), {Leniency.EXTRA_SPACE}),
    (b'("a" )', strings, (b"a",), {Leniency.EXTRA_SPACE}),
    (b'("a""b")', strings, (b"a", b"b"), {Leniency.MISSING_SPACE}),
    (b'("a"\t"b")', strings, (b"a", b"b"), {Leniency.TAB}),
    (b'("a"  "b")', strings, (b"a", b"b"), {Leniency.EXTRA_SPACE}),
    (b"x", lambda c: (c.spaces(), c.atom()), (False, b"x"), set()),
    (b"x  ", lambda c: c.atom(), b"x", {Leniency.TRAILING_SPACE}),
    (b"abc", lambda c: c.rest(), b"abc", set()),
    (b"a {1}\r\nb c {1}\r\nd", lambda c: c.rest(), b"a {1}\r\nb c {1}\r\nd", set()),
    (b"atom", lambda c: c.raw_value(), b"atom", set()),
    (b'"a\\"b"', lambda c: c.raw_value(), b'"a\\"b"', set()),
    (b"{2}\r\nxy", lambda c: c.raw_value(), b"{2}\r\nxy", set()),
    (b'(a "b" (c) {1}\r\nd)', lambda c: c.raw_value(), b'(a "b" (c) {1}\r\nd)', set()),
    (b"[]", read_section, read_section(cursor_at(b"[]")), set()),
]


@pytest.mark.parametrize(
    ("octets", "take", "value", "leniencies"),
    TAKEN,
    ids=lambda value: repr(value)[:30] if isinstance(value, bytes) else "",
)
def test_a_terminal_is_taken(octets: bytes, take: Take, value: object, leniencies: set[Leniency]) -> None:
    cursor = cursor_at(octets)
    assert take(cursor) == value
    cursor.end()
    assert cursor.frame.leniencies == leniencies


@pytest.mark.parametrize(
    ("octets", "take", "due"),
    [
        (b"x", lambda c: c.number(), "a number"),
        (b"1" * 20, lambda c: c.number(), "at most 19 digits"),
        (b"(", lambda c: c.atom("a keyword"), "a keyword was due"),
        (b"x", lambda c: c.string(), "a string"),
        (b'"abc', lambda c: c.string(), "the end of a quoted string"),
        (b"x", lambda c: c.nstring(), "a string"),
        (b"(", lambda c: c.astring(), "a string or an atom"),
        (b"(", lambda c: c.list_mailbox(), "a mailbox pattern"),
        (b"(", lambda c: c.flag(), "a flag"),
        (b"x", lambda c: c.space(), "a space"),
        (b"x", lambda c: c.end(), "the end of the line"),
        (b"x", lambda c: c.expect(b"("), "( was due"),
        (b'("a"x', strings, "a space was due"),
        (b'("a"', strings, "<end of line>"),
        (b"({1}\r\na{1}\r\nb)", strings, "<literal>"),
        (b")", lambda c: c.raw_value(), "a value"),
    ],
)
def test_a_terminal_is_refused(octets: bytes, take: Take, due: str) -> None:
    with pytest.raises(RemoteProtocolError) as raised:
        take(cursor_at(octets))
    assert due in str(raised.value)


@pytest.mark.parametrize("octets", [b"((((x))))", b"(x ((("])
def test_parentheses_are_as_deep_as_the_limit_allows(octets: bytes) -> None:
    with pytest.raises(LimitExceeded, match="nesting=3"):
        cursor_at(octets).raw_value()
    assert cursor_at(b"(((x)))").raw_value() == b"(((x)))"


def test_levels_are_left_again() -> None:
    cursor = cursor_at(b"(x) (x) (x) (x)", nesting=1)
    for _ in range(4):
        assert cursor.parenthesized(cursor.atom) == (b"x",)
        cursor.spaces()
    cursor.deeper()
    cursor.shallower()
    cursor.deeper()


def test_a_position_can_be_gone_back_to() -> None:
    cursor = cursor_at(b"a {1}\r\nb c")
    here = cursor.mark()
    assert (cursor.atom(), cursor.spaces(), cursor.peek()) == (b"a", True, LITERAL)
    assert (cursor.string(), cursor.spaces(), cursor.atom(), cursor.peek()) == (b"b", True, b"c", END)
    cursor.back(here)
    assert cursor.peek() == ord("a")


def test_octets_since_a_position_are_as_they_stood() -> None:
    cursor = cursor_at(b"a {1}\r\nb {2}\r\ncd e")
    here = cursor.mark()
    cursor.atom()
    assert cursor.since(here) == b"a"
    cursor.rest()
    assert cursor.since(here) == b"a {1}\r\nb {2}\r\ncd e"


def test_large_literals_are_not_kept_as_octets() -> None:
    frame = Frame(lines=[b"x ", b""], literals=[b"y" * 11])
    with pytest.raises(LimitExceeded, match="line=10"):
        Cursor(frame, 1, kept=10).rest()
    assert Cursor(frame, 1, kept=11).rest() == b"x {11}\r\n" + b"y" * 11


def test_elements_are_limited() -> None:
    cursor = Cursor(Frame(lines=[b"(a b c)"]), 1, elements=2)
    with pytest.raises(LimitExceeded, match="elements=2"):
        cursor.parenthesized(cursor.atom)


def test_an_attempt_that_fails_takes_nothing() -> None:
    cursor = cursor_at(b"a%b  (x")
    assert cursor.attempt(lambda: (cursor.flag(), cursor.spaces(), strings(cursor))) is None
    assert (cursor.peek(), cursor.frame.leniencies) == (ord("a"), set())
    assert cursor.attempt(cursor.flag) == b"a%b"
    cursor = cursor_at(b"((((", nesting=1)
    with pytest.raises(LimitExceeded):
        cursor.attempt(cursor.raw_value)


def test_what_stands_around_a_position() -> None:
    cursor = cursor_at(b"a]b] c")
    assert not cursor.follows(b"a")
    assert cursor.before_last(b"]") == b"a]b"
    assert cursor.take(b"]")
    assert cursor.follows(b"]")
    with pytest.raises(RemoteProtocolError, match="] was due"):
        cursor.before_last(b"]")


def test_a_quoted_string_that_never_ends_is_no_value() -> None:
    cursor = cursor_at(b'("\\" x)')
    with pytest.raises(RemoteProtocolError, match="the end of a quoted string was due"):
        cursor.raw_value()
