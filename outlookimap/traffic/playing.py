"""One recorded connection, its client's side said again to a server: what is sent when, and what has to come first.

What the recording shows to have been waited for is waited for: go-ahead, completion, news in IDLE, and pauses. Knows no
command but STARTTLS and what `traffic.parts` tells apart.
"""

from __future__ import annotations

import contextlib
import re
from collections.abc import Iterator

from outlookimap.errors import ConnectionLost, ConnectionTimeout, TranscriptError
from outlookimap.traffic.compare import Difference
from outlookimap.traffic.cutter import Cutter
from outlookimap.traffic.filling import Filling
from outlookimap.traffic.format import Entry, Event, Form, Mark, Placeholder, Said, Slot
from outlookimap.traffic.parts import Part, Parts, completed
from outlookimap.traffic.reaching import Target
from outlookimap.traffic.window import Window
from outlookimap.transport.clock import Clock
from outlookimap.transport.stream import Transport
from outlookimap.transport.tap import Sender
from outlookimap.wire.secret import Piece

_UIDVALIDITY = re.compile(rb"\[UIDVALIDITY ([0-9]+)\]", re.IGNORECASE)
_STARTTLS = re.compile(rb"(?<=[^ ]) STARTTLS(?![^ \]\r\n])", re.IGNORECASE)
_NEWS = 2.0  # seconds that recorded news may take beyond the recorded pauses
_BARE = b"+ "  # for a challenge, which is another each time


