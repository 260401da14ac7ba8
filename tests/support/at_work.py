"""An `Outlook` at work with an embedded Exchange: how it is opened, the mail that is there, and what it sent."""

from __future__ import annotations

import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from outlookimap import Outlook
from outlookimap.exchange import ExchangeServer
from outlookimap.server.store import Message
from outlookimap.transport.tap import Sender

PASSWORD = "correct horse battery"
_COMMAND = re.compile(rb"[a-z0-9]{4} ([A-Z].*)\Z", re.DOTALL)


def letter(number: int, *, sender: str = "Ann <ann@example.com>", subject: str = "", text: str = "Hello.") -> bytes:
    """Return a message: the day of its Date is the first of May 2024, and as many days later as `number`."""
    return (
        f"From: {sender}\r\nTo: Bob <bob@example.com>\r\nSubject: {subject or f'letter {number}'}\r\n"
        f"Date: {number % 28 + 1:02d} May 2024 10:00:00 +0200\r\nMessage-ID: <{number}@example.com>\r\n\r\n{text}\r\n"
    ).encode("ascii")


def serving(*mail: Any, version: str = "2019", **options: Any) -> ExchangeServer:
    """Return a server with one user, user1, who has `mail`."""
    return ExchangeServer(version, users={"user1": PASSWORD}, mail={"user1": mail}, **options)


def opened(server: ExchangeServer, cache: Path | None = None, **options: Any) -> Outlook:
    """Return an Outlook for user1 of `server`, with a timeout that fits a test."""
    options = {"password": PASSWORD, "ca_file": server.ca_file, "timeout": 20.0, **options}
    return Outlook(server.url, cache=cache, **options)


def synced(server: ExchangeServer, cache: Path | None = None, **options: Any) -> Outlook:
    """Return an Outlook as `opened` does, after its first Send/Receive."""
    outlook = opened(server, cache, **options)
    outlook.sync()
    return outlook


def stored(server: ExchangeServer, folder: bytes = b"INBOX") -> list[Message]:
    """Return the messages that are on the server."""
    account = server.store.account("user1")
    assert account is not None
    return [*account.mailbox(folder).messages()]


def sent(server: ExchangeServer) -> list[bytes]:
    """Return the lines of the commands clients sent, without their tags."""
    return [*_lines(server)]


def _lines(server: ExchangeServer) -> Iterator[bytes]:
    for entry in server.transcript.said(Sender.CLIENT):
        match = _COMMAND.match(entry.octets.rstrip(b"\r\n"))
        if match is not None:
            yield match[1]
