"""Follows one recorded connection after the other: what the server said, and what was known when it said it.

What the client said and the states of the connection are `following`'s. Must not know any profile.
"""

from __future__ import annotations

import hashlib
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field

from outlookimap.conformance.following import Connection, Follower
from outlookimap.conformance.said import Assembly, Uttered, Whole, response, shown_text
from outlookimap.traffic.format import Comment, Entry, Event, Mark, Said
from outlookimap.transport.tap import Sender
from outlookimap.wire import commands as c
from outlookimap.wire import responses as r
from outlookimap.wire.fetch import RFC822, Section
from outlookimap.wire.mailbox import is_inbox
from outlookimap.wire.responses import Condition

_DELIMITER = b"/"


@dataclass(slots=True)
class Shown:
    """What a server has shown on one connection.

    `encrypted` is None where a recording does not tell. `selected` is the mailbox, `exists` the number of messages the
    client knows of in it, `expunged` how many went since the last answer. `due` is the command after whose answer an
    EXISTS has to come next. `failures` counts sign-ins that were refused, `elapsed` the seconds since the connection
    began, at least; `before` is that at the server's last word, `silence` the client's longest silence since then.
    `waved` says that a go-ahead came since the last answer. `listed` are the names listed since the last answer;
    `subscribed` those that LSUB shows for ``*``, None where it was not asked; `parents` names with others below.
    `contents` are digests of whole messages by UIDVALIDITY and UID.
    """

    encrypted: bool | None
    greeted: bool = False
    selected: bytes | None = None
    uidvalidity: int | None = None
    exists: int | None = None
    expunged: int = 0
    due: c.Command | None = None
    failures: int = 0
    elapsed: float = 0.0
    before: float = 0.0
    silence: float = 0.0
    waved: bool = False
    listed: list[bytes] = field(default_factory=list)
    subscribed: frozenset[bytes] | None = None
    parents: set[bytes] = field(default_factory=set)
    contents: dict[tuple[int, int], bytes] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Answered:
    """One response, before its effect: `of` is the command that a tagged one answers, `running` those in flight.

    `begun` is the first line of a command that waits for its literal to be asked for. `found` is None
    where it cannot be read, `cut` says that not all of it is there. `greets` says that it is the first.
    """

    line: int
    octets: bytes
    found: r.Response | None
    cut: bool
    greets: bool
    of: Uttered | None
    running: tuple[Uttered, ...]
    begun: bytes | None
    shown: Shown

    @property
    def text(self) -> str:
        """The response for people."""
        return shown_text(self.octets)

    def runs(self, *kinds: type[c.Command]) -> c.Command | None:
        """Return the first command in flight that is one of `kinds`."""
        return next((one.command for one in self.running if isinstance(one.command, kinds)), None)


class ServerFollower:
    """Walks through the entries of a recording; `connection` is what is known before the step last handed out."""

    def __init__(self, *, fragment: bool) -> None:
        """Begin; of a `fragment` neither its beginning nor the order of the two sides is sure."""
        self.missing = False
        self._fragment = fragment
        self._follower = Follower(fragment=fragment)
        self._connect()

    @property
    def connection(self) -> Connection:
        """The connection that is followed."""
        return self._follower.connection

    def _connect(self) -> None:
        self._shown = Shown(None if self._fragment else False)
        self._assembly = Assembly()
        self._tags = Assembly()

    def steps(self, entries: Iterable[Entry]) -> Iterator[Answered]:
        """Yield what the server said, each before its effect."""
        for entry in entries:
            if not isinstance(entry, Comment):
                self._pass(entry)
            if isinstance(entry, Said) and entry.sender is Sender.SERVER:
                self._assembly.tags = self._tags.tags
                for whole in self._assembly.take(entry):
                    yield from self._answered(whole)
            elif isinstance(entry, Said):
                self._tags.take(entry, binds=True)
            for _ in self._follower.take(entry):
                pass  # what the client does is judged elsewhere
            if isinstance(entry, Mark):
                self._mark(entry)

    def _pass(self, entry: Said | Mark) -> None:
        shown = self._shown
        shown.elapsed += entry.pause
        if self.connection.silence is not None:
            shown.silence = max(shown.silence, self.connection.silence + entry.pause)

    def _mark(self, mark: Mark) -> None:
        if mark.event is Event.CONNECTED:
            self._connect()
        elif mark.event is Event.TLS:
            self._shown.encrypted = True

    def _answered(self, whole: Whole) -> Iterator[Answered]:
        shown, connection = self._shown, self.connection
        found = response(whole)
        self.missing = self.missing or whole.cut
        tagged = isinstance(found, r.StatusResponse) and found.tag is not None
        of = connection.in_flight.get(found.tag) if isinstance(found, r.StatusResponse) and found.tag else None
        if isinstance(found, r.CapabilityData) and shown.encrypted is None and b"STARTTLS" in found.capabilities:
            shown.encrypted = False
        greets = not shown.greeted and not tagged and not self._fragment
        running = tuple(connection.in_flight.values())
        yield Answered(whole.line, whole.octets, found, whole.cut, greets, of, running, self._tags.begun, shown)
        shown.greeted, shown.before, shown.silence = True, shown.elapsed, 0.0
        if tagged or isinstance(found, r.Continuation):
            shown.due = None
        if isinstance(found, r.StatusResponse):
            self._status(found, of)
        elif found is not None:
            _note(found, shown)

    def _status(self, found: r.StatusResponse, of: Uttered | None) -> None:
        shown = self._shown
        if found.code is not None and found.code.name == b"UIDVALIDITY" and isinstance(found.code.value, int):
            shown.uidvalidity = found.code.value
        command = of.command if of is not None else None
        if command is not None:
            _settle(command, found.condition, shown)
        if found.tag is not None:
            shown.expunged, shown.waved = 0, False
            shown.listed.clear()


