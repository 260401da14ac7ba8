"""Finds our own messages among those of the server: copies and new messages whose UID nobody said, renumbered ones.

What fingerprints leave open is decided by octets, fetched where they are not here. Changes nothing on the server, and
decides nothing about the queue.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence

from outlookimap.cache import BodyState, Cache, ChangeRow, ChangeState
from outlookimap.client import Message
from outlookimap.sync.line import Line
from outlookimap.sync.plan import uids_persist
from outlookimap.sync.recognise import Known, Tie, decide, pair


def settle(line: Line, cache: Cache, folder_id: int) -> None:
    """Give the messages of ours that wait for a UID in a folder the one they have, where they are found.

    Those the server has confirmed come first, in the order they were made, then those that are in doubt. What is found
    has a UID above the highest one before the command was sent: what was there before is not ours. All of it is one
    transaction, so that no message is found for two. All that is here is looked through, not what came last alone: a
    visit may have been interrupted after it.

    Statements: O5:V0003, O5:V0007, O5:V0057
    """
    waiting = _waiting(cache, folder_id)
    folder = cache.folders.get(folder_id)
    if not waiting or folder is None:
        return
    if line.selected != folder_id:
        line.select(folder)
    lasting = line.mailbox is not None and uids_persist(line.mailbox)
    uids = {row: uid for uid, _, _, row in cache.messages.uids_and_flags(folder_id, folder.generation)}
    prints = dict(cache.messages.fingerprints(uids))
    found: dict[int, int] = {}
    for change, placeholders in waiting:
        known = lasting and change is not None and change.floor_uidvalidity == folder.uidvalidity
        floor = (change.floor or 0) if known and change is not None else 0
        wanted = cache.messages.fingerprints(placeholders)
        alike = {one.header_hash for _, one in wanted}
        taken = {*found.values()}
        candidates = [
            (row, prints[row])
            for row, uid in uids.items()
            if uid > floor and row not in taken and prints[row].header_hash in alike and _foreign(cache, row)
        ]
        found |= _paired(line, cache, wanted, candidates)
    with cache.transaction(durable=True):
        for placeholder, row in found.items():
            cache.messages.assign(placeholder, uid=uids[row], arrived_id=row)
        for change, placeholders in waiting:
            if change is not None and _was_missed(change) and found.keys() >= {*placeholders}:
                cache.changes.set_state(change.id, ChangeState.DONE)


def pair_generations(
    line: Line,
    cache: Cache,
    old_ids: Sequence[int],
    new_ids: Sequence[int],
) -> dict[int, int]:
    """Return which of the messages fetched anew is which of those that are here, by id; the folder is selected.

    Statements: O5:V0003, O5:V0007
    """
    return _paired(line, cache, cache.messages.fingerprints(old_ids), cache.messages.fingerprints(new_ids))


def _waiting(cache: Cache, folder_id: int) -> list[tuple[ChangeRow | None, list[int]]]:
    """Return the messages that wait for a UID by the change that made them, confirmed ones first; None is forgotten."""
    changes: dict[int, ChangeRow] = {}
    waiting: dict[int, list[int]] = {}
    for row in cache.messages.placeholders(folder_id):
        change = cache.changes.maker(row.id)
        if change is None or change.state in (ChangeState.DONE, ChangeState.SENT) or _was_missed(change):
            number = 0 if change is None else change.id
            waiting.setdefault(number, []).append(row.id)
            if change is not None:
                changes[number] = change
    return [
        (changes.get(number), waiting[number])
        for number in sorted(waiting, key=lambda number: (_in_doubt(changes.get(number)), number))
    ]


def _in_doubt(change: ChangeRow | None) -> bool:
    return change is not None and change.state is ChangeState.SENT and change.step == 0


def _was_missed(change: ChangeRow) -> bool:
    """Tell whether a change is held because its message, which the server had confirmed, was not there."""
    return change.state is ChangeState.HELD and change.step > 0


def _foreign(cache: Cache, row: int) -> bool:
    """Tell whether a message is none that a change of ours made and that was found already."""
    return cache.changes.maker(row) is None


def _paired(line: Line, cache: Cache, wanted: Sequence[Known], found: Sequence[Known]) -> dict[int, int]:
    """Pair messages, in the order they are given; what is found is in the selected folder."""
    pairing = pair(wanted, found)
    paired = dict(pairing.sure)
    for tie in pairing.ties:
        paired |= decide(tie, _octets(line, cache, tie))
    return paired


def _octets(line: Line, cache: Cache, tie: Tie) -> Mapping[int, bytes | None]:
    """Return the octets of a tie: of what is wanted those that are here, and then those of what was found.

    Statements: O5:V0007
    """
    octets = {row: _whole(cache, row) for row in tie.wanted}
    if any(one is not None for one in octets.values()):
        octets |= {row: _whole(cache, row) for row in tie.found}
        _fetch(line, cache, [row for row in tie.found if octets[row] is None])
        octets |= {row: _whole(cache, row) for row in tie.found}
    return octets


def _whole(cache: Cache, row: int) -> bytes | None:
    octets, state = cache.messages.body(row) or (b"", BodyState.NONE)
    return octets if state is BodyState.WHOLE else None


def _fetch(line: Line, cache: Cache, rows: Iterable[int]) -> None:
    """Fetch messages of the selected folder whole and keep them."""
    found = (cache.messages.get(row) for row in rows)
    ids = {row.uid: row.id for row in found if row is not None and row.uid is not None}

    def take(messages: list[Message]) -> None:
        for message in messages:
            row = None if message.uid is None else ids.get(message.uid)
            if row is not None and message.body is not None:
                cache.messages.store_body(row, message.body, partial=message.partial)

    if ids:
        line.session.fetch_bodies(sorted(ids), into=take)
