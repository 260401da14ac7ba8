"""Cutting a stream into frames: lines, literals, borders, limits, time and memory."""

from __future__ import annotations

import itertools
import tracemalloc

import pytest
from hypothesis import given
from hypothesis import strategies as st

from outlookimap.errors import LimitExceeded
from outlookimap.wire.framing import Announced, Frame, Framer
from outlookimap.wire.leniency import Leniency
from outlookimap.wire.limits import Limits

MIB = 1 << 20


def frames(octets: bytes, *, commands: bool = False, limits: Limits | None = None) -> list[Frame | Announced]:
    framer = Framer(limits or Limits(), commands=commands)
    framer.feed(octets)
    return list(iter(framer.pull, None))


def frame(octets: bytes) -> Frame:
    (only,) = frames(octets)
    assert isinstance(only, Frame)
    assert b"".join(only.octets()) == octets
    return only


RESPONSES: list[tuple[bytes, list[bytes], list[bytes], set[Leniency]]] = [
    (b"* 5 EXISTS\r\n", [b"* 5 EXISTS"], [], set()),
    (b"* 5 EXISTS\n", [b"* 5 EXISTS"], [], {Leniency.BARE_LF}),
    (b"\r\n", [b""], [], set()),
    (b"* OK caf\xe9\r\n", [b"* OK caf\xe9"], [], {Leniency.EIGHT_BIT}),
    (b"* OK \0\r\n", [b"* OK \0"], [], {Leniency.NUL}),
    (b"* OK \r\r\n", [b"* OK \r"], [], {Leniency.BARE_CR}),
    (b"* LIST () NIL {3}\r\na\nb\r\n", [b"* LIST () NIL ", b""], [b"a\nb"], set()),
    (b"* LIST () NIL {0}\r\n\r\n", [b"* LIST () NIL ", b""], [b""], set()),
    (b"* LIST () NIL {003}\r\nabc\r\n", [b"* LIST () NIL ", b""], [b"abc"], {Leniency.LITERAL_LEADING_ZERO}),
    (b"* LIST () NIL {00}\r\n\r\n", [b"* LIST () NIL ", b""], [b""], {Leniency.LITERAL_LEADING_ZERO}),
    (b"* LIST () NIL {3+}\r\nabc\r\n", [b"* LIST () NIL ", b""], [b"abc"], {Leniency.LITERAL_PLUS}),
    (b"* 1 FETCH (A {1}\r\nx B {1}\r\ny)\r\n", [b"* 1 FETCH (A ", b" B ", b")"], [b"x", b"y"], set()),
    # text may hold braces
    (b"a1 OK {5}\r\n", [b"a1 OK {5}"], [], set()),
    (b"+ {5}\r\n", [b"+ {5}"], [], set()),
    (b"* NO [ALERT] {5}\r\n", [b"* NO [ALERT] {5}"], [], set()),
    (b"* bad  {5}\r\n", [b"* bad  {5}"], [], set()),
    # a code that is still open may hold a literal
    (b"* NO [X {1}\r\na {1}\r\nb] {5}\r\n", [b"* NO [X ", b" ", b"] {5}"], [b"a", b"b"], set()),
    # an empty line inside parentheses, after a literal
    (b"* 1 FETCH (A {1}\r\nx\r\n \t\r\n)\r\n", [b"* 1 FETCH (A ", b")"], [b"x"], {Leniency.BLANK_LINE}),
    (b'* 1 FETCH (A "((" {1}\r\nx)\r\n', [b'* 1 FETCH (A "((" ', b")"], [b"x"], set()),
]  # fmt: skip


@pytest.mark.parametrize(("octets", "lines", "literals", "leniencies"), RESPONSES, ids=lambda value: repr(value)[:40])
def test_a_response_is_one_frame(
    octets: bytes, lines: list[bytes], literals: list[bytes], leniencies: set[Leniency]
) -> None:
    cut = frame(octets)
    assert (cut.lines, cut.literals, cut.leniencies) == (lines, literals, leniencies)


