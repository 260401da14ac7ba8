"""What the embedded Exchange says is of its version; what Dovecot and Cyrus say is of none, for true reasons."""

from __future__ import annotations

import imaplib
import random
import ssl
from pathlib import Path

import pytest
from servers.real_server import RealServer
from support.real_session import TRANSCRIPTS, signed_in
from support.whole_conversation import converse

from outlookimap.client import Session
from outlookimap.conformance.server_lint import judge_any, lint
from outlookimap.exchange import ExchangeServer
from outlookimap.profiles import load, versions
from outlookimap.traffic import Recorder, Transcript, parse, read
from outlookimap.traffic.imports import load as load_log

HEADER = "# outlookimap recording 1\nprovenance: synthetic\n\n"


def conversation(version: str, file: Path) -> tuple[Transcript, Transcript]:
    """Return what a whole conversation is, as the client and as the server recorded it."""
    with (
        ExchangeServer(version) as server,
        Session.connect(
            server.url, password="secret", profile="2013", ca_file=server.ca_file, timeout=20.0, record=file
        ) as session,
    ):
        converse(session)
    return read(file), server.transcript


@pytest.mark.parametrize("version", versions("server"))
def test_an_embedded_server_is_of_its_version(version: str, tmp_path: Path) -> None:
    for recording in conversation(version, tmp_path / "recorded.imap"):
        verdict = lint(recording, load(version, kind="server"))
        assert verdict.violations == ()
        assert verdict.remarks == ()
        assert verdict.commands > 100
        assert len(verdict.exercised) > 20
        best = judge_any(recording, [load(name, kind="server") for name in versions("server")])[0]
        assert best.conforms


def test_versions_that_differ_are_told_apart(tmp_path: Path) -> None:
    _, recording = conversation("2016", tmp_path / "recorded.imap")
    ranked = judge_any(recording, [load(name, kind="server") for name in versions("server")])
    assert {one.profile.id for one in ranked if one.conforms} == {"exchange-2016", "exchange-2019"}
    older = next(one for one in ranked if one.profile.id == "exchange-2007")
    assert {violation.statements for violation in older.violations} >= {("X10:V0047",), ("X10:V0009", "X10:V0030")}


@pytest.mark.parametrize("version", ["2007", "2010", "2019"])
def test_what_was_typed_by_hand(version: str) -> None:
    [path] = (TRANSCRIPTS / "exchange").glob(f"*-with-{version}.imap")
    assert lint(read(path), load(version, kind="server")).violations == ()


@pytest.mark.parametrize(
    ("alternative", "tls", "breaks"),
    [
        ("ntlm", True, ("X10:E0003",)),
        ("plaintext-allowed", False, ("X10:E0003", "X10:V0022")),
        ("logindisabled-never", False, None),  # what is not listed is a remark
    ],
)
def test_what_an_administrator_can_change_is_its_own_profile(
    alternative: str, tls: bool, breaks: tuple[str, ...] | None
) -> None:
    with ExchangeServer("2013", alternatives=(alternative,)) as server:
        if tls:
            trusting = ssl.create_default_context(cafile=str(server.ca_file))
            with imaplib.IMAP4_SSL("localhost", server.tls_port, timeout=20, ssl_context=trusting) as client:
                client.capability()
        else:
            with imaplib.IMAP4("localhost", server.port, timeout=20) as client:
                client.capability()
    profile = load("2013", kind="server")
    assert lint(server.transcript, profile.with_alternatives([alternative])).violations == ()
    verdict = lint(server.transcript, profile)
    assert {violation.statements for violation in verdict.violations} == ({breaks} if breaks else set())
    assert verdict.conforms or breaks


REAL = {
    # STARTTLS is not needed; capabilities in codes; the point; no EXISTS after EXPUNGE; keywords for everybody
    "dovecot": {"X10:V0052", "X10:V0047", "X10:E0003", "X10:V0011", "X10:V0035", "X10:V0055", "X10:V0005", "X10:V0016"},
    "cyrus": {"X10:V0052", "X10:V0047", "X10:E0003", "X10:V0011", "X10:V0035", "X10:V0055", "X10:V0005", "X10:V0023"},
}


