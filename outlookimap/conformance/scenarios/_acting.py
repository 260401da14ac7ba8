"""What scenarios that change mail have in common: beginning in a folder, and looking whether a message is kept.

Knows no single scenario and no server.
"""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Callable, Collection, Iterable

from outlookimap.client import Session
from outlookimap.conformance.observer import Seen
from outlookimap.conformance.scenarios._mail import difference, fields_of, mail, parted
from outlookimap.conformance.stage import Stage
from outlookimap.errors import CommandFailed
from outlookimap.wire import mailbox as names

STORED = rb"(?i)\A\w+ OK .*(?:APPEND|COPY)"
"""The answer to APPEND or COPY, as servers word it."""


def opened(stage: Stage) -> Session:
    """Return a session that has selected the folder."""
    session = stage.session()
    session.select(stage.folder)
    return session


def filled(stage: Stage, count: int, *, flags: Collection[bytes] = ()) -> list[int]:
    """Put so many messages into the folder, whose subjects are the scenario and a number; return their UIDs."""
    return stage.fill((mail(f"{stage.scenario.id} {number}") for number in range(1, count + 1)), flags=[*flags])


def made(stage: Stage, name: str = "target") -> str:
    """Let the observer make a folder beside that of the scenario and return its name."""
    folder = stage.beside(name)
    stage.observer.create(names.encode(folder))
    return folder


def looked(stage: Stage, folder: str) -> list[Seen]:
    """Return the messages of a folder as the observer sees them."""
    return stage.observer.look(names.encode(folder))


def subject(seen: Seen) -> str:
    """Return the subject of a message, empty where it has none."""
    fields = [field for field in fields_of(parted(seen.octets)[0]) if field.lower().startswith(b"subject:")]
    return fields[0].partition(b":")[2].strip().decode("ascii", "replace") if fields else ""


def words(flags: Iterable[bytes]) -> str:
    """Return flags as a reader sees them, in alphabetical order."""
    return " ".join(sorted(flag.decode("ascii", "replace") for flag in flags)) or "none"


def same(flags: Iterable[bytes], others: Iterable[bytes]) -> bool:
    """Tell whether flags are the same: case does not matter."""
    return {flag.lower() for flag in flags} == {flag.lower() for flag in others}


def one_of(stage: Stage, found: Collection[Seen]) -> Seen:
    """Return the one message that has to be there; fails where there is none, or more than one."""
    text = f"one message was stored and answered with OK; {len(found)} are there"
    stage.require(len(found) == 1, text, said=STORED)
    [only] = found
    return only


def kept(stage: Stage, stored: bytes, came: bytes) -> None:
    """Require that a message is what was sent: each field of its header, and its text; a server may add fields."""
    header, text = parted(stored)
    wrong = difference(text, parted(came)[1])
    stage.require(wrong is None, f"the text is not that which was sent: {wrong}", said=STORED)
    fields = Counter(fields_of(parted(came)[0]))
    for field in fields_of(header):
        shown = repr(field[:60])[1:]
        text_of = f"the header lacks a field that was sent, or has it with another value: {shown}"
        stage.require(fields[field] > 0, text_of, said=STORED)
        fields[field] -= 1


def has_to_be_refused(stage: Stage, folder: str, doing: str, act: Callable[[], object]) -> None:
    """Require that `act` is refused because `folder` is not there, which is not made by it."""
    try:
        act()
    except CommandFailed:
        found = stage.observer.folders(names.encode(folder))
        stage.require(not found, f"{doing} to a folder that is not there made it", said=_completion(stage))
    else:
        stage.fail(f"{doing} to a folder that is not there was answered with OK", said=_completion(stage))


def _completion(stage: Stage) -> bytes:
    """Return a pattern that finds the last completion of a command so far."""
    return re.escape(stage.said(rb"\A\w+ (?:OK|NO|BAD)\b")[-1])
