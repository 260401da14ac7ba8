"""What our own client says is Outlook's: the transcripts typed by hand, and live ones with each server and version."""

from __future__ import annotations

from pathlib import Path

import pytest
from servers.real_server import RealServer
from support.real_session import TRANSCRIPTS, signed_in
from support.whole_conversation import converse

from outlookimap.client import Session
from outlookimap.conformance.lint import judge_any, lint
from outlookimap.exchange import ExchangeServer
from outlookimap.profiles import Policy, load, versions
from outlookimap.traffic import Recorder, Transcript, parse, read
from outlookimap.traffic.imports import load as load_log

OUTLOOKS = ("2007", "2010", "2013")
TYPED = sorted(TRANSCRIPTS.rglob("*.imap"))


def of_2013_alone(path: Path) -> bool:
    return "2013" in path.stem


def complaints(recording: Transcript, version: str, policy: Policy | None = None) -> str:
    """Return what is wrong with a recording, one line each."""
    verdict = lint(recording, load(version), policy=policy)
    assert verdict.conforms is (not verdict.violations)
    return "\n".join(map(str, verdict.violations))


@pytest.mark.parametrize("path", TYPED, ids=lambda path: path.stem)
@pytest.mark.parametrize("version", OUTLOOKS)
def test_what_was_typed_by_hand(path: Path, version: str) -> None:
    if of_2013_alone(path) and version != "2013":
        verdict = lint(read(path), load(version))
        assert {one for violation in verdict.violations for one in violation.statements} <= {"O5:V0051", "O5:V0061"}
        assert not verdict.conforms
    else:
        assert complaints(read(path), version) == ""


@pytest.mark.real_server
@pytest.mark.parametrize("version", OUTLOOKS)
@pytest.mark.parametrize("server", ["dovecot", "cyrus", "pymap"])
def test_a_whole_conversation_with_a_real_server(server: str, version: str, request: pytest.FixtureRequest) -> None:
    running: RealServer = request.getfixturevalue(f"{server}_server")
    recorder = Recorder(None)
    converse(signed_in(running, running.take_user(), profile=version, record=recorder))
    recording = recorder.transcript()
    assert complaints(recording, version) == ""
    assert complaints(recording, version, Policy()) == ""
    verdict = lint(recording, load(version))
    assert verdict.commands > 60
    assert not verdict.fragment
    assert {
        "O5:C0001", "O5:2.1.3", "O5:2.1.4", "O5:V0017", "O5:V0021", "O5:V0026", "O5:V0032", "O5:V0045", "O5:V0055",
        "O5:V0056", "O5:V0059", "O5:V0065",
    } <= set(verdict.exercised)  # fmt: skip


@pytest.mark.real_server
@pytest.mark.parametrize("version", OUTLOOKS)
@pytest.mark.parametrize("server", ["dovecot", "cyrus"])
def test_through_the_log_of_the_server(server: str, version: str, request: pytest.FixtureRequest) -> None:
    running: RealServer = request.getfixturevalue(f"{server}_server")
    user = running.take_user()
    converse(signed_in(running, user, profile=version))
    assert running.log is not None
    sessions = [session for path in running.log.files(user) for session in load_log(path).sessions]
    verdicts = [lint(session.transcript, load(version)) for session in sessions]
    assert [verdict.violations for verdict in verdicts] == [()] * len(verdicts)
    assert sum(verdict.commands for verdict in verdicts) > 60
    assert all(verdict.fragment for verdict in verdicts)


@pytest.mark.parametrize("exchange", versions("server"))
@pytest.mark.parametrize("version", OUTLOOKS)
def test_a_whole_conversation_with_an_embedded_server(exchange: str, version: str, tmp_path: Path) -> None:
    file = tmp_path / "recorded.imap"
    with (
        ExchangeServer(exchange) as server,
        Session.connect(
            server.url, password="secret", profile=version, ca_file=server.ca_file, timeout=20.0, record=file
        ) as session,
    ):
        converse(session)
    assert complaints(read(file), version, Policy()) == ""
    # The server's recording is the same conversation with everything else that the other end saw.
    assert complaints(server.transcript, version, Policy()) == ""


def test_the_right_version_comes_first() -> None:
    recording = read(TRANSCRIPTS / "exchange" / "outlook-2013-with-2019.imap")
    ranked = judge_any(recording, map(load, OUTLOOKS))
    assert [verdict.profile.id for verdict in ranked] == ["outlook-2013", "outlook-2007", "outlook-2010"]
    assert [verdict.conforms for verdict in ranked] == [True, False, False]
    assert {violation.text for violation in ranked[1].violations} == {
        "$tag SEARCH UNSEEN",
        "$tag SEARCH SINCE 28-Aug-2022 SEEN",
    }


def test_entries_will_do_and_are_taken_one_by_one() -> None:
    recording = read(TRANSCRIPTS / "dovecot-2013.imap")
    verdict = lint(iter(recording.entries), load("2013"))
    assert verdict.conforms
    assert verdict == lint(recording, load("2013"))


def test_nothing_is_judged_where_nothing_is_said() -> None:
    verdict = lint(parse("# outlookimap recording 1\nprovenance: fragment\n\nS: * OK ready\n"), load("2013"))
    assert (verdict.conforms, verdict.commands, verdict.exercised, verdict.fragment) == (True, 0, (), True)


def test_commands_sent_with_the_guard_off_are_judged_all_the_same() -> None:
    header = "# outlookimap recording 1\nguard: off\nprovenance: synthetic\n\n"
    text = header + '@guard off\nC: $tag EXAMINE "INBOX"\n@guard on\n'
    [violation] = lint(parse(text), load("2013")).violations
    assert (violation.statements, violation.line) == (("O5:V0040",), 6)
