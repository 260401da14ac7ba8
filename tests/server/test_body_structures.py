"""Body structures and the parts of messages: RFC 3501 sections 6.4.5, 7.4.2 and 8, RFC 2045, 2046, 2183, by hand."""

from __future__ import annotations

import datetime as dt
import email
import email.policy
import random
from email.errors import CloseBoundaryNotFoundDefect
from email.message import EmailMessage
from email.message import Message as Parsed

import pytest
from hypothesis import given
from hypothesis import strategies as st
from support.odd_mail import odd_messages

from outlookimap.server.body_structure import body_of
from outlookimap.server.fetching import cut
from outlookimap.server.mime_parts import MAX_LEVELS, MAX_PARTS, find, parse
from outlookimap.server.store import Message
from outlookimap.wire.building import Builder, Style
from outlookimap.wire.fetch import HEADER, MIME, TEXT, Section
from outlookimap.wire.limits import Limits
from outlookimap.wire.response_reader import ResponseReader
from outlookimap.wire.structure_writer import write_body


def stored(octets: bytes) -> Message:
    return Message(1, octets, (), dt.datetime(2024, 1, 1, tzinfo=dt.UTC))


def described(octets: bytes, *, extended: bool = False) -> bytes:
    builder = Builder(Style(), synchronizing=False)
    write_body(builder, body_of(octets, parse(octets), extended=extended))
    return b"".join(piece for part in builder.parts() for piece, _ in part)


def lines(text: str) -> bytes:
    """Return a message typed line by line."""
    return text.strip("\n").replace("\n", "\r\n").encode()


# RFC 2046 section 5.1.1
SIMPLE = lines("""
From: Nathaniel Borenstein <nsb@bellcore.com>
To: Ned Freed <ned@innosoft.com>
Date: Sun, 21 Mar 1993 23:56:48 -0800 (PST)
Subject: Sample message
MIME-Version: 1.0
Content-type: multipart/mixed; boundary="simple boundary"

This is the preamble.  It is to be ignored, though it
is a handy place for composition agents to include an
explanatory note to non-MIME conformant readers.

--simple boundary

This is implicitly typed plain US-ASCII text.
It does NOT end with a linebreak.
--simple boundary
Content-type: text/plain; charset=us-ascii

This is explicitly typed plain US-ASCII text.
It DOES end with a linebreak.

--simple boundary--

This is the epilogue.  It is also to be ignored.
""")  # fmt: skip

# RFC 2046 section 5.1.5
DIGEST = lines("""
From: Moderator-Address
To: Recipient-List
Date: Mon, 22 Mar 1994 13:34:51 +0000
Subject: Internet Digest, volume 42
MIME-Version: 1.0
Content-Type: multipart/mixed;
              boundary="---- main boundary ----"

------ main boundary ----

...Introductory text or table of contents...

------ main boundary ----
Content-Type: multipart/digest;
              boundary="---- next message ----"

------ next message ----

From: someone-else
Date: Fri, 26 Mar 1993 11:13:32 +0200
Subject: my opinion

...body goes here ...

------ next message ----

From: someone-else-again
Date: Fri, 26 Mar 1993 10:07:13 -0500
Subject: my different opinion

... another body goes here ...

------ next message ------

------ main boundary ------
""")

# with every field that extension data come from
FIELDS = lines("""
Content-Type: multipart/mixed; boundary=b; (a comment) start="<x>"
Content-Disposition: inline
Content-Language: en, i-mingo (a comment), de-CH
Content-Location: http://a.test/

--b
Content-Type: IMAGE/gif; name="a \\"b\\".gif"
Content-ID: <1@a.test>
Content-Description: two
 lines
Content-Transfer-Encoding: base64 (of course)
Content-MD5: Q2hlY2sgSW50ZWdyaXR5IQ==
Content-Disposition: attachment; filename=genome.jpeg;
  modification-date="Wed, 12 Feb 1997 16:29:51 -0500"
Content-Language: en
Content-Location: a.gif

R0lGODlh

--b--
""")

