"""Every Outlook holds the whole conversation with every Exchange; of three pairs both sides were typed by hand."""

from __future__ import annotations

from dataclasses import dataclass

import pytest
from support.real_session import TRANSCRIPTS
from support.whole_conversation import LATER, LETTER, LONG_NAME, NAMES, NO_LINE_END, Heard, converse

from outlookimap.client import Session
from outlookimap.exchange import ExchangeServer
from outlookimap.profiles import Policy, versions
from outlookimap.protocol.events import Exists
from outlookimap.traffic import Transcript, compare, read
from outlookimap.transport.tap import Sender

OUTLOOKS = ("2007", "2010", "2013")
PAIRS = [(outlook, version) for outlook in OUTLOOKS for version in versions("server")]
TYPED = [("2007", "2007"), ("2010", "2010"), ("2013", "2019")]


@dataclass(frozen=True, slots=True)
class Held:
    """A conversation that was held, and what both ends recorded of it."""

    outlook: str
    version: str
    heard: Heard
    transcript: Transcript
    sent: tuple[str, ...]


def hold(outlook: str, version: str, policy: Policy) -> Held:
    with ExchangeServer(version, first_uidvalidity=100) as server:
        with Session.connect(
            server.url, password="secret", profile=outlook, policy=policy, ca_file=server.ca_file, timeout=20.0
        ) as session:
            heard = converse(session)
            assert session.alerts == ()
        sent = tuple(item.name for item in server.commands)
    # Stopped: the transcript is whole.
    return Held(outlook, version, heard, server.transcript, sent)


@pytest.fixture(params=PAIRS, ids="-".join, scope="module")
def held(request: pytest.FixtureRequest) -> Held:
    """Hold each conversation once, signed in as that Outlook does."""
    outlook, version = request.param
    return hold(outlook, version, Policy())


def flags(*names: str) -> frozenset[str]:
    return frozenset(names)


@pytest.mark.cites("X10:V0026", "X10:V0028", "X10:C0003")
def test_folders_come_and_go(held: Held) -> None:
    assert held.heard.folders_at_first[0].name == "INBOX"
    assert set(held.heard.refused) == {LONG_NAME}
    names = {folder.name for folder in held.heard.folders}
    assert names >= {"Work", "Work/Below", *NAMES} - {LONG_NAME}


def test_mail_is_what_was_sent(held: Held) -> None:
    heard = held.heard
    assert [message.body for message in heard.bodies] == [LETTER, LETTER, NO_LINE_END]
    assert heard.flags == {1: flags("\\Seen"), 2: flags(), 3: flags("\\Seen", "\\Draft")}
    assert heard.stored == {1: flags("\\Flagged", "\\Seen"), 2: flags("\\Answered"), 3: flags()}
    assert heard.arrived[-1].body == LATER
    assert heard.left == [3, 4]
    assert heard.unseen == [2, 1]


@pytest.mark.cites("X10:V0035", "X10:V0055")
def test_what_happens_is_told(held: Held) -> None:
    assert [event.count for event in held.heard.exists] == [4]
    assert [event.uid for event in held.heard.expunged] == [1, 2]
    assert not [event for event in held.heard.idled if isinstance(event, Exists)]


@pytest.mark.cites("X10:V0006", "X10:V0045")
def test_a_size_is_that_of_what_is_stored_until_the_body_was_read(held: Held) -> None:
    assert [message.size for message in held.heard.headers] == [136 + 1024, 50 + 1024, 18 + 1024]


def test_uids_are_told_where_uidplus_is_listed(held: Held) -> None:
    listed = held.version not in ("exchange-2007sp1", "exchange-2007")
    assert held.heard.appended == ([1, 2, 3] if listed else [None, None, None])
    assert [bool(copied.uids) for copied in held.heard.copied] == [listed, listed]


@pytest.mark.cites("X10:E0003")
def test_the_sign_in_is_the_strongest_both_know(held: Held) -> None:
    with_ntlm = held.version in ("exchange-2007sp1", "exchange-2007")
    authenticated = [entry.octets for entry in held.transcript.said(Sender.CLIENT) if b"AUTHENTICATE" in entry.octets]
    assert [octets.split()[2] for octets in authenticated] == [b"NTLM" if with_ntlm else b"PLAIN"]
    assert held.sent[:3] == ("CAPABILITY", "AUTHENTICATE", "CAPABILITY")
    assert held.sent[-1] == "LOGOUT"


def test_only_2013_searches_and_none_finds_xlist(held: Held) -> None:
    assert held.heard.found == ([[2, 3], [1, 4]] if held.outlook == "2013" else [])
    assert "XLIST" not in held.sent
    assert {"LIST", "LSUB"} <= set(held.sent)


@pytest.mark.cites("X10:V0007", "X10:V0048", "X10:V0049", "X10:V0051", "X10:V0052", "X1:2.3.4")
def test_codes_that_are_never_sent_and_those_that_are(held: Held) -> None:
    said = held.transcript.octets(Sender.SERVER)
    assert said.isascii()
    for never in (b"[ALERT", b"[PARSE", b"[CAPABILITY", b"* PREAUTH"):
        assert never not in said
    for always in (b"* OK [PERMANENTFLAGS (", b"* OK [UIDVALIDITY ", b"* OK [UIDNEXT ", b" OK [READ-WRITE] "):
        assert always in said


@pytest.mark.cites(
    "X10:V0009", "X10:V0016", "X10:V0035", "X10:V0045", "X10:V0050", "X10:V0052",
    "X10:V0055", "X10:C0003", "X10:E0001", "X10:E0003",
)  # fmt: skip
@pytest.mark.parametrize(("outlook", "version"), TYPED)
def test_both_sides_are_as_typed_by_hand(outlook: str, version: str) -> None:
    typed = read(TRANSCRIPTS / f"exchange/outlook-{outlook}-with-{version}.imap")
    held = hold(outlook, version, Policy(mechanisms=("PLAIN",)))
    differences = compare(typed, held.transcript, sides=(Sender.CLIENT, Sender.SERVER))
    assert not differences, "\n".join(map(str, differences))
