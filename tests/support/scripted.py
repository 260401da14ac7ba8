"""A server that plays a script typed by hand and holds the client to it, octet for octet, without threads or sockets.

The script is the body of an `.imap` file (docs/transcripts.md). Lines of the server are sent when the client reads,
lines of the client are asserted when it writes; time marks move the clock. A client that says something else, says
less, or waits where it should speak, is a `Departure`: no test hangs.
"""

from __future__ import annotations

import contextlib
import re
import ssl
from collections import deque
from collections.abc import Iterator, Sequence
from typing import Any

from outlookimap.client import Session
from outlookimap.errors import ConnectionLost, ConnectionTimeout
from outlookimap.profiles import Policy, Profile
from outlookimap.traffic import Entry, Event, Form, Mark, Placeholder, Said, Slot, parse
from outlookimap.traffic.writer import entry_text
from outlookimap.transport.clock import FakeClock
from outlookimap.transport.tap import Sender
from outlookimap.wire.secret import Piece, join

HEADER = "# outlookimap recording 1\nprovenance: synthetic\n\n"
CAPABILITIES = "IMAP4rev1 IDLE UIDPLUS XLIST"
GREETED = """\
S: * PREAUTH ready
C: $tag CAPABILITY
S: * CAPABILITY {}
S: $tag OK done
"""
SELECTED = """\
C: $tag SELECT "INBOX"
S: * 3 EXISTS
S: * OK [UIDVALIDITY 7] fixed
S: $tag OK [READ-WRITE] done
"""
"""The shortest way to a mailbox with three messages; `inbox` plays it."""
PLAIN = Policy(encryption="none")


class Departure(AssertionError):
    """The client left the script."""


class Script:
    """The script of one or more connections, parted by ``@connected``; `dial` gives the transport of the next."""

    def __init__(self, text: str, *, cut: int | None = None) -> None:
        """Read `text`, indented in whatever way; `cut` is the most octets the client reads at once."""
        entries = parse(HEADER + "\n".join(line.strip() for line in text.splitlines())).entries
        self.clock = FakeClock()
        self._connections: deque[deque[Entry]] = deque([deque()])
        self._cut = cut
        self._dialled: list[ScriptedTransport] = []
        for entry in entries:
            if isinstance(entry, Mark) and entry.event is Event.CONNECTED:
                self._connections.append(deque())
            elif isinstance(entry, Said | Mark):
                self._connections[-1].append(entry)

    @property
    def dialled(self) -> int:
        """How many connections the client has made."""
        return len(self._dialled)

    @property
    def transport(self) -> ScriptedTransport:
        """The latest connection."""
        return self._dialled[-1]

    def dial(self) -> ScriptedTransport:
        """Return the transport of the next connection."""
        if not self._connections:
            raise Departure("the client connects once more than the script has it")
        self._dialled.append(ScriptedTransport(self._connections.popleft(), self.clock, self._cut))
        return self._dialled[-1]

    def finish(self) -> None:
        """Raise Departure when something of the script did not happen."""
        for transport in self._dialled:
            transport.finish()
        if self._connections and any(self._connections):
            raise Departure(f"the client never connected to: {_shown(self._connections[0][0])}")


