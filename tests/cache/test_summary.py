"""What a list shows of a message: known answers first, then the standard library as the witness."""

from __future__ import annotations

import binascii
import datetime as dt
import hashlib
from email.header import decode_header
from email.parser import BytesParser
from email.utils import format_datetime

import pytest
from hypothesis import example, given
from hypothesis import strategies as st
from support.odd_mail import header_of, odd_messages

from outlookimap.cache.summary import Fingerprint, field_text, split, summarise

HEADER = (
    b"Return-Path: <ann@example.com>\r\n"
    b"Received: from a.example.com by b.example.com;\r\n\tMon, 12 Feb 2024 10:11:12 +0100\r\n"
    b"From: Ann Example <ann@example.com>\r\n"
    b"To: bob@example.org, Carol <carol@example.org>\r\n"
    b"CC: dan@example.org\r\n"
    b"Bcc: eve@example.org\r\n"
    b"Subject: Lunch\r\n"
    b"Date: Mon, 12 Feb 2024 10:11:12 +0100\r\n"
    b"Message-Id: <1@example.com>\r\n"
    b"\r\n"
)


def test_the_fields_of_a_plain_header() -> None:
    summary = summarise(HEADER)
    assert summary.subject == "Lunch"
    assert summary.sender == "Ann Example <ann@example.com>"
    assert summary.recipients == "bob@example.org, Carol <carol@example.org>, dan@example.org, eve@example.org"
    assert summary.sent == 1707729072
    assert summary.message_id == "<1@example.com>"


def test_an_empty_header_says_nothing() -> None:
    summary = summarise(b"")
    assert (summary.subject, summary.sender, summary.recipients, summary.message_id) == ("", "", "", "")
    assert summary.sent is None
    assert summary.header_hash == bytes.fromhex("cae66941d9efbd404e4d88758ea67670")  # blake2b-128 of nothing


def test_the_line_ends_that_close_a_header_are_no_part_of_its_hash() -> None:
    bare = summarise(b"Subject: a").header_hash
    assert bare == hashlib.blake2b(b"Subject: a", digest_size=16).digest()
    assert {summarise(b"Subject: a" + end).header_hash for end in (b"\r\n", b"\r\n\r\n", b"\n\n")} == {bare}
    assert summarise(b"Subject: a ").header_hash != bare


@pytest.mark.cites("O5:V0007")
def test_a_fingerprint_has_no_size() -> None:
    assert Fingerprint.__slots__ == ("message_id", "received", "header_hash")


# RFC 2047 section 8, typed from the document.
@pytest.mark.parametrize(
    ("value", "text"),
    [
        (b"(=?ISO-8859-1?Q?a?=)", "(a)"),
        (b"(=?ISO-8859-1?Q?a?= b)", "(a b)"),
        (b"(=?ISO-8859-1?Q?a?= =?ISO-8859-1?Q?b?=)", "(ab)"),
        (b"(=?ISO-8859-1?Q?a?=  =?ISO-8859-1?Q?b?=)", "(ab)"),
        (b"(=?ISO-8859-1?Q?a?=\r\n    =?ISO-8859-1?Q?b?=)", "(ab)"),
        (b"(=?ISO-8859-1?Q?a_b?=)", "(a b)"),
        (b"(=?ISO-8859-1?Q?a?= =?ISO-8859-2?Q?_b?=)", "(a b)"),
        (b"=?US-ASCII?Q?Keith_Moore?= <moore@cs.utk.edu>", "Keith Moore <moore@cs.utk.edu>"),
        (b"=?ISO-8859-1?Q?Keld_J=F8rn_Simonsen?= <keld@dkuug.dk>", "Keld J\u00f8rn Simonsen <keld@dkuug.dk>"),
        (b"=?ISO-8859-1?Q?Andr=E9?= Pirard <PIRARD@vm1.ulg.ac.be>", "Andr\u00e9 Pirard <PIRARD@vm1.ulg.ac.be>"),
        (
            (
                b"=?ISO-8859-1?B?SWYgeW91IGNhbiByZWFkIHRoaXMgeW8=?=\r\n"
                b" =?ISO-8859-2?B?dSB1bmRlcnN0YW5kIHRoZSBleGFtcGxlLg==?="
            ),
            "If you can read this you understand the example.",
        ),
        (
            b"=?iso-8859-8?b?7eXs+SDv4SDp7Oj08A==?=",
            "\u05dd\u05d5\u05dc\u05e9 \u05df\u05d1 \u05d9\u05dc\u05d8\u05e4\u05e0",
        ),
    ],
)
def test_encoded_words_of_the_rfc(value: bytes, text: str) -> None:
    assert field_text(value) == text


