"""Octets of mail as text: transfer encodings and charsets of bodies, encoded words of headers (RFC 2045, RFC 2047).

Never fails: mail that lies about its charset can be searched all the same. Knows neither messages nor SEARCH.
"""

from __future__ import annotations

import binascii
import codecs
import re

_WORD = re.compile(r"=\?([^?*\s]+)(?:\*[^?\s]*)?\?([BbQq])\?([^?\r\n]*)\?=")
_FOLD = re.compile(rb"\r?\n(?=[ \t])")
_NO_BASE64 = re.compile(rb"[^A-Za-z0-9+/=]+")
_CHARSET = re.compile(r"[A-Za-z0-9._:+-]{1,40}")
_NO_CHARSETS = frozenset(("idna", "punycode", "undefined", "unicode-escape", "raw-unicode-escape"))
"""Codecs of Python that no mail means."""


def codec_of(charset: str | None) -> str | None:
    """Return the name of the codec for `charset`, None for a charset that is not known."""
    if charset is None or _CHARSET.fullmatch(charset) is None:
        return None
    try:
        name = codecs.lookup(charset).name
        "".encode(name)  # a codec that is none for text says so only now
    except (LookupError, UnicodeError):
        return None
    return None if name in _NO_CHARSETS else name


def decoded(octets: bytes, charset: str | None) -> str:
    """Return `octets` as text: in `charset` if they are, else in UTF-8, else with what cannot be read replaced."""
    codec = codec_of(charset)
    for name in (codec, "utf-8"):
        if name is not None:
            try:
                return octets.decode(name)
            except UnicodeError:
                continue
    if codec is None or codec == "ascii":
        return octets.decode("latin-1")
    return octets.decode(codec, "replace")


def transferred(octets: bytes, encoding: bytes) -> bytes:
    """Return a body without its transfer encoding (RFC 2045 section 6), as far as it is in it."""
    match encoding.lower():
        case b"quoted-printable":
            return binascii.a2b_qp(octets)
        case b"base64":
            return _base64(octets)
        case _:
            return octets


def _base64(octets: bytes) -> bytes:
    """Return what base64 says, whatever else stands there and whatever is missing at the end of a run."""
    return b"".join(map(_run, _NO_BASE64.sub(b"", octets).split(b"=")))


def _run(digits: bytes) -> bytes:
    whole = len(digits) // 4 * 4
    rest = digits[whole:].ljust(4, b"=") if len(digits) - whole > 1 else b""
    return binascii.a2b_base64(digits[:whole] + rest)


def unfolded(octets: bytes) -> bytes:
    """Return a header, or a field of one, without the line ends inside fields (RFC 5322 section 2.2.3)."""
    return _FOLD.sub(b"", octets)


def decoded_header(octets: bytes) -> str:
    """Return octets of an unfolded header as text, encoded words decoded (RFC 2047 section 6)."""
    text = decoded(octets, None)
    pieces: list[str] = []
    run: list[bytes] = []  # the octets of adjacent words in one charset: a character may be cut between two of them
    charset = ""
    end = 0
    for word in _WORD.finditer(text):
        between = text[end : word.start()]
        adjacent = bool(run) and not between.strip(" \t")
        if not adjacent or word[1].lower() != charset:
            pieces.append(decoded(b"".join(run), charset) if run else "")
            run = []
        if not adjacent:
            pieces.append(between)
        run.append(_content(word))
        charset = word[1].lower()
        end = word.end()
    if run:
        pieces.append(decoded(b"".join(run), charset))
    pieces.append(text[end:])
    return "".join(pieces)


def _content(word: re.Match[str]) -> bytes:
    """Return the octets in an encoded word."""
    octets = word[3].encode("ascii", "replace")
    return binascii.a2b_qp(octets, header=True) if word[2] in "Qq" else _base64(octets)
