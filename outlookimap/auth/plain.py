"""PLAIN (RFC 4616), both ends: the password itself, in one message.

Knows nothing of TLS or policy: whether a password may travel like this is decided above.
"""

from __future__ import annotations

from outlookimap.auth.mechanism import (
    ClientSetup,
    Done,
    ServerSetup,
    password_text,
    received_text,
    text_octets,
)
from outlookimap.errors import MechanismError
from outlookimap.wire.secret import Secret

NAME = "PLAIN"


class PlainClient:
    """Answers the empty challenge with an empty authorization identity, the user name and the password in UTF-8.

    Statements: O5:E0001, O5:V0013
    """

    __slots__ = ("_answered", "_message")

    name = NAME

    def __init__(self, setup: ClientSetup) -> None:
        """Raise `MechanismError` when user name or password is empty, holds NUL or is not Unicode text."""
        user = text_octets(setup.user, "user name", NAME)
        password = password_text(setup.password, NAME).encode()
        if b"\0" in user or b"\0" in password:
            raise MechanismError("PLAIN: neither user name nor password may hold NUL: change them")
        if not password:
            raise MechanismError("PLAIN needs a password: give one")
        self._message: Secret | None = Secret(b"\0" + user + b"\0" + password)
        self._answered = False

    def answer(self, challenge: bytes) -> bytes:
        """Return the one message of PLAIN; raise `MechanismError` for any challenge but one empty one."""
        message, self._message = self._message, None
        self._answered = False
        if message is None:
            raise MechanismError("PLAIN: the server asks twice: cancel")
        if challenge:
            raise MechanismError("PLAIN: the server's challenge is not empty: cancel, the password stays here")
        self._answered = True
        return message.reveal()

    def finish(self) -> None:
        """Raise `MechanismError` when the server said OK before it had the password."""
        if not self._answered:
            raise MechanismError("PLAIN: the server ended before it had an answer: do not trust this sign-in")


class PlainServer:
    """Takes the one message of PLAIN apart and compares the password in constant time (RFC 4616, 2).

    Names and passwords are compared as they are, without SASLprep, which RFC 4616 leaves to the server.
    """

    __slots__ = ("_over", "_setup")

    name = NAME

    def __init__(self, setup: ServerSetup) -> None:
        """Keep where passwords come from."""
        self._setup = setup
        self._over = False

    def challenge(self) -> bytes:
        """Return the empty challenge."""
        return b""

    def step(self, response: bytes) -> Done:
        """Return who signed in; raise `MechanismError` for a malformed message or a wrong password."""
        if self._over:
            raise MechanismError("PLAIN: this sign-in is over: start another")
        self._over = True
        parts = response.split(b"\0")
        if len(parts) != 3:
            raise MechanismError(f"PLAIN: the message has {len(parts) - 1} NULs, RFC 4616 wants two")
        authzid = received_text(parts[0], "authorization identity", NAME)
        authcid = received_text(parts[1], "user name", NAME)
        received_text(parts[2], "password", NAME)
        if not authcid or not parts[2]:
            raise MechanismError("PLAIN: user name and password may not be empty")
        known = self._setup.lookup(authcid)
        if known is None or known != Secret(parts[2]):
            raise MechanismError("PLAIN: there is no such user, or the password is wrong")
        return Done(authcid, authzid or None)
