"""NTLM in IMAP ([MS-OXIMAP4] 2.2.1), both ends: raw NTLMSSP messages, computed by pyspnego.

Which message is due when is here. pyspnego takes the workstation's name and LM_COMPAT_LEVEL from the environment.
"""

from __future__ import annotations

import enum
from typing import TYPE_CHECKING

from outlookimap.auth.mechanism import Challenge, ClientSetup, Done, ServerSetup, Step, text_octets
from outlookimap.auth.ntlm_hash import nt_hash
from outlookimap.auth.ntlm_message import Kind, expect, expect_challenge, identity
from outlookimap.auth.ntlm_users import user_entry, user_file
from outlookimap.errors import MechanismError

if TYPE_CHECKING:
    import spnego

NAME = "NTLM"


class _State(enum.Enum):
    START = enum.auto()
    NEGOTIATED = enum.auto()
    PROVED = enum.auto()
    OVER = enum.auto()


class NtlmClient:
    r"""Answers the empty challenge with NEGOTIATE and CHALLENGE with AUTHENTICATE; anything else is an error.

    The user is ``user``, ``DOMAIN\user`` or ``user@domain``; the latter goes out whole, without a domain.

    Statements: O5:E0001, O5:V0030
    """

    __slots__ = ("_context", "_state")

    name = NAME

    def __init__(self, setup: ClientSetup) -> None:
        """Raise `MechanismError` when user name or password cannot be used, or the environment forbids NTLM."""
        text_octets(setup.user, "user name", NAME)
        _, backslash, user = setup.user.partition("\\")
        text_octets(user if backslash else setup.user, "user name", NAME)
        digest = nt_hash(setup.password).reveal().hex()
        import spnego  # here, because it takes a tenth of a second and half the memory of a whole session

        try:
            self._context = spnego.client(
                # The hash, not the password: pyspnego takes one of the form "32 digits:32 digits" for hashes.
                spnego.NTLMHash(setup.user, nt_hash=digest),
                hostname=setup.host,
                service=setup.service,
                protocol="ntlm",
                options=spnego.NegotiateOptions.use_ntlm,
            )
        except Exception as error:
            raise MechanismError(f"NTLM cannot be used here: use another mechanism ({error})") from error
        self._state = _State.START

    def answer(self, challenge: bytes) -> bytes:
        """Return NEGOTIATE, then AUTHENTICATE; raise `MechanismError` for a challenge that does not fit the state."""
        state, self._state = self._state, _State.OVER
        if state is _State.START:
            if challenge:
                raise MechanismError("NTLM: the server's first challenge is not empty: cancel")
            answer = _stepped(self._context, None)
            self._state = _State.NEGOTIATED
            return answer
        if state is _State.NEGOTIATED:
            expect_challenge(challenge)
            answer = _stepped(self._context, challenge)
            self._state = _State.PROVED
            return answer
        raise MechanismError("NTLM: the server asks for more than two challenges allow: cancel")

    def finish(self) -> None:
        """Raise `MechanismError` when the server said OK before it had a proof."""
        if self._state is not _State.PROVED:
            raise MechanismError("NTLM: the server ended before it had a proof: do not trust this sign-in")


class NtlmServer:
    r"""Answers NEGOTIATE with CHALLENGE and checks AUTHENTICATE.

    Looks up ``DOMAIN\user`` first and ``user`` then: clients without a domain of their own send their machine's.
    Whichever name had a password is the one that signed in.
    """

    __slots__ = ("_context", "_setup", "_state")

    name = NAME

    def __init__(self, setup: ServerSetup) -> None:
        """Raise `MechanismError` when the environment forbids NTLM."""
        self._setup = setup
        self._state = _State.START
        import spnego

        try:
            with user_file(b""):  # the library looks whether there is a file, not yet into it
                self._context = spnego.server(
                    hostname=setup.host,
                    service=setup.service,
                    protocol="ntlm",
                    options=spnego.NegotiateOptions.use_ntlm,
                )
        except Exception as error:
            raise MechanismError(f"NTLM cannot be offered here: leave it out ({error})") from error

    def challenge(self) -> bytes:
        """Return the empty challenge."""
        return b""

    def step(self, response: bytes) -> Step:
        """Return CHALLENGE, then who signed in; raise `MechanismError` for a wrong proof or message."""
        state, self._state = self._state, _State.OVER
        if state is _State.START:
            expect(response, Kind.NEGOTIATE)
            challenge = _stepped(self._context, response)
            self._state = _State.NEGOTIATED
            return Challenge(challenge)
        if state is _State.NEGOTIATED:
            return self._verify(response)
        raise MechanismError("NTLM: this sign-in is over: start another")

    def _verify(self, response: bytes) -> Done:
        who = identity(response)
        names = ([f"{who.domain}\\{who.user}"] if who.domain else []) + [who.user]
        for name in names:
            password = self._setup.lookup(name)
            if password is None:
                continue
            entry = user_entry(who, nt_hash(password))
            try:
                with user_file(entry):
                    self._context.step(response)
            except OSError as error:
                raise MechanismError(f"NTLM: no file for the user can be written: make room ({error})") from error
            except Exception as error:
                raise MechanismError("NTLM: the password is wrong, or the message is malformed") from error
            return Done(name)
        raise MechanismError("NTLM: there is no such user")


def _stepped(context: spnego.ContextProxy, token: bytes | None) -> bytes:
    """Return the library's answer to `token`; raise `MechanismError` for whatever it makes of garbage."""
    try:
        return context.step(token) or b""
    except Exception as error:  # besides its own, it lets out struct.error, KeyError, OverflowError, UnicodeError
        raise MechanismError("NTLM: the peer's message is malformed: cancel") from error
