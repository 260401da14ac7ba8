"""The local copy of one account: its tables together, who it belongs to, and who may work on it.

Knows no server and nothing of how the tables are filled.
"""

from __future__ import annotations

import contextlib
import os
from collections.abc import Mapping
from pathlib import Path
from typing import Self
from urllib.parse import urlsplit

from outlookimap.cache.changes import ChangeTable
from outlookimap.cache.criteria import Criteria
from outlookimap.cache.database import Database
from outlookimap.cache.folders import FolderTable
from outlookimap.cache.lock import WorkingLock
from outlookimap.cache.message_queries import Order
from outlookimap.cache.messages import MessageTable
from outlookimap.cache.rows import MessageRow
from outlookimap.cache.search import SearchTable
from outlookimap.errors import CacheError, UsageError


class Cache:
    """The local copy in the file `path`, which is made for its owner only, or in memory where that is None.

    Threads may share one; processes open one each. No password is ever in it. With `lazy` the headers that arrive are
    decoded when somebody reads them or searches in them, not before: what is found and shown is the same.

    Raises CacheTooNew, CacheBusy or CacheError as `Database` does.

    Statements: O5:C0002
    """

    def __init__(self, path: str | os.PathLike[str] | None = None, *, lazy: bool = False) -> None:
        self._database = Database(path)
        self._lock = WorkingLock(self._database.path)
        self.folders = FolderTable(self._database)
        self.changes = ChangeTable(self._database)
        self.messages = MessageTable(self._database, self.changes, lazy=lazy)
        self.search = SearchTable(self._database, self.messages.decode_outstanding)

    @property
    def path(self) -> Path | None:
        """The file, with links resolved, or None for one in memory."""
        return self._database.path

    def transaction(self, *, durable: bool = False) -> contextlib.AbstractContextManager[None]:
        """Return a context in which all writes are committed together, or none; see `Database.transaction`."""
        return self._database.transaction(durable=durable)

    def working(self, timeout: float) -> contextlib.AbstractContextManager[None]:
        """Return a context with the right to sync and to play the queue, waited for for `timeout` seconds at most.

        Raises CacheBusy, on entering, where another process or thread keeps it.
        """
        return self._lock.held(timeout)

    def stamp(self) -> tuple[int, int]:
        """Return what is another after each write, be it another process's: to ask whether a look is worth while."""
        return self._database.stamp()

    def account(self) -> Mapping[str, str]:
        """Return whose copy this is: `url` and `user`, empty before the first `bind`."""
        return dict(self._database.query("SELECT key, value FROM account ORDER BY key"))

    def bind(self, url: str, user: str) -> None:
        """Say whose copy this is: the URL without a password, and the name signed in with.

        The port and the kind of encryption may change later; host and user are the account.

        Raises CacheError for an account other than the one it is bound to, and UsageError for a URL with a password.
        """
        if urlsplit(url).password is not None:
            raise UsageError("a URL with a password is not kept: leave the password out of it")
        wanted = {"url": url, "user": user}
        with self.transaction():
            known = self.account()
            if known and (_host(known["url"]), known["user"]) != (_host(url), user):
                raise CacheError(
                    f"cache {self.path or 'in memory'}: it holds the mail of {known['user']!r} at {known['url']}, not"
                    f" that of {user!r} at {url}: name another file for that account"
                )
            if known != wanted:
                self._database.executemany("INSERT OR REPLACE INTO account VALUES (?, ?)", wanted.items())

    def find(
        self,
        folder_id: int | None,
        criteria: Criteria,
        *,
        limit: int | None = None,
        order: Order = "newest",
        date_from: str = "internaldate",
    ) -> list[MessageRow]:
        """Return messages as `messages.find` does, with what is still to be indexed or decoded for it."""
        if criteria.text is not None:
            self.search.index_outstanding()
        elif criteria.of_fields:
            self.messages.decode_outstanding(folder_id)
        return self.messages.find(folder_id, criteria, limit=limit, order=order, date_from=date_from)

    def close(self) -> None:
        """Close the file; a second call does nothing."""
        self._database.close()

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *exc: object) -> None:
        self.close()


def _host(url: str) -> str | None:
    return urlsplit(url).hostname