@pytest.mark.parametrize(
    ("value", "text"),
    [
        # a character cut in two by adjacent words, as many clients do
        (b"=?utf-8?Q?Gr=C3?= =?utf-8?Q?=BC=C3=9Fe?=", "Gr\u00fc\u00dfe"),
        (b"=?UTF-8?B?w7w=?=\r\n\t=?utf-8?Q?=C3=BC?=", "\u00fc\u00fc"),
        (b"=?utf-8*de?Q?=C3=BC?=", "\u00fc"),  # RFC 2231 section 5
        (b"=?utf-8?B?w7w?=", "\u00fc"),  # without padding
        (b"a=?utf-8?q?b?=c", "abc"),  # not separated, as the standard library reads it too
        # charsets: unknown, wrong, none of mail's, no text
        (b"=?nope?Q?=C3=BC?=", "\u00fc"),
        (b"=?nope?Q?=FC?=", "\u00fc"),
        (b"=?us-ascii?Q?=FC?=", "\u00fc"),
        (b"=?utf-8?Q?=FC?=", "\N{REPLACEMENT CHARACTER}"),
        (b"=?unicode_escape?Q?=5Cd?=", "\\d"),
        (b"=?hex?Q?41?=", "41"),
        (b"=?idna?Q?xn--a?=", "xn--a"),
        (b"=?a\0b?Q?x?=", "x"),
        (b"=?utf-7?Q?+2AA-?=", "\N{REPLACEMENT CHARACTER}"),
        # words that are none
        (b"=?utf-8?B?A?= x", "=?utf-8?B?A?= x"),
        (b"=?utf-8?X?a?=", "=?utf-8?X?a?="),
        (b"=?utf-8?Q?a", "=?utf-8?Q?a"),
        (b"=??Q?a?=", "=??Q?a?="),
        # 8 bits
        (b"Gr\xc3\xbc\xc3\x9fe", "Gr\u00fc\u00dfe"),
        (b"Gr\xfc\xdfe", "Gr\u00fc\u00dfe"),
        (b"\xfc =?utf-8?Q?=C3=BC?= \xc3\xbc", "\u00fc \u00fc \u00fc"),
        # folding, white space, what acts on a terminal
        (b" one\r\n\ttwo\r\n   three\r\n \t\r\n four\r\n", "one two   three   four"),
        (b"one\n two", "one two"),
        (b" \t ", ""),
        (b"bell\x07 escape\x1b[31m delete\x7f", "bell  escape [31m delete"),
        (b"=?utf-8?Q?a=0D=0A=1B[2Jb?=", "a   [2Jb"),
        (b"=?utf-8?Q?a=E2=80=A8b=C2=9Bc?=", "a b c"),
        # addresses stay as they are written
        (b"undisclosed-recipients:;", "undisclosed-recipients:;"),
        (b"Friends: ann@example.com, Bob <bob@example.com>;", "Friends: ann@example.com, Bob <bob@example.com>;"),
        (b'"Example, Ann" <ann@example.com> (at home)', '"Example, Ann" <ann@example.com> (at home)'),
        (b'"ann <ann@example.com', '"ann <ann@example.com'),
    ],
)
def test_field_texts(value: bytes, text: str) -> None:
    assert field_text(value) == text


@pytest.mark.parametrize(
    ("header", "subject"),
    [
        (b"Subject: one\r\nSubject: two\r\n", "one"),
        (b"subject : early RFC 822 allows the space\r\n", "early RFC 822 allows the space"),
        (b"SUBJECT:\r\n folded at once\r\n", "folded at once"),
        (b"Subject:\r\nTo: a\r\n", ""),
        (b"no colon here\r\nSubject: after it\r\n", "after it"),
        (b">From ann Mon Feb 12\r\nSubject: after mbox\r\n", "after mbox"),
        (b"X-Subject: other\r\nSubject: this\r\n", "this"),
        (b"X: a\r\n Subject: folded into another\r\nSubject: this\r\n", "this"),
        (b"Subject: with LF\nTo: a\n", "with LF"),
        (b"\r\nSubject: after an empty line\r\n", "after an empty line"),
    ],
)
def test_where_the_subject_is(header: bytes, subject: str) -> None:
    assert summarise(header).subject == subject


