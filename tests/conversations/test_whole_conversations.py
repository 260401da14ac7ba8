"""The whole conversation with each real server as each version, against hand-typed transcripts."""

from __future__ import annotations

import base64
import re
from dataclasses import dataclass

import pytest
from servers.real_server import RealServer
from support.real_session import after_sign_in, expected, sent, signed_in
from support.whole_conversation import LATER, LETTER, LONG_NAME, MAIL, NAMES, NO_LINE_END, Heard, converse

from outlookimap.protocol.events import Exists
from outlookimap.traffic import Event, Mark, Transcript, compare, read
from outlookimap.transport.tap import Sender

pytestmark = pytest.mark.real_server


@dataclass(frozen=True, slots=True)
class Run:
    """One conversation: with whom, as whom, and how it is signed in."""

    server: str
    version: str
    way: str
    encryption: str

    def __str__(self) -> str:
        return f"{self.server}-{self.version}-{self.way}-{self.encryption}"

    def transcripts(self) -> tuple[str, ...]:
        """Name the hand-typed files that together say what the client sends; 2007 and 2010 are one in all of them."""
        before = ("sign-in/starttls",) if self.encryption == "starttls" else ()
        versions = "2013" if self.version == "2013" else "2007-2010"
        return (*before, f"sign-in/{self.way.lower()}", f"{self.server}-{versions}")


RUNS = (
    Run("dovecot", "2007", "NTLM", "none"),
    Run("dovecot", "2007", "DIGEST-MD5", "starttls"),
    Run("dovecot", "2010", "NTLM", "tls"),
    Run("dovecot", "2010", "DIGEST-MD5", "none"),
    Run("dovecot", "2013", "NTLM", "starttls"),
    Run("dovecot", "2013", "DIGEST-MD5", "tls"),
    Run("cyrus", "2007", "NTLM", "starttls"),
    Run("cyrus", "2007", "DIGEST-MD5", "tls"),
    Run("cyrus", "2010", "NTLM", "none"),
    Run("cyrus", "2010", "DIGEST-MD5", "starttls"),
    Run("cyrus", "2013", "NTLM", "tls"),
    Run("cyrus", "2013", "DIGEST-MD5", "none"),
    Run("pymap", "2007", "PLAIN", "none"),
    Run("pymap", "2007", "LOGIN", "none"),
    Run("pymap", "2010", "PLAIN", "none"),
    Run("pymap", "2010", "LOGIN", "none"),
    Run("pymap", "2013", "PLAIN", "none"),
    Run("pymap", "2013", "LOGIN", "none"),
)

FIRST_UID = {"dovecot": 1, "cyrus": 1, "pymap": 101}
REFUSED = {"dovecot": {LONG_NAME}, "cyrus": {"50%", 'say "hi"', LONG_NAME}, "pymap": set[str]()}
"""Which of the odd names a server does not take."""
DELIMITER = {"dovecot": ".", "cyrus": ".", "pymap": "/"}


@dataclass(frozen=True, slots=True)
class Held:
    """A conversation that was held."""

    run: Run
    user: str
    server: RealServer
    heard: Heard
    recording: Transcript


def flags(*names: str) -> frozenset[str]:
    return frozenset(names)


