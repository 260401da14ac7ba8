r"""A small server in a thread that answers whatever it is asked, for sessions that several threads use."""

from __future__ import annotations

import re
import threading
from collections.abc import Iterator
from contextlib import contextmanager

from outlookimap.client import Session
from outlookimap.profiles import Policy
from outlookimap.transport.clock import FakeClock
from outlookimap.transport.memory import pair
from outlookimap.transport.stream import Transport
from support.loopback import PATIENCE, Running

COMMAND = re.compile(rb"(\S+) (.*)\r\n")


class Responder:
    """A small server in a thread: answers as long as somebody asks, and notes in `heard` what it was asked."""

    def __init__(self, transport: Transport, capabilities: bytes) -> None:
        self.heard: list[bytes] = []
        self._answered = 0
        self._more = threading.Condition()
        self.idling = threading.Event()
        self._transport = transport
        self._capabilities = capabilities
        self._idle = b""
        self.thread = Running(self._run)

    def await_heard(self, *wanted: bytes) -> None:
        """Wait until what was heard and answered last is `wanted`; AssertionError when that does not happen."""

        def all_heard() -> bool:
            return self._answered == len(self.heard) and self.heard[-len(wanted) :] == [*wanted]

        with self._more:
            assert self._more.wait_for(all_heard, PATIENCE), self.heard

    def end_idle(self) -> None:
        """Complete IDLE without having been told DONE."""
        self.idling.clear()
        self.say(self._idle + b" OK timed out\r\n")

    def say(self, octets: bytes) -> None:
        """Send something that nobody asked for."""
        self._transport.send([(octets, False)], None)

    def _run(self) -> None:
        self.say(b"* PREAUTH hi\r\n")
        buffer = b""
        while octets := self._transport.receive(None):
            buffer += octets
            while b"\n" in buffer:
                line, _, buffer = buffer.partition(b"\n")
                self.heard.append(line.strip().partition(b" ")[2] or line.strip())
                self._answer(line + b"\n")
                with self._more:
                    self._answered += 1
                    self._more.notify_all()

    def _answer(self, line: bytes) -> None:
        if line == b"DONE\r\n":
            self.idling.clear()
            self.say(self._idle + b" OK done\r\n")
            return
        found = COMMAND.fullmatch(line)
        assert found, line
        tag, command = found.groups()
        if command == b"IDLE":
            self._idle = tag
            self.say(b"+ idling\r\n")
            self.idling.set()
            return
        data = b""
        if command == b"CAPABILITY":
            data = b"* CAPABILITY IMAP4rev1 " + self._capabilities + b"\r\n"
        elif command.startswith(b"SELECT"):
            data = b"* 100 EXISTS\r\n* OK [UIDVALIDITY 7] fixed\r\n"
        elif fetch := re.match(rb"UID FETCH (\d+) ", command):
            data = b'* %s FETCH (UID %s FLAGS () BODY[] "mail %s")\r\n' % ((fetch[1],) * 3)
        elif status := re.match(rb'STATUS "(\d+)"', command):
            data = b"* STATUS %s (UNSEEN %s)\r\n" % (status[1], status[1])
        self.say(data + tag + b" OK done\r\n")


@contextmanager
def responding(capabilities: bytes = b"IDLE") -> Iterator[tuple[Session, Responder]]:
    """Give a session with INBOX selected and the server it talks to; time does not pass."""
    clock = FakeClock()
    client, server = pair(clock)
    responder = Responder(server, capabilities)
    policy = Policy(encryption="none")
    session = Session.over(lambda: client, user=None, password=None, policy=policy, clock=clock)
    session.select("INBOX")
    try:
        yield session, responder
    finally:
        session.drop()
    responder.thread.result()
