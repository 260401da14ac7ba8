"""Messages with octets above 127 are made 7-bit when they come in; a second time nothing changes."""

from __future__ import annotations

import email
import email.policy
import random
from collections.abc import Iterator
from email.header import decode_header, make_header
from email.message import EmailMessage
from email.message import Message as Parsed

import pytest
from hypothesis import example, given
from hypothesis import strategies as st
from support.odd_mail import odd_messages

from outlookimap.server.mime_parts import Entity, parse
from outlookimap.server.seven_bit import quoted_printable, to_seven_bit
from outlookimap.server.seven_bit_headers import seven_bit_header

pytestmark = [pytest.mark.cites("X10:V0007"), pytest.mark.cites("X3:V0007")]

LONG = b"\xc3\xa9" * 42

HEADERS = {
    "a word": (b"Subject: caf\xc3\xa9 now\r\n\r\n", b"Subject: =?utf-8?B?Y2Fmw6k=?= now\r\n\r\n"),
    "what is not UTF-8 is ISO-8859-1": (b"Subject: caf\xe9\r\n\r\n", b"Subject: =?iso-8859-1?B?Y2Fm6Q==?=\r\n\r\n"),
    "two words are one": (b"X: \xc3\xa9 \xc3\xa9\r\n\r\n", b"X: =?utf-8?B?w6kgw6k=?=\r\n\r\n"),
    "beside an encoded word the space is encoded": (
        b"X: =?utf-8?q?a?= \xc3\xa9 =?utf-8?q?b?=\r\n\r\n",
        b"X: =?utf-8?q?a?= =?utf-8?B?IMOpIA==?= =?utf-8?q?b?=\r\n\r\n",
    ),
    "long text is cut between characters": (
        b"X: " + LONG + b"\r\n\r\n",
        b"X: =?utf-8?B?" + b"w6nDqcOp" * 7 + b"?=\r\n =?utf-8?B?" + b"w6nDqcOp" * 7 + b"?=\r\n\r\n",
    ),
    "folded, LF only": (b"X: a\n \xc3\xa9\nY: b\n\n", b"X: a =?utf-8?B?w6k=?=\r\nY: b\n\n"),
    "a phrase": (
        b'From: "M\xc3\xbcller, J." <j@a.test>, Ann <a@b.test>\r\n\r\n',
        b"From: =?utf-8?B?TcO8bGxlciwgSi4=?= <j@a.test>, Ann <a@b.test>\r\n\r\n",
    ),
    "an address": (b"To: \xe9@a.test, <b@\xe9.test> (\xe9)\r\n\r\n",
                   b"To: ?@a.test, <b@?.test> (=?iso-8859-1?B?6Q==?=)\r\n\r\n"),
    "no text": (b"Message-ID: <\xe9@a>\r\n\r\n", b"Message-ID: <?@a>\r\n\r\n"),
    "no field": (b"\xe9\r\nN\xe9: x\r\n\r\n", b"?\r\nN?: x\r\n\r\n"),
    "parameters": (
        b'Content-Type: image/gif; name="\xc3\xa9 1.gif"; x=y\r\n\r\n',
        b"Content-Type: image/gif; name*=utf-8''%C3%A9%201.gif; x=\"y\"\r\n\r\n",
    ),
    "no end": (b"X: \xc3\xa9", b"X: =?utf-8?B?w6k=?="),
    "7-bit stays": (b"X:  a\n\tb\r\nY: \xe9\r\n\r\n", b"X:  a\n\tb\r\nY: =?iso-8859-1?B?6Q==?=\r\n\r\n"),
}  # fmt: skip


@pytest.mark.parametrize(("head", "expected"), HEADERS.values(), ids=HEADERS)
def test_header(head: bytes, expected: bytes) -> None:
    assert seven_bit_header(head) == expected


QP = b"Subject: x\r\nMIME-Version: 1.0\r\nContent-Transfer-Encoding: quoted-printable\r\n\r\n"

