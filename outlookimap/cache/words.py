"""The text of a message that people read, for searching and for showing; pure, and never raises.

Knows no table and no server. Mail comes from strangers: depth, number of parts and text are bounded, and what each
octet costs does not grow with the length of the message.
"""

from __future__ import annotations

import binascii
import re
from collections.abc import Iterator
from dataclasses import dataclass
from html.parser import HTMLParser

from outlookimap.cache.content_fields import ContentFields, content_fields
from outlookimap.cache.summary import cleaned, decode, split, summarise

DEEPEST = 10
"""Levels of parts within parts, forwarded messages included."""
MOST_PARTS = 500
_DELIMITER_END = re.compile(rb"(--)?[ \t]*\r?(?=\n|\Z)")
_BASE64 = b"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/"
_NOT_BASE64 = bytes(sorted(set(range(256)) - set(_BASE64)))
_OCTETS_A_CHARACTER = 6
"""At most: four of UTF-32 in base64, and its line ends."""


def text_of(octets: bytes, limit: int = 1_000_000) -> str:
    """Return the readable text of a message: at most `limit` characters, lines ended by a line feed.

    That is its plain text, its HTML without tags where an alternative has no plain text, the same of the messages it
    forwards, with their subjects, and the file names of what is attached. RFC 2045, RFC 2046.
    """
    reading = _Reading(limit)
    reading.message(octets, 0, html=True)
    return "\n".join(reading.pieces)[:limit]


@dataclass(frozen=True, slots=True)
class _Part:
    """What the Content fields of a part say, and its body as it is encoded."""

    fields: ContentFields
    body: bytes

    @classmethod
    def read(cls, octets: bytes, default_kind: str) -> _Part:
        header, body = split(octets)
        return cls(content_fields(header, default_kind), body)

    @property
    def kind(self) -> str:
        return self.fields.kind

    def decoded(self, limit: int) -> bytes:
        """Return the octets, of base64 and quoted-printable at most so many characters' worth."""
        cut = self.body[: limit * _OCTETS_A_CHARACTER]
        if self.fields.encoding == "base64":
            letters = cut.translate(None, _NOT_BASE64)
            return binascii.a2b_base64(letters[: len(letters) - (len(letters) % 4 == 1)] + b"===")
        if self.fields.encoding == "quoted-printable":
            return binascii.a2b_qp(cut)
        return cut

    def children(self, most: int) -> list[_Part]:
        """Return the first parts of a multipart, without what is before the first and after the last."""
        kind = "message/rfc822" if self.kind == "multipart/digest" else "text/plain"
        body = b"\n" + self.body
        parts: list[_Part] = []
        start: int | None = None
        for place, end, last in _delimiters(body, self.fields.boundary):
            if start is not None:
                parts.append(_Part.read(body[start:place], kind))
            start = None if last else end + 1
            if start is None or len(parts) == most:
                return parts
        return parts if start is None else [*parts, _Part.read(body[start:], kind)]


def _delimiters(body: bytes, boundary: str) -> Iterator[tuple[int, int, bool]]:
    """Yield where delimiter lines begin and end, line feeds in front of them included, and whether it is the last."""
    begin = b"\n--" + boundary.encode("utf-8", "replace")
    place = body.find(begin)
    while place >= 0:
        found = _DELIMITER_END.match(body, place + len(begin))
        if found is not None:
            yield place, found.end(), found[1] is not None
        place = body.find(begin, place + 1 if found is None else found.end())


class _Reading:
    """The text found so far, and how much more may be looked at."""

    def __init__(self, limit: int) -> None:
        self.pieces: list[str] = []
        self._left = limit
        self._parts = MOST_PARTS

    def message(self, octets: bytes, depth: int, *, html: bool) -> None:
        self._part(_Part.read(octets, "text/plain"), depth, html=html)

    def _part(self, part: _Part, depth: int, *, html: bool) -> None:
        if not self._parts or self._left <= 0 or depth > DEEPEST:
            return
        self._parts -= 1
        self._add(part.fields.name)
        if part.kind.startswith("multipart/") and part.fields.boundary:
            children = part.children(self._parts)
            if part.kind == "multipart/alternative":
                html = html and not any(child.kind == "text/plain" and child.body.strip() for child in children)
            for child in children:
                self._part(child, depth + 1, html=html)
        elif part.kind == "message/rfc822":
            forwarded = part.decoded(len(part.body))
            self._add(summarise(split(forwarded)[0]).subject)
            self.message(forwarded, depth + 1, html=html)
        elif (
            not part.fields.attached and (part.kind != "text/html" or html) and part.kind in {"text/plain", "text/html"}
        ):
            text = decode(part.decoded(self._left), part.fields.charset)
            self._add(_without_tags(text[: self._left]) if part.kind == "text/html" else text)

    def _add(self, text: str) -> None:
        piece = _in_lines(text).strip("\n")[: self._left]
        if piece:
            self.pieces.append(piece)
            self._left -= len(piece) + 1


def _in_lines(text: str) -> str:
    """Return text with a line feed at the end of each line, and nothing that acts on a terminal."""
    plain = text.replace("\r\n", "\n")
    if " \n" not in plain and plain.replace("\n", "").isprintable():
        return plain.rstrip(" ")
    return "\n".join(cleaned(line).rstrip() for line in text.splitlines())


def _without_tags(html: str) -> str:
    reader = _TagStripper()
    for start in range(0, len(html), _TagStripper.CHUNK):
        reader.read(html[start : start + _TagStripper.CHUNK])
    reader.read("\n")  # gives up the last few characters, which might have been an entity
    lines = (" ".join(line.split()) for line in "".join(reader.pieces).splitlines())
    return "\n".join(filter(None, lines))


class _TagStripper(HTMLParser):
    """Keeps the text between tags but no script and no style; what does not break a line does not part words.

    It is fed in chunks and forgets the middle of a tag or comment that does not end: the standard library looks
    through all that is left again for each ``<`` in it.
    """

    CHUNK = 4096
    _LONGEST_TAG = 16384
    _KEPT = 256
    _WITHIN_LINES = frozenset(
        ("a", "abbr", "b", "big", "code", "em", "font", "i", "mark", "s", "small", "span", "strong", "sub", "sup", "u")
    )

    def __init__(self) -> None:
        super().__init__(convert_charrefs=True)
        self.pieces: list[str] = []
        self._unseen = False

    def read(self, chunk: str) -> None:
        self.feed(chunk)
        if len(self.rawdata) > self._LONGEST_TAG:
            self.rawdata = self.rawdata[: self._KEPT]

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:  # noqa: ARG002 - its signature
        self._unseen = tag in {"script", "style"}
        self._part_words(tag)

    def handle_endtag(self, tag: str) -> None:
        self._unseen = False
        self._part_words(tag)

    def handle_data(self, data: str) -> None:
        if not self._unseen:
            self.pieces.append(" ".join(data.splitlines()) if "\n" in data or "\r" in data else data)

    def parse_marked_section(self, i: int, report: int = 1) -> int:  # noqa: ARG002 - its signature
        """Skip ``<![...>``, at which the standard library raises AssertionError where it is not SGML."""
        return self.parse_bogus_comment(i)

    def _part_words(self, tag: str) -> None:
        if tag not in self._WITHIN_LINES:
            self.pieces.append("\n")
