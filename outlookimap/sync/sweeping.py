"""The sweep: UIDs and flags of all messages of the selected folder, and what they mean for a generation of its rows.

Fetches no header: what a sweep finds missing is named to the caller.
"""

from __future__ import annotations

from collections.abc import Sequence

from outlookimap.cache import Cache
from outlookimap.errors import SweepIncomplete
from outlookimap.sync.arrivals import flags_of
from outlookimap.sync.line import Line
from outlookimap.sync.plan import Flags, Merge, Sweep, merge
from outlookimap.wire.sequence import SequenceSet


def sweep(line: Line) -> Sweep:
    """Ask for the flags of all messages of the selected folder; of an empty one nothing is asked.

    Raises SweepIncomplete where messages are there and not one was named: that is no word to remove anything on.

    Statements: O5:V0055
    """
    uids: list[int] = []
    flags: list[Flags] = []

    def take(numbers: Sequence[int], names: Sequence[frozenset[str]]) -> None:
        uids.extend(numbers)
        flags.extend(map(flags_of, names))

    if line.exists:
        line.session.fetch_flags(SequenceSet.all(), columns=take)
    if line.exists and not uids:
        raise SweepIncomplete(f"{line.exists} messages are there, and the server named none of them when asked for all")
    line.swept(uids)
    return Sweep(uids, flags).in_order()


def resweep(line: Line, cache: Cache, folder: int, generation: int) -> Merge:
    """Sweep, take away what is gone and correct what changed; the headers of what is new are the caller's business.

    Statements: O5:V0055, O5:C0002
    """
    seen = sweep(line)
    with cache.transaction():
        merged = merge(cache.messages.states(folder, generation), seen)
        cache.messages.remove_uids(folder, generation, merged.gone)
        cache.messages.set_server_flags(folder, generation, merged.changed)
    return merged
