"""A change whose command went out and was never answered: was it made? Looks, and sends nothing that changes anything.

What was made is finished, as far as it was made; the rest is played as if it had not been sent.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping

from outlookimap.cache import ChangeRow, ChangeState, FolderRow
from outlookimap.errors import CommandFailed
from outlookimap.sync import folder_playing
from outlookimap.sync.effects import finish
from outlookimap.sync.message_playing import Stage


def resolve(stage: Stage, change: ChangeRow) -> None:
    """Finish what is found to have been made of a change in doubt; what may safely be sent again is left.

    Flags, subscriptions and the second step of a move say the same however often they are said. Raises CommandFailed
    where the server does not let us look: then nothing is known, and the change stays in doubt.

    Statements: O5:V0007, O5:V0048, O5:V0057
    """
    look = _LOOKS.get(change.kind)
    if look is not None:
        look(stage, change)


def _messages(stage: Stage, change: ChangeRow) -> None:
    """Look for new messages among those that came to the target; each is found, or is not there.

    Statements: O5:V0007, O5:V0057
    """
    cache = stage.cache
    target = None if change.target is None else cache.folders.get(change.target)
    if change.step > 0 or target is None or target.server_raw is None:
        return
    made = [one.placeholder for one in change.subjects if one.placeholder is not None]
    if any(_unknown(stage, one) for one in made):
        try:
            stage.reach.recognise(target, [change])
        except CommandFailed as error:
            if error.command != "SELECT" or target.server_raw in stage.reach.listed():
                raise
            return  # where there is no folder nothing has arrived
    if any(_unknown(stage, one) for one in made):
        return
    if change.kind == "move":
        cache.changes.set_step(change.id, 1)
    else:
        finish(cache, change, ChangeState.DONE, change.error)


def _unknown(stage: Stage, placeholder: int) -> bool:
    row = stage.cache.messages.get(placeholder)
    return row is not None and row.uid is None


def _purge(stage: Stage, change: ChangeRow) -> None:
    """Look whether any of the messages that were to go is left."""
    messages = [one.message for one in change.subjects if one.message is not None]
    rows = stage.ready(change, messages)
    if rows is not None and not rows:
        finish(stage.cache, change, ChangeState.DONE)


def _create(stage: Stage, change: ChangeRow) -> None:
    folder = _folder(stage, change)
    if folder is None or folder.server_raw is not None:
        return
    listed = stage.reach.listed()
    if folder_playing.created_raw(stage, change) in listed:
        folder_playing.created(stage, change, folder)


def _rename(stage: Stage, change: ChangeRow) -> None:
    folder = _folder(stage, change)
    if folder is None or folder.server_raw is None:
        return
    listed = stage.reach.listed()
    if folder_playing.renamed_raw(folder, change) in listed and folder.server_raw not in listed:
        folder_playing.renamed(stage, change, folder)


def _delete(stage: Stage, change: ChangeRow) -> None:
    """Look whether the folder is there; one of its name with another UIDVALIDITY is somebody else's."""
    folder = _folder(stage, change)
    if folder is None or folder.server_raw is None:
        return
    listed = stage.reach.listed().get(folder.server_raw)
    if listed is not None and (listed.selectable or not folder.selectable):
        if not listed.selectable or folder.uidvalidity is None:
            return
        if stage.line.select(folder, again=True).uidvalidity == folder.uidvalidity:
            return
    folder_playing.deleted(stage, change, folder)


def _folder(stage: Stage, change: ChangeRow) -> FolderRow | None:
    return None if change.folder is None else stage.cache.folders.get(change.folder)


_LOOKS: Mapping[str, Callable[[Stage, ChangeRow], None]] = {
    "append": _messages,
    "copy": _messages,
    "move": _messages,
    "purge": _purge,
    "create": _create,
    "rename": _rename,
    "delete": _delete,
}
