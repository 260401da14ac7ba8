"""A message as octets: its header, its text, and the fields of its header (RFC 3501 section 6.4.5).

Knows no MIME. A message of which only LF ends the lines is cut all the same.
"""

from __future__ import annotations

import re
from collections.abc import Iterable

_FIELD = re.compile(rb"([^\r\n:]*)[^\n]*\n?(?:[ \t][^\n]*\n?)*")
_FOLD = re.compile(rb"\r?\n(?=[ \t])")


def header(octets: bytes) -> bytes:
    """Return the header with the empty line that ends it; without such a line all is header."""
    return octets[: border(octets, 0, len(octets))]


def text(octets: bytes) -> bytes:
    """Return what follows the header."""
    return octets[border(octets, 0, len(octets)) :]


def border(octets: bytes, start: int, end: int) -> int:
    """Return where the text begins of the message, or part of one, from `start` to `end`."""
    for empty in (b"\r\n", b"\n"):
        if octets.startswith(empty, start, end):
            return start + len(empty)
    found = octets.find(b"\n\r\n", start, end)
    bare = octets.find(b"\n\n", start, end if found < 0 else found + 1)
    if bare >= 0:
        return bare + 2
    return end if found < 0 else found + 3


def fields(octets: bytes, names: Iterable[bytes], *, others: bool = False) -> bytes:
    """Return the fields called `names`, or all `others`, in their order, and the empty line at the end."""
    wanted = {name.strip().lower() for name in names}
    parts = [field for name, field in split(header(octets)) if (name in wanted) is not others]
    return b"".join((*parts, b"\r\n"))


def split(head: bytes) -> list[tuple[bytes, bytes]]:
    """Return the fields of a header: the name in lower case, and all its octets with their line ends."""
    return [(match[1].strip().lower(), match[0]) for match in _FIELD.finditer(head) if match[0].strip()]


def field_at(head: bytes, start: int) -> bytes:
    """Return the field that begins at `start`, all its octets with their line ends."""
    found = _FIELD.match(head, start)
    return b"" if found is None else found[0]


def value_of(field: bytes) -> bytes:
    """Return the value of a field, unfolded, without the white space around it (RFC 2822 section 2.2.3)."""
    return _FOLD.sub(b"", field.partition(b":")[2]).strip(b" \t\r\n")


def values(head: bytes, wanted: frozenset[bytes] | None = None) -> dict[bytes, list[bytes]]:
    """Return the values of the fields of a header, of all or those `wanted`, by their names in lower case.

    A line without a colon has none.
    """
    found: dict[bytes, list[bytes]] = {}
    for name, field in split(head):
        if (name if wanted is None else name in wanted) and b":" in field:
            found.setdefault(name, []).append(value_of(field))
    return found
