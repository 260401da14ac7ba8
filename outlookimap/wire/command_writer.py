"""Writes commands: RFC 3501 section 9, `command`, and the extensions of `wire.commands`.

Strict: what the grammar forbids is a LocalProtocolError, and then there is no part at all to send. Knows nothing of
which command is allowed when, nor of what a product sends.
"""

from __future__ import annotations

import base64
import re
from collections.abc import Iterable
from dataclasses import replace
from functools import singledispatch

from outlookimap.errors import LocalProtocolError
from outlookimap.wire import commands
from outlookimap.wire.building import Builder, Style
from outlookimap.wire.dates import is_strict
from outlookimap.wire.fetch import MACROS, PLAIN_NAMES, FetchAtt
from outlookimap.wire.flags import RECENT, canonical
from outlookimap.wire.search_writer import write_search_keys
from outlookimap.wire.secret import Piece, join
from outlookimap.wire.sections import write_section
from outlookimap.wire.sequence import SequenceSet

_DEFAULT_STYLE = Style()
_MECHANISM = re.compile(rb"[A-Za-z0-9_-]{1,20}")
_UNKNOWN_KEYWORD = re.compile(rb'(?:UID )?[^\x00-\x20\x7f-\xff(){%*"\\\]]+')
_UNKNOWN_ARGUMENTS = re.compile(rb"(?:[\x01-\x08\x0b\x0c\x0e-\x1f\x21-\x7f][\x01-\x09\x0b\x0c\x0e-\x7f]*)?")
_ANNOUNCEMENT = re.compile(rb"\{[0-9]+\+?\}\Z")
_FORBIDDEN_IN_LINE = re.compile(rb"[\x00\r\n\x80-\xff]")
_ID_FIELDS, _ID_NAME, _ID_VALUE = 30, 30, 1024


def write_command(tag: bytes, command: commands.Command, style: Style = _DEFAULT_STYLE) -> list[list[Piece]]:
    """Return the parts of a command; each but the last ends where the peer's go-ahead for a literal must come first.

    Raises LocalProtocolError for whatever the grammar forbids.

    Statements: O5:2.1.3, O5:2.1.4
    """
    builder = Builder(style, synchronizing=True)
    builder.tag(tag).raw(b" ")
    if isinstance(command, commands.UnknownCommand):
        _write_unknown(builder, command)
    elif type(command) in commands.COMMANDS:
        builder.raw(commands.keyword(command))
        _write_arguments(command, builder)
    else:
        raise LocalProtocolError(f"{type(command).__name__} is no command")
    return builder.line_end().parts()


def write_line(octets: bytes, *, secret: bool) -> list[Piece]:
    """Return a line that is no command: an answer in AUTHENTICATE, ``*``, ``DONE``.

    Raises LocalProtocolError for NUL, CR, LF and octets above 127.
    """
    if _FORBIDDEN_IN_LINE.search(octets):
        raise LocalProtocolError("a line holds no NUL, CR, LF or octet above 127")
    return [(octets, secret), (b"\r\n", False)] if octets else [(b"\r\n", False)]


def split_long(command: commands.Command, octets: int, style: Style = _DEFAULT_STYLE) -> list[commands.Command]:
    """Return the command alone, or several that do the same together and are written with at most `octets` each.

    The octets are those of the whole command, with a tag of four and CRLF. Only a command with a sequence set can be
    split, and never inside a range: one that cannot be made shorter stays longer. SEARCH is returned alone, because
    its keys hold together. Raises LocalProtocolError for a command that cannot be written.
    """
    numbers = _sequence_set(command)
    if numbers is None:
        return [command]
    size = sum(len(join(part)) for part in write_command(b"0000", command, style))
    if size <= octets:
        return [command]
    room = octets - (size - len(bytes(numbers)))
    return [_with_sequence_set(command, some) for some in numbers.split(room)]


def _sequence_set(command: commands.Command) -> SequenceSet | None:
    match command:
        case commands.Fetch() | commands.Store() | commands.Copy() | commands.Move():
            return command.messages
        case commands.Expunge():
            return command.uids
        case _:
            return None


