"""What is read from headers is what the standard library reads, on tens of thousands of them and on a whole mailbox.

The reference for Subject, From, To, Cc, Bcc and Message-ID is `email.header.decode_header`, its pieces put together as
they are: it joins adjacent encoded words of one charset before it decodes them, as RFC 2047 section 6.2 has it for
characters cut in two. `email.policy.default` decodes word by word, and writes addresses anew; `make_header` puts spaces
where none are written. Where both agree, on the mailbox, both are asked. For the parameters of Content fields it is
`email.message.Message` with RFC 2231, for dates `email.utils.parsedate_to_datetime`.
"""

from __future__ import annotations

import datetime as dt
import email
import email.policy
import re
from collections import Counter
from email.errors import HeaderParseError
from email.header import decode_header
from email.message import Message
from email.utils import collapse_rfc2231_value, format_datetime, parsedate_to_datetime

import pytest
from hypothesis import given
from hypothesis import strategies as st
from support import generated_mail, header_corpus

from outlookimap.cache.content_fields import content_fields
from outlookimap.cache.summary import field_text, sent_moment, summarise

MANY = 40_000
FROM_THE_MAILBOX = 3_000

DEVIATIONS = {
    "8-bit": "octets above 127 outside of encoded words: surrogates there, here UTF-8 or else Latin-1",
    "8-bit ASCII": "such octets in a word of us-ascii: lost there, here the same reading as above",
    "no charset": "`=??q?a?=` is no encoded word (RFC 2047 section 2); there it is one of ASCII",
    "base64": "a word of base64 whose length is impossible: the whole field is an error there, here the word stays",
    "charset": "a charset nobody knows, or one with a language (RFC 2231 section 5): an error there",
}
"""Where the standard library is not followed; what is read instead is typed by hand in `test_summary`."""

CONTROLS = re.compile("[\x00-\x1f\x7f-\x9f\u2028\u2029]")


def witness(value: bytes) -> tuple[str, str]:
    """Return the text of a field by the standard library, or an empty one and the deviation that forbids to ask."""
    if not value.isascii():
        return "", "8-bit"
    if b"=??" in value:
        return "", "no charset"
    try:
        pieces = decode_header(re.sub("\r?\n", "", value.decode("ascii")))
        if any(charset == "us-ascii" and not octets.isascii() for octets, charset in pieces if charset):
            return "", "8-bit ASCII"
        text = "".join(
            piece if isinstance(piece, str) else piece.decode(charset or "ascii", "replace")
            for piece, charset in pieces
        )
    except HeaderParseError:
        return "", "base64"
    except LookupError:
        return "", "charset"
    return harmless(text), ""


def harmless(text: str) -> str:
    """Return text with what acts on a terminal, or is no text, replaced as the local copy has it."""
    return CONTROLS.sub(" ", re.sub("[\ud800-\udfff]", "\N{REPLACEMENT CHARACTER}", text)).strip()


def test_fields_are_read_as_the_standard_library_reads_them() -> None:
    left_out: Counter[str] = Counter()
    for value in header_corpus.values(MANY):
        text, deviation = witness(value)
        if deviation:
            left_out[deviation] += 1
        else:
            assert field_text(value) == text, value
    assert left_out.keys() == DEVIATIONS.keys()
    assert left_out.total() < MANY / 10


def test_headers_of_a_mailbox_are_read_as_the_standard_library_reads_them() -> None:
    for header in generated_mail.headers(FROM_THE_MAILBOX):
        summary = summarise(header)
        old = email.message_from_bytes(header)
        assert all(field_text(value.encode()) == witness(value.encode())[0] for value in old.values())
        assert summary.subject == witness(old["Subject"].encode())[0]
        assert summary.sender == witness(old["From"].encode())[0]
        assert summary.recipients == witness(old["To"].encode())[0]
        assert summary.message_id == (old["Message-ID"] or "")
        assert summary.sent == sent_moment(header) == parsedate_to_datetime(old["Date"]).timestamp()
        new = email.message_from_bytes(header, policy=email.policy.default)
        assert summary.subject == str(new["Subject"])
        assert all(one.display_name in summary.recipients.replace('\\"', '"') for one in new["To"].addresses)


# ---------------------------------------------------------------- dates

MOMENTS = st.datetimes(dt.datetime(1901, 1, 1), dt.datetime(2098, 12, 31)).map(
    lambda moment: moment.replace(microsecond=0, tzinfo=dt.UTC)
)
ZONES = st.integers(-23 * 60, 23 * 60).map(lambda minutes: dt.timezone(dt.timedelta(minutes=minutes)))


