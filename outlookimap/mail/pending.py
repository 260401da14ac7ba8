"""Changes that wait, in words. Knows the queue's rows and nothing of how they are played."""

from __future__ import annotations

import datetime as dt
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass

from outlookimap.cache import ChangeRow, ChangeState
from outlookimap.wire import mailbox as names

_FLAGGING = {
    "delete": "mark {what} in {folder} as deleted",
    "undelete": "take the deletion mark off {what} in {folder}",
    "read": "mark {what} in {folder} as read",
    "unread": "mark {what} in {folder} as unread",
    "flag": "flag {what} in {folder}",
    "unflag": "unflag {what} in {folder}",
    "answered": "mark {what} in {folder} as answered",
    "unanswered": "mark {what} in {folder} as not answered",
    "replace": "set the flags of {what} in {folder}",
}
_SENTENCES = {
    "copy": "copy {what} from {folder} to {target}",
    "move": "move {what} from {folder} to {target}",
    "append": "add {what} to {target}",
    "purge": "remove what is marked as deleted in {folder}",
    "create": "create the folder {folder}",
    "rename": "rename the folder {folder} to {new}",
    "delete": "delete the folder {folder}",
    "subscribe": "subscribe to the folder {folder}",
    "unsubscribe": "unsubscribe from the folder {folder}",
}


@dataclass(frozen=True, slots=True)
class Pending:
    """A change that the server has not confirmed yet.

    `what` says it in words. `error` is why it is held (the server refused it, or took it and has it not, and its
    content is nowhere else), or for which held change it waits, because it is about a message of that one; None where
    it only waits for the next sync.
    """

    id: int
    kind: str
    what: str
    made: dt.datetime
    error: str | None = None

    @classmethod
    def all_of(cls, changes: Iterable[ChangeRow], folder_name: Callable[[int], str]) -> list[Pending]:
        """Return open changes in words, in their order; `folder_name` gives the name of a folder by its id."""
        return [cls._of(change, folder_name, held) for change, held in _with_held(changes)]

    @classmethod
    def _of(cls, change: ChangeRow, folder_name: Callable[[int], str], held: ChangeRow | None) -> Pending:
        pattern = _SENTENCES.get(change.kind) or _FLAGGING[str(change.detail["purpose"])]
        what = pattern.format(
            what="a message" if len(change.subjects) == 1 else f"{len(change.subjects)} messages",
            folder="" if change.folder is None else repr(folder_name(change.folder)),
            target="" if change.target is None else repr(folder_name(change.target)),
            new=repr(names.decode(bytes.fromhex(str(change.detail.get("raw", ""))))),
        )
        error = change.error
        if held is not None and held is not change:
            why = f": {held.error}" if held.error else ""
            error = f"it waits for change {held.id}, which is held until it is retried or discarded{why}"
        return cls(change.id, change.kind, what, change.made, error)


def _with_held(changes: Iterable[ChangeRow]) -> Iterator[tuple[ChangeRow, ChangeRow | None]]:
    """Yield each change with the held one that keeps it from being made: itself, or one that makes its messages."""
    keeping: dict[int | None, ChangeRow] = {}
    for change in changes:
        held = change if change.state is ChangeState.HELD else None
        if held is None and change.kind != "purge":  # which leaves out what is not on the server
            held = next((keeping[one.message] for one in change.subjects if one.message in keeping), None)
        if held is not None:
            keeping |= {one.placeholder: held for one in change.subjects if one.placeholder is not None}
        yield change, held
