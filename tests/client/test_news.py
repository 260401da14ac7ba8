r"""What nobody asked for: which of it reaches `poll()`, in which order and with which UIDs, and what is ignored."""

from __future__ import annotations

from collections.abc import Callable

import pytest
from support.scripted import inbox, opened, played, talk

from outlookimap.client import Alert, Folder, Message, Session
from outlookimap.client.results import Other
from outlookimap.errors import CommandFailed, ServerGoodbye, SessionClosed
from outlookimap.protocol.events import Exists, Expunged
from outlookimap.wire import responses as r
from outlookimap.wire.sequence import SequenceSet

VERSIONS = ["2007", "2010", "2013"]
OLD = ["2007", "2010"]

LEARN = r"""
    C: $tag UID FETCH 1:* (UID FLAGS)
    S: * 1 FETCH (UID 5 FLAGS ())
    S: * 2 FETCH (UID 7 FLAGS ())
    S: * 3 FETCH (UID 9 FLAGS ())
    S: $tag OK done
"""
UNASKED = r"""
    S: * 4 EXISTS
    S: * 1 RECENT
    S: * 2 EXPUNGE
    S: * 2 FETCH (FLAGS (\Seen \Recent))
    S: * FLAGS (\Seen)
    S: * OK [ALERT] disk full
    S: * LIST (\Noselect) "/" x
    S: * 2 FETCH (UID 9 FLAGS (\Deleted))
"""
NEWS = [
    Exists(4, 1),
    Expunged(2, 7),
    Message(2, 9, frozenset(("\\Seen",))),
    Alert("disk full"),
    Folder("x", b"x", "/", frozenset(("\\Noselect",)), "LIST"),
    Message(2, 9, frozenset(("\\Deleted",))),
]

BUSY: list[tuple[Callable[[Session], object], str]] = [
    (lambda session: session.noop(), "NOOP"),
    (lambda session: session.capability(), "CAPABILITY"),
    (lambda session: session.fetch_bodies(5), "UID FETCH 5 (UID FLAGS BODY.PEEK[])"),
    (lambda session: session.flag(5), r"UID STORE 5 +FLAGS.SILENT (\Flagged)"),
    (lambda session: session.copy(5, "a"), 'UID COPY 5 "a"'),
    (lambda session: session.status_unseen("a"), 'STATUS "a" (UNSEEN)'),
    (lambda session: session.create("a"), 'CREATE "a"'),
    (lambda session: session.expunge(), "EXPUNGE"),
    (lambda session: session.lsub(), 'LSUB "" "*"'),
]


@pytest.mark.cites("O5:V0001", "O5:V0023", "O5:V0024", "O5:V0068", "O5:V0069", "O5:C0002", "O5:V0004")
@pytest.mark.parametrize("version", VERSIONS)
@pytest.mark.parametrize(("verb", "written"), BUSY)
@pytest.mark.parametrize("cut", [None, 1])
def test_unasked_data_in_the_middle_of_any_command(
    version: str, verb: Callable[[Session], object], written: str, cut: int | None
) -> None:
    script = f"{LEARN}C: $tag {written}\n{UNASKED}S: $tag OK done"
    with inbox(script, version, cut=cut) as session:
        session.fetch_flags(SequenceSet.all())
        verb(session)
        assert session.poll(0) == NEWS
        assert session.poll(0) == []
        assert session.alerts == ("disk full",)


@pytest.mark.cites("O5:V0001", "O5:V0023", "O5:V0024")
@pytest.mark.parametrize("version", VERSIONS)
def test_unasked_data_while_nothing_runs(version: str) -> None:
    with inbox(f"{LEARN}{UNASKED}", version) as session:
        session.fetch_flags(SequenceSet.all())
        assert session.poll(30) == NEWS


@pytest.mark.cites("O5:V0068", "O5:V0069")
@pytest.mark.parametrize("version", VERSIONS)
@pytest.mark.parametrize(
    "line", ["* FLAGS (\\Seen)", "* 3 RECENT", "* OK [UIDNEXT 7] next", "* OK still here", "* NO disk"]
)
def test_what_is_ignored(version: str, line: str) -> None:
    with inbox(f"C: $tag NOOP\nS: {line}\nS: $tag OK done", version) as session:
        session.noop()
        assert session.poll(0) == []
        assert session.alerts == ()


@pytest.mark.cites("O5:V0067")
@pytest.mark.parametrize("version", VERSIONS)
def test_a_search_response_that_nobody_asked_for(version: str) -> None:
    with inbox("C: $tag NOOP\nS: * SEARCH 1 2\nS: $tag OK done", version) as session:
        session.noop()
        assert session.poll(0) == ([] if version in OLD else [Other(r.SearchData((1, 2)))])


