"""The sweep: UIDs and flags of all messages of the selected folder, and what they mean for a generation of its rows.

Fetches no header: what a sweep finds missing is named to the caller.
"""

from __future__ import annotations

from collections.abc import Sequence

from outlookimap.cache import Cache
from outlookimap.client import Message
from outlookimap.errors import SweepIncomplete
from outlookimap.sync.arrivals import flags_of
from outlookimap.sync.line import Line
from outlookimap.sync.plan import Merge, Seen, in_order, merge
from outlookimap.wire.sequence import SequenceSet


def sweep(line: Line) -> Sequence[Seen]:
    """Ask for the flags of all messages of the selected folder; of an empty one nothing is asked.

    Raises SweepIncomplete where messages are there and not one was named: that is no word to remove anything on.

    Statements: O5:V0055
    """
    found: list[Seen] = []

    def take(messages: list[Message]) -> None:
        found.extend(
            (message.uid, *flags_of(message.flags))
            for message in messages
            if message.uid is not None and message.flags is not None
        )

    if line.exists:
        line.session.fetch_flags(SequenceSet.all(), into=take)
    if line.exists and not found:
        raise SweepIncomplete(f"{line.exists} messages are there, and the server named none of them when asked for all")
    seen = in_order(found)
    line.swept(uid for uid, _, _ in seen)
    return seen


def resweep(line: Line, cache: Cache, folder: int, generation: int) -> Merge:
    """Sweep, take away what is gone and correct what changed; the headers of what is new are the caller's business.

    Statements: O5:V0055, O5:C0002
    """
    seen = sweep(line)
    with cache.transaction():
        merged = merge(cache.messages.uids_and_flags(folder, generation), seen)
        cache.messages.remove(merged.gone)
        cache.messages.set_server_flags(folder, generation, merged.changed)
    return merged
