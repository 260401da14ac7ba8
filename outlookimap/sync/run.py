"""Send/Receive: the queue of local changes, then the folder list, then the folders, one after the other.

Decides the order and gathers the report; what happens in a folder is `visit`'s business, what a change is `playing`'s.
"""

from __future__ import annotations

import logging
from collections.abc import Sequence

from outlookimap.cache import Cache, ChangeState, FolderRow
from outlookimap.errors import CommandFailed, SelectIncomplete, SweepIncomplete
from outlookimap.sync.line import Line
from outlookimap.sync.plan import Listed, plan_folders
from outlookimap.sync.playing import play
from outlookimap.sync.report import FolderReport, Listener, SyncReport
from outlookimap.sync.visit import visit
from outlookimap.transport.clock import Clock
from outlookimap.wire import mailbox as names

_log = logging.getLogger(__name__)


def send_receive(
    line: Line,
    cache: Cache,
    *,
    folders: Sequence[int] | None = None,
    bodies: bool = True,
    progress: Listener | None = None,
    listed: bool = False,
    clock: Clock,
) -> SyncReport:
    """Play what is queued, take the folder list, and visit `folders` (ids; None is every folder that can be selected).

    With `listed` the folder list was just taken and is not asked for again, unless a change may have made it another.
    A folder the server refuses is told in its report and stops no other. Raises CommandFailed where the folder list is
    refused, which changes nothing here; ConnectionLost and the like where the connection ends: what was done until then
    stays done.

    Statements: O5:C0002, O5:V0041
    """
    begun, before = clock.now(), line.session.traffic
    listed = listed and not cache.changes.open()
    play(line, cache)
    if not listed:
        list_folders(line, cache)
    reports = tuple(
        _visited(line, cache, folder, bodies=bodies, progress=progress)
        for folder in cache.folders.all()
        if folder.selectable and (folders is None or folder.id in folders)
    )
    finished = cache.changes.finished_unreported()
    carried = line.session.traffic.since(before)
    report = SyncReport(
        folders=reports,
        played=sum(change.state is ChangeState.DONE for change in finished),
        refused=tuple(change for change in finished if change.state is ChangeState.REFUSED),
        dropped=tuple(change for change in finished if change.state is ChangeState.DROPPED),
        octets=carried.received,
        seconds=clock.now() - begun,
        commands=carried.commands,
        held=tuple(change for change in cache.changes.open() if change.state is ChangeState.HELD),
    )
    cache.changes.mark_reported(change.id for change in finished)
    return report


def _visited(line: Line, cache: Cache, folder: FolderRow, *, bodies: bool, progress: Listener | None) -> FolderReport:
    """Visit a folder; what the server refuses of it is in the report."""
    try:
        return visit(line, cache, folder.id, bodies=bodies, progress=progress)
    except (CommandFailed, SelectIncomplete, SweepIncomplete) as error:
        _log.warning("folder %r: %s", folder.raw, error)
        return FolderReport(folder.name, cache.messages.count(folder.id), error=str(error))


def list_folders(line: Line, cache: Cache) -> None:
    """Ask for the folders as the product does, and keep what the server says; what it no longer lists goes.

    A list that is refused raises CommandFailed and changes nothing. A folder with changes that are not played stays.

    Statements: O5:V0016, O5:V0022, O5:V0041, O5:V0042, O5:V0043, O5:V0061
    """
    listed = line.session.folders()
    with cache.transaction():
        busy = {
            place for change in cache.changes.open() for place in (change.folder, change.target) if place is not None
        }
        _settle_names(cache)
        plan = plan_folders(cache.folders.all(removed=True), listed, busy=busy)
        for folder_id in plan.gone:
            cache.folders.remove(folder_id)
            if line.selected == folder_id:
                line.forget()
        for folder_id, found in plan.update:
            _update(cache, folder_id, found)
        for found in plan.add:
            _add(cache, found)
    _log.info("folders: %d listed, %d new, %d gone", len(listed), len(plan.add), len(plan.gone))


def _settle_names(cache: Cache) -> None:
    """Show folders by the server's names where no rename waits; a refused one may have found its old name taken."""
    if any(change.kind == "rename" for change in cache.changes.open()):
        return
    for row in cache.folders.all():
        if row.server_raw is not None and row.raw != row.server_raw and cache.folders.by_raw(row.server_raw) is None:
            cache.folders.update(row.id, raw=row.server_raw, name=names.decode(row.server_raw))


def _add(cache: Cache, found: Listed) -> None:
    folder = found.folder
    cache.folders.add(
        folder.raw,
        folder.raw,
        name=folder.name,
        delimiter=folder.delimiter,
        attributes=folder.attributes,
        source=folder.source,
        subscribed=found.subscribed,
        special=found.special,
    )


def _update(cache: Cache, folder_id: int, found: Listed) -> None:
    """Keep what the latest list says; whether a folder is subscribed stays where it did not say that."""
    folder = found.folder
    row = cache.folders.get(folder_id)
    if row is None:
        return
    cache.folders.update(
        folder_id,
        server_raw=row.server_raw or folder.raw,
        delimiter=folder.delimiter,
        attributes=folder.attributes,
        source=folder.source,
        subscribed=row.subscribed if found.subscribed is None else found.subscribed,
        special=found.special,
    )
