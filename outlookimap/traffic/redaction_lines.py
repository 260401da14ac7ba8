"""Redacts the lines and literals of one connection: finds the command or response of each and its words one by one.

Every line comes back with as many octets as it had, its spaces, quotes, parentheses and announcements in their places.
Knows nothing of entries or files.
"""

from __future__ import annotations

import re
from collections import deque

from outlookimap.traffic import redaction_words as words
from outlookimap.traffic.redaction_fields import Fields, Token, of_command
from outlookimap.traffic.redaction_masks import Kind, Masks
from outlookimap.traffic.redaction_responses import Status, of_data
from outlookimap.transport.tap import Sender

_LINE_END = re.compile(rb"\r?\n\Z")
_ANNOUNCED = re.compile(rb"~?\{([0-9]{1,10})\+?\}\Z")
_QUOTED = rb'"(?:[^"\\]++|\\.)*+'
_TOKEN = re.compile(rb"[ \t]+|" + _QUOTED + rb'"?|[()]|[^\x00-\x20()"]+|.', re.DOTALL)
_BRACKETED = re.compile(rb"[ \t]+|" + _QUOTED + rb'"?|[()\[\]]|[^\x00-\x20()\[\]"]+|.', re.DOTALL)
_WHOLE_QUOTED = re.compile(_QUOTED + rb'"', re.DOTALL)
_SECRET = re.compile(rb'([ \t]*)(")?(.*?)((?(2)"))([ \t]*)', re.DOTALL)
_ESCAPE = re.compile(rb"\\(.)", re.DOTALL)
_COMMAND = re.compile(rb'([^\x00-\x20()"\\%*{}+]{1,32}[ \t]+(?:UID[ \t]+)?)([A-Za-z]+)(?![^ \t])', re.IGNORECASE)
_USUAL_TAG = re.compile(rb"\$tag[0-9]*|(?=.{1,8}\Z)(?:[A-Za-z]{0,5}[.:-]?[0-9]*|[A-Za-z0-9]{4})")
_DATA = re.compile(rb"\*[ \t]+(?:([0-9]+)[ \t]+)?([A-Za-z]+)(?![^ \t])")
_TAGGED = re.compile(rb'([^\x00-\x20()"*+]+)([ \t]+)(OK|NO|BAD)(?![^ \t])', re.IGNORECASE)
_PUNCTUATION = {b"(": Token.OPEN, b")": Token.CLOSE, b"[": Token.LEFT, b"]": Token.RIGHT}

_REMEMBERED_TAGS = 1000


class _Side:
    """Where one side stands in what it says."""

    __slots__ = ("cut", "due", "fields", "tag")

    def __init__(self) -> None:
        self.fields: Fields | None = None  # of the command or response that goes on
        self.due: int | None = None  # octets of the literal announced
        self.cut = 0  # octets missing of a literal that came as lines, because it never came whole
        self.tag = b""


