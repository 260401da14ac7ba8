"""Messages of ours that the server has taken and that are not there once their folder was looked at whole.

Tells them from those that are there with another header, which some servers write. Sends nothing, and looks for nothing
by itself: what can be recognised has its UID by then.
"""

from __future__ import annotations

import logging
from collections.abc import Iterable, Iterator

from outlookimap.cache import BodyState, Cache, ChangeRow, ChangeState, FolderRow, MessageRow
from outlookimap.cache.summary import Fingerprint

_log = logging.getLogger(__name__)


def let_go(cache: Cache, folder_id: int) -> None:
    """Let go of the copies and new messages a folder shows that were not found there; what was lost the queue tells.

    A new message whose APPEND was answered OK is held, because its content is nowhere else; should it come after all,
    `recognition` finds it. Copies are removed, and their change is dropped. Messages that open changes are about stay.

    Statements: O5:V0048, O5:V0057
    """
    with cache.transaction():
        awaited = cache.changes.messages_with_changes(folder_id)
        missing = [row for row in cache.messages.placeholders(folder_id) if row.id not in awaited]
        folder = cache.folders.get(folder_id)
        if not missing or folder is None:
            return
        lost: dict[int, list[MessageRow]] = {}
        found = _Unclaimed(cache, folder)
        for row in missing:
            change = cache.changes.maker(row.id)
            if change is not None and change.state is ChangeState.DONE and not found.take(change, row):
                lost.setdefault(change.id, []).append(row)
        kept = {row.id for change, rows in lost.items() for row in rows if _tell(cache, folder, change, rows)}
        cache.messages.remove(row.id for row in missing if row.id not in kept)


def _tell(cache: Cache, folder: FolderRow, identity: int, rows: list[MessageRow]) -> bool:
    """Let the queue tell that a change was made in vain; return whether its message is held."""
    change = cache.changes.get(identity)
    if change is None:
        return False
    octets, state = cache.messages.body(rows[0].id) or (b"", BodyState.NONE)
    held = change.kind == "append" and state is BodyState.WHOLE
    missing = "the message is" if len(change.subjects) == 1 else f"{len(rows)} of {len(change.subjects)} messages are"
    error = f"the server answered OK, but {missing} not in {folder.name!r}: lost there, or removed by others"
    _log.warning("change %d (%s): %s", change.id, change.kind, error)
    if held:
        cache.changes.correct(change.id, ChangeState.HELD, error, octets)
    else:
        cache.changes.correct(change.id, ChangeState.DROPPED, error)
    return held


class _Unclaimed:
    """Messages of a folder that no change of ours is known to have made; each passes for one of ours at most."""

    def __init__(self, cache: Cache, folder: FolderRow) -> None:
        self._uidvalidity = folder.uidvalidity
        self._uids = {row: uid for uid, _, _, row in cache.messages.uids_and_flags(folder.id, folder.generation)}
        self._cache = cache

    def take(self, change: ChangeRow, mine: MessageRow) -> bool:
        """Tell whether one of them may be `mine`, which `change` made, with another header; no other will be that."""
        floor = (change.floor or 0) if change.floor_uidvalidity == self._uidvalidity else 0
        above = [row for row, uid in self._uids.items() if uid > floor]
        [(_, wanted)] = self._cache.messages.fingerprints([mine.id])
        other = next(self._like(wanted, above), None)
        if other is not None:
            del self._uids[other]
        return other is not None

    def _like(self, wanted: Fingerprint, rows: Iterable[int]) -> Iterator[int]:
        for row, one in self._cache.messages.fingerprints(rows):
            same = one.message_id == wanted.message_id if wanted.message_id else one.received == wanted.received
            if same and self._cache.changes.maker(row) is None:
                yield row
