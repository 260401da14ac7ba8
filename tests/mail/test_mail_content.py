"""What is in a message: its text and its attachments, as people send them and as they break."""

from __future__ import annotations

from email.message import EmailMessage

import pytest

from outlookimap.errors import UsageError
from outlookimap.mail import content
from outlookimap.mail.content import Attachment

ALTERNATIVE = (
    b'Content-Type: multipart/alternative; boundary="b"\r\n\r\n'
    b"--b\r\nContent-Type: text/plain; charset=iso-8859-1\r\nContent-Transfer-Encoding: quoted-printable\r\n\r\n"
    b"Gr=FC=DFe\r\n"
    b"--b\r\nContent-Type: text/html\r\n\r\n<p>Other <b>words</b></p>\r\n"
    b"--b--\r\n"
)
MIXED = (
    b'Subject: x\r\nContent-Type: multipart/mixed; boundary="m"\r\n\r\n'
    b"--m\r\n\r\nSee below.\r\n"
    b'--m\r\nContent-Type: text/plain; name="notes.txt"\r\nContent-Disposition: attachment\r\n\r\nnotes\r\n'
    b"--m\r\nContent-Type: application/pdf\r\n"
    b'Content-Disposition: attachment; filename="=?utf-8?q?Rechnung_f=C3=BCr_Mai.pdf?="\r\n'
    b"Content-Transfer-Encoding: base64\r\n\r\nJVBERg==\r\n"
    b"--m\r\nContent-Type: application/octet-stream\r\n"
    b"Content-Disposition: attachment; filename*=utf-8''Gr%C3%B6%C3%9Fe.bin\r\n\r\nabc\r\n"
    b"--m\r\nContent-Type: message/rfc822\r\n\r\nSubject: =?utf-8?q?weitergel=C3=A9itet?=\r\n\r\nOld news.\r\n"
    b"--m--\r\n"
)
HTML = b"Content-Type: text/html; charset=utf-8\r\n\r\n<style>p {}</style><p>One<p>Gr\xc3\xbc\xc3\x9fe &amp; so on\r\n"

TEXTS = {
    "no header says what it is": (b"Subject: x\r\n\r\nHello\r\n", "Hello\r\n"),
    "plain text of an alternative": (ALTERNATIVE, "Grüße"),
    "HTML without its tags": (HTML, "One\nGrüße & so on"),
    "an unknown charset": (b"Content-Type: text/plain; charset=x-none\r\n\r\nGr\xc3\xbc\xc3\x9fe", "Grüße"),
    "octets that are no UTF-8": (b"\r\nGr\xfc\xdfe", "Grüße"),
    "attachments are not in it": (MIXED, "See below."),
    "nothing but a picture": (b"Content-Type: image/png\r\n\r\n\x89PNG", ""),
    "a multipart without parts": (b'Content-Type: multipart/mixed; boundary="none"\r\n\r\nno border\r\n', ""),
    "nothing at all": (b"", ""),
}  # fmt: skip


@pytest.mark.parametrize(("octets", "expected"), TEXTS.values(), ids=TEXTS.keys())
def test_the_text(octets: bytes, expected: str) -> None:
    assert content.text(octets) == expected


def test_attachments_are_decoded_and_named() -> None:
    assert content.attachments(MIXED) == [
        Attachment("notes.txt", "text/plain", b"notes"),
        Attachment("Rechnung für Mai.pdf", "application/pdf", b"%PDF"),
        Attachment("Größe.bin", "application/octet-stream", b"abc"),
        Attachment("weitergeléitet", "message/rfc822", b"Subject: =?utf-8?q?weitergel=C3=A9itet?=\r\n\r\nOld news."),
    ]
    assert content.attachments(ALTERNATIVE) == []
    assert content.attachments(b"Content-Type: image/png\r\n\r\nPNG") == [Attachment("", "image/png", b"PNG")]


def test_an_attachment_shows_no_content() -> None:
    assert "PDF" not in repr(Attachment("a.pdf", "application/pdf", b"%PDF"))


BROKEN = [
    b'Content-Type: application/pdf; name*0*=x\'\'%FF; name*1="b\r\n\r\nabc',
    b"Content-Type: application/pdf\r\nContent-Disposition: attachment; filename*=\"\r\n\r\nabc",
    b"Content-Type: application/pdf\r\nContent-Disposition: \xff; filename=\"\xfe\"\r\n\r\nabc",
    b"Content-Type: application/pdf\r\nContent-Transfer-Encoding: base64\r\n\r\n=abc!",
    b"Content-Type: message/rfc822\r\nContent-Transfer-Encoding: base64\r\n\r\nU3ViamVjdDogeA0KDQp5",
    b"Content-Type: application/pdf\r\nContent-Transfer-Encoding: x-uuencode\r\n\r\nbegin 644",
]  # fmt: skip


@pytest.mark.parametrize("octets", BROKEN)
def test_what_is_broken_is_shown_as_well_as_it_can_be(octets: bytes) -> None:
    [attachment] = content.attachments(octets)
    assert attachment.content_type in ("application/pdf", "message/rfc822")
    assert isinstance(content.text(octets), str)


def test_a_message_is_parsed_with_decoded_headers() -> None:
    message = content.parsed(b"Subject: =?utf-8?q?Gr=C3=BC=C3=9Fe?=\r\nTo: Ann <ann@example.com>\r\n\r\nHi\r\n")
    assert isinstance(message, EmailMessage)
    assert message["Subject"] == "Grüße"
    assert message["To"].addresses[0].username == "ann"


def test_what_is_nested_too_deeply_is_refused_by_name() -> None:
    depth = 3000
    octets = b"".join(b"Content-Type: multipart/mixed; boundary=b%d\r\n\r\n--b%d\r\n" % (n, n) for n in range(depth))
    for take_apart in (content.parsed, content.text, content.attachments):
        with pytest.raises(UsageError, match="nested too deeply"):
            take_apart(octets)
