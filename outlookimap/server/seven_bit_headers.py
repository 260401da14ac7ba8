"""Fields of a header with octets above 127, made 7-bit (RFC 2047, RFC 2231).

Text becomes encoded words, names in address fields too; parameters take the form of RFC 2231; elsewhere, where no
encoding is allowed, ``?`` stands for an octet. A field that is 7-bit is left as it is. Knows no body.
"""

from __future__ import annotations

import base64
import re
from collections.abc import Iterator

from outlookimap.server.content import split, value_of
from outlookimap.server.mime_fields import comment_end, parametrized, unquoted

_ADDRESSES = frozenset(
    (b"from", b"sender", b"reply-to", b"to", b"cc", b"bcc", b"resent-from", b"resent-sender", b"resent-reply-to",
     b"resent-to", b"resent-cc", b"resent-bcc", b"disposition-notification-to", b"return-receipt-to", b"errors-to")
)  # fmt: skip
_WITH_PARAMS = frozenset((b"content-type", b"content-disposition"))
_NO_TEXT = frozenset(
    (b"date", b"message-id", b"in-reply-to", b"references", b"return-path", b"received", b"resent-date",
     b"resent-message-id", b"mime-version", b"content-id", b"content-transfer-encoding", b"content-md5",
     b"content-language", b"content-location")
)  # fmt: skip
_ABOVE = re.compile(rb"[\x80-\xff]")
_WHITE = re.compile(rb"([ \t]+)")
_PIECE = re.compile(
    rb'(?P<quoted>"(?:[^"\\]|\\.)*\\?"?)|(?P<comment>\()|(?P<mark>[<>@,;:])|[ \t]+|[^ \t"(<>@,;:]+', re.DOTALL
)
_TOKEN_CHARS = re.compile(rb"[^A-Za-z0-9!#$&+\-.^_`{|}~]")
_EXTENDED_CHARS = re.compile(rb"[^A-Za-z0-9!#$&+\-.^_`{|}~%']")
_QUOTED_SPECIALS = re.compile(rb'["\\]')
_BLANKS = b" \t"
_LINE = 76
_WORD = 42  # octets of text in an encoded word: 56 in base64, 73 at most with the rest


def masked(octets: bytes) -> bytes:
    """Return `octets` with ``?`` for each above 127."""
    return _ABOVE.sub(b"?", octets)


def spelled(octets: bytes) -> bytes:
    """Return `octets` with two hexadecimal digits for each above 127: boundaries stay different and tokens."""
    return _ABOVE.sub(lambda found: b"%02X" % found[0][0], octets)


def seven_bit_header(head: bytes) -> bytes:
    """Return a header, its empty line included, without octets above 127.

    Statements: X10:V0007, X3:V0007
    """
    if head.isascii():
        return head
    fields = [field if field.isascii() else _field(name, field) for name, field in split(head)]
    for empty in (b"\r\n", b"\n"):
        if head == empty or head.endswith(b"\n" + empty):
            fields.append(empty)
            break
    return b"".join(fields)


def _field(name: bytes, field: bytes) -> bytes:
    """Return one field; its line end stays what it was."""
    spelling, colon, _ = field.partition(b":")
    if not colon or not spelling.isascii() or name in _NO_TEXT:
        return masked(field)
    value = value_of(field).replace(b"\r", b" ")
    if name in _ADDRESSES:
        value = b"".join(_address_pieces(value))
    elif name in _WITH_PARAMS:
        value = _with_params(value)
    else:
        value = b"".join(_text(value))
    ended = b"\r\n" if field.endswith(b"\n") else b""
    return _folded(spelling + b": " + value) + ended


def _charset(octets: bytes) -> tuple[str, str]:
    """Return the octets as text and the charset that they are most likely in: anything is ISO-8859-1."""
    try:
        return octets.decode("utf-8"), "utf-8"
    except UnicodeDecodeError:
        return octets.decode("iso-8859-1"), "iso-8859-1"


def encoded_words(octets: bytes) -> bytes:
    """Return text as encoded words with one space between them (RFC 2047 section 2), none longer than 75 octets."""
    text, charset = _charset(octets)
    words: list[bytes] = []
    chunk = b""
    for character in (*text, ""):
        more = character.encode(charset)
        if chunk and (not more or len(chunk) + len(more) > _WORD):
            words.append(b"=?%s?B?%s?=" % (charset.encode(), base64.b64encode(chunk)))
            chunk = b""
        chunk += more
    return b" ".join(words)


