"""Puts into a recorded client's lines what its recording masks: user name and password of whoever signs in now.

Knows LOGIN's two arguments (RFC 3501 section 6.2.3) and where AUTHENTICATE has its answers (6.2.2); which octets a
mechanism answers it is told. Nothing else of a recording is changed.
"""

from __future__ import annotations

import base64
import binascii
import re
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import TypeAlias

from outlookimap.errors import UsageError
from outlookimap.traffic.format import Form
from outlookimap.wire.secret import Piece, Secret

Answers: TypeAlias = Callable[[bytes], bytes]
"""Turns a challenge of AUTHENTICATE into the answer, both without base64."""

_LOGIN = re.compile(rb"[^ ]+ +LOGIN +", re.IGNORECASE)
_AUTHENTICATE = re.compile(
    rb"(?P<head>[^ ]+ +AUTHENTICATE +(?P<name>[^ \r\n]+))(?: +(?P<initial>[^ \r\n]+))?", re.IGNORECASE
)
_ARGUMENT = re.compile(rb'"(?:[^"\\]|\\.)*"|\{[0-9]+(?P<plus>\+?)\}|[^ "{\r\n][^ \r\n]*')
_ATOM = re.compile(rb"[!#$&'+,\-./0-9:;<=>?@A-Z\[\]^_`a-z|}~]+")
_SPECIALS = re.compile(rb'["\\]')


@dataclass(frozen=True, slots=True)
class SignIn:
    """Who signs in: `user` None is whom the recording names. `answers` makes a mechanism's answers, once for each use.

    `answers` raises MechanismError for a mechanism it does not know.
    """

    user: str | None
    password: Secret | None
    answers: Callable[[str], Answers] = field(repr=False)


class Filling:
    """Fills in the lines of one recorded connection, in their order."""

    def __init__(self, sign_in: SignIn) -> None:
        """Begin before the first command."""
        self._sign_in = sign_in
        self._arguments: int | None = None  # of the LOGIN under way
        self._answers: Answers | None = None

    def command(self, octets: bytes) -> list[Piece]:
        """Return the first line of a command, as it is to be sent."""
        self._arguments = self._answers = None
        if found := _LOGIN.match(octets):
            self._arguments = 0
            return [(found[0], False), *self._login(octets[found.end() :])]
        if found := _AUTHENTICATE.match(octets):
            self._answers = self._sign_in.answers(found["name"].decode("ascii", "replace").upper())
            if found["initial"] is not None and found["initial"] != b"=":
                line = octets[found.end() :]
                return [
                    (found["head"] + b" ", False),
                    (base64.b64encode(self._answers(b"")) or b"=", True),
                    (line, False),
                ]
        return [(octets, False)]

    def more(self, octets: bytes, form: Form) -> list[Piece]:
        """Return what goes on with a command: a literal, or what follows one."""
        if self._arguments is None:
            return [(octets, False)]
        if form is Form.LITERAL:
            return [self._value(self._arguments - 1, octets)]
        return self._login(octets)

    def answer(self, challenge: bytes, recorded: bytes) -> list[Piece]:
        """Return the line that answers `challenge`, which is what followed ``+ ``; a recorded ``*`` stays."""
        if recorded.strip() == b"*" or self._answers is None:
            return [(recorded, False)]
        try:
            octets = base64.b64decode(challenge.strip())
        except binascii.Error:
            octets = b""
        return [(base64.b64encode(self._answers(octets)), True), (b"\r\n", False)]

    def _login(self, line: bytes) -> list[Piece]:
        pieces: list[Piece] = []
        here = 0
        for found in _ARGUMENT.finditer(line):
            pieces.append((line[here : found.start()], False))
            here = found.end()
            pieces.append(self._argument(found))
        return [*pieces, (line[here:], False)]

    def _argument(self, found: re.Match[bytes]) -> Piece:
        place, self._arguments = self._arguments or 0, (self._arguments or 0) + 1
        octets, secret = self._value(place, found[0])
        if octets is found[0]:
            return octets, False
        if found[0].startswith(b"{"):
            return b"{%d%s}" % (len(octets), found["plus"]), False
        if not found[0].startswith(b'"') and _ATOM.fullmatch(octets):
            return octets, secret
        return b'"' + _SPECIALS.sub(rb"\\\g<0>", octets) + b'"', secret

    def _value(self, place: int, recorded: bytes) -> Piece:
        """Return the value of an argument: the first is the user, the second the password."""
        if place == 0:
            return (recorded if self._sign_in.user is None else self._sign_in.user.encode(), False)
        if self._sign_in.password is None:
            raise UsageError("the recording signs in and its password is masked: say whose password to use")
        return self._sign_in.password.reveal(), True
