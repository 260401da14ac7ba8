"""ENVELOPE, BODY and BODYSTRUCTURE: RFC 3501 section 7.4.2's own examples, and what real servers make of them."""

from __future__ import annotations

import pytest

from outlookimap.errors import LimitExceeded, LocalProtocolError, RemoteProtocolError
from outlookimap.wire.building import Builder, Style
from outlookimap.wire.cursor import Cursor
from outlookimap.wire.framing import Frame
from outlookimap.wire.limits import Limits
from outlookimap.wire.response_reader import ResponseReader
from outlookimap.wire.responses import FetchData
from outlookimap.wire.secret import join
from outlookimap.wire.structure import (
    Address,
    Body,
    Disposition,
    Envelope,
    Extension,
    Multipart,
    Part,
    is_extended,
)
from outlookimap.wire.structure_reader import read_body, read_envelope
from outlookimap.wire.structure_writer import write_body, write_envelope

TEXT = Part(b"TEXT", b"PLAIN", ((b"CHARSET", b"US-ASCII"),), None, None, b"7BIT", 1152, 23)
CC = Part(
    b"TEXT",
    b"PLAIN",
    ((b"CHARSET", b"US-ASCII"), (b"NAME", b"cc.diff")),
    b"<960723163407.20117h@cac.washington.edu>",
    b"Compiler diff",
    b"BASE64",
    4554,
    73,
)
PNG = Part(b"IMAGE", b"PNG", (), None, None, b"BASE64", 5)
FORWARDED = Part(b"MESSAGE", b"RFC822", (), None, None, b"7BIT", 9, 2, Envelope(subject=b"s"), TEXT)

STRICT: list[tuple[bytes, Body]] = [
    # RFC 3501 section 7.4.2
    (b'("TEXT" "PLAIN" ("CHARSET" "US-ASCII") NIL NIL "7BIT" 1152 23)', TEXT),
    (
        (
            b'(("TEXT" "PLAIN" ("CHARSET" "US-ASCII") NIL NIL "7BIT" 1152 23)'
            b'("TEXT" "PLAIN" ("CHARSET" "US-ASCII" "NAME" "cc.diff")'
            b' "<960723163407.20117h@cac.washington.edu>" "Compiler diff" "BASE64" 4554 73) "MIXED")'
        ),
        Multipart((TEXT, CC), b"MIXED"),
    ),
    (b'("IMAGE" "PNG" NIL NIL NIL "BASE64" 5)', PNG),
    (
        (
            b'("MESSAGE" "RFC822" NIL NIL NIL "7BIT" 9 (NIL "s" NIL NIL NIL NIL NIL NIL NIL NIL) '
            b'("TEXT" "PLAIN" ("CHARSET" "US-ASCII") NIL NIL "7BIT" 1152 23) 2)'
        ),
        FORWARDED,
    ),
    (
        b'("IMAGE" "PNG" NIL NIL NIL "BASE64" 5 "md5" ("attachment" ("filename" "a.png")) "en" "http://x/")',
        Part(
            b"IMAGE",
            b"PNG",
            (),
            None,
            None,
            b"BASE64",
            5,
            extension=Extension(
                b"md5", (), Disposition(b"attachment", ((b"filename", b"a.png"),)), (b"en",), b"http://x/"
            ),
        ),
    ),
    (
        b'("IMAGE" "PNG" NIL NIL NIL "BASE64" 5 NIL NIL ("en" "de") NIL NIL 7 ("x" (1 NIL)))',
        Part(
            b"IMAGE",
            b"PNG",
            (),
            None,
            None,
            b"BASE64",
            5,
            extension=Extension(language=(b"en", b"de"), further=(None, 7, (b"x", (1, None)))),
        ),
    ),
    (
        b'(("IMAGE" "PNG" NIL NIL NIL "BASE64" 5) "MIXED" ("BOUNDARY" "b") ("inline" NIL) NIL NIL)',
        Multipart((PNG,), b"MIXED", Extension(params=((b"BOUNDARY", b"b"),), disposition=Disposition(b"inline"))),
    ),
]

SHORTER: list[tuple[bytes, Body]] = [
    (
        b'("IMAGE" "PNG" NIL NIL NIL "BASE64" 5 "md5")',
        Part(b"IMAGE", b"PNG", (), None, None, b"BASE64", 5, extension=Extension(b"md5")),
    ),
    (
        b'(("IMAGE" "PNG" NIL NIL NIL "BASE64" 5) "MIXED" ("BOUNDARY" "b"))',
        Multipart((PNG,), b"MIXED", Extension(params=((b"BOUNDARY", b"b"),))),
    ),
]
"""Extension data that end early, which the grammar allows; we write all four fields."""


