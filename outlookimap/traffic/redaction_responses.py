"""Says of each word and string in a line of IMAP what kind of field it stands in: a server's (RFC 3501 section 7).

Knows nothing of masks or of entries.
"""

from __future__ import annotations

import re

from outlookimap.traffic.redaction_fields import Arguments, Fields, MakeFields, Token, section_kind
from outlookimap.traffic.redaction_masks import Kind

# ---------------------------------------------------------------- status

_NUMBERS = (b"UIDVALIDITY", b"UIDNEXT", b"UNSEEN", b"HIGHESTMODSEQ", b"APPENDUID", b"COPYUID", b"MODIFIED")
_CODES: dict[bytes, Kind] = {
    b"CAPABILITY": Kind.CAPABILITY,
    b"PERMANENTFLAGS": Kind.FLAG,
    **dict.fromkeys(_NUMBERS, Kind.NUMBER),
}


class Status(Fields):
    """What follows OK, NO, BAD, BYE and PREAUTH: a response code if there is one, then a sentence."""

    __slots__ = ("_kind", "_open")

    brackets = True

    def __init__(self) -> None:
        super().__init__(None)
        self._kind: Kind | None = None
        self._open = False
        self.literals = False

    def take(self, token: Token, octets: bytes) -> Kind:
        """Return the kind of what stands in the code; the sentence is `rest`."""
        if token is Token.LEFT and not self._open:
            self._open = self.literals = True
        elif token is Token.RIGHT:
            self.rest, self.literals = Kind.STATUS, False
        elif not self._open:
            self.rest = Kind.STATUS
            return Kind.STATUS
        return super().take(token, octets)

    def value(self, token: Token, octets: bytes) -> Kind:
        """Return the kind of what stands in the code."""
        if self._kind is None:
            self._kind = _CODES.get(octets.upper(), Kind.TEXT)
            return Kind.WORD
        return Kind.TEXT if token.is_string else self._kind


# ---------------------------------------------------------------- FETCH

_MESSAGES = (b"RFC822", b"RFC822.HEADER", b"RFC822.PEEK")
_WITH_HEADER = re.compile(rb"(?:[0-9.]+\.)?(?:HEADER.*|MIME)|", re.IGNORECASE)
_ORIGIN = re.compile(rb"<([0-9]+)>")
_ITEMS: dict[bytes, Kind] = {
    b"FLAGS": Kind.FLAG,
    b"X-GM-LABELS": Kind.MAILBOX,
    b"INTERNALDATE": Kind.DATE,
    b"SAVEDATE": Kind.DATE,
    b"BODY": Kind.MIME,
    b"BODYSTRUCTURE": Kind.MIME,
    **dict.fromkeys((b"UID", b"RFC822.SIZE", b"MODSEQ", b"X-GM-MSGID", b"X-GM-THRID", b"BINARY.SIZE"), Kind.NUMBER),
    **dict.fromkeys(_MESSAGES, Kind.MESSAGE),
}
_ENVELOPE = (Kind.DATE, Kind.TEXT, *(Kind.TEXT,) * 6, Kind.VALUE, Kind.VALUE)
_ADDRESS = (Kind.TEXT, Kind.TEXT, Kind.LOCAL, Kind.DOMAIN)