STRUCTURES = {
    "RFC 3501 section 8": (
        b"Content-Type: TEXT/PLAIN; CHARSET=US-ASCII\r\n\r\n" + b"x\r\n" * 91 + b"x" * 2753 + b"\r\n",
        b'("TEXT" "PLAIN" ("CHARSET" "US-ASCII") NIL NIL "7BIT" 3028 92)',
    ),
    "no MIME": (b"Subject: x\r\n\r\nline\r\n", b'("TEXT" "PLAIN" ("CHARSET" "US-ASCII") NIL NIL "7BIT" 6 1)'),
    "nothing": (b"", b'("TEXT" "PLAIN" ("CHARSET" "US-ASCII") NIL NIL "7BIT" 0 0)'),
    "RFC 2046 section 5.1.1": (
        SIMPLE,
        (b'(("TEXT" "PLAIN" ("CHARSET" "US-ASCII") NIL NIL "7BIT" 80 1)'
        b'("text" "plain" ("charset" "us-ascii") NIL NIL "7BIT" 78 2) "mixed")'),
    ),
    "RFC 2046 section 5.1.5": (
        DIGEST,
        (b'(("TEXT" "PLAIN" ("CHARSET" "US-ASCII") NIL NIL "7BIT" 46 1)'
        b'(("MESSAGE" "RFC822" NIL NIL NIL "7BIT" 105 '
        b'("Fri, 26 Mar 1993 11:13:32 +0200" "my opinion" ((NIL NIL "someone-else" "")) ((NIL NIL "someone-else" "")) '
        b'((NIL NIL "someone-else" "")) NIL NIL NIL NIL NIL) '
        b'("TEXT" "PLAIN" ("CHARSET" "US-ASCII") NIL NIL "7BIT" 23 1) 5)'
        b'("MESSAGE" "RFC822" NIL NIL NIL "7BIT" 130 '
        b'("Fri, 26 Mar 1993 10:07:13 -0500" "my different opinion" ((NIL NIL "someone-else-again" "")) '
        b'((NIL NIL "someone-else-again" "")) ((NIL NIL "someone-else-again" "")) NIL NIL NIL NIL NIL) '
        b'("TEXT" "PLAIN" ("CHARSET" "US-ASCII") NIL NIL "7BIT" 32 1) 5) "digest") "mixed")'),
    ),
    "an attachment": (
        FIELDS,
        b'(("IMAGE" "gif" ("name" "a \\"b\\".gif") "<1@a.test>" "two lines" "base64" 10) "mixed")',
    ),
    "a multipart without parts has an empty one": (
        b"Content-Type: multipart/related; boundary=b\r\n\r\nnothing\r\n",
        b'(("TEXT" "PLAIN" ("CHARSET" "US-ASCII") NIL NIL "7BIT" 0 0) "related")',
    ),
    "only the closing delimiter": (
        b"Content-Type: multipart/related; boundary=b\r\n\r\n--b--\r\n",
        b'(("TEXT" "PLAIN" ("CHARSET" "US-ASCII") NIL NIL "7BIT" 0 0) "related")',
    ),
    "a multipart without a boundary is text": (
        b"Content-Type: multipart/mixed\r\n\r\n--b\r\n",
        b'("TEXT" "PLAIN" ("CHARSET" "US-ASCII") NIL NIL "7BIT" 5 1)',
    ),
    "not closed, LF only, delimiters with white space": (
        b"Content-Type: multipart/mixed; boundary=b\n\n--b \t\n\none\n--b\nContent-Type: text/html\n\ntwo\n",
        b'(("TEXT" "PLAIN" ("CHARSET" "US-ASCII") NIL NIL "7BIT" 3 0)("text" "html" NIL NIL NIL "7BIT" 4 1) "mixed")',
    ),
    "empty parts": (
        b"Content-Type: multipart/mixed; boundary=b\r\n\r\n--b\r\n--b\r\n\r\n--b--",
        (b'(("TEXT" "PLAIN" ("CHARSET" "US-ASCII") NIL NIL "7BIT" 0 0)'
        b'("TEXT" "PLAIN" ("CHARSET" "US-ASCII") NIL NIL "7BIT" 0 0) "mixed")'),
    ),
    "one boundary begins like the other": (
        (b"Content-Type: multipart/mixed; boundary=b\r\n\r\n--b\r\nContent-Type: multipart/mixed; boundary=bb\r\n\r\n"
        b"--bb\r\n\r\n1\r\n--bb--\r\n--b\r\n\r\n22\r\n--b--\r\n"),
        (b'((("TEXT" "PLAIN" ("CHARSET" "US-ASCII") NIL NIL "7BIT" 1 0) "mixed")'
        b'("TEXT" "PLAIN" ("CHARSET" "US-ASCII") NIL NIL "7BIT" 2 0) "mixed")'),
    ),
    "types that are none": (
        b"Content-Type: text; charset=x\r\nContent-Transfer-Encoding: \r\n\r\n",
        b'("TEXT" "PLAIN" ("CHARSET" "US-ASCII") NIL NIL "7BIT" 0 0)',
    ),
    "parameters that are none": (
        b'Content-Type: text/plain; ; =x; a; b=; c = d ; e=f g; h="i;j"; k=a/b=c\r\n\r\n',
        b'("text" "plain" ("b" "" "c" "d" "e" "f" "h" "i;j" "k" "a/b=c") NIL NIL "7BIT" 0 0)',
    ),
    "RFC 2231 stays as it is": (
        b"Content-Type: application/x-stuff; title*=us-ascii'en-us'This%20is; t*0=a; t*1=b\r\n\r\n",
        b'("application" "x-stuff" ("title*" "us-ascii\'en-us\'This%20is" "t*0" "a" "t*1" "b") NIL NIL "7BIT" 0)',
    ),
    "a message in a message": (
        b"Content-Type: message/rfc822\r\n\r\nSubject: in\r\nContent-Type: image/gif\r\n\r\nx\r\n",
        (b'("message" "rfc822" NIL NIL NIL "7BIT" 43 (NIL "in" NIL NIL NIL NIL NIL NIL NIL NIL) '
        b'("image" "gif" NIL NIL NIL "7BIT" 3) 4)'),
    ),
}  # fmt: skip


