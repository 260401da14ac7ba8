"""Replaces octets by as many others that say nothing of them, in the same alphabet, for each kind of field.

Letters stay letters where a name stands, base64 stays base64, quoted-printable and modified UTF-7 stay readable to
whoever decodes them. Which field is of which kind is not known here, nor anything of lines or connections.
"""

from __future__ import annotations

import base64
import enum
import hashlib
import re
from collections.abc import Callable, Collection
from functools import lru_cache

from outlookimap.errors import UsageError
from outlookimap.traffic import redaction_words as words

KEEPS = ("addresses", "comments", "folders", "keywords", "texts")
"""What `redact` can be told to leave: addresses and user names, comments, folder names, own flags, servers' texts."""

_LONGEST_NAME = 4096  # octets; what is longer is no name, and would be slow


class Kind(enum.Enum):
    """What a field holds."""

    SECRET = enum.auto()  # stars
    PLAIN = enum.auto()  # as it is
    WORD = enum.auto()  # an atom of IMAP's own
    NUMBER = enum.auto()  # numbers, sets of them, or a word
    FLAG = enum.auto()
    CAPABILITY = enum.auto()
    DELIMITER = enum.auto()
    TAG = enum.auto()
    DATE = enum.auto()
    MAILBOX = enum.auto()
    LOCAL = enum.auto()  # a user's name, or what stands before the @ of an address
    DOMAIN = enum.auto()
    ADDRESS = enum.auto()  # a whole address, or a part of one
    VALUE = enum.auto()  # text that may hold addresses
    TEXT = enum.auto()
    STATUS = enum.auto()  # a sentence of the server's software
    MIME = enum.auto()  # a type, an encoding, a parameter
    HEADER_NAME = enum.auto()
    MESSAGE = enum.auto()  # a header, then perhaps a body
    BODY = enum.auto()


def _table(ascii_mask: Callable[[int], int]) -> bytes:
    return bytes(ascii_mask(octet) if octet < 0x80 else _eight_bit(octet) for octet in range(256))


def _eight_bit(octet: int) -> int:
    """Return what stands for an 8-bit octet: valid UTF-8 stays valid, and of as many octets."""
    if octet < 0xC0:
        return 0xA9
    for first, last, mask in ((0xC2, 0xDF, 0xC3), (0xE0, 0xEF, 0xE2), (0xF0, 0xF4, 0xF0)):
        if first <= octet <= last:
            return mask
    return 0xFF


_EIGHT_BIT = _table(lambda octet: octet)
_TEXT = _table(lambda octet: ord("x") if chr(octet).isalnum() else octet)
_BODY = _table(lambda octet: ord("x") if 0x20 < octet < 0x7F and octet != ord("=") else octet)

_SET = re.compile(rb"[0-9:,*]+")
_MONTH = rb"(?:Jan|Feb|Mar|Apr|May|Jun|Jul|Aug|Sep|Oct|Nov|Dec)"
_DATE = re.compile(
    rb'"? ?[0-9]{1,2}-' + _MONTH + rb'-[0-9]{4}(?: [0-9]{2}:[0-9]{2}:[0-9]{2} [+-][0-9]{4})?"?'
    rb"|(?:(?:Mon|Tue|Wed|Thu|Fri|Sat|Sun), {1,2})?[0-9]{1,2} " + _MONTH + rb" [0-9]{4} [0-9]{2}:[0-9]{2}(?::[0-9]{2})?"
    rb"(?: (?:[+-][0-9]{4}|GMT|UTC?))?(?: \((?:GMT|UTC)\))?",
    re.IGNORECASE,
)
_LEVELS = re.compile(rb"([/.\\]+)")
_SHIFTED = re.compile(rb"&([A-Za-z0-9+,]+)-")
# from the beginning of a run of such characters only: else a long run without an @ takes quadratic time
_LOCAL = rb"A-Za-z0-9.!#$%&'*+/=?^_`{|}~\x80-\xff-"
_ADDRESS = re.compile(rb"(?<![" + _LOCAL + rb"])([" + _LOCAL + rb"]++)@([A-Za-z0-9.\x80-\xff-]*[A-Za-z0-9\x80-\xff])")
_ENCODED_WORD = re.compile(rb"=\?([A-Za-z0-9_-]{1,40})(?:\*[A-Za-z-]{0,20})?\?([BbQq])\?([^?\s]*)\?=")
_HEADER_LINE = re.compile(rb"([^\s:]+)([ \t]*:[ \t]*)")
_MIME_WORD = re.compile(rb"[A-Za-z0-9+._-]+")
_STATUS_WORD = re.compile(rb"[^\s]+")
_PUNCTUATION = b".,;:!?()'\"<>[]"