def plain(**fields: object) -> Part:
    return Part(b"TEXT", b"PLAIN", **fields)  # type: ignore[arg-type]


LOOSE: list[tuple[bytes, Body, set[str]]] = [
    (
        b'("TEXT" "PLAIN" NIL NIL NIL "7BIT" 3 1 NIL "inline" NIL NIL NIL)',
        plain(octets=3, lines=1, extension=Extension(disposition=Disposition(b"inline"))),
        {"LOOSE_BODY"},
    ),
    (
        b'("TEXT" "PLAIN" NIL NIL NIL "7BIT" 3 1 NIL "inline")',
        plain(octets=3, lines=1, extension=Extension(disposition=Disposition(b"inline"))),
        {"LOOSE_BODY"},
    ),
    (
        b'("TEXT" "PLAIN" NIL NIL NIL "7BIT" 3 1 NIL ("inline") {2}\r\nen NIL)',
        plain(octets=3, lines=1, extension=Extension(disposition=Disposition(b"inline"), language=(b"en",))),
        {"LOOSE_BODY"},
    ),
    (
        b'("TEXT" "PLAIN" NIL NIL NIL "7BIT" 3 1 NIL () () NIL ())',
        plain(octets=3, lines=1, extension=Extension(disposition=Disposition(b""), further=((),))),
        {"LOOSE_BODY"},
    ),
    (b'("TEXT" "PLAIN" () NIL NIL "7BIT" 3 1)', plain(octets=3, lines=1), {"LOOSE_BODY"}),
    (b'("TEXT" NIL NIL NIL NIL NIL 3 1)', Part(b"TEXT", b"", encoding=b"", octets=3, lines=1), {"LOOSE_BODY"}),
    (b"(NIL NIL NIL NIL NIL NIL NIL)", Part(b"", b"", encoding=b""), {"LOOSE_BODY"}),
    (b'("TEXT" "PLAIN" ("a" NIL) NIL NIL "7BIT" -1 -5)', plain(params=((b"a", b""),), lines=0), {"LOOSE_BODY"}),
    (b'("TEXT" "PLAIN" ("a") NIL NIL "7BIT" 3 1)', plain(params=((b"a", b""),), octets=3, lines=1), {"LOOSE_BODY"}),
    (b'("TEXT" "PLAIN" NIL NIL NIL "7BIT" 3)', plain(octets=3), {"LOOSE_BODY"}),
    (
        b'("TEXT" "PLAIN" NIL NIL NIL "7BIT" 3 NIL NIL NIL NIL)',
        plain(octets=3, extension=Extension()),
        {"LOOSE_BODY"},
    ),
    (b'("IMAGE")', Part(b"IMAGE", b"", encoding=b""), {"LOOSE_BODY"}),
    (
        b'("MESSAGE" "RFC822" NIL NIL NIL "BASE64" 9)',
        Part(b"MESSAGE", b"RFC822", encoding=b"BASE64", octets=9),
        {"LOOSE_BODY"},
    ),
    (
        b'("MESSAGE" "RFC822" NIL NIL NIL "BASE64" 9 NIL NIL NIL NIL)',
        Part(b"MESSAGE", b"RFC822", encoding=b"BASE64", octets=9, extension=Extension()),
        {"LOOSE_BODY"},
    ),
    (
        b'("MESSAGE" "RFC822" NIL NIL NIL "7BIT" 9 ())',
        Part(b"MESSAGE", b"RFC822", octets=9, envelope=Envelope()),
        {"LOOSE_BODY"},
    ),
    (
        b'( ("IMAGE" "PNG" NIL NIL NIL "BASE64" 5 ) ( "IMAGE"  "PNG" NIL NIL NIL "BASE64" 5)"MIXED")',
        Multipart((PNG, PNG), b"MIXED"),
        {"EXTRA_SPACE", "MISSING_SPACE"},
    ),
    (b'(("IMAGE" "PNG" NIL NIL NIL "BASE64" 5))', Multipart((PNG,), b""), {"LOOSE_BODY"}),
]  # fmt: skip

UNREADABLE = [
    b"()",
    b"NIL",
    b'"TEXT"',
    b'("TEXT" PLAIN)',
    b'("TEXT" "PLAIN" "x")',
    b'("TEXT" "PLAIN" NIL NIL NIL "7BIT" "3" 1)',
    b'("IMAGE" "PNG" NIL NIL NIL "BASE64" 5 7)',
    b'("IMAGE" "PNG" NIL NIL NIL "BASE64" 5 NIL 7)',
    b'("IMAGE" "PNG" NIL NIL NIL "BASE64" 5 NIL NIL 7)',
    b'("IMAGE" "PNG" NIL NIL NIL "BASE64" 5 NIL NIL NIL NIL x)',
    b'((NIL "PNG") x)',
]


