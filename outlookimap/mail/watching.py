"""What a script gets when it watches folders: events with folders and messages in them, one after the other.

Wraps what `sync` tells; decides nothing about when something is told.
"""

from __future__ import annotations

import threading
import weakref
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from types import TracebackType
from typing import Self, TypeAlias

from outlookimap.client.results import Alert
from outlookimap.mail.folder import Folder
from outlookimap.mail.message import Message
from outlookimap.sync.account import Account
from outlookimap.sync.differences import FolderNews, FoldersChanged
from outlookimap.sync.watching import Lost, Restored, Watcher


@dataclass(frozen=True, slots=True)
class NewMail:
    """A message came; its header is in the local copy, the rest is fetched when it is read."""

    folder: Folder
    message: Message


@dataclass(frozen=True, slots=True)
class FlagsChanged:
    """Somebody else changed flags or keywords of a message, which is as it is now."""

    folder: Folder
    message: Message


@dataclass(frozen=True, slots=True)
class Removed:
    """Somebody else removed a message; `id` was its number in the local copy, `uid` its UID."""

    folder: Folder
    id: int
    uid: int


WatchEvent: TypeAlias = NewMail | FlagsChanged | Removed | FoldersChanged | Alert | Lost | Restored
"""What a watch tells. The local copy is up to date with it already."""


class Watch:
    """A watch that runs while somebody asks it for events, as an iterator or by `run()`; one thread at a time.

    The connection is free between two events, and while it waits: what gets an event may do anything with the
    `Outlook` it came from, and other threads may meanwhile. A context manager: leaving it stops it.
    """

    def __init__(self, account: Account, watcher: Watcher, stop: threading.Event | None = None) -> None:
        """Wrap a watch of `sync`; `Outlook.watch()` is the way for users. Setting `stop` is as good as `stop()`."""
        self._account = account
        self._watcher = watcher
        self._events = self._wrapped()
        if stop is not None:
            args = (stop, weakref.ref(watcher))
            threading.Thread(target=_stop_when_set, args=args, name="stops a watch", daemon=True).start()

    def __iter__(self) -> Iterator[WatchEvent]:
        return self

    def __next__(self) -> WatchEvent:
        return next(self._events)

    def run(self, callback: Callable[[WatchEvent], object]) -> None:
        """Call `callback` for each event until the watch is stopped; what it raises ends the watch and is raised."""
        for event in self:
            callback(event)

    def stop(self) -> None:
        """End the watch, whatever it waits for; for any thread, and for what gets an event."""
        self._watcher.stop()

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.stop()

    def _wrapped(self) -> Iterator[WatchEvent]:
        for told in self._watcher.told():
            if isinstance(told, FolderNews):
                yield from self._of_folder(told)
            else:
                yield told

    def _of_folder(self, told: FolderNews) -> Iterator[WatchEvent]:
        row = self._account.cache.folders.get(told.folder)
        if row is None:
            return
        folder = Folder(self._account, row)
        for number in told.came:
            if (message := self._message(number)) is not None:
                yield NewMail(folder, message)
        for number in told.changed:
            if (message := self._message(number)) is not None:
                yield FlagsChanged(folder, message)
        for number, uid in told.went:
            yield Removed(folder, number, uid)

    def _message(self, number: int) -> Message | None:
        """Return a message, None where it has gone meanwhile: that is told next."""
        row = self._account.cache.messages.get(number)
        return None if row is None else Message(self._account, row)


def _stop_when_set(stop: threading.Event, watcher: weakref.ref[Watcher]) -> None:
    """Wait for `stop` and pass it on, to a watch that is still there: a wait for a server cannot wait for an event."""
    stop.wait()
    if (there := watcher()) is not None:
        there.stop()