class Masks:
    """The masks of one recording: the same name gets the same pseudonym, under a key nobody keeps."""

    def __init__(self, keep: Collection[str], key: bytes) -> None:
        """Raise UsageError for a `keep` that is none of `KEEPS`."""
        for one in keep:
            if one not in KEEPS:
                raise UsageError(f"{one!r} cannot be kept: one of {', '.join(KEEPS)}")
        self._key = hashlib.blake2b(key).digest()
        self._name = lru_cache(maxsize=4096)(self._new_name)
        masks: dict[Kind, Callable[[bytes], bytes]] = {
            Kind.SECRET: lambda octets: b"*" * len(octets),
            Kind.PLAIN: bytes,
            Kind.WORD: _word,
            Kind.NUMBER: lambda octets: octets if _SET.fullmatch(octets) else _word(octets),
            Kind.FLAG: self._flag,
            Kind.CAPABILITY: lambda octets: octets if octets.upper() in words.CAPABILITIES else _word(octets),
            Kind.DELIMITER: lambda octets: octets if len(octets) < 2 or octets.upper() == b"NIL" else _text(octets),
            Kind.TAG: self._name,
            Kind.DATE: lambda octets: octets if _DATE.fullmatch(octets) else _word(octets),
            Kind.MAILBOX: self._mailbox,
            Kind.LOCAL: self._name,
            Kind.DOMAIN: self._name,
            Kind.ADDRESS: self._address,
            Kind.VALUE: self._value,
            Kind.TEXT: _text,
            Kind.STATUS: self._status,
            Kind.MIME: _mime,
            Kind.HEADER_NAME: _header_name,
            Kind.MESSAGE: self._message,
            Kind.BODY: _body,
        }
        kept = {
            "comments": (),
            "addresses": (Kind.LOCAL, Kind.DOMAIN, Kind.ADDRESS),
            "folders": (Kind.MAILBOX,),
            "keywords": (Kind.FLAG,),
            "texts": (Kind.STATUS,),
        }
        masks |= {kind: bytes for one in keep for kind in kept[one]}
        self._masks = masks
        self._keeps_addresses = "addresses" in keep

    def mask(self, kind: Kind, octets: bytes) -> bytes:
        """Return as many octets as `octets` has, of the same alphabet."""
        return self._masks[kind](octets)

    # ---------------------------------------------------------------- names

    def _new_name(self, octets: bytes) -> bytes:
        """Return the pseudonym of a name: two names are never given one, but for the case of letters.

        Each letter moves by a number that depends on all before it, then again from the other end.
        """
        if len(octets) > _LONGEST_NAME:
            return _text(octets)
        return self._moved(self._moved(octets.translate(_EIGHT_BIT))[::-1])[::-1]

    def _moved(self, octets: bytes) -> bytes:
        moved = bytearray()
        chain = hashlib.blake2b(key=self._key, digest_size=16)
        for octet in octets:
            by = int.from_bytes(chain.digest())
            chain.update(bytes((octet,)).lower())
            for first, count in ((ord("a"), 26), (ord("A"), 26), (ord("0"), 10)):
                if first <= octet < first + count:
                    octet = first + (octet - first + by) % count  # noqa: PLW2901 - a later row does not match it
                    break
            moved.append(octet)
        return bytes(moved)

    def _flag(self, octets: bytes) -> bytes:
        return octets if octets.lower() in words.FLAGS or octets.upper() in words.ATOMS else self._name(octets)

    def _mailbox(self, octets: bytes) -> bytes:
        if len(octets) > _LONGEST_NAME:
            return _text(octets)
        return b"".join(
            level if place % 2 or level.lower() in words.MAILBOXES else self._level(level)
            for place, level in enumerate(_LEVELS.split(octets))
        )

    def _level(self, octets: bytes) -> bytes:
        parts = _SHIFTED.split(octets)
        return b"".join(
            b"&" + self._shifted(part) + b"-" if place % 2 else self._name(part) for place, part in enumerate(parts)
        )

    def _shifted(self, octets: bytes) -> bytes:
        """Return as much modified base64 that is that of Chinese characters."""
        units = len(octets) * 6 // 16
        digest = hashlib.shake_128(self._key + octets).digest(2 * units)
        pairs = zip(digest[::2], digest[1::2], strict=True)
        text = "".join(chr(0x4E00 + (high << 8 | low) % 20_000) for high, low in pairs)
        encoded = base64.b64encode(text.encode("utf-16-be"), b"+,").rstrip(b"=")
        return encoded if len(encoded) == len(octets) else b"A" * len(octets)

    # ---------------------------------------------------------------- addresses and texts

    def _address(self, octets: bytes) -> bytes:
        return self._value(octets) if b"@" in octets else self._name(octets)

    def _value(self, octets: bytes) -> bytes:
        masked: list[bytes] = []
        here = 0
        for found in _ADDRESS.finditer(octets):
            masked += [_text(octets[here : found.start()]), self._found(found)]
            here = found.end()
        return b"".join((*masked, _text(octets[here:])))

    def _found(self, address: re.Match[bytes]) -> bytes:
        return address[0] if self._keeps_addresses else self._name(address[1]) + b"@" + self._name(address[2])

    def _status(self, octets: bytes) -> bytes:
        return _STATUS_WORD.sub(self._status_word, octets)

    def _status_word(self, found: re.Match[bytes]) -> bytes:
        core = found[0].strip(_PUNCTUATION)
        return found[0] if core.upper() in words.STATUS else self._value(found[0])

    # ---------------------------------------------------------------- messages

    def _message(self, octets: bytes) -> bytes:
        """Mask a header line by line, and everything after its empty line as a body."""
        ends = (octets.find(mark) + len(mark) for mark in (b"\n\r\n", b"\n\n") if mark in octets)
        end = min(ends, default=len(octets))
        if octets.startswith((b"\r\n", b"\n")):
            end = 0
        header: list[bytes] = []
        name = b""
        for line in octets[:end].splitlines(keepends=True):
            if not line.startswith((b" ", b"\t")):
                found = _HEADER_LINE.match(line)
                name = found[1].lower() if found else b""
                before = _header_name(found[1]) + found[2] if found else b""
            else:
                before = b""
            header += [before, self._header_value(name, line[len(before) :])]
        return b"".join((*header, _body(octets[end:])))

    def _header_value(self, name: bytes, octets: bytes) -> bytes:
        if name.startswith((b"content-t", b"content-disposition", b"mime-version")):
            return _mime(octets)
        if name.endswith(b"date") and _DATE.fullmatch(octets.strip()):
            return octets
        return self._value(octets)


