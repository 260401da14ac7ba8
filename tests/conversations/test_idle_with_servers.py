"""A session that a thread keeps alive, with real servers: they take every IDLE, DONE and NOOP, and each goodbye.

The clock is moved by hand: ten minutes pass as soon as a server idles.
"""

from __future__ import annotations

import re
import threading

import pytest
from servers.real_server import RealServer
from support.real_session import TIMEOUT

from outlookimap.client import Session
from outlookimap.profiles import Policy, load
from outlookimap.traffic import Header, Recorder
from outlookimap.transport.clock import FakeClock

pytestmark = pytest.mark.real_server


@pytest.fixture(params=["dovecot", "cyrus", "pymap"])
def server(request: pytest.FixtureRequest) -> RealServer:
    found: RealServer = request.getfixturevalue(f"{request.param}_server")
    return found


class Lines:
    """A stream for a recording: what both ends said, line by line, tags but ZZZZ shown as ``*``."""

    def __init__(self) -> None:
        self.said: list[str] = []
        self._more = threading.Condition()

    def write(self, text: str) -> None:
        """Take lines of the recording."""
        with self._more:
            self.said += re.findall(r"^(?:C: (?:[a-z0-9]{4} )?(.+)|S: \+.*)$", text, re.MULTILINE)
            self._more.notify_all()

    def flush(self) -> None:
        """Have nothing to do."""

    def await_go_ahead(self, count: int) -> None:
        """Wait for so many go-aheads in all."""
        with self._more:
            assert self._more.wait_for(lambda: self.said.count("") == count, TIMEOUT), self.said


KEPT_ALIVE = ["IDLE", "", "DONE", "NOOP", "IDLE", "", "DONE", "NOOP", "IDLE", ""]


@pytest.mark.cites("O5:V0025", "O5:V0028")
@pytest.mark.parametrize(
    ("switches", "end"),
    [
        ((), ["DONE", "LOGOUT"]),
        (("logout-tag-constant", "logout-with-done"), ["DONE", "ZZZZ LOGOUT"]),
    ],
)
def test_kept_alive_in_idle(server: RealServer, switches: tuple[str, ...], end: list[str]) -> None:
    clock, lines = FakeClock(), Lines()
    with Session.connect(
        f"imap://{server.host}:{server.port}/",
        user=server.take_user(),
        password=server.password,
        profile=load("2013").with_alternatives(switches),
        policy=Policy(encryption="none"),
        record=Recorder(lines, Header(client="test")),  # type: ignore[arg-type]
        clock=clock,
        drive=True,
    ) as session:
        session.select("INBOX")
        lines.said.clear()
        session.want_idle()
        lines.await_go_ahead(1)
        for count in (2, 3):
            clock.advance(600)
            lines.await_go_ahead(count)
    assert lines.said == [*KEPT_ALIVE, *end]


@pytest.mark.cites("O5:V0028")
def test_idle_without_a_mailbox_and_noop_after_done(server: RealServer) -> None:
    switches = ("idle-without-mailbox", "noop-after-done")
    with Session.connect(
        f"imap://{server.host}:{server.port}/",
        user=server.take_user(),
        password=server.password,
        profile=load("2013").with_alternatives(switches),
        policy=Policy(encryption="none"),
        timeout=TIMEOUT,
    ) as session:
        with session.idle():
            session.poll(0)  # idles, or is refused
            session.select("INBOX")
            session.poll(0)
            session.noop()
            session.poll(0)
        assert not session.closed