def _with_sequence_set(command: commands.Command, numbers: SequenceSet) -> commands.Command:
    if isinstance(command, commands.Fetch | commands.Store | commands.Copy | commands.Move):
        return replace(command, messages=numbers)
    return commands.Expunge(numbers)


# ---------------------------------------------------------------- arguments, command by command


@singledispatch
def _write_arguments(command: commands.Command, builder: Builder) -> None:
    """Append what follows the keyword; nothing for a command without arguments."""


@_write_arguments.register
def _(command: commands.Authenticate, builder: Builder) -> None:
    if not _MECHANISM.fullmatch(command.mechanism):
        raise LocalProtocolError(f"{command.mechanism!r} cannot be written as a mechanism")
    builder.raw(b" " + command.mechanism)
    if command.initial is not None:
        initial = base64.b64encode(command.initial.reveal()) or b"="
        builder.raw(b" ").raw(initial, secret=commands.is_secret(command.name, "initial"))


@_write_arguments.register
def _(command: commands.Login, builder: Builder) -> None:
    builder.raw(b" ").astring(command.user, secret=commands.is_secret(command.name, "user"))
    builder.raw(b" ").astring(command.password.reveal(), secret=commands.is_secret(command.name, "password"))


@_write_arguments.register
def _(command: commands.Enable, builder: Builder) -> None:
    if not command.capabilities:
        raise LocalProtocolError("ENABLE names at least one capability")
    for capability in command.capabilities:
        builder.raw(b" ").atom(capability, "a capability")


@_write_arguments.register
def _(command: commands.MailboxCommand, builder: Builder) -> None:
    builder.raw(b" ").astring(command.mailbox)


@_write_arguments.register
def _(command: commands.Create, builder: Builder) -> None:
    builder.raw(b" ").astring(command.mailbox)
    if command.use:
        if any(not use.startswith(b"\\") for use in command.use):
            raise LocalProtocolError(f"{command.use}: a special use begins with a backslash")
        builder.raw(b" (USE ")
        _write_flags(builder, command.use)
        builder.raw(b")")


@_write_arguments.register
def _(command: commands.Rename, builder: Builder) -> None:
    builder.raw(b" ").astring(command.mailbox).raw(b" ").astring(command.to)


@_write_arguments.register
def _(command: commands.ListCommand, builder: Builder) -> None:
    builder.raw(b" ").astring(command.reference).raw(b" ").list_mailbox(command.pattern)


@_write_arguments.register
def _(command: commands.List, builder: Builder) -> None:
    if command.select:
        _write_options(builder, command.select)
    builder.raw(b" ").astring(command.reference).raw(b" ").list_mailbox(command.pattern)
    if command.returns:
        builder.raw(b" RETURN")
        _write_options(builder, command.returns)


@_write_arguments.register
def _(command: commands.Status, builder: Builder) -> None:
    wrong = [item for item in command.items if item not in commands.STATUS_ITEMS]
    if wrong or not command.items:
        raise LocalProtocolError(f"STATUS takes some of {commands.STATUS_ITEMS}, not {command.items}")
    builder.raw(b" ").astring(command.mailbox).raw(b" ").listed(command.items)


@_write_arguments.register
def _(command: commands.Append, builder: Builder) -> None:
    builder.raw(b" ").astring(command.mailbox).raw(b" ")
    if command.flags is not None:
        _write_flags(builder, command.flags)
        builder.raw(b" ")
    if command.date is not None:
        if not is_strict(command.date):
            raise LocalProtocolError(f"{command.date!r} cannot be written as a date-time")
        builder.raw(b'"' + command.date + b'" ')
    builder.literal(command.message)


@_write_arguments.register
def _(command: commands.Id, builder: Builder) -> None:
    if command.fields is None:
        builder.raw(b" NIL")
        return
    _check_id(command.fields)
    builder.raw(b" (")
    for index, (name, value) in enumerate(command.fields):
        builder.raw(b" " if index else b"").string(name).raw(b" ").nstring(value)
    builder.raw(b")")


@_write_arguments.register
def _(command: commands.Expunge, builder: Builder) -> None:
    if command.uids is not None:
        builder.raw(b" " + bytes(command.uids))


