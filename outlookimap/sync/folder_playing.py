"""The changes of folders as commands: CREATE, RENAME, DELETE, SUBSCRIBE, and what their answers mean here.

Names are put together from what the server calls the folders now: changes before may have been refused.
"""

from __future__ import annotations

from outlookimap.cache import ChangeRow, ChangeState, FolderRow
from outlookimap.errors import UsageError
from outlookimap.sync.effects import finish
from outlookimap.sync.message_playing import Stage
from outlookimap.wire import mailbox as names


def create(stage: Stage, change: ChangeRow) -> None:
    """Create a folder below what the folder above it is called now.

    Statements: O5:V0018, O5:V0019, O5:V0020
    """
    folder = _folder(stage, change)
    if folder is None:
        return
    if folder.server_raw is None:
        if stage.session.delimiter is None:
            stage.session.list("")
        name, above = str(change.detail["name"]), superior(stage, change)
        stage.send(change)
        stage.session.create(name, parent=above)
        created(stage, change, folder)
    else:
        finish(stage.cache, change, ChangeState.DONE)


def created(stage: Stage, change: ChangeRow, folder: FolderRow) -> None:
    """Keep that a folder is on the server."""
    with stage.cache.transaction(durable=True):
        finish(stage.cache, change, ChangeState.DONE)
        stage.cache.folders.update(
            folder.id, server_raw=created_raw(stage, change), delimiter=stage.session.delimiter or folder.delimiter
        )


def created_raw(stage: Stage, change: ChangeRow) -> bytes:
    """Return the raw name a new folder has on the server."""
    name, above = names.encode(str(change.detail["name"])), superior(stage, change)
    return name if above is None else above + names.encode(stage.session.delimiter or "") + name


def superior(stage: Stage, change: ChangeRow) -> bytes | None:
    """Return the raw name of the folder above a new one, of the root folder path where there is none above it.

    Statements: O5:V0022
    """
    parent = change.detail["parent"]
    if parent is None:
        root = names.encode(stage.session.policy.root_folder)
        return root.removesuffix(names.encode(stage.session.delimiter or "")) or None
    row = stage.cache.folders.get(parent)
    if row is None or row.server_raw is None:
        raise UsageError("create: the folder above it is not on the server")
    return row.server_raw


def rename(stage: Stage, change: ChangeRow) -> None:
    """Rename a folder, with those below it.

    Statements: O5:V0018, O5:V0019
    """
    folder = _folder(stage, change)
    if folder is None:
        return
    to = renamed_raw(folder, change)
    assert folder.server_raw is not None  # noqa: S101 - `renamed_raw` has looked
    if folder.server_raw != to:
        stage.reach.leave(folder)
        stage.send(change)
        stage.session.rename(folder.server_raw, to)
    renamed(stage, change, folder)


def renamed_raw(folder: FolderRow, change: ChangeRow) -> bytes:
    """Return the raw name a renamed folder has on the server."""
    if folder.server_raw is None:
        raise UsageError(f"rename: the folder {folder.name!r} is not on the server")
    level = bytes.fromhex(str(change.detail["level"]))
    delimiter = names.encode(folder.delimiter or "")
    above, found, _ = folder.server_raw.rpartition(delimiter) if delimiter else (b"", b"", b"")
    return above + found + level


def renamed(stage: Stage, change: ChangeRow, folder: FolderRow) -> None:
    """Keep that the server calls a folder, and those below it, otherwise."""
    with stage.cache.transaction(durable=True):
        finish(stage.cache, change, ChangeState.DONE)
        stage.cache.folders.rename_tree(folder.id, renamed_raw(folder, change), server=True)


def delete(stage: Stage, change: ChangeRow) -> None:
    """Delete a folder with what is in it; one that is only here goes without a word."""
    folder = _folder(stage, change)
    if folder is None:
        return
    if folder.server_raw is not None:
        stage.reach.leave(folder)
        stage.send(change)
        stage.session.delete(folder.server_raw)
    deleted(stage, change, folder)


def deleted(stage: Stage, change: ChangeRow, folder: FolderRow) -> None:
    """Let go of a folder that the server has no longer."""
    with stage.cache.transaction(durable=True):
        finish(stage.cache, change, ChangeState.DONE)
        stage.cache.folders.remove(folder.id)


def subscribe(stage: Stage, change: ChangeRow) -> None:
    """Subscribe to a folder, or unsubscribe from it."""
    folder = _folder(stage, change)
    if folder is None:
        return
    if folder.server_raw is None:
        raise UsageError(f"{change.kind}: the folder {folder.name!r} is not on the server")
    stage.send(change)
    if change.kind == "subscribe":
        stage.session.subscribe(folder.server_raw)
    else:
        stage.session.unsubscribe(folder.server_raw)
    finish(stage.cache, change, ChangeState.DONE)


def _folder(stage: Stage, change: ChangeRow) -> FolderRow | None:
    """Return the folder of a change, which is dropped where there is none any more."""
    folder = None if change.folder is None else stage.cache.folders.get(change.folder)
    if folder is None:
        finish(stage.cache, change, ChangeState.DROPPED, "the folder is gone")
    return folder