def _text(value: bytes) -> Iterator[bytes]:
    """Yield unstructured text: words with octets above 127 that stand together are encoded together.

    White space between two encoded words is nothing to a reader, so it goes into the new one.
    """
    run: list[bytes] = []
    before = b""
    for piece in _words(value):
        word = piece.lstrip(_BLANKS)
        gap = piece[: len(piece) - len(word)]
        if not word.isascii():
            if not run:
                yield b" " if before.endswith(b"?=") else gap
            run.append(piece if run or before.endswith(b"?=") else word)
        else:
            if run:
                run += [gap] if word.startswith(b"=?") else []
                yield encoded_words(b"".join(run))
                run = []
            yield piece
        before = word
    if run:
        yield encoded_words(b"".join(run))


def _words(octets: bytes) -> Iterator[bytes]:
    """Yield each word with the white space before it."""
    gap = b""
    for piece in _WHITE.split(octets):
        if piece.strip(_BLANKS):
            yield gap + piece
            gap = b""
        else:
            gap += piece


def _address_pieces(value: bytes) -> Iterator[bytes]:
    """Yield an address list: phrases and comments are encoded, addresses masked."""
    at = 0
    phrase: list[bytes] = []
    while at < len(value):
        found = _PIECE.match(value, at)
        if found is None:  # no piece begins with what is left of nothing
            break
        at = found.end()
        if found.lastgroup == "comment":
            at = comment_end(value, found.start())
        piece = value[found.start() : at]
        address = _in_address(value, found.start(), at)
        if found.lastgroup not in ("comment", "mark") and not address:
            phrase.append(piece)
            continue
        yield from _phrase(phrase)
        phrase = []
        if piece.isascii() or address:
            yield masked(piece)
        else:
            yield b"(" + b"".join(_text(unquoted(piece[1:].removesuffix(b")")))) + b")"
    yield from _phrase(phrase)


def _phrase(pieces: list[bytes]) -> Iterator[bytes]:
    """Yield a phrase: as a whole in encoded words where one of its words needs that."""
    whole = b"".join(pieces)
    if whole.isascii():
        yield whole
        return
    words = b"".join(unquoted(one[1:].removesuffix(b'"')) if one.startswith(b'"') else one for one in pieces)
    yield b" " if whole[:1] in (b" ", b"\t") else b""
    yield encoded_words(words.strip(_BLANKS))
    yield b" " if whole[-1:] in (b" ", b"\t") else b""


def _in_address(value: bytes, start: int, end: int) -> bool:
    """Tell whether a piece is part of an address: ``<`` or ``@`` stands before it, or an ``@`` after it."""
    return (start > 0 and value[start - 1] in b"<@") or value[end : end + 1] == b"@"


def _percent(found: re.Match[bytes]) -> bytes:
    return b"%%%02X" % found[0][0]


def _with_params(value: bytes) -> bytes:
    """Return a value with parameters spelled anew; a boundary stays a boundary."""
    read = parametrized(value)
    pieces = [masked(read.value)]
    for attribute, param in read.params:
        name = masked(attribute)
        if param.isascii():
            pieces.append(b'%s="%s"' % (name, _QUOTED_SPECIALS.sub(rb"\\\g<0>", param)))
        elif attribute.lower() == b"boundary":
            pieces.append(b'%s="%s"' % (name, _QUOTED_SPECIALS.sub(rb"\\\g<0>", spelled(param))))
        elif b"*" in name:
            pieces.append(b"%s=%s" % (name, _EXTENDED_CHARS.sub(_percent, param)))
        else:
            _, charset = _charset(param)
            pieces.append(b"%s*=%s''%s" % (name, charset.encode(), _TOKEN_CHARS.sub(_percent, param)))
    return b"; ".join(pieces)


def _folded(field: bytes) -> bytes:
    """Fold a field at white space, so that unfolding gives it back."""
    words = list(_words(field))
    lines = [b"".join(words[:2])]  # no line of the name alone
    for word in words[2:]:
        if len(lines[-1]) + len(word) > _LINE:
            lines.append(word)
        else:
            lines[-1] += word
    return b"\r\n".join(lines)
