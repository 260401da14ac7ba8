"""Sessions with the real servers of the tests, and what of a conversation is compared; knows no test."""

from __future__ import annotations

import re
from pathlib import Path
from typing import TYPE_CHECKING

from outlookimap.client import Session
from outlookimap.profiles import Policy
from outlookimap.traffic import Recorder, Transcript, parse
from outlookimap.transport.tap import Sender

if TYPE_CHECKING:
    from servers.real_server import RealServer

TRANSCRIPTS = Path(__file__).parents[1] / "transcripts"
TIMEOUT = 20.0
"""Seconds of silence after which a session of a test gives up."""

_COMMAND = re.compile(rb"([a-z0-9]{4}) ([A-Z]+)(.*)", re.DOTALL)
_LOGIN = re.compile(rb' "[^"]*" "(.*)"\Z')


def signed_in(
    server: RealServer,
    user: str,
    *,
    profile: str = "2013",
    ways: tuple[str, ...] | None = None,
    encryption: str = "none",
    password: str | None = None,
    record: str | Path | Recorder | None = None,
    port: int | None = None,
    date_from: str = "internaldate",
    command_octets: int | None = None,
) -> Session:
    """Sign in with one of `ways` (SASL mechanisms and LOGIN; None allows all); `port` replaces the server's."""
    mechanisms = None if ways is None else tuple(way for way in ways if way != "LOGIN")
    policy = Policy(
        mechanisms=mechanisms,
        login=ways is None or "LOGIN" in ways,
        encryption=encryption,
        date_from=date_from,
        command_octets=command_octets,
    )
    scheme, usual = ("imaps", server.tls_port) if encryption == "tls" else ("imap", server.port)
    return Session.connect(
        f"{scheme}://{server.host}:{port or usual}/",
        user=user,
        password=server.password if password is None else password,
        profile=profile,
        policy=policy,
        ca_file=server.ca_file,
        timeout=TIMEOUT,
        record=record,
    )


def expected(*names: str, user: str = "user1") -> Transcript:
    """Return the hand-typed transcripts of these names as one conversation, with `user` for user1."""
    parts = [parse((TRANSCRIPTS / f"{name}.imap").read_text("ascii").replace('"user1"', f'"{user}"')) for name in names]
    return Transcript(parts[-1].header, tuple(entry for part in parts for entry in part.entries))


def sent(recording: Recorder | Transcript) -> bytes:
    """Return what the client sent according to the recording, secrets masked."""
    transcript = recording if isinstance(recording, Transcript) else recording.transcript()
    return transcript.octets(Sender.CLIENT)


def after_sign_in(octets: bytes) -> bytes:
    """Return the part of the octets a client sent that begins with the CAPABILITY after its sign-in.

    It is the last CAPABILITY: no conversation of the tests asks again later.
    """
    return octets[octets.rindex(b" CAPABILITY\r\n") - 4 :]


def masked(octets: bytes) -> bytes:
    """Return the octets a client sent with its secrets as stars, found by their place in RFC 3501's grammar.

    Secret are the password of LOGIN and all lines between AUTHENTICATE and the next command: base64 has no space.
    Literals must not come before the end of the sign-in.
    """
    shown: list[bytes] = []
    end = octets.rindex(b" CAPABILITY\r\n") - 4
    authenticating = False
    for line in octets[:end].splitlines(keepends=True):
        text, line_end = line[:-2], line[-2:]
        command = _COMMAND.fullmatch(text)
        if command is not None:
            authenticating = command[2] == b"AUTHENTICATE"
            if command[2] == b"LOGIN" and (password := _LOGIN.search(text)):
                text = text[: password.start(1)] + b"*" * len(password[1]) + b'"'
        elif authenticating:
            text = b"*" * len(text)
        shown.append(text + line_end)
    return b"".join(shown) + octets[end:]
