"""What a list of messages shows of one, read from its header block; pure, and never raises.

Knows no table and no server. This runs once for every message of a first sync: fields are cut out by one expression,
and what is plain ASCII without encoded words is decoded by nothing else.
"""

from __future__ import annotations

import binascii
import codecs
import datetime as dt
import hashlib
import re
from dataclasses import dataclass
from email.utils import parsedate_to_datetime

_FIELD = re.compile(rb"\n(from|to|cc|bcc|subject|date|message-id)[ \t]*:([^\n]*(?:\n[ \t][^\n]*)*)", re.IGNORECASE)
_EMPTY_LINE = re.compile(rb"\n\r?\n")
_ENCODED_WORD = re.compile(rb"=\?([^?]{1,75})\?([QqBb])\?([^?]*)\?=")
_LINE_END = re.compile(rb"\r?\n")
_NO_TEXT = dict.fromkeys([*range(0x20), *range(0x7F, 0xA0), 0x2028, 0x2029], " ") | dict.fromkeys(
    range(0xD800, 0xE000), "\N{REPLACEMENT CHARACTER}"
)
"""Control characters and line separators, which would act on a terminal; lone surrogates, which are no text at all."""
_NOT_MAIL = frozenset({"unicode_escape", "raw_unicode_escape", "idna", "punycode", "undefined", "mbcs", "oem"})
"""Text encodings of Python that are no character sets; some of them warn, or take long."""


@dataclass(frozen=True, slots=True)
class Summary:
    """The fields of a header block as text: RFC 2047 decoded, unfolded, without control characters.

    `sender` is the From field, `recipients` To, Cc and Bcc, `sent` the moment of the Date field in seconds since 1970
    or None, `header_hash` a hash over the block without the line ends that close it.
    """

    subject: str
    sender: str
    recipients: str
    sent: int | None
    message_id: str
    header_hash: bytes


@dataclass(frozen=True, slots=True)
class Fingerprint:
    """What a message is recognised by, never its size; `received` is its INTERNALDATE in seconds since 1970.

    Statements: O5:V0007
    """

    message_id: str
    received: int | None
    header_hash: bytes | None


def summarise(header: bytes) -> Summary:
    """Return what `header` says; of a field that is there twice the first counts, lines that are no field are nothing.

    RFC 5322 section 2.2, RFC 2047.
    """
    fields: dict[bytes, bytes] = {}
    for name, value in _FIELD.findall(b"\n" + header):
        fields.setdefault(name.lower(), value)
    recipients = [fields[name] for name in (b"to", b"cc", b"bcc") if name in fields]
    return Summary(
        subject=field_text(fields.get(b"subject", b"")),
        sender=field_text(fields.get(b"from", b"")),
        recipients=", ".join(filter(None, map(field_text, recipients))),
        sent=_moment(fields.get(b"date", b"")),
        message_id=field_text(fields.get(b"message-id", b"")),
        header_hash=hashlib.blake2b(header.rstrip(b"\r\n"), digest_size=16).digest(),
    )


def split(octets: bytes) -> tuple[bytes, bytes]:
    """Return a message's header block, the empty line that ends it included, and what follows.

    A message without an empty line is all header. RFC 5322 section 2.1.
    """
    found = _EMPTY_LINE.search(b"\n" + octets[:2]) or _EMPTY_LINE.search(octets)
    if found is None:
        return octets, b""
    end = found.end() - 1 if found.string is not octets else found.end()
    return octets[:end], octets[end:]


def field_text(value: bytes) -> str:
    """Return the value of a header field as text on one line; 8-bit octets are UTF-8, else Latin-1.

    Adjacent encoded words of one charset are decoded together, because a character may be cut in two. A word that
    cannot be decoded stays as it is written. RFC 2047 section 6.2.
    """
    value = value.strip()
    if b"\n" in value:
        value = _LINE_END.sub(b"", value)
    text = _decode_words(value) if b"=?" in value else decode(value, "ascii")
    return cleaned(text).strip()


def cleaned(text: str) -> str:
    """Return `text` with spaces for control characters and line separators, so that it is safe to show and to store."""
    return text if text.isascii() and text.isprintable() else text.translate(_NO_TEXT)


def decode(octets: bytes, charset: str) -> str:
    """Return `octets` as text; where `charset` is unknown or plainly wrong, they are UTF-8, else Latin-1."""
    name = _codec(charset)
    if name not in {"ascii", ""}:
        try:
            return octets.decode(name, "replace")
        except (UnicodeError, LookupError):
            pass  # a codec that is no charset ("base64"), or one that cannot replace: the octets tell
    try:
        return octets.decode("utf-8")
    except UnicodeDecodeError:
        return octets.decode("latin-1")


def _codec(charset: str) -> str:
    try:
        name = codecs.lookup(charset).name
    except (LookupError, ValueError):
        return ""
    return "" if name.replace("-", "_") in _NOT_MAIL else name


def _decode_words(value: bytes) -> str:
    pieces: list[tuple[list[bytes], str]] = []
    end = 0
    after_word = False
    for match in _ENCODED_WORD.finditer(value):
        octets = _word_octets(match[2], match[3])
        if octets is None:
            continue
        charset = match[1].partition(b"*")[0].decode("latin-1").lower()  # RFC 2231 section 5: =?charset*language?...
        between = value[end : match.start()]
        if between.strip() or not after_word:
            pieces.append(([between], "ascii"))
            pieces.append(([octets], charset))
        elif pieces[-1][1] == charset:
            pieces[-1][0].append(octets)
        else:
            pieces.append(([octets], charset))
        end = match.end()
        after_word = True
    pieces.append(([value[end:]], "ascii"))
    return "".join(decode(b"".join(octets), charset) for octets, charset in pieces)


def _word_octets(encoding: bytes, text: bytes) -> bytes | None:
    if encoding in b"Qq":
        return binascii.a2b_qp(text, header=True)
    try:
        return binascii.a2b_base64(text + b"===")  # more than enough where the padding was left out
    except binascii.Error:
        return None


def _moment(value: bytes) -> int | None:
    try:
        moment = parsedate_to_datetime(field_text(value))
        if moment.tzinfo is None:
            moment = moment.replace(tzinfo=dt.UTC)  # RFC 5322 section 3.3: -0000 is UTC
        return int(moment.astimezone(dt.UTC).timestamp())
    except (ValueError, TypeError, OverflowError, IndexError):
        return None
