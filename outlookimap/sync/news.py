"""What the server says unasked of the selected folder, taken into the local copy.

News are noted as they come, which sends nothing; what they leave open (a message that is announced, one that went and
nobody knows which) is asked for afterwards.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from outlookimap.cache import Cache
from outlookimap.client import Event, Message
from outlookimap.protocol.events import Exists, Expunged
from outlookimap.sync import recognition
from outlookimap.sync.arrivals import Headers, flags_of
from outlookimap.sync.line import Line
from outlookimap.sync.plan import Seen
from outlookimap.sync.sweeping import resweep
from outlookimap.wire.sequence import SequenceSet

ROUNDS = 10
"""How often the answers to our questions may bring new questions, before the rest is left for the next time."""


@dataclass(frozen=True, slots=True)
class Absorbed:
    """What news came to: ids of the messages that came, how many have other flags, how many went."""

    new_ids: tuple[int, ...] = ()
    changed: int = 0
    removed: int = 0

    def __add__(self, other: Absorbed) -> Absorbed:
        return Absorbed(self.new_ids + other.new_ids, self.changed + other.changed, self.removed + other.removed)


def absorb(line: Line, cache: Cache, events: Iterable[Event] = ()) -> Absorbed:
    """Take `events` into the local copy, with what they say of the selected folder only by half.

    EXISTS means messages at the end, whose UIDs are asked for and then the headers; EXPUNGE of a message that was never
    seen means a sweep. Where nothing is selected, or nothing of it is here, events change nothing.

    Statements: O5:V0001, O5:C0002, O5:V0055
    """
    absorbed = note(line, cache, events)
    for _ in range(ROUNDS):
        if not line.behind:
            break
        absorbed += _catch_up(line, cache)
        absorbed += note(line, cache, line.session.poll(0.0))
    return absorbed


def note(line: Line, cache: Cache, events: Iterable[Event]) -> Absorbed:
    """Take in what `events` say by themselves, in their order, and let `line` remember the rest; send nothing.

    A part of a body that came where all of it was asked for is kept only where there is nothing better.

    Statements: O5:V0001, O5:V0004, O5:V0070, O5:C0002
    """
    flags: dict[int, Seen] = {}
    bodies: dict[int, Message] = {}
    gone: list[int] = []
    for event in events:
        if isinstance(event, Exists):
            line.arrived(event.count, event.change)
        elif isinstance(event, Expunged):
            line.went(event.seq, event.uid)
            if event.uid is not None:
                gone.append(event.uid)
                flags.pop(event.uid, None)
        elif isinstance(event, Message) and event.uid is not None:
            if event.flags is not None:
                flags[event.uid] = (event.uid, *flags_of(event.flags))
            if event.body is not None:
                bodies[event.uid] = event
    folder, generation = line.selected, line.generation
    if folder is None or generation is None or not (flags or gone or bodies):
        return Absorbed()
    with cache.transaction():
        for uid, message in bodies.items():
            row = cache.messages.by_uid(folder, uid)
            if row is not None and row.generation == generation and message.body is not None:
                cache.messages.store_body(row.id, message.body, partial=message.partial)
        removed = cache.messages.remove_uids(folder, generation, gone) if gone else 0
        changed = cache.messages.set_server_flags(folder, generation, flags.values()) if flags else 0
    return Absorbed(changed=changed, removed=removed)


def _catch_up(line: Line, cache: Cache) -> Absorbed:
    """Ask for what the news so far did not say."""
    folder, generation = line.selected, line.generation
    if folder is None or generation is None:
        return Absorbed()
    absorbed = Absorbed()
    if line.unsure:
        merged = resweep(line, cache, folder, generation)
        absorbed += Absorbed(changed=len(merged.changed), removed=len(merged.gone))
        missing: Sequence[int] = merged.new
    else:
        announced = SequenceSet(((line.exists - line.unlearnt + 1, line.exists),))
        line.unlearnt = 0
        answers = line.session.fetch_uids(announced)
        absorbed += note(line, cache, answers)  # flags that changed elsewhere pass for answers
        uids = {message.uid for message in answers if message.uid is not None}
        line.present |= uids
        missing = sorted(uid for uid in uids if cache.messages.by_uid(folder, uid) is None)
    return absorbed + fetch_missing(line, cache, folder, generation, missing)


def fetch_missing(line: Line, cache: Cache, folder: int, generation: int, missing: Sequence[int]) -> Absorbed:
    """Fetch the headers of `missing`, UIDs of the selected folder, and recognise messages of ours among them."""
    if not missing:
        return Absorbed()
    with Headers(cache, folder, generation, lambda _count, _octets: None) as headers:
        line.session.fetch_headers(missing, into=headers.take)
    raise_floor(cache, folder, missing)
    return Absorbed(new_ids=recognised(line, cache, folder, [*headers.ids.values()]))


def recognised(line: Line, cache: Cache, folder: int, new_ids: Sequence[int]) -> tuple[int, ...]:
    """Find messages of ours that wait for their UID in `folder`; return which of `new_ids` are new all the same."""
    if not cache.messages.placeholders(folder):
        return tuple(new_ids)
    recognition.settle(line, cache, folder)
    return tuple(row for row in new_ids if cache.messages.get(row) is not None)


def raise_floor(cache: Cache, folder: int, uids: Iterable[int]) -> None:
    """Keep the highest UID that is known to have been given out in `folder`."""
    highest = max(uids, default=0)
    row = cache.folders.get(folder)
    if row is not None and highest > row.floor:
        cache.folders.update(folder, floor=highest)
