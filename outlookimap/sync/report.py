"""What a Send/Receive tells while it runs and when it is done. Values only: knows no connection and no table."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import TypeAlias

from outlookimap.cache import ChangeRow


@dataclass(frozen=True, slots=True)
class Progress:
    """How far one folder is: `done` of `total` headers and bodies; `octets` of them came so far."""

    folder: str
    done: int
    total: int
    octets: int


Listener: TypeAlias = Callable[[Progress], object]
"""Is told of progress. It may not use the connection; what it raises ends the sync, and what has come is kept."""


@dataclass(frozen=True, slots=True)
class FolderReport:
    """What a visit made of a folder: how many `messages` it shows now, and what came, changed and went.

    `new_ids` are the cache's ids of the messages that came. `error` says why the visit failed, wholly or in part; None
    where it did not.
    """

    name: str
    messages: int
    new: int = 0
    changed: int = 0
    removed: int = 0
    new_ids: tuple[int, ...] = ()
    error: str | None = None


@dataclass(frozen=True, slots=True)
class SyncReport:
    """What a Send/Receive did: the folders visited, the changes `played`, those `refused` by the server or `dropped`.

    `octets` were received, in `seconds`, by `commands`. Those `held` wait until they are retried or discarded: the
    server refused them, or took them and has them not, and their content is nowhere else.
    """

    folders: tuple[FolderReport, ...]
    played: int
    refused: tuple[ChangeRow, ...]
    dropped: tuple[ChangeRow, ...]
    octets: int
    seconds: float
    commands: int
    held: tuple[ChangeRow, ...] = ()

    @property
    def messages(self) -> int:
        """How many messages the visited folders show."""
        return sum(folder.messages for folder in self.folders)

    @property
    def new(self) -> int:
        """How many messages came."""
        return sum(folder.new for folder in self.folders)

    @property
    def changed(self) -> int:
        """How many messages have other flags than before."""
        return sum(folder.changed for folder in self.folders)

    @property
    def removed(self) -> int:
        """How many messages went."""
        return sum(folder.removed for folder in self.folders)

    @property
    def errors(self) -> tuple[str, ...]:
        """What failed, folder by folder."""
        return tuple(f"{folder.name}: {folder.error}" for folder in self.folders if folder.error is not None)
