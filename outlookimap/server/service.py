"""What all connections of one server share."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field

from outlookimap.server.behaviour import Behaviour
from outlookimap.server.store import MailStore
from outlookimap.transport.clock import Clock, SystemClock
from outlookimap.transport.stream import Transport
from outlookimap.wire.limits import Limits
from outlookimap.wire.secret import Secret


@dataclass(frozen=True, slots=True)
class Service:
    """What all connections of one server share; every part of it may be used by any thread.

    `host` and `aliases` are the names a client may have reached the server by, `start_tls` makes the server's
    handshake on a transport, None where there is no TLS. `allow_plaintext` takes passwords without it.
    """

    store: MailStore
    users: Mapping[str, Secret]
    behaviour: Behaviour = field(default_factory=Behaviour)
    host: str = "localhost"
    aliases: tuple[str, ...] = ()
    start_tls: Callable[[Transport], None] | None = None
    allow_plaintext: bool = False
    clock: Clock = field(default_factory=SystemClock)
    limits: Limits = field(default_factory=Limits)