def cursor_at(octets: bytes, nesting: int = 50) -> Cursor:
    """A cursor at octets in which only ``{2}`` announces a literal."""
    head, *tail = octets.split(b"{2}\r\n")
    frame = Frame([head], raw=[head])
    for part in tail:
        frame.literals.append(part[:2])
        frame.lines.append(part[2:])
    return Cursor(frame, nesting)


def names(cursor: Cursor) -> set[str]:
    return {leniency.name for leniency in cursor.frame.leniencies}


@pytest.mark.parametrize(("octets", "body"), STRICT + SHORTER)
def test_a_body_structure_is_read(octets: bytes, body: Body) -> None:
    cursor = cursor_at(octets)
    assert read_body(cursor) == body
    cursor.end()
    assert names(cursor) == set()


@pytest.mark.parametrize(("octets", "body"), STRICT)
def test_a_body_structure_is_written(octets: bytes, body: Body) -> None:
    builder = Builder(Style(), synchronizing=False)
    write_body(builder, body)
    assert join(builder.parts()[0]) == octets


@pytest.mark.cites("O5:2.1.3")
@pytest.mark.parametrize(("octets", "body", "leniencies"), LOOSE)
def test_a_loose_body_structure_is_read_and_named(octets: bytes, body: Body, leniencies: set[str]) -> None:
    cursor = cursor_at(octets)
    assert read_body(cursor) == body
    cursor.end()
    assert names(cursor) == leniencies


@pytest.mark.parametrize("octets", UNREADABLE)
def test_what_is_no_body_structure_is_kept_as_octets(octets: bytes) -> None:
    with pytest.raises(RemoteProtocolError):
        read_body(cursor_at(octets))
    reader = ResponseReader(Limits())
    (response,) = reader.feed(b"* 1 FETCH (BODYSTRUCTURE " + octets + b" UID 7)\r\n")
    assert isinstance(response, FetchData)
    assert (response.get(b"BODYSTRUCTURE"), response.uid) == (octets, 7)
    assert [leniency.name for leniency in response.leniencies] == ["LOOSE_BODY"]


@pytest.mark.cites("O5:2.1.5")
@pytest.mark.parametrize(
    "data",
    [
        b'"md5" ("attachment" ("filename" "a.png")) "en" "http://x/" 7 ("x" (1 NIL))',
        b'NIL "inline" NIL NIL NIL',
        b"(((whatever))) {3}\r\na)b",
    ],
)
def test_extension_data_are_read_to_their_end_and_dropped(data: bytes) -> None:
    part = b'("IMAGE" "PNG" NIL NIL NIL "BASE64" 5 ' + data + b")"
    octets = b"* 1 FETCH (BODYSTRUCTURE (" + part + part + b' "MIXED" ' + data + b") UID 7)\r\n"
    (response,) = ResponseReader(Limits(), keep_extensions=False).feed(octets)
    assert isinstance(response, FetchData)
    assert (response.get(b"BODYSTRUCTURE"), response.uid) == (Multipart((PNG, PNG), b"MIXED"), 7)
    assert [leniency.name for leniency in response.leniencies] == ["EXTENSION_DROPPED"]


@pytest.mark.cites("O5:2.1.5")
def test_extension_data_are_kept_where_they_are_wanted() -> None:
    octets = b'* 1 FETCH (BODYSTRUCTURE ("IMAGE" "PNG" NIL NIL NIL "BASE64" 5 "md5" NIL NIL NIL 7))\r\n'
    (kept,) = ResponseReader(Limits()).feed(octets)
    assert isinstance(kept, FetchData)
    body = kept.get(b"BODYSTRUCTURE")
    assert isinstance(body, Part)
    assert body.extension == Extension(b"md5", further=(7,))
    assert kept.leniencies == ()


ADDRESS = Address(None, None, b"imap", b"cac.washington.edu")
ENVELOPES: list[tuple[bytes, Envelope]] = [
    (b"(NIL NIL NIL NIL NIL NIL NIL NIL NIL NIL)", Envelope()),
    (
        (
            b'("d" "s" ((NIL NIL "imap" "cac.washington.edu")(NIL NIL "imap" "cac.washington.edu")) NIL NIL NIL NIL '
            b'((NIL NIL "imap" "cac.washington.edu")) "r" "m")'
        ),
        Envelope(b"d", b"s", (ADDRESS, ADDRESS), bcc=(ADDRESS,), in_reply_to=b"r", message_id=b"m"),
    ),
]
LOOSE_ENVELOPES: list[tuple[bytes, Envelope, set[str]]] = [
    (b"()", Envelope(), {"LOOSE_BODY"}),
    (b'("d" "s")', Envelope(b"d", b"s"), {"LOOSE_BODY"}),
    (b"(NIL NIL () NIL NIL NIL NIL NIL NIL NIL)", Envelope(), {"LOOSE_BODY"}),
    (b'(NIL NIL ((NIL)) NIL NIL NIL NIL NIL NIL "m")', Envelope(from_=(Address(),), message_id=b"m"), {"LOOSE_BODY"}),
    (
        b'(NIL NIL ((NIL NIL "imap" "cac.washington.edu") (NIL NIL NIL NIL) ) NIL NIL NIL NIL NIL NIL NIL)',
        Envelope(from_=(ADDRESS, Address())),
        {"EXTRA_SPACE"},
    ),
    (b'(NIL "s"NIL NIL NIL NIL NIL NIL NIL NIL )', Envelope(subject=b"s"), {"EXTRA_SPACE", "MISSING_SPACE"}),
]  # fmt: skip