def _word(octets: bytes) -> bytes:
    return octets if octets.upper() in words.ATOMS else _text(octets)


def _mime(octets: bytes) -> bytes:
    return _MIME_WORD.sub(_mime_word, octets.translate(_EIGHT_BIT))


def _mime_word(found: re.Match[bytes]) -> bytes:
    return found[0] if found[0].lower() in words.MIME or found[0].upper() == b"NIL" else _text(found[0])


def _header_name(octets: bytes) -> bytes:
    return octets if octets.lower() in words.HEADERS else _text(octets)


def _text(octets: bytes) -> bytes:
    masked = octets.translate(_TEXT)
    if b"=?" not in octets:
        return masked
    parts: list[bytes] = []
    here = 0
    for found in _ENCODED_WORD.finditer(octets):
        charset = found[1] if found[1].lower() in words.MIME else found[1].translate(_TEXT)
        begin, end = found.span(3)
        parts += [masked[here : found.start()], b"=?", charset, masked[found.end(1) : found.start(2)], found[2], b"?"]
        parts += [_body(octets[begin:end]) if found[2] in b"Qq" else masked[begin:end], b"?="]
        here = found.end()
    return b"".join((*parts, masked[here:]))


def _body(octets: bytes) -> bytes:
    """Leave line ends, spaces and =; what may be quoted-printable stays so."""
    return octets.translate(_BODY).replace(b"=xx", b"=AA")
