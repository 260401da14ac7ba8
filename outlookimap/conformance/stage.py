"""Where a scenario is carried out: a folder of its own, sessions of the product, and an independent observer.

Whatever is made here goes when the scenario is over, also where it failed; nothing else of the mailbox is touched. Must
not know any single scenario.
"""

from __future__ import annotations

import re
import secrets
import threading
import time
from collections.abc import Callable, Iterable, Iterator, Sequence
from contextlib import contextmanager, suppress
from dataclasses import dataclass, replace
from types import TracebackType
from typing import Any, NoReturn, Self

from outlookimap.cache import Cache, FolderRow
from outlookimap.client import Session
from outlookimap.conformance.observer import Observer, Place
from outlookimap.conformance.outcome import Line
from outlookimap.conformance.scenario import Scenario
from outlookimap.conformance.showing import lines_of
from outlookimap.errors import ObserverFailed, OutlookImapError, ScenarioFailed, ScenarioSkipped
from outlookimap.profiles import Policy, Profile
from outlookimap.sync.account import Account
from outlookimap.sync.report import FolderReport
from outlookimap.traffic import Header, Recorder, Said
from outlookimap.transport.clock import FakeClock
from outlookimap.transport.tap import Sender
from outlookimap.wire import mailbox as names

PREFIX = "outlookimap-check-"
"""What the names of our folders begin with, below the root of the user's own."""


@dataclass(frozen=True, slots=True)
class Ground:
    """What is known of the server before any scenario: the root of the user's folders (raw), and the delimiter."""

    place: Place
    root: bytes
    delimiter: bytes
    capabilities: tuple[str, ...]