def test_an_empty_line_after_a_closed_response_is_a_frame_of_its_own() -> None:
    first, second = frames(b"* 1 FETCH (A {1}\r\nx)\r\n\r\n")
    assert isinstance(first, Frame)
    assert isinstance(second, Frame)
    assert (first.lines, second.lines) == ([b"* 1 FETCH (A ", b")"], [b""])


def test_a_quoted_parenthesis_keeps_no_response_open() -> None:
    first, second = frames(b'* LIST () "(" {1}\r\nx\r\n* 1 EXISTS\r\n')
    assert isinstance(first, Frame)
    assert first.lines == [b'* LIST () "(" ', b""]
    assert isinstance(second, Frame)


def test_a_command_announces_each_literal() -> None:
    first, second, last = frames(b"a LOGIN {1}\r\nu {2+}\r\npw\r\n", commands=True)
    assert first == Announced(1, synchronizing=True, line=b"a LOGIN ")
    assert second == Announced(2, synchronizing=False, line=b" ")
    assert isinstance(last, Frame)
    assert last.leniencies == set()
    assert last.octets() == [b"a LOGIN {1}\r\n", b"u", b" {2+}\r\n", b"pw", b"\r\n"]


def test_what_has_begun_can_be_seen() -> None:
    framer = Framer(Limits(), commands=True)
    assert not framer.inside
    framer.feed(b"a SEL")
    assert framer.pull() is None
    assert (framer.inside, framer.buffered, framer.begun.raw) == (True, 5, [])
    framer.feed(b"ECT {5}\r\nab")
    assert framer.pull() == Announced(5, synchronizing=True, line=b"a SELECT ")
    assert framer.pull() is None
    assert (framer.inside, framer.buffered, framer.begun.raw) == (True, 0, [b"a SELECT {5}\r\n"])


@pytest.mark.parametrize(
    "octets",
    [b"", b"a NO", b"a SELECT {5}\r\n", b"a SELECT {5}\r\nab", b"a SELECT {5}\r\nabcde", b"a SELECT {5}\r\nabcde x"],
)
def test_discarded_octets_are_all_that_came(octets: bytes) -> None:
    framer = Framer(Limits(), commands=True)
    framer.feed(octets)
    list(iter(framer.pull, None))
    assert framer.discard() == octets
    assert not framer.inside
    framer.feed(b"b NOOP\r\n")
    assert isinstance(framer.pull(), Frame)


def test_a_gap_is_discarded_too() -> None:
    framer = Framer(Limits(), commands=False)
    framer.feed(b"* 1 FETCH (A {1}\r\nx\r\n\r\n")
    assert framer.pull() is None
    assert framer.discard() == b"* 1 FETCH (A {1}\r\nx\r\n\r\n"


def test_a_refused_literal_leaves_what_follows() -> None:
    framer = Framer(Limits(), commands=True)
    framer.feed(b"a SELECT {5}\r\n")
    assert isinstance(framer.pull(), Announced)
    framer.feed(b"b NOOP\r\n")
    assert framer.refuse_literal() == b"a SELECT {5}\r\n"
    pulled = framer.pull()
    assert isinstance(pulled, Frame)
    assert pulled.lines == [b"b NOOP"]
    assert framer.refuse_literal() == b""


def test_lines_are_taken_as_they_come() -> None:
    framer = Framer(Limits(line=10), commands=True)
    framer.feed(b"YQ=={5}\r\n\n* ")
    assert framer.line() == b"YQ=={5}\r\n"
    assert framer.line() == b"\n"
    assert framer.line() is None
    framer.feed(b"\r\n")
    assert framer.line() == b"* \r\n"
    framer.feed(b"x" * 13)
    with pytest.raises(LimitExceeded, match="line=10"):
        framer.line()


LIMITS = Limits(line=10, literal=10, elements=3)


