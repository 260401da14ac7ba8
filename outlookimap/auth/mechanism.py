"""What every SASL mechanism of this package looks like, and the few rules all of them share.

A mechanism turns challenge octets into answer octets. It must not know base64, tags, lines, sockets or clocks: the
protocol layer carries the octets. Randomness is a function passed in.
"""

from __future__ import annotations

import secrets
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from typing import Protocol, TypeAlias

from outlookimap.errors import MechanismError
from outlookimap.wire.secret import Secret

NonceSource: TypeAlias = Callable[[], bytes]
"""Makes one nonce: printable ASCII octets, different at each call, 64 bits of entropy or more."""

Lookup: TypeAlias = Callable[[str], Secret | None]
"""Returns the password of a user name, or None when the server has no such user."""


def fresh_nonce() -> bytes:
    """Return 32 hexadecimal digits of 128 random bits (RFC 2831, 2.1.1 recommends 64 bits or more)."""
    return secrets.token_hex(16).encode()


@dataclass(frozen=True, slots=True)
class ClientSetup:
    """What a client brings to a sign-in: `host` is the server's name, `service` its SASL service name.

    `realm` names the DIGEST-MD5 realm to use; None takes the one that fits best of those the server offers.
    """

    user: str
    password: Secret
    host: str
    service: str = "imap"
    realm: str | None = None
    nonce: NonceSource = fresh_nonce


@dataclass(frozen=True, slots=True)
class ServerSetup:
    """What a server brings to a sign-in: `host` is its name, `aliases` other names clients may know it by.

    `realm` is the DIGEST-MD5 realm it offers; None offers none.
    """

    lookup: Lookup = field(repr=False)
    host: str
    realm: str | None = None
    service: str = "imap"
    aliases: Sequence[str] = ()
    nonce: NonceSource = fresh_nonce


@dataclass(frozen=True, slots=True)
class Challenge:
    """The server has more to say: `data` goes to the client, whose next answer goes to `step()`."""

    data: bytes = field(repr=False)


@dataclass(frozen=True, slots=True)
class Done:
    """The client has proved to be `authcid`; `authzid` is whom it wants to act as, None when it did not say."""

    authcid: str
    authzid: str | None = None


Step: TypeAlias = Challenge | Done
"""What a server's mechanism makes of a response: another challenge, or the end."""


class ClientMechanism(Protocol):
    """The client's end of one sign-in; one object serves one attempt."""

    @property
    def name(self) -> str:
        """The mechanism's name as in ``AUTH=``, upper case."""
        ...

    def answer(self, challenge: bytes) -> bytes:
        """Return the answer to `challenge`; raise `MechanismError` when the caller must cancel with ``*``."""
        ...

    def finish(self) -> None:
        """Be told that the server said OK; raise `MechanismError` when it did so before it may."""
        ...


class ServerMechanism(Protocol):
    """The server's end of one sign-in; one object serves one attempt."""

    @property
    def name(self) -> str:
        """The mechanism's name as in ``AUTH=``, upper case."""
        ...

    def challenge(self) -> bytes:
        """Return the first challenge, empty where the client speaks first; the same at every call."""
        ...

    def step(self, response: bytes) -> Step:
        """Return what follows `response`; raise `MechanismError` when the sign-in has failed."""
        ...


def text_octets(text: str, what: str, mechanism: str) -> bytes:
    """Return `text` in UTF-8; raise `MechanismError` when it is empty or not Unicode text.

    Statements: O5:V0013
    """
    octets = _encoded(text, "utf-8")
    if not octets:
        raise MechanismError(f"{mechanism} needs a {what} of Unicode text that is not empty: give one")
    return octets


def password_text(password: Secret, mechanism: str) -> str:
    """Return `password` as text; raise `MechanismError`, which does not show it, when it is not UTF-8.

    Statements: O5:V0013
    """
    text = _decoded(password.reveal())
    # Outside of any `except`: a UnicodeDecodeError in the error's context would carry the password.
    if text is None:
        raise MechanismError(f"{mechanism}: the password is not UTF-8: give it as text")
    return text


def received_text(octets: bytes, what: str, mechanism: str) -> str:
    """Return `octets` of the peer as text; raise `MechanismError`, which does not show them, unless UTF-8."""
    text = _decoded(octets)
    if text is None:
        raise MechanismError(f"{mechanism}: the {what} is not UTF-8")
    return text


def latin1_or_none(text: str) -> bytes | None:
    """Return `text` in ISO 8859-1, or None when a character of it has no place there."""
    return _encoded(text, "iso-8859-1")


def _encoded(text: str, charset: str) -> bytes | None:
    try:
        return text.encode(charset)
    except UnicodeEncodeError:
        return None


def _decoded(octets: bytes) -> str | None:
    try:
        return octets.decode("utf-8")
    except UnicodeDecodeError:
        return None
