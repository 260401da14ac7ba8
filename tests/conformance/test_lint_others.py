"""Clients nobody here wrote, overheard with Dovecot: none of them is Outlook, for reasons that are true of them.

They still are not when their tags are as random as Outlook's.
"""

from __future__ import annotations

import imaplib
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

import imap_tools
import pytest
from imapclient import IMAPClient
from servers.real_server import RealServer
from support.mail_clients import Curl, Mbsync, Mutt, Offlineimap, Place
from support.overheard import overhearing, retagged

from outlookimap.conformance.lint import judge_any, lint
from outlookimap.conformance.verdict import Verdict
from outlookimap.profiles import load
from outlookimap.traffic import Transcript

pytestmark = pytest.mark.real_server

LETTER = b"From: ann@example.com\r\nSubject: one\r\nMessage-ID: <1@example.com>\r\n\r\nHello.\r\n"
PROFILES = tuple(map(load, ("2007", "2010", "2013")))


def by_imaplib(place: Place, _: Path) -> None:
    with imaplib.IMAP4(place.host, place.port, timeout=10) as client:
        client.login(place.user, place.password)
        client.select("INBOX", readonly=True)
        client.append("INBOX", r"(\Seen)", None, LETTER)
        client.select("INBOX")
        client.fetch("1:*", "(RFC822)")
        client.uid("SEARCH", "ALL")


def by_imapclient(place: Place, _: Path) -> None:
    with IMAPClient(place.host, place.port, ssl=False, timeout=10) as client:
        client.login(place.user, place.password)
        client.list_folders()
        client.select_folder("INBOX")
        client.append("INBOX", LETTER)
        client.fetch(client.search(), ["ENVELOPE", "BODYSTRUCTURE", "BODY.PEEK[HEADER.FIELDS (SUBJECT)]"])


def by_imap_tools(place: Place, _: Path) -> None:
    with imap_tools.MailBoxUnencrypted(place.host, place.port, timeout=10).login(place.user, place.password) as box:
        box.append(LETTER, "INBOX")
        assert list(box.fetch(mark_seen=False))
        box.flag(["1"], imap_tools.MailMessageFlags.FLAGGED, value=True)


def by_mbsync(place: Place, directory: Path) -> None:
    Mbsync(place, directory).sync()


def by_offlineimap(place: Place, directory: Path) -> None:
    Offlineimap(place, directory).sync()


def by_curl(place: Place, directory: Path) -> None:
    client = Curl(place, directory)
    client.append("INBOX", LETTER)
    client.get()
    client.get("INBOX;UID=1")


def by_mutt(place: Place, directory: Path) -> None:
    Mutt(place, directory).run("<display-message><exit><quit>")


@dataclass(frozen=True, slots=True)
class Client:
    """A client, and statements that its usual conversation breaks whatever its tags are."""

    run: Callable[[Place, Path], None]
    breaks: frozenset[str]

    def __str__(self) -> str:
        return self.run.__name__.removeprefix("by_")


CLIENTS = (
    # no CAPABILITY after LOGIN, the user's name as an atom, EXAMINE, bare FETCH items, UID SEARCH
    Client(by_imaplib, frozenset({"O5:V0035", "O5:V0017", "O5:V0040", "O5:V0055", "O5:V0059"})),
    # ENVELOPE and BODYSTRUCTURE, a header's fields, UID SEARCH
    Client(by_imapclient, frozenset({"O5:V0008", "O5:V0071", "O5:V0054", "O5:V0059"})),
    Client(by_imap_tools, frozenset({"O5:V0035", "O5:V0059", "O5:V0055"})),
    # an initial response, NAMESPACE
    Client(by_mbsync, frozenset({"O5:V0030", "O5:V0022", "O5:V0055"})),
    # ID, EXAMINE
    Client(by_offlineimap, frozenset({"O5:V0061", "O5:V0040", "O5:V0055"})),
    # NTLM tried after DIGEST-MD5, no CAPABILITY after it, BODY[]
    Client(by_curl, frozenset({"O5:V0034", "O5:V0033", "O5:V0017", "O5:V0053"})),
    # a mechanism of its own, before CAPABILITY; ENABLE, a header's fields
    Client(by_mutt, frozenset({"O5:V0032", "O5:E0001", "O5:V0061", "O5:V0054"})),
)


@pytest.fixture(scope="module")
def user(dovecot_server: RealServer) -> str:
    """One mailbox for all clients, with a message to look at; what else they put there is the same to lint."""
    user = dovecot_server.take_user()
    dovecot_server.populate(user, [LETTER])
    return user


@pytest.fixture(params=CLIENTS, ids=str, scope="module")
def overheard(
    request: pytest.FixtureRequest, dovecot_server: RealServer, user: str, tmp_path_factory: pytest.TempPathFactory
) -> tuple[Client, list[Transcript]]:
    """What each client and Dovecot said, connection by connection."""
    client: Client = request.param
    with overhearing(dovecot_server.host, dovecot_server.port) as heard:
        place = Place(heard.port, None, user=user, password=dovecot_server.password, host=heard.host)
        client.run(place, tmp_path_factory.mktemp(str(client)) / "home")
    return client, heard.transcripts()


def judged(transcripts: list[Transcript]) -> list[Verdict]:
    return [lint(transcript, load("2013")) for transcript in transcripts]


def broken(verdicts: list[Verdict]) -> set[str]:
    return {one for verdict in verdicts for violation in verdict.violations for one in violation.statements}


@pytest.mark.cites("O5:C0001")
def test_no_other_client_is_outlook(overheard: tuple[Client, list[Transcript]]) -> None:
    client, transcripts = overheard
    verdicts = judged(transcripts)
    assert not any(verdict.conforms for verdict in verdicts)
    assert broken(verdicts) >= client.breaks | {"O5:C0001"}


def test_nor_with_tags_like_outlooks(overheard: tuple[Client, list[Transcript]]) -> None:
    client, transcripts = overheard
    verdicts = judged([retagged(transcript) for transcript in transcripts])
    assert not any(verdict.conforms for verdict in verdicts)
    assert broken(verdicts) >= client.breaks
    assert "O5:C0001" not in broken(verdicts)


def test_by_no_version(overheard: tuple[Client, list[Transcript]]) -> None:
    _, transcripts = overheard
    for transcript in transcripts:
        ranked = judge_any(retagged(transcript), PROFILES, observed=True)
        assert len(ranked) == len(PROFILES)
        assert not any(verdict.conforms for verdict in ranked)


def test_each_reason_quotes_what_was_said_and_no_password(overheard: tuple[Client, list[Transcript]]) -> None:
    _, transcripts = overheard
    for verdict in judged(transcripts):
        for violation in verdict.violations:
            assert violation.text
            assert violation.expected
            assert "secret" not in violation.text + violation.expected
            assert violation.statements
