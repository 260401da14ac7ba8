"""One account as a script sees it: the local copy, the connection, Send/Receive.

Puts the parts together and hands everything else to them: knows neither tables nor commands.
"""

from __future__ import annotations

import logging
import threading
from collections.abc import Callable, Iterable
from pathlib import Path
from typing import Self, overload

from outlookimap.cache import Cache
from outlookimap.cache.rows import OPEN
from outlookimap.client import Session
from outlookimap.client.results import Event
from outlookimap.client.url import ServerUrl
from outlookimap.errors import NotConnected, OutlookImapError, UsageError
from outlookimap.mail import changing, naming
from outlookimap.mail.folder import Folder
from outlookimap.mail.pending import Pending
from outlookimap.mail.watching import Watch, WatchEvent
from outlookimap.profiles import Policy, Profile, load
from outlookimap.sync.account import Account
from outlookimap.sync.report import Progress, SyncReport
from outlookimap.traffic import Header, Recorder
from outlookimap.traffic.joint import JointRecording
from outlookimap.transport.clock import Clock
from outlookimap.wire.limits import Limits
from outlookimap.wire.secret import Secret

_log = logging.getLogger(__name__)


class Outlook:
    """An account with a local copy of its mail, which is worked on with and without a connection.

    Connects to `url` at once, or with `offline` not before `connect()` or `sync()`; `url` may then be None. `cache` is
    the file of the local copy, made where it is not there; None keeps it in memory. With `lazy` subjects, senders and
    the like are decoded when somebody reads or searches them: a first sync is quicker, a list takes longer to show. The
    other arguments are those of `Session.connect`; with `drive` a thread keeps connections alive, without it `poll()`
    and `watch()` do, as they run.

    A context manager: leaving it signs out; changes that are still queued stay in the file.

    Raises what `Session.connect` raises; UsageError without a URL; CacheTooNew and CacheError for a file that cannot be
    used or belongs to another account.

    Statements: O5:C0002
    """

    def __init__(
        self,
        url: str | None = None,
        *,
        cache: str | Path | None = None,
        lazy: bool = False,
        offline: bool = False,
        user: str | None = None,
        password: str | Secret | None = None,
        profile: str | Profile = "2013",
        policy: Policy | None = None,
        ca_file: str | Path | None = None,
        verify: bool = True,
        timeout: float = 60.0,
        record: str | Path | Recorder | None = None,
        guard: bool = True,
        limits: Limits | None = None,
        clock: Clock | None = None,
        drive: bool = True,
    ) -> None:
        known = load(profile)
        settings = policy or Policy()
        settings.check(known)
        if url is None and not offline:
            raise UsageError("no URL: pass imaps://user@host/, or offline=True to work with the local copy alone")
        name = user or (None if url is None else ServerUrl.parse(url).user) or ""
        secret = None if password is None else Secret(password)
        recording: JointRecording | None = None

        def dial() -> Session:
            nonlocal recording
            if url is None:
                raise NotConnected("no URL was given: pass one to Outlook() to connect")
            if record is not None and recording is None:  # one for all connections: each would begin the file anew
                header = Header(client=known.name, profile=known.id, guard=guard)
                recording = JointRecording(record if isinstance(record, Recorder) else Recorder(record, header))
            session = Session.connect(
                url,
                user=user,
                password=secret,
                profile=known,
                policy=policy,
                ca_file=ca_file,
                verify=verify,
                timeout=timeout,
                record=None if recording is None else recording.tap(),
                guard=guard,
                limits=limits,
                clock=clock,
                drive=drive,
            )
            self._cache.bind(url, name)
            return session

        self._cache = Cache(cache, lazy=lazy)
        self._account = Account(self._cache, dial, profile=known, policy=settings, clock=clock)
        try:
            if url is not None and self._cache.account():  # a new copy is nobody's before a sign-in has worked
                self._cache.bind(url, name)
            if not offline:
                self.connect()
        except BaseException:
            self._cache.close()
            raise

    # ---------------------------------------------------------------- the connection

    @property
    def cache(self) -> Path | None:
        """The file of the local copy; None where it is in memory."""
        return self._cache.path

    @property
    def profile(self) -> Profile:
        """Whom it behaves as."""
        return self._account.profile

    @property
    def connected(self) -> bool:
        """Whether there is a connection, as far as is known."""
        return self._account.connected

    def connect(self) -> None:
        """Connect and sign in where there is no connection; raises what `Session.connect` raises."""
        self._account.connect()
        _log.info("connected as %s", self.profile.name)

    def disconnect(self) -> None:
        """Sign out and go on without a connection; what is queued stays queued."""
        self._account.disconnect()

    def close(self) -> None:
        """Sign out where there is a connection, and close the local copy; a second call does nothing."""
        try:
            self._account.disconnect()
        finally:
            self._cache.close()

    # ---------------------------------------------------------------- Send/Receive

    def sync(
        self,
        folders: Iterable[str | Folder] | None = None,
        *,
        bodies: bool = True,
        progress: Callable[[Progress], object] | None = None,
    ) -> SyncReport:
        """Send/Receive: make the changes that are queued, then bring the folders (None: all) up to date.

        Connects where there is no connection. With `bodies=False` only headers come; a message is fetched when it is
        read. `progress` is told how far it is, folder by folder; it may not call anything here. It can be interrupted
        at any moment: what has come by then is kept, and the next one goes on there.

        Raises FolderUnknown; what `connect()` raises; ConnectionLost; CacheBusy where another process syncs this copy.
        """
        wanted, listed = (None, False) if folders is None else self._ids(folders)
        return self._account.sync(wanted, bodies=bodies, progress=progress, listed=listed)

    def poll(self, timeout: float = 0.0) -> list[Event]:
        """Wait up to `timeout` seconds for news of the folder used last, take them in, and return them.

        Keeps the connection alive: a NOOP goes out before ten minutes are over. Raises NotConnected without one.

        Statements: O5:V0025, O5:V0028
        """
        return self._account.poll(timeout)

    @overload
    def watch(
        self,
        callback: None = None,
        *,
        folders: Iterable[str | Folder] = ("INBOX",),
        sweep: float | None = None,
        stop: threading.Event | None = None,
    ) -> Watch: ...

    @overload
    def watch(
        self,
        callback: Callable[[WatchEvent], object],
        *,
        folders: Iterable[str | Folder] = ("INBOX",),
        sweep: float | None = None,
        stop: threading.Event | None = None,
    ) -> None: ...

    def watch(
        self,
        callback: Callable[[WatchEvent], object] | None = None,
        *,
        folders: Iterable[str | Folder] = ("INBOX",),
        sweep: float | None = None,
        stop: threading.Event | None = None,
    ) -> Watch | None:
        """Tell what others do in `folders` as it happens: call `callback` for each event, or return an iterator.

        It waits in the first folder, by IDLE or else by polling, looks at all of them every `sweep` seconds (None:
        those of the policy), and connects anew where the connection is lost. It ends when `stop` is set, by
        `Watch.stop()`, and by `disconnect()`; between two events nothing is held, so that `callback`, and any other
        thread, may use everything here. What came since the last sync is told first.

        Raises FolderUnknown and UsageError; what `connect()` raises; AuthenticationFailed where the server takes the
        password no longer; what the connection was lost by where the policy makes no other.

        Statements: O5:C0002, O5:V0028
        """
        if sweep is not None and not sweep > 0:
            raise UsageError(f"sweep={sweep}: an interval is more than 0 seconds")
        ids, _ = self._ids(folders)
        if not ids:
            raise UsageError("watch: name at least one folder")
        watch = Watch(self._account, self._account.watch(ids, sweep=sweep), stop)
        if callback is None:
            return watch
        watch.run(callback)
        return None

    # ---------------------------------------------------------------- folders

    def folders(self) -> list[Folder]:
        """Return all folders, INBOX first; the server is asked only where that was never done and it can be."""
        self._ask_once()
        return [Folder(self._account, row) for row in self._cache.folders.all()]

    def folder(self, name: str) -> Folder:
        """Return the folder of exactly this name (INBOX in any case); FolderUnknown names those that are near it.

        Statements: O5:V0016
        """
        self._ask_once()
        return Folder(self._account, naming.folder_row(self._account, name))

    def special(self, use: str) -> Folder | None:
        """Return the folder for `use`, ``"trash"`` and the like (see `Folder.special`), or None where there is none.

        It is the one the server marked (2013 reads such marks); where none is, the one of the product's default name:
        Sent Items, Drafts, Junk E-mail, and Deleted Items as 2013, Trash before. Raises UsageError for another use.

        Statements: O5:V0061
        """
        self._ask_once()
        row = naming.special_row(self._account, use)
        return None if row is None else Folder(self._account, row)

    def create(self, name: str) -> Folder:
        """Make a folder at the top and return it; `Folder.create` makes one below another.

        `name` is one level: ProfileViolation where it holds the hierarchy delimiter or a control character.
        ChangeRefused carries the server's text where the server refuses.

        Statements: O5:V0018, O5:V0019, O5:V0020
        """
        self._ask_once()
        return Folder(self._account, changing.create(self._account, name, below=None))

    # ---------------------------------------------------------------- changes that wait

    def pending(self) -> list[Pending]:
        """Return the changes that the server has not confirmed, in the order they were made."""
        return Pending.all_of(self._account.pending(), self._folder_name)

    def discard(self, change: int) -> bool:
        """Give up a pending change (`Pending.id`) and take back what it showed; return False where it is done already.

        Raises UsageError where there is no such change, CacheBusy where it is just being made.
        """
        return self._account.discard(change)

    def retry(self, change: int) -> bool:
        """Make a pending change (`Pending.id`) now, and return whether it is done; one that is done is left alone.

        Raises as the method that made it does.
        """
        return self._account.retry(change).state not in OPEN

    # ---------------------------------------------------------------- within

    def _ask_once(self) -> None:
        if self.connected and not self._cache.folders.all(removed=True):
            self._account.list_folders()

    def _ids(self, folders: Iterable[str | Folder]) -> tuple[list[int], bool]:
        """Return the ids of folders; asks the server for its list where a name is not known, and says if it did."""
        if isinstance(folders, str):
            raise UsageError(f"folders={folders!r}: pass a list of names, [{folders!r}]")
        names = [*folders]
        unknown = any(isinstance(name, str) and self._cache.folders.by_name(name) is None for name in names)
        if unknown:
            self._account.connect()
            self._account.list_folders()
        return [naming.folder_row(self._account, name).id for name in names], unknown

    def _folder_name(self, identity: int) -> str:
        row = self._cache.folders.get(identity)
        return "a folder that is gone" if row is None else row.name

    def __enter__(self) -> Self:
        return self

    def __exit__(self, kind: type[BaseException] | None, *_: object) -> None:
        if kind is None:
            self.close()
            return
        # an error of the caller's code: sign out, but let nothing of that hide the error
        try:
            self.close()
        except OutlookImapError as error:
            _log.warning("signing out failed: %s", error)

    def __repr__(self) -> str:
        state = "connected" if self.connected else "offline"
        return f"<Outlook as {self.profile.name}: {state}>"