@pytest.mark.parametrize(("octets", "expected"), STRUCTURES.values(), ids=STRUCTURES)
def test_structure(octets: bytes, expected: bytes) -> None:
    assert described(octets) == expected


@pytest.mark.cites("X10:V0056")
@pytest.mark.cites("X3:V0054")
def test_extension_data() -> None:
    assert described(FIELDS, extended=True) == (
        b'(("IMAGE" "gif" ("name" "a \\"b\\".gif") "<1@a.test>" "two lines" "base64" 10 "Q2hlY2sgSW50ZWdyaXR5IQ==" '
        b'("attachment" ("filename" "genome.jpeg" "modification-date" "Wed, 12 Feb 1997 16:29:51 -0500")) '
        b'"en" "a.gif") '
        b'"mixed" ("boundary" "b" "start" "<x>") ("inline" NIL) ("en" "i-mingo" "de-CH") "http://a.test/")'
    )
    assert described(b"", extended=True) == (
        b'("TEXT" "PLAIN" ("CHARSET" "US-ASCII") NIL NIL "7BIT" 0 0 NIL NIL NIL NIL)'
    )


# ---------------------------------------------------------------- sections

# the message of RFC 3501 section 6.4.5, "Here is an example of a complex message with some of its part specifiers"
COMPLEX = lines("""
Subject: whole
Content-Type: multipart/mixed; boundary=A

--A

part 1
--A
Content-Type: application/octet-stream

part 2
--A
Content-Type: message/rfc822

Subject: three
Content-Type: multipart/mixed; boundary=B

--B

part 3.1
--B
Content-Type: application/octet-stream

part 3.2
--B--
--A
Content-Type: multipart/mixed; boundary=C

--C
Content-Type: image/gif

part 4.1
--C
Content-Type: message/rfc822

Subject: four two
Content-Type: multipart/mixed; boundary=D

--D

part 4.2.1
--D
Content-Type: multipart/alternative; boundary=E

--E
Content-Type: text/plain

part 4.2.2.1
--E
Content-Type: text/richtext

part 4.2.2.2
--E--
--D--
--C--
--A--
""")

SECTIONS: list[tuple[tuple[int, ...], bytes | None, bytes | None]] = [
    ((), HEADER, b"Subject: whole\r\nContent-Type: multipart/mixed; boundary=A\r\n\r\n"),
    ((1,), None, b"part 1"),
    ((1,), MIME, b"\r\n"),
    ((1,), HEADER, None),
    ((1,), TEXT, None),
    ((1, 1), None, None),
    ((2,), None, b"part 2"),
    ((2,), MIME, b"Content-Type: application/octet-stream\r\n\r\n"),
    ((3,), MIME, b"Content-Type: message/rfc822\r\n\r\n"),
    ((3,), HEADER, b"Subject: three\r\nContent-Type: multipart/mixed; boundary=B\r\n\r\n"),
    (
        (3,),
        TEXT,
        b"--B\r\n\r\npart 3.1\r\n--B\r\nContent-Type: application/octet-stream\r\n\r\npart 3.2\r\n--B--",
    ),
    ((3, 1), None, b"part 3.1"),
    ((3, 2), None, b"part 3.2"),
    ((3, 2), MIME, b"Content-Type: application/octet-stream\r\n\r\n"),
    ((3, 3), None, None),
    ((4,), MIME, b"Content-Type: multipart/mixed; boundary=C\r\n\r\n"),
    ((4,), HEADER, None),
    ((4, 1), None, b"part 4.1"),
    ((4, 1), MIME, b"Content-Type: image/gif\r\n\r\n"),
    ((4, 2), HEADER, b"Subject: four two\r\nContent-Type: multipart/mixed; boundary=D\r\n\r\n"),
    ((4, 2, 1), None, b"part 4.2.1"),
    (
        (4, 2, 2),
        None,
        (
            b"--E\r\nContent-Type: text/plain\r\n\r\npart 4.2.2.1\r\n"
            b"--E\r\nContent-Type: text/richtext\r\n\r\npart 4.2.2.2\r\n--E--"
        ),
    ),
    ((4, 2, 2, 1), None, b"part 4.2.2.1"),
    ((4, 2, 2, 2), None, b"part 4.2.2.2"),
    ((4, 2, 2, 2), MIME, b"Content-Type: text/richtext\r\n\r\n"),
    ((4, 2, 2, 3), None, None),
    ((5,), None, None),
]


