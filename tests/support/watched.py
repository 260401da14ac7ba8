"""A watch on a server, under IDLE or by polling, and another client beside it; knows no test.

The other client is IMAPClient, which nobody here wrote.
"""

from __future__ import annotations

import dataclasses
import re
import socket
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from typing import TypeVar

from imapclient import IMAPClient

from outlookimap import Outlook
from outlookimap.mail import WatchEvent
from outlookimap.profiles import Policy, Profile, load
from outlookimap.traffic import Header, Recorder
from support.loopback import Running

E = TypeVar("E")
PATIENCE = 20.0
"""Seconds without an event after which a watch has failed."""


@dataclass(frozen=True, slots=True)
class Place:
    """Where a server takes plain connections, and as whom one signs in."""

    name: str
    port: int
    user: str
    password: str
    host: str = "127.0.0.1"


def letter(name: str) -> bytes:
    """Return a message."""
    return f"From: ann@example.com\r\nSubject: {name}\r\nMessage-ID: <{name}@x>\r\n\r\nThis is {name}.\r\n".encode()


def as_outlook(version: str, *, idles: bool) -> Profile:
    """Return the profile of a version, which without `idles` does not know IDLE."""
    profile = load(version)
    known = profile.values["commands.IDLE"]
    return dataclasses.replace(
        profile, values={**profile.values, "commands.IDLE": dataclasses.replace(known, value=idles)}
    )


@contextmanager
def another_client(place: Place) -> Iterator[IMAPClient]:
    """Give IMAPClient with INBOX selected."""
    with IMAPClient(place.host, place.port, ssl=False, timeout=PATIENCE) as client:
        # else the end of an APPEND waits for the acknowledgment of its beginning
        client.socket().setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        client.login(place.user, place.password)
        client.select_folder("INBOX")
        yield client


class Heard:
    """A sink for a recording: the lines that Outlook sends, tags shown as ``*``; `await_last` waits for one."""

    def __init__(self) -> None:
        self.lines: list[str] = []
        self._changed = threading.Condition()

    def write(self, text: str) -> None:
        """Take lines of the recording."""
        with self._changed:
            said = re.findall(r"^C: (.+)$", text, re.MULTILINE)
            self.lines += [re.sub(r"\A[a-z0-9]{4} ", "* ", line) for line in said]
            self._changed.notify_all()

    def flush(self) -> None:
        """Have nothing to do."""

    def close(self) -> None:
        """Have nothing to do."""

    def await_last(self, line: str) -> None:
        """Wait until this is what was sent last."""
        with self._changed:
            assert self._changed.wait_for(lambda: self.lines[-1:] == [line], PATIENCE), self.lines


class Watched:
    """What a watch in a thread of its own tells, with the moment, and the Outlook it belongs to."""

    def __init__(self, outlook: Outlook, heard: Heard, sweep: float | None) -> None:
        """Begin to watch INBOX."""
        self.outlook = outlook
        self.heard = heard
        self._changed = threading.Condition()
        self._events: list[tuple[float, WatchEvent]] = []
        self._watch = outlook.watch(sweep=sweep)
        self._running = Running(lambda: self._watch.run(self._told))

    def _told(self, event: WatchEvent) -> None:
        with self._changed:
            self._events.append((time.monotonic(), event))
            self._changed.notify_all()

    def await_event(self, kind: type[E], wanted: Callable[[E], bool] = lambda _: True) -> tuple[float, E]:
        """Wait for an event and return it with its moment; AssertionError when it does not come."""

        def found() -> tuple[float, E] | None:
            fitting = ((at, one) for at, one in self._events if isinstance(one, kind) and wanted(one))
            return next(fitting, None)

        with self._changed:
            hit = self._changed.wait_for(found, PATIENCE)
        assert hit is not None, f"{kind.__name__} did not come; the watch told {self._events}"
        return hit

    def stop(self) -> None:
        """End the watch; raise what has ended it before."""
        self._watch.stop()
        self._running.result()


@contextmanager
def watching(
    place: Place, version: str = "2013", *, idles: bool, poll: float = 0.2, sweep: float | None = None
) -> Iterator[Watched]:
    """Give a watch that has had its first look; without `idles` it polls every `poll` seconds."""
    heard = Heard()
    with Outlook(
        f"imap://{place.host}:{place.port}/",
        user=place.user,
        password=place.password,
        profile=as_outlook(version, idles=idles),
        policy=Policy(encryption="none", poll=poll),
        timeout=PATIENCE,
        record=Recorder(heard, Header(client="watching")),
    ) as outlook:
        outlook.sync()
        watched = Watched(outlook, heard, sweep)
        heard.await_last("* IDLE" if idles else "* NOOP")
        yield watched
        watched.stop()
