"""What all connections of one server share."""

from __future__ import annotations

from collections.abc import Callable, Collection, Mapping
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from outlookimap.server.behaviour import Behaviour
from outlookimap.server.faults import Faults
from outlookimap.server.store import MailStore
from outlookimap.transport.clock import Clock, SystemClock
from outlookimap.transport.stream import Transport
from outlookimap.wire.limits import Limits
from outlookimap.wire.secret import Secret

if TYPE_CHECKING:
    from outlookimap.server.session import Session
    from outlookimap.wire.commands import Command


@dataclass(frozen=True, slots=True)
class Service:
    """What all connections of one server share; every part of it may be used by any thread.

    `host` and `aliases` are the names a client may have reached the server by, `start_tls` makes the server's
    handshake on a transport, None where there is no TLS. `allow_plaintext` takes passwords without it.
    `delegations` maps users to those who may sign in for them with their own password (`Behaviour.delegates`).
    `heard` is told of every command that could be read, before it is served, in its connection's thread.
    `faults` are what goes wrong on purpose; they may change at any time.
    """

    store: MailStore
    users: Mapping[str, Secret]
    behaviour: Behaviour = field(default_factory=Behaviour)
    host: str = "localhost"
    aliases: tuple[str, ...] = ()
    start_tls: Callable[[Transport], None] | None = None
    allow_plaintext: bool = False
    delegations: Mapping[str, Collection[str]] = field(default_factory=dict)
    clock: Clock = field(default_factory=SystemClock)
    limits: Limits = field(default_factory=Limits)
    faults: Faults = field(default_factory=Faults)
    heard: Callable[[Session, Command], None] | None = None