@pytest.mark.parametrize(
    ("date", "sent"),
    [
        (b"Thu, 01 Jan 1970 00:00:00 +0000", 0),
        (b"Thu, 1 Jan 1970 01:00:00 +0100", 0),
        (b"1 Jan 1970 00:00:00 -0000", 0),  # RFC 5322 section 3.3
        (b"1 Jan 1970 00:00:00", 0),
        (b"Wed, 31 Dec 1969 19:00:00 EST", 0),
        (b"Thu, 01 Jan 1970 00:00:00 +0000 (UTC)", 0),
        (b"Fri, 21 Nov 1997 09:55:06 -0600", 880127706),  # RFC 5322 appendix A.1.1
        (b"Fri,\r\n 21 Nov 1997 09:55:06 -0600", 880127706),
        (b"21 Nov 97 09:55:06 GMT", 880106106),  # RFC 5322 appendix A.6.2
        (b"", None),
        (b"yesterday", None),
        (b"32 Jan 2024 00:00:00 +0000", None),
        (b"1 Jan 2024 25:61:61 +0000", None),
        (b"Mon, 99 Foo 99999 99:99:99 +9999", None),
        (b"1 Jan 99999999999999999999 00:00:00 +0000", None),
        (b"1 Jan 0001 00:00:00 +2359", 978220860),  # a year of two digits, RFC 5322 section 4.3: 31 Dec 2000 00:01
        (b"31 Dec 9999 23:59:59 -2359", None),
        (b"1 Jan 2024 00:00:00 +99999999", None),
    ],
)
def test_dates(date: bytes, sent: int | None) -> None:
    assert summarise(b"Date: " + date + b"\r\n").sent == sent


@pytest.mark.parametrize(
    ("octets", "header", "rest"),
    [
        (b"A: b\r\n\r\nbody", b"A: b\r\n\r\n", b"body"),
        (b"A: b\n\nbody\r\n\r\nmore", b"A: b\n\n", b"body\r\n\r\nmore"),
        (b"A: b\r\n\r\n", b"A: b\r\n\r\n", b""),
        (b"A: b\r\n", b"A: b\r\n", b""),
        (b"\r\nbody", b"\r\n", b"body"),
        (b"\nbody\n\n", b"\n", b"body\n\n"),
        (b"A: b\r\n \r\nC: d\r\n\r\n", b"A: b\r\n \r\nC: d\r\n\r\n", b""),
        (b"a\r\n\nb", b"a\r\n\n", b"b"),
        (b"", b"", b""),
    ],
)
def test_split(octets: bytes, header: bytes, rest: bytes) -> None:
    assert split(octets) == (header, rest)


@pytest.mark.parametrize("octets", odd_messages(15))
def test_split_agrees_on_odd_mail(octets: bytes) -> None:
    assert split(octets)[0] == header_of(octets)


# ---------------------------------------------------------------- against the standard library

PLAIN_WORD = st.text("abcXYZ019,.<>@\"'()-_/:;?!=", min_size=1, max_size=8).filter(lambda word: "=?" not in word)
GAP = st.sampled_from([" ", "  ", "\t", "\r\n ", "\r\n\t", "\r\n  "])


@st.composite
def encoded_words(draw: st.DrawFn) -> str:
    charset = draw(st.sampled_from(["utf-8", "UTF-8", "iso-8859-1", "koi8-r", "gb18030", "utf-16"]))
    octets = draw(st.text(max_size=12)).encode(charset, "replace")
    cut = draw(st.integers(0, len(octets)))
    words = []
    for part in (octets[:cut], octets[cut:]):
        if draw(st.booleans()):
            words.append(
                f"=?{charset}?{draw(st.sampled_from('bB'))}?{binascii.b2a_base64(part, newline=False).decode()}?="
            )
        else:
            safe = "".join(chr(octet) if chr(octet).isalnum() and octet < 128 else f"={octet:02X}" for octet in part)
            words.append(f"=?{charset}?{draw(st.sampled_from('qQ'))}?{safe}?=")
    return draw(GAP).join(words)


