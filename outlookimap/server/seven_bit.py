"""A message with octets above 127, made 7-bit when it comes in: parts are encoded, headers by `seven_bit_headers`.

What is 7-bit already comes back as it is, and so does every 7-bit part of a message that is not. The structure stays:
the same parts, in the same places, with the same content once decoded.
"""

from __future__ import annotations

import base64
import re

from outlookimap.server.content import split, value_of
from outlookimap.server.mime_fields import token
from outlookimap.server.mime_parts import Entity, parse
from outlookimap.server.seven_bit_headers import masked, seven_bit_header, spelled

_LINE_END = re.compile(rb"\r?\n")
_TO_ESCAPE = re.compile(rb"[^\t\x20-<>-\x7e]")
_LAST_BLANK = re.compile(rb"[ \t]\Z")
_ABOVE = re.compile(rb"[\x80-\xff]")
_LINE = 76
_UNENCODED = frozenset((b"", b"7bit", b"8bit", b"binary"))


def to_seven_bit(octets: bytes) -> bytes:
    """Return a message without octets above 127; one that has none is returned as it is.

    Text is encoded as quoted-printable, or as base64 where much of it is above 127, anything else as base64. What
    cannot be encoded, as a part that claims an encoding it does not keep, has ``?`` instead.

    Statements: X10:V0007, X3:V0007
    """
    if octets.isascii():
        return octets
    return _entity(octets, parse(octets), message=True)


def _entity(octets: bytes, entity: Entity, *, message: bool) -> bytes:
    """Return a message, or a part of one, made 7-bit."""
    whole = octets[entity.start : entity.end]
    if whole.isascii():
        return whole
    head = seven_bit_header(octets[entity.start : entity.text])
    body = octets[entity.text : entity.end]
    if body.isascii():
        return head + body
    encoding = _encoding(head)
    if entity.parts or entity.message is not None:
        return _relabelled(head, encoding) + _composed(octets, entity)
    if encoding == b"quoted-printable":
        return head + _ABOVE.sub(lambda found: b"=%02X" % found[0][0], body)
    if encoding == b"base64":
        return head + _ABOVE.sub(b"", body)  # no reader takes them for content
    if encoding not in _UNENCODED:
        return head + masked(body)
    text = entity.media.upper() == b"TEXT"
    above = len(body) - len(_ABOVE.sub(b"", body))
    if text and above * 3 <= len(body):
        return _labelled(head, b"quoted-printable", message=message) + quoted_printable(body)
    return _labelled(head, b"base64", message=message) + _base64(body)


def _composed(octets: bytes, entity: Entity) -> bytes:
    """Return the body of a multipart or of a MESSAGE/RFC822 part; what is between its parts is delimiters and text."""
    if entity.message is not None:
        return _entity(octets, entity.message, message=True)
    pieces: list[bytes] = []
    at = entity.text
    for part in entity.parts:
        pieces += (spelled(octets[at : part.start]), _entity(octets, part, message=False))
        at = part.end
    return b"".join((*pieces, spelled(octets[at : entity.end])))


def _encoding(head: bytes) -> bytes:
    """Return the content transfer encoding that a header declares, in lower case."""
    return next(
        (token(value_of(field)).lower() for name, field in split(head) if name == b"content-transfer-encoding"), b""
    )


def _without_encoding(head: bytes) -> tuple[bytes, bytes]:
    """Return the fields of a header but its content transfer encodings, and the empty line that ends it."""
    fields = b"".join(field for name, field in split(head) if name != b"content-transfer-encoding")
    return fields, b"\n" if head.endswith(b"\n\n") or head == b"\n" else b"\r\n"


def _relabelled(head: bytes, encoding: bytes) -> bytes:
    """Return the header of something composed, which is 7-bit now; an encoding it must not have stays."""
    if encoding not in (b"8bit", b"binary"):
        return head
    return _labelled(head, b"7bit", message=False)


def _labelled(head: bytes, encoding: bytes, *, message: bool) -> bytes:
    """Return a header, which ends with an empty line, that declares `encoding`; of a message, that it is MIME too."""
    fields, empty = _without_encoding(head)
    if message and not any(name == b"mime-version" for name, _ in split(fields)):
        fields += b"MIME-Version: 1.0\r\n"
    return fields + b"Content-Transfer-Encoding: " + encoding + b"\r\n" + empty


def _base64(body: bytes) -> bytes:
    encoded = base64.encodebytes(body).replace(b"\n", b"\r\n")
    return encoded if body.endswith(b"\n") else encoded.removesuffix(b"\r\n")


def quoted_printable(body: bytes) -> bytes:
    """Return text as quoted-printable; its line ends become CRLF, and no line begins like a delimiter."""
    return b"\r\n".join(_quoted_line(line) for line in _LINE_END.split(body))


def _quoted_line(line: bytes) -> bytes:
    """Return one line, with soft line breaks where it is long (RFC 2045 section 6.7)."""
    escaped = _TO_ESCAPE.sub(lambda found: b"=%02X" % found[0][0], line)
    escaped = _LAST_BLANK.sub(lambda found: b"=%02X" % found[0][0], escaped)
    pieces: list[bytes] = []
    at = 0
    while len(escaped) - at > _LINE:
        end = at + _LINE - 1
        mark = escaped.rfind(b"=", end - 2, end)  # never break an escape
        end = end if mark < 0 else mark
        pieces.append(escaped[at:end] + b"=\r\n")
        at = end
        if escaped.startswith(b"-", at):
            pieces.append(b"=2D")
            at += 1
    return b"".join((*pieces, escaped[at:]))