@pytest.mark.parametrize(("part", "specifier", "expected"), SECTIONS)
def test_section(part: tuple[int, ...], specifier: bytes | None, expected: bytes | None) -> None:
    assert cut(stored(COMPLEX), Section(part, specifier)) == expected


def test_fields_of_a_message_in_a_message() -> None:
    message = stored(COMPLEX)
    assert cut(message, Section((3,), b"HEADER.FIELDS", (b"SUBJECT",))) == b"Subject: three\r\n\r\n"
    other = Section((4, 2), b"HEADER.FIELDS.NOT", (b"content-type", b"x"))
    assert cut(message, other) == b"Subject: four two\r\n\r\n"
    assert cut(message, Section((4,), b"HEADER.FIELDS", (b"SUBJECT",))) is None


def test_what_is_no_multipart_is_its_part_1() -> None:
    message = stored(b"Subject: x\r\n\r\nbody\r\n")
    assert cut(message, Section((1,))) == b"body\r\n"
    assert cut(message, Section((1,), MIME)) == b"Subject: x\r\n\r\n"
    assert cut(message, Section((1, 1))) is None
    assert cut(message, Section((2,))) is None


def test_a_message_that_is_a_message() -> None:
    inner = b"Subject: in\r\n\r\nx\r\n"
    message = stored(b"Subject: out\r\nContent-Type: message/rfc822\r\n\r\n" + inner)
    assert cut(message, Section((1,))) == inner
    assert cut(message, Section((1,), HEADER)) == b"Subject: in\r\n\r\n"
    assert cut(message, Section((1,), TEXT)) == cut(message, Section((1, 1))) == b"x\r\n"
    assert cut(message, Section((1, 1), MIME)) == b"Subject: in\r\n\r\n"
    assert cut(message, Section((1, 2))) is None


def test_a_part_that_is_made_up_is_empty() -> None:
    message = stored(b"Content-Type: multipart/mixed; boundary=b\r\n\r\nx\r\n")
    assert cut(message, Section((1,))) == cut(message, Section((1,), MIME)) == b""


# ---------------------------------------------------------------- bounds


def nested(levels: int) -> bytes:
    """Return multiparts in messages, so many levels of both in all."""
    octets = b"\r\ninside\r\n"
    for level in range(levels):
        if level % 2:
            octets = b"Content-Type: message/rfc822\r\n\r\n" + octets
        else:
            octets = b"Content-Type: multipart/mixed; boundary=b%d\r\n\r\n--b%d\r\n%b" % (level, level, octets)
    return octets


@pytest.mark.parametrize("levels", [MAX_LEVELS, MAX_LEVELS + 1, 500])
def test_depth_is_bounded(levels: int) -> None:
    octets = nested(levels)
    answer = b"* 1 FETCH (BODYSTRUCTURE " + described(octets, extended=True) + b")\r\n"
    (read,) = ResponseReader(Limits()).feed(answer)
    assert not read.leniencies
    assert (b"OCTET-STREAM" in answer) is (levels > MAX_LEVELS)
    assert cut(stored(octets), Section((1,) * 100)) is None


def test_the_number_of_parts_is_bounded() -> None:
    octets = b"Content-Type: multipart/mixed; boundary=b\r\n\r\n" + b"--b\r\n\r\nx\r\n" * 20_000 + b"--b--"
    root = parse(octets)
    assert len(root.parts) == MAX_PARTS
    assert root.parts[-1].end == len(octets)


# ---------------------------------------------------------------- properties

