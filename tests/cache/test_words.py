"""The text of a message: known answers, then whatever strangers may send."""

from __future__ import annotations

import base64
import time
from email.message import EmailMessage

import pytest
from hypothesis import example, given
from hypothesis import strategies as st
from support.odd_mail import odd_messages

from outlookimap.cache.words import DEEPEST, text_of

# RFC 2046 section 5.1.1: the preamble and the epilogue are to be ignored. Typed from the document, lines shortened.
RFC_MULTIPART = b"""\
From: Nathaniel Borenstein <nsb@bellcore.com>\r
To: Ned Freed <ned@innosoft.com>\r
Subject: Sample message\r
MIME-Version: 1.0\r
Content-type: multipart/mixed; boundary="simple boundary"\r
\r
This is the preamble.  It is to be ignored.\r
\r
--simple boundary\r
\r
This is implicitly typed plain US-ASCII text.\r
It does NOT end with a linebreak.\r
--simple boundary\r
Content-type: text/plain; charset=us-ascii\r
\r
This is explicitly typed plain US-ASCII text.\r
It DOES end with a linebreak.\r
\r
--simple boundary--\r
\r
This is the epilogue.  It is also to be ignored.\r
"""


def part(fields: bytes, body: bytes = b"") -> bytes:
    return fields.replace(b"\n", b"\r\n") + b"\r\n\r\n" + body


def parts(kind: bytes, *children: bytes, boundary: bytes = b"b") -> bytes:
    body = b"".join(b"--" + boundary + b"\r\n" + child + b"\r\n" for child in children)
    return part(b'Content-Type: %s; boundary="%s"' % (kind, boundary), body + b"--" + boundary + b"--\r\n")


PLAIN = part(b"Content-Type: text/plain", b"plain words")
HTML = part(b"Content-Type: text/html", b"<p>html words</p>")


def test_the_sample_of_the_rfc() -> None:
    assert text_of(RFC_MULTIPART) == (
        "This is implicitly typed plain US-ASCII text.\nIt does NOT end with a linebreak.\n"
        "This is explicitly typed plain US-ASCII text.\nIt DOES end with a linebreak."
    )


