"""Octets of mail as text: what is right, what is wrong and what is a lie."""

from __future__ import annotations

import datetime as dt
import encodings
import pkgutil

import pytest
from hypothesis import given
from hypothesis import strategies as st
from support.searching import at

from outlookimap.server.decoding import codec_of, decoded, decoded_header, transferred
from outlookimap.server.selection import Named
from outlookimap.server.store import Message
from outlookimap.server.text_search import Candidate

# fmt: off
HEADERS = (  # the first six are the examples of RFC 2047 section 8
    (b"(=?ISO-8859-1?Q?a?=)", "(a)"),
    (b"(=?ISO-8859-1?Q?a?= b)", "(a b)"),
    (b"(=?ISO-8859-1?Q?a?= =?ISO-8859-1?Q?b?=)", "(ab)"),
    (b"(=?ISO-8859-1?Q?a?=  =?ISO-8859-1?Q?b?=)", "(ab)"),
    (b"(=?ISO-8859-1?Q?a_b?=)", "(a b)"),
    (b"(=?ISO-8859-1?Q?a?= =?ISO-8859-2?Q?_b?=)", "(a b)"),
    (b"=?US-ASCII?Q?Keith_Moore?= <moore@cs.utk.edu>", "Keith Moore <moore@cs.utk.edu>"),
    (b"=?ISO-8859-1?B?SWYgeW91IGNhbiByZWFkIHRoaXMgeW8=?=\t=?ISO-8859-2?B?dSB1bmRlcnN0YW5kIHRoZSBleGFtcGxlLg==?=",
     "If you can read this you understand the example."),
    (b"=?utf-8*de?q?=C3=A4?=", "\u00e4"),  # RFC 2231 section 5
    (b"=?utf-8?b?w6Q?=", "\u00e4"),
    (b"=?utf-8?q?=C3?= =?utf-8?q?=A4?=", "\u00e4"),
    (b"=?utf-8?q?a=FF?=", "a\ufffd"),
    (b"=?nope?q?=C3=A4?=", "\u00e4"),
    (b"=?utf-8?x?a?=", "=?utf-8?x?a?="),
    (b"=?utf-8?q?a", "=?utf-8?q?a"),
    (b"=?utf-8?q??= a", " a"),
    (b"plain \xc3\xa4", "plain \u00e4"),
    (b"plain \xe4", "plain \u00e4"),
    (b"", ""),
)

TRANSFERRED = (
    (b"base64", b"YWxt\r\nb3N0", b"almost"),
    (b"BASE64", b"YQ==YQ==", b"aa"),
    (b"base64", b"YW Jj!Z", b"abc"),
    (b"Quoted-Printable", b"a=3D=\r\nb=C3=A4 =zz", b"a=b\xc3\xa4 =zz"),
    (b"8bit", b"a=3D", b"a=3D"),
    (b"", b"a=3D", b"a=3D"),
)

CHARSETS = (
    (b"\xe4", "iso-8859-1", "\u00e4"),
    (b"\xe4", "us-ascii", "\u00e4"),
    (b"\xc3\xa4", "us-ascii", "\u00e4"),
    (b"\xc3\xa4", None, "\u00e4"),
    (b"\xe4", "nope", "\u00e4"),
    (b"\xa4\xa2", "euc-jp", "\u3042"),
    (b"\x1b$B$\"\x1b(B", "ISO-2022-JP", "\u3042"),
    (b"a\xff", "euc-jp", "a\ufffd"),
    (b"\\x41", "unicode-escape", "\\x41"),
    (b"61", "hex", "61"),
    (b"a", "a\0b", "a"),
)
# fmt: on


@pytest.mark.parametrize(("octets", "text"), HEADERS)
def test_headers(octets: bytes, text: str) -> None:
    assert decoded_header(octets) == text


@pytest.mark.parametrize(("encoding", "octets", "inside"), TRANSFERRED)
def test_transfer_encodings(encoding: bytes, octets: bytes, inside: bytes) -> None:
    assert transferred(octets, encoding) == inside


@pytest.mark.parametrize(("octets", "charset", "text"), CHARSETS)
def test_charsets(octets: bytes, charset: str | None, text: str) -> None:
    assert decoded(octets, charset) == text


@pytest.mark.parametrize("name", [module.name for module in pkgutil.iter_modules(encodings.__path__)])
def test_no_codec_of_the_language_fails(name: str) -> None:
    for octets in (bytes(range(256)), bytes(range(255, -1, -1)), b"\\d+AA-\x1b$B!"):
        assert isinstance(decoded(octets, name), str)
    assert codec_of(name) not in ("idna", "punycode")


def candidate(octets: bytes) -> Candidate:
    return Candidate(Named(1, 1), Message(1, octets, (), at(1)))


DATES = (
    ("Mon, 5 Feb 2024 23:30:00 -0800", dt.date(2024, 2, 5)),
    ("05 feb 2024 00:00 +1400 (a comment)", dt.date(2024, 2, 5)),
    ("Mon Feb  5 23:30:00 2024", dt.date(2024, 2, 5)),
    ("5 Feb 24 10:00:00 GMT", dt.date(2024, 2, 5)),
    ("5-Feb-2024 1:2:3 GMT", dt.date(2024, 2, 5)),
    ("30 Feb 2024 10:00:00 +0000", None),
    ("5 Feb 99999999999999999999 10:00:00 +0000", None),
    ("5 Feb 2024", None),  # no time: no date-time
    ("some day", None),
    ("", None),
)


@pytest.mark.parametrize(("field", "day"), DATES)
def test_the_day_it_was_sent(field: str, day: dt.date | None) -> None:
    assert candidate(b"Date: " + field.encode() + b"\r\nDate: 1 Jan 2001\r\n\r\n").sent == day


FRAGMENTS = st.sampled_from(
    (
        b"\r\n", b"\n", b"\r\n\r\n", b"--b", b"--b--", b": ", b"Date: ", b"1 Jan 2024 ", b"99:99", b"Mon, ",
        b"Content-Type: multipart/mixed; boundary=b", b"Content-Type: message/rfc822", b"; charset=utf-16", b"\xff",
        b"Content-Transfer-Encoding: base64", b"=?utf-16?q?a", b"?=", b"=?a?b?", b" ", b"a", b"YQ=", b"0",
        b"-1", b"99999999999", b"+9999999",
    )
)  # fmt: skip


@given(st.lists(FRAGMENTS | st.binary(max_size=5), max_size=40).map(b"".join))
def test_anything_can_be_searched(octets: bytes) -> None:
    read = candidate(octets)
    assert isinstance(read.text + read.body, str)
    assert read.sent is None or read.sent.year > 0


@given(st.text(alphabet="JanFebMon,:+-0123456789 ", max_size=30))
def test_any_date_can_be_read(text: str) -> None:
    sent = candidate(b"Date: " + text.encode() + b"\r\n\r\n").sent
    assert sent is None or sent.year > 0


def test_a_message_nested_deeper_than_anybody_reads() -> None:
    octets = b"Content-Type: message/rfc822\r\n\r\n" * 5000 + b"Subject: x\r\n\r\nthe end"
    read = candidate(octets)
    assert "content-type" in read.body
    assert "the end" not in read.body  # what lies deeper than the structure goes is octets
    assert "the end" not in read.text


def test_what_a_message_is_read_for_is_read_once() -> None:
    read = candidate(b"Subject: a\r\n\r\nb")
    assert read.body is read.body
    assert read.fields is read.fields
