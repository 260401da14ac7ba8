"""Says of each word and string in a line of IMAP what kind of field it stands in: a client's.

Reads the grammar (RFC 3501 section 9) only as far as that takes, one token after the other, so that a command may be
as long as it likes. Whatever it does not know is text. Knows nothing of masks or of entries.
"""

from __future__ import annotations

import enum
import re
from collections.abc import Callable
from typing import ClassVar, TypeAlias

from outlookimap.traffic import redaction_words as words
from outlookimap.traffic.redaction_masks import Kind


class Token(enum.Enum):
    """What a line is made of, spaces and announcements apart."""

    ATOM = enum.auto()
    QUOTED = enum.auto()
    BROKEN = enum.auto()  # quoted, without its end
    LITERAL = enum.auto()
    OPEN = enum.auto()  # parentheses
    CLOSE = enum.auto()
    LEFT = enum.auto()  # brackets
    RIGHT = enum.auto()

    @property
    def is_value(self) -> bool:
        """Whether it holds octets of its own."""
        return self in (Token.ATOM, Token.QUOTED, Token.BROKEN, Token.LITERAL)

    @property
    def is_string(self) -> bool:
        """Whether the grammar calls it a string."""
        return self.is_value and self is not Token.ATOM


class Fields:
    """One command or response; this one is of no known kind.

    While `rest` is not None, everything up to the end of the line is one field of that kind. `literals` says whether
    the end of a line can announce one, `brackets` whether they are anything but a part of an atom.
    """

    __slots__ = ("depth", "literals", "rest")

    brackets: ClassVar[bool] = False

    def __init__(self, rest: Kind | None = Kind.VALUE) -> None:
        self.rest = rest
        self.literals = rest is not Kind.STATUS
        self.depth = 0

    def take(self, token: Token, octets: bytes) -> Kind:
        """Return the kind of the field `token` is, and go on."""
        if token is Token.OPEN:
            self.depth += 1
        elif token is Token.CLOSE:
            self.depth = max(0, self.depth - 1)
        return self.value(token, octets) if token.is_value else Kind.TEXT

    def value(self, token: Token, octets: bytes) -> Kind:  # noqa: ARG002 - others look at them
        """Return the kind of a value."""
        return Kind.TEXT


class Arguments(Fields):
    """Arguments one after the other: the kind of each outside parentheses, the last for all that follow."""

    __slots__ = ("_atoms", "_index", "_kinds", "_strings")

    def __init__(self, *kinds: Kind, atoms: Kind = Kind.NUMBER, strings: Kind = Kind.TEXT) -> None:
        """`atoms` and `strings` are the kinds inside parentheses."""
        super().__init__(None)
        self._kinds = kinds
        self._index = 0
        self._atoms = atoms
        self._strings = strings

    def value(self, token: Token, octets: bytes) -> Kind:  # noqa: ARG002
        """Return the kind of the argument."""
        if self.depth:
            return self._strings if token.is_string else self._atoms
        kind = self._kinds[min(self._index, len(self._kinds) - 1)]
        self._index += 1
        return Kind.TEXT if token.is_string and kind in (Kind.WORD, Kind.NUMBER) else kind


class SignIn(Arguments):
    """LOGIN and AUTHENTICATE: after the first argument everything is secret, whatever it looks like."""

    __slots__ = ()

    def take(self, token: Token, octets: bytes) -> Kind:
        """Return the kind of the first argument."""
        self.rest = Kind.SECRET
        return Kind.SECRET if token is Token.BROKEN else super().take(token, octets)


class Append(Fields):
    """APPEND: a name, flags, a date, messages."""

    __slots__ = ("_named",)

    def __init__(self) -> None:
        super().__init__(None)
        self._named = False

    def value(self, token: Token, octets: bytes) -> Kind:  # noqa: ARG002
        """Return the kind of the argument."""
        if not self._named:
            self._named = True
            return Kind.MAILBOX
        if token is Token.LITERAL:
            return Kind.MESSAGE
        if token.is_string:
            return Kind.DATE
        return Kind.FLAG if self.depth else Kind.WORD


_DUE: dict[bytes, tuple[Kind, ...]] = {
    **dict.fromkeys((b"FROM", b"TO", b"CC", b"BCC"), (Kind.ADDRESS,)),
    **dict.fromkeys((b"SUBJECT", b"BODY", b"TEXT"), (Kind.VALUE,)),
    **dict.fromkeys((b"KEYWORD", b"UNKEYWORD"), (Kind.FLAG,)),
    **dict.fromkeys((b"BEFORE", b"ON", b"SINCE", b"SENTBEFORE", b"SENTON", b"SENTSINCE"), (Kind.DATE,)),
    **dict.fromkeys((b"UID", b"LARGER", b"SMALLER", b"MODSEQ", b"OLDER", b"YOUNGER"), (Kind.NUMBER,)),
    b"HEADER": (Kind.HEADER_NAME, Kind.VALUE),
    b"CHARSET": (Kind.WORD,),
}


