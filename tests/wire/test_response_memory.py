"""What a server can make the reader hold: never more than the largest literal and 16 MiB, and never for long."""

from __future__ import annotations

import tracemalloc
from collections.abc import Iterator

import pytest

from outlookimap.errors import LimitExceeded
from outlookimap.wire.limits import Limits
from outlookimap.wire.response_reader import ResponseReader
from outlookimap.wire.responses import Exists, FetchData, Response, UnknownData

MIB = 1 << 20
LITERAL = 32 * MIB
LIMITS = Limits(literal=LITERAL)
CHUNK = 1 << 16


def _filled(head: bytes, elements: Iterator[bytes], tail: bytes = b"") -> bytes:
    """One line of 1 MiB: `head`, as many elements as fit, `tail`."""
    parts = [head]
    room = MIB - len(head) - len(tail)
    for element in elements:
        room -= len(element)
        if room < 0:
            break
        parts.append(element)
    return b"".join([*parts, tail]) + b"\r\n"


def _always(element: bytes) -> Iterator[bytes]:
    while True:
        yield element


def _counted(template: bytes, first: int) -> Iterator[bytes]:
    """`template` with another number each time, so that no two are alike."""
    return (template % number for number in range(first, first + MIB))


def _words(width: int, before: bytes = b" ") -> Iterator[bytes]:
    """Words of letters, all of one length and all different while there are any."""
    letters = b"ABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789-_.!#$&'+,/:;<=>?@^`|~"
    number = 0
    while True:
        rest, word = number, bytearray()
        for _ in range(width):
            rest, digit = divmod(rest, len(letters))
            word.append(letters[digit])
        yield before + bytes(word)
        number += 1