ALPHABET = st.sampled_from(
    [b"Content-Type: ", b"multipart/mixed; ", b"multipart/digest;", b"message/rfc822", b"boundary=b", b'boundary="b',
     b"\r\n", b"\r\n", b"\n", b"\r", b"--b", b"--b--", b" ", b"\t", b";", b"(", b"\\", b'"', b"text/plain", b"\xe9",
     b"Content-Transfer-Encoding: ", b"base64", b"quoted-printable", b"From: ", b"a@b", b"Subject", b":", b"=",
     b"x" * 90,      b"Content-Disposition: ", b"attachment; filename=", b"Content-Language: ", b",", b"Content-ID: "]
)  # fmt: skip
MIMES = st.lists(ALPHABET, max_size=60).map(b"".join)
ANYTHING = st.binary(max_size=300).map(lambda octets: octets.replace(b"\0", b"")) | MIMES


@given(ANYTHING, st.lists(st.integers(1, 3), min_size=1, max_size=4))
def test_anything_has_a_structure_and_sections(octets: bytes, numbers: list[int]) -> None:
    for extended in (False, True):
        answer = b"* 1 FETCH (BODYSTRUCTURE " + described(octets, extended=extended) + b")\r\n"
        (read,) = ResponseReader(Limits()).feed(answer)
        assert not read.leniencies
    message = stored(octets)
    for specifier in (None, MIME, HEADER, TEXT):
        section = cut(message, Section(tuple(numbers), specifier))
        assert section is None or section in octets
    assert (cut(message, Section((), HEADER)) or b"") + (cut(message, Section((), TEXT)) or b"") == octets


def generated(seed: int) -> EmailMessage:
    """Return a message of some parts in some levels."""
    chance = random.Random(seed)

    def leaf() -> EmailMessage:
        part = EmailMessage(policy=email.policy.SMTP)
        kind = chance.randrange(4)
        text = "".join(chance.choice("abc é-\n=.") for _ in range(chance.randrange(200)))
        if kind == 0:
            part.set_content(chance.randbytes(chance.randrange(200)), "image", "gif", filename=f"{seed}.gif")
        elif kind == 1 and chance.random() < 0.5:
            inner = generated(seed * 7 + 1)
            inner["Subject"] = "inside"
            part.set_content(inner)
        else:
            part.set_content(
                text, subtype=chance.choice(["plain", "html"]), cte=chance.choice(["base64", "quoted-printable"])
            )
        return part

    message = leaf()
    if chance.random() < 0.7:
        message = EmailMessage(policy=email.policy.SMTP)
        message["Content-Type"] = "multipart/mixed"
        message.preamble = "preamble\n"
        for _ in range(chance.randrange(1, 5)):
            message.attach(leaf())
    return message


def compared(octets: bytes, message: Message, parsed: Parsed, numbers: tuple[int, ...]) -> int:
    """Compare parts with what email.parser finds; return how many."""
    if parsed.get_content_maintype() == "multipart":
        parts = parsed.get_payload()
        assert isinstance(parts, list)
        count = 0
        for number, part in enumerate(parts, 1):
            assert isinstance(part, email.message.Message)
            count += compared(octets, message, part, (*numbers, number))
        assert cut(message, Section((*numbers, len(parts) + 1))) is None
        return count
    entity = find(parse(octets), numbers or (1,))
    assert entity is not None
    assert (entity.media + b"/" + entity.subtype).decode().lower() == parsed.get_content_type()
    body = cut(message, Section(numbers or (1,)))
    mime = cut(message, Section(numbers or (1,), MIME))
    assert body is not None
    assert mime is not None
    if parsed.get_content_type() == "message/rfc822":
        inner = parsed.get_payload(0)
        assert isinstance(inner, email.message.Message)
        alone = () if inner.get_content_maintype() == "multipart" else (1,)
        return 1 + compared(octets, message, inner, (*(numbers or (1,)), *alone))
    if not mime.strip():
        mime = b"Content-Type: text/plain\r\n\r\n"
    again = email.message_from_bytes(mime + body)
    assert again.get_payload(decode=True) == parsed.get_payload(decode=True)
    return 1


def test_parts_are_those_that_another_parser_finds() -> None:
    count = 0
    for seed in range(300):
        octets = generated(seed).as_bytes(policy=email.policy.SMTP)
        count += compared(octets, stored(octets), email.message_from_bytes(octets), ())
    for octets in (SIMPLE, DIGEST, COMPLEX, FIELDS, *odd_messages(100)):
        parsed = email.message_from_bytes(octets)
        if any(isinstance(defect, CloseBoundaryNotFoundDefect) for defect in parsed.defects):
            continue  # the other parser takes the last line end away, where no delimiter claims it
        count += compared(octets, stored(octets), parsed, ())
    assert count > 500