@pytest.mark.cites("O5:V0024")
def test_other_data_are_handed_on_as_they_are_and_blank_lines_are_not() -> None:
    script = "C: $tag NOOP\nS: * STATUS a (UNSEEN 1)\nS: * X-ODD 1\nS:\nS: $tag OK done"
    with inbox(script) as session:
        session.noop()
        assert session.poll(0) == [Other(r.StatusData(b"a", ((b"UNSEEN", 1),))), Other(r.UnknownData(b"X-ODD 1"))]


# ---------------------------------------------------------------- texts


@pytest.mark.cites("O5:V0063", "O5:V0062")
@pytest.mark.parametrize("version", VERSIONS)
def test_ok_texts_are_heard_with_alert_only(version: str) -> None:
    script = """
        C: $tag NOOP
        S: * OK nobody hears this
        S: * OK [alert] one \\x07
        S: * NO [ALERT] two
        S: * OK [X-OTHER] nor this
        S: $tag OK [ALERT] three
    """
    with talk(script, version) as session:
        session.noop()
        heard = ("one \N{REPLACEMENT CHARACTER}", "two", "three")
        assert session.alerts == heard
        assert session.poll(0) == [Alert(text) for text in heard]


@pytest.mark.cites("O5:V0062", "O5:V0063")
def test_an_alert_of_a_command_that_fails_is_in_its_error_and_heard() -> None:
    with talk('C: $tag CREATE "a"\nS: $tag NO [ALERT] over quota') as session:
        with pytest.raises(CommandFailed, match=r"CREATE: the server answered NO \[ALERT\] over quota"):
            session.create("a")
        assert session.alerts == ("over quota",)


@pytest.mark.cites("O5:V0063", "O5:V0062")
def test_alerts_from_before_sign_in_count() -> None:
    script = """
        S: * OK [ALERT] maintenance at noon
        C: $tag CAPABILITY
        S: * CAPABILITY IMAP4rev1
        S: $tag OK done
        C: $tag LOGIN "ann" "secret"
        S: $tag OK [ALERT] password expires
        C: $tag CAPABILITY
        S: * CAPABILITY IMAP4rev1
        S: $tag OK done
    """
    with played(script) as played_script:
        assert opened(played_script).alerts == ("maintenance at noon", "password expires")


@pytest.mark.cites("O5:V0064")
@pytest.mark.parametrize("version", VERSIONS)
@pytest.mark.parametrize("bye", ["* BYE [ALERT] shutting down", "* BYE shutting down\\x07"])
def test_bye_texts_are_heard_by_nobody(version: str, bye: str) -> None:
    with talk(f"@+1\nS: {bye}\n@closed server", version) as session:
        assert session.poll(1) == []
        with pytest.raises(ServerGoodbye) as caught:
            session.poll(1)
        assert "shutting" not in str(caught.value)
        assert caught.value.text.startswith("shutting down")
        assert "\x07" not in caught.value.text
        assert session.alerts == ()
        with pytest.raises(SessionClosed):
            session.poll(0)


# ---------------------------------------------------------------- from one mailbox to the next

NEXT = """
    S: * OK [UIDVALIDITY 8] fixed
    S: $tag OK done
"""


@pytest.mark.cites("O5:V0023", "O5:V0050")
def test_news_of_the_mailbox_that_is_left_are_not_taken_for_the_next_ones() -> None:
    script = f"""
        {LEARN}
        C: $tag NOOP
        S: * 9 EXISTS
        S: * OK [ALERT] stays
        S: $tag OK done
        C: $tag SELECT "next"
        S: * 2 EXPUNGE
        S: * 1 FETCH (FLAGS ())
        S: * 6 EXISTS
        S: * 2 EXPUNGE
        S: * 5 EXISTS
        S: * 1 FETCH (UID 3 FLAGS ())
        {NEXT}
    """
    with inbox(script) as session:
        session.fetch_flags(SequenceSet.all())
        session.noop()
        assert session.select("next").exists == 5
        assert session.poll(0) == [Alert("stays"), Expunged(2, None), Message(1, 3, frozenset())]


@pytest.mark.parametrize(
    ("answer", "left"),
    [("NO no such folder", True), ("BAD what?", False)],
)
def test_a_select_that_fails(answer: str, left: bool) -> None:
    script = f"""
        C: $tag NOOP
        S: * 9 EXISTS
        S: $tag OK done
        C: $tag SELECT "next"
        S: $tag {answer}
    """
    with inbox(script) as session:
        session.noop()
        with pytest.raises(CommandFailed):
            session.select("next")
        assert session.poll(0) == ([] if left else [Exists(9, 6)])
        assert ("selected" in repr(session)) is not left


@pytest.mark.parametrize("answer", ["OK done", "NO not now"])
def test_close_leaves_the_mailbox(answer: str) -> None:
    script = f"C: $tag NOOP\nS: * 9 EXISTS\nS: $tag OK done\nC: $tag CLOSE\nS: $tag {answer}"
    with inbox(script) as session:
        session.noop()
        if answer.startswith("OK"):
            session.close()
            assert session.poll(0) == []
        else:
            with pytest.raises(CommandFailed):
                session.close()
            assert session.poll(0) == [Exists(9, 6)]