@pytest.mark.parametrize("commands", [False, True])
@pytest.mark.parametrize(
    ("octets", "limit"),
    [
        (b"x" * 10 + b"\r\n", None),
        (b"x" * 11 + b"\r\n", "line"),
        (b"x" * 13, "line"),
        (b"* {3}\r\nabc xxx\r\n", "line"),
        (b"{10}\r\n" + b"x" * 10 + b"\r\n", None),
        (b"* {11}\r\n", "literal"),
        (b"{9}\r\n" + b"x" * 9 + b"{2}\r\n", "literal"),
        (b"{%s}\r\n" % (b"1" * 5), "literal"),
    ],
)
def test_a_limit_is_exceeded(octets: bytes, limit: str | None, commands: bool) -> None:
    if limit is None:
        assert frames(octets, commands=commands, limits=LIMITS)
        return
    with pytest.raises(LimitExceeded) as raised:
        frames(octets, commands=commands, limits=LIMITS)
    assert raised.value.limit == limit
    if commands:
        assert raised.value.excerpt == b""


def test_a_size_that_no_number_holds_exceeds_the_limit() -> None:
    with pytest.raises(LimitExceeded, match="literal"):
        frames(b"* {" + b"9" * 5000 + b"}\r\n")


def test_the_number_of_literals_is_limited() -> None:
    with pytest.raises(LimitExceeded) as raised:
        frames(b"(" + b"{0}\r\n" * 4, limits=Limits(elements=3))
    assert raised.value.limit == "elements"


def test_the_excerpt_of_a_response_is_what_came() -> None:
    with pytest.raises(LimitExceeded) as raised:
        frames(b"* OK " + b"x" * 100, limits=Limits(line=50))
    assert raised.value.excerpt.startswith(b"* OK xxx")


@pytest.mark.parametrize(
    "octets",
    [
        b"* NO [X " + b"{0}\r\n " * 30_000 + b"]\r\n",
        b"* 1 FETCH (A {0}\r\n" + b"\r\n" * 500_000 + b")\r\n",
        b"* NO [" + b"x" * 500_000 + b"{0}\r\n " * 30_000 + b"]\r\n",
        b"* " + b"{1" * 500_000 + b"\r\n",
        b'* "' + b'\\"' * 500_000 + b" {0}\r\n\r\n",
    ],
    ids=["literals in a code", "empty lines", "a long first line", "braces", "escapes"],
)
def test_time_grows_with_the_length_alone(octets: bytes) -> None:
    assert b"".join(frame(octets).octets()) == octets


@pytest.mark.parametrize("size", [32 * MIB, 32 * MIB + 12345, 36 * MIB, 40 * MIB, 41 * MIB])
def test_a_literal_takes_the_memory_it_announces(size: int) -> None:
    framer = Framer(Limits(), commands=False)
    chunk = b"x" * (64 << 10)
    tracemalloc.start()
    try:
        framer.feed(b"* 1 FETCH (BODY[] {%d}\r\n" % size)
        for _ in range(size // len(chunk)):
            framer.feed(chunk)
            assert framer.pull() is None
        framer.feed(b"x" * (size % len(chunk)) + b")\r\n")
        whole = framer.pull()
        peak = tracemalloc.get_traced_memory()[1]
    finally:
        tracemalloc.stop()
    assert isinstance(whole, Frame)
    assert len(whole.literals[0]) == size
    assert peak < size + 2 * MIB


@given(
    octets=st.lists(
        st.sampled_from(
            [b"* ", b"+ ", b"OK ", b"[", b"]", b"(", b")", b'"', b"{1}\r\n", b"{0+}\r\n", b"{07}\r\n", b"\r\n", b"x"]
        ),
        max_size=30,
    ).map(b"".join),
    cuts=st.lists(st.integers(0, 1 << 10), max_size=6),
    commands=st.booleans(),
)  # fmt: skip
def test_any_chunking_gives_the_same_frames(octets: bytes, cuts: list[int], commands: bool) -> None:
    ends = sorted({0, len(octets), *(cut % (len(octets) + 1) for cut in cuts)})
    framer = Framer(Limits(), commands=commands)
    pulled: list[Frame | Announced] = []
    for start, end in itertools.pairwise(ends):
        framer.feed(octets[start:end])
        pulled += iter(framer.pull, None)
    assert pulled == frames(octets, commands=commands)
    whole = b"".join(part for one in pulled if isinstance(one, Frame) for part in one.octets())
    assert whole + framer.discard() == octets
