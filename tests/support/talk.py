"""Scripted conversations with a server's session, octet by octet, over a pair of transports in memory."""

from __future__ import annotations

import datetime as dt
import ssl
import threading
from collections.abc import Iterable
from types import TracebackType

from outlookimap.server.behaviour import Behaviour
from outlookimap.server.dispatch import HANDLERS
from outlookimap.server.memory_store import MemoryStore
from outlookimap.server.service import Service
from outlookimap.server.session import Session
from outlookimap.server.store import Incoming, Watch
from outlookimap.transport.clock import FakeClock, SystemClock
from outlookimap.transport.memory import pair
from outlookimap.transport.stream import Transport
from outlookimap.transport.tap import Tap, Taps
from outlookimap.wire.limits import Limits
from outlookimap.wire.secret import Secret
from support.loopback import PATIENCE, Running

USERS = {"user1": Secret("secret"), "user2": Secret("other")}

ONE = b"From: a@example.com\r\nSubject: one\r\n\r\nFirst.\r\n"  # 45 octets, 37 of them header
TWO = b"From: b@example.com\r\nTo: c@example.com\r\n\t,d@example.com\r\nSubject: two\r\n\r\nSecond.\r\n"  # 82, 73
THREE = b"Subject: three\r\n\r\nThird.\r\n"  # 26, 18


def moment() -> dt.datetime:
    """Return the moment at which everything arrives in these tests."""
    return dt.datetime(2024, 2, 3, 4, 5, 6, tzinfo=dt.timezone(dt.timedelta(hours=2)))


def store() -> MemoryStore:
    """Return a store with INBOX (UIDVALIDITY 100, three messages) and Sent Items (101, none) for user1.

    Some session was told of the three messages before.
    """
    made = MemoryStore(USERS, mailboxes={b"Sent Items": (b"\\Sent",)}, first_uidvalidity=100, moment=moment)
    days = [dt.datetime(2024, 1, day, 10, 0, 0, tzinfo=dt.UTC) for day in (1, 2, 3)]
    flags: list[tuple[bytes, ...]] = [(b"\\Seen",), (), (b"\\Flagged", b"$Work")]
    made.add("user1", b"INBOX", [Incoming(*one) for one in zip((ONE, TWO, THREE), flags, days, strict=True)])
    visit(made, 3)
    return made


def visit(mail: MemoryStore, last: int) -> None:
    """Have some session be told of the messages of user1's INBOX up to the UID `last`, and leave."""
    account = mail.account("user1")
    assert account is not None
    inbox, visitor = account.mailbox(b"INBOX"), Watch(lambda: None)
    inbox.claim(last + 1, visitor)
    inbox.unwatch(visitor)


def service(
    *,
    behaviour: Behaviour | None = None,
    allow_plaintext: bool = True,
    tls: bool = False,
    limits: Limits | None = None,
    mail: MemoryStore | None = None,
) -> Service:
    """Return what the sessions of a server share, with a clock that stands still."""
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)

    def start_tls(transport: Transport) -> None:
        transport.start_tls(context, None, server_side=True, timeout=PATIENCE)

    return Service(
        store=mail or store(),
        users=USERS,
        behaviour=behaviour or Behaviour(),
        host="mail.test",
        start_tls=start_tls if tls else None,
        allow_plaintext=allow_plaintext,
        clock=FakeClock(),
        limits=limits or Limits(),
    )


class Talk:
    """One connection: `script` plays lines ``C: ...`` and ``S: ...``, each with its CRLF, and demands equality."""

    def __init__(self, shared: Service | None = None, *, taps: Iterable[Tap] = (), encrypted: bool = False) -> None:
        self.service = shared or service()
        self.chunk: int | None = None
        self.client, self._server = pair(SystemClock())
        if encrypted and self.service.start_tls is not None:
            self.service.start_tls(self._server)
        self.session = Session(self._server, self.service, HANDLERS, Taps(taps))
        assert isinstance(self.service.clock, FakeClock)
        self.clock = self.service.clock
        self.clock.watch(self.session.wake)
        self._running = Running(self._run)

    def _run(self) -> None:
        try:
            self.session.run()
        finally:
            self._server.close()

    def __enter__(self) -> Talk:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.client.close()
        if error is None:
            self._running.result()

    def say(self, octets: bytes) -> None:
        """Send octets to the server, `chunk` of them at a time."""
        for start in range(0, len(octets), self.chunk or len(octets)):
            self.client.send([(octets[start : start + (self.chunk or len(octets))], False)], PATIENCE)

    def hear(self, expected: bytes) -> None:
        """Demand that the server sends exactly this next."""
        got = b""
        while len(got) < len(expected):
            octets = self.client.receive(PATIENCE)
            assert octets, f"after {got!r} nothing came, of {expected!r}"
            got += octets
        assert got == expected, f"{got!r}, not {expected!r}"

    def silence(self) -> None:
        """Demand that nothing waits to be received."""
        assert self.client.receive(0) is None

    def ended(self) -> None:
        """Demand that the server has closed the connection and its session is over."""
        assert self.client.receive(PATIENCE) == b""
        self._running.result()

    def taken(self) -> None:
        """Wait until the server has taken all that was sent, or is gone."""
        while self.alive() and self._server.arrived:  # type: ignore[attr-defined]
            threading.Event().wait(0.001)

    def alive(self) -> bool:
        """Tell whether the session still runs."""
        return self._running.alive()

    def result(self) -> None:
        """Wait for the end of the session; raise what it raised."""
        self._running.result()

    def script(self, text: str) -> None:
        """Play a script; what the server says between two lines of the client must be all it says."""
        said: list[bytes] = []
        heard: list[bytes] = []
        for line in [*filter(str.strip, text.split("\n")), "C:"]:
            side, octets = line.lstrip(" ")[:2], line.lstrip(" ")[3:].encode() + b"\r\n"
            if side == "S:":
                if said:
                    self.say(b"".join(said))
                    said.clear()
                heard.append(octets)
            else:
                assert side == "C:", line
                if heard:
                    self.hear(b"".join(heard))
                    heard.clear()
                said.append(octets)

    def greeted(self) -> Talk:
        """Take the greeting."""
        self.hear(b"* OK IMAP server ready.\r\n")
        return self

    def signed_in(self) -> Talk:
        """Take the greeting and sign in as user1."""
        self.greeted().say(b"in LOGIN user1 secret\r\n")
        self.hear(b"in OK LOGIN completed.\r\n")
        return self

    def selected(self, unseen: str = "2", uidnext: str = "4", count: str = "3") -> Talk:
        """Sign in and select INBOX."""
        self.signed_in().script(
            f"""
            C: se SELECT INBOX
            S: * {count} EXISTS
            S: * 0 RECENT
            S: * FLAGS (\\Answered \\Flagged \\Deleted \\Seen \\Draft $Work)
            S: * OK [PERMANENTFLAGS (\\Answered \\Flagged \\Deleted \\Seen \\Draft \\*)] Permanent flags.
            S: * OK [UNSEEN {unseen}] The first unseen message.
            S: * OK [UIDVALIDITY 100] UIDVALIDITY value.
            S: * OK [UIDNEXT {uidnext}] The next unique identifier value.
            S: se OK [READ-WRITE] SELECT completed.
            """
        )
        return self