@pytest.mark.parametrize(
    ("message", "text"),
    [
        (part(b"Subject: a", b"no MIME at all\r\n"), "no MIME at all"),
        (b"", ""),
        (b"Subject: only a header", ""),
        (b"\r\nno header", "no header"),
        # transfer encodings
        (part(b"Content-Transfer-Encoding: BASE64", b"R3LD\r\nvMOfZQ==\r\n"), "Gr\u00fc\u00dfe"),
        (part(b"Content-Transfer-Encoding: base64", b"!R3LD*vMOfZQ"), "Gr\u00fc\u00dfe"),
        (part(b"Content-Transfer-Encoding: base64", b"SGVsb"), "Hel"),
        (part(b"Content-Transfer-Encoding: base64", b"===="), ""),
        (part(b"Content-Transfer-Encoding: quoted-printable", b"Gr=C3=BC=C3=\r\n=9Fe =ZZ="), "Gr\u00fc\u00dfe =ZZ"),
        (part(b"Content-Transfer-Encoding: 8bit", b"Gr\xc3\xbc\xc3\x9fe"), "Gr\u00fc\u00dfe"),
        (part(b"Content-Transfer-Encoding: x-own", b"as it is"), "as it is"),
        # charsets
        (part(b"Content-Type: text/plain; charset=iso-8859-1", b"Gr\xfc\xdfe"), "Gr\u00fc\u00dfe"),
        (part(b'Content-Type: text/plain;\n charset="koi8-r"', b"\xf0\xf2\xe9"), "\u041f\u0420\u0418"),
        (part(b"Content-Type: text/plain; charset=x-unknown", b"Gr\xc3\xbc\xc3\x9fe"), "Gr\u00fc\u00dfe"),
        (part(b"Content-Type: text/plain; charset=x-unknown", b"Gr\xfc\xdfe"), "Gr\u00fc\u00dfe"),
        (part(b"Content-Type: text/plain; charset=us-ascii", b"Gr\xc3\xbc\xc3\x9fe"), "Gr\u00fc\u00dfe"),
        (part(b"Content-Type: text/plain; charset*=utf-8''x", b"\xc3\xbc"), "\u00fc"),
        # what to show of alternatives
        (parts(b"multipart/alternative", PLAIN, HTML), "plain words"),
        (parts(b"multipart/alternative", HTML, PLAIN), "plain words"),
        (parts(b"multipart/alternative", HTML), "html words"),
        (parts(b"multipart/alternative", part(b"Content-Type: text/plain", b" \r\n"), HTML), "html words"),
        (
            parts(b"multipart/alternative", PLAIN, parts(b"multipart/related", HTML, boundary=b"inner")),
            "plain words",
        ),
        (parts(b"multipart/mixed", PLAIN, HTML), "plain words\nhtml words"),
        # attachments
        (
            parts(
                b"multipart/mixed",
                PLAIN,
                part(b'Content-Type: application/pdf; name="a.pdf"\nContent-Disposition: attachment', b"%PDF"),
                part(b'Content-Type: text/plain\nContent-Disposition: attachment; filename="log.txt"', b"not read"),
                part(b"Content-Disposition: attachment;\n filename*=utf-8''Gr%C3%BC%C3%9Fe.doc", b""),
                part(b'Content-Disposition: attachment; filename="=?utf-8?Q?=C3=BC.txt?="', b""),
                part(b"Content-Type: image/png", b"\x89PNG"),
            ),
            "plain words\na.pdf\nlog.txt\nGr\u00fc\u00dfe.doc\n\u00fc.txt",
        ),
        # messages in messages
        (
            part(b"Content-Type: message/rfc822", part(b"Subject: =?utf-8?Q?=C3=BC?=", b"inside")),
            "\u00fc\ninside",
        ),
        (parts(b"multipart/digest", b"\r\n" + part(b"Subject: in a digest", b"inside")), "in a digest\ninside"),
        # what is broken
        (part(b"Content-Type: multipart/mixed", b"no boundary"), ""),
        (part(b'Content-Type: multipart/mixed; boundary="b"', b"--b\r\n\r\nno end"), "no end"),
        (part(b'Content-Type: multipart/mixed; boundary="b"', b"--b--\r\nonly an end"), ""),
        (part(b'Content-Type: multipart/mixed; boundary="b"', b"--bb\r\n\r\nanother's\r\n--b \t\r\n\r\nours"), "ours"),
        (part(b"Content-Type: nonsense", b"is plain text"), "is plain text"),
        (part(b"Content-Type: text/calendar", b"BEGIN:VCALENDAR"), ""),
        (part(b"Subject: a", b"a\x00b\x1b[2J\tc\xc2\x9bd \r\n\xe2\x80\xa8e"), "a b [2J c d\n\ne"),
    ],
)
def test_texts(message: bytes, text: str) -> None:
    assert text_of(message) == text


@pytest.mark.parametrize(
    ("html", "text"),
    [
        ("<p>one</p><p>two</p>", "one\ntwo"),
        ("one<br>two<br/>three", "one\ntwo\nthree"),
        ("<td>a</td><td>b</td>", "a\nb"),
        ("H<b>el</b>lo <i>you</i>", "Hello you"),
        ("  much\n  space\t here ", "much space here"),
        ("<script>var a = '<p>no</p>';</script>yes", "yes"),
        ("<STYLE type='text/css'>p { color: red }</STYLE>yes", "yes"),
        ("<style/>yes", "yes"),
        ("before<script>never ended", "before"),
        ("a<!-- no -->b<!-- never ended", "ab"),
        ("a &amp; b &#252; &uuml; &nbsp;&unknown; &", "a & b \u00fc \u00fc &unknown; &"),
        ("a < b > c", "a < b > c"),
        ("<![if !supportLists]>a<![endif]>b", "ab"),
        ("<![nonsense [x]>a", "a"),
        ("<!DOCTYPE html><?xml version='1.0'?>a", "a"),
        ('<a title="1 > 0" href=x>link</a>', "link"),
        ('<img src="data:image/png;base64,' + "A" * 100_000 + '">after', "after"),
        ("<!--" + "x" * 100_000 + "-->after", "after"),
        ("<p>" * 3000 + "deep", "deep"),
        ("", ""),
    ],
)
def test_html_without_tags(html: str, text: str) -> None:
    assert text_of(part(b"Content-Type: text/html; charset=utf-8", html.encode("utf-8"))) == text


def test_no_more_than_the_limit() -> None:
    assert text_of(part(b"Subject: a", b"one\r\ntwo\r\nthree"), limit=6) == "one\ntw"
    assert text_of(parts(b"multipart/mixed", PLAIN, PLAIN), limit=13) == "plain words\np"
    coded = base64.b64encode("\u00fc".encode("utf-32-le") * 100)
    message = part(b"Content-Type: text/plain; charset=utf-32-le\nContent-Transfer-Encoding: base64", coded)
    assert text_of(message, limit=50) == "\u00fc" * 50


