"""Puts messages into an INBOX and searches them over a pair of transports in memory."""

from __future__ import annotations

import datetime as dt
from collections.abc import Sequence

from outlookimap.server.behaviour import Behaviour
from outlookimap.server.memory_store import MemoryStore
from outlookimap.server.store import Incoming
from support.loopback import PATIENCE
from support.talk import USERS, Talk, moment, service, visit


def store_of(messages: Sequence[Incoming | bytes], told: int = 0) -> MemoryStore:
    """Return a store in which INBOX of user1 holds `messages`; those that are octets came at the same moment.

    Of the first `told` some session was told before.
    """
    made = MemoryStore(USERS, first_uidvalidity=100, moment=moment)
    made.add("user1", b"INBOX", [Incoming(one) if isinstance(one, bytes) else one for one in messages])
    visit(made, told)
    return made


def at(day: int, month: int = 2, year: int = 2024, *, hour: int = 12, zone: int = 0) -> dt.datetime:
    """Return a moment of a day, in a zone so many hours from Greenwich."""
    return dt.datetime(year, month, day, hour, tzinfo=dt.timezone(dt.timedelta(hours=zone)))


class Searcher(Talk):
    """A connection on which INBOX is selected."""

    def __init__(
        self, messages: Sequence[Incoming | bytes], behaviour: Behaviour | None = None, *, told: int = 0
    ) -> None:
        """Sign in and select INBOX."""
        super().__init__(service(behaviour=behaviour, mail=store_of(messages, told)))
        self.signed_in()
        assert self.answer(b"SELECT INBOX")[-1].startswith(b"t OK ")

    def __enter__(self) -> Searcher:
        return self

    def answer(self, command: bytes) -> list[bytes]:
        """Send a command with the tag t and return the lines of the answer, the tagged one last."""
        self.say(b"t " + command + b"\r\n")
        got = b""
        while not (got.endswith(b"\r\n") and got.splitlines()[-1].startswith(b"t ")):
            octets = self.client.receive(PATIENCE)
            assert octets, f"after {got!r} nothing came"
            got += octets
        return got.splitlines()

    def found(self, criteria: bytes, command: bytes = b"SEARCH ") -> list[int]:
        """Return the numbers that a search finds; it must succeed."""
        lines = self.answer(command + criteria)
        assert len(lines) == 2, lines
        assert lines[1].startswith(b"t OK "), lines
        assert lines[0].startswith(b"* SEARCH"), lines
        return [int(number) for number in lines[0].split()[2:]]
