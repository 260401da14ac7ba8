"""SASL mechanisms, both ends: challenge octets -> answer octets, without I/O, base64 or a clock.

The table of mechanisms is here, and how one is chosen and made. In which order they are tried, and what happens when
one fails, the callers decide. LOGIN is a command and not in the table; ANONYMOUS is deliberately not.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from types import MappingProxyType

from outlookimap.auth.digest_md5 import DigestMd5Client, DigestMd5Server
from outlookimap.auth.mechanism import (
    Challenge,
    ClientMechanism,
    ClientSetup,
    Done,
    Lookup,
    NonceSource,
    ServerMechanism,
    ServerSetup,
    Step,
    fresh_nonce,
)
from outlookimap.auth.ntlm import NtlmClient, NtlmServer
from outlookimap.auth.plain import PlainClient, PlainServer
from outlookimap.errors import MechanismError
from outlookimap.wire.secret import Secret

__all__ = [
    "MECHANISMS",
    "Challenge",
    "ClientMechanism",
    "Done",
    "Lookup",
    "Mechanism",
    "NonceSource",
    "ServerMechanism",
    "Step",
    "choose",
    "client_mechanism",
    "fresh_nonce",
    "server_mechanism",
]


@dataclass(frozen=True, slots=True)
class Mechanism:
    """One row of the table; `plaintext` says that whoever listens learns the password."""

    name: str
    plaintext: bool
    client: Callable[[ClientSetup], ClientMechanism]
    server: Callable[[ServerSetup], ServerMechanism]


MECHANISMS: Mapping[str, Mechanism] = MappingProxyType(
    {
        row.name: row
        for row in (
            Mechanism("NTLM", plaintext=False, client=NtlmClient, server=NtlmServer),
            Mechanism("DIGEST-MD5", plaintext=False, client=DigestMd5Client, server=DigestMd5Server),
            Mechanism("PLAIN", plaintext=True, client=PlainClient, server=PlainServer),
        )
    }
)
"""The mechanisms this package knows, by upper-case name.

Statements: O5:E0001, O5:V0029
"""


def choose(advertised: Iterable[str], order: Sequence[str]) -> list[str]:
    """Return the names in `order` that are advertised (without ``AUTH=``) and known here, upper case, each once.

    Statements: O5:V0032
    """
    offered = {name.strip().upper() for name in advertised}
    wanted = dict.fromkeys(name.strip().upper() for name in order)
    return [name for name in wanted if name in offered and name in MECHANISMS]


def client_mechanism(
    name: str,
    *,
    user: str,
    password: Secret,
    host: str,
    service: str = "imap",
    realm: str | None = None,
    nonce: NonceSource = fresh_nonce,
) -> ClientMechanism:
    r"""Return the client's end of the mechanism `name`, good for one attempt.

    `user` may be ``DOMAIN\user`` or ``user@domain``; `host` is the server's name as the user knows it; `realm` and
    `nonce` serve DIGEST-MD5. Raises `MechanismError` before anything is sent when it is plain that this cannot work.

    Statements: O5:E0001, O5:V0029
    """
    setup = ClientSetup(user=user, password=password, host=host, service=service, realm=realm, nonce=nonce)
    return _row(name).client(setup)


def server_mechanism(
    name: str,
    *,
    lookup: Lookup,
    host: str,
    realm: str | None = None,
    service: str = "imap",
    aliases: Sequence[str] = (),
    nonce: NonceSource = fresh_nonce,
) -> ServerMechanism:
    """Return the server's end of the mechanism `name`, good for one attempt; raise `MechanismError` when unusable.

    `lookup` returns a user's password or None; `aliases` are names besides `host` that a client's digest-uri may
    hold; `realm` and `nonce` serve DIGEST-MD5.
    """
    setup = ServerSetup(lookup=lookup, host=host, realm=realm, service=service, aliases=aliases, nonce=nonce)
    return _row(name).server(setup)


def _row(name: str) -> Mechanism:
    row = MECHANISMS.get(name.strip().upper())
    if row is None:
        statements = ("O5:V0029",) if name.strip().upper() == "ANONYMOUS" else ()
        known = ", ".join(MECHANISMS)
        raise MechanismError(f"there is no mechanism {name!r}: use one of {known}", statements=statements)
    return row