@st.composite
def values(draw: st.DrawFn) -> bytes:
    words = draw(st.lists(st.one_of(PLAIN_WORD, encoded_words()), min_size=1, max_size=6))
    return "".join(piece for word in words for piece in (word, draw(GAP))).strip().encode("ascii")


NAMES = st.sampled_from(["From", "To", "CC", "Bcc", "Subject", "SUBJECT", "Message-ID", "X-Subject", "Received"])


def witness(value: str) -> str:
    pieces = decode_header("".join(value.splitlines()))
    text = "".join(
        piece if isinstance(piece, str) else piece.decode(charset or "ascii", "replace") for piece, charset in pieces
    )
    return "".join(" " if not each.isprintable() and ord(each) in CONTROLS else each for each in text).strip()


CONTROLS = {*range(32), *range(127, 160), 0x2028, 0x2029}


@given(st.lists(st.tuples(NAMES, values()), max_size=8))
def test_summaries_are_those_of_the_standard_library(fields: list[tuple[str, bytes]]) -> None:
    header = b"".join(name.encode() + b": " + value + b"\r\n" for name, value in fields) + b"\r\n"
    message = BytesParser().parsebytes(header, headersonly=True)
    expected = {name: witness(message.get(name, "")) for name in ("from", "to", "cc", "bcc", "subject", "message-id")}
    summary = summarise(header)
    assert summary.subject == expected["subject"]
    assert summary.sender == expected["from"]
    assert summary.message_id == expected["message-id"]
    assert summary.recipients == ", ".join(filter(None, (expected["to"], expected["cc"], expected["bcc"])))


MOMENTS = st.datetimes(
    min_value=dt.datetime(1970, 1, 2),
    max_value=dt.datetime(9998, 1, 1),
    timezones=st.integers(-12 * 60, 14 * 60).map(lambda minutes: dt.timezone(dt.timedelta(minutes=minutes))),
)


@given(MOMENTS)
def test_dates_are_those_of_the_standard_library(moment: dt.datetime) -> None:
    whole = moment.replace(microsecond=0)
    assert summarise(b"Date: " + format_datetime(whole).encode("ascii")).sent == int(whole.timestamp())


# ---------------------------------------------------------------- strangers' octets

PIECES = st.sampled_from(
    [b"Subject:", b"From:", b"Date:", b"\r\n", b"\n", b" ", b"\t", b"\r", b":", b"=?", b"?=", b"?q?", b"?b?", b"utf-8",
     b"utf-16", b"utf-7", b"hz", b"uu", b"punycode", b"cp037", b"\0", b"\xff", b"\xed\xa0\x80", b"+2AA-", b"=", b"*",
     b"Mon", b",", b" 1 Jan ", b"2024", b"10:11", b"+0100", b"-9999", b"99999999999", b"GMT", b"(", b")"]
)  # fmt: skip


@given(st.one_of(st.binary(max_size=300), st.lists(st.one_of(PIECES, st.binary(max_size=3))).map(b"".join)))
@example(b"Subject: =?utf-7?q?+2AA-?=")
@example(b"Date: \xff 1 2 3 4 5")
def test_octets_of_any_kind_become_text_that_can_be_stored(header: bytes) -> None:
    for octets in (header, b"Subject: " + header, b"Date: " + header):
        summary = summarise(octets)
        text = summary.subject + summary.sender + summary.recipients + summary.message_id
        text.encode("utf-8")  # no lone surrogate
        assert CONTROLS.isdisjoint(map(ord, text))
        assert summary.sent is None or dt.datetime.fromtimestamp(summary.sent, dt.UTC).year >= 1
        head, rest = split(octets)
        assert head + rest == octets


@pytest.mark.parametrize(
    "piece", [b"=?a?q?", b"=?", b"=?a?q?b?= ", b"\n ", b"\nTo:", b",", b"=?a?b?!!!?=", b"\r\n\r\n "]
)
def test_long_headers_take_no_more_than_their_length(piece: bytes) -> None:
    summary = summarise(b"Subject: " + piece * (1_000_000 // len(piece)))
    assert len(summary.subject) <= 1_000_000
