"""Writes the values of `wire.search` as `search-key` of RFC 3501 section 9.

Knows nothing of the command around the keys. Keys are walked with a list of what is left, not by calling itself, so
that depth is no matter.
"""

from __future__ import annotations

from collections.abc import Iterable

from outlookimap.wire import search
from outlookimap.wire.building import Builder
from outlookimap.wire.dates import write_date


def write_search_keys(builder: Builder, keys: Iterable[search.SearchKey]) -> None:
    """Append keys with one space between them; raises LocalProtocolError for what the grammar forbids."""
    left: list[search.SearchKey | bytes] = _spaced(keys)
    while left:
        item = left.pop()
        if isinstance(item, bytes):
            builder.raw(item)
        elif isinstance(item, search.Every):
            left += [b")", *_spaced(item.keys), b"("]
        elif isinstance(item, search.Not):
            left += [item.key, b"NOT "]
        elif isinstance(item, search.Either):
            left += [item.right, b" ", item.left, b"OR "]
        else:
            _write_leaf(builder, item)


def _spaced(keys: Iterable[search.SearchKey]) -> list[search.SearchKey | bytes]:
    """Return the keys with spaces between, last first: the order in which a list is taken from its end."""
    spaced: list[search.SearchKey | bytes] = []
    for key in keys:
        spaced += [b" ", key] if spaced else [key]
    return spaced[::-1]


def _write_leaf(
    builder: Builder,
    key: search.Flagging
    | search.Containing
    | search.Dated
    | search.Sized
    | search.Keyworded
    | search.HeaderContaining
    | search.Numbered,
) -> None:
    match key:
        case search.Flagging():
            builder.raw(key.key)
        case search.Containing():
            builder.raw(key.key + b" ").string(key.text)
        case search.Dated():
            builder.raw(key.key + b" " + write_date(key.day))
        case search.Sized():
            builder.raw(key.key + b" ").number(key.octets)
        case search.Keyworded():
            builder.raw(key.key + b" ").atom(key.keyword, "a keyword")
        case search.HeaderContaining():
            builder.raw(b"HEADER ").astring(key.field).raw(b" ").string(key.text)
        case _:
            builder.raw((b"UID " if key.uid else b"") + bytes(key.numbers))
