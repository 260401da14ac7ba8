"""Where the parts of a message are: offsets into its octets, found once and kept (RFC 2046 section 5, RFC 3501 6.4.5).

Nothing is decoded and nothing copied. Broken MIME gives some structure, never an error; levels and parts are bounded.
Knows neither a command nor how a structure is described on the wire.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass

from outlookimap.server import content
from outlookimap.server.mime_fields import Parametrized, parametrized

MAX_LEVELS = 30
"""Multiparts and messages inside one another; what is deeper counts as octets without structure."""

MAX_PARTS = 1000
"""Parts in one message; further ones are not told apart from the last."""

_CONTENT_TYPE = re.compile(rb"^content-type[ \t]*:", re.IGNORECASE | re.MULTILINE)
_TYPE = re.compile(rb"[^/\s]+/[^/\s]+")
_PLAIN = Parametrized(b"TEXT/PLAIN", ((b"CHARSET", b"US-ASCII"),))  # RFC 2045 section 5.2
_MESSAGE = Parametrized(b"MESSAGE/RFC822")  # RFC 2046 section 5.1.5
_OCTETS = Parametrized(b"APPLICATION/OCTET-STREAM")


@dataclass(frozen=True, slots=True)
class Entity:
    """A message or a part of one: its header is from `start` to `text`, its body from there to `end`.

    A multipart has `parts`, at least one; a MESSAGE/RFC822 part has `message`, whose `start` is this body's.
    """

    start: int
    text: int
    end: int
    content_type: Parametrized
    parts: tuple[Entity, ...] = ()
    message: Entity | None = None

    @property
    def media(self) -> bytes:
        """The type before the slash, as it was spelled."""
        return self.content_type.value.partition(b"/")[0]

    @property
    def subtype(self) -> bytes:
        """The type after the slash, as it was spelled."""
        return self.content_type.value.partition(b"/")[2]


def parse(octets: bytes) -> Entity:
    """Return the structure of a message."""
    return _Parser(octets).entity(0, len(octets), 0, _PLAIN)


def find(root: Entity, numbers: tuple[int, ...]) -> Entity | None:
    """Return the part that `numbers` name, at least one, or None (RFC 3501 section 6.4.5).

    A message that is no multipart has one part, number 1: itself.
    """
    here, numbered = root, root.parts or (root,)
    for number in numbers:
        if not 1 <= number <= len(numbered):
            return None
        here = numbered[number - 1]
        inner = here.message
        numbered = here.parts if inner is None else inner.parts or (inner,)
    return here


class Structure:
    """The structure of one message, found when it is first asked for."""

    __slots__ = ("_root",)

    def __init__(self) -> None:
        """Begin without knowing it."""
        self._root: Entity | None = None

    def of(self, octets: bytes) -> Entity:
        """Return the structure of `octets`, always the same ones; any thread may call."""
        if self._root is None:
            self._root = parse(octets)
        return self._root


class _Parser:
    """Cuts one message; counts its parts."""

    def __init__(self, octets: bytes) -> None:
        self._octets = octets
        self._left = MAX_PARTS

    def entity(self, start: int, end: int, level: int, default: Parametrized) -> Entity:
        """Cut what is from `start` to `end`, a message or a part of type `default` unless it says otherwise."""
        text = content.border(self._octets, start, end)
        declared = _declared(self._octets[start:text]) or default
        kind = declared.value.upper()
        if kind.startswith(b"MULTIPART/"):
            return self._multipart(start, text, end, level, declared)
        if kind == b"MESSAGE/RFC822":
            if level >= MAX_LEVELS:
                return Entity(start, text, end, _OCTETS)
            return Entity(start, text, end, declared, message=self.entity(text, end, level + 1, _PLAIN))
        return Entity(start, text, end, declared)

    def _multipart(self, start: int, text: int, end: int, level: int, declared: Parametrized) -> Entity:
        boundary = (declared.param(b"boundary") or b"").rstrip(b" \t")
        if not boundary:
            return Entity(start, text, end, _PLAIN)  # RFC 2045 section 5.2: as if nothing had been declared
        if level >= MAX_LEVELS:
            return Entity(start, text, end, _OCTETS)
        default = _MESSAGE if declared.value.upper() == b"MULTIPART/DIGEST" else _PLAIN
        parts: list[Entity] = []
        for first, last in self._spans(boundary, text, end):
            parts.append(self.entity(first, last, level + 1, default))
        # the grammar wants one part at least
        return Entity(start, text, end, declared, tuple(parts) or (Entity(end, end, end, _PLAIN),))

    def _spans(self, boundary: bytes, start: int, end: int) -> Iterator[tuple[int, int]]:
        """Yield where the parts between the delimiters are; the line end before a delimiter belongs to it."""
        first: int | None = None
        for at, after, closing in _delimiters(self._octets, b"--" + boundary, start, end):
            if first is not None:
                yield first, max(first, _without_line_end(self._octets, at))
            if closing:
                return
            first = after
            if self._left <= 1:
                break
            self._left -= 1
        if first is not None:
            yield first, end


def _without_line_end(octets: bytes, at: int) -> int:
    return at - 2 if octets[at - 2 : at] == b"\r\n" else at - 1


def _delimiters(octets: bytes, line: bytes, start: int, end: int) -> Iterator[tuple[int, int, bool]]:
    """Yield begin and end of the lines that are `line`, and whether they close (RFC 2046 section 5.1.1)."""
    at = octets.find(line, start, end)
    while at >= 0:
        after = octets.find(b"\n", at, end) + 1 or end
        if at == start or octets[at - 1] == 0x0A:
            rest = octets[at + len(line) : after].rstrip(b" \t\r\n")
            if rest in (b"", b"--"):
                yield at, after, rest == b"--"
        at = octets.find(line, after, end)


def _declared(head: bytes) -> Parametrized | None:
    """Return the media type and its parameters that a header declares; None where it does not, or not rightly."""
    found = _CONTENT_TYPE.search(head)
    if found is None:
        return None
    declared = parametrized(content.value_of(content.field_at(head, found.start())))
    return declared if _TYPE.fullmatch(declared.value) else None
