"""One recorded connection, its server's side said again to a client, and whether the client says what it said then.

Tags are the client's own: each that the recording holds stands for the one that came in its place. Knows of commands
what `traffic.parts` tells apart, and that STARTTLS begins TLS where the recording says so.
"""

from __future__ import annotations

import ssl
from collections.abc import Callable, Iterable
from dataclasses import replace

from outlookimap.errors import ConnectionLost
from outlookimap.traffic.compare import Difference
from outlookimap.traffic.cutter import Cutter
from outlookimap.traffic.format import Entry, Event, Form, Header, Mark, Placeholder, Said, Slot, Transcript
from outlookimap.traffic.parts import Part, Parts, completed
from outlookimap.traffic.units import Unit, match, units
from outlookimap.transport.clock import Clock
from outlookimap.transport.stream import Transport
from outlookimap.transport.tap import Sender
from outlookimap.wire.command_items import CommandItem, Mode, ReceivedLine
from outlookimap.wire.command_reader import CommandReader
from outlookimap.wire.limits import Limits
from outlookimap.wire.secret import masked

_LIMITS = Limits(line=64 << 20, literal=1 << 50, elements=1 << 30)
_SILENCE = 60.0  # seconds in which the client must accept something
_OURS = "1000000"  # what the numbers of our placeholders begin with; nobody writes such
_UIDVALIDITY = b"1"  # for the placeholder of a recording written by hand


