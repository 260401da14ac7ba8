"""Watching folders: one loop that waits for news, takes them into the local copy and tells what is other then.

It waits in the first of the folders; what the server never announces it finds by looking at all of them from time to
time. A connection that is lost is made anew, then all is caught up with, the queue of changes played by its one way.
It runs in the thread that asks for what is told; other threads use the line meanwhile, and it goes back when they are
done.
"""

from __future__ import annotations

import contextlib
import logging
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from typing import TypeAlias

from outlookimap.cache import Cache
from outlookimap.client.results import Alert
from outlookimap.errors import (
    AuthenticationFailed,
    CacheBusy,
    CommandFailed,
    ConnectionLost,
    FolderUnknown,
    NotConnected,
    OutlookImapError,
    RemoteProtocolError,
    SelectIncomplete,
    SessionClosed,
    SweepIncomplete,
)
from outlookimap.sync.differences import Difference, Differences, Ours
from outlookimap.sync.hearing import hear
from outlookimap.sync.line import Line
from outlookimap.sync.lines import Lines
from outlookimap.sync.playing import play
from outlookimap.sync.reconnecting import Backoff, Bell
from outlookimap.sync.run import list_folders
from outlookimap.sync.visit import visit
from outlookimap.transport.clock import Clock

_log = logging.getLogger(__name__)

LINGER = 2.0
"""Seconds without use by others before the line goes back to the watched folder: they may want the other one again."""
AWAY = 30.0
"""Seconds after which it goes back however much it is used."""
RETRY = 60.0
"""Seconds before a folder that the server refused is asked for again."""
BUSY = 1.0
"""Seconds before the local copy is tried again where another process is at work on it."""
STEADY = 60.0
"""Seconds that a connection has to last for its loss to be taken for the first."""

_LOST = (ConnectionLost, RemoteProtocolError, SessionClosed, NotConnected)
_REFUSED = (CommandFailed, SelectIncomplete, SweepIncomplete)


@dataclass(frozen=True, slots=True)
class Lost:
    """The connection is lost, by `error`; it is being made anew."""

    error: OutlookImapError


@dataclass(frozen=True, slots=True)
class Restored:
    """There is a connection again, and the local copy has caught up."""


Told: TypeAlias = Difference | Alert | Lost | Restored
"""What a watch tells. The local copy is up to date with it already."""


