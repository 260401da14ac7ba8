"""Sample messages that scenarios put into folders, and how what comes back is compared. Seven-bit, CRLF, no NUL.

Knows no stage and no server.
"""

from __future__ import annotations

import base64
import hashlib
import re

_BARE = re.compile(rb"(?<!\r)\n")


def mail(subject: str, text: bytes = b"Hello.\r\n", *, fields: bytes = b"") -> bytes:
    """Return a plain message; `fields` are whole lines that go into its header as well."""
    title = subject.encode("ascii")
    header = (
        b"Date: Tue, 12 Mar 2013 10:15:00 +0100\r\n"
        b"From: Ann Example <ann@example.com>\r\n"
        b"To: Bob Example <bob@example.org>\r\n"
        b"Message-ID: <%s@check.example.com>\r\n"
        b"Subject: %s\r\n"
    ) % (hashlib.sha256(title).hexdigest()[:16].encode(), title)
    return header + fields + b"\r\n" + text


def with_message_inside(subject: str) -> bytes:
    """Return a message with another one attached, as forwarding as an attachment makes it."""
    inner = mail(f"{subject}, the one inside", b"Inside.\r\n\r\n", fields=b"X-Folded: one\r\n\ttwo\r\n")
    parts = (
        b"--border\r\nContent-Type: text/plain\r\n\r\nSee below.\r\n"
        b"--border\r\nContent-Type: message/rfc822\r\nContent-Disposition: attachment\r\n\r\n%s--border--\r\n"
    ) % inner
    return mail(subject, parts, fields=b'MIME-Version: 1.0\r\nContent-Type: multipart/mixed; boundary="border"\r\n')


def large(subject: str, octets: int) -> bytes:
    """Return a message with a file of about so many octets in base64; no two of its lines are equal."""
    count = octets // 78
    raw = hashlib.shake_256(subject.encode()).digest(count * 57)
    lines = base64.encodebytes(raw).replace(b"\n", b"\r\n")
    fields = b"MIME-Version: 1.0\r\nContent-Type: application/octet-stream\r\nContent-Transfer-Encoding: base64\r\n"
    return mail(subject, lines, fields=fields)


def with_crlf(octets: bytes) -> bytes:
    """Return octets with CRLF for every line end, as which LF alone counts."""
    if octets.count(b"\n") == octets.count(b"\r\n"):
        return octets
    return _BARE.sub(b"\r\n", octets)


def parted(message: bytes) -> tuple[bytes, bytes]:
    """Return the header of a message, its empty line included, and the text after it; line ends are made CRLF."""
    message = with_crlf(message)
    if message.startswith(b"\r\n"):
        return message[:2], message[2:]
    header, empty, text = message.partition(b"\r\n\r\n")
    return header + empty, text


def fields_of(header: bytes) -> list[bytes]:
    """Return the fields of a header, each with its continuation lines, in their order."""
    lines = with_crlf(header).removesuffix(b"\r\n\r\n").removesuffix(b"\r\n")
    return re.split(rb"\r\n(?![ \t])", lines) if lines else []


def difference(stored: bytes, came: bytes) -> str | None:
    """Say where octets that came are not those that were stored; None where they are, line ends aside."""
    stored, came = with_crlf(stored), with_crlf(came)
    if stored == came:
        return None
    place = next((place for place, (one, other) in enumerate(zip(stored, came, strict=False)) if one != other), None)
    if place is None:
        more = "only the first" if len(came) < len(stored) else f"{len(came):,} octets, not"
        return f"{more} {min(len(came), len(stored)):,} of {len(stored):,} octets came"
    return (
        f"octet {place + 1:,} of {len(stored):,} differs: stored was {_excerpt(stored, place)}, "
        f"what came is {_excerpt(came, place)}"
    )


def _excerpt(octets: bytes, place: int) -> str:
    return repr(octets[max(0, place - 10) : place + 20])[1:]
