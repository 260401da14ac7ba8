"""What SEARCH asks for: `search-key` of RFC 3501 section 9, as values.

One class per shape of argument, not one per key: the keys of a shape stand in its table.
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterable
from dataclasses import dataclass
from typing import TypeAlias

from outlookimap.errors import LocalProtocolError, UsageError
from outlookimap.wire.sequence import SequenceSet

BARE = frozenset(
    (
        b"ALL", b"ANSWERED", b"DELETED", b"DRAFT", b"FLAGGED", b"NEW", b"OLD", b"RECENT", b"SEEN",
        b"UNANSWERED", b"UNDELETED", b"UNDRAFT", b"UNFLAGGED", b"UNSEEN",
    )
)  # fmt: skip
TEXTS = frozenset((b"BCC", b"BODY", b"CC", b"FROM", b"SUBJECT", b"TEXT", b"TO"))
DATES = frozenset((b"BEFORE", b"ON", b"SENTBEFORE", b"SENTON", b"SENTSINCE", b"SINCE"))
NUMBERS = frozenset((b"LARGER", b"SMALLER"))
KEYWORDS = frozenset((b"KEYWORD", b"UNKEYWORD"))


def _known(key: bytes, table: frozenset[bytes]) -> None:
    if key not in table:
        raise LocalProtocolError(f"{key!r} is no search key of this shape: {b' '.join(sorted(table)).decode()}")


@dataclass(frozen=True, slots=True)
class Flagging:
    """A key without argument: ALL, UNSEEN, NEW."""

    key: bytes

    def __post_init__(self) -> None:
        _known(self.key, BARE)


@dataclass(frozen=True, slots=True)
class Containing:
    """A key with a string: FROM, SUBJECT, BODY, TEXT; the octets are in the charset of the command."""

    key: bytes
    text: bytes

    def __post_init__(self) -> None:
        _known(self.key, TEXTS)


@dataclass(frozen=True, slots=True)
class Dated:
    """A key with a day: SINCE, BEFORE, SENTON."""

    key: bytes
    day: dt.date

    def __post_init__(self) -> None:
        _known(self.key, DATES)


@dataclass(frozen=True, slots=True)
class Sized:
    """LARGER or SMALLER with a number of octets."""

    key: bytes
    octets: int

    def __post_init__(self) -> None:
        _known(self.key, NUMBERS)
        if self.octets < 0:
            raise LocalProtocolError(f"{self.key!r} {self.octets}: a size is not negative")


@dataclass(frozen=True, slots=True)
class Keyworded:
    """KEYWORD or UNKEYWORD with a keyword."""

    key: bytes
    keyword: bytes

    def __post_init__(self) -> None:
        _known(self.key, KEYWORDS)


@dataclass(frozen=True, slots=True)
class HeaderContaining:
    """HEADER with a field name and a string; an empty string finds every message that has the field."""

    field: bytes
    text: bytes


@dataclass(frozen=True, slots=True)
class Numbered:
    """A sequence set, of UIDs when `uid` is set."""

    numbers: SequenceSet
    uid: bool = False


@dataclass(frozen=True, slots=True)
class Not:
    """NOT one key."""

    key: SearchKey


@dataclass(frozen=True, slots=True)
class Either:
    """OR of two keys."""

    left: SearchKey
    right: SearchKey


@dataclass(frozen=True, slots=True)
class Every:
    """A parenthesized list: all of its keys hold."""

    keys: tuple[SearchKey, ...]

    def __post_init__(self) -> None:
        if not self.keys:
            raise LocalProtocolError("a list of search keys holds at least one")


SearchKey: TypeAlias = (
    "Flagging | Containing | Dated | Sized | Keyworded | HeaderContaining | Numbered | Not | Either | Every"
)
"""Any `search-key`."""

_KINDS = (Flagging, Containing, Dated, Sized, Keyworded, HeaderContaining, Numbered, Not, Either, Every)


def refuse_other(keys: Iterable[object]) -> None:
    """Raise UsageError for what is no search key, be it within one."""
    left = [*keys]
    while left:
        key = left.pop()
        if not isinstance(key, _KINDS):
            raise UsageError(
                f"{key!r} is no search key: pass those of outlookimap.wire.search, "
                'as Flagging(b"UNDELETED") or Containing(b"SUBJECT", b"needle")'
            )
        left += [key.key] if isinstance(key, Not) else []
        left += [key.left, key.right] if isinstance(key, Either) else []
        left += key.keys if isinstance(key, Every) else []


ALL = Flagging(b"ALL")
