"""The terminals a writer puts together, and what each refuses."""

from __future__ import annotations

from collections.abc import Callable

import pytest
from hypothesis import given
from hypothesis import strategies as st
from support.command_strategies import STYLES, strings

from outlookimap.errors import LocalProtocolError
from outlookimap.wire.building import Builder, Style
from outlookimap.wire.cursor import Cursor
from outlookimap.wire.framing import Frame, Framer
from outlookimap.wire.limits import Limits
from outlookimap.wire.secret import join


def spelled(build: Callable[[Builder], object], style: Style | None = None) -> bytes:
    builder = Builder(style or Style(), synchronizing=False)
    build(builder)
    (part,) = builder.parts()
    return join(part)


@pytest.mark.parametrize(
    ("build", "octets"),
    [
        (lambda b: b.atom(b"a+b]"[:3]), b"a+b"),
        (lambda b: b.tag(b"a]1"), b"a]1"),
        (lambda b: b.flag(b"\\Seen"), b"\\Seen"),
        (lambda b: b.flag(b"\\*"), b"\\*"),
        (lambda b: b.flag(b"$MDNSent"), b"$MDNSent"),
        (lambda b: b.number(0), b"0"),
        (lambda b: b.number(4294967295), b"4294967295"),
        (lambda b: b.listed([b"A", b"B"]), b"(A B)"),
        (lambda b: b.flags([]), b"()"),
        (lambda b: b.flags([b"\\Seen", b"x"]), b"(\\Seen x)"),
        (lambda b: b.quoted(b'a"b\\c'), b'"a\\"b\\\\c"'),
        (lambda b: b.string(b""), b'""'),
        (lambda b: b.string(b"\xe9"), b"{1}\r\n\xe9"),
        (lambda b: b.nstring(None), b"NIL"),
        (lambda b: b.nstring(b"NIL"), b'"NIL"'),
        (lambda b: b.astring(b"a]"), b"a]"),
        (lambda b: b.astring(b"a b"), b'"a b"'),
        (lambda b: b.list_mailbox(b"a%*"), b"a%*"),
        (lambda b: b.literal(b""), b"{0}\r\n"),
        (lambda b: b.raw(b"").raw(b"x").line_end(), b"x\r\n"),
    ],
)
def test_a_terminal_is_spelled(build: Callable[[Builder], object], octets: bytes) -> None:
    assert spelled(build) == octets


@pytest.mark.cites("O5:2.1.3")
@pytest.mark.parametrize(
    "build",
    [
        lambda b: b.atom(b""),
        lambda b: b.atom(b"a]"),
        lambda b: b.atom(b"a b"),
        lambda b: b.tag(b"a+"),
        lambda b: b.flag(b"\\Se en"),
        lambda b: b.number(-1),
        lambda b: b.number(1 << 32),
        lambda b: b.flags([b"\\Seen", b""]),
        lambda b: b.quoted(b"a\nb"),
        lambda b: b.quoted(b"\x80"),
        lambda b: b.literal(b"\0"),
        lambda b: b.string(b"\0"),
    ],
)
def test_a_terminal_is_refused(build: Callable[[Builder], object]) -> None:
    with pytest.raises(LocalProtocolError):
        spelled(build)


@pytest.mark.cites("O5:V0012", "O5:V0015", "O5:V0017")
@given(octets=strings, style=st.sampled_from(STYLES))
def test_every_string_comes_back_whole(octets: bytes, style: Style) -> None:
    """Control characters among them are neither changed nor counted."""
    framer = Framer(Limits(), commands=False)
    framer.feed(spelled(lambda b: b.raw(b"x ").astring(octets).raw(b" ").string(octets).line_end(), style))
    frame = framer.pull()
    assert isinstance(frame, Frame)
    cursor = Cursor(frame, 1)
    assert (cursor.take(b"x"), cursor.spaces()) == (True, True)
    assert cursor.astring() == octets
    cursor.space()
    assert cursor.string() == octets
    cursor.end()
    assert frame.leniencies == set()


@pytest.mark.parametrize(
    ("synchronizing", "style", "parts"),
    [
        (True, Style(), [b"{1}\r\n", b"x"]),
        (True, Style(literal_plus=True), [b"{1+}\r\nx"]),
        (False, Style(literal_plus=True), [b"{1}\r\nx"]),
    ],
)
def test_a_literal_waits_where_it_must(synchronizing: bool, style: Style, parts: list[bytes]) -> None:
    builder = Builder(style, synchronizing=synchronizing).literal(b"x")
    assert [join(part) for part in builder.parts()] == parts


def test_the_quotes_of_a_secret_are_none() -> None:
    builder = Builder(Style(), synchronizing=True).quoted(b'a"', secret=True)
    assert builder.parts() == [[(b'"', False), (b'a\\"', True), (b'"', False)]]