class Stage:
    """One scenario's stage, as one product; a context manager that clears up.

    `folder` is the name of the folder of its own, which is there and empty, `raw` the same as octets.
    """

    def __init__(self, ground: Ground, scenario: Scenario, profile: Profile) -> None:
        """Make nothing yet; entering the context does."""
        self.ground = ground
        self.place = ground.place
        self.scenario = scenario
        self.profile = profile
        self.raw = ground.root + f"{PREFIX}{secrets.token_hex(4)}-{scenario.id}".encode()
        self.folder = names.decode(self.raw)
        self.warnings: list[ScenarioFailed] = []
        self._recorders: list[Recorder] = []
        self._sessions: list[Session] = []
        self._accounts: list[tuple[Account, Cache]] = []
        self._adopted: list[bytes] = []
        self._observer: Observer | None = None
        self._abandoned = threading.Event()
        self._ended: list[int] = []  # how much had been said on each connection when the scenario was over

    # ---------------------------------------------------------------- beginning and end

    def __enter__(self) -> Self:
        """Make the folder; raises ObserverFailed where that cannot be done."""
        try:
            self.observer.create(self.raw)
        except BaseException:
            self._clear_up()
            raise
        return self

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, _: TracebackType | None) -> None:
        self._ended = [len(recorder.transcript().entries) for recorder in self._recorders]
        self._clear_up()

    def abandon(self) -> None:
        """End whatever is waited for, from another thread, so that the scenario fails and clears up."""
        self._abandoned.set()
        for session in [*self._sessions]:
            session.drop()

    @property
    def abandoned(self) -> bool:
        """Whether the scenario was given up: what came of it says nothing of the server."""
        return self._abandoned.is_set()

    def _clear_up(self) -> None:
        for account, cache in self._accounts:
            with suppress(OutlookImapError):
                account.disconnect()
            cache.close()
        for session in self._sessions:
            with suppress(OutlookImapError):
                session.logout()
        try:
            self._remove_folders()
        except ObserverFailed:  # its connection may be what failed
            if self._observer is not None:
                self._observer.drop()
                self._observer = None
            with suppress(ObserverFailed):  # what is left then is named by the next check as left over
                self._remove_folders()
        if self._observer is not None:
            self._observer.close()
            self._observer = None

    def _remove_folders(self) -> None:
        """Remove our folders and their subscriptions, the innermost first."""
        for beginning in [self.raw, *self._adopted]:
            mine = {*self.observer.folders(beginning), *self.observer.subscribed(beginning)}
            for folder in sorted(mine, key=len, reverse=True):
                with suppress(ObserverFailed):
                    self.observer.delete(folder)

    # ---------------------------------------------------------------- who acts, and who looks

    @property
    def observer(self) -> Observer:
        """The independent observer, signed in."""
        if self._observer is None:
            self._observer = Observer(self.place)
        return self._observer

    def session(self, **options: Any) -> Session:
        """Return a new session of the product, signed in; it signs out at the end unless that was done.

        `options` are those of `Session.connect`; `policy` begins with that of the check, see `policy()`.
        """
        self._go_on()
        recorder = Recorder(None, Header(client=self.profile.name, profile=self.profile.id))
        self._recorders.append(recorder)
        settings: dict[str, Any] = {"policy": self.place.policy, "timeout": self.place.timeout} | options
        session = Session.connect(
            self.place.url,
            user=settings.pop("user", self.place.user),
            password=settings.pop("password", self.place.password),
            profile=settings.pop("profile", self.profile),
            ca_file=self.place.ca_file,
            verify=self.place.verify,
            clock=self.place.clock,
            record=recorder,
            **settings,
        )
        self._sessions.append(session)
        self._go_on()  # it may have been abandoned while this one was not among those that are dropped
        return session

    def policy(self, **changes: Any) -> Policy:
        """Return the policy of the check with other settings."""
        return replace(self.place.policy, **changes)

    def account(self, *, policy: Policy | None = None) -> LocalCopy:
        """Return a local copy of the account, in memory, that syncs by sessions of this stage."""
        cache = Cache()
        settings = policy or self.place.policy
        account = Account(
            cache, lambda: self.session(policy=settings), profile=self.profile, policy=settings, clock=self.place.clock
        )
        self._accounts.append((account, cache))
        return LocalCopy(account, cache)

    # ---------------------------------------------------------------- our folders

    def below(self, name: str) -> str:
        """Return the name of a folder below our own; skips the scenario where the server has no hierarchy."""
        if not self.ground.delimiter:
            self.skip("this server has no hierarchy of folders")
        return self.folder + self.ground.delimiter.decode("latin-1") + name

    def beside(self, name: str) -> str:
        """Return the name of a folder beside our own that is removed at the end: its beginning is ours alone."""
        raw = self.raw + b"-" + names.encode(name)
        return names.decode(raw)

    def adopt(self, beginning: bytes) -> None:
        """Take every folder whose raw name begins so for our own: it is removed at the end.

        Only for what this scenario made, under a name that nobody else can have.
        """
        self._adopted.append(beginning)

    def fill(self, messages: Iterable[bytes], *, flags: Sequence[bytes] = (), folder: str | None = None) -> list[int]:
        """Let the observer put messages into our folder, or one below it; return the UIDs there, ascending."""
        raw = self.raw if folder is None else names.encode(folder)
        for message in messages:
            self.observer.append(raw, message, flags=flags)
        return [*self.observer.flags(raw)]

    # ---------------------------------------------------------------- time

    def let_pass(self, seconds: float) -> None:
        """Let time pass: at once on a clock that a test moves, else by waiting."""
        clock = self.place.clock
        if isinstance(clock, FakeClock):
            clock.advance(seconds)
        elif self._abandoned.wait(seconds):
            self._go_on()

    def until(self, holds: Callable[[], bool], seconds: float = 10.0) -> bool:
        """Ask again and again, for `seconds` of real time at most, until something holds; return whether it does."""
        end = time.monotonic() + seconds
        while not holds():
            if time.monotonic() > end:
                return False
            self._go_on()
            self._abandoned.wait(0.05)
        return True

    def _go_on(self) -> None:
        if self.abandoned:
            raise ScenarioSkipped("the check was interrupted")

    # ---------------------------------------------------------------- verdicts

    def require(self, condition: object, message: str, *, said: bytes | None = None) -> None:
        """Fail with `message` unless `condition` holds; `said`, a regular expression, finds the response to show."""
        if not condition:
            self.fail(message, said=said)

    def fail(self, message: str, *, said: bytes | None = None) -> NoReturn:
        """End the scenario: the server does not do what is demanded."""
        raise ScenarioFailed(message, said=said)

    def warn(self, message: str, *, said: bytes | None = None) -> None:
        """Note something that works, but that a later version of the product is known to stumble over."""
        self.warnings.append(ScenarioFailed(message, said=said))

    def skip(self, reason: str) -> NoReturn:
        """End the scenario: it does not apply to this server."""
        raise ScenarioSkipped(reason)

    @contextmanager
    def refused(self, message: str, *, said: bytes | None = None) -> Iterator[None]:
        """Turn an error of ours inside the block into a failure of the scenario that says more than the error."""
        try:
            yield
        except (ScenarioFailed, ScenarioSkipped, ObserverFailed):
            raise
        except OutlookImapError as error:
            raise ScenarioFailed(f"{message}: {error}", said=said, refused=True) from error

    # ---------------------------------------------------------------- what was said

    def said(self, pattern: bytes, *, sender: Sender = Sender.SERVER) -> list[bytes]:
        """Return the lines and literals of one side, of all sessions so far, in which a regular expression is found."""
        wanted = re.compile(pattern)
        return [
            entry.octets
            for recorder in self._recorders
            for entry in recorder.transcript().entries
            if isinstance(entry, Said) and entry.sender is sender and wanted.search(entry.octets)
        ]

    def lines(self, said: bytes | None) -> tuple[Line, ...]:
        """Return what all sessions said until the scenario was over; marked is the line that `said` finds.

        Else it is the server's last before it was signed out.
        """
        spoken = zip(self._recorders, self._ended, strict=False)
        return lines_of([recorder.transcript().entries[:count] for recorder, count in spoken], said)


@dataclass(frozen=True, slots=True)
class LocalCopy:
    """A local copy that only ever visits the folders it is told to."""

    account: Account
    cache: Cache

    def sync(self, folder: str, *, bodies: bool = False) -> FolderReport:
        """Send/Receive of one folder; raises ScenarioFailed where the server does not list or does not give it."""
        self.account.connect()
        self.account.list_folders()
        row = self.row(folder)
        report = self.account.sync([row.id], bodies=bodies)
        [visited] = report.folders
        if visited.error is not None:
            raise ScenarioFailed(f"Send/Receive of {folder!r} failed: {visited.error}")
        return visited

    def row(self, folder: str) -> FolderRow:
        """Return the folder as the copy has it; raises ScenarioFailed where the server did not list it."""
        row = self.cache.folders.by_raw(names.encode(folder))
        if row is None:
            raise ScenarioFailed(f"the folder {folder!r} is there, and the folder list lacks it", said=rb"LIST|LSUB")
        return row
