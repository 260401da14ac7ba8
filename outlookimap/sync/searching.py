"""Searches that the server answers: what is wanted as search keys, and its answer as messages of the local copy.

Whether the product searches on the server its profile says. Knows no connection beyond the line it is handed, and
leaves a search that cannot go out to the local copy.
"""

from __future__ import annotations

import contextlib
import datetime as dt
import logging
from collections.abc import Iterator, Sequence

from outlookimap.cache import Cache, Criteria, FolderRow
from outlookimap.errors import CacheBusy, FolderUnknown
from outlookimap.sync import news
from outlookimap.sync.line import Line
from outlookimap.sync.visit import visit
from outlookimap.wire.search import ALL, Containing, Dated, Either, Flagging, SearchKey

_log = logging.getLogger(__name__)
_FLAGS = {
    "unread": (b"UNSEEN", b"SEEN"),
    "flagged": (b"FLAGGED", b"UNFLAGGED"),
    "answered": (b"ANSWERED", b"UNANSWERED"),
    "deleted": (b"DELETED", b"UNDELETED"),
}
"""The search keys for yes and for no."""
_DAYS = {
    "internaldate": {"since": b"SINCE", "before": b"BEFORE"},
    "header": {"since": b"SENTSINCE", "before": b"SENTBEFORE"},
}
"""The search keys for days, by where dates of messages come from."""


def search(line: Line | None, cache: Cache, folder: int, criteria: Criteria, *, date_from: str) -> list[int]:
    """Return the ids of the messages of a folder that meet `criteria`, in no order.

    The server is asked where there is a line to it, the product searches there and every text may be sent; else, and
    while another process works on it, the local copy answers. Raises CommandFailed where the server refuses the search,
    ConnectionLost and the like where the connection ends. Days are those of the policy's `date_from`.

    Statements: O5:V0006, O5:V0013, O5:V0051, O5:V0067
    """
    row = cache.folders.get(folder)
    if row is None:
        raise FolderUnknown(f"there is no folder {folder} in the local copy")
    if line is not None and row.server_raw is not None and line.session.profile.flag("commands.SEARCH"):
        keys = search_keys(criteria, date_from=date_from)
        if keys is not None:
            with contextlib.suppress(CacheBusy), cache.working(0.0):
                return _on_server(line, cache, row, keys)
    _log.info("folder %r is searched in the local copy", row.raw)
    return [message.id for message in cache.find(folder, criteria, date_from=date_from)]


def _on_server(line: Line, cache: Cache, folder: FolderRow, keys: Sequence[SearchKey]) -> list[int]:
    """Ask the server, and fetch the headers of what it finds and nobody here knew.

    Nothing can renumber messages between the answer and the question for its UIDs: one follows the other at once
    (RFC 3501 section 7.4.1).

    Statements: O5:V0055, O5:V0067
    """
    line.select(folder)
    if line.generation != folder.generation:  # what is here belongs to other UIDs
        visit(line, cache, folder.id)
    numbers = line.session.search(*keys)
    uids = sorted({message.uid for message in line.session.fetch_uids(numbers) if message.uid is not None})
    _log.info("folder %r: the server found %d messages", folder.raw, len(uids))
    _fetch_unknown(line, cache, folder.id, uids)
    rows = (cache.messages.by_uid(folder.id, uid) for uid in uids)
    return [row.id for row in rows if row is not None]


def _fetch_unknown(line: Line, cache: Cache, folder: int, uids: Sequence[int]) -> None:
    unknown = [uid for uid in uids if cache.messages.by_uid(folder, uid) is None]
    if not unknown or line.generation is None:
        return
    news.fetch_missing(line, cache, folder, line.generation, unknown)
    line.present.update(unknown)


def search_keys(criteria: Criteria, *, date_from: str) -> tuple[SearchKey, ...] | None:
    """Return `criteria` as search keys, None where a text of them may not be sent: it is not 7-bit, or holds NUL.

    Each word of `text` is a key of its own, a beginning (``letter*``) searches for what comes before the star.

    Statements: O5:V0006, O5:V0013
    """
    texts = (criteria.text, criteria.sender, criteria.recipient, criteria.subject)
    if any(not text.isascii() or "\0" in text for text in texts if text):
        return None
    found = [*_text_keys(criteria), *_flag_keys(criteria), *_day_keys(criteria, date_from)]
    return tuple(found) or (ALL,)


def _text_keys(criteria: Criteria) -> Iterator[SearchKey]:
    for word in (criteria.text or "").split():
        if octets := word.rstrip("*").encode():
            yield Containing(b"TEXT", octets)
    if criteria.sender:
        yield Containing(b"FROM", criteria.sender.encode())
    if criteria.recipient:
        octets = criteria.recipient.encode()
        yield Either(Containing(b"TO", octets), Either(Containing(b"CC", octets), Containing(b"BCC", octets)))
    if criteria.subject:
        yield Containing(b"SUBJECT", criteria.subject.encode())


def _flag_keys(criteria: Criteria) -> Iterator[SearchKey]:
    for name, (yes, no) in _FLAGS.items():
        wanted: bool | None = getattr(criteria, name)
        if wanted is not None:
            yield Flagging(yes if wanted else no)


def _day_keys(criteria: Criteria, date_from: str) -> Iterator[SearchKey]:
    for name, key in _DAYS[date_from].items():
        day: dt.date | None = getattr(criteria, name)
        if day is not None:
            yield Dated(key, day)