class Lines:
    """The two sides of one connection, because each explains the other."""

    def __init__(self, masks: Masks) -> None:
        """Begin a connection."""
        self._masks = masks
        self._sides = {sender: _Side() for sender in Sender}
        self._tags: deque[bytes] = deque(maxlen=_REMEMBERED_TAGS)
        self._authenticating = b""  # the tag of AUTHENTICATE while its lines are no commands

    def literal(self, sender: Sender, octets: bytes) -> bytes:
        """Return what stands for a whole literal."""
        side = self._sides[sender]
        side.due = None
        if side.fields is None:
            side.fields = Fields()
        kind = side.fields.rest
        if kind is None:
            kind = side.fields.take(Token.LITERAL, octets)
        return self._mask(Kind.BODY if kind in (Kind.STATUS, Kind.VALUE) else kind, octets)

    def line(self, sender: Sender, octets: bytes) -> bytes:
        """Return what stands for a line, with its end, or for the last one, which has none."""
        side = self._sides[sender]
        if side.due:
            side.cut, side.due = side.due, None
        if side.cut:
            return self._cut(side, octets)
        end = _LINE_END.search(octets)
        text = octets[: end.start()] if end else octets
        masked = b""
        if side.fields is None:
            masked = self._begun(sender, side, text)
        if side.fields is not None:
            masked += self._rest(side.fields, text[len(masked) :])
            announced = _ANNOUNCED.search(text) if end else None
            if announced and side.fields.literals:
                side.due = int(announced[1])
            else:
                side.fields = None
        return masked + octets[len(text) :]

    def torn(self, octets: bytes) -> bytes:
        """Return what stands for a part of a line whose beginning is gone."""
        return self._mask(Kind.VALUE, octets)

    def _cut(self, side: _Side, octets: bytes) -> bytes:
        side.cut = max(0, side.cut - len(octets))
        side.fields = None if side.cut else Fields()  # what follows is the rest of its command
        return self._mask(Kind.BODY, octets)

    def _mask(self, kind: Kind, octets: bytes) -> bytes:
        if kind is Kind.TAG and octets in self._tags:
            return octets
        return self._masks.mask(kind, octets)

    # ---------------------------------------------------------------- how a line begins

    def _begun(self, sender: Sender, side: _Side, text: bytes) -> bytes:
        """Return the beginning of a line, masked where it has to be, and note what it begins."""
        return self._command(side, text) if sender is Sender.CLIENT else self._response(side, text)

    def _command(self, side: _Side, text: bytes) -> bytes:
        if text.strip(b" \t").upper() in (b"DONE", b"*", b""):
            return text
        found = _COMMAND.match(text)
        if found is None or found[2].upper() not in words.KEYWORDS:
            side.fields = Fields(Kind.SECRET if self._authenticating else Kind.VALUE)
            side.fields.literals = not self._authenticating
            side.tag = _first_word(text)
            return b"" if self._authenticating else self._unknown(text)
        keyword = found[2].upper()
        side.tag = _first_word(text)
        if _USUAL_TAG.fullmatch(side.tag):
            self._tags.append(side.tag)
        self._authenticating = side.tag if keyword == b"AUTHENTICATE" else b""
        side.fields = of_command(keyword)
        return self._mask(Kind.TAG, side.tag) + found[0][len(side.tag) :]

    def _unknown(self, text: bytes) -> bytes:
        """Return a name in place of what may be a tag: its answer will have the same."""
        tag = _first_word(text)
        return self._mask(Kind.TAG, tag) if len(tag) < len(text) else b""

    def _response(self, side: _Side, text: bytes) -> bytes:
        if text.startswith(b"+"):
            side.fields = Fields(Kind.STATUS)
            return text[:1]
        if found := _DATA.match(text):
            side.fields = of_data(found[2].upper(), numbered=found[1] is not None) or Fields()
            return found[0] if type(side.fields) is not Fields else text[:1]
        if found := _TAGGED.match(text):
            side.fields = Status()
            self._answered(found[1])
            return self._mask(Kind.TAG, found[1]) + found[2] + found[3]
        side.fields = Status() if text.startswith(b"[") else Fields()
        return b""

    def _answered(self, tag: bytes) -> None:
        if tag == self._authenticating:
            self._authenticating = b""
        client = self._sides[Sender.CLIENT]
        if tag == client.tag and client.due is not None:
            client.fields = client.due = None  # refused: the client will not send it

    # ---------------------------------------------------------------- how it goes on

    def _rest(self, fields: Fields, text: bytes) -> bytes:
        announced = _ANNOUNCED.search(text)
        end = announced.start() if announced else len(text)
        masked: list[bytes] = []
        here = 0
        tokens = _BRACKETED if fields.brackets else _TOKEN
        while here < end:
            if fields.rest is not None:
                masked.append(self._whole(fields.rest, text[here:end]))
                break
            found = tokens.match(text, here, end)
            token = found[0] if found else text[here:end]
            masked.append(self._token(fields, token))
            here += len(token)
        return b"".join((*masked, text[end:]))

    def _whole(self, kind: Kind, octets: bytes) -> bytes:
        if kind is not Kind.SECRET:
            return self._mask(kind, octets)
        found = _SECRET.fullmatch(octets)
        if found is None:
            return self._mask(kind, octets)
        before, quote, secret, closing, after = found.groups(b"")
        return before + quote + self._mask(kind, secret) + closing + after

    def _token(self, fields: Fields, octets: bytes) -> bytes:
        if octets[:1] in _PUNCTUATION and octets in _PUNCTUATION:
            fields.take(_PUNCTUATION[octets], octets)
            return octets
        if octets.startswith((b" ", b"\t")):
            return octets
        if not octets.startswith(b'"'):
            return self._mask(fields.take(Token.ATOM, octets), octets)
        inner = octets[1:]
        if not _WHOLE_QUOTED.fullmatch(octets):
            return b'"' + self._mask(fields.take(Token.BROKEN, inner), inner)
        inner = inner[:-1]
        value = _ESCAPE.sub(rb"\1", inner) if b"\\" in inner else inner
        return b'"' + _escaped(self._mask(fields.take(Token.QUOTED, value), value), inner) + b'"'


def _first_word(text: bytes) -> bytes:
    return text.partition(b" ")[0].partition(b"\t")[0]


def _escaped(masked: bytes, original: bytes) -> bytes:
    """Return `masked` with a backslash wherever `original`, which it stands for, has one that escapes."""
    if b"\\" not in original:
        return masked
    parts: list[bytes] = []
    here = done = 0
    for escape in _ESCAPE.finditer(original):
        upto = here + escape.start() - done
        parts += [masked[here:upto], b"\\", masked[upto : upto + 1]]
        here, done = upto + 1, escape.end()
    return b"".join((*parts, masked[here:]))