@_write_arguments.register
def _(command: commands.Search, builder: Builder) -> None:
    if command.charset is not None:
        if not command.charset or _FORBIDDEN_IN_LINE.search(command.charset):
            raise LocalProtocolError(f"{command.charset!r} cannot be written as a charset")
        builder.raw(b" CHARSET ").astring(command.charset)
    builder.raw(b" ")
    write_search_keys(builder, command.keys)


@_write_arguments.register
def _(command: commands.Fetch, builder: Builder) -> None:
    builder.raw(b" " + bytes(command.messages) + b" ")
    if command.macro is not None:
        if command.macro not in MACROS:
            raise LocalProtocolError(f"{command.macro!r} is no macro of FETCH: {MACROS}")
        builder.raw(command.macro)
        return
    for index, item in enumerate(command.items):
        builder.raw(b" " if index else b"(" if command.parenthesized else b"")
        _write_fetch_att(builder, item)
    builder.raw(b")" if command.parenthesized else b"")


@_write_arguments.register
def _(command: commands.Store, builder: Builder) -> None:
    builder.raw(b" " + bytes(command.messages) + b" " + command.item + b" ")
    _write_flags(builder, command.flags, parenthesized=command.parenthesized)


@_write_arguments.register(commands.Copy)
@_write_arguments.register(commands.Move)
def _(command: commands.Copy | commands.Move, builder: Builder) -> None:
    builder.raw(b" " + bytes(command.messages) + b" ").astring(command.mailbox)


def _write_unknown(builder: Builder, command: commands.UnknownCommand) -> None:
    if not _UNKNOWN_KEYWORD.fullmatch(command.keyword) or not commands.is_unknown(command.keyword.upper()):
        raise LocalProtocolError(f"{command.keyword!r} cannot be written as the keyword of an unknown command")
    arguments = command.arguments
    if not _UNKNOWN_ARGUMENTS.fullmatch(arguments) or _ANNOUNCEMENT.search(arguments):
        raise LocalProtocolError(
            f"the arguments of {command.keyword!r} begin with a space, end with the announcement of a literal, or hold "
            "NUL, CR, LF or an octet above 127"
        )
    builder.raw(command.keyword)
    if arguments:
        builder.raw(b" " + arguments)


# ---------------------------------------------------------------- pieces that commands share


def _write_flags(builder: Builder, flags: Iterable[bytes], *, parenthesized: bool = True) -> None:
    r"""Append flags; ``\\Recent`` and ``\\*``, which a client never sets, are refused."""
    builder.raw(b"(" if parenthesized else b"")
    for index, flag in enumerate(flags):
        if flag == b"\\*" or canonical(flag) == RECENT:
            raise LocalProtocolError(f"{flag!r} is no flag of a command")
        builder.raw(b" " if index else b"").flag(flag)
    builder.raw(b")" if parenthesized else b"")


def _write_options(builder: Builder, options: Iterable[bytes]) -> None:
    for index, option in enumerate(options):
        builder.raw(b" " if index else b" (").atom(option, "an option of LIST")
    builder.raw(b")")


def _write_fetch_att(builder: Builder, item: FetchAtt) -> None:
    if item.section is None:
        if item.name not in PLAIN_NAMES:
            raise LocalProtocolError(f"{item.name!r} is no data item of FETCH")
        builder.raw(item.name)
        return
    builder.raw(item.name)
    write_section(builder, item.section)
    if item.origin is not None:
        if item.count is None:
            raise LocalProtocolError("a partial names its first octet and its length")
        builder.raw(b"<").number(item.origin).raw(b".").number(item.count).raw(b">")


def _check_id(fields: tuple[tuple[bytes, bytes | None], ...]) -> None:
    """Raise LocalProtocolError for what RFC 2971 section 3.3 forbids."""
    names = [name.upper() for name, _ in fields]
    if len(names) > _ID_FIELDS or len(set(names)) < len(names):
        raise LocalProtocolError(f"ID has at most {_ID_FIELDS} fields, each once")
    for name, value in fields:
        if len(name) > _ID_NAME or (value is not None and len(value) > _ID_VALUE):
            raise LocalProtocolError(f"ID: a name has at most {_ID_NAME} octets, a value {_ID_VALUE}")
