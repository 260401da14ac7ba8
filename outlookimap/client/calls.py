"""Each verb of a session as a call: the commands it sends, and what it makes of their answers.

A call sends nothing and waits for nothing; `Session` performs one at a time, `Pipeline` several. Whether the profile
permits a command is the guard's question, which form it has is answered here from the profile.
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass, replace
from email.message import EmailMessage
from typing import Generic, TypeAlias, TypeVar

from outlookimap.client import mime, reading
from outlookimap.client.results import Appended, Copied, Folder, Mailbox, Message
from outlookimap.client.texts import harmless
from outlookimap.errors import CommandFailed, SelectIncomplete, UsageError
from outlookimap.profiles import Context
from outlookimap.profiles.forms import fetch_items, store_form
from outlookimap.protocol import events as e
from outlookimap.wire import commands as c
from outlookimap.wire import mailbox as names
from outlookimap.wire.building import Style
from outlookimap.wire.command_writer import split_long
from outlookimap.wire.dates import write_date_time
from outlookimap.wire.responses import Code, Condition, ListData, SearchData, StatusData
from outlookimap.wire.search import SearchKey, refuse_other
from outlookimap.wire.sequence import MAX_NUMBER, SequenceSet

T = TypeVar("T")
Name: TypeAlias = "str | bytes | Folder | Mailbox"
"""A mailbox: its name as text, its raw name, or what a session returned for it."""
Uids: TypeAlias = "int | Iterable[int] | SequenceSet"
"""Messages: one number, several, or a set."""
Into: TypeAlias = Callable[[list[Message]], object]
"""Takes the messages of a FETCH chunk by chunk; it may not call the session."""
Columns: TypeAlias = Callable[[Sequence[int], Sequence[frozenset[str]]], object]
"""Takes UIDs and their flags chunk by chunk, one set for the same flags; it may not call the session."""


def _nothing(events: list[e.Event]) -> None:
    """Take answers that say nothing to the caller."""


@dataclass(frozen=True, slots=True)
class Call(Generic[T]):
    """Commands to send, in this order; `take` gets the data that answer them, `result` makes the result at the end.

    `tag` is that of the only command, None for one like any other.
    """

    commands: tuple[c.Command, ...]
    result: Callable[[Sequence[e.Completed]], T]
    take: Callable[[list[e.Event]], None] = _nothing
    tag: bytes | None = None


def raw(name: Name) -> bytes:
    """Return the name of a mailbox as it goes over the wire."""
    if isinstance(name, Folder | Mailbox):
        return name.raw
    return names.encode(name) if isinstance(name, str) else name


def check(completed: Sequence[e.Completed], context: Context) -> None:
    """Raise CommandFailed for the first command that was answered with NO or BAD.

    The response codes that the product ignores are not in the error, the text is.

    Statements: O5:V0019, O5:V0047, O5:V0058, O5:V0062
    """
    for answer in completed:
        if answer.condition is not Condition.OK:
            code = None if answer.code is None else answer.code.name.decode("ascii", "replace")
            if code in context.profile.words("answers.codes_ignored"):
                code = None
            keyword = c.keyword(answer.command).decode("ascii", "replace")
            raise CommandFailed(keyword, answer.condition.value.decode(), harmless(answer.text), code=code)


class Calls:
    """Makes calls; `context` gives what is known at the moment a call is made, `shown` the flags the product sees."""

    def __init__(self, context: Callable[[], Context], style: Style, shown: reading.ShownFlags) -> None:
        """Keep where the context comes from and how commands will be spelled."""
        self._context = context
        self._style = style
        self._shown = shown

    # ---------------------------------------------------------------- any time

    def plain(self, command: c.Command) -> Call[None]:
        """Send one command whose success says all."""
        return Call((command,), lambda completed: check(completed, self._context()))

    def several(self, command: c.Command) -> tuple[c.Command, ...]:
        """Return `command`, or as many as keep each below the longest command.

        Statements: O5:V0060
        """
        context = self._context()
        return tuple(split_long(command, context.policy.octets(context.profile), self._style))

    # ---------------------------------------------------------------- mailboxes

    def folders(self, command: c.ListCommand) -> Call[list[Folder]]:
        """Send LIST, LSUB or XLIST."""
        found: list[Folder] = []

        def take(events: list[e.Event]) -> None:
            profile = self._context().profile
            found.extend(
                reading.folder(event.response, profile)
                for event in events
                if isinstance(event, e.Data) and isinstance(event.response, ListData)
            )

        def result(completed: Sequence[e.Completed]) -> list[Folder]:
            check(completed, self._context())
            return found

        return Call((command,), result, take)

    def select(self, name: Name) -> Call[Mailbox]:
        """Send SELECT; without the data the product needs the answer is an error.

        Statements: O5:V0002, O5:V0036, O5:V0037, O5:V0038, O5:V0039, O5:V0062, O5:V0068, O5:V0069
        """
        octets = raw(name)

        def result(completed: Sequence[e.Completed]) -> Mailbox:
            context = self._context()
            check(completed, context)
            selection = completed[0].selection or e.Selection()
            codes = context.profile.words("answers.codes")
            values = {
                "EXISTS": selection.exists,
                "UIDVALIDITY": selection.uidvalidity if "UIDVALIDITY" in codes else None,
            }
            missing = [key for key in context.profile.words("select.requires") if values[key] is None]
            if missing:
                raise SelectIncomplete(
                    f"SELECT {names.decode(octets)!r} was answered OK without {' and '.join(missing)}",
                    statements=context.profile.cites("select.requires"),
                )
            return Mailbox(
                names.decode(octets),
                octets,
                exists=selection.exists or 0,
                uidvalidity=values["UIDVALIDITY"] or 0,
                unseen=selection.unseen if "UNSEEN" in codes else None,
                uids_persist=selection.uids_stick,
            )

        return Call((c.Select(octets),), result)

    def status_unseen(self, name: Name) -> Call[int | None]:
        """Send STATUS for the number of unseen messages, None where the server leaves it out.

        Statements: O5:V0045
        """
        unseen: list[int] = []

        def take(events: list[e.Event]) -> None:
            for event in events:
                if isinstance(event, e.Data) and isinstance(event.response, StatusData):
                    unseen.extend(value for item, value in event.response.items if item == b"UNSEEN")

        def result(completed: Sequence[e.Completed]) -> int | None:
            check(completed, self._context())
            return unseen[-1] if unseen else None

        items = tuple(item.encode() for item in self._context().profile.words("status.items"))
        return Call((c.Status(raw(name), items),), result, take)

    # ---------------------------------------------------------------- messages

    def search(self, keys: Sequence[SearchKey]) -> Call[list[int]]:
        """Send SEARCH; the numbers are sequence numbers. Raises UsageError for what is no search key.

        Statements: O5:V0051, O5:V0067
        """
        refuse_other(keys)
        found: list[int] = []

        def take(events: list[e.Event]) -> None:
            if "SEARCH" in self._context().profile.words("answers.ignored"):
                return
            for event in events:
                if isinstance(event, e.Data) and isinstance(event.response, SearchData):
                    found.extend(event.response.numbers)

        def result(completed: Sequence[e.Completed]) -> list[int]:
            check(completed, self._context())
            return found

        return Call((c.Search(tuple(keys)),), result, take)

    def headers_purpose(self) -> str:
        """Return the purpose that fetches headers: with INTERNALDATE when dates come from there.

        Statements: O5:V0006, O5:V0055
        """
        context = self._context()
        purpose = "headers_internaldate" if context.policy.date_from == "internaldate" else "headers"
        return purpose if context.imap4rev1 else f"old_{purpose}"

    def bodies_purpose(self, *, mark_read: bool) -> str:
        """Return the purpose that fetches whole messages; only without IMAP4rev1 does the form mark them read.

        Statements: O5:V0055
        """
        if self._context().imap4rev1:
            return "bodies"
        return "old_bodies_read" if mark_read else "old_bodies"

    def fetch_flags(self, uids: Uids, into: Into | None, columns: Columns | None) -> Call[list[Message]]:
        """Send UID FETCH (UID FLAGS); what answers it goes to `into` as messages or to `columns` without any made.

        Statements: O5:V0055, O5:V0059, O5:V0060
        """
        call = self.fetch("flags", uids, uid=True, into=into)
        if columns is None:
            return call
        if into is not None:
            raise UsageError("`into` takes messages and `columns` UIDs and flags: pass one of them")

        def take(events: list[e.Event]) -> None:
            numbers, flags = reading.columns(events, self._shown)
            if numbers:
                columns(numbers, flags)

        return replace(call, take=take)

    def fetch(self, purpose: str, messages: Uids, *, uid: bool, into: Into | None) -> Call[list[Message]]:
        """Send FETCH in the form the profile has for `purpose`.

        Statements: O5:V0055, O5:V0059, O5:V0060
        """
        return self.messages(lambda numbers: self._fetch(purpose, numbers, uid=uid), messages, into)

    def _fetch(self, purpose: str, numbers: SequenceSet, *, uid: bool) -> c.Command:
        form = self._context().profile.text(f"fetch.purpose.{purpose}")
        return c.Fetch(numbers, fetch_items(form), uid=uid)

    def store(self, purpose: str, messages: Uids) -> Call[list[Message]]:
        """Send UID STORE in the form the profile has for `purpose`.

        Statements: O5:V0056, O5:V0059, O5:V0060
        """
        action, silent, flags = store_form(self._context().profile.text(f"store.purpose.{purpose}"))
        return self.messages(lambda numbers: c.Store(numbers, action, flags, silent=silent, uid=True), messages, None)

    def replace_flags(self, messages: Uids, flags: Iterable[str]) -> Call[list[Message]]:
        """Send UID STORE FLAGS, which drops every flag that is not named.

        Statements: O5:V0056
        """
        octets = tuple(flag.encode() for flag in flags)
        return self.messages(lambda numbers: c.Store(numbers, c.StoreAction.REPLACE, octets, uid=True), messages, None)

    def messages(
        self, command: Callable[[SequenceSet], c.Command], messages: Uids, into: Into | None
    ) -> Call[list[Message]]:
        """Send a command for `messages`, none at all when there are none; FETCH data that answer it are the result."""
        found: list[Message] = []

        def take(events: list[e.Event]) -> None:
            batch = reading.messages(events, self._shown)
            if into is None:
                found.extend(batch)
            else:
                into(batch)

        def result(completed: Sequence[e.Completed]) -> list[Message]:
            check(completed, self._context())
            return found

        numbers = as_set(messages)
        return Call(() if numbers is None else self.several(command(numbers)), result, take)

    def copy(self, messages: Uids, name: Name) -> Call[Copied]:
        r"""Send UID COPY; what flags and date the copies have is the server's business, \Recent means nothing.

        Statements: O5:V0057, O5:V0058, O5:V0059, O5:V0060
        """
        target = raw(name)

        def result(completed: Sequence[e.Completed]) -> Copied:
            check(completed, self._context())
            whole = Copied()
            for part in (reading.copied(answer.code) for answer in completed):
                whole = Copied(part.uidvalidity or whole.uidvalidity, {**whole.uids, **part.uids})
            return whole

        numbers = as_set(messages)
        commands = () if numbers is None else self.several(c.Copy(numbers, target, uid=True))
        return Call(commands, result)

    def append(
        self, name: Name, message: bytes | EmailMessage, flags: Iterable[str], date: dt.datetime | None
    ) -> Call[Appended]:
        """Send APPEND; whether EXISTS follows changes nothing that is sent.

        Statements: O5:V0046, O5:V0047, O5:V0048, O5:V0013, O5:V0014
        """
        command = c.Append(
            raw(name),
            mime.octets(message),
            tuple(flag.encode() for flag in flags),
            None if date is None else write_date_time(date),
        )

        def result(completed: Sequence[e.Completed]) -> Appended:
            check(completed, self._context())
            return reading.appended(_code(completed))

        return Call((command,), result)


def _code(completed: Sequence[e.Completed]) -> Code | None:
    return completed[-1].code if completed else None


def as_set(messages: Uids) -> SequenceSet | None:
    """Return the shortest set of `messages`, None when there are none; raises UsageError for what is no number."""
    if isinstance(messages, SequenceSet):
        return messages
    if isinstance(messages, str | bytes):
        raise UsageError(f"{messages!r} names no messages: pass numbers, or a SequenceSet")
    numbers = [messages] if isinstance(messages, int) else list(messages)
    for number in numbers:
        if not isinstance(number, int) or not 1 <= number <= MAX_NUMBER:
            raise UsageError(f"{number!r} is no message: pass numbers from 1 to {MAX_NUMBER}, or a SequenceSet")
    return SequenceSet.of(numbers) if numbers else None
