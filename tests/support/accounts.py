"""An account on a script of one connection or more, and what its watch tells, as text; knows no test.

Everything happens in one thread: pauses before a connection are drawn as none, and time passes as the script says.
"""

from __future__ import annotations

import contextlib
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from typing import Any

from outlookimap.cache import Cache
from outlookimap.client import Session
from outlookimap.client.results import Alert
from outlookimap.profiles import Policy, load
from outlookimap.sync.account import Account
from outlookimap.sync.differences import FolderNews, FoldersChanged
from outlookimap.sync.watching import Lost, Restored, Told, Watcher
from support.scripted import GREETED, PLAIN, Script, opened, played
from support.syncing import select

IDLES = "IMAP4rev1 IDLE"
SIGN_IN = GREETED.format(IDLES)
LIST = 'C: $tag LIST "" "*"\n{}\nS: $tag OK done\nC: $tag LSUB "" "*"\nS: $tag OK done\n'


def listed(*names: str) -> str:
    """Return the question for the folder list and its answer."""
    return LIST.format("\n".join(f'S: * LIST () "/" {name}' for name in names or ("INBOX",)))


def noop(*answers: str) -> str:
    """Return a NOOP and what comes with its answer."""
    return "\n".join(["C: $tag NOOP", *answers, "S: $tag OK done", ""])


def asked(numbers: str, *answers: str) -> str:
    """Return a FETCH (UID) and its answers."""
    return "\n".join([f"C: $tag FETCH {numbers} (UID)", *answers, "S: $tag OK done", ""])


def idled(*lines: str) -> str:
    """Return IDLE, what happens in it, and its end."""
    return "\n".join(["C: $tag IDLE", "S: + idling", *lines, "C: DONE", "S: $tag OK done", ""])


def idling(*lines: str) -> str:
    """Return IDLE and what happens in it; it goes on."""
    return "\n".join(["C: $tag IDLE", "S: + idling", *lines, ""])


EMPTY = SIGN_IN + listed() + select(0)
"""Signing in, and the first look at an INBOX without messages."""


@dataclass
class Desk:
    """An account on a script, with an INBOX that was never visited; `drawn` are the limits pauses were drawn up to."""

    script: Script
    account: Account
    inbox: int
    drawn: list[float] = field(default_factory=list)

    @property
    def cache(self) -> Cache:
        """The local copy."""
        return self.account.cache

    def watch(self, *folders: int, sweep: float = 1800.0) -> tuple[Watcher, Iterator[Told]]:
        """Return a watch, of INBOX unless others are named, and what it tells."""
        watcher = self.account.watch(folders or [self.inbox], sweep=sweep)
        return watcher, watcher.told()

    def folder(self, name: str) -> int:
        """Return the id of a folder, which is made where it is missing."""
        return folder(self.cache, name)

    def shown(self, told: Told) -> str:
        """Return what was told as text, messages by their UIDs."""
        if isinstance(told, FolderNews):
            row = self.cache.folders.get(told.folder)
            assert row is not None
            parts = [("came", self._uids(told.came)), ("changed", self._uids(told.changed))]
            parts.append(("went", [uid for _, uid in told.went]))
            return " ".join([row.name, *(f"{word} {uids}" for word, uids in parts if uids)])
        if isinstance(told, FoldersChanged):
            return f"folders +{list(told.added)} -{list(told.removed)}"
        if isinstance(told, Alert):
            return f"alert {told.text}"
        return f"lost {type(told.error).__name__}" if isinstance(told, Lost) else Restored.__name__.lower()

    def _uids(self, rows: tuple[int, ...]) -> list[int | None]:
        return [row.uid for row in map(self.cache.messages.get, rows) if row is not None]


def folder(cache: Cache, name: str) -> int:
    """Return the id of a folder of a local copy, which is made where it is missing."""
    raw = name.encode()
    row = cache.folders.by_raw(raw)
    if row is not None:
        return row.id
    return cache.folders.add(raw, raw, name=name, delimiter="/", attributes=(), source="LIST")


@contextlib.contextmanager
def desk(
    text: str, version: str = "2013", *, dial: Callable[[Script], Session] | None = None, **policy: Any
) -> Iterator[Desk]:
    """Give an account on the script `text`, all of which has to happen; `dial` makes a session otherwise."""
    settings = Policy(**{"encryption": PLAIN.encryption, **policy})
    with played(text) as script, Cache() as cache:

        def connected() -> Session:
            return opened(script, version, policy=settings) if dial is None else dial(script)

        drawn: list[float] = []

        def draw(low: float, high: float) -> float:
            assert low == 0
            drawn.append(high)
            return 0.0

        account = Account(cache, connected, profile=load(version), policy=settings, clock=script.clock, uniform=draw)
        yield Desk(script, account, folder(cache, "INBOX"), drawn)