@given(moment=MOMENTS, zone=ZONES, tail=st.sampled_from(["", " (CET)", " (central time)", "\r\n", " x"]))
def test_dates_are_those_of_the_standard_library(moment: dt.datetime, zone: dt.timezone, tail: str) -> None:
    written = format_datetime(moment.astimezone(zone)) + tail
    expected = int(parsedate_to_datetime(written).timestamp())
    assert expected == moment.timestamp()
    assert summarise(b"Date: " + written.encode() + b"\r\n").sent == expected


@given(
    st.builds(
        "{}, {} {} {} {}:{}:{} {}{}".format,
        st.sampled_from(["Mon", "mon", "Monday", "XYZ"]),
        st.sampled_from(["1", "01", "29", "30", "31", "0", "32"]),
        st.sampled_from(["Jan", "Feb", "feb", "June", "Xyz"]),
        st.sampled_from(["2023", "2024", "1899", "24", "70", "02024"]),
        st.sampled_from(["0", "00", "23", "24"]),
        st.sampled_from(["00", "59", "60"]),
        st.sampled_from(["00", "59", "60", "61"]),
        st.sampled_from(["+", "-", ""]),
        st.sampled_from(["0000", "0059", "0060", "0130", "2359", "2400", "9999", "GMT", "EST", ""]),
    )
)
def test_odd_dates_are_those_of_the_standard_library(written: str) -> None:
    try:
        moment = parsedate_to_datetime(written)
        expected = int((moment if moment.tzinfo else moment.replace(tzinfo=dt.UTC)).timestamp())
    except (ValueError, TypeError, OverflowError):
        assert summarise(b"Date: " + written.encode() + b"\r\n").sent is None
    else:
        assert summarise(b"Date: " + written.encode() + b"\r\n").sent == expected


# ---------------------------------------------------------------- parameters


def by_the_standard_library(kind: bytes, disposition: bytes) -> tuple[str, str, str, str, bool] | None:
    """Return type, charset, boundary, file name and whether it is attached; None where the library trips."""
    message = Message()
    for name, value in (("Content-Type", kind), ("Content-Disposition", disposition)):
        message[name] = CONTROLS.sub(" ", re.sub("[\r\n]", "", value.decode("latin-1"))).strip()
    try:
        name = message.get_filename("")
        return (
            message.get_content_type(),
            collapse_rfc2231_value(message.get_param("charset", "")),
            message.get_boundary(""),
            witness(name.encode("latin-1"))[0] if name.isascii() else harmless(name),
            message.get_content_disposition() == "attachment",
        )
    except (ValueError, LookupError, TypeError, AttributeError):
        return None


def test_parameters_are_read_as_the_standard_library_reads_them() -> None:
    tripped = 0
    written = zip(header_corpus.content_types(MANY), header_corpus.dispositions(MANY), strict=True)
    for kind, disposition in written:
        header = b"Content-Type: " + kind + b"\r\nContent-Disposition: " + disposition + b"\r\n\r\n"
        expected = by_the_standard_library(kind, disposition)
        read = content_fields(header, "text/plain")
        if expected is None:
            tripped += 1
            assert (read.kind, read.name) == ("text/plain", "")
        else:
            assert (read.kind, read.charset, read.boundary, read.name, read.attached) == expected, header
    assert 0 < tripped < MANY / 10


@pytest.mark.parametrize(
    ("header", "name"),
    [
        # RFC 2231 sections 3, 4 and 4.1, typed from the document; there the names are `URL` and `title`.
        (
            b'Content-Disposition: attachment;\r\n filename*0="ftp://";\r\n filename*1="cs.utk.edu/pub/x"',
            "ftp://cs.utk.edu/pub/x",
        ),
        (
            b"Content-Disposition: attachment;\r\n filename*=us-ascii'en-us'This%20is%20%2A%2A%2Afun%2A%2A%2A",
            "This is ***fun***",
        ),
        (
            (
                b"Content-Disposition: attachment;\r\n filename*0*=us-ascii'en'This%20is%20even%20more%20;\r\n"
                b' filename*1*=%2A%2A%2Afun%2A%2A%2A%20;\r\n filename*2="isn\'t it!"'
            ),
            "This is even more ***fun*** isn't it!",
        ),
        (b'Content-Type: image/png; name="=?utf-8?B?w7xiZXI=?= 1.png"', "\u00fcber 1.png"),
        (b'Content-Type: image/png; name="a.png"\r\nContent-Disposition: inline; filename="b.png"', "b.png"),
        (b"Content-Type: image/png; name=a.png", "a.png"),
    ],
)
def test_file_names(header: bytes, name: str) -> None:
    assert content_fields(header + b"\r\n\r\n", "text/plain").name == name
