"""Servers as a client beside ours works with them: an embedded one that can be killed, and real ones; knows no test."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Protocol

from imapclient import IMAPClient
from servers.real_server import RealServer

from outlookimap.profiles import load
from outlookimap.server.from_profile import behaviour_of
from outlookimap.server.listening import MailServer
from outlookimap.server.memory_store import MemoryStore
from outlookimap.server.other_protocol import OtherProtocol
from outlookimap.transport.certificate import throwaway_certificate
from support.at_work import PASSWORD

FOLDERS = ("INBOX", "Drafts", "Archive")

State = Mapping[str, Mapping[int, tuple[frozenset[str], bytes]]]
"""What folders hold: flags and octets by UID."""


def letter(name: str) -> bytes:
    text = f"This is {name}.\r\n" * (1 + len(name) * 3)
    return f"From: ann@example.com\r\nSubject: {name}\r\nMessage-ID: <{name}@x>\r\n\r\n{text}".encode()


class Elsewhere(Protocol):
    """The server as another client of it works with it, beside the relay."""

    def add(self, octets: bytes) -> None:
        """Put a message into INBOX."""

    def answer(self, uid: int) -> None:
        r"""Mark a message of INBOX \Answered."""

    def remove(self, uid: int) -> None:
        """Remove a message of INBOX for good."""

    def state(self) -> State:
        """Return all that is there."""


class Embedded:
    """An embedded Exchange that can be killed and starts again on the same ports, with the same mail."""

    def __init__(self, directory: Path, names: Sequence[str]) -> None:
        self.made = throwaway_certificate(["localhost", "127.0.0.1"], directory)
        behaviour = behaviour_of(load("2019", kind="server"))
        self._behaviour = behaviour
        boxes: dict[bytes, tuple[bytes, ...]] = {b"Drafts": (), b"Archive": ()}
        self._store = MemoryStore(["user1"], mailboxes=boxes, naming=behaviour.naming)
        self.other = OtherProtocol(self._store)
        for name in names:
            self.add(letter(name))
        self._server = self._started(0, 0)
        self.port, self.tls_port = self._server.port, self._server.tls_port
        self.kills = 0

    def _started(self, port: int, tls_port: int) -> MailServer:
        return MailServer(
            {"user1": PASSWORD},
            port=port,
            tls_port=tls_port,
            store=self._store,
            behaviour=self._behaviour,
            certificate=self.made.certificate,
            key=self.made.key,
            allow_plaintext=True,
        )

    def kill(self) -> None:
        """End it without a word to anybody, and start it again."""
        for listener in self._server._listeners:
            assert listener.close()
        self._server = self._started(self.port, self.tls_port)
        self.kills += 1

    def stop(self) -> None:
        """End it for good."""
        assert self._server.stop()

    def add(self, octets: bytes) -> None:
        self.other.add("user1", "INBOX", octets)

    def answer(self, uid: int) -> None:
        self.other.flag("user1", "INBOX", uid, [b"\\Answered"])

    def remove(self, uid: int) -> None:
        self.other.remove("user1", "INBOX", uid)

    def state(self) -> State:
        return {
            name: {
                message.uid: (frozenset(flag.decode() for flag in message.flags) - {"\\Recent"}, message.octets)
                for message in self.other.messages("user1", name)
            }
            for name in FOLDERS
        }


class Real:
    """A real server as IMAPClient sees it."""

    def __init__(self, server: RealServer, user: str) -> None:
        self._client = IMAPClient(server.host, server.port, ssl=False, timeout=20)
        self._client.login(user, server.password)
        self._client.select_folder("INBOX")

    def stop(self) -> None:
        """Sign out."""
        self._client.logout()

    def add(self, octets: bytes) -> None:
        self._client.append("INBOX", octets)

    def answer(self, uid: int) -> None:
        self._client.add_flags(uid, [b"\\Answered"])

    def remove(self, uid: int) -> None:
        self._client.add_flags(uid, [b"\\Deleted"])
        self._client.uid_expunge(uid)

    def state(self) -> State:
        found: dict[str, dict[int, tuple[frozenset[str], bytes]]] = {}
        for name in FOLDERS:
            self._client.select_folder(name, readonly=True)
            answers = self._client.fetch(self._client.search(), ["FLAGS", "BODY.PEEK[]"])
            found[name] = {
                uid: (frozenset(flag.decode() for flag in one[b"FLAGS"]) - {"\\Recent"}, one[b"BODY[]"])
                for uid, one in answers.items()
            }
        return found