MESSAGES = {
    "7-bit stays as it is": (b"Subject: x\n\nbare\nLF", b"Subject: x\n\nbare\nLF"),
    "text": (
        b"Subject: x\r\n\r\ncaf\xc3\xa9 = \r\n.\r\n",
        QP + b"caf=C3=A9 =3D=20\r\n.\r\n",
    ),
    "text that says 8bit": (
        b"MIME-Version: 1.0\r\nContent-Transfer-Encoding: 8bit\r\nSubject: x\r\n\r\naaa\xe9\r\n",
        b"MIME-Version: 1.0\r\nSubject: x\r\nContent-Transfer-Encoding: quoted-printable\r\n\r\naaa=E9\r\n",
    ),
    "text mostly above 127": (
        b"MIME-Version: 1.0\r\n\r\n\xc3\xa9\r\n",
        b"MIME-Version: 1.0\r\nContent-Transfer-Encoding: base64\r\n\r\nw6kNCg==\r\n",
    ),
    "parts, and what is between them": (
        (b"Content-Type: multipart/mixed; boundary=\xe9\r\nContent-Transfer-Encoding: 8bit\r\n\r\n\xe9\r\n"
        b"--\xe9\r\n\r\nbody \xe9\r\n--\xe9\r\nContent-Type: image/gif\r\n\r\n\xff\r\n"
        b"--\xe9\r\n\r\nc\n--\xe9--\r\n\xe9"),
        (b'Content-Type: multipart/mixed; boundary="E9"\r\nContent-Transfer-Encoding: 7bit\r\n\r\nE9\r\n'
        b"--E9\r\nContent-Transfer-Encoding: quoted-printable\r\n\r\nbody =E9\r\n"
        b"--E9\r\nContent-Type: image/gif\r\nContent-Transfer-Encoding: base64\r\n\r\n/w==\r\n"
        b"--E9\r\n\r\nc\n--E9--\r\nE9"),
    ),
    "a message in it": (
        b"Content-Type: message/rfc822\r\n\r\nSubject: \xe9\r\n\r\naaaa \xe9",
        (b"Content-Type: message/rfc822\r\n\r\nSubject: =?iso-8859-1?B?6Q==?=\r\nMIME-Version: 1.0\r\n"
        b"Content-Transfer-Encoding: quoted-printable\r\n\r\naaaa =E9"),
    ),
    "what claims to be encoded": (
        b"Content-Transfer-Encoding: base64\r\n\r\nYW\xe9Jj\r\n",
        b"Content-Transfer-Encoding: base64\r\n\r\nYWJj\r\n",
    ),
    "what claims to be quoted-printable": (
        b"Content-Transfer-Encoding: quoted-printable\r\n\r\n\xe9=3D\r\n",
        b"Content-Transfer-Encoding: quoted-printable\r\n\r\n=E9=3D\r\n",
    ),
    "an encoding nobody knows": (
        b"Content-Transfer-Encoding: x-uuencode\r\n\r\n\xe9\r\n",
        b"Content-Transfer-Encoding: x-uuencode\r\n\r\n?\r\n",
    ),
}  # fmt: skip


@pytest.mark.parametrize(("octets", "expected"), MESSAGES.values(), ids=MESSAGES)
def test_message(octets: bytes, expected: bytes) -> None:
    assert to_seven_bit(octets) == expected


def test_no_line_begins_like_a_delimiter_that_was_none() -> None:
    line = b"\xe9" + b"x" * 72 + b"--b"
    assert quoted_printable(line) == b"=E9" + b"x" * 72 + b"=\r\n=2D-b"
    octets = b"Content-Type: multipart/mixed; boundary=b\r\n\r\n--b\r\n\r\n" + line + b"\r\n--b--\r\n"
    assert len(parse(to_seven_bit(octets)).parts) == 1


@given(st.binary(max_size=300))
def test_quoted_printable_comes_back(body: bytes) -> None:
    encoded = quoted_printable(body)
    assert all(len(line) <= 79 for line in encoded.split(b"\r\n"))
    read = email.message_from_bytes(
        b"Content-Transfer-Encoding: quoted-printable\n\n" + encoded.replace(b"\r\n", b"\n")
    )
    assert read.get_payload(decode=True) == body.replace(b"\r\n", b"\n")


