"""Plays the queue: one change after the other, in the order they were made, each exactly once.

Before a command goes out its change is `SENT`, on the disk; after the answer it is finished, together with what the
answer said. What is found `SENT` at the start is in doubt: `doubt` finds out whether it was done. How the commands of a
change look is in `message_playing` and `folder_playing`.
"""

from __future__ import annotations

import logging
from collections.abc import Callable, Iterable, Mapping, Sequence
from typing import TypeAlias

from outlookimap.cache import Cache, ChangeRow, ChangeState
from outlookimap.errors import (
    CommandFailed,
    ConnectionLost,
    LocalProtocolError,
    OutlookImapError,
    SelectIncomplete,
    SweepIncomplete,
    UsageError,
)
from outlookimap.sync import doubt, folder_playing, message_playing, news
from outlookimap.sync.effects import finish
from outlookimap.sync.line import Line
from outlookimap.sync.message_playing import Stage
from outlookimap.sync.reach import Reach

_log = logging.getLogger(__name__)

Failures: TypeAlias = Mapping[int, OutlookImapError]
"""Why changes were not made, by their ids."""

_ASKING = ("SELECT", "FETCH", "UID FETCH", "LIST", "XLIST", "LSUB")
"""Commands that only prepare a change: that one is refused says nothing of the change, which stays queued."""

_LOOKS = 3
"""How often at most a change is played whose messages were recognised as others while it was."""

_PLAYERS: Mapping[str, Callable[[Stage, ChangeRow], None]] = {
    "flags": message_playing.flags,
    "copy": message_playing.copy,
    "move": message_playing.copy,
    "append": message_playing.append,
    "purge": message_playing.purge,
    "create": folder_playing.create,
    "rename": folder_playing.rename,
    "delete": folder_playing.delete,
    "subscribe": folder_playing.subscribe,
    "unsubscribe": folder_playing.subscribe,
}


def play(line: Line, cache: Cache, *, until: int | None = None, queued: bool = True) -> Failures:
    """Play what is pending, up to the change `until` where one is given; return what was not made, and why.

    A change that is made the moment the user wants it (`until`, with `queued` False) has the loud forms of STORE,
    others the silent ones. Held changes are left alone. Raises ConnectionLost, whose `pending` is the change that was
    being made; every change but that one is played or still queued then, and that one is in doubt.

    Statements: O5:V0019, O5:V0047, O5:V0056, O5:V0058
    """
    return _Player(line, cache, until, queued=queued).run()


class _Player:
    """The queue while it is played."""

    def __init__(self, line: Line, cache: Cache, until: int | None, *, queued: bool) -> None:
        self._line = line
        self._cache = cache
        self._until = until
        self._loud = None if queued else until
        self._rest: Sequence[ChangeRow] = ()
        self._failures: dict[int, OutlookImapError] = {}
        self._reach = Reach(line, cache, self._upcoming)

    def run(self) -> Failures:
        last = 0
        while pending := [change for change in self._cache.changes.open() if self._is_due(change, last)]:
            for place, change in enumerate(pending):
                self._rest = pending[place:]
                self._one(change.id)
                last = change.id
        if last:
            self._absorb()
        return self._failures

    def _absorb(self) -> None:
        """Take in what the changes have brought; where the server refuses that, the next visit does it."""
        try:
            news.absorb(self._line, self._cache, self._line.session.poll(0.0))
        except (CommandFailed, SweepIncomplete) as error:
            _log.warning("news: %s", error)

    def _is_due(self, change: ChangeRow, last: int) -> bool:
        within = self._until is None or change.id <= self._until
        return within and change.id > last and change.state is not ChangeState.HELD

    def _upcoming(self, folder: int) -> Iterable[int]:
        """Yield the messages of a folder that what is played later is about."""
        for change in self._rest:
            if change.folder == folder:
                yield from (one.message for one in change.subjects if one.message is not None)

    def _one(self, identity: int) -> None:
        change = self._cache.changes.get(identity)
        if change is None or not change.open:
            return
        stage = Stage(self._line, self._cache, self._reach, loud=identity == self._loud)
        try:
            if change.state is ChangeState.SENT:
                _log.info("change %d (%s) is in doubt", change.id, change.kind)
                doubt.resolve(stage, change)
                change = self._cache.changes.get(identity) or change
            self._play(stage, change)
        except ConnectionLost as error:
            error.pending = change.id
            raise
        except (CommandFailed, SelectIncomplete, SweepIncomplete) as error:
            asking = not isinstance(error, CommandFailed) or error.command in _ASKING
            self._leave(identity, error) if asking else self._refuse(identity, error)
        except (LocalProtocolError, UsageError) as error:
            if self._line.dropped:
                lost = ConnectionLost("the connection has ended")
                lost.pending = identity
                raise lost from error
            self._refuse(identity, error)

    def _play(self, stage: Stage, change: ChangeRow) -> None:
        """Play a change; where its messages turned out to have other ids by now, once more."""
        for _ in range(_LOOKS):
            if not change.open:
                return
            before = change
            _PLAYERS[change.kind](stage, change)
            change = self._cache.changes.get(change.id) or change
            if change.subjects == before.subjects:
                return

    def _refuse(self, identity: int, error: OutlookImapError) -> None:
        """Take back what a refused change showed; a message that is nowhere else is held instead.

        Statements: O5:V0019, O5:V0047, O5:V0058
        """
        change = self._cache.changes.get(identity)
        self._failures[identity] = error
        if change is None or not change.open:
            return
        _log.warning("change %d (%s) was refused: %s", identity, change.kind, error)
        if change.kind == "append":
            self._cache.changes.set_state(identity, ChangeState.HELD, str(error))
        else:
            finish(self._cache, change, ChangeState.REFUSED, str(error))

    def _leave(self, identity: int, error: OutlookImapError) -> None:
        """Leave a change as it is: what the server refused was only a question."""
        change = self._cache.changes.get(identity)
        self._failures[identity] = error
        if change is not None and change.open:
            _log.warning("change %d (%s) waits: %s", identity, change.kind, error)
            self._cache.changes.set_state(identity, change.state, str(error))
