"""A conversation as a ladder: who said what, where an utterance begins, and what may be folded away.

Must not know where a conversation comes from, nor how a ladder is drawn.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from enum import StrEnum

from outlookimap.conformance.outcome import Line

SHORT = 24
"""A conversation of so many lines is shown whole."""
BEFORE, AFTER = 10, 5
"""How many lines around the offending one of a longer conversation are shown."""
_LONG, _HEAD = 800, 400  # characters: a longer line is shown up to its head, the rest is folded


class Side(StrEnum):
    """Where on a ladder something stands."""

    CLIENT = "client"
    SERVER = "server"
    EVENT = "event"
    REMARK = "remark"


@dataclass(frozen=True, slots=True)
class Rung:
    """One line on a ladder.

    `rest` is what of a very long line is folded away; `starts` says that its side begins to speak here, rather than
    goes on with a literal or a part of a line; `offends` that it shows what is wrong.
    """

    side: Side
    text: str
    rest: str = ""
    starts: bool = True
    offends: bool = False


@dataclass(frozen=True, slots=True)
class Stretch:
    """Rungs that follow each other; `folded` says that they are not what a reader came for."""

    rungs: tuple[Rung, ...]
    folded: bool


def ladder(lines: Sequence[Line]) -> tuple[Stretch, ...]:
    """Return a conversation cut into stretches: what is around the offending line is open, what is far from it folded.

    Without an offending line the end is what matters.
    """
    rungs = _rungs(lines)
    if len(rungs) <= SHORT:
        return (Stretch(rungs, folded=False),) if rungs else ()
    place = next((number for number, rung in enumerate(rungs) if rung.offends), len(rungs) - 1)
    first, last = max(place - BEFORE, 0), min(place + AFTER + 1, len(rungs))
    parts = ((rungs[:first], True), (rungs[first:last], False), (rungs[last:], True))
    return tuple(Stretch(part, folded=folded) for part, folded in parts if part)


def _rungs(lines: Iterable[Line]) -> tuple[Rung, ...]:
    found: list[Rung] = []
    going_on: Side | None = None
    for line in lines:
        side = {"C": Side.CLIENT, "S": Side.SERVER, "@": Side.EVENT}.get(line.mark[:1], Side.REMARK)
        text = _event(line.text) if side is Side.EVENT else line.text
        head, rest = (text[:_HEAD], text[_HEAD:]) if len(text) > _LONG else (text, "")
        found.append(Rung(side, head, rest, starts=side is not going_on, offends=line.offends))
        # a literal, and a line that announces one, are followed by more of the same utterance
        partial = line.mark[1:] in ("-", "|") or re.search(r"\{\d+\+?\}$", line.text)
        going_on = side if partial else None
    return tuple(found)


def _event(text: str) -> str:
    """Return an event of a recording (docs/transcripts.md) in words."""
    if re.fullmatch(r"\+\d+(\.\d+)?", text):
        return f"{text[1:]} s later"
    words = {
        "tls": "TLS begins",
        "connected": "another connection",
        "closed": "the connection ends",
        "closed client": "the client closes the connection",
        "closed server": "the server closes the connection",
    }
    return words.get(text, text)
