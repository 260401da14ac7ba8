"""Writes the terminals of RFC 3501 section 9: what a writer puts together, strictly by the grammar.

The result is a list of parts; a part ends where a synchronizing literal has been announced and the peer's go-ahead
must come first. Knows no command and no response. Whatever the grammar forbids is a LocalProtocolError before an octet
is out.
"""

from __future__ import annotations

import re
from collections.abc import Iterable
from dataclasses import dataclass

from outlookimap.errors import LocalProtocolError, UsageError
from outlookimap.wire.secret import Piece
from outlookimap.wire.terminals import ASTRING, ATOM, FLAG, LIST_MAILBOX, TAG

_QUOTABLE = re.compile(rb"[\x01-\x09\x0b\x0c\x0e-\x7f]*")
_SPECIALS = re.compile(rb'["\\]')


@dataclass(frozen=True, slots=True)
class Style:
    """How a writer spells what the grammar leaves open.

    `quote_always` writes an `astring` as a quoted string even where an atom would do; `quoted_limit` is the longest
    string, in octets, written quoted: a longer one is a literal; `literal_plus` writes non-synchronizing literals
    (RFC 7888). In a response a mailbox name with one of the octets of `literal_for` is a literal.

    Statements: O5:V0017, X10:V0009, X10:V0030, X10:V0033, X3:V0009, X3:V0028, X3:V0031
    """

    quote_always: bool = False
    quoted_limit: int = 1024
    literal_plus: bool = False
    literal_for: bytes = b""

    def __post_init__(self) -> None:
        if self.quoted_limit < 0:
            raise UsageError(f"quoted_limit={self.quoted_limit}: a number of octets is not negative")


class Builder:
    """Collects pieces; `parts()` hands them out, cut after each synchronizing announcement.

    Statements: O5:2.1.3, O5:2.1.4
    """

    __slots__ = ("_parts", "_style", "_synchronizing")

    def __init__(self, style: Style, *, synchronizing: bool) -> None:
        """Begin empty; with `synchronizing` a literal waits for the peer unless the style says otherwise."""
        self._style = style
        self._synchronizing = synchronizing
        self._parts: list[list[Piece]] = [[]]

    def parts(self) -> list[list[Piece]]:
        """Return the parts; each but the last ends with the announcement of a literal."""
        return self._parts

    def raw(self, octets: bytes, *, secret: bool = False) -> Builder:
        """Append octets that are known to be right."""
        if octets:
            self._parts[-1].append((octets, secret))
        return self

    def line_end(self) -> Builder:
        """Append CRLF."""
        return self.raw(b"\r\n")

    def tag(self, octets: bytes) -> Builder:
        """Append a `tag`."""
        if not TAG.fullmatch(octets):
            raise LocalProtocolError(f"{octets!r} cannot be written as a tag")
        return self.raw(octets)

    def atom(self, octets: bytes, what: str = "atom") -> Builder:
        """Append an `atom`."""
        if not ATOM.fullmatch(octets):
            raise LocalProtocolError(
                f'{octets!r} cannot be written as {what}: an atom has no spaces, controls or (){{%*"\\]'
            )
        return self.raw(octets)

    def flag(self, octets: bytes) -> Builder:
        """Append a `flag`, `flag-perm` or list attribute."""
        if not FLAG.fullmatch(octets):
            raise LocalProtocolError(f"{octets!r} cannot be written as a flag")
        return self.raw(octets)

    def number(self, value: int) -> Builder:
        """Append a `number`."""
        if not 0 <= value < 1 << 32:
            raise LocalProtocolError(f"{value} cannot be written as a number: 0 to 4294967295")
        return self.raw(b"%d" % value)

    def listed(self, octets: Iterable[bytes]) -> Builder:
        """Append a parenthesized list of flags or atoms that were checked by their writer."""
        return self.raw(b"(" + b" ".join(octets) + b")")

    def flags(self, flags: Iterable[bytes]) -> Builder:
        """Append a parenthesized list of flags."""
        self.raw(b"(")
        for index, flag in enumerate(flags):
            if index:
                self.raw(b" ")
            self.flag(flag)
        return self.raw(b")")

    def quoted(self, octets: bytes, *, secret: bool = False) -> Builder:
        """Append a `quoted` string; the quotes themselves are never secret."""
        if not _QUOTABLE.fullmatch(octets):
            raise LocalProtocolError("a quoted string holds no NUL, CR, LF or octet above 127")
        return self.raw(b'"').raw(_SPECIALS.sub(rb"\\\g<0>", octets), secret=secret).raw(b'"')

    def string(self, octets: bytes, *, secret: bool = False) -> Builder:
        """Append a `string`: quoted when short and quotable, else a literal.

        Statements: O5:V0012, O5:V0015, O5:V0017
        """
        if len(octets) <= self._style.quoted_limit and _QUOTABLE.fullmatch(octets):
            return self.quoted(octets, secret=secret)
        return self.literal(octets, secret=secret)

    def nstring(self, octets: bytes | None) -> Builder:
        """Append a `nstring`."""
        return self.raw(b"NIL") if octets is None else self.string(octets)

    def astring(self, octets: bytes, *, secret: bool = False) -> Builder:
        """Append an `astring` in the style's spelling."""
        short = len(octets) <= self._style.quoted_limit
        if not self._style.quote_always and short and ASTRING.fullmatch(octets):
            return self.raw(octets, secret=secret)
        return self.string(octets, secret=secret)

    def answered_mailbox(self, octets: bytes) -> Builder:
        """Append the `mailbox` of a response: an atom or quoted, a literal where the style says so.

        One that looks like NIL or holds ``]`` is quoted, though the grammar would let it stand: readers err there.

        Statements: X10:V0009
        """
        if any(octet in self._style.literal_for for octet in octets):
            return self.literal(octets)
        if octets.upper() == b"NIL" or not ATOM.fullmatch(octets):
            return self.string(octets)
        return self.astring(octets)

    def list_mailbox(self, octets: bytes) -> Builder:
        """Append a `list-mailbox` in the style's spelling: wildcards may stand in its atom."""
        short = len(octets) <= self._style.quoted_limit
        if not self._style.quote_always and short and LIST_MAILBOX.fullmatch(octets):
            return self.raw(octets)
        return self.string(octets)

    def literal(self, octets: bytes, *, secret: bool = False) -> Builder:
        """Append a `literal`; raises LocalProtocolError for NUL, which no CHAR8 is.

        Statements: O5:V0012
        """
        if b"\0" in octets:
            raise LocalProtocolError("a literal holds no NUL")
        plus = self._synchronizing and self._style.literal_plus
        self.raw(b"{%d%s}\r\n" % (len(octets), b"+" if plus else b""))
        if self._synchronizing and not plus:
            self._parts.append([])
        return self.raw(octets, secret=secret)
