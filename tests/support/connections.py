"""Client and server connections in a given state, brought there by octets typed by hand."""

from __future__ import annotations

import itertools
from collections.abc import Iterator

from outlookimap.protocol import events as e
from outlookimap.protocol.client_connection import ClientConnection
from outlookimap.protocol.mailbox_view import MailboxView
from outlookimap.protocol.server_connection import ServerConnection
from outlookimap.wire import responses as r
from outlookimap.wire.building import Style
from outlookimap.wire.commands import Command, Select
from outlookimap.wire.limits import Limits
from outlookimap.wire.responses import Condition
from outlookimap.wire.secret import join


def counted_tags() -> Iterator[bytes]:
    """Yield a1, a2, ..."""
    return (b"a%d" % number for number in itertools.count(1))


def new_client(*, limits: Limits | None = None, style: Style | None = None) -> ClientConnection:
    """Return a client that waits for the greeting; its tags are a1, a2, ..."""
    return ClientConnection(counted_tags().__next__, limits=limits, style=style)


def greeted_client(*, limits: Limits | None = None, style: Style | None = None) -> ClientConnection:
    """Return a client in the not authenticated state."""
    client = new_client(limits=limits, style=style)
    client.receive(b"* OK ready\r\n", 0.0)
    return client


def signed_in_client(*, limits: Limits | None = None, style: Style | None = None) -> ClientConnection:
    """Return a client in the authenticated state."""
    client = new_client(limits=limits, style=style)
    client.receive(b"* PREAUTH ready\r\n", 0.0)
    return client


def selected_client(uids: tuple[int, ...], *, limits: Limits | None = None) -> ClientConnection:
    """Return a client that has selected a mailbox with these UIDs and knows them; its next tag is a1."""
    client = signed_in_client(limits=limits)
    client.submit(Select(b"INBOX"), tag=b"s0")
    client.outgoing(0.0)
    fetches = b"".join(b"* %d FETCH (UID %d)\r\n" % (seq, uid) for seq, uid in enumerate(uids, 1))
    client.receive(b"* %d EXISTS\r\n%ss0 OK selected\r\n" % (len(uids), fetches), 0.0)
    return client


def submitted(client: ClientConnection, *commands: Command) -> ClientConnection:
    """Submit `commands`, forget what is to be sent, and return the client."""
    for command in commands:
        client.submit(command)
    client.outgoing(0.0)
    return client


def sent(connection: ClientConnection | ServerConnection) -> bytes:
    """Return the octets that may go out now."""
    return join(connection.outgoing(0.0))


def seen(view: MailboxView | None) -> tuple[int | None, ...] | None:
    """Return a view as UIDs in their order, None where there is no view."""
    return None if view is None else tuple(view.uid(seq) for seq in range(1, len(view) + 1))


def error_of(events: list[e.Event] | list[e.ServerEvent]) -> str:
    """Return what the error of the `Ended` at the end of `events` says."""
    last = events[-1]
    assert isinstance(last, e.Ended)
    assert last.error is not None
    return str(last.error)


def greeting_server(*, limits: Limits | None = None) -> ServerConnection:
    """Return a server that has sent its greeting."""
    server = ServerConnection(limits=limits)
    server.send(r.StatusResponse(None, Condition.OK, text=b"ready"))
    server.outgoing(0.0)
    return server


def tagged(tag: bytes, condition: Condition = Condition.OK, text: bytes = b"done") -> r.StatusResponse:
    """Return a tagged response."""
    return r.StatusResponse(tag, condition, text=text)
