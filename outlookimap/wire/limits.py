"""How much of one thing a peer may send before the connection is ended."""

from __future__ import annotations

from dataclasses import dataclass, fields

from outlookimap.errors import UsageError

MAX_NESTING = 100
"""The readers go as deep as the peer nests; this much the stack of Python holds."""


@dataclass(frozen=True, slots=True)
class Limits:
    """Upper bounds on what a reader takes; every one is a count of octets unless it says otherwise.

    `line` bounds all octets outside literals of one response or command, and the literals in a value that is kept as
    octets because nothing here knows it; `literal` all octets in its literals; `nesting` the depth of parentheses, at
    most 100; `items` the number of untagged responses while one command runs; `elements` the number of elements in all
    lists of one response or command, and of its literals: the shortest takes a hundred times its octets in memory.
    Raises UsageError where a bound is not positive, or `nesting` more than the stack is sure to hold.
    """

    line: int = 1 << 20
    literal: int = 256 << 20
    nesting: int = 50
    items: int = 1_000_000
    elements: int = 32_768

    def __post_init__(self) -> None:
        for field in fields(self):
            value = getattr(self, field.name)
            if value < 1:
                raise UsageError(f"limit {field.name}={value}: a limit is at least 1")
        if self.nesting > MAX_NESTING:
            raise UsageError(f"limit nesting={self.nesting}: at most {MAX_NESTING}")
