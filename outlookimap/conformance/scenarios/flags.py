"""Flags: what is stored is kept, and said back as it is."""

from __future__ import annotations

from outlookimap.conformance.scenario import steps
from outlookimap.conformance.stage import Stage


@steps("flag-kept")
def flag_kept(stage: Stage) -> None:
    r"""Store \Flagged silently; the observer has to see it."""
    [uid] = stage.fill([b"Subject: to be flagged\r\n\r\nHello\r\n"])
    session = stage.session()
    session.select(stage.folder)
    session.flag([uid])
    session.logout()
    flags = stage.observer.flags(stage.raw)[uid]
    message = f"the flag was stored and is not there afterwards: {sorted(flags)!r}"
    stage.require(rb"\Flagged" in flags, message, said=rb" OK ")
