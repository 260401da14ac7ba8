"""Makes of a recording what can be said to a server of ours: whoever signed in then, user1 signs in now.

Refused sign-ins and literals, and STARTTLS, are left out: our server has another user, and TLS from the first octet.
Where nothing is known of the mail that was there, folders and messages are made up, so that commands mean something.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field

from outlookimap.pytest_plugin.script import Command, Heard, Secured, Step
from outlookimap.traffic.format import Entry, Event, Form, Mark, Said
from outlookimap.traffic.parts import Part
from outlookimap.transport.tap import Sender
from outlookimap.wire import commands as c
from outlookimap.wire.mailbox import INBOX, is_inbox

USER = "user1"
PASSWORD = "secret"  # noqa: S105 - of a server that is thrown away

_SIGN_IN = (b"LOGIN", b"AUTHENTICATE")
_EXISTS = re.compile(rb"\* +([0-9]+) +EXISTS\b", re.IGNORECASE)
_PREAUTH = re.compile(rb"\* +PREAUTH\b", re.IGNORECASE)
_MOST = 20_000


@dataclass(slots=True)
class Furniture:
    """How many messages each folder (raw name) needs at least for the recorded commands to mean something."""

    folders: dict[bytes, int] = field(default_factory=dict)
    _made: set[bytes] = field(default_factory=set)

    def note(self, found: Iterable[Step]) -> None:
        """Take note of what one connection uses, in the order it uses it."""
        selected = b""
        for step in found:
            if isinstance(step, Command):
                command = step.read()
                if step.condition == b"OK" and command is not None:
                    self._use(command)
                if isinstance(command, c.Select | c.Examine):
                    selected = _name(command.mailbox) if step.condition == b"OK" else b""
            elif isinstance(step, Heard) and (exists := _EXISTS.match(step.octets)) and selected in self.folders:
                self.folders[selected] = max(self.folders[selected], min(int(exists[1]), _MOST))

    def _use(self, command: c.Command) -> None:
        if isinstance(command, c.Create):
            self._made.add(_name(command.mailbox))
        elif isinstance(command, c.Rename):
            self._need(command.mailbox)
            self._made.add(_name(command.to))
        elif isinstance(command, c.Select | c.Examine | c.Status | c.Append | c.Copy | c.Move | c.Delete | c.Subscribe):
            self._need(command.mailbox)

    def _need(self, mailbox: bytes) -> None:
        name = _name(mailbox)
        if name not in self._made:
            self.folders.setdefault(name, 0)


def rehearsed(found: Sequence[Step], *, whole: bool, mechanisms: frozenset[str]) -> list[Entry]:
    """Return the entries of one connection as they are to be said now.

    With `whole` all the server said is expected; without it only what a command waits for. `mechanisms` are those that
    are tried as recorded where they succeeded; any other sign-in becomes LOGIN.
    """
    entries: list[Entry] = []
    skipped: Command | None = None  # a sign-in or STARTTLS that is under way and not said
    for step in found:
        if isinstance(step, Secured):
            continue
        if isinstance(step, Command):
            keyword = _keyword(step)
            other = keyword in _SIGN_IN and not _as_recorded(step, keyword, whole, mechanisms)
            if other or keyword == b"STARTTLS" or (step.cut and not whole):  # its literal was refused, by that server
                skipped = step
                if step.condition == b"OK" and keyword in _SIGN_IN and step.completion is not None:
                    entries += _login(step, step.completion)
            else:
                entries += _said(step)
        elif isinstance(step, Heard):
            if skipped is not None:
                skipped = None if step.tag == skipped.tag else skipped
            elif whole or step.part in (Part.CONTINUATION, Part.COMPLETION) or not entries:
                entries.append(step.entry)
                if _PREAUTH.match(step.octets) and len(entries) == 1:
                    entries += _sign_in_after(step.entry)
        elif skipped is None:
            entries.append(Said(Sender.CLIENT, Form.PART, (step.octets,), 0.0, step.line))
    return entries


def joined(connections: Iterable[Sequence[Entry]]) -> list[Entry]:
    """Return the entries of several connections as those of one recording."""
    entries: list[Entry] = []
    for connection in connections:
        entries += [Mark(Event.CONNECTED), *connection] if entries else connection
    return entries


def _as_recorded(step: Command, keyword: bytes, whole: bool, mechanisms: frozenset[str]) -> bool:
    if not whole or keyword == b"LOGIN" or step.condition != b"OK":
        return False
    command = step.read()
    return isinstance(command, c.Authenticate) and command.mechanism.decode("ascii", "replace").upper() in mechanisms


def _keyword(step: Command) -> bytes:
    words = step.text.split()
    return words[0].upper().encode("latin-1") if words else b""


def _said(step: Command) -> list[Entry]:
    """Return a command's entries, the go-aheads it waited for where they were."""
    entries: list[Entry] = []
    given = [*step.go_aheads]
    for entry in step.entries:
        if entry.form is Form.LITERAL and given:
            entries.append(Said(Sender.SERVER, Form.PART, (given.pop(0),), 0.0, step.line))
        entries.append(entry)
    return entries


def _login(step: Command, completion: Said) -> list[Entry]:
    tag = step.tag
    return [
        Said(Sender.CLIENT, Form.LINE, (b'%s LOGIN "%s" "**"' % (tag, USER.encode()),), 0.0, step.line),
        Said(Sender.SERVER, Form.LINE, (b"%s OK" % tag,), 0.0, completion.line),
    ]


def _sign_in_after(greeting: Said) -> list[Entry]:
    return [
        Said(Sender.CLIENT, Form.LINE, (b'pre1 LOGIN "%s" "**"' % USER.encode(),), 0.0, greeting.line),
        Said(Sender.SERVER, Form.LINE, (b"pre1 OK",), 0.0, greeting.line),
    ]


def _name(mailbox: bytes) -> bytes:
    return INBOX if is_inbox(mailbox) else mailbox