class Serving:
    """Serves the entries of one recorded connection with `run()`; `tell` gets what the client says otherwise.

    `context` is for the TLS of the recording. Without `pauses` nobody waits where only time passed.
    """

    def __init__(
        self,
        transport: Transport,
        tell: Callable[[Difference], None],
        *,
        context: ssl.SSLContext,
        pauses: bool,
        clock: Clock,
    ) -> None:
        """Say nothing yet."""
        self._transport = transport
        self._tell = tell
        self._context = context
        self._pauses = pauses
        self._clock = clock
        self._reader = CommandReader(_LIMITS)
        self._cutter = Cutter()
        self._recorded = Parts()
        self._tags: dict[bytes, Slot] = {}
        self._values: dict[Slot, bytes] = {Slot(Placeholder.UIDVALIDITY): _UIDVALIDITY}
        self._expected: list[Said] = []  # of the client, since nothing was under way; tags as placeholders
        self._shown: list[Said] = []  # the same as the file has it
        self._came: list[Said] = []
        self._checked = 0  # how many units of both have been compared
        self._turn = False  # whether the client is to say something before we go on
        self._out: list[bytes] = []
        self.commands = 0
        self.line = 0

    def run(self, entries: Iterable[Entry]) -> None:
        """Serve until the entries end; raises ConnectionLost when the client goes or says what cannot be answered."""
        for entry in entries:
            if isinstance(entry, Said) and entry.sender is Sender.CLIENT:
                self._expect(entry)
                self.line = entry.line
                continue
            self._hear_turn()
            if isinstance(entry, Said):
                self._say(entry)
            elif isinstance(entry, Mark) and entry.event is Event.TLS:
                self._begin_tls()
        self._hear_turn()
        self._flush()

    # ---------------------------------------------------------------- our side

    def _say(self, entry: Said) -> None:
        octets = entry.octets
        answering = self._recorded.authenticating
        idling = self._recorded.name == b"IDLE"
        part = self._recorded.take(entry, octets)
        text = list(entry.text)
        tag = completed(octets) if part is Part.COMPLETION else None
        if tag is not None and tag in self._tags:
            text = [self._tags[tag], octets[len(tag) : -2 if entry.form is Form.LINE else None]]
        self._wait(entry.pause)
        spoken = b"".join(piece if isinstance(piece, bytes) else self._value(piece) for piece in text)
        spoken += b"\r\n" if entry.form is Form.LINE else b""
        self._out.append(spoken)
        self._cutter.feed(Sender.SERVER, spoken)
        if part is Part.CONTINUATION and (answering or idling):
            self._resume(Mode.SECRET_LINES if answering else Mode.LINES)
        elif tag == self._recorded.tag:
            self._keep(self._reader.refuse_literal())
            if self._recorded.name != b"STARTTLS":
                self._resume(Mode.COMMANDS)

    def _value(self, slot: Slot) -> bytes:
        return self._values.get(slot, slot.written)

    def _flush(self) -> None:
        if self._out:
            self._transport.send([(octets, False) for octets in self._out], _SILENCE)
            self._out.clear()

    def _wait(self, seconds: float) -> None:
        if not self._pauses or not seconds:
            return
        self._flush()
        until = self._clock.now() + seconds
        while (left := until - self._clock.now()) > 0:
            self._receive(left)

    def _begin_tls(self) -> None:
        self._flush()
        if not self._transport.encrypted:
            self._transport.start_tls(self._context, None, server_side=True, timeout=_SILENCE)
        self._resume(Mode.COMMANDS)

    # ---------------------------------------------------------------- the client's side

    def _expect(self, entry: Said) -> None:
        part = self._recorded.take(entry, entry.octets)
        if part is Part.COMMAND:
            self.commands += 1
            if not self._turn:
                self._begin_anew()
            self._expected.append(self._with_slot(entry))
        else:
            self._expected.append(replace(entry, pause=0.0))
        self._shown.append(entry)
        self._turn = True

    def _with_slot(self, entry: Said) -> Said:
        if isinstance(entry.text[0], Slot):
            return entry
        tag = self._recorded.tag
        slot = Slot(Placeholder.TAG, f"{_OURS}{self.commands}")
        self._tags[tag] = slot
        return replace(entry, text=(slot, entry.text[0][len(tag) :], *entry.text[1:]))

    def _begin_anew(self) -> None:
        """Forget what was compared; what came beyond it belongs to what follows."""
        surplus = self._units(self._came)[self._checked :]
        self._came = [entry for unit in surplus for entry in unit.entries]
        self._expected.clear()
        self._shown.clear()
        self._checked = 0

    def _hear_turn(self) -> None:
        """Wait until the client has said as much as it did then, and compare."""
        if not self._turn:
            return
        self._turn = False
        self._flush()
        due, shown = self._units(self._expected), self._units(self._shown)
        for place in range(self._checked, len(due)):
            while len(came := self._units(self._came)) <= place:
                self._receive(None)
            self._compare(due[place], shown[place], came[place])
        self._checked = len(due)

    def _compare(self, due: Unit, shown: Unit, came: Unit) -> None:
        found = match(due, came, self._values)
        if found is not None:
            self._values.update(found)
            return
        self._tell(Difference(Sender.CLIENT, due.line, shown.shown, came.shown))
        if due.binds is not None:
            self._values[due.binds] = came.octets.partition(b" ")[0].strip()
        if due.literal is not came.literal or (due.binds is not None and _name(due.octets) != _name(came.octets)):
            raise self._lost(came)

    def _lost(self, came: Unit) -> ConnectionLost:
        tag = came.octets.partition(b" ")[0].strip()
        if not came.literal and tag.isalnum():
            self._out.append(tag + b" BAD The recording has something else here\r\n")
        self._out.append(b"* BYE The recording cannot go on\r\n")
        self._flush()
        return ConnectionLost("the client says something that the recording has no answer to")

    @staticmethod
    def _units(entries: list[Said]) -> list[Unit]:
        return units(Transcript(Header(), tuple(entries)), Sender.CLIENT)

    def _receive(self, timeout: float | None) -> None:
        octets = self._transport.receive(timeout)
        if octets == b"":
            raise ConnectionLost("the client closed the connection")
        if octets:
            self._take(self._reader.feed(octets))

    def _resume(self, mode: Mode) -> None:
        if self._reader.paused:
            self._take(self._reader.resume(mode))

    def _take(self, items: list[CommandItem]) -> None:
        for item in items:
            self._keep(item.pieces)
            if isinstance(item, ReceivedLine) and item.octets.strip().upper() == b"DONE" and self._reader.paused:
                self._take(self._reader.resume(Mode.COMMANDS))
        if self._reader.broken is not None:
            raise self._reader.broken

    def _keep(self, pieces: Iterable[tuple[bytes, bool]]) -> None:
        for form, text in self._cutter.feed(Sender.CLIENT, masked(pieces)):
            self._came.append(Said(Sender.CLIENT, form, (text,)))


def _name(line: bytes) -> list[bytes]:
    """Return the name of a command, with what follows where it is UID."""
    words = line.upper().split()[1:3]
    return words if words[:1] == [b"UID"] else words[:1]