LINES = {
    "SEARCH of short numbers": _filled(b"* SEARCH", _always(b" 999")),
    "SEARCH of four digits": _filled(b"* SEARCH", _counted(b" %d", 1000)),
    "SEARCH of extensions": _filled(b"* SEARCH", _always(b" ()")),
    "CAPABILITY of 2": _filled(b"* CAPABILITY", _words(2)),
    "CAPABILITY of 3": _filled(b"* CAPABILITY", _words(3)),
    "CAPABILITY code": _filled(b"* OK [CAPABILITY", _words(3), b"] x"),
    "ENABLED": _filled(b"* ENABLED", _words(3)),
    "FLAGS": _filled(b"* FLAGS (x", _words(2), b")"),
    "LIST attributes": _filled(b"* LIST (\\x", _words(1, b" \\"), b') "/" x'),
    "loose name": _filled(b'* LIST () "/" ', _always(b"a ")),
    "loose spaces": _filled(b"* LIST () ", _always(b" ")),
    "STATUS items": _filled(b"* STATUS x (A 1", (b"%b 1" % word for word in _words(2)), b")"),
    "STATUS name": _filled(b"* STATUS ", _always(b"( "), b")"),
    "COPYUID": _filled(b"* OK [COPYUID 1 1,1 1", _counted(b",%d", 1), b"] x"),
    "code never closed": _filled(b"* OK [X ", _always(b'"')),
    "code of quotes": _filled(b"* OK [X ", _always(b'"\\" ')),
    "words": _filled(b"* X", _always(b" a")),
    "parentheses": _filled(b"* X ", _always(b"(")),
    "number": _filled(b"* ", _always(b"9")),
    "tag": _filled(b"", _always(b"a")),
    "spaces": _filled(b"", _always(b" ")),
    "bytes above 127": _filled(b"", _always(b"\xff")),
    "FETCH items": _filled(b"* 1 FETCH (UID 1", _always(b" A B"), b")"),
    "FETCH unknown": _filled(b"* 1 FETCH (UID 1", (b"%b B" % word for word in _words(2)), b")"),
    "FETCH UID": _filled(b"* 1 FETCH (UID 1", _always(b" UID 1"), b")"),
    "FETCH sections": _filled(b"* 1 FETCH (UID 1", _counted(b" BODY[999.999]<%d> NIL", 1000), b")"),
    "FETCH fields": _filled(b"* 1 FETCH (BODY[HEADER.FIELDS (x", _words(2), b")] NIL)"),
    "FETCH part": _filled(b"* 1 FETCH (BODY[1", _always(b".1"), b"] NIL)"),
    "FETCH lists": _filled(b"* 1 FETCH (X (", _always(b"() "), b"))"),
    "FETCH deep": _filled(b"* 1 FETCH (BODY ", _always(b"(")),
    "FETCH string": _filled(b'* 1 FETCH (RFC822 "', _always(b"\\\\"), b'")'),
    "FETCH string never closed": _filled(b'* 1 FETCH (RFC822 "', _always(b'\\"')),
    "BODYSTRUCTURE of NIL": _filled(b"* 1 FETCH (BODYSTRUCTURE (", _always(b"NIL "), b"))"),
    "BODYSTRUCTURE extensions": _filled(
        b'* 1 FETCH (BODYSTRUCTURE ("A" "B" NIL NIL NIL "7BIT" 1 NIL NIL NIL NIL ', _counted(b"%d ", 1000), b"))"
    ),
    "BODYSTRUCTURE parts": _filled(b"* 1 FETCH (BODYSTRUCTURE (", _always(b"(NIL)"), b"NIL))"),
    "BODYSTRUCTURE whole parts": _filled(
        b"* 1 FETCH (BODYSTRUCTURE (", _counted(b'("a" "%d" NIL NIL NIL "8" 1000)', 10), b'"x"))'
    ),
    "BODYSTRUCTURE params": _filled(
        b'* 1 FETCH (BODYSTRUCTURE ("A" "B" ("a" "b"', (b'"%b"' % word for word in _words(2, b"")), b") NIL NIL NIL 1))"
    ),
    "ENVELOPE addresses": _filled(b"* 1 FETCH (ENVELOPE (NIL NIL (", _always(b"()"), b")))"),
    "ENVELOPE": _filled(b"* 1 FETCH (", _always(b"ENVELOPE () "), b")"),
    "NAMESPACE": _filled(b"* NAMESPACE (", (b'("%b" NIL)' % word for word in _words(2, b"")), b") NIL NIL"),
    "ID": _filled(b"* ID (", (b'"%b" ' % word for word in _words(2, b"")), b")"),
    "literals": _filled(b"* X ", _always(b"{1}\r\n")).replace(b"{1}\r\n", b"{1}\r\n\xff"),
    "literals in a code": _filled(b"* OK [X ", _always(b"{1}\r\n")).replace(b"{1}\r\n", b"{1}\r\n\xff"),
    "literals in FETCH": _filled(b"* 1 FETCH (X (", _always(b"{0}\r\n"), b"))"),
    "blank lines in FETCH": b"* 1 FETCH (RFC822 {1}\r\nx" + b"\n" * (MIB >> 3) + b")\r\n",
    "blank lines": b"\n" * CHUNK,
    "announcement": _filled(b"* X {", _always(b"9"), b"}"),
    "braces": _filled(b"* X ", _always(b"{1"), b"} x"),
    "no line end": b"* OK " + b"x" * 2 * MIB,
}


def _read(stream: bytes, limits: Limits = LIMITS) -> tuple[list[Response], ResponseReader, int]:
    """Return what a stream is read as, the reader, and the most memory that took in octets."""
    reader = ResponseReader(limits)
    responses: list[Response] = []
    tracemalloc.start()
    try:
        for start in range(0, len(stream), CHUNK):
            if reader.broken is None:
                responses += reader.feed(stream[start : start + CHUNK])
        return responses, reader, tracemalloc.get_traced_memory()[1]
    finally:
        tracemalloc.stop()


@pytest.mark.timeout(60)
@pytest.mark.parametrize("name", LINES)
def test_the_worst_line_takes_less_than_16_mib(name: str) -> None:
    responses, reader, peak = _read(LINES[name])
    assert responses or reader.broken is not None
    assert peak < 16 * MIB


