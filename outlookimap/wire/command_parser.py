"""Parses one frame of what a client sends into a command: RFC 3501 section 9, `command`, and the extensions.

Tolerant as `Leniency` names, otherwise strict. Knows no stream and no state of a connection. Every failure is a
RemoteProtocolError; of a command that may hold a secret it shows nothing.
"""

from __future__ import annotations

from dataclasses import dataclass

from outlookimap.errors import LocalProtocolError, RemoteProtocolError
from outlookimap.wire import commands
from outlookimap.wire.command_arguments import READERS, Reading
from outlookimap.wire.command_marks import ALL_SECRET, PLAIN, Marks, Position
from outlookimap.wire.cursor import END, LITERAL, Cursor
from outlookimap.wire.framing import Frame
from outlookimap.wire.limits import Limits
from outlookimap.wire.terminals import ATOM, TAG

_AFTER_KEYWORD = (END, LITERAL, ord(" "), ord("\t"), ord("("), ord('"'))


@dataclass(frozen=True, slots=True)
class Head:
    """How a command begins: its tag and keyword (upper case, ``UID FETCH``), None where they cannot be told.

    `after` is where the keyword ends, `secret` whether what follows it may hold a secret.
    """

    tag: bytes | None
    keyword: bytes | None
    after: Position = (0, 0)
    secret: bool = False

    @property
    def doubtful(self) -> Marks:
        """What is secret when the rest cannot be read: everything, if there is no keyword to tell otherwise."""
        if self.keyword is None:
            return ALL_SECRET
        return Marks(after=self.after) if self.secret else PLAIN


@dataclass(frozen=True, slots=True)
class Parsed:
    """A frame that was parsed: tag and command, or the error, and what is secret in the frame."""

    outcome: tuple[bytes, commands.Command] | RemoteProtocolError
    marks: Marks


# ---------------------------------------------------------------- the frame


def read_head(line: bytes) -> Head:
    """Read tag and keyword from the first line of a frame, as far as they can be told."""
    return _head(Cursor(Frame(lines=[line]), 1))


def parse_command(frame: Frame, limits: Limits) -> Parsed:
    """Parse a whole frame; departures that were accepted are put down in it."""
    cursor = _cursor(frame, limits)
    head = _head(cursor)
    if head.tag is None or head.keyword is None:
        return Parsed(RemoteProtocolError("a tag, a space and a keyword were due"), head.doubtful)
    reading = _reading(cursor, head.keyword)
    try:
        command = _arguments(reading, head.keyword)
        return Parsed((head.tag, command), Marks(tuple(reading.spans)))
    except (RemoteProtocolError, LocalProtocolError) as error:
        # a value that validates itself raises the local kind
        failure = error if isinstance(error, RemoteProtocolError) else RemoteProtocolError(str(error))
    if head.secret:
        failure = RemoteProtocolError(f"the arguments of {head.keyword.decode()} cannot be read")
    return Parsed(failure, head.doubtful)


def marks_so_far(frame: Frame, head: Head, limits: Limits) -> Marks:
    """Return what is secret in a frame whose last line announced a literal that has not come."""
    if not head.secret or head.keyword is None:
        return head.doubtful
    supposed = Frame(lines=[*frame.lines, b""], literals=[*frame.literals, b""])
    cursor = _cursor(supposed, limits)
    _head(cursor)
    reading = _reading(cursor, head.keyword)
    try:
        _arguments(reading, head.keyword)
    except (RemoteProtocolError, LocalProtocolError):
        if cursor.mark()[0] < len(supposed.literals):  # the literal stands where none may stand
            return head.doubtful
    return Marks(tuple(reading.spans))


def _cursor(frame: Frame, limits: Limits) -> Cursor:
    return Cursor(frame, limits.nesting, elements=limits.elements, kept=limits.line)


def _head(cursor: Cursor) -> Head:
    tag = cursor.match(TAG)
    if tag is None or not cursor.spaces():
        return Head(None, None)  # a lone word may be an answer of AUTHENTICATE that came too late
    keyword = _keyword(cursor)
    if keyword is None:
        return Head(tag, None)
    after = cursor.mark()
    if keyword == b"UID" and cursor.spaces():
        second = _keyword(cursor)
        if second is None:
            cursor.back(after)
        else:
            keyword = b"UID " + second
    after = cursor.mark()
    cursor.after_name()
    return Head(tag, keyword, after[:2], commands.has_secrets(keyword.removeprefix(b"UID ")))


def _keyword(cursor: Cursor) -> bytes | None:
    found = cursor.match(ATOM)
    return found.upper() if found is not None and cursor.peek() in _AFTER_KEYWORD else None


def _reading(cursor: Cursor, keyword: bytes) -> Reading:
    return Reading(cursor, keyword.removeprefix(b"UID "), keyword.startswith(b"UID "))


def _arguments(reading: Reading, keyword: bytes) -> commands.Command:
    """Read what follows the keyword up to the end of the frame."""
    if commands.is_unknown(keyword):
        reading.cursor.spaces()
        return commands.UnknownCommand(keyword, reading.cursor.rest())
    if reading.name == b"UID" or (reading.uid and reading.name not in commands.UID_COMMANDS):
        raise RemoteProtocolError("a command that has a UID form was due", excerpt=keyword)
    command = READERS[reading.name](reading)
    reading.cursor.end()
    return command
