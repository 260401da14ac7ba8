"""Reads what a server sends: octets of the stream in, responses as values out, in the order they came.

Tolerant and outspoken: each value names the departures it was read in spite of. Cut how one likes, a stream gives the
same values and the same end. What servers send by the thousand is read by patterns first, which changes how fast a
value comes and nothing else. Knows no command: which response answers what is not decided here.
"""

from __future__ import annotations

import re
from dataclasses import dataclass, replace
from functools import lru_cache, partial

from outlookimap.errors import RemoteProtocolError
from outlookimap.wire.cursor import END, LITERAL, Cursor
from outlookimap.wire.data_reader import DATA, NUMBERED, NumberedReader
from outlookimap.wire.fetch_reader import read_fetch
from outlookimap.wire.fetch_runs import RunReader
from outlookimap.wire.fetch_shapes import usable
from outlookimap.wire.framing import Frame, Framer
from outlookimap.wire.leniency import Leniency
from outlookimap.wire.limits import Limits
from outlookimap.wire.responses import Condition, Continuation, FetchRun, Response, UnknownData
from outlookimap.wire.status_reader import read_bare_code, read_status
from outlookimap.wire.terminals import TAG

_KEYWORD = re.compile(rb'[^\x00-\x20()"\[{]+')
_NUMBERED = re.compile(rb'[0-9]+[ \t]+[^\x00-\x20()"\[{]+')
_BLANK = re.compile(rb"[ \t]*+\Z")
_DIGITS = frozenset(b"0123456789")
_CONDITIONS = {condition.value: condition for condition in Condition}
_TAGGED = {condition.value: condition for condition in (Condition.OK, Condition.NO, Condition.BAD)}
_NONZERO = frozenset((b"EXPUNGE", b"FETCH"))


@dataclass(frozen=True, slots=True)
class Tiers:
    """How many responses were read how: in columns, by the shape of their lines, by the tolerant reader."""

    columns: int = 0
    shaped: int = 0
    tolerant: int = 0


