"""The guard: what the product never sends does not leave, with a switch for research that recordings speak of."""

from __future__ import annotations

from pathlib import Path

import pytest
from support.scripted import PLAIN, SELECTED, Script, inbox, opened, played, talk

from outlookimap.client import Session
from outlookimap.errors import LocalProtocolError, ProfileViolation, RemoteProtocolError
from outlookimap.traffic import Header, Recorder, dumps, read
from outlookimap.wire import commands as c
from outlookimap.wire import fetch as f
from outlookimap.wire.sequence import SequenceSet

VERSIONS = ["2007", "2010", "2013"]
ONE = SequenceSet.of(1)
ENVELOPE = c.Fetch(ONE, (f.FetchAtt(f.ENVELOPE),), uid=True)

FETCHES = [
    (c.Fetch(ONE, macro=b"ALL"), "FETCH 1 ALL", "O5:V0052"),
    (c.Fetch(ONE, macro=b"FULL", uid=True), "UID FETCH 1 FULL", "O5:V0052"),
    (ENVELOPE, "UID FETCH 1 (ENVELOPE)", "O5:V0072"),
    (ENVELOPE, "UID FETCH 1 (ENVELOPE)", "O5:V0008"),
    (c.Fetch(ONE, (f.FetchAtt(f.BODYSTRUCTURE),)), "FETCH 1 (BODYSTRUCTURE)", "O5:V0071"),
    (c.Fetch(ONE, (f.FetchAtt(f.BODY),)), "FETCH 1 (BODY)", "O5:V0009"),
    (c.Fetch(ONE, (f.FetchAtt(f.BODY, f.Section()),)), "FETCH 1 (BODY[])", "O5:V0053"),
    (c.Fetch(ONE, (f.FetchAtt(f.BODY_PEEK, f.Section(part=(1,))),)), "FETCH 1 (BODY.PEEK[1])", "O5:V0010"),
    (c.Fetch(ONE, (f.FetchAtt(f.BODY_PEEK, f.Section(specifier=f.TEXT)),)), "FETCH 1 (BODY.PEEK[TEXT])", "O5:V0054"),
    (c.Fetch(ONE, (f.FetchAtt(f.BODY_PEEK, f.Section(), 0, 9),)), "FETCH 1 (BODY.PEEK[]<0.9>)", "O5:V0070"),
    (c.Fetch(ONE, (f.FetchAtt(f.FLAGS), f.FetchAtt(f.UID)), uid=True), "UID FETCH 1 (FLAGS UID)", "O5:V0055"),
    (c.Fetch(ONE, (f.FetchAtt(f.UID),), parenthesized=False), "FETCH 1 UID", "O5:V0055"),
    (
        c.Fetch(ONE, (f.FetchAtt(f.UID), f.FetchAtt(f.FLAGS), f.FetchAtt(f.RFC822))),
        "FETCH 1 (UID FLAGS RFC822)",
        "O5:V0055",
    ),
]


@pytest.mark.cites("O5:V0052", "O5:V0053", "O5:V0054", "O5:V0055", "O5:V0008", "O5:V0009", "O5:V0010", "O5:V0070")
@pytest.mark.cites("O5:V0071", "O5:V0072")
@pytest.mark.parametrize("version", VERSIONS)
@pytest.mark.parametrize(("command", "written", "statement"), FETCHES)
def test_a_fetch_of_ones_own_is_refused_and_goes_out_without_the_guard(
    version: str, command: c.Fetch, written: str, statement: str
) -> None:
    with inbox(f"C: $tag {written}\nS: $tag OK done", version) as session:
        for guard in (None, True):
            with pytest.raises(ProfileViolation) as caught:
                session.fetch(command, guard=guard)
            assert statement in caught.value.statements
        assert not session.closed
        assert session.fetch(command, guard=False) == []


@pytest.mark.cites("O5:V0055")
@pytest.mark.parametrize("version", VERSIONS)
def test_a_fetch_in_a_form_of_the_product_passes(version: str) -> None:
    command = c.Fetch(ONE, (f.FetchAtt(f.UID), f.FetchAtt(f.FLAGS)), uid=True)
    with inbox("C: $tag UID FETCH 1 (UID FLAGS)\nS: $tag OK done", version) as session:
        session.fetch(command)


NEVER: list[tuple[c.Command, str]] = [
    (c.Examine(b"INBOX"), "O5:V0040"),
    (c.Check(), "O5:V0049"),
    (c.Namespace(), "O5:V0022"),
    (c.Id(None), "O5:V0061"),
    (c.Enable((b"CONDSTORE",)), "O5:V0061"),
    (c.Unselect(), "O5:V0061"),
    (c.Move(ONE, b"a", uid=True), "O5:V0059"),
    (c.Move(ONE, b"a"), "O5:V0061"),
    (c.Expunge(ONE), "O5:V0059"),
    (c.UnknownCommand(b"XAPPLE"), "O5:V0061"),
    (c.Status(b"a", (b"MESSAGES",)), "O5:V0045"),
    (c.Store(ONE, c.StoreAction.ADD, (b"\\Draft",), uid=True), "O5:V0056"),
    (c.List(b"", b"*", returns=(b"SPECIAL-USE",)), "O5:V0061"),
    (c.Create(b"a", (b"\\Sent",)), "O5:V0061"),
]


