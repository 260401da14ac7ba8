"""A message as octets: its header, its text, and the fields of its header (RFC 3501 section 6.4.5).

Knows no MIME. A message of which only LF ends the lines is cut all the same.
"""

from __future__ import annotations

import re
from collections.abc import Iterable

_EMPTY_LINE = re.compile(rb"(?:\A|\n)\r?\n")
_FIELD = re.compile(rb"([^\r\n:]*)[^\n]*\n?(?:[ \t][^\n]*\n?)*")


def header(octets: bytes) -> bytes:
    """Return the header with the empty line that ends it; without such a line all is header."""
    return octets[: _border(octets)]


def text(octets: bytes) -> bytes:
    """Return what follows the header."""
    return octets[_border(octets) :]


def _border(octets: bytes) -> int:
    found = _EMPTY_LINE.search(octets)
    return len(octets) if found is None else found.end()


def fields(octets: bytes, names: Iterable[bytes], *, others: bool = False) -> bytes:
    """Return the fields called `names`, or all `others`, in their order, and the empty line at the end."""
    wanted = {name.strip().lower() for name in names}
    head = header(octets)
    parts = [
        match[0]
        for match in _FIELD.finditer(head)
        if match[0].strip() and (match[1].strip().lower() in wanted) is not others
    ]
    return b"".join((*parts, b"\r\n"))
