"""What `Outlook` records, on two connections at once and one after the other, is what its product says."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
from servers.real_server import RealServer
from support.at_work import PASSWORD, letter
from support.instant import Instant
from support.loopback import Running

from outlookimap import Outlook
from outlookimap.conformance.lint import lint
from outlookimap.exchange import ExchangeServer
from outlookimap.profiles import Policy, load
from outlookimap.traffic import Event, Mark, Recorder, Transcript, read
from outlookimap.transport.tap import Sender

OUTLOOKS = ("2007", "2010", "2013")
BULK = Policy(status_in_bulk=True, connections=2)
PLAIN = replace(BULK, encryption="none")
HOUR = 3600.0


@pytest.fixture
def world(monkeypatch: pytest.MonkeyPatch) -> Instant:
    return Instant(monkeypatch)


def exchange(world: Instant) -> ExchangeServer:
    return ExchangeServer(
        users={"user1": PASSWORD},
        mail={"user1": [letter(number) for number in range(1, 6)]},
        tls_port=None,
        allow_plaintext=True,
        clock=world.clock,
    )


def outlook(world: Instant, server: ExchangeServer, version: str, record: Recorder | Path, **options: Any) -> Outlook:
    return Outlook(
        f"imap://localhost:{server.port}/",
        user="user1",
        password=PASSWORD,
        profile=version,
        policy=PLAIN,
        clock=world.clock,
        record=record,
        **options,
    )


def complaints(recording: Transcript, version: str, policy: Policy | None = None) -> str:
    """Return what is wrong with a recording, one line each."""
    verdict = lint(recording, load(version), policy=policy)
    assert verdict.conforms is (not verdict.violations)
    assert not verdict.fragment
    return "\n".join(map(str, verdict.violations))


def connections(recording: Transcript) -> list[bytes]:
    """Return what the client said on each connection of a recording."""
    parts = [b""]
    for entry in recording.entries:
        if isinstance(entry, Mark):
            parts += [b""] if entry.event is Event.CONNECTED else []
        elif getattr(entry, "sender", None) is Sender.CLIENT:
            parts[-1] += getattr(entry, "octets", b"")
    return parts


def work(one: Outlook) -> None:
    """Change mail without a connection, and let the queue be played."""
    one.disconnect()
    inbox = one.folder("INBOX")
    first, second, third, fourth, *_ = inbox.messages()
    first.mark_read()
    second.flag()
    third.move("Drafts")
    inbox.mark_deleted([fourth])
    inbox.append(letter(9))
    assert one.pending()
    one.sync()
    assert not one.pending()
    inbox.purge()


@pytest.mark.cites("O5:V0028", "O5:V0044", "O5:V0055")
@pytest.mark.parametrize("in_file", [True, False], ids=["file", "memory"])
@pytest.mark.parametrize("version", OUTLOOKS)
def test_an_outlook_at_work(world: Instant, version: str, in_file: bool, tmp_path: Path) -> None:
    file, recorder = tmp_path / "whole.imap", Recorder(None)
    with exchange(world) as server, outlook(world, server, version, file if in_file else recorder) as one:
        one.sync()
        assert one._account._background.wait(20)
        work(one)
        assert one._account._background.wait(20)
        with one.watch(folders=["INBOX"]) as watch:
            watching = Running(lambda: [*watch])
            world.until(HOUR, connections=2)
        watching.result()
    recording = read(file) if in_file else recorder.transcript()
    assert complaints(recording, version) == ""
    assert complaints(recording, version, PLAIN) == ""
    said = connections(recording)
    assert len(said) == 4
    assert [b" STATUS " in part for part in said].count(True) == 2
    for part in said:
        assert (b" STATUS " in part) is not (b" UID FETCH " in part)
        assert part.count(b" LOGOUT") == 1
    for what in (b" IDLE", b" UID STORE ", b" UID COPY ", b" APPEND ", b" EXPUNGE", b"BODY.PEEK[]", b" NOOP"):
        assert what in b"".join(said), what
    assert PASSWORD.encode() not in b"".join(said)


@pytest.mark.real_server
@pytest.mark.parametrize("version", OUTLOOKS)
def test_an_outlook_with_dovecot(version: str, dovecot_server: RealServer) -> None:
    recorder = Recorder(None)
    with Outlook(
        f"imap://{dovecot_server.host}:{dovecot_server.port}/",
        user=dovecot_server.take_user(),
        password=dovecot_server.password,
        profile=version,
        policy=BULK,
        ca_file=dovecot_server.ca_file,
        timeout=20.0,
        record=recorder,
    ) as one:
        one.folder("INBOX").append(letter(1))
        one.sync()
        assert one._account._background.wait(20)
    recording = recorder.transcript()
    assert complaints(recording, version) == ""
    assert [b" STATUS " in part for part in connections(recording)] == [False, True]
