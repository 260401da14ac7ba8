"""A recording proxy before a server, for tests; knows no test."""

from __future__ import annotations

import contextlib
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from outlookimap.errors import OutlookImapError
from outlookimap.traffic import Header
from outlookimap.traffic.joint import JointRecording
from outlookimap.traffic.proxy import Proxy
from outlookimap.traffic.reaching import Target
from outlookimap.transport.certificate import throwaway_certificate
from outlookimap.transport.tls import client_context, server_context

if TYPE_CHECKING:
    from servers.real_server import RealServer

TIMEOUT = 20.0


@dataclass(slots=True)
class Proxied:
    """Where the proxy listens, what its clients trust, and what went wrong; `file` is whole when it has ended."""

    port: int
    ca_file: Path
    file: Path
    errors: list[OutlookImapError]
    host: str = "localhost"


def target(server: RealServer, encryption: str = "none") -> Target:
    """Return how to reach one of the tests' servers."""
    port = server.tls_port if encryption == "tls" else server.port
    assert port is not None
    context = None if encryption == "none" else client_context(ca_file=server.ca_file, verify=True)
    return Target("localhost", port, encryption, context, TIMEOUT)


@contextlib.contextmanager
def proxied(to: Target, directory: Path, *, listen: str = "starttls") -> Iterator[Proxied]:
    """Carry connections to `to` and record them in a file in `directory`."""
    directory.mkdir(parents=True, exist_ok=True)
    made = throwaway_certificate(("localhost", "127.0.0.1"), directory)
    errors: list[OutlookImapError] = []
    file = directory / "recording.imap"
    context = server_context(made.certificate, made.key)
    with (
        contextlib.closing(JointRecording(file, Header())) as recording,
        Proxy(to, recording.tap, encryption=listen, context=context, on_error=errors.append) as proxy,
    ):
        yield Proxied(proxy.port, made.ca, file, errors)
