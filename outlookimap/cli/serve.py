"""`outlookimap serve`: the embedded Exchange on ports of this machine, until it is told to end."""

from __future__ import annotations

import functools
import json
import os
import signal
import sys
import threading
from pathlib import Path
from types import FrameType
from typing import Annotated, NoReturn

import typer

from outlookimap.cli.connecting import PASSWORD_VARIABLE
from outlookimap.errors import ConnectionLost, OutlookImapError, UsageError
from outlookimap.exchange import ExchangeServer

_NAP = 1.0  # seconds; a signal that comes right before a wait would else be seen only when the next one comes


def serve(
    exchange: Annotated[str, typer.Option(metavar="VERSION", help="Which Exchange to be: 2007sp1 to 2019.")] = "2019",
    port: Annotated[int, typer.Option(metavar="N", help="Plain port with STARTTLS; 0 is a free one.")] = 0,
    tls_port: Annotated[int, typer.Option(metavar="N", help="Port with TLS at once; 0 is a free one.")] = 0,
    user: Annotated[
        list[str] | None,
        typer.Option(
            metavar="NAME[:PASSWORD]",
            help="A user, as often as needed; user1:secret unless given. Others on this machine can read a password "
            "written here: only for servers that are thrown away. Without one it is in " + PASSWORD_VARIABLE + ".",
        ),
    ] = None,
    mail: Annotated[
        list[str] | None,
        typer.Option(metavar="NAME=PATH", help="A user's mail: a Maildir, an mbox or a folder of .eml files."),
    ] = None,
    allow_plaintext: Annotated[
        bool, typer.Option("--allow-plaintext", help="Take LOGIN and PLAIN without TLS, as an administrator can.")
    ] = False,
    fault: Annotated[
        list[str] | None, typer.Option(metavar="SPEC", help="A fault on purpose, as often as needed.")
    ] = None,
    ready_file: Annotated[
        Path | None,
        typer.Option(metavar="FILE", help="Written when the ports are open: JSON with host, ports, users, ca_file."),
    ] = None,
    record: Annotated[
        Path | None, typer.Option(metavar="FILE", help="Record every connection, secrets masked.")
    ] = None,
    alternative: Annotated[
        list[str] | None, typer.Option(metavar="NAME", help="Switch on a rejected reading of the documents.")
    ] = None,
) -> None:
    """Be an Exchange for other programs, on loopback ports, until SIGTERM or Ctrl-C."""
    signal.signal(signal.SIGTERM, _end)
    with ExchangeServer(
        exchange,
        users=users_of(user or ["user1:secret"]),
        mail=mail_of(mail or []),
        port=port,
        tls_port=tls_port,
        allow_plaintext=allow_plaintext,
        faults=fault or (),
        alternatives=tuple(alternative or ()),
        keep=False,
        record=record,
        on_error=_report,
    ) as server:
        _announce(server)
        if ready_file is None:
            _wait()
        write_ready(ready_file, server)
        try:
            _wait()
        finally:
            ready_file.unlink(missing_ok=True)


def users_of(specs: list[str]) -> dict[str, str]:
    """Return the password of each user in ``NAME:PASSWORD`` or ``NAME``; raises UsageError naming what is missing."""
    users: dict[str, str] = {}
    for spec in specs:
        name, colon, password = spec.partition(":")
        if not colon:
            password = os.environ.get(PASSWORD_VARIABLE, "")
        if not name:
            raise UsageError("--user is NAME:PASSWORD or NAME, and the name is missing")
        if not password:
            missing = "is empty" if colon else f"is neither written there nor in {PASSWORD_VARIABLE}"
            raise UsageError(f"--user {name}: the password {missing}")
        if name in users:
            raise UsageError(f"--user {name}: given twice")
        users[name] = password
    return users


def mail_of(specs: list[str]) -> dict[str, str]:
    """Return the path of each user's mail in ``NAME=PATH``; raises UsageError for one that is not there."""
    mail: dict[str, str] = {}
    for spec in specs:
        name, _, path = spec.partition("=")
        if not name or not path:
            raise UsageError(f"--mail {spec}: this is not NAME=PATH")
        if name in mail:
            raise UsageError(f"--mail {name}: given twice")
        if not Path(path).exists():
            raise UsageError(f"--mail {name}: there is no {path}")
        mail[name] = path
    return mail


def write_ready(file: Path, server: ExchangeServer) -> None:
    """Write where the server listens, whole or not at all; raises UsageError when it cannot be written."""
    ready = {
        "host": server.host,
        "port": server.port,
        "tls_port": server.tls_port,
        "users": list(server.users),
        "ca_file": str(server.ca_file),
    }
    unfinished = file.with_name(f".{file.name}.{os.getpid()}")
    try:
        unfinished.write_text(json.dumps(ready, indent=2) + "\n", encoding="utf-8")
        unfinished.replace(file)
    except OSError as error:
        raise UsageError(f"cannot write {file}: {error.strerror}") from error


def _announce(server: ExchangeServer) -> None:
    say = functools.partial(print, flush=True)
    say(f"{server.profile.name} on {server.host}: port {server.port} (STARTTLS), port {server.tls_port} (TLS)")
    for name in server.users:
        say(f"  {server.url_for(name)}")
    say(f"  certificate authority: {server.ca_file}")


def _wait() -> NoReturn:
    never = threading.Event()
    while True:
        never.wait(_NAP)


def _end(number: int, _: FrameType | None) -> NoReturn:
    signal.signal(number, signal.SIG_IGN)  # the end is not interrupted
    raise SystemExit(0)


def _report(error: OutlookImapError) -> None:
    if not isinstance(error, ConnectionLost):  # clients come and go
        sys.stderr.write(f"outlookimap: {error}\n")
