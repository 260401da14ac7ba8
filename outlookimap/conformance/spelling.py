"""Whether a command is spelled as a profile spells it: written again, it must be the octets that were sent.

Knows one command at a time, and nothing of whether it should have been sent.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass
from itertools import zip_longest

from outlookimap.errors import LocalProtocolError
from outlookimap.profiles import Profile
from outlookimap.profiles.forms import style
from outlookimap.wire import commands as c
from outlookimap.wire.command_items import ReceivedCommand
from outlookimap.wire.command_writer import write_command
from outlookimap.wire.leniency import Leniency
from outlookimap.wire.secret import Piece, join, masked

SPACING = frozenset(
    (
        Leniency.EXTRA_SPACE, Leniency.MISSING_SPACE, Leniency.TAB, Leniency.TAB_AFTER_COMMAND, Leniency.TRAILING_SPACE,
    )
)  # fmt: skip
"""Departures from the one space that the grammar has."""

_OTHER_STRINGS = (c.Fetch, c.Search, c.Id, c.Enable)
"""Commands whose strings are neither mailboxes nor users: how those are spelled is known of nobody."""

_ABNF = ("O5:2.1.3",)
_ONE_SPACE = ("O5:2.1.4",)
_TOKEN = re.compile(rb'\{([0-9]+)(\+?)\}\r?\n|"((?:[^"\\]|\\.)*)"|[()\[\]<>]|[^ \t()\[\]<>"\r\n{]+|[{"]', re.DOTALL)


@dataclass(frozen=True, slots=True)
class Token:
    """A word of a command: as it is written, and the string it spells; `plus` says that a literal waits for nobody."""

    written: bytes
    string: bytes | None = None
    literal: bool = False
    plus: bool = False


def misspelled(item: ReceivedCommand, octets: bytes, profile: Profile) -> Iterator[tuple[tuple[str, ...], bytes]]:
    """Yield for each kind of difference the ids of what rules it, and what the profile would have written.

    Octets above 127 are not spelling: no spelling makes them right. What could not be written at all is empty; secrets
    are masked.
    """
    departures = frozenset(item.leniencies)
    try:
        parts = write_command(item.tag, item.command, style(profile))
    except LocalProtocolError:
        parts = []
    if departures & SPACING:
        yield _ONE_SPACE, _shown(parts)
    if departures - SPACING - {Leniency.EIGHT_BIT}:
        yield _ABNF, _shown(parts)
    elif parts and not departures and (written := b"".join(map(join, parts))) != octets:
        ids = dict.fromkeys(
            _differences(octets, written, profile, names_mailbox=not isinstance(item.command, _OTHER_STRINGS))
        )
        yield from ((one, _shown(parts)) for one in ids)


def _shown(parts: list[list[Piece]]) -> bytes:
    return b"".join(map(masked, parts))


def _differences(octets: bytes, written: bytes, profile: Profile, *, names_mailbox: bool) -> Iterator[tuple[str, ...]]:
    for sent, due in zip_longest(_tokens(octets), _tokens(written)):
        if sent is None or due is None:
            yield _ABNF
            return
        if sent.written == due.written:
            continue
        if _spelled(sent) == _spelled(due):
            if sent.plus and not due.plus:
                yield profile.cites("strings.non_synchronizing_literals")
            elif sent.literal and not sent.string:
                continue  # both spellings of an empty string are written (O5:V0012)
            elif sent.written[:1] == due.written[:1] == b'"':
                yield _ABNF  # an escape where none is due
            elif names_mailbox:
                yield profile.cites("strings.quote_always")
        else:
            yield _ABNF
            if _spelled(sent).upper() != _spelled(due).upper():
                return  # out of step


def _spelled(token: Token) -> bytes:
    return token.written if token.string is None else token.string


def _tokens(octets: bytes) -> Iterator[Token]:
    place = 0
    while (found := _TOKEN.search(octets, place)) is not None:
        place = found.end()
        if found[1] is not None:
            size = int(found[1])
            yield Token(found[0], octets[place : place + size], literal=True, plus=bool(found[2]))
            place += size
        elif found[3] is not None:
            yield Token(found[0], re.sub(rb"\\(.)", rb"\1", found[3], flags=re.DOTALL))
        else:
            yield Token(found[0])
