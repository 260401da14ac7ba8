"""Reads the arguments of each command: RFC 3501 section 9 and the extensions, keyword by keyword.

Tolerant as `Leniency` names, otherwise strict: raises RemoteProtocolError, or LocalProtocolError where a value that
validates itself refuses what was read. Knows no frame as a whole: neither tag nor keyword nor the end of the line.
"""

from __future__ import annotations

import base64
import binascii
import re
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import TypeVar

from outlookimap.errors import RemoteProtocolError
from outlookimap.wire import commands
from outlookimap.wire.command_marks import Position
from outlookimap.wire.cursor import END, LITERAL, Cursor
from outlookimap.wire.dates import is_strict, parse_date_time
from outlookimap.wire.fetch import BODY, BODY_PEEK, MACROS, NAME, PLAIN_NAMES, FetchAtt
from outlookimap.wire.flags import RECENT, canonical
from outlookimap.wire.leniency import Leniency
from outlookimap.wire.search import SearchKey
from outlookimap.wire.search_reader import read_search_key, read_sequence_set
from outlookimap.wire.secret import Secret
from outlookimap.wire.sections import read_section
from outlookimap.wire.terminals import ATOM

T = TypeVar("T")

_SPACES = re.compile(rb"[ \t]+")
_BASE64 = re.compile(rb"[A-Za-z0-9+/]+={0,2}|=")
_MECHANISM = re.compile(rb"[A-Za-z0-9_-]{1,20}")
_STORE_ITEM = re.compile(rb"[+-]?FLAGS(?:\.SILENT)?", re.IGNORECASE)


@dataclass(slots=True)
class Reading:
    """The arguments of one command while they are read; notes where its secret fields stand."""

    cursor: Cursor
    name: bytes
    uid: bool
    spans: list[tuple[Position, Position]] = field(default_factory=list)

    def field(self, name: str, read: Callable[[], T]) -> T:
        """Read one field of the command by its name."""
        before = self.cursor.mark()[:2]
        value = read()
        if commands.is_secret(self.name, name):
            self.spans.append((before, self.cursor.mark()[:2]))
        return value


# ---------------------------------------------------------------- arguments, command by command


def _alone(command: commands.Command) -> Callable[[Reading], commands.Command]:
    return lambda _: command


def _astring(reading: Reading) -> bytes:
    """Take a space and an `astring`: most often a mailbox name."""
    reading.cursor.space()
    return reading.cursor.astring()


def _authenticate(reading: Reading) -> commands.Command:
    cursor = reading.cursor
    cursor.space()
    mechanism = cursor.match(_MECHANISM)
    if mechanism is None:
        raise cursor.fail("the name of a mechanism")
    if not _more(cursor):
        return commands.Authenticate(mechanism.upper())
    return commands.Authenticate(mechanism.upper(), reading.field("initial", lambda: _initial(cursor)))


def _initial(cursor: Cursor) -> Secret:
    found = cursor.match(_BASE64)
    if found is None:
        raise cursor.fail("base64")
    if found == b"=":
        return Secret(b"")
    try:
        return Secret(base64.b64decode(found, validate=True))
    except binascii.Error as error:
        raise RemoteProtocolError("an initial response that is no base64") from error


def _login(reading: Reading) -> commands.Command:
    cursor = reading.cursor
    cursor.space()
    user = reading.field("user", cursor.astring)
    cursor.space()
    return commands.Login(user, Secret(reading.field("password", cursor.astring)))


def _enable(reading: Reading) -> commands.Command:
    cursor = reading.cursor
    cursor.space()
    names = [cursor.atom("a capability").upper()]
    while _more(cursor):
        names.append(cursor.atom("a capability").upper())
    return commands.Enable(tuple(names))


def _create(reading: Reading) -> commands.Command:
    cursor = reading.cursor
    mailbox = _astring(reading)
    if not _more(cursor):
        return commands.Create(mailbox)
    cursor.expect(b"(")
    _word(cursor, b"USE")
    cursor.space()
    uses = cursor.parenthesized(lambda: canonical(cursor.flag()))
    if any(not use.startswith(b"\\") for use in uses):
        raise cursor.fail("special uses, each with a backslash, before this")
    cursor.expect(b")")
    return commands.Create(mailbox, uses)


def _rename(reading: Reading) -> commands.Command:
    return commands.Rename(_astring(reading), _astring(reading))