PIECES = st.sampled_from(
    [b"Content-Type: ", b"multipart/mixed; ", b"message/rfc822", b"boundary=b", b"\r\n", b"\r\n", b"\n", b"--b",
     b"--b--", b" ", b"\t", b"\r", b"\x0c", b"\xe9", b"\xc3\xa9", b"From: ", b'"', b"(", b"<", b"@", b"Subject: ",
     b"x" * 70, b"\\", b";", b"=?utf-8?q?a?=", b"Content-Transfer-Encoding: ", b"base64", b"quoted-printable",
     b"8bit", b"filename*=", b":"]
)  # fmt: skip


@example(b"\r\x80:")  # a name that is none
@given(st.binary(max_size=300) | st.lists(PIECES, max_size=60).map(b"".join))
def test_anything_becomes_7_bit(octets: bytes) -> None:
    converted = to_seven_bit(octets)
    assert converted.isascii()
    assert to_seven_bit(converted) == converted
    if octets.isascii():
        assert converted == octets


def leaves(entity: Entity) -> Iterator[Entity]:
    """Yield the parts without parts."""
    if entity.message is not None:
        yield from leaves(entity.message)
    for part in entity.parts:
        yield from leaves(part)
    if entity.message is None and not entity.parts:
        yield entity


def raw(seed: int) -> bytes:
    """Return a message of several parts whose text and headers are raw UTF-8 or ISO-8859-1."""
    chance = random.Random(seed)
    charset = chance.choice(["utf-8", "iso-8859-1"])
    parts: list[bytes] = []
    for _ in range(chance.randrange(1, 5)):
        words = "".join(chance.choice("abc \u00e9\u00fc-=.") for _ in range(chance.randrange(300)))
        head = f'Content-Type: text/plain; charset={charset}; name="\u00e9{seed}.txt"\r\n'
        head += f"Content-Description: \u00fc {seed}\r\n"
        parts.append(f"{head}Content-Transfer-Encoding: 8bit\r\n\r\n{words}\r\n".encode(charset))
    body = b"".join(b"--b\r\n" + part for part in parts) + b"--b--\r\n"
    start = f'Subject: \u00e9\u00e9 {seed} \u00fc\r\nFrom: "\u00dc, {seed}" <a@b.test>\r\nMIME-Version: 1.0\r\n'.encode(
        charset
    )
    return start + b"Content-Type: multipart/mixed; boundary=b\r\n\r\n" + body


def test_content_comes_back_from_generated_messages() -> None:
    for seed in range(200):
        octets = raw(seed)
        converted = to_seven_bit(octets)
        assert converted.isascii()
        before, after = (list(leaves(parse(one))) for one in (octets, converted))
        assert len(before) == len(after)
        read = email.message_from_bytes(converted, policy=email.policy.default)
        assert isinstance(read, EmailMessage)
        assert read["Subject"] == f"\u00e9\u00e9 {seed} \u00fc"
        assert read["From"].addresses[0].display_name == f"\u00dc, {seed}"
        for part, entity in zip(read.iter_parts(), before, strict=True):
            assert part.get_payload(decode=True) == octets[entity.text : entity.end]
            assert part.get_filename() == f"\u00e9{seed}.txt"
            assert str(make_header(decode_header(part["Content-Description"]))) == f"\u00fc {seed}"


def test_7_bit_mail_stays_as_it_is() -> None:
    for octets in odd_messages(100):
        assert to_seven_bit(octets) is octets


@pytest.mark.parametrize("text", ["\u00e9", "\u20ac", "\U0001f600"])
def test_long_text_comes_back(text: str) -> None:
    octets = f"Subject: {text * 200}\r\nContent-Type: text/plain; charset=utf-8\r\n\r\n{text * 200}\r\n".encode()
    read: Parsed = email.message_from_bytes(to_seven_bit(octets))
    assert str(make_header(decode_header(read["Subject"]))) == text * 200
    payload = read.get_payload(decode=True)
    assert payload == f"{text * 200}\r\n".encode()
