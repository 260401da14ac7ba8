"""Fetches one message whole, because somebody wants to read it, and keeps it. Changes nothing on the server."""

from __future__ import annotations

import contextlib

from outlookimap.cache import BodyState, Cache, MessageRow
from outlookimap.errors import MessageGone
from outlookimap.sync.line import Line
from outlookimap.sync.reach import Reach

PATIENCE = 10.0
"""Seconds to wait for another who works on the same local copy."""


def fetch_body(line: Line, cache: Cache, message: int) -> bytes:
    """Return the octets of a message: those that are here, else fetched and kept; that does not mark it read.

    Raises MessageGone where the server has it no longer, CommandFailed where it refuses, CacheBusy where the folder has
    to be visited first and another process is at work, ConnectionLost and the like where the connection ends.

    Statements: O5:V0010, O5:V0055, O5:V0070
    """
    octets, state = cache.messages.body(message) or (b"", BodyState.NONE)
    if state is BodyState.WHOLE:
        return octets
    row = _there(cache, message)
    if row.uid is None:
        return _of_copy(line, cache, row)
    reach = Reach(line, cache, lambda _: ())
    folder = cache.folders.get(row.folder)
    if folder is None:
        raise MessageGone(f"the folder of message {message} is gone")
    reach.select(folder)
    with contextlib.nullcontext() if line.generation is not None else cache.working(PATIENCE):
        reach.enter(folder)
    uid = _there(cache, message).uid
    for one in line.session.fetch_bodies(uid) if uid is not None else ():
        if one.uid == uid and one.body is not None:
            cache.messages.store_body(message, one.body, partial=one.partial)
            return one.body
    if uid is not None and reach.alive(folder, [uid]):
        raise MessageGone(f"the server gives nothing of the message with UID {uid} in {folder.name!r}")
    raise MessageGone(f"the message with UID {row.uid} in {folder.name!r} is gone from the server")


def _there(cache: Cache, message: int) -> MessageRow:
    row = cache.messages.get(message)
    if row is None:
        raise MessageGone(f"message {message} is not in the local copy any more")
    return row


def _of_copy(line: Line, cache: Cache, row: MessageRow) -> bytes:
    """Return the octets of a copy whose UID is not known: those of what it was copied from, or of what is found."""
    made = cache.changes.maker(row.id)
    source = next((one.message for one in made.subjects if one.placeholder == row.id), None) if made else None
    if source is not None and source != row.id and cache.messages.get(source) is not None:
        octets = fetch_body(line, cache, source)
        cache.messages.store_body(row.id, octets, partial=False)
        return octets
    folder = cache.folders.get(row.folder)
    if folder is not None and made is not None:
        with cache.working(PATIENCE):
            Reach(line, cache, lambda _: ()).recognise(folder, [made])
    if _there(cache, row.id).uid is None:
        raise MessageGone(f"message {row.id} was not found on the server")
    return fetch_body(line, cache, row.id)