def _note(found: r.Response, shown: Shown) -> None:
    """Note data that is no status."""
    if isinstance(found, r.Continuation):
        shown.waved = True
    elif isinstance(found, r.Exists):
        shown.exists, shown.due = found.count, None
    elif isinstance(found, r.ExpungeData):
        shown.exists = None if shown.exists is None else shown.exists - 1
        shown.expunged += 1
    elif isinstance(found, r.ListData):
        shown.listed.append(found.mailbox)
        attributes = {one.upper() for one in found.attributes}
        if b"\\HASCHILDREN" in attributes:
            shown.parents.add(found.mailbox)
        elif b"\\HASNOCHILDREN" in attributes:
            shown.parents.discard(found.mailbox)
    elif isinstance(found, r.FetchData) and shown.uidvalidity is not None:
        content = whole_message(found)
        if content is not None and found.uid is not None:
            shown.contents[shown.uidvalidity, found.uid] = digest(content)


def _settle(command: c.Command, condition: Condition, shown: Shown) -> None:
    """Note what an answer means."""
    done = condition is Condition.OK
    match command:
        case c.StartTls() if done:
            shown.encrypted = True
        case c.Login() | c.Authenticate() if condition is Condition.NO:
            shown.failures += 1
        case c.Select(mailbox) | c.Examine(mailbox):
            shown.selected = mailbox if done else None
        case c.Close() | c.Unselect() if done:
            shown.selected = shown.exists = None
        case c.Append(mailbox) if done and same(mailbox, shown.selected):
            shown.due = command
        case c.Expunge() if done and shown.expunged:
            shown.due = command
        case c.Create(mailbox) if done:
            levels = mailbox.split(_DELIMITER)
            shown.parents |= {_DELIMITER.join(levels[:depth]) for depth in range(1, len(levels))}
        case c.Delete(mailbox) | c.Rename(mailbox, _) if done:
            superior = mailbox.rpartition(_DELIMITER)[0]
            shown.parents -= {superior, mailbox}
        case c.Lsub(b"", b"*") if done:
            shown.subscribed = frozenset(shown.listed)
        case c.Subscribe() | c.Unsubscribe() if done:
            shown.subscribed = None


def same(name: bytes, other: bytes | None) -> bool:
    """Tell whether two names are surely one mailbox."""
    return other is not None and (name == other or (is_inbox(name) and is_inbox(other)))


def whole_message(found: r.FetchData) -> bytes | None:
    """Return the whole message that a FETCH response holds, None where it holds none."""
    for item, value in found.items:
        whole = item.name == RFC822 or (item.section == Section() and item.origin is None)
        if whole and isinstance(value, bytes):
            return value
    return None


def digest(octets: bytes) -> bytes:
    """Return what tells contents apart."""
    return hashlib.sha256(octets).digest()
