"""What `record` and `replay` share: where to listen and with which certificate, which server to reach, how to wait."""

from __future__ import annotations

import contextlib
import signal
import ssl
import sys
import tempfile
import threading
from collections.abc import Iterator
from pathlib import Path
from types import FrameType
from typing import Annotated, NoReturn

import typer

from outlookimap.client.url import ServerUrl
from outlookimap.errors import OutlookImapError, UsageError
from outlookimap.traffic.reaching import Target
from outlookimap.transport.certificate import throwaway_certificate
from outlookimap.transport.socket_stream import HIGHEST_PORT
from outlookimap.transport.tls import client_context, server_context

_NAP = 1.0  # seconds; a signal that comes right before a wait would else be seen only when the next one comes
_PORTS = {"tls": 993, "starttls": 143, "none": 143}

CaOut = Annotated[
    Path | None,
    typer.Option(
        metavar="FILE",
        help="Where to write the authority (PEM) of the throw-away certificate that clients get, so that they can "
        "trust it; made anew each time, gone at the end.",
    ),
]


def place_of(spec: str, option: str) -> tuple[str, int]:
    """Return host and port of ``HOST:PORT`` or ``[::1]:PORT``; raises UsageError naming `option`."""
    host, colon, port = spec.rpartition(":")
    if not colon or not host or not port.isdecimal() or int(port) > HIGHEST_PORT:
        raise UsageError(f"{option} {spec}: write HOST:PORT, such as localhost:1143; port 0 is a free one")
    return host.removeprefix("[").removesuffix("]"), int(port)


def target_of(
    url: str, encryption: str | None, ca_file: Path | None, timeout: float, *, insecure: bool
) -> tuple[Target, str | None]:
    """Return the server that the options name and the user in `url`; raises UsageError where they do not fit."""
    place = ServerUrl.parse(url)
    if encryption not in (None, "tls", "starttls", "none"):
        raise UsageError(f"--encryption {encryption}: one of tls, starttls, none")
    how = place.encryption(encryption)
    if how == "none" and (insecure or ca_file is not None):
        raise UsageError("--insecure and --ca-file are about TLS, and --encryption none is without")
    if insecure and ca_file is not None:
        raise UsageError("--ca-file says what to verify by, and --insecure not to: leave one out")
    if not timeout > 0:
        raise UsageError(f"--timeout {timeout}: a silence is more than 0 seconds")
    context = None if how == "none" else client_context(ca_file=ca_file, verify=not insecure)
    return Target(place.host, place.port or _PORTS[how], how, context, timeout), place.user


@contextlib.contextmanager
def certificate(host: str, ca_out: Path | None) -> Iterator[ssl.SSLContext]:
    """Give a server's TLS context with a throw-away certificate for `host` and loopback; its authority is in `ca_out`.

    Raises UsageError when that cannot be written; it is removed in the end.
    """
    with tempfile.TemporaryDirectory(prefix="outlookimap-") as directory:
        made = throwaway_certificate(dict.fromkeys(("localhost", "127.0.0.1", host)), Path(directory))
        context = server_context(made.certificate, made.key)
        if ca_out is None:
            yield context
            return
        try:
            ca_out.write_bytes(made.ca.read_bytes())
        except OSError as error:
            raise UsageError(f"--ca-out {ca_out} cannot be written: {error.strerror}") from error
        try:
            yield context
        finally:
            ca_out.unlink(missing_ok=True)


def shown_place(host: str, port: int) -> str:
    """Return ``host:port`` as people and URLs write it."""
    return f"[{host}]:{port}" if ":" in host else f"{host}:{port}"


def end_on_sigterm() -> None:
    """Have SIGTERM end the command in order, with exit status 0."""

    def end(number: int, _: FrameType | None) -> NoReturn:
        signal.signal(number, signal.SIG_IGN)  # the end is not interrupted
        raise SystemExit(0)

    signal.signal(signal.SIGTERM, end)


def wait_for(over: threading.Event) -> None:
    """Wait until `over`, or for ever; signals are seen."""
    while not over.wait(_NAP):
        pass


def report(error: OutlookImapError) -> None:
    """Say on standard error what went wrong on one connection."""
    sys.stderr.write(f"outlookimap: {error}\n")
    sys.stderr.flush()