def _with_literal(head: bytes, size: int, tail: bytes) -> bytes:
    return head + b"{%d}\r\n" % size + bytes(size) + tail + b"\r\n"


@pytest.mark.parametrize("item", [b"BODY[]", b"RFC822", b"RFC822.TEXT"])
def test_the_largest_literal_is_held_once(item: bytes) -> None:
    responses, _, peak = _read(_with_literal(b"* 1 FETCH (UID 7 " + item + b" ", LITERAL, b" FLAGS ())"))
    (response,) = responses
    assert isinstance(response, FetchData)
    assert response.items[1][1] == bytes(LITERAL)
    assert peak < LITERAL + 16 * MIB


@pytest.mark.parametrize(
    ("head", "tail"),
    [
        (b"* 1 FETCH (ENVELOPE (NIL ", b" nonsense))"),
        (b"* 1 FETCH (BINARY[1] ~", b")"),
        (b"* X ", b""),
        (b"* OK [X ", b"] text"),
        (b'* LIST () "/" ', b""),
        (b"* STATUS ", b" (MESSAGES 1)"),
        (b"", b""),
    ],
)
def test_the_largest_literal_anywhere_else_is_not_held_twice(head: bytes, tail: bytes) -> None:
    responses, reader, peak = _read(_with_literal(head, LITERAL, tail))
    assert responses or reader.broken is not None
    assert peak < LITERAL + 16 * MIB


def test_literals_of_one_response_count_together() -> None:
    half = b"{%d}\r\n" % (LITERAL // 2 + 1)
    reader = ResponseReader(LIMITS)
    assert reader.feed(b"* 1 FETCH (RFC822.HEADER " + half + bytes(LITERAL // 2 + 1) + b" RFC822.TEXT " + half) == []
    assert isinstance(reader.broken, LimitExceeded)
    assert reader.broken.limit == "literal"


@pytest.mark.parametrize(
    ("limits", "stream", "limit"),
    [
        (Limits(line=10), b"* OK 456789012\r\n", "line"),
        (Limits(line=10), b"* OK 4567890123", "line"),
        (Limits(line=20), b"* X {21}\r\n" + bytes(21) + b"\r\n", "line"),
        (Limits(literal=3), b"* 1 FETCH (RFC822 {4}\r\n", "literal"),
        (Limits(nesting=2), b"* 1 FETCH (X (()))\r\n", "nesting"),
        (Limits(nesting=2), b"* 1 FETCH (BODY (((\r\n", "nesting"),
        (Limits(nesting=2), b"* 1 FETCH (ENVELOPE (NIL NIL ((NIL))))\r\n", "nesting"),
        (Limits(elements=2), b"* CAPABILITY A B C\r\n", "elements"),
        (Limits(elements=2), b"* OK [COPYUID 1 1,2 3] x\r\n", "elements"),
        (Limits(elements=2), b"* STATUS x (A 1 B 2 C 3)\r\n", "elements"),
        (Limits(elements=2), b"* 1 FETCH (BODY[1] NIL)\r\n", "elements"),
        (Limits(elements=2), b"* 1 FETCH (X ({0}\r\n{0}\r\n{0}\r\n", "elements"),
    ],
)
def test_a_limit_that_is_exceeded_ends_the_stream_by_its_name(limits: Limits, stream: bytes, limit: str) -> None:
    reader = ResponseReader(limits)
    assert [*reader.feed(b"* 1 EXISTS\r\n"), *reader.feed(stream)] == [Exists(1)]
    assert isinstance(reader.broken, LimitExceeded)
    assert reader.broken.limit == limit
    with pytest.raises(LimitExceeded):
        reader.feed(b"")


def test_what_is_within_the_limits_is_read() -> None:
    reader = ResponseReader(Limits(line=20, literal=20, nesting=2, elements=2))
    stream = b"* X {13}\r\n" + bytes(13) + b"\r\n" + b"* 1 FETCH (X () Y 1)\r\n"
    assert [type(response) for response in reader.feed(stream)] == [UnknownData, FetchData]