class Fetch(Fields):
    """FETCH: names and values by turns, in one pair of parentheses."""

    __slots__ = ("_counts", "_envelope", "_kind", "_section", "_sectioned")

    brackets = True

    def __init__(self) -> None:
        super().__init__(None)
        self._begin()
        self._counts = [0] * 4  # elements seen of the envelope, by depth

    def _begin(self) -> None:
        """Wait for the next name."""
        self._kind: Kind | None = None
        self._envelope = False
        self._section: bytes | None = None
        self._sectioned = False

    def take(self, token: Token, octets: bytes) -> Kind:
        """Return the kind of a name, of what stands in its section or of a value."""
        if self._section is not None:
            return self._in_section(token, octets)
        if token is Token.LEFT and self.depth == 1 and self._kind is not None and not self._sectioned:
            self._section = b""
            self._sectioned = True
            return Kind.TEXT
        if token is Token.OPEN and self._envelope:
            self._enter()
        kind = super().take(token, octets)
        if token is Token.CLOSE and self.depth == 1:
            self._begin()
        return kind

    def _in_section(self, token: Token, octets: bytes) -> Kind:
        if token is Token.RIGHT:
            section = self._section or b""
            self._kind = Kind.MESSAGE if _WITH_HEADER.fullmatch(section) else Kind.BODY
            self._section = None
        elif token.is_value and not self._section:
            self._section = octets
        return section_kind(octets)

    def _enter(self) -> None:
        """Go one level into the envelope: its fields are at depth 2, lists of addresses at 3, addresses at 4."""
        if 2 <= self.depth <= 3:
            self._counts[self.depth - 2] += 1
        if self.depth <= 3:
            self._counts[self.depth - 1] = 0

    def value(self, token: Token, octets: bytes) -> Kind:
        """Return the kind of a name or of a value."""
        if self._kind is None and self.depth <= 1:
            name = octets.upper()
            self._envelope = name == b"ENVELOPE"
            self._kind = _ITEMS.get(name, Kind.TEXT)
            return Kind.WORD
        kind = self._kind or Kind.TEXT
        if self._sectioned and token is Token.ATOM and (origin := _ORIGIN.fullmatch(octets)):
            if int(origin[1]):
                self._kind = Kind.BODY  # it begins anywhere: no line of it is sure to be a whole header field
            return Kind.PLAIN
        if self._envelope:
            kind = self._of_envelope()
        if self.depth <= 1:
            self._begin()
        if token is Token.ATOM:
            if octets.upper() == b"NIL":
                return Kind.WORD
            return Kind.NUMBER if kind is Kind.MIME else kind
        return kind

    def _of_envelope(self) -> Kind:
        kinds = _ENVELOPE if self.depth == 2 else _ADDRESS
        if self.depth not in (2, 4):
            return Kind.TEXT
        index = self._counts[self.depth - 2 if self.depth == 2 else 2]
        self._counts[0 if self.depth == 2 else 2] += 1
        return kinds[index] if index < len(kinds) else Kind.TEXT


# ---------------------------------------------------------------- the others


class Listed(Fields):
    """LIST, LSUB, XLIST: attributes, delimiter, name."""

    __slots__ = ("_index",)

    def __init__(self) -> None:
        super().__init__(None)
        self._index = 0

    def value(self, token: Token, octets: bytes) -> Kind:  # noqa: ARG002
        """Return the kind of an attribute, of the delimiter or of a name."""
        if self._index == 0 and self.depth:
            return Kind.FLAG
        self._index += 1
        return Kind.DELIMITER if self._index == 1 else Kind.MAILBOX


class Namespaces(Fields):
    """NAMESPACE: pairs of a prefix and a delimiter."""

    __slots__ = ("_second",)

    def __init__(self) -> None:
        super().__init__(None)
        self._second = False

    def take(self, token: Token, octets: bytes) -> Kind:
        """Return the kind of a prefix or a delimiter."""
        if not token.is_value:
            self._second = False
        return super().take(token, octets)

    def value(self, token: Token, octets: bytes) -> Kind:
        """Return the kind of a prefix or a delimiter."""
        if token is Token.ATOM and octets.upper() == b"NIL":
            return Kind.WORD
        kind = Kind.DELIMITER if self._second else Kind.MAILBOX
        self._second = True
        return kind


class Extended(Fields):
    """ESEARCH: the tag it answers, then names and numbers."""

    __slots__ = ()

    def __init__(self) -> None:
        super().__init__(None)

    def value(self, token: Token, octets: bytes) -> Kind:  # noqa: ARG002
        """Return the kind of a value."""
        return Kind.TAG if token.is_string else Kind.NUMBER


_DATA: dict[bytes, MakeFields] = {
    **dict.fromkeys((b"OK", b"NO", b"BAD", b"BYE", b"PREAUTH"), Status),
    **dict.fromkeys((b"CAPABILITY", b"ENABLED"), lambda: Arguments(Kind.CAPABILITY)),
    b"FLAGS": lambda: Arguments(Kind.FLAG, atoms=Kind.FLAG),
    **dict.fromkeys((b"LIST", b"LSUB", b"XLIST"), Listed),
    b"STATUS": lambda: Arguments(Kind.MAILBOX),
    **dict.fromkeys((b"SEARCH", b"SORT", b"THREAD", b"VANISHED"), lambda: Arguments(Kind.NUMBER)),
    b"ESEARCH": Extended,
    b"NAMESPACE": Namespaces,
    b"ID": lambda: Arguments(Kind.STATUS, strings=Kind.STATUS),
    **dict.fromkeys((b"QUOTA", b"QUOTAROOT", b"ACL"), lambda: Arguments(Kind.MAILBOX)),
}
_NUMBERED: dict[bytes, MakeFields] = {
    **dict.fromkeys((b"EXISTS", b"RECENT", b"EXPUNGE"), lambda: Arguments(Kind.NUMBER)),
    b"FETCH": Fetch,
}


def of_data(keyword: bytes, *, numbered: bool) -> Fields | None:
    """Return the fields of untagged data with this keyword, in upper case; None where no table has it."""
    made = (_NUMBERED if numbered else _DATA).get(keyword)
    return None if made is None else made()