@pytest.mark.parametrize(("octets", "envelope"), ENVELOPES)
def test_an_envelope_is_read_and_written(octets: bytes, envelope: Envelope) -> None:
    cursor = cursor_at(octets)
    assert read_envelope(cursor) == envelope
    assert names(cursor) == set()
    builder = Builder(Style(), synchronizing=False)
    write_envelope(builder, envelope)
    assert join(builder.parts()[0]) == octets


@pytest.mark.parametrize(("octets", "envelope", "leniencies"), LOOSE_ENVELOPES)
def test_a_loose_envelope_is_read_and_named(octets: bytes, envelope: Envelope, leniencies: set[str]) -> None:
    cursor = cursor_at(octets)
    assert read_envelope(cursor) == envelope
    assert names(cursor) == leniencies


@pytest.mark.parametrize(
    "octets",
    [
        b"((((NIL NIL",
        b'("MESSAGE" "RFC822" NIL NIL NIL "7BIT" 9 () ("MESSAGE" "RFC822" NIL NIL NIL "7BIT" 9 () (((',
        b'("IMAGE" "PNG" NIL NIL NIL "BASE64" 5 NIL NIL NIL NIL (((1))))',
    ],
)
def test_a_structure_nested_too_deep_ends_the_stream(octets: bytes) -> None:
    with pytest.raises(LimitExceeded):
        read_body(cursor_at(octets, nesting=3))
    reader = ResponseReader(Limits(nesting=4))
    assert reader.feed(b"* 1 FETCH (BODYSTRUCTURE " + octets + b"\r\n") == []
    assert isinstance(reader.broken, LimitExceeded)


def test_the_deepest_structure_the_limits_can_allow_is_read() -> None:
    levels = 99
    octets = b"(" * levels + b'"IMAGE" "PNG" NIL NIL NIL "BASE64" 5' + b') "MIXED"' * (levels - 1) + b")"
    (response,) = ResponseReader(Limits(nesting=100)).feed(b"* 1 FETCH (BODYSTRUCTURE " + octets + b")\r\n")
    assert response.leniencies == ()


FORBIDDEN: list[Body] = [
    Multipart((), b"MIXED"),
    Multipart((PNG,), b"MIXED", Extension(md5=b"x")),
    Part(b"IMAGE", b"PNG", extension=Extension(params=((b"a", b"b"),))),
    Part(b"IMAGE", b"PNG", lines=3),
    Part(b"IMAGE", b"PNG", body=PNG),
    Part(b"TEXT", b"PLAIN"),
    Part(b"MESSAGE", b"RFC822", lines=3),
    Part(b"message", b"rfc822", lines=3, envelope=Envelope()),
    Part(b"IMAGE", b"PNG", octets=-1),
    Part(b"IMAGE", b"PNG", octets=1 << 32),
    Part(b"IMAGE", b"P\0NG"),
    Part(b"IMAGE", b"PNG", extension=Extension(further=((),))),
]


@pytest.mark.parametrize("body", FORBIDDEN)
def test_a_structure_the_grammar_has_no_form_for_is_not_written(body: Body) -> None:
    with pytest.raises(LocalProtocolError):
        write_body(Builder(Style(), synchronizing=False), body)


@pytest.mark.parametrize(
    ("body", "extended"),
    [
        (PNG, False),
        (FORWARDED, False),
        (Multipart((PNG, FORWARDED), b"MIXED"), False),
        (Multipart((PNG,), b"MIXED", Extension()), True),
        (Multipart((PNG, Part(b"X", b"Y", extension=Extension())), b"MIXED"), True),
        (Part(b"MESSAGE", b"RFC822", body=Part(b"X", b"Y", extension=Extension())), True),
    ],
)
def test_extension_data_are_found_wherever_they_are(body: Body, extended: bool) -> None:
    assert is_extended(body) is extended
