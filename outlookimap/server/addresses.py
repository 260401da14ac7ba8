"""The address lists of a header as the envelope has them (RFC 3501 section 7.4.2, RFC 2822 sections 3.4 and 4.4).

Encoded words stay as they are. Whatever is no address gives one all the same, never an error. Knows no message.
"""

from __future__ import annotations

import re
from dataclasses import dataclass, field

from outlookimap.server.mime_fields import comment_end, unquoted
from outlookimap.wire.structure import Address, Addresses

_NEXT = re.compile(
    rb'(?P<space>\s+)|(?P<quoted>"(?:[^"\\]|\\.)*(?:"|\\?\Z))|(?P<domain>\[[^\]]*\]?)|(?P<special>[<>@,;:])'
    rb'|(?P<comment>\()|(?P<atom>(?:[^\s"(\[<>@,;:\\]|\\.?)+)',
    re.DOTALL,
)
_GROUP_END = Address()


@dataclass(frozen=True, slots=True)
class _Word:
    """An atom, a quoted string or a domain literal without quoting; `space`: white space stood before it.

    A `special` is one of ``<>@,;:``.
    """

    octets: bytes
    space: bool = False
    special: bool = False


@dataclass(slots=True)
class _Reading:
    """What has been read of the current address: `before` and inside angle brackets, and its comments."""

    found: list[Address] = field(default_factory=list)
    before: list[_Word] = field(default_factory=list)
    angle: list[_Word] | None = None
    comments: list[bytes] = field(default_factory=list)
    in_group: bool = False
    in_angle: bool = False

    def finish(self) -> None:
        """Put down the current address, if there is one."""
        if self.angle is not None:
            self.found.append(_mailbox(self.angle, _phrase(self.before) or self._comment()))
        elif self.before:
            self.found.append(_mailbox(self.before, self._comment()))
        self.before, self.angle, self.in_angle = [], None, False
        self.comments = []

    def _comment(self) -> bytes | None:
        return self.comments[-1] if self.comments else None

    def special(self, word: _Word) -> None:
        """Take one of ``<>@,;:``."""
        mark = word.octets
        if mark == b">" and self.in_angle:
            self.in_angle = False
        elif self.in_angle and self.angle is not None and mark != b";":
            self.angle.append(word)
        elif mark == b"<":
            self.angle, self.in_angle = [], True
        elif mark == b"@":
            self.before.append(word)
        elif mark == b",":
            self.finish()
        elif mark == b";":
            self.finish()
            if self.in_group:
                self.found.append(_GROUP_END)
                self.in_group = False
        elif mark == b":" and not self.in_group and self.angle is None:
            self.found.append(Address(mailbox=_phrase(self.before) or b""))
            self.before, self.comments, self.in_group = [], [], True


def read_addresses(value: bytes) -> Addresses:
    """Return the addresses of an unfolded value; () when it has none.

    An address without a host has an empty one, since NIL there means a group.
    """
    reading = _Reading()
    at, space = 0, False
    while at < len(value):
        found = _NEXT.match(value, at)
        if found is None:  # a control character
            at += 1
            continue
        at = found.end()
        if found.lastgroup == "space":
            space = True
            continue
        if found.lastgroup == "comment":
            at = comment_end(value, at - 1)
            reading.comments.append(unquoted(value[found.end() : at].removesuffix(b")")).strip())
            space = True
            continue
        if found.lastgroup == "special":
            reading.special(_Word(found[0], space, special=True))
        else:
            octets = unquoted(found[0][1:].removesuffix(b'"')) if found.lastgroup == "quoted" else found[0]
            words = reading.angle if reading.in_angle and reading.angle is not None else reading.before
            words.append(_Word(octets, space))
        space = False
    reading.finish()
    if reading.in_group:
        reading.found.append(_GROUP_END)
    return tuple(reading.found)


def _phrase(words: list[_Word]) -> bytes | None:
    """Join words as they stood, one space for any white space; None when there are none."""
    octets = b"".join(b" " + word.octets if word.space else word.octets for word in words)
    return octets.strip() or None


def _mailbox(words: list[_Word], name: bytes | None) -> Address:
    """Make an address of a route, a local part and a domain; white space in them means nothing."""
    route = None
    ats = [index for index, word in enumerate(words) if word.special and word.octets == b"@"]
    colons = [index for index, word in enumerate(words) if word.special and word.octets == b":"]
    if ats and ats[0] == 0 and colons:
        route = b"".join(word.octets for word in words[: colons[0]])
        words = words[colons[0] + 1 :]
        ats = [index for index, word in enumerate(words) if word.special and word.octets == b"@"]
    cut = ats[-1] if ats else len(words)
    local = b" ".join(_runs(words[:cut])) if not ats else b"".join(word.octets for word in words[:cut])
    return Address(name, route, local, b"".join(word.octets for word in words[cut + 1 :]))


def _runs(words: list[_Word]) -> list[bytes]:
    """Return what stands between white space: text that is no address keeps its words apart."""
    runs: list[bytes] = []
    for word in words:
        if runs and not word.space:
            runs[-1] += word.octets
        else:
            runs.append(word.octets)
    return runs
