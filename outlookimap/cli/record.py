"""`outlookimap record`: a proxy between a client and a server that writes down what they say."""

from __future__ import annotations

import contextlib
import functools
import secrets
import threading
from pathlib import Path
from typing import Annotated

import typer

from outlookimap.cli.connecting import CaFile, Encryption, Insecure
from outlookimap.cli.places import (
    CaOut,
    certificate,
    end_on_sigterm,
    place_of,
    report,
    shown_place,
    target_of,
    wait_for,
)
from outlookimap.errors import UsageError
from outlookimap.traffic import Header
from outlookimap.traffic.joint import JointRecording
from outlookimap.traffic.proxy import Proxy
from outlookimap.traffic.redaction import redact

_LISTENING = ("tls", "starttls", "none")


def record(
    listen: Annotated[
        str, typer.Option(metavar="HOST:PORT", help="Where clients connect to; port 0 is a free one, which is printed.")
    ],
    to: Annotated[str, typer.Option(metavar="URL", help="The server: imaps://host:port/, or imap:// for STARTTLS.")],
    out: Annotated[Path, typer.Option(metavar="FILE", help="The recording, made anew, readable by you alone.")],
    redacted: Annotated[
        bool,
        typer.Option(
            "--redact", help="Mask mail, names and addresses too, lengths kept; a connection is written when it ends."
        ),
    ] = False,
    listen_encryption: Annotated[
        str,
        typer.Option(
            metavar="KIND",
            help="What clients get: tls (from the first octet), starttls (where they ask for it) or none.",
        ),
    ] = "starttls",
    ca_out: CaOut = None,
    encryption: Encryption = None,
    ca_file: CaFile = None,
    insecure: Insecure = False,
    timeout: Annotated[
        float, typer.Option(metavar="SECONDS", help="How long the server may take to greet and to begin TLS.")
    ] = 60.0,
    client: Annotated[str, typer.Option(metavar="TEXT", help="The client, for the head of the file.")] = "",
    server: Annotated[str, typer.Option(metavar="TEXT", help="The server, for the head of the file.")] = "",
) -> None:
    """Stand between clients and a server and record all they say, passwords masked, until Ctrl-C or SIGTERM."""
    host, port = place_of(listen, "--listen")
    target, _ = target_of(to, encryption, ca_file, timeout, insecure=insecure)
    if listen_encryption not in _LISTENING:
        raise UsageError(f"--listen-encryption {listen_encryption}: one of {', '.join(_LISTENING)}")
    if ca_out is not None and listen_encryption == "none":
        raise UsageError("--ca-out is about TLS, and --listen-encryption none is without")
    through = functools.partial(redact, key=secrets.token_bytes(32)) if redacted else None
    say = functools.partial(print, flush=True)
    end_on_sigterm()
    with (
        certificate(host, ca_out) as context,
        contextlib.closing(JointRecording(out, Header(client=client, server=server), through=through)) as recording,
    ):
        with (
            Proxy(
                target,
                recording.tap,
                host=host,
                port=port,
                encryption=listen_encryption,
                context=context,
                on_error=report,
            ) as proxy,
            contextlib.suppress(KeyboardInterrupt),
        ):  # the usual end
            place = shown_place(proxy.host, proxy.port)
            say(f"recording {place} -> {shown_place(target.host, target.port)} in {out}; Ctrl-C ends it")
            wait_for(threading.Event())
        recording.close()
        say(f"{recording.connections} connections recorded in {out}")
