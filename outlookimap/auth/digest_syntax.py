"""The directives of DIGEST-MD5 (RFC 2831, 7): octets <-> names and values.

Reading is tolerant of what servers do: quotes where RFC 2831 has none, white space and empty elements around
commas, escapes. It knows nothing of what a directive means.
"""

from __future__ import annotations

import re

from outlookimap.errors import MechanismError

CHALLENGE_LIMIT = 2048
"""A challenge is shorter than this, in octets (RFC 2831, 2.1.1)."""
RESPONSE_LIMIT = 4096
"""A response is shorter than this, in octets (RFC 2831, 2.1.2)."""

_GAP = re.compile(rb"[ \t\r\n,]*")
_DIRECTIVE = re.compile(
    rb"([!#$%&'*+\-.0-9A-Z^_`a-z|~]+)[ \t\r\n]*=[ \t\r\n]*"
    rb'(?:"((?:[^"\\]|\\.)*)"|([^\s,"]+))'
    rb"[ \t\r\n]*(?=,|\Z)",
    re.DOTALL,
)
_ESCAPE = re.compile(rb"\\(.)", re.DOTALL)
_CONTROL = re.compile(rb"[\x00-\x08\x0a-\x1f\x7f]")


class Directives:
    """The directives of one message by lower-case name; `what` names the message in errors."""

    __slots__ = ("_values", "_what")

    def __init__(self, message: bytes, *, what: str, limit: int) -> None:
        """Raise `MechanismError` when `message` is too long, holds no directive, or is not a list of them."""
        self._what = what
        self._values: dict[str, list[bytes]] = {}
        if len(message) >= limit:
            raise MechanismError(
                f"DIGEST-MD5: the {what} has {len(message)} octets, RFC 2831 allows fewer than {limit}"
            )
        at = _past_gap(message, 0)
        while at < len(message):
            found = _DIRECTIVE.match(message, at)
            if found is None:
                raise MechanismError(f"DIGEST-MD5: the {what} cannot be read from octet {at} on")
            name, quoted, plain = found.groups()
            value: bytes = plain if quoted is None else _ESCAPE.sub(rb"\1", quoted)
            self._values.setdefault(name.decode("ascii").lower(), []).append(value)
            at = _past_gap(message, found.end())
        if not self._values:
            raise MechanismError(f"DIGEST-MD5: the {what} is empty")

    def each(self, name: str) -> list[bytes]:
        """Return every value of `name` in the order sent."""
        return self._values.get(name, [])

    def optional(self, name: str) -> bytes | None:
        """Return the value of `name`, or None; raise `MechanismError` when it occurs twice."""
        values = self.each(name)
        if len(values) > 1:
            raise MechanismError(f"DIGEST-MD5: the {self._what} has {len(values)} {name} directives, one is allowed")
        return values[0] if values else None

    def required(self, name: str) -> bytes:
        """Return the value of `name`; raise `MechanismError` unless it occurs exactly once."""
        value = self.optional(name)
        if value is None:
            raise MechanismError(f"DIGEST-MD5: the {self._what} lacks {name}")
        return value


def quoted(value: bytes, what: str) -> bytes:
    """Return `value` as a quoted-string; raise `MechanismError` for control characters, which have no form there."""
    if _CONTROL.search(value):
        raise MechanismError(f"DIGEST-MD5: the {what} holds a control character, which cannot be sent: change it")
    return b'"' + value.replace(b"\\", b"\\\\").replace(b'"', b'\\"') + b'"'


def words(values: list[bytes]) -> set[bytes]:
    """Return the lower-case words of comma lists, such as those of qop."""
    return {word.strip().lower() for value in values for word in value.split(b",")}


def _past_gap(message: bytes, at: int) -> int:
    found = _GAP.match(message, at)
    return at if found is None else found.end()