class Search(Fields):
    """SEARCH: keys, some with what they look for."""

    __slots__ = ("_due",)

    def __init__(self) -> None:
        super().__init__(None)
        self._due: list[Kind] = []

    def take(self, token: Token, octets: bytes) -> Kind:
        """Return the kind of a key or of what it looks for."""
        if not token.is_value:
            self._due.clear()
        return super().take(token, octets)

    def value(self, token: Token, octets: bytes) -> Kind:
        """Return the kind of a key or of what it looks for."""
        if self._due:
            return self._due.pop(0)
        if token.is_string:
            return Kind.TEXT
        self._due.extend(_DUE.get(octets.upper(), ()))
        return Kind.NUMBER


_SPECIFIER = re.compile(rb"[0-9.]*(?:HEADER|HEADER\.FIELDS|HEADER\.FIELDS\.NOT|TEXT|MIME)?", re.IGNORECASE)
_PARTIAL = re.compile(rb"<[0-9]+(?:\.[0-9]+)?>")


class Items(Fields):
    """Names of data items with their sections, as FETCH asks for them after the set of messages."""

    __slots__ = ("_section", "_started")

    brackets = True

    def __init__(self) -> None:
        super().__init__(None)
        self._started = False
        self._section = False

    def take(self, token: Token, octets: bytes) -> Kind:
        """Return the kind of a name, or of what stands in its section."""
        if token in (Token.LEFT, Token.RIGHT):
            self._section = token is Token.LEFT
        return super().take(token, octets)

    def value(self, token: Token, octets: bytes) -> Kind:
        """Return the kind of a name, or of what stands in its section."""
        if not self._started:
            self._started = True
            return Kind.NUMBER
        if self._section:
            return section_kind(octets)
        if _PARTIAL.fullmatch(octets):
            return Kind.PLAIN
        return Kind.TEXT if token.is_string else Kind.NUMBER


def section_kind(octets: bytes) -> Kind:
    """Return the kind of a word between the brackets of a section."""
    return Kind.PLAIN if _SPECIFIER.fullmatch(octets) else Kind.HEADER_NAME


MakeFields: TypeAlias = Callable[[], Fields]


def _arguments(*kinds: Kind, atoms: Kind = Kind.NUMBER, strings: Kind = Kind.TEXT) -> MakeFields:
    return lambda: Arguments(*kinds, atoms=atoms, strings=strings)


_MAILBOX = _arguments(Kind.MAILBOX, Kind.WORD)
_LIST = _arguments(Kind.MAILBOX, Kind.MAILBOX, Kind.WORD, strings=Kind.MAILBOX)
_TO_MAILBOX = _arguments(Kind.NUMBER, Kind.MAILBOX, Kind.WORD)

_COMMANDS: dict[bytes, MakeFields] = {
    b"LOGIN": lambda: SignIn(Kind.ADDRESS),
    b"AUTHENTICATE": lambda: SignIn(Kind.WORD),
    **dict.fromkeys((b"SELECT", b"EXAMINE", b"CREATE", b"DELETE", b"SUBSCRIBE", b"UNSUBSCRIBE", b"STATUS"), _MAILBOX),
    **dict.fromkeys((b"GETQUOTAROOT", b"GETQUOTA", b"SETQUOTA", b"GETACL", b"MYRIGHTS"), _MAILBOX),
    **dict.fromkeys((b"SETACL", b"DELETEACL", b"LISTRIGHTS"), _arguments(Kind.MAILBOX, Kind.ADDRESS, Kind.TEXT)),
    **dict.fromkeys((b"GETMETADATA", b"SETMETADATA"), _arguments(Kind.MAILBOX, Kind.TEXT, atoms=Kind.TEXT)),
    b"RENAME": _arguments(Kind.MAILBOX, Kind.MAILBOX, Kind.WORD),
    **dict.fromkeys((b"LIST", b"LSUB", b"XLIST"), _LIST),
    **dict.fromkeys((b"COPY", b"MOVE"), _TO_MAILBOX),
    b"APPEND": Append,
    **dict.fromkeys((b"SEARCH", b"SORT", b"THREAD"), Search),
    b"FETCH": Items,
    b"STORE": _arguments(Kind.NUMBER, Kind.FLAG, atoms=Kind.FLAG),
    b"EXPUNGE": _arguments(Kind.NUMBER),
    b"ID": _arguments(Kind.STATUS, strings=Kind.STATUS),
    b"ENABLE": _arguments(Kind.CAPABILITY),
}


def of_command(keyword: bytes) -> Fields:
    """Return the fields of the command with this keyword, in upper case."""
    made = _COMMANDS.get(keyword)
    if made is None:
        return Arguments(Kind.WORD) if keyword in words.KEYWORDS else Fields()
    return made()
