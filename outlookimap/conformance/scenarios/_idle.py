"""What scenarios that idle have in common: entering IDLE, and what became of a command.

Knows no single scenario and no server.
"""

from __future__ import annotations

from outlookimap.client import Event, Session
from outlookimap.conformance.stage import Stage
from outlookimap.transport.tap import Sender


def completion(stage: Stage, command: bytes) -> str:
    """Return OK, NO or BAD, as which the last `command` was completed; nothing where it was not."""
    sent = stage.said(rb"(?i)\A\w+ %s\b" % command, sender=Sender.CLIENT)
    if not sent:
        return ""
    answers = stage.said(rb"\A%s " % sent[-1].split()[0])
    return answers[-1].split()[1].decode("ascii", "replace").upper() if answers else ""


def go_aheads(stage: Stage) -> int:
    """Return how many continuation requests have come."""
    return len(stage.said(rb"\A\+"))


def idles(stage: Stage, session: Session, heard: list[Event] | None = None) -> bool:
    """Let a session that wants to idle do so; return whether the server let it. News go into `heard`."""
    before = go_aheads(stage)
    news = session.poll()
    while news and go_aheads(stage) == before:
        if heard is not None:
            heard += news
        news = session.poll()
    return go_aheads(stage) > before