def _list(reading: Reading) -> commands.Command:
    cursor = reading.cursor
    cursor.space()
    select: tuple[bytes, ...] = ()
    if cursor.peek() == ord("("):
        select = _options(cursor)
        cursor.space()
    reference, pattern = _reference_and_pattern(cursor)
    if not _more(cursor):
        return commands.List(reference, pattern, select)
    _word(cursor, b"RETURN")
    cursor.space()
    return commands.List(reference, pattern, select, _options(cursor))


def _options(cursor: Cursor) -> tuple[bytes, ...]:
    return cursor.parenthesized(lambda: cursor.atom("an option of LIST").upper())


def _reference_and_pattern(cursor: Cursor) -> tuple[bytes, bytes]:
    reference = cursor.astring()
    cursor.space()
    return reference, cursor.list_mailbox()


def _lsub(reading: Reading) -> commands.Command:
    reading.cursor.space()
    return commands.Lsub(*_reference_and_pattern(reading.cursor))


def _xlist(reading: Reading) -> commands.Command:
    reading.cursor.space()
    return commands.Xlist(*_reference_and_pattern(reading.cursor))


def _status(reading: Reading) -> commands.Command:
    cursor = reading.cursor
    mailbox = _astring(reading)
    cursor.space()
    items = cursor.parenthesized(lambda: cursor.atom("a status item").upper())
    if not items or not set(items).issubset(commands.STATUS_ITEMS):
        raise RemoteProtocolError("items of STATUS were due", excerpt=b" ".join(items))
    return commands.Status(mailbox, items)


def _append(reading: Reading) -> commands.Command:
    cursor = reading.cursor
    mailbox = _astring(reading)
    cursor.space()
    flags: tuple[bytes, ...] | None = None
    date: bytes | None = None
    if cursor.peek() == ord("("):
        flags = cursor.parenthesized(lambda: _flag(cursor))
        cursor.space()
    if cursor.peek() == ord('"'):
        date = cursor.string()
        if not is_strict(date):
            if parse_date_time(date) is None:
                raise RemoteProtocolError("a date-time was due", excerpt=date)
            cursor.note(Leniency.INVALID_DATE)
        cursor.space()
    if cursor.peek() != LITERAL:
        raise cursor.fail("a literal")
    return commands.Append(mailbox, cursor.string(), flags, date)


def _id(reading: Reading) -> commands.Command:
    cursor = reading.cursor
    cursor.space()
    if cursor.nil():
        return commands.Id(None)
    return commands.Id(cursor.parenthesized(lambda: _id_field(cursor)))


def _id_field(cursor: Cursor) -> tuple[bytes, bytes | None]:
    name = cursor.string()
    cursor.space()
    return name, cursor.nstring()


def _expunge(reading: Reading) -> commands.Command:
    if not reading.uid:
        return commands.Expunge()
    reading.cursor.space()
    return commands.Expunge(read_sequence_set(reading.cursor))


def _search(reading: Reading) -> commands.Command:
    cursor = reading.cursor
    cursor.space()
    charset: bytes | None = None
    here = cursor.mark()
    word = cursor.match(ATOM)
    if word is not None and word.upper() == b"CHARSET":
        charset = _astring(reading)
        cursor.space()
    else:
        cursor.back(here)
    keys: list[SearchKey] = [read_search_key(cursor)]
    while _more(cursor):
        keys.append(read_search_key(cursor))
    return commands.Search(tuple(keys), charset, reading.uid)


def _fetch(reading: Reading) -> commands.Command:
    cursor = reading.cursor
    cursor.space()
    messages = read_sequence_set(cursor)
    cursor.space()
    if cursor.peek() == ord("("):
        return commands.Fetch(messages, cursor.parenthesized(lambda: _fetch_att(cursor)), uid=reading.uid)
    here = cursor.mark()
    word = cursor.match(NAME)
    if word is not None and word.upper() in MACROS:
        return commands.Fetch(messages, macro=word.upper(), uid=reading.uid)
    cursor.back(here)
    return commands.Fetch(messages, (_fetch_att(cursor),), uid=reading.uid, parenthesized=False)


