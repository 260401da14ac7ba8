"""Mail on its way to APPEND: seven-bit octets with CRLF, and the mail the same after it."""

from __future__ import annotations

import email
import email.policy
from email.message import EmailMessage
from typing import Any

import pytest

from outlookimap.client import mime


@pytest.mark.parametrize(
    ("given", "sent"),
    [
        (b"a: b\r\n\r\nc\r\n", b"a: b\r\n\r\nc\r\n"),
        (b"a: b\n\nc\n", b"a: b\r\n\r\nc\r\n"),
        (b"a: b\r\rc", b"a: b\r\n\r\nc"),
        (b"a\n\r\n\rb\r", b"a\r\n\r\n\r\nb\r\n"),
        (b"", b""),
        (b"\xe4\x00\n", b"\xe4\x00\r\n"),
    ],
)
def test_octets_get_whole_line_ends_and_stay_otherwise(given: bytes, sent: bytes) -> None:
    assert mime.octets(given) == sent


def message(content: str = "Gr\xfc\xdfe\n", **options: Any) -> EmailMessage:
    made = EmailMessage()
    made["From"] = "J\xfcrgen <j@example.com>"
    made["Subject"] = "Gr\xfc\xdfe"
    made.set_content(content, **options)
    return made


def parsed(octets: bytes) -> EmailMessage:
    return email.message_from_bytes(octets, policy=email.policy.default)


def parts(octets: bytes) -> list[tuple[str | None, str]]:
    return [
        (part["Content-Transfer-Encoding"], part.get_content())
        for part in parsed(octets).walk()
        if not part.is_multipart()
    ]


@pytest.mark.cites("O5:V0014", "O5:V0013")
@pytest.mark.parametrize("encoding", ["8bit", "", "quoted-printable", "base64"])
def test_text_with_octets_above_127(encoding: str) -> None:
    made = message(cte=encoding) if encoding else message()
    before = made.as_string()
    octets = mime.octets(made)
    assert parts(octets) == [("base64", "Gr\xfc\xdfe\n" if encoding == "base64" else "Gr\xfc\xdfe\r\n")]
    assert octets.isascii()
    assert parsed(octets)["Subject"] == "Gr\xfc\xdfe"
    assert made.as_string() == before


@pytest.mark.cites("O5:V0014")
def test_ascii_text_stays_as_it_is() -> None:
    assert mime.octets(message("one\ntwo\n")).endswith(b"\r\n\r\none\r\ntwo\r\n")
    assert parts(mime.octets(message("one\n"))) == [("7bit", "one\r\n")]


@pytest.mark.cites("O5:V0014")
def test_parts_and_attachments() -> None:
    made = message("plain\n")
    made.add_alternative("<p>Gr\xfc\xdfe</p>\n", subtype="html", cte="8bit")
    made.add_attachment(bytes(range(256)), maintype="application", subtype="octet-stream")
    octets = mime.octets(made)
    assert octets.isascii()
    assert parts(octets) == [
        ("7bit", "plain\r\n"),
        ("base64", "<p>Gr\xfc\xdfe</p>\r\n"),
        ("base64", bytes(range(256))),
    ]


@pytest.mark.cites("O5:V0014")
@pytest.mark.parametrize("encoding", [b"", b"Content-Transfer-Encoding: binary\r\n"])
def test_a_message_read_from_octets_that_says_too_little(encoding: bytes) -> None:
    read = parsed(b"Content-Type: application/x-unknown\r\n" + encoding + b"\r\n\xff\xfe\r\n")
    octets = mime.octets(read)
    assert octets.isascii()
    assert parsed(octets).get_payload(decode=True) == b"\xff\xfe\r\n"


@pytest.mark.cites("O5:V0014")
def test_a_message_inside_a_message() -> None:
    outer = message("see below\n")
    outer.add_attachment(message(cte="8bit"))
    octets = mime.octets(outer)
    assert octets.isascii()
    assert [text for _, text in parts(octets)] == ["see below\r\n", "Gr\xfc\xdfe\r\n"]