@pytest.mark.real_server
@pytest.mark.parametrize("version", versions("server"))
@pytest.mark.parametrize("server", REAL)
def test_no_other_server_is_exchange(server: str, version: str, request: pytest.FixtureRequest) -> None:
    running: RealServer = request.getfixturevalue(f"{server}_server")
    recorder = Recorder(None)
    converse(signed_in(running, running.take_user(), profile="2013", record=recorder))
    verdict = lint(recorder.transcript(), load(version, kind="server"))
    broken = {one for violation in verdict.violations for one in violation.statements}
    assert not verdict.conforms
    if load(version, kind="server").id == "exchange-2019":
        assert broken >= REAL[server]
    for violation in verdict.violations:
        assert violation.text
        assert violation.expected
        assert running.password not in violation.text


@pytest.mark.real_server
def test_nor_by_its_log(dovecot_server: RealServer) -> None:
    user = dovecot_server.take_user()
    converse(signed_in(dovecot_server, user, profile="2013"))
    assert dovecot_server.log is not None
    sessions = [session for path in dovecot_server.log.files(user) for session in load_log(path).sessions]
    verdicts = [lint(session.transcript, load("2019", kind="server")) for session in sessions]
    assert all(verdict.fragment for verdict in verdicts)
    assert {"X10:V0011", "X10:V0055"} <= {
        one for verdict in verdicts for violation in verdict.violations for one in violation.statements
    }


@pytest.mark.parametrize("seed", range(40))
def test_octets_that_were_changed_cost_no_traceback(seed: int, tmp_path: Path) -> None:
    chance = random.Random(seed)
    octets = (TRANSCRIPTS / "exchange" / "outlook-2010-with-2010.imap").read_bytes()
    lines = [line[:1] + b" " + line[2:].lstrip() for line in octets.splitlines() if line[:2] in (b"C:", b"S:")]
    text = bytearray(b"\r\n".join(line.replace(b" ", b": ", 1) for line in lines).replace(b"$tag", b"ab12") + b"\r\n")
    for _ in range(60):
        text[chance.randrange(len(text))] = chance.choice((chance.randrange(256), *b' "{}()[]\\*%\r\n'))
    path = tmp_path / "changed.txt"
    path.write_bytes(text)
    for name in ("2007sp1", "2019"):
        profile, sessions = load(name, kind="server"), load_log(path, format="plain").sessions
        verdicts = [lint(session.entries(), profile, fragment=bool(seed % 2)) for session in sessions]
        assert sum(verdict.commands for verdict in verdicts) > 50


def test_entries_will_do_and_are_taken_one_by_one() -> None:
    recording = read(TRANSCRIPTS / "exchange" / "outlook-2013-with-2019.imap")
    profile = load("2019", kind="server")
    assert lint(iter(recording.entries), profile) == lint(recording, profile)


def test_nothing_is_judged_where_nothing_is_said() -> None:
    verdict = lint(parse(HEADER + "C: a1b2 CAPABILITY\n"), load("2019", kind="server"))
    assert (verdict.conforms, verdict.commands, verdict.exercised) == (True, 0, ())


def test_the_greeting_and_what_is_missing_are_remarks() -> None:
    text = "@tls\nS: * OK hello\nC: a1b2 CAPABILITY\nS: * CAPABILITY IMAP4rev1 IDLE\nS: a1b2 OK done\n"
    verdict = lint(parse(HEADER + text), load("2019", kind="server"))
    assert verdict.conforms
    greeting, mechanisms, extensions = verdict.remarks
    assert greeting.statements == ("X10:V0052",)
    assert "The Microsoft Exchange IMAP4 service is ready." in greeting.text
    assert mechanisms.statements == ("X10:E0003",)
    assert "AUTH=GSSAPI AUTH=PLAIN" in mechanisms.text
    assert extensions.statements == ("X10:V0047",)


def test_a_fragment_is_not_taken_for_unprotected() -> None:
    text = HEADER.replace("synthetic", "fragment") + 'C: a1b2 LOGIN "ann" "***"\nS: a1b2 OK LOGIN completed.\n'
    assert lint(parse(text), load("2019", kind="server")).conforms
    listed = "C: c3d4 CAPABILITY\nS: * CAPABILITY IMAP4 IMAP4rev1 STARTTLS LOGINDISABLED\nS: c3d4 OK done\n"
    begun = text.replace("C: a1b2", f"{listed}C: a1b2")
    [violation] = lint(parse(begun), load("2019", kind="server")).violations
    assert violation.statements == ("X10:V0025",)