@pytest.fixture(params=RUNS, ids=str, scope="module")
def held(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> Held:
    """Hold each conversation once, recorded in a file, for all tests of this module."""
    run: Run = request.param
    server: RealServer = request.getfixturevalue(f"{run.server}_server")
    user = server.take_user()
    file = tmp_path_factory.mktemp("recorded") / f"{run}.imap"
    session = signed_in(server, user, profile=run.version, ways=(run.way,), encryption=run.encryption, record=file)
    heard = converse(session)
    assert session.closed
    assert session.alerts == ()
    return Held(run, user, server, heard, read(file))


@pytest.mark.cites(
    "O5:E0001", "O5:V0005", "O5:V0017", "O5:V0019", "O5:V0021", "O5:V0022", "O5:V0026", "O5:V0030", "O5:V0032",
    "O5:V0033", "O5:V0034", "O5:V0035", "O5:V0040", "O5:V0043", "O5:V0045", "O5:V0046", "O5:V0048", "O5:V0049",
    "O5:V0050", "O5:V0051", "O5:V0054", "O5:V0055", "O5:V0056", "O5:V0059", "O5:V0060", "O5:V0061", "O5:V0065",
    "O5:2.1.3", "O5:2.1.4",
)  # fmt: skip
def test_the_client_says_what_was_typed_by_hand(held: Held) -> None:
    differences = compare(expected(*held.run.transcripts(), user=held.user), held.recording)
    assert not differences, "\n".join(map(str, differences))


@pytest.mark.cites("O5:C0001")
def test_tags_are_four_random_lower_case_letters_or_digits(held: Held) -> None:
    slots = [entry for entry in expected(*held.run.transcripts()).said(Sender.CLIENT) if entry.octets.startswith(b"$")]
    tags = re.findall(rb"(?m)^([a-z0-9]{4}) [A-Z]", sent(held.recording))
    tags.remove(b"zzzz")  # a line of a message
    assert len(tags) == len(slots)
    assert len(set(tags)) > len(tags) - 5  # of 1,679,616, hardly one comes twice


def test_nothing_secret_is_in_the_recording(held: Held) -> None:
    octets = held.recording.octets(Sender.CLIENT) + held.recording.octets(Sender.SERVER)
    password = held.server.password.encode()
    assert password not in octets
    assert base64.b64encode(b"\0%s\0%s" % (held.user.encode(), password)) not in octets


@pytest.mark.cites("O5:V0031")
def test_tls_is_marked_where_it_began(held: Held) -> None:
    entries = held.recording.entries
    marks = [place for place, entry in enumerate(entries) if isinstance(entry, Mark) and entry.event is Event.TLS]
    if held.run.encryption == "none":
        assert marks == []
        return
    [place] = marks
    assert (place == 0) is (held.run.encryption == "tls")
    following = [entry.octets for entry in held.recording.said(Sender.CLIENT) if entry in entries[place:]]
    assert following[0].endswith(b" CAPABILITY\r\n")


def test_what_the_server_noted_is_what_the_recorder_wrote(held: Held) -> None:
    if held.run.server == "pymap":
        assert held.server.log is None  # it keeps no notes
        return
    assert held.server.received_lines(held.user) == after_sign_in(sent(held.recording))


@pytest.mark.cites("O5:V0017", "O5:V0019", "O5:V0021")
def test_names_go_there_and_back(held: Held) -> None:
    refused = held.heard.refused
    assert set(refused) == REFUSED[held.run.server]
    for error in refused.values():
        assert (error.command, error.status) == ("CREATE", "NO")
        assert "name" in error.text  # for the user to see
    names = {folder.name for folder in held.heard.folders}
    delimiter = DELIMITER[held.run.server]
    before = {folder.name for folder in held.heard.folders_at_first}
    assert names - before == {"Work", f"Work{delimiter}Below", *NAMES} - set(refused)
    assert "INBOX" in before
    assert {folder.delimiter for folder in held.heard.folders} == {delimiter}


@pytest.mark.cites("O5:V0043", "O5:V0061")
def test_folders_come_from_the_command_of_the_version(held: Held) -> None:
    sources = {folder.name: folder.source for folder in held.heard.folders}
    if held.run.version == "2013" and held.run.server == "cyrus":
        assert set(sources.values()) == {"XLIST"}
        return
    # It is subscribed: LSUB came last, and the latest response counts.
    assert sources["Work"] == "LSUB"
    assert sources["a&b"] == "LIST"


@pytest.mark.cites("O5:V0036", "O5:V0062")
def test_the_folder_holds_what_was_put_there(held: Held) -> None:
    heard, first = held.heard, FIRST_UID[held.run.server]
    work = heard.selected[1]
    assert (work.name, work.exists, work.unseen) == ("Work", 3, 2)
    assert work.uidvalidity > 0
    assert heard.appended == [first, first + 1, first + 2]
    assert [(message.seq, message.uid) for message in heard.headers] == [(1, first), (2, first + 1), (3, first + 2)]
    for message, (octets, given, date) in zip(heard.headers, MAIL, strict=True):
        assert message.header == octets[: octets.index(b"\r\n\r\n") + 4]
        assert (message.size, message.flags, message.internaldate) == (len(octets), frozenset(given), date)
        assert heard.flags[message.uid] == message.flags


@pytest.mark.cites("O5:V0054", "O5:V0055")
def test_bodies_are_whole_and_stay_unread(held: Held) -> None:
    assert [message.body for message in held.heard.bodies] == [LETTER, LETTER, NO_LINE_END]
    assert held.heard.bodies[2].flags == frozenset()
    assert [message.partial for message in held.heard.bodies] == [False] * 3


@pytest.mark.cites("O5:V0056", "O5:V0004", "O5:V0005")
def test_flags_become_what_each_form_says(held: Held) -> None:
    first = FIRST_UID[held.run.server]
    assert [(message.uid, message.flags) for message in held.heard.loud] == [
        (first, flags("\\Seen", "\\Deleted")),
        (first, flags("\\Seen")),
        (first, flags()),
        (first + 1, flags("\\Seen")),
        (first, flags("\\Flagged", "\\Seen")),
        (first + 2, flags()),
    ]
    assert held.heard.stored == {
        first: flags("\\Flagged", "\\Seen"),
        first + 1: flags("\\Answered"),
        first + 2: flags(),
    }


@pytest.mark.cites("O5:V0057", "O5:V0060", "O5:V0045")
def test_copies_arrive_with_their_flags(held: Held) -> None:
    first = FIRST_UID[held.run.server]
    whole, one = held.heard.copied
    # A new folder numbers its messages as the first one did.
    assert whole.uids == {first: first, first + 1: first + 1, first + 2: first + 2}
    assert [*one.uids] == [first + 2]
    # Two of the three copies are unseen, and so is the one in INBOX, besides pymap's own mail there.
    assert held.heard.unseen == [2, 3 if held.run.server == "pymap" else 1]


@pytest.mark.cites("O5:V0023", "O5:V0026", "O5:V0048")
def test_what_arrives_is_fetched_by_its_number_and_then_its_uid(held: Held) -> None:
    first = FIRST_UID[held.run.server]
    assert held.heard.exists == [Exists(count=4, change=1)]
    new, header, body = held.heard.arrived
    assert [(message.seq, message.uid) for message in (new, header, body)] == [(4, first + 3)] * 3
    assert (new.flags, header.flags, header.size, body.body) == (None, flags("\\Seen"), len(LATER), LATER)
    assert [(message.uid, message.flags) for message in held.heard.pipelined] == [
        (first, flags("\\Flagged", "\\Seen")),
        (first + 1, flags("\\Answered")),
        (first + 3, flags("\\Seen")),
    ]


@pytest.mark.cites("O5:V0051", "O5:V0067")
def test_2013_alone_searches(held: Held) -> None:
    assert held.heard.found == ([[2, 3], [1, 4]] if held.run.version == "2013" else [])


@pytest.mark.cites("O5:V0001", "O5:V0024")
def test_expunged_messages_are_told_by_uid(held: Held) -> None:
    first = FIRST_UID[held.run.server]
    assert sorted(event.uid or 0 for event in held.heard.expunged) == [first, first + 1]
    assert held.heard.left == [first + 2, first + 3]