@pytest.mark.cites("O5:V0040", "O5:V0049", "O5:V0022", "O5:V0061", "O5:V0059", "O5:V0045", "O5:V0056", "O5:V0048")
@pytest.mark.parametrize("version", VERSIONS)
@pytest.mark.parametrize(("command", "statement"), NEVER)
def test_the_guard_stands_before_every_command(version: str, command: c.Command, statement: str) -> None:
    with inbox("", version) as session:
        with pytest.raises(ProfileViolation) as caught:
            session._conversation.command(command)
        assert statement in caught.value.statements


def test_a_guarded_call_in_a_session_without_guard() -> None:
    with inbox("C: $tag UID FETCH 1 (ENVELOPE)\nS: $tag OK done", guard=False) as session:
        with pytest.raises(ProfileViolation):
            session.fetch(ENVELOPE, guard=True)
        session.fetch(ENVELOPE)


# ---------------------------------------------------------------- what the grammar and the state forbid


def test_what_the_state_forbids_is_refused_and_harms_nothing() -> None:
    with talk("C: $tag NOOP\nS: $tag OK done") as session:
        with pytest.raises(LocalProtocolError, match="UID FETCH may not be sent in the state 'authenticated'"):
            session.fetch_flags(1)
        with pytest.raises(LocalProtocolError, match="EXPUNGE may not be sent"):
            session.expunge()
        session.noop()


# ---------------------------------------------------------------- what recordings say of it

ONCE = SELECTED + "C: $tag UID FETCH 1 (ENVELOPE)\nS: $tag OK done\nC: $tag NOOP\nS: $tag OK done"


def fetched_once(script: Script, record: Recorder | Path, *, guard: bool) -> Session:
    """Play ONCE."""
    session = opened(script, record=record, guard=guard, policy=PLAIN)
    session.select("INBOX")
    session.fetch(ENVELOPE, guard=False)
    session.noop()
    return session


GREETED = "S: * PREAUTH hi\nC: $tag CAPABILITY\nS: * CAPABILITY IMAP4rev1\nS: $tag OK done\n"


def shape(recording: str) -> list[str]:
    """Return the client's commands and the marks of a recording."""
    lines = recording.partition("\n\n")[2].splitlines()
    return [line.split()[2] if line.startswith("C:") else line for line in lines if line[0] in "C@"]


def test_a_recording_says_where_the_guard_was_off() -> None:
    recorder = Recorder(None)
    with played(GREETED + ONCE) as script:
        fetched_once(script, recorder, guard=True)
    assert shape(dumps(recorder.transcript())) == ["CAPABILITY", "SELECT", "@guard off", "UID", "@guard on", "NOOP"]


@pytest.mark.parametrize(
    ("header", "marks"), [(Header(), ["@guard off"]), (Header(guard=False), [])], ids=["not said", "said"]
)
def test_a_recording_says_that_the_guard_was_off_all_the_time(header: Header, marks: list[str]) -> None:
    recorder = Recorder(None, header)
    with played(GREETED + ONCE) as script:
        fetched_once(script, recorder, guard=False)
    assert shape(dumps(recorder.transcript())) == [*marks, "CAPABILITY", "SELECT", "UID", "NOOP"]


@pytest.mark.parametrize("guard", [True, False])
def test_a_recording_made_by_path_names_client_profile_and_guard(guard: bool, tmp_path: Path) -> None:
    path = tmp_path / "ann.imap"
    with played(GREETED + ONCE + "\nC: $tag LOGOUT\nS: $tag OK done") as script:
        fetched_once(script, path, guard=guard).logout()
    header = read(path).header
    assert (header.client, header.profile, header.guard) == ("Microsoft Outlook 2013", "outlook-2013", guard)
    marks = ["@guard off", "@guard on"] if guard else []
    assert [line for line in shape(path.read_text("ascii")) if line.startswith("@guard")] == marks


def test_the_guard_is_on_again_after_an_error() -> None:
    recorder = Recorder(None)
    with played(GREETED + SELECTED + "C: $tag UID FETCH 1 (ENVELOPE)\nS: what?\n@closed client") as script:
        session = opened(script, record=recorder)
        session.select("INBOX")
        with pytest.raises(RemoteProtocolError, match="a space was due"):
            session.fetch(ENVELOPE, guard=False)
    assert shape(dumps(recorder.transcript()))[-3:] == ["UID", "@guard on", "@closed"]
