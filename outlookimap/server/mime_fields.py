"""The fields that MIME gives structure: a value with parameters, a token, a list of tokens (RFC 2045 section 5.1).

Whatever cannot be read is left out: nothing here raises. Encoded words and RFC 2231's forms stay as they are. Knows
no message.
"""

from __future__ import annotations

import re
from typing import NamedTuple

from outlookimap.wire.structure import Params

_SPACE = b" \t\r\n"
_TOKEN = re.compile(rb"[^\s;=(),\"]+")
_UNQUOTED = re.compile(
    rb"[^\s;(\"][^\s;(]*"
)  # a value with tspecials that should have been quoted is taken all the same
_QUOTED = re.compile(rb'"((?:[^"\\]|\\.)*)(?:"|\\?\Z)', re.DOTALL)
_ESCAPED = re.compile(rb"\\(.)", re.DOTALL)
_COMMENT_MARK = re.compile(rb"\\.|[()]", re.DOTALL)


class Parametrized(NamedTuple):
    """A value and its parameters, both as they were spelled."""

    value: bytes
    params: Params = ()

    def param(self, name: bytes) -> bytes | None:
        """Return the first parameter called `name`, which is in lower case, or None."""
        return next((value for attribute, value in self.params if attribute.lower() == name), None)


def unquoted(octets: bytes) -> bytes:
    """Return the inside of a quoted string without its backslashes."""
    return _ESCAPED.sub(rb"\1", octets) if b"\\" in octets else octets


def comment_end(octets: bytes, start: int) -> int:
    """Return where the comment that begins at `start` ends; one that is not closed takes all."""
    depth = 0
    for mark in _COMMENT_MARK.finditer(octets, start):
        depth += {b"(": 1, b")": -1}.get(mark[0], 0)
        if depth == 0:
            return mark.end()
    return len(octets)


def _skip(octets: bytes, at: int) -> int:
    """Return where white space and comments end."""
    while at < len(octets):
        if octets[at] in _SPACE:
            at += 1
        elif octets[at] == ord("("):
            at = comment_end(octets, at)
        else:
            break
    return at


def token(octets: bytes) -> bytes:
    """Return the first token, or nothing."""
    found = _TOKEN.match(octets, _skip(octets, 0))
    return b"" if found is None else found[0]


def tokens(octets: bytes) -> tuple[bytes, ...]:
    """Return the tokens of a list with commas (RFC 3282 section 2)."""
    return tuple(found for item in octets.split(b",") if (found := token(item)))


def parametrized(octets: bytes) -> Parametrized:
    """Return a value and its parameters (RFC 2045 section 5.1, RFC 2183 section 2)."""
    if b";" not in octets:
        return Parametrized(token(octets))
    at = _skip(octets, 0)
    found = _TOKEN.match(octets, at)
    value, at = (b"", at) if found is None else (found[0], found.end())
    params: list[tuple[bytes, bytes]] = []
    while at >= 0:
        at = octets.find(b";", _skip(octets, at))
        if at < 0:
            break
        at = _skip(octets, at + 1)
        name = _TOKEN.match(octets, at)
        if name is None:
            continue
        at = _skip(octets, name.end())
        if not octets.startswith(b"=", at):
            continue
        param, at = _param_value(octets, _skip(octets, at + 1))
        params.append((name[0], param))
    return Parametrized(value, tuple(params))


def _param_value(octets: bytes, at: int) -> tuple[bytes, int]:
    quoted = _QUOTED.match(octets, at)
    if quoted is not None:
        return unquoted(quoted[1]), quoted.end()
    plain = _UNQUOTED.match(octets, at)
    return (b"", at) if plain is None else (plain[0], plain.end())
