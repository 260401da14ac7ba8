"""A message as SEARCH sees it: decoded fields, decoded text, the day it was sent (RFC 3501 section 6.4.4).

Reads a message no sooner than a key asks for it, and once for all keys. Knows no key.
"""

from __future__ import annotations

import datetime as dt
import email.utils
from collections.abc import Iterator
from functools import cached_property

from outlookimap.server import content
from outlookimap.server.decoding import decoded, decoded_header, transferred, unfolded
from outlookimap.server.mime_fields import token
from outlookimap.server.mime_parts import Entity
from outlookimap.server.selection import Named
from outlookimap.server.store import Message

_READ = (b"TEXT", b"MESSAGE")
"""Media types that are text; what else is attached is not searched."""


def caseless(text: str) -> str:
    """Return `text` in the form in which texts are compared: without regard to case."""
    return text.casefold()


class Candidate:
    """A message that may be found: its numbers in the client's picture, and its texts, all without regard to case."""

    def __init__(self, named: Named, message: Message) -> None:
        """Read nothing yet."""
        self.named = named
        self.message = message

    @cached_property
    def fields(self) -> list[tuple[bytes, str]]:
        """The fields of the header: name in lower case, and what stands after the colon."""
        found = content.split(content.header(self.message.octets))
        lines = [(name, unfolded(field).rstrip(b"\r\n").partition(b":")) for name, field in found]
        return [(name, caseless(decoded_header(value))) for name, (_, colon, value) in lines if colon]

    @cached_property
    def body(self) -> str:
        """The text of the parts that are text, and of messages inside with their headers."""
        return "\r\n".join(text for text, described in self._parts if not described)

    @cached_property
    def text(self) -> str:
        """Header and body, with the headers of parts."""
        head = caseless(decoded_header(unfolded(content.header(self.message.octets))))
        return "\r\n".join((head, *(text for text, _ in self._parts)))

    @cached_property
    def sent(self) -> dt.date | None:
        """The day in the Date field, in the zone of the sender; None when there is none."""
        found = next((value for name, value in self.fields if name == b"date"), None)
        return None if found is None else _day(found)

    @cached_property
    def _parts(self) -> list[tuple[str, bool]]:
        return [(caseless(text), described) for text, described in _texts(self.message)]

    def holds(self, field: bytes, text: str) -> bool:
        """Tell whether a field called `field` (lower case) holds `text` (without case): "" when there is the field."""
        return any(name == field and text in value for name, value in self.fields)


def _texts(message: Message) -> Iterator[tuple[str, bool]]:
    """Yield the texts of a message but its own header, and whether each only describes a part: its header."""
    octets = message.octets
    root = message.structure.of(octets)
    waiting = [(root, False)]
    while waiting:
        entity, described = waiting.pop()
        if entity is not root:
            yield decoded_header(unfolded(octets[entity.start : entity.text])), described
        if entity.message is not None:
            waiting.append((entity.message, False))
        elif entity.parts:
            waiting += [(part, True) for part in reversed(entity.parts)]
        elif entity.media.upper() in _READ:
            yield _leaf(octets, entity), False


def _leaf(octets: bytes, entity: Entity) -> str:
    head = content.values(octets[entity.start : entity.text])
    encodings = head.get(b"content-transfer-encoding", [b""])
    charset = entity.content_type.param(b"charset")
    inside = transferred(octets[entity.text : entity.end], token(encodings[0]))
    return decoded(inside, None if charset is None else charset.decode("latin-1"))


def _day(text: str) -> dt.date | None:
    try:
        parsed = email.utils.parsedate_tz(text)
        return None if parsed is None else dt.date(*parsed[:3])
    except (ValueError, OverflowError):  # 30 February, the year 99999999999
        return None