class Watcher:
    """A watch of `folders` (ids) over `lines`, in the first of which it waits; `sweep` seconds lie between two looks.

    `pauses` says how long before each attempt to connect, None never to try. `ours` knows what the user changes here.
    `swept` is called after each look at all folders.
    """

    def __init__(
        self,
        lines: Lines,
        cache: Cache,
        folders: Sequence[int],
        *,
        sweep: float,
        pauses: Backoff | None,
        ours: Ours,
        clock: Clock,
        swept: Callable[[], None],
    ) -> None:
        """Take note of how the folders are now: what is other at the first look is told."""
        self._lines = lines
        self._cache = cache
        self._folders = [*dict.fromkeys(folders)]
        self._sweep = sweep
        self._pauses = pauses
        self._clock = clock
        self._swept = swept
        self._differences = Differences(cache, self._folders, ours)
        self._bell = Bell(clock)
        self._line: Line | None = None
        self._since = 0.0  # when the connection was made
        self._next_sweep = 0.0
        self._left: float | None = None  # when others were first found to have left the folder
        self._not_before = 0.0  # the server refused the folder
        self._alerted = 0  # how many alerts of this connection were told
        self._rung = False  # others have used the line
        self._stopped = False

    def stop(self) -> None:
        """End the watch at once, whatever it waits for; for any thread."""
        self._stopped = True
        self._bell.ring()
        line = self._line
        if line is not None:
            line.session.wake()

    def told(self) -> Iterator[Told]:
        """Yield what there is to tell, until `stop()` or until somebody disconnects; between two nothing is held.

        Connects where there is no connection. Raises what that raises the first time; AuthenticationFailed where the
        server takes the password no longer; what the connection was lost by where none is to be made anew;
        FolderUnknown where none of the folders is left.

        Statements: O5:C0002, O5:V0028
        """
        self._lines.listeners.append(self._used)
        lost = False
        try:
            self._lines.connect()
            while not self._stopped:
                try:
                    found = self._turn()
                except CacheBusy:
                    found = None
                except _LOST as error:
                    if self._stopped or not self._lines.wanted:
                        return
                    if self._pauses is None:
                        raise
                    if not lost:
                        lost = True
                        yield Lost(error)
                    self._come_back(self._pauses)
                    continue
                if found is None:
                    self._bell.wait(BUSY)
                    continue
                if lost:
                    lost = False
                    yield Restored()
                yield from found
        finally:
            self._lines.listeners.remove(self._used)

    # ---------------------------------------------------------------- one turn

    def _turn(self) -> Sequence[Told] | None:
        """Wait until there is something to do, do it, and return what is other then; None where the copy is not free.

        Statements: O5:V0001, O5:C0002
        """
        self._wait()
        if self._stopped:
            return ()
        with self._lines.using(quiet=True) as line:
            self._rung = False  # what others did before is seen now
            with contextlib.ExitStack() as work:
                try:
                    work.enter_context(self._cache.working(0.0))
                except CacheBusy:
                    return None
                self._do(line)
                return [*self._alerts(line), *self._differences.look()]

    def _do(self, line: Line) -> None:
        if line is not self._line:
            self._catch_up(line)
        elif self._clock.now() >= self._next_sweep:
            self._look(line, anew=False)
        else:
            self._attend(line)

    def _alerts(self, line: Line) -> Iterator[Alert]:
        """Yield what the server wants a person to see.

        Statements: O5:V0062, O5:V0063
        """
        alerts = line.session.alerts[self._alerted :]
        self._alerted += len(alerts)
        yield from map(Alert, alerts)

    def _wait(self) -> None:
        """Wait for news, the next look, the moment to go back, or until somebody has used the line."""
        line = self._line
        if line is None:
            return
        moment = self._next_sweep
        if not self._is_home(line):
            moment = min(moment, self._time_to_return())
        now = self._clock.now()
        at_once = now >= self._lines.used + self._lines.idle_after
        line.session.wait(max(0.0, moment - now), unless=self._is_over, at_once=at_once)

    def _used(self) -> None:
        """Wait for the line, which others use, and look at what they did; where they connected, go on with that."""
        self._rung = True
        line = self._line
        if line is not None:
            line.session.wake()
        elif self._lines.connected:
            self._bell.ring()

    def _is_home(self, line: Line) -> bool:
        return line.selected == self._folders[0] and line.generation is not None

    def _is_over(self) -> bool:
        return self._stopped or self._rung

    def _attend(self, line: Line) -> None:
        """Take the news in; go back to the folder where others have left it and are done."""
        if self._is_home(line):
            self._left = None
        elif self._clock.now() >= self._time_to_return():
            self._visit(line, self._folders[0])
            return
        self._hear(line)

    def _time_to_return(self) -> float:
        """Return when the line may go back to the watched folder."""
        if self._left is None:
            self._left = self._clock.now()
        return max(self._not_before, min(max(self._lines.used, self._left) + LINGER, self._left + AWAY))

    def _hear(self, line: Line) -> None:
        try:
            hear(line, self._cache)
        except _REFUSED as error:
            _log.warning("news: %s", error)

    # ---------------------------------------------------------------- looking at everything

    def _catch_up(self, line: Line) -> None:
        """Play the queue on a connection that is new here, and bring the folders up to date.

        Statements: O5:V0003, O5:C0002
        """
        self._since = self._clock.now()
        self._alerted = 0
        play(line, self._cache)
        self._look(line, anew=True)
        self._line = line

    def _look(self, line: Line, *, anew: bool) -> None:
        """Ask for the folder list and for all flags of the watched folders, the one it waits in last.

        Statements: O5:V0055, O5:C0002
        """
        try:
            list_folders(line, self._cache)
        except CommandFailed as error:
            _log.warning("folders: %s", error)
        for folder in reversed(self._folders[1:]):
            self._visit(line, folder)
        if not anew and self._is_home(line):
            line.mistrust()
            self._hear(line)
        else:
            self._visit(line, self._folders[0])
        self._next_sweep = self._clock.now() + self._sweep
        self._swept()

    def _visit(self, line: Line, folder: int) -> None:
        """Visit a folder; one that is refused is left until later, one that is gone for good."""
        self._left = None
        self._lines.tell(but=self._used)  # another watch may want it back
        try:
            visit(line, self._cache, folder)
        except _REFUSED as error:
            _log.warning("a watched folder was refused: %s", error)
            self._not_before = self._clock.now() + RETRY
        except FolderUnknown:
            if len(self._folders) == 1:
                raise
            self._folders.remove(folder)
            self._differences.forget(folder)

    # ---------------------------------------------------------------- coming back

    def _come_back(self, pauses: Backoff) -> None:
        """Make one attempt to connect, after a pause; what comes of it the next turn finds.

        Statements: O5:V0011
        """
        if self._line is not None and self._clock.now() >= self._since + STEADY:
            pauses.reset()
        self._line = None
        if not self._lines.connected:
            pause = pauses.pause()
            _log.info("the next attempt to connect is in %.1f seconds", pause)
            self._bell.wait(pause)
        if self._stopped:
            return
        try:
            self._lines.reconnect()
        except AuthenticationFailed as error:
            if error.refused:
                raise
            _log.info("connecting anew: %s", error)
        except (ConnectionLost, RemoteProtocolError) as error:
            _log.info("connecting anew: %s", error)
