"""Masks in the entries of a log whatever would let somebody sign in.

That is in the arguments of LOGIN and the answers in AUTHENTICATE. A log may keep them in the clear; a recording never
does. Must not know any format.
"""

from __future__ import annotations

import re

from outlookimap.traffic.format import ANNOUNCEMENT, Form, Said
from outlookimap.transport.tap import Sender
from outlookimap.wire.command_parser import read_head
from outlookimap.wire.command_reader import CommandReader
from outlookimap.wire.limits import Limits
from outlookimap.wire.secret import masked

_STARS_ALREADY = re.compile(rb'.* "?\*{2,}"?\r?\n?\Z', re.DOTALL)
_SEEN = re.compile(rb"[^ ]")
_LIMITS = Limits(literal=1 << 40)


class Masking:
    """Takes the entries of one connection in their order and returns them without secrets, lengths true."""

    __slots__ = ("_announced", "_answering", "_continues", "_hidden", "_tag")

    def __init__(self) -> None:
        """Begin where a command may begin."""
        self._tag = b""
        self._answering = False  # lines of the client are answers in AUTHENTICATE
        self._continues = False  # the client's next entry goes on with a command, whatever it is
        self._announced = False  # it does if it is a literal, or what is left of one
        self._hidden = False  # and that command is LOGIN

    def shown(self, said: Said) -> Said:
        """Return `said` as it may be kept."""
        if said.sender is Sender.SERVER:
            if self._answering and self._tag and said.octets.startswith(self._tag + b" "):
                self._answering = False
            return said
        octets = said.octets
        continues = self._continues or (self._announced and said.form is Form.PART)
        shown = self._masked(octets, continues=continues or said.form is Form.LITERAL)
        self._continues = said.form is Form.LITERAL or not octets.endswith(b"\n")
        self._announced = ANNOUNCEMENT.search(octets) is not None
        if shown == octets:
            return said
        text = shown.removesuffix(b"\r\n") if said.form is Form.LINE else shown
        return Said(said.sender, said.form, (text,), said.pause, said.line)

    def _masked(self, octets: bytes, *, continues: bool) -> bytes:
        if continues:
            return _stars(octets) if self._hidden else octets
        line = octets.rstrip(b"\r\n")
        if self._answering and b" " not in line:
            return octets if line in (b"", b"*") else _stars(octets)
        self._answering = self._hidden = False
        head = read_head(line)
        if not head.secret or head.keyword is None:
            return octets
        self._tag = head.tag or b""
        self._answering = head.keyword == b"AUTHENTICATE"
        self._hidden = not self._answering
        if _STARS_ALREADY.fullmatch(octets):
            return octets
        if octets.endswith(b"\n") and not ANNOUNCEMENT.search(octets):
            shown = masked(piece for item in CommandReader(_LIMITS).feed(octets) for piece in item.pieces)
            if len(shown) == len(octets):
                return shown
        known = head.after[1] + 1
        return octets[:known] + _stars(octets[known:])


def _stars(octets: bytes) -> bytes:
    """Mask a literal or a part of a line, except spaces, its end and the announcement of a literal."""
    match = ANNOUNCEMENT.search(octets)
    end = match.start() if match else len(octets.rstrip(b"\r\n"))
    return _SEEN.sub(b"*", octets[:end]) + octets[end:]
