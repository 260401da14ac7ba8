"""A watch on servers of three kinds, under IDLE and by polling: what another client does there appears.

How soon is measured by tests/benchmarks/watch_delay.py.
"""

from __future__ import annotations

from collections.abc import Iterator

import pytest
from servers.available import require
from servers.cyrus import cyrus
from servers.process import server_directory
from servers.real_server import RealServer
from support.at_work import PASSWORD
from support.watched import Place, another_client, letter, watching

from outlookimap.exchange import ExchangeServer
from outlookimap.mail import FlagsChanged, FoldersChanged, NewMail, Removed


@pytest.fixture(scope="module")
def telling_cyrus() -> Iterator[RealServer]:
    """Give a Cyrus that tells at once those that idle."""
    require("cyrus")
    with server_directory() as directory, cyrus(directory, idled=True) as server:
        yield server


@pytest.fixture(
    params=[
        pytest.param("dovecot", marks=pytest.mark.real_server),
        pytest.param("cyrus", marks=pytest.mark.real_server),
        "embedded",
    ]
)
def place(request: pytest.FixtureRequest) -> Iterator[Place]:
    if request.param == "embedded":
        with ExchangeServer("2019", users={"user1": PASSWORD}, tls_port=None, allow_plaintext=True) as server:
            yield Place("embedded", server.port, "user1", PASSWORD)
    else:
        real = request.getfixturevalue("dovecot_server" if request.param == "dovecot" else "telling_cyrus")
        yield Place(request.param, real.port, real.take_user(), real.password, real.host)


@pytest.mark.cites("O5:V0028", "O5:V0001", "X10:V0014")
@pytest.mark.parametrize("idles", [True, False], ids=["idle", "polling"])
def test_what_another_client_does_appears(place: Place, *, idles: bool) -> None:
    with another_client(place) as other:
        other.append("INBOX", letter("before"))
        with watching(place, idles=idles) as watched:
            inbox = watched.outlook.folder("INBOX")
            for name in ("one", "two", "three"):
                other.append("INBOX", letter(name))
                _, came = watched.await_event(NewMail, lambda event: event.message.subject == name)  # noqa: B023
                assert [one.subject for one in inbox.messages()].count(name) == 1  # the local copy has it
            assert came.message.bytes == letter("three")
            other.add_flags(2, [b"\\Deleted"])
            other.expunge()
            _, went = watched.await_event(Removed)
            assert went.uid == 2
            assert sorted(one.subject for one in inbox.messages()) == ["before", "three", "two"]
            assert ("* IDLE" in watched.heard.lines) is idles
            assert ("DONE" in watched.heard.lines) is idles
            assert ("* NOOP" in watched.heard.lines) is not idles


@pytest.mark.cites("O5:V0028", "O5:C0002", "X10:V0046")
@pytest.mark.parametrize("idles", [True, False], ids=["idle", "polling"])
def test_flags_that_another_client_sets_appear(place: Place, *, idles: bool) -> None:
    never_tells = place.name == "embedded"  # what others do to flags: a look from time to time finds it
    with another_client(place) as other:
        other.append("INBOX", letter("before"))
        with watching(place, idles=idles, sweep=0.5 if never_tells else None) as watched:
            other.add_flags(1, [b"\\Flagged"])
            _, changed = watched.await_event(FlagsChanged)
            assert (changed.message.uid, changed.message.flagged) == (1, True)
            assert changed.folder.message(1).flagged


@pytest.mark.cites("X10:V0046", "O5:C0002")
def test_a_look_from_time_to_time_finds_folders(place: Place) -> None:
    with another_client(place) as other, watching(place, idles=True, sweep=0.3) as watched:
        other.create_folder("Found")
        _, changed = watched.await_event(FoldersChanged)
        assert (changed.added, changed.removed) == (("Found",), ())
