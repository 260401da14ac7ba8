"""Reads the terminals of RFC 3501 section 9 from one frame: atoms, strings, numbers, lists.

Tolerant: each departure it accepts is put down by name in the frame. Knows no response and no command. Everything it
cannot read is a RemoteProtocolError with an excerpt; positions can be kept and gone back to.
"""

from __future__ import annotations

import re
from collections.abc import Callable
from typing import TypeAlias, TypeVar

from outlookimap.errors import LimitExceeded, RemoteProtocolError
from outlookimap.wire.framing import Frame
from outlookimap.wire.leniency import Leniency
from outlookimap.wire.limits import Limits
from outlookimap.wire.sequence import MAX_NUMBER
from outlookimap.wire.terminals import ASTRING, ATOM, FLAG, LIST_MAILBOX

T = TypeVar("T")

_SPACES = re.compile(rb"[ \t]+")
_LOOSE_FLAG = re.compile(rb'[^\x00-\x20()"]+')
_NIL = re.compile(rb"[Nn][Ii][Ll](?![^ \t()\[\]])")
_DIGITS = re.compile(rb"[0-9]+")
_QUOTED = re.compile(rb'"([^"\\]*+(?:\\.[^"\\]*+)*+)"', re.DOTALL)  # possessive: no memory of where to go back to
_ESCAPE = re.compile(rb"\\(.)", re.DOTALL)
_RAW_ATOM = re.compile(rb'[^\x00-\x20()"]+')
_RAW_RUN = re.compile(rb'[^\x00-\x08\x0a-\x1f()"]+')
MAX_DIGITS = 19
_DEFAULTS = Limits()

Mark: TypeAlias = tuple[int, int, int, frozenset[Leniency]]
"""A position of a cursor, and what had been put down when it was there."""

END = -1
"""What `peek()` says at the end of the frame."""
LITERAL = -2
"""What `peek()` says where a literal stands."""