def _store(reading: Reading) -> commands.Command:
    cursor = reading.cursor
    cursor.space()
    messages = read_sequence_set(cursor)
    cursor.space()
    item = cursor.match(_STORE_ITEM)
    if item is None:
        raise cursor.fail("FLAGS, +FLAGS or -FLAGS")
    action = commands.StoreAction(item[:1] if item[:1] in (b"+", b"-") else b"")
    silent = item.upper().endswith(b".SILENT")
    cursor.space()
    parenthesized = cursor.peek() == ord("(")
    flags = cursor.parenthesized(lambda: _flag(cursor)) if parenthesized else _bare_flags(cursor)
    return commands.Store(messages, action, flags, silent, reading.uid, parenthesized)


def _copy(reading: Reading) -> commands.Command:
    reading.cursor.space()
    return commands.Copy(read_sequence_set(reading.cursor), _astring(reading), reading.uid)


def _move(reading: Reading) -> commands.Command:
    reading.cursor.space()
    return commands.Move(read_sequence_set(reading.cursor), _astring(reading), reading.uid)


# ---------------------------------------------------------------- what commands share


def _more(cursor: Cursor) -> bool:
    """Take the space before a further argument if there is one; spaces at the end of the frame are left alone."""
    here = cursor.mark()
    cursor.match(_SPACES)
    more = cursor.peek() != END
    cursor.back(here)
    if more:
        cursor.space()
        cursor.element()
    return more


def _word(cursor: Cursor, word: bytes) -> None:
    """Take a fixed word of the grammar, in any case."""
    here = cursor.mark()
    if (cursor.match(ATOM) or b"").upper() != word:
        cursor.back(here)
        raise cursor.fail(word.decode())


def _flag(cursor: Cursor) -> bytes:
    here = cursor.mark()
    flag = canonical(cursor.flag())
    if flag in (RECENT, b"\\*"):
        cursor.back(here)
        raise cursor.fail("a flag that can be set")
    return flag


def _bare_flags(cursor: Cursor) -> tuple[bytes, ...]:
    flags = [_flag(cursor)]
    while _more(cursor):
        flags.append(_flag(cursor))
    return tuple(flags)


def _fetch_att(cursor: Cursor) -> FetchAtt:
    here = cursor.mark()
    name = (cursor.match(NAME) or b"").upper()
    if cursor.peek() == ord("[") and name in (BODY, BODY_PEEK):
        section = read_section(cursor)
        if not cursor.take(b"<"):
            return FetchAtt(name, section)
        origin = cursor.number()
        cursor.expect(b".")
        count = cursor.number()
        cursor.expect(b">")
        return FetchAtt(name, section, origin, count)
    if name not in PLAIN_NAMES:
        cursor.back(here)
        raise cursor.fail("a data item")
    return FetchAtt(name)


READERS: dict[bytes, Callable[[Reading], commands.Command]] = {
    b"CAPABILITY": _alone(commands.Capability()),
    b"NOOP": _alone(commands.Noop()),
    b"LOGOUT": _alone(commands.Logout()),
    b"STARTTLS": _alone(commands.StartTls()),
    b"AUTHENTICATE": _authenticate,
    b"LOGIN": _login,
    b"ENABLE": _enable,
    b"SELECT": lambda reading: commands.Select(_astring(reading)),
    b"EXAMINE": lambda reading: commands.Examine(_astring(reading)),
    b"CREATE": _create,
    b"DELETE": lambda reading: commands.Delete(_astring(reading)),
    b"RENAME": _rename,
    b"SUBSCRIBE": lambda reading: commands.Subscribe(_astring(reading)),
    b"UNSUBSCRIBE": lambda reading: commands.Unsubscribe(_astring(reading)),
    b"LIST": _list,
    b"LSUB": _lsub,
    b"XLIST": _xlist,
    b"STATUS": _status,
    b"APPEND": _append,
    b"NAMESPACE": _alone(commands.Namespace()),
    b"ID": _id,
    b"IDLE": _alone(commands.Idle()),
    b"CHECK": _alone(commands.Check()),
    b"CLOSE": _alone(commands.Close()),
    b"UNSELECT": _alone(commands.Unselect()),
    b"EXPUNGE": _expunge,
    b"SEARCH": _search,
    b"FETCH": _fetch,
    b"STORE": _store,
    b"COPY": _copy,
    b"MOVE": _move,
}
"""How the arguments of each keyword are read, up to the end of the frame or what must not follow."""