def test_messages_in_messages_are_read_to_a_depth() -> None:
    message = part(b"Subject: 0", b"bottom")
    for _ in range(DEEPEST):
        message = part(b"Content-Type: message/rfc822", message)
    assert text_of(message).endswith("bottom")
    message = part(b"Content-Type: message/rfc822", message)
    assert "bottom" not in text_of(message)


def test_a_message_of_the_standard_library() -> None:
    message = EmailMessage()
    message["Subject"] = "a"
    message.set_content("Gr\u00fc\u00dfe\n" * 50)
    message.add_alternative("<p>other</p>", subtype="html")
    message.add_attachment(b"octets", maintype="application", subtype="pdf", filename="Gr\u00fc\u00dfe \u20ac.pdf")
    inner = EmailMessage()
    inner["Subject"] = "forwarded"
    inner.set_content("inner words", cte="base64")
    message.add_attachment(inner)
    assert text_of(message.as_bytes()).split() == [*["Gr\u00fc\u00dfe"] * 50, "Gr\u00fc\u00dfe", "\u20ac.pdf",
                                                   "forwarded", "inner", "words"]  # fmt: skip


@pytest.mark.parametrize("message", odd_messages(15))
def test_odd_mail(message: bytes) -> None:
    text_of(message).encode("utf-8")


# ---------------------------------------------------------------- strangers' octets

PIECES = st.sampled_from(
    [b"Content-Type:", b"Content-Disposition:", b"Content-Transfer-Encoding:", b"multipart/mixed", b"text/html",
     b"message/rfc822", b"multipart/alternative", b"multipart/digest", b"text/plain", b"attachment", b"base64",
     b"quoted-printable", b";", b"boundary=", b"charset=", b"name*0*=", b"name*1=", b"filename=", b"filename*=",
     b"utf-8''%FF", b"utf-7", b"utf-16", b"unicode_escape", b"b", b'"', b"\\", b"\r\n", b"\r\n\r\n", b"--b\r\n",
     b"--b--", b" ", b"=", b"<", b">", b"<!", b"<![", b"</", b"<!--", b"<script>", b"&#xd800;", b"&#99999999999;",
     b"\0", b"\xff", b"a\0b", b"+2AA-", b"''", b"*"]
)  # fmt: skip


@given(st.one_of(st.binary(max_size=300), st.lists(st.one_of(PIECES, st.binary(max_size=3))).map(b"".join)))
@example(b"Content-Type: text/html\r\n\r\n<![nonsense[")
@example(b"Content-Type: text/plain; charset=utf-7\r\n\r\n+2AA-")
@example(b"Content-Disposition: attachment; filename*=a\0b''x\r\n\r\n")
def test_octets_of_any_kind_become_text_that_can_be_stored(octets: bytes) -> None:
    kinds = (b"", b"Content-Type: text/html\r\n\r\n", b'Content-Type: multipart/mixed; boundary="b"\r\n\r\n--b\r\n')
    for start in (*kinds, b"Content-Type: text/plain; ", b"Content-Disposition: attachment; "):
        text_of(start + octets).encode("utf-8")
        assert len(text_of(start + octets, limit=5)) <= 5


HOSTILE = {
    "unended tags": part(b"Content-Type: text/html", b"<a " * 300_000),
    "unended comments": part(b"Content-Type: text/html", b"<!--" * 250_000),
    "nothing but <": part(b"Content-Type: text/html", b"<" * 1_000_000),
    "quotes": part(b"Content-Type: text/html", b"<a b='" * 160_000),
    "marked sections": part(b"Content-Type: text/html", b"<![" * 300_000),
    "entities": part(b"Content-Type: text/html", b"&#" * 500_000),
    "many parts": part(b'Content-Type: multipart/mixed; boundary="b"', b"--b\r\n" * 300_000),
    "delimiters almost": part(b'Content-Type: multipart/mixed; boundary="b"', (b"--b" + b" " * 30) * 30_000),
    "parameters": part(b"Content-Type: text/plain" + b';a="' * 250_000),
    "deep": b'Content-Type: multipart/mixed; boundary="b"\r\n\r\n--b\r\n' * 20_000,
    "messages": b"Content-Type: message/rfc822\r\n\r\n" * 30_000,
}


@pytest.mark.parametrize("name", HOSTILE)
def test_hostile_mail_takes_seconds_at_most(name: str) -> None:
    before = time.process_time()
    assert len(text_of(HOSTILE[name])) <= 1_000_000
    assert time.process_time() - before < 10