class ScriptedTransport:
    """The client's end of one scripted connection: a `Transport`."""

    def __init__(self, entries: deque[Entry], clock: FakeClock, cut: int | None) -> None:
        self._entries = entries
        self._clock = clock
        self._cut = cut
        self._tags: dict[Slot, bytes] = {}
        self._said = b""  # by the client, not yet held against the script
        self._coming = b""  # to the client
        self._waited = 0.0
        self._woken = False
        self._late = False
        self._closed = False
        self._gone = False  # the client has noticed that the server has closed
        self.encrypted = False
        self.server_name: str | None = None
        self.peer = "script"
        self.sends = 0
        """How often something was sent: what goes out together counts once."""
        self.jammed = False
        """Whether nothing is accepted any more."""
        self.interrupt: BaseException | None = None
        """Raised by the next `receive`."""

    # ------------------------------------------------------------ the contract

    def send(self, pieces: Sequence[Piece], silence: float | None) -> None:
        """Hold what the client says against the script."""
        self._refuse_when_closed()
        if self.jammed:
            self._clock.advance(silence or 0.0)
            raise ConnectionTimeout(f"nothing was accepted for {silence} s")
        self.sends += 1
        self._said += join(pieces)
        if self._server_is_gone():
            self._said, self._gone = b"", True
            self._pass(None)
            raise ConnectionLost("the other side had closed it")
        while self._said:
            self._take_said()

    def receive(self, timeout: float | None) -> bytes | None:
        """Give what the script says next, and let the time pass that it says."""
        self._refuse_when_closed()
        if self.interrupt is not None:
            interrupt, self.interrupt = self.interrupt, None
            raise interrupt
        if self._late:
            self._late = False
            return None
        if not self._coming and not self._come(timeout):
            self._woken = False
            return None
        octets, self._coming = self._coming[: self._cut], self._coming[len(self._coming[: self._cut]) :]
        return octets

    def start_late(self) -> None:
        """Let the first `receive` return with nothing, as if it were woken."""
        self._late = True

    def wake(self) -> None:
        """Let the next `receive` that finds nothing return."""
        self._woken = True

    def start_tls(
        self, context: ssl.SSLContext, server_hostname: str | None, *, server_side: bool = False, timeout: float | None
    ) -> None:
        """Take the mark ``@tls``."""
        self._refuse_when_closed()
        if not self._next_is(Event.TLS):
            raise Departure(f"the client starts TLS, the script has: {self._due()}")
        self._entries.popleft()
        self.encrypted, self.server_name = True, server_hostname

    def close(self) -> None:
        """Take the mark ``@closed client``, if it is next."""
        if not self._closed and self._next_is(Event.CLOSED_BY_CLIENT):
            self._pass(0.0)
            self._entries.popleft()
        self._closed = True

    def abort(self) -> None:
        """Do what `close` does."""
        self.close()

    # ------------------------------------------------------------ the script

    def finish(self) -> None:
        """Raise Departure when something is left."""
        if self._said:
            raise Departure(f"the client says no more than {self._said!r} of: {self._due()}")
        if self._entries and not self._gone and not self._next_is(Event.CLOSED_BY_SERVER):
            raise Departure(f"the client is done before: {self._due()}")

    def _due(self) -> str:
        return _shown(self._entries[0]) if self._entries else "(the end)"

    def _next_is(self, event: Event) -> bool:
        return bool(self._entries) and isinstance(self._entries[0], Mark) and self._entries[0].event is event

    def _server_is_gone(self) -> bool:
        """Tell whether the server has closed already, be it that its last words have not been read."""
        rest = (entry for entry in self._entries if not (isinstance(entry, Said) and entry.sender is Sender.SERVER))
        mark = next(rest, None)
        return isinstance(mark, Mark) and mark.event is Event.CLOSED_BY_SERVER

    def _refuse_when_closed(self) -> None:
        if self._closed:
            raise ConnectionLost("the connection was closed on this side")

    def _pass(self, timeout: float | None) -> bool:
        """Let the time before the next entry pass, `timeout` at most; return whether all of it has passed."""
        entry = self._entries[0]
        left = entry.pause - self._waited if isinstance(entry, Said | Mark) else 0.0
        step = left if timeout is None else min(left, timeout)
        self._clock.advance(step)
        self._waited += step
        return step == left

    def _come(self, timeout: float | None) -> bool:
        """Make the server's next lines come; return whether there is something, be it the end."""
        if self._said:
            raise Departure(f"the client waits after {self._said!r}, the script has: {self._due()}")
        first = self._entries[0] if self._entries else None
        if isinstance(first, Said) and first.sender is Sender.SERVER:
            if not self._pass(timeout):
                return False
            self._waited = 0.0
            self._coming = self._server_lines()
            return True
        if isinstance(first, Mark) and first.event is Event.CLOSED_BY_SERVER:
            return self._pass(timeout)
        if self._woken or timeout == 0:
            return False
        pause = 0.0 if not isinstance(first, Said | Mark) else first.pause - self._waited
        if timeout is None or timeout > pause:
            raise Departure(f"the client waits {timeout} s, {pause:g} s are allowed before: {self._due()}")
        self._clock.advance(timeout)
        self._waited += timeout
        return False

    def _server_lines(self) -> bytes:
        octets = b""
        while self._entries:
            entry = self._entries[0]
            if not isinstance(entry, Said) or entry.sender is not Sender.SERVER or (octets and entry.pause):
                break
            octets += b"".join(part if isinstance(part, bytes) else self._tags[part] for part in entry.text)
            octets += b"\r\n" if entry.form is Form.LINE else b""
            self._entries.popleft()
        return octets

    def _take_said(self) -> None:
        entry = self._entries[0] if self._entries else None
        if not isinstance(entry, Said) or entry.sender is not Sender.CLIENT:
            raise Departure(f"the client says {self._said!r}, the script has: {self._due()}")
        if self._waited != entry.pause:
            raise Departure(f"the client says {self._said!r} after {self._waited:g} s, not: {self._due()}")
        found = re.match(self._pattern(entry), self._said, re.DOTALL)
        if found is None:
            raise Departure(f"the client says {self._said!r}, the script has: {self._due()}")
        first = entry.text[0] if entry.text else b""
        if isinstance(first, Slot) and first.kind is Placeholder.TAG:
            self._tags[first] = found[1]
        self._said = self._said[found.end() :]
        self._waited = 0.0
        self._entries.popleft()

    def _pattern(self, entry: Said) -> bytes:
        parts = [
            re.escape(part)
            if isinstance(part, bytes)
            else rb"([^ \r\n]+)"
            if place == 0
            else re.escape(self._tags.get(part, part.written))
            for place, part in enumerate(entry.text)
        ]
        return b"".join(parts) + (rb"\r\n" if entry.form is Form.LINE else b"")


def _shown(entry: Entry) -> str:
    return entry_text(entry).rstrip("\n")


@contextlib.contextmanager
def played(text: str, *, cut: int | None = None) -> Iterator[Script]:
    """Give a script; at the end all of it must have happened."""
    script = Script(text, cut=cut)
    yield script
    script.finish()


def opened(script: Script, version: str | Profile = "2013", **options: Any) -> Session:
    """Return a session signed in by `script`; without options as user ann, and without encryption."""
    settings: dict[str, Any] = {"user": "ann", "password": "secret", "policy": PLAIN, "clock": script.clock}
    return Session.over(script.dial, profile=version, **{**settings, **options})


@contextlib.contextmanager
def talk(
    text: str,
    version: str | Profile = "2013",
    *,
    capabilities: str = CAPABILITIES,
    cut: int | None = None,
    **options: Any,
) -> Iterator[Session]:
    """Give a session that has just been greeted with PREAUTH; `text` is what follows, all of which must happen."""
    with played(GREETED.format(capabilities) + text, cut=cut) as script:
        yield opened(script, version, **options)


@contextlib.contextmanager
def inbox(text: str, version: str | Profile = "2013", **options: Any) -> Iterator[Session]:
    """Give a session in which INBOX with three messages is selected; else as `talk`."""
    with talk(SELECTED + text, version, **options) as session:
        session.select("INBOX")
        yield session