class Cursor:
    """A position in a frame, and the terminals that can be read from there."""

    __slots__ = ("_allowed", "_depth", "_elements", "_index", "_kept", "_line", "_named", "_nesting", "_pos", "frame")

    def __init__(
        self, frame: Frame, nesting: int, *, elements: int = _DEFAULTS.elements, kept: int = _DEFAULTS.line
    ) -> None:
        """Begin at the first octet; the bounds are `Limits.nesting`, `Limits.elements` and `Limits.line`.

        `kept` bounds the literals inside a value that is kept as octets, because it has to be copied.
        """
        self.frame = frame
        self._allowed = elements
        self._elements = 0
        self._kept = kept
        self._nesting = nesting
        self._depth = 0
        self._index = 0
        self._pos = 0
        self._named: tuple[int, int] | None = None
        self._line = frame.lines[0]

    # ---------------------------------------------------------------- where we are

    def note(self, leniency: Leniency) -> None:
        """Put down a departure that was accepted."""
        self.frame.leniencies.add(leniency)

    def fail(self, what: str) -> RemoteProtocolError:
        """Return the error that says `what` was due here."""
        if self._pos == len(self._line):
            where = b"<literal>" if self._index < len(self.frame.literals) else b"<end of line>"
        else:
            where = self._line[self._pos : self._pos + 80]
        return RemoteProtocolError(f"{what} was due", excerpt=where)

    def mark(self) -> Mark:
        """Return the position and what was put down so far, for `back()` and `since()`."""
        return self._index, self._pos, self._depth, frozenset(self.frame.leniencies)

    def back(self, mark: Mark) -> None:
        """Go back to a position, and forget the departures accepted after it."""
        self._index, self._pos, self._depth, leniencies = mark
        self._line = self.frame.lines[self._index]
        self.frame.leniencies.intersection_update(leniencies)

    def attempt(self, read: Callable[[], T]) -> T | None:
        """Take what `read` takes; where it cannot, take nothing and return None. LimitExceeded goes through."""
        here = self.mark()
        try:
            return read()
        except LimitExceeded:
            raise
        except RemoteProtocolError:
            self.back(here)
            return None

    def since(self, mark: Mark) -> bytes:
        """Return the octets from a position to here, literals spelled out; raises LimitExceeded for large ones."""
        index, start = mark[:2]
        if index == self._index:
            return self._line[start : self._pos]
        literals = self.frame.literals[index : self._index]
        if sum(map(len, literals)) > self._kept:
            raise LimitExceeded("line", self._kept, what="a literal in a value that is kept as octets")
        parts = [self.frame.lines[index][start:]]
        for number, literal in enumerate(literals, index + 1):
            parts += [b"{%d}\r\n" % len(literal), literal, self.frame.lines[number]]
        parts[-1] = self._line[: self._pos]
        return b"".join(parts)

    def peek(self) -> int:
        """Return the next octet, `LITERAL` or `END`."""
        if self._pos < len(self._line):
            return self._line[self._pos]
        return LITERAL if self._index < len(self.frame.literals) else END

    def rest(self) -> bytes:
        """Take everything that is left, literals spelled out; raises LimitExceeded for large ones."""
        here = self.mark()
        self._index = len(self.frame.literals)
        self._line = self.frame.lines[-1]
        self._pos = len(self._line)
        return self.since(here)

    # ---------------------------------------------------------------- octets and spaces

    def match(self, pattern: re.Pattern[bytes]) -> bytes | None:
        """Take what `pattern` matches here, or None; it never reaches into a literal."""
        found = pattern.match(self._line, self._pos)
        if found is None:
            return None
        self._pos = found.end()
        return found[0]

    def take(self, octet: bytes) -> bool:
        """Take one octet if it is the next."""
        if self._line.startswith(octet, self._pos):
            self._pos += 1
            return True
        return False

    def follows(self, octet: bytes) -> bool:
        """Tell whether `octet` stands just before here on the line."""
        return self._line.endswith(octet, 0, self._pos)

    def before_last(self, octet: bytes) -> bytes:
        """Take what stands before the last `octet` of the line."""
        found = self._line.rfind(octet, self._pos)
        if found < 0:
            raise self.fail(octet.decode())
        start, self._pos = self._pos, found
        return self._line[start:found]

    def expect(self, octet: bytes) -> None:
        """Take one octet that must be the next."""
        if not self.take(octet):
            raise self.fail(octet.decode())

    def after_name(self) -> None:
        """Say that the name of a command ends here: a TAB that follows is a departure of its own."""
        self._named = (self._index, self._pos)

    def spaces(self) -> bool:
        """Take spaces if there are any; more than one, or a TAB, is a leniency."""
        here = (self._index, self._pos)
        found = self.match(_SPACES)
        if found is None:
            return False
        if b"\t" in found:
            delimiter = here == self._named and found.startswith(b"\t")
            self.note(Leniency.TAB_AFTER_COMMAND if delimiter else Leniency.TAB)
        if len(found) > 1:
            self.note(Leniency.EXTRA_SPACE)
        return True

    def space(self) -> None:
        """Take the one space that is due; before a parenthesis or a quote it may be missing."""
        if self.spaces():
            return
        if self.peek() not in (ord("("), ord('"')):
            raise self.fail("a space")
        self.note(Leniency.MISSING_SPACE)

    def end(self) -> None:
        """Take the end of the frame; spaces before it are a leniency."""
        if self.match(_SPACES) is not None:
            self.note(Leniency.TRAILING_SPACE)
        if self.peek() != END:
            raise self.fail("the end of the line")

    # ---------------------------------------------------------------- terminals

    def number(self, *, nonzero: bool = False) -> int:
        """Take a `number` or, with `nonzero`, a `nz-number`; one outside its range is a leniency up to 19 digits."""
        digits = self.match(_DIGITS)
        if digits is None:
            raise self.fail("a number")
        if len(digits) > MAX_DIGITS:
            raise RemoteProtocolError("a number of at most 19 digits was due", excerpt=digits)
        value = int(digits)
        if value > MAX_NUMBER or (nonzero and not value):
            self.note(Leniency.NUMBER_RANGE)
        return value

    def atom(self, what: str = "an atom") -> bytes:
        """Take an `atom`."""
        found = self.match(ATOM)
        if found is None:
            raise self.fail(what)
        return found

    def nil(self) -> bool:
        """Take NIL if it stands here."""
        return self.match(_NIL) is not None

    def string(self) -> bytes:
        """Take a `string`: quoted or literal."""
        here = self.peek()
        if here == LITERAL:
            octets = self.frame.literals[self._index]
            self._index += 1
            self._line = self.frame.lines[self._index]
            self._pos = 0
            return octets
        if here == ord('"'):
            return self._quoted()
        raise self.fail("a string")

    def nstring(self) -> bytes | None:
        """Take a `nstring`."""
        return None if self.nil() else self.string()

    def astring(self) -> bytes:
        """Take an `astring`."""
        if self.peek() in (LITERAL, ord('"')):
            return self.string()
        found = self.match(ASTRING)
        if found is None:
            raise self.fail("a string or an atom")
        return found

    def list_mailbox(self) -> bytes:
        """Take a `list-mailbox`: an atom that may hold wildcards, or a string."""
        if self.peek() in (LITERAL, ord('"')):
            return self.string()
        found = self.match(LIST_MAILBOX)
        if found is None:
            raise self.fail("a mailbox pattern")
        return found

    def flag(self) -> bytes:
        """Take a `flag`, `flag-perm` or list attribute; odd characters in it are a leniency."""
        strict = self.match(FLAG)
        if strict is None or self.peek() not in (END, LITERAL, ord(" "), ord("\t"), ord(")")):
            loose = self.match(_LOOSE_FLAG)
            if loose is None and strict is None:
                raise self.fail("a flag")
            self.note(Leniency.LOOSE_FLAG)
            return (strict or b"") + (loose or b"")
        return strict

    def parenthesized(self, element: Callable[[], T]) -> tuple[T, ...]:
        """Take ``(``, elements with spaces between them, and ``)``; the list may be empty."""
        self.expect(b"(")
        self.deeper()
        if self._line.startswith(b" ", self._pos):
            self.note(Leniency.EXTRA_SPACE)
            self.spaces()
        elements: list[T] = []
        while not self.take(b")"):
            if elements:
                self.space()
                if self.take(b")"):
                    self.note(Leniency.EXTRA_SPACE)
                    break
            self.element()
            elements.append(element())
        self._depth -= 1
        return tuple(elements)

    def element(self, count: int = 1) -> None:
        """Count elements of a list; raises LimitExceeded."""
        self._elements += count
        if self._elements > self._allowed:
            raise LimitExceeded("elements", self._allowed, what="the number of elements in lists")

    def deeper(self) -> None:
        """Count one level of nesting; raises LimitExceeded."""
        self._depth += 1
        if self._depth > self._nesting:
            raise LimitExceeded("nesting", self._nesting, what="the depth of parentheses")

    def shallower(self) -> None:
        """Leave one level of nesting."""
        self._depth -= 1

    def raw_value(self) -> bytes:
        """Take one value of any form, atom, string, NIL or list, and return its octets as they stood."""
        here = self.mark()
        self.skip_value()
        return self.since(here)

    def skip_value(self) -> None:
        """Take one value of any form and build nothing of it; raises LimitExceeded for one nested too deep."""
        depth = 0
        while True:
            if self.take(b"("):
                self.deeper()
                depth += 1
            elif depth and self.take(b")"):
                self.shallower()
                depth -= 1
            elif self.peek() == LITERAL:
                self.string()
            elif self.peek() == ord('"'):
                if self.match(_QUOTED) is None:
                    raise self.fail("the end of a quoted string")
            elif self.match(_RAW_RUN if depth else _RAW_ATOM) is None:
                raise self.fail("a value")
            elif self.peek() == LITERAL:
                continue  # what stands before the announcement belongs to it: ~{5} of RFC 3516
            if not depth:
                return

    def _quoted(self) -> bytes:
        found = _QUOTED.match(self._line, self._pos)
        if found is None:
            raise self.fail("the end of a quoted string")
        self._pos = found.end()
        octets = found[1]
        return self._unescaped(octets) if b"\\" in octets else octets

    def _unescaped(self, octets: bytes) -> bytes:
        plain = bytearray()  # not re.sub(), which keeps a list of what may be half a million parts
        done = 0
        for escape in _ESCAPE.finditer(octets):
            plain += octets[done : escape.start()]
            done = escape.end()
            if escape[1] in (b'"', b"\\"):
                plain += escape[1]
            else:
                self.note(Leniency.LOOSE_QUOTED)
                plain += escape[0]
        return bytes(plain + octets[done:])