class Playing:
    """Plays the entries of one connection, in their order, with `take()` and, after the last, `finish()`.

    `upgrade` is the server whose STARTTLS is done where the recording does it; without it that exchange is left out.
    `take` and `finish` yield differences and raise ConnectionLost when the conversation cannot go on; then `settle`
    gives the differences so far. Raises TranscriptError for what cannot be played.
    """

    def __init__(
        self,
        transport: Transport,
        greeting: bytes,
        filling: Filling,
        *,
        upgrade: Target | None,
        timeout: float,
        pauses: bool,
        clock: Clock,
    ) -> None:
        """Begin with what the server has said already."""
        self._transport = transport
        self._filling = filling
        self._upgrade = upgrade
        self._timeout = timeout
        self._pauses = pauses
        self._clock = clock
        # where TLS began otherwise than in the recording, STARTTLS is listed otherwise, and that is no difference
        self._window = Window(ignores=_STARTTLS if upgrade is None else None)
        self._cutter = Cutter()
        self._recorded = Parts()
        self._actual = Parts()
        self._values: dict[Slot, bytes] = {}
        self._left_out: bytes | None = None  # the tag of a STARTTLS that is not sent
        self._open: set[bytes] = set()  # sent, and not answered in the recording so far
        self._answered: set[bytes] = set()  # answered now
        self._due: list[bytes] = []  # tags whose answers have to come first
        self._due_continuations = 0
        self._continuations: list[bytes] = []
        self._challenge = b""
        self._skipping = False  # the rest of a command that the server has answered too early
        self._recorded_data = 0  # untagged responses since nothing was under way
        self._actual_data = 0
        self._grace = 0.0
        self.commands = 0
        self._hear(greeting)

    def take(self, entry: Entry) -> Iterator[Difference]:
        """Play an entry: expect it, or say it."""
        if isinstance(entry, Mark):
            self._mark(entry)
        elif isinstance(entry, Said):
            if entry.sender is Sender.SERVER:
                self._expect(entry)
            else:
                yield from self._say(entry)

    def finish(self) -> Iterator[Difference]:
        """Wait for what is still to come."""
        self._wait_for_due()
        with contextlib.suppress(ConnectionLost):  # the end was near; what did not come any more is a difference
            self._wait_for_news()
        yield from self.settle()

    def settle(self) -> list[Difference]:
        """Return where the server answered otherwise since the last time."""
        return self._window.differences()

    # ---------------------------------------------------------------- what the recording holds

    def _expect(self, entry: Said) -> None:
        octets = self._resolved(entry)
        authenticating = self._recorded.authenticating
        part = self._recorded.take(entry, octets)
        self._grace += entry.pause
        if part is Part.CONTINUATION:
            self._due_continuations += 1
            if authenticating:
                entry = Said(entry.sender, entry.form, (_BARE,), entry.pause, entry.line)
        elif part is Part.COMPLETION:
            tag = completed(octets) or b""
            if tag == self._left_out:
                self._left_out = None
                return
            if tag in self._open:
                self._open.discard(tag)
                self._due.append(tag)
        elif part is Part.DATA:
            self._recorded_data += 1
        self._window.expect(entry)

    def _mark(self, mark: Mark) -> None:
        self._wait_for_due()
        if mark.event is Event.TLS and self._upgrade is not None and self._recorded.tag in self._answered:
            if self._upgrade.context is None:
                raise TranscriptError("STARTTLS needs a TLS context", line=mark.line or None)
            self._transport.start_tls(self._upgrade.context, self._upgrade.host, timeout=self._timeout)

    # ---------------------------------------------------------------- what is said

    def _say(self, entry: Said) -> Iterator[Difference]:
        self._bind(entry)
        octets = self._resolved(entry)
        asked = self._recorded.asks
        part = self._recorded.take(entry, octets)
        self._wait_for_due()
        if part is Part.COMMAND:
            if not self._open:
                self._wait_for_whole()
                self._continuations.clear()
                self._recorded_data = self._actual_data = 0
                self._grace = 0.0
                if self._window.large or not self.commands:
                    yield from self.settle()
            if self._recorded.name == b"STARTTLS" and self._upgrade is None:
                self._left_out = self._recorded.tag
                return
            self._skipping = False
            self.commands += 1
            self._open.add(self._recorded.tag)
            self._answered.discard(self._recorded.tag)
        else:
            self._skipping |= asked and self._recorded.tag in self._answered
        self._window.expect(entry)
        if self._skipping:
            return
        if part is Part.DONE:
            self._wait_for_news()
        self._listen(entry.pause if self._pauses else 0.0)
        pieces = self._filled(part, octets, entry.form)
        said = Said(entry.sender, entry.form, self._spoken(entry))
        self._actual.take(said, octets)
        self._window.came(said)
        self._cutter.feed(Sender.CLIENT, octets)
        self._transport.send(pieces, self._timeout)

    def _filled(self, part: Part, octets: bytes, form: Form) -> list[Piece]:
        if part is Part.COMMAND:
            return self._filling.command(octets)
        if part is Part.ANSWER:
            return self._filling.answer(self._challenge, octets)
        return self._filling.more(octets, form)

    def _bind(self, entry: Said) -> None:
        """Give a command that begins with a placeholder a tag of its own."""
        first = entry.text[0] if entry.text else b""
        if isinstance(first, Slot) and first.kind is Placeholder.TAG:
            self._values[first] = b"r%04d" % self.commands

    def _resolved(self, entry: Said) -> bytes:
        return b"".join(self._spoken(entry)) + (b"\r\n" if entry.form is Form.LINE else b"")

    def _spoken(self, entry: Said) -> tuple[bytes, ...]:
        return tuple(part if isinstance(part, bytes) else self._value(part, entry) for part in entry.text)

    def _value(self, slot: Slot, entry: Said) -> bytes:
        if slot in self._values:
            return self._values[slot]
        if entry.sender is Sender.SERVER:
            return slot.written
        raise TranscriptError(f"the server has not said what {slot.written.decode()} is", line=entry.line or None)

    # ---------------------------------------------------------------- what comes

    def _wait_for_due(self) -> None:
        while not self._all_came():
            if not self._receive(self._timeout):
                raise ConnectionTimeout(f"the server was silent for {self._timeout:g} s while an answer was due")

    def _all_came(self) -> bool:
        while self._due_continuations and self._continuations:
            self._challenge = self._continuations.pop(0)
            self._due_continuations -= 1
        if self._due_continuations and self._recorded.tag in self._answered:
            self._due_continuations = 0  # refused: nothing to go on with
        self._due = [tag for tag in self._due if tag not in self._answered]
        if self._due and self._continuations and not self._due_continuations:
            if not self._actual.authenticating:
                raise ConnectionLost("the server asks for more where the recorded one had heard enough")
            self._transport.send(self._filling.answer(self._continuations.pop(0), b""), self._timeout)
        return not self._due and not self._due_continuations

    def _wait_for_news(self) -> None:
        """Wait for as much unasked as the recording shows, no longer than it took there."""
        until = self._clock.now() + (self._grace if self._pauses else 0.0) + _NEWS
        while self._actual_data < self._recorded_data and (left := until - self._clock.now()) > 0:
            self._receive(left)

    def _wait_for_whole(self) -> None:
        """Take what has come, and the rest of a response that has begun."""
        while self._receive(0.0):
            pass
        while self._actual.inside:
            if not self._receive(self._timeout):
                raise ConnectionTimeout(f"the server was silent for {self._timeout:g} s in the middle of a response")

    def _listen(self, seconds: float) -> None:
        until = self._clock.now() + seconds
        while (left := until - self._clock.now()) > 0:
            self._receive(left)

    def _receive(self, timeout: float) -> bool:
        """Take what comes within `timeout` seconds; return whether anything came."""
        octets = self._transport.receive(timeout)
        if octets is None:
            return False
        if not octets:
            raise ConnectionLost("the server closed the connection")
        self._hear(octets)
        return True

    def _hear(self, octets: bytes) -> None:
        for form, text in self._cutter.feed(Sender.SERVER, octets):
            said = Said(Sender.SERVER, form, (text,))
            authenticating = self._actual.authenticating
            part = self._actual.take(said, said.octets)
            if part is Part.CONTINUATION:
                self._continuations.append(text[1:])
                if authenticating:
                    said = Said(Sender.SERVER, form, (_BARE,))
            elif part is Part.COMPLETION:
                self._answered.add(completed(text) or b"")
            elif part is Part.DATA:
                self._actual_data += 1
                if found := _UIDVALIDITY.search(text):
                    self._values[Slot(Placeholder.UIDVALIDITY)] = found[1]
            self._window.came(said)
