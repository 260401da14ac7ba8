"""What a list of messages shows of one, read from its header block; pure, and never raises.

Knows no table and no server. This runs once for every message of a first sync: fields are cut out by one expression,
and what is plain ASCII without encoded words is decoded by nothing else.
"""

from __future__ import annotations

import binascii
import codecs
import datetime as dt
import functools
import hashlib
import re
from dataclasses import dataclass
from email.utils import parsedate_to_datetime

_FIELD = re.compile(rb"\n(from|to|cc|bcc|subject|date|message-id)[ \t]*:([^\n]*(?:\n[ \t][^\n]*)*)", re.IGNORECASE)
_DATE_FIELD = re.compile(rb"\n[Dd][Aa][Tt][Ee][ \t]*:([^\n]*(?:\n[ \t][^\n]*)*)")
_EMPTY_LINE = re.compile(rb"\n\r?\n")
_ENCODED_WORD = re.compile(rb"=\?([^?]{1,75})\?([QqBb])\?(.*?)\?=", re.DOTALL)
_NOT_Q = re.compile(rb"=(?![0-9A-Fa-f]{2})")
_Q_OCTET = re.compile(rb"=([0-9A-Fa-f]{2})")
_DATE = re.compile(
    rb"\s*(?:[A-Za-z]{3}, )?([0-9]{1,2} [A-Z][a-z]{2} (?:19|20)[0-9]{2})"
    rb" ([01][0-9]|2[0-3]):([0-5][0-9]):([0-5][0-9]) ([+-])([01][0-9]|2[0-3])([0-5][0-9])(?: \([A-Z]{1,5}\))?\s*"
)
"""A date as RFC 5322 section 3.3 has it, without obsolete forms: nearly all are."""
_MONTHS = (b"Jan", b"Feb", b"Mar", b"Apr", b"May", b"Jun", b"Jul", b"Aug", b"Sep", b"Oct", b"Nov", b"Dec")
_LINE_END = re.compile(rb"\r?\n")
_NO_TEXT = dict.fromkeys([*range(0x20), *range(0x7F, 0xA0), 0x2028, 0x2029], " ") | dict.fromkeys(
    range(0xD800, 0xE000), "\N{REPLACEMENT CHARACTER}"
)
"""Control characters and line separators, which would act on a terminal; lone surrogates, which are no text at all."""
_REMEMBERED_OCTETS = 200
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
        sender=_people(fields.get(b"from", b"")),
        recipients=", ".join(filter(None, map(_people, recipients))),
        sent=_moment(fields.get(b"date", b"")),
        message_id=field_text(fields.get(b"message-id", b"")),
        header_hash=hashlib.blake2b(header.rstrip(b"\r\n"), digest_size=16).digest(),
    )


def sent_moment(header: bytes) -> int | None:
    """Return `summarise(header).sent`, without the work of the rest."""
    found = _DATE_FIELD.search(b"\n" + header)
    return None if found is None else _moment(found[1])


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
    text = _decode_words(value) if b"=?" in value else _plain(value)
    return cleaned(text).strip()


def _people(value: bytes) -> str:
    """Return `field_text(value)`: mail is from and to the same few again and again."""
    return _remembered(value) if len(value) <= _REMEMBERED_OCTETS else field_text(value)


_remembered = functools.lru_cache(maxsize=1024)(field_text)


def cleaned(text: str) -> str:
    """Return `text` with spaces for control characters and line separators, so that it is safe to show and to store."""
    return text if text.isprintable() else text.translate(_NO_TEXT)


def decode(octets: bytes, charset: str) -> str:
    """Return `octets` as text; where `charset` is unknown or plainly wrong, they are UTF-8, else Latin-1."""
    name = _codec(charset)
    if name not in {"ascii", ""}:
        try:
            return octets.decode(name, "replace")
        except (UnicodeError, LookupError):
            pass  # a codec that is no charset ("base64"), or one that cannot replace: the octets tell
    return _plain(octets)


def _plain(octets: bytes) -> str:
    try:
        return octets.decode("utf-8")
    except UnicodeDecodeError:
        return octets.decode("latin-1")


@functools.lru_cache(maxsize=256)
def _codec(charset: str) -> str:
    try:
        name = codecs.lookup(charset).name
    except (LookupError, ValueError):
        return ""
    return "" if name.replace("-", "_") in _NOT_MAIL else name


def _decode_words(value: bytes) -> str:
    end = value.rfind(b"?=") + 2  # no word ends after it: looked for there, each beginning would be followed to the end
    before, *words = _ENCODED_WORD.split(value[:end])
    texts: list[str] = []
    run = b""
    charset: str | None = None  # of the words before, which may go on in the next one
    for name, encoding, word, after in zip(words[0::4], words[1::4], words[2::4], words[3::4], strict=True):
        octets = _word_octets(encoding, word)
        if octets is None:
            before += b"=?%b?%b?%b?=%b" % (name, encoding, word, after)
            continue
        found = name.partition(b"*")[0].decode("latin-1").lower()  # RFC 2231 section 5: =?charset*language?...
        apart = charset is None or bool(before.strip())
        if charset is not None and (apart or found != charset):
            texts.append(decode(run, charset))
            run = b""
        if apart:
            texts.append(_plain(before))
        run, charset, before = run + octets, found, after
    return "".join((*texts, decode(run, charset or ""), _plain(before + value[end:])))


def _word_octets(encoding: bytes, text: bytes) -> bytes | None:
    if encoding in b"Qq":
        if _NOT_Q.search(text) is None:
            return binascii.a2b_qp(text, header=True)
        return _Q_OCTET.sub(lambda found: bytes.fromhex(found[1].decode()), text.replace(b"_", b" "))
    try:
        return binascii.a2b_base64(text + b"===")  # more than enough where the padding was left out
    except binascii.Error:
        return None


def _moment(value: bytes) -> int | None:
    found = _DATE.fullmatch(value)
    midnight = None if found is None else _midnight(found[1])
    if found is None or midnight is None:
        return _odd_moment(value)
    hour, minute, second, sign, zone_hours, zone_minutes = found.group(2, 3, 4, 5, 6, 7)
    zone = int(zone_hours) * 3600 + int(zone_minutes) * 60
    return midnight + int(hour) * 3600 + int(minute) * 60 + int(second) - (-zone if sign == b"-" else zone)


@functools.lru_cache(maxsize=1024)
def _midnight(day: bytes) -> int | None:
    number, month, year = day.split()
    if month not in _MONTHS:
        return None
    try:
        date = dt.datetime(int(year), _MONTHS.index(month) + 1, int(number), tzinfo=dt.UTC)
    except ValueError:
        return None
    return int(date.timestamp())


def _odd_moment(value: bytes) -> int | None:
    try:
        moment = parsedate_to_datetime(field_text(value))
        if moment.tzinfo is None:
            moment = moment.replace(tzinfo=dt.UTC)  # RFC 5322 section 3.3: -0000 is UTC
        return int(moment.astimezone(dt.UTC).timestamp())
    except (ValueError, TypeError, OverflowError, IndexError):
        return None