class ResponseReader:
    """Takes octets with `feed()` and returns the responses they complete.

    `keep_extensions=False` drops the extension data of body structures. With `patterns=False`, or limits that no
    pattern keeps, the tolerant reader reads everything. The octets of a response are never secret: a tap may show them
    all. `broken` is the error that ended the stream, None while it can be followed.

    Statements: O5:2.1.3, O5:2.1.4, O5:2.1.5, O5:V0012, O5:V0017
    """

    __slots__ = ("_fed", "_framer", "_limits", "_numbered", "_returned", "_runs", "_tolerant", "broken")

    def __init__(self, limits: Limits, *, keep_extensions: bool = True, patterns: bool = True) -> None:
        """Start at the beginning of a response."""
        self._limits = limits
        self._framer = Framer(limits, commands=False)
        self._runs = RunReader(limits.literal) if patterns and usable(limits) else None
        self._fed = 0
        self._returned = 0  # octets of the responses that the tolerant tier returned
        self._tolerant = 0
        fetch: NumberedReader = partial(read_fetch, keep_extensions=keep_extensions)
        self._numbered = NUMBERED | {b"FETCH": fetch}
        self.broken: RemoteProtocolError | None = None

    @property
    def buffered(self) -> int:
        """Octets that were fed and belong to no response that was returned."""
        return self._fed - self._returned - (0 if self._runs is None else self._runs.returned)

    @property
    def taken(self) -> Tiers:
        """How many responses each tier has read."""
        runs = self._runs
        return Tiers(tolerant=self._tolerant) if runs is None else Tiers(runs.columns, runs.shaped, self._tolerant)

    def feed(self, octets: bytes, *, runs: bool = False) -> list[Response]:
        """Take octets; return the responses that are complete, with `runs` like ones together as `FetchRun`.

        Where the stream cannot be followed any more, what came before is returned, `broken` is set, and each further
        call, also with nothing to feed, raises it: RemoteProtocolError, or LimitExceeded.
        """
        if self.broken is not None:
            raise self.broken
        self._fed += len(octets)
        responses: list[Response] = []
        try:
            self._read(octets, responses)
        except RemoteProtocolError as error:
            self.broken = error.with_traceback(None)
        return responses if runs else expanded(responses)

    def _read(self, octets: bytes, out: list[Response]) -> None:
        place = 0
        if self._runs is not None and not self._framer.inside:
            octets, place = self._runs.resume(octets, out)
        while place < len(octets):
            if self._runs is not None and not self._framer.inside:
                place = self._runs.read(octets, place, out)
            place = self._read_one(octets, place, out)

    def _read_one(self, octets: bytes, place: int, out: list[Response]) -> int:
        """Append to `out` the response that begins, or has begun, at `place`; return the place behind what was taken.

        No octet behind the response is taken.
        """
        framer = self._framer
        while place < len(octets):
            end = (framer.missing and place + framer.missing) or octets.find(b"\n", place) + 1 or len(octets)
            framer.feed(octets[place:end])
            place = min(end, len(octets))
            frame = framer.pull()
            if isinstance(frame, Frame):
                out.append(self._response(frame))
                self._tolerant += 1
                self._returned += sum(map(len, frame.raw)) + sum(map(len, frame.literals))
                break
        return place

    def _response(self, frame: Frame) -> Response:
        limits = self._limits
        cursor = Cursor(frame, limits.nesting, elements=limits.elements, kept=limits.line)
        response = self._from(cursor)
        cursor.end()
        if frame.leniencies:
            response = replace(response, leniencies=_in_order(frozenset(frame.leniencies)))
        return response

    def _from(self, cursor: Cursor) -> Response:
        if cursor.take(b"*"):
            return self._untagged(cursor)
        if cursor.take(b"+"):
            return _continuation(cursor)
        if cursor.peek() == ord("["):
            response = read_bare_code(cursor)
            if response is None:
                raise cursor.fail("a response")
            return response
        if cursor.match(_BLANK) is not None and cursor.peek() != LITERAL:
            cursor.note(Leniency.BLANK_LINE)
            return UnknownData(b"")
        return _tagged(cursor)

    def _untagged(self, cursor: Cursor) -> Response:
        cursor.space()
        here = cursor.mark()
        response = self._known(cursor)
        if response is not None:
            return response
        cursor.back(here)
        octets = cursor.rest()
        if not octets:
            raise cursor.fail("a response")
        return UnknownData(octets)

    def _known(self, cursor: Cursor) -> Response | None:
        """Take untagged data that a table has; None for any other, whatever was taken of it."""
        if cursor.peek() == ord("["):
            return read_bare_code(cursor)
        if cursor.peek() in _DIGITS:
            return self._message_data(cursor)
        keyword = (cursor.match(_KEYWORD) or b"").upper()
        if keyword in _CONDITIONS:
            return read_status(cursor, None, _CONDITIONS[keyword])
        read = DATA.get(keyword)
        return None if read is None else read(cursor)

    def _message_data(self, cursor: Cursor) -> Response | None:
        here = cursor.mark()
        words = (cursor.match(_NUMBERED) or b"").split()
        keyword = words[1].upper() if words else b""
        read = self._numbered.get(keyword)
        if read is None:
            return None
        cursor.back(here)
        number = cursor.number(nonzero=keyword in _NONZERO)
        cursor.space()
        cursor.atom()
        return read(cursor, number)


def expanded(responses: list[Response]) -> list[Response]:
    """Return `responses` with those of each run one by one."""
    if not any(type(response) is FetchRun for response in responses):
        return responses
    single: list[Response] = []
    for response in responses:
        if isinstance(response, FetchRun):
            single += response.expanded()
        else:
            single.append(response)
    return single


@lru_cache(maxsize=256)
def _in_order(leniencies: frozenset[Leniency]) -> tuple[Leniency, ...]:
    return tuple(sorted(leniencies, key=lambda leniency: leniency.name))


def _tagged(cursor: Cursor) -> Response:
    tag = cursor.match(TAG)
    if tag is None:
        raise cursor.fail("a response")
    cursor.space()
    condition = _TAGGED.get((cursor.match(_KEYWORD) or b"").upper())
    if condition is None:
        raise cursor.fail("OK, NO or BAD before this")
    return read_status(cursor, tag, condition)


def _continuation(cursor: Cursor) -> Response:
    if cursor.peek() == END:
        cursor.note(Leniency.BARE_CONTINUATION)
    elif not cursor.spaces():
        cursor.note(Leniency.MISSING_SPACE)
    return Continuation(cursor.rest())
