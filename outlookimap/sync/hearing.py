"""News of the selected folder on their way into the local copy, or what is left of them where it is not free.

Nothing is waited for; who has the line decides when to listen.
"""

from __future__ import annotations

from collections.abc import Sequence

from outlookimap.cache import Cache
from outlookimap.client import Event
from outlookimap.errors import CacheBusy
from outlookimap.protocol.events import Exists, Expunged
from outlookimap.sync import news
from outlookimap.sync.line import Line


def hear(line: Line, cache: Cache) -> Sequence[Event]:
    """Take the news there are into the local copy and return them.

    Where another process is at work on it, it is brought up to date by the next look at the folder instead.

    Statements: O5:V0001, O5:C0002
    """
    events = line.session.poll(0.0)
    try:
        with cache.working(0.0):
            folder = None if line.selected is None else cache.folders.get(line.selected)
            if folder is not None and line.generation not in (None, folder.generation):
                line.select(folder, again=True)  # another process has replaced what is here of it
            else:
                news.absorb(line, cache, events)
    except CacheBusy:
        for event in events:
            if isinstance(event, Exists):
                line.arrived(event.count, event.change)
            elif isinstance(event, Expunged):
                line.went(event.seq, event.uid)
        line.mistrust()
    return events
