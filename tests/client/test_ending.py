r"""How a session ends: LOGOUT, the context manager, silence, what the server does, and errors of any kind."""

from __future__ import annotations

from collections.abc import Callable

import pytest
from support.scripted import SELECTED, inbox, opened, played, talk

from outlookimap.client import Session
from outlookimap.errors import (
    CommandFailed,
    ConnectionLost,
    ConnectionTimeout,
    LimitExceeded,
    LocalProtocolError,
    OutlookImapError,
    RemoteProtocolError,
    ServerGoodbye,
    SessionClosed,
    TranscriptError,
)
from outlookimap.profiles import Policy
from outlookimap.protocol.events import Exists
from outlookimap.traffic import Header, Recorder
from outlookimap.wire.limits import Limits

VERSIONS = ["2007", "2010", "2013"]
DROP = Policy(encryption="none", logout="drop")
LOGOUT = "C: $tag LOGOUT\nS: * BYE bye\nS: $tag OK done\n@closed client"


# ---------------------------------------------------------------- LOGOUT


@pytest.mark.cites("O5:2.1.2", "O5:V0050")
@pytest.mark.parametrize("version", VERSIONS)
@pytest.mark.parametrize("answer", ["S: * BYE bye\nS: $tag OK done", "S: $tag OK done", "S: $tag BAD what?"])
def test_logout_waits_for_its_answer(version: str, answer: str) -> None:
    with inbox(f"C: $tag LOGOUT\n@+59\n{answer}\n@closed client", version) as session:
        session.logout()
        assert session.closed
        session.logout()
        for use in (session.noop, lambda: session.select("INBOX"), lambda: session.poll(0), session.expunge):
            with pytest.raises(SessionClosed, match="connect anew"):
                use()
        assert repr(session).endswith(": closed>")


@pytest.mark.cites("O5:2.1.2")
@pytest.mark.parametrize("version", VERSIONS)
def test_logout_by_policy_drops_at_once(version: str) -> None:
    with inbox("C: $tag LOGOUT\n@closed client", version, policy=DROP) as session:
        session.logout()
        assert session.closed


@pytest.mark.cites("O5:2.1.2")
def test_dropping_while_idle_takes_one_write() -> None:
    with inbox("C: $tag IDLE\nS: +\nC: DONE\nC: $tag2 LOGOUT\n@closed client", policy=DROP) as session, session.idle():
        session.poll(0)
        sends = session._link.transport.sends  # type: ignore[attr-defined]
        session.logout()
        assert session._link.transport.sends == sends + 1  # type: ignore[attr-defined]


@pytest.mark.cites("O5:V0050", "O5:2.1.2")
@pytest.mark.parametrize("version", VERSIONS)
def test_leaving_the_context_signs_out_and_never_closes_the_folder(version: str) -> None:
    with inbox(LOGOUT, version) as session:
        with session as same:
            assert same is session
        assert session.closed


@pytest.mark.parametrize("end", ["@closed server", "S: * BYE\n@closed server"])
def test_a_server_that_closes_instead_of_answering_logout(end: str) -> None:
    with inbox(f"C: $tag LOGOUT\n{end}") as session:
        if "BYE" in end:
            session.logout()
        else:
            with pytest.raises(ConnectionLost, match="before it answered LOGOUT"):
                session.logout()
        assert session.closed


@pytest.mark.parametrize("policy", [DROP, Policy(encryption="none")])
def test_nothing_is_said_to_a_server_that_has_said_goodbye(policy: Policy) -> None:
    with inbox("@+1\nS: * BYE\n@closed client", policy=policy) as session:
        with session:
            assert session.poll(1) == []
        assert session.closed


def test_an_error_in_the_context_signs_out_and_is_not_hidden() -> None:
    with inbox(LOGOUT) as session:
        with pytest.raises(ZeroDivisionError), session:
            raise ZeroDivisionError
        assert session.closed


def test_an_error_of_logout_does_not_hide_the_one_in_the_context() -> None:
    with inbox("C: $tag LOGOUT\n@closed server") as session:
        with pytest.raises(ZeroDivisionError), session:
            raise ZeroDivisionError
        assert session.closed


@pytest.mark.cites("O5:V0011")
def test_an_interrupt_in_the_context_drops() -> None:
    with inbox("@closed client") as session:
        with pytest.raises(KeyboardInterrupt), session:
            raise KeyboardInterrupt
        assert session.closed


def test_an_error_in_the_context_of_a_session_that_is_over() -> None:
    with inbox(LOGOUT) as session, pytest.raises(ZeroDivisionError), session:  # noqa: PT012
        session.logout()
        raise ZeroDivisionError


# ---------------------------------------------------------------- what ends a session, in whatever command


ENDS: list[tuple[str, type[OutlookImapError], str]] = [
    ("@closed server", ConnectionLost, "script closed the connection before it answered NOOP"),
    ("S: * BYE gone\n@closed server", ServerGoodbye, "said goodbye and closed the connection before it answered NOOP"),
    ("S: * 4 EXISTS\n@closed server", ConnectionLost, "before it answered NOOP"),
    ("S- * 4 EXI\n@closed server", ConnectionLost, "before it answered NOOP"),
    ("S: what?\n@closed client", RemoteProtocolError, "a space was due"),
    ("S: zzzz OK done\n@closed client", RemoteProtocolError, "belongs to no command"),
    ("S: + go on\n@closed client", RemoteProtocolError, "nothing waits for"),
    ("S: * 9 EXPUNGE\n@closed client", RemoteProtocolError, "EXPUNGE of message 9 in a mailbox of 3"),
    ("S: * 1 FETCH (BODY[] {4097}\n@closed client", LimitExceeded, "literal=4096"),
    ("@+60\n@closed client", ConnectionTimeout, "script: no octet for 60 seconds"),
    ("@+59\nS: * 4 EXISTS\n@+59\nS- *\n@+60\n@closed client", ConnectionTimeout, "no octet for 60 seconds"),
]


@pytest.mark.cites("O5:V0011")
@pytest.mark.parametrize(("end", "error", "message"), ENDS)
@pytest.mark.parametrize("cut", [None, 1])
def test_what_ends_a_session(end: str, error: type[OutlookImapError], message: str, cut: int | None) -> None:
    with inbox(f"C: $tag NOOP\n{end}", limits=Limits(literal=4096), cut=cut) as session:
        with pytest.raises(error, match=message) as caught:
            session.noop()
        assert type(caught.value) is error
        assert session.closed
        for use in (session.noop, lambda: session.poll(0), lambda: session.idle().__enter__()):
            with pytest.raises(SessionClosed):
                use()
        session.logout()


@pytest.mark.cites("O5:V0011")
@pytest.mark.parametrize("interrupt", [KeyboardInterrupt(), MemoryError(), ZeroDivisionError()])
@pytest.mark.parametrize(
    ("use", "written"),
    [
        (lambda session: session.noop(), "C: $tag NOOP\n"),
        (lambda session: session.fetch_flags(5), "C: $tag UID FETCH 5 (UID FLAGS)\n"),
        (lambda session: session.poll(5), ""),
        (lambda session: session.logout(), "C: $tag LOGOUT\n"),
    ],
)
def test_an_interrupt_in_a_command_ends_the_session(
    interrupt: BaseException, use: Callable[[Session], object], written: str
) -> None:
    with inbox(f"{written}@closed client") as session:
        session._link.transport.interrupt = interrupt  # type: ignore[attr-defined]
        with pytest.raises(type(interrupt)):
            use(session)
        assert session.closed


@pytest.mark.cites("O5:V0011")
def test_an_interrupt_while_a_literal_waits() -> None:
    with talk("C: $tag CREATE {1025}\n@closed client") as session:
        session._link.transport.interrupt = KeyboardInterrupt()  # type: ignore[attr-defined]
        with pytest.raises(KeyboardInterrupt):
            session.create("x" * 1025)
        assert session.closed


@pytest.mark.cites("O5:V0011")
def test_a_server_that_takes_nothing_ends_the_session() -> None:
    with inbox("@closed client") as session:
        session._link.transport.jammed = True  # type: ignore[attr-defined]
        with pytest.raises(ConnectionTimeout, match=r"nothing was accepted for 60\.0 s"):
            session.noop()
        assert session.closed


@pytest.mark.cites("O5:V0011")
def test_a_command_that_became_impossible_on_its_way_ends_the_session(monkeypatch: pytest.MonkeyPatch) -> None:
    def refuse(command: object, **_: object) -> bytes:
        raise LocalProtocolError("no")

    with inbox("@closed client") as session:
        monkeypatch.setattr(session._link.connection, "submit", refuse)
        with pytest.raises(LocalProtocolError, match="no"):
            session.noop()
        assert session.closed


def test_a_command_that_fails_ends_nothing() -> None:
    with inbox('C: $tag CREATE "a"\nS: $tag BAD no\nC: $tag NOOP\nS: $tag OK done') as session:
        with pytest.raises(CommandFailed):
            session.create("a")
        session.noop()


@pytest.mark.parametrize("timeout", [1.0, 60.0, 600.0])
def test_any_octet_restarts_the_silence(timeout: float) -> None:
    almost = timeout - 0.5
    script = f"C: $tag NOOP\n@+{almost}\nS- *\n@+{almost}\nS-  4 EX\n@+{almost}\nS: ISTS\n@+{almost}\nS: $tag OK done"
    with inbox(script, timeout=timeout) as session:
        session.noop()
        assert session.poll(0) == [Exists(4, 1)]
        assert session._clock.now() == 4 * almost


# ---------------------------------------------------------------- a server that left while nothing ran


@pytest.mark.parametrize(
    ("end", "error", "message"),
    [
        ("S: * 4 EXISTS\nS: * BYE timed out\n@closed server", ServerGoodbye, "said goodbye and closed the connection"),
        ("S: * 4 EXISTS\n@closed server", ConnectionLost, "the other side had closed it"),
        ("@closed server", ConnectionLost, "the other side had closed it"),
    ],
)
@pytest.mark.parametrize("cut", [None, 7])
def test_the_next_command_learns_why(end: str, error: type[ConnectionLost], message: str, cut: int | None) -> None:
    # the pause keeps the server's last words apart from its answer
    with talk(f"C: $tag NOOP\nS: $tag OK done\n@+1\n{end}", cut=cut) as session:
        session.noop()
        with pytest.raises(error, match=message) as caught:
            session.noop()
        assert type(caught.value) is error
        assert session.closed


def test_last_words_without_end_are_not_listened_to_for_ever() -> None:
    with talk("C: $tag NOOP\nS: $tag OK done\n@+1\n" + "S: * OK and\n" * 100 + "@closed server", cut=1) as session:
        session.noop()
        with pytest.raises(ConnectionLost, match="the other side had closed it"):
            session.noop()


LAST_WORDS: list[tuple[str, type[ConnectionLost], tuple[str, ...]]] = [
    ("S: * NO [ALERT] Fatal error: too much", ConnectionLost, ("Fatal error: too much",)),
    ("S: * OK [ALERT] Fatal error\nS: * BYE too much", ServerGoodbye, ("Fatal error",)),
    ("S: * BYE [ALERT] too much", ServerGoodbye, ()),
]


@pytest.mark.cites("O5:V0062", "O5:V0063", "O5:V0064")
@pytest.mark.parametrize(("words", "error", "alerts"), LAST_WORDS)
def test_why_a_server_hung_up_while_we_were_sending_is_heard(
    words: str, error: type[ConnectionLost], alerts: tuple[str, ...]
) -> None:
    with talk(f"C: $tag NOOP\nS: $tag OK done\n@+1\n{words}\n@closed server") as session:
        session.noop()
        with pytest.raises(ConnectionLost) as caught:
            session.noop()
        assert type(caught.value) is error
        assert session.alerts == alerts
        assert session.closed
        if isinstance(caught.value, ServerGoodbye):
            assert caught.value.text == "too much"


def test_an_answer_that_came_before_the_connection_broke_is_one_and_the_next_command_learns_of_the_break() -> None:
    with talk("C: $tag NOOP\nS: $tag OK done\n@+1\nS: x7 NO [ALERT] too much\n@closed server") as session:
        session.noop()
        session._link.connection._new_tag = lambda: b"x7"
        with pytest.raises(CommandFailed, match="too much"):
            session.noop()
        assert session.alerts == ("too much",)
        with pytest.raises(ConnectionLost, match="the other side had closed it"):
            session.noop()
        assert session.closed


def test_a_goodbye_before_a_reset_is_a_goodbye(monkeypatch: pytest.MonkeyPatch) -> None:
    with talk("C: $tag NOOP\nS: * BYE [ALERT] max atom size too small\n@closed server") as session:
        transport = session._link.transport
        receive = transport.receive

        def reset(timeout: float | None) -> bytes | None:
            octets = receive(timeout)
            if octets == b"":
                raise ConnectionLost("the other side reset it")
            return octets

        monkeypatch.setattr(transport, "receive", reset)
        with pytest.raises(ServerGoodbye, match="said goodbye and closed the connection") as caught:
            session.noop()
        assert caught.value.text == "max atom size too small"
        assert str(caught.value.__cause__) == "the other side reset it"


def test_news_that_came_with_the_end_are_told_first() -> None:
    with inbox("@+1\nS: * 4 EXISTS\nS: * BYE\n@closed server") as session:
        assert session.poll(5) == [Exists(4, 1)]
        with pytest.raises(ServerGoodbye):
            session.poll(5)


@pytest.mark.parametrize("polls", [True, False])
def test_a_garbled_line_after_news(polls: bool) -> None:
    with inbox("@+1\nS: * 4 EXISTS\nS: what?\n@closed client") as session:
        assert session.poll(5) == [Exists(4, 1)]
        with pytest.raises(RemoteProtocolError, match="a space was due"):
            session.poll(5) if polls else session.noop()
        assert session.closed


# ---------------------------------------------------------------- recordings


class Full:
    """A stream on a disk that is full after so many writes."""

    def __init__(self, room: int) -> None:
        self._room = room

    def write(self, text: str) -> int:
        self._room -= 1
        if self._room < 0:
            raise OSError(28, "No space left on device")
        return len(text)

    def flush(self) -> None:
        """Have nothing to do."""


@pytest.mark.cites("O5:V0011")
@pytest.mark.parametrize("idle", [False, True])
def test_a_recording_that_breaks_ends_the_session(idle: bool) -> None:
    # one write for the header, one for each line
    room = 1 + 4 + len(SELECTED.splitlines())
    script = "@+1\nS: * 4 EXISTS\n@closed client" if idle else "@closed client"
    with inbox(script, record=Recorder(Full(room))) as session:  # type: ignore[arg-type]
        with pytest.raises(TranscriptError, match="No space left on device"):
            session.poll(5) if idle else session.noop()
        assert session.closed


@pytest.mark.cites("O5:2.1.2")
def test_a_recording_of_two_connections() -> None:
    recorder = Recorder(None, Header(client="test"))
    script = """
        S: * OK hi
        C: $tag CAPABILITY
        S: * CAPABILITY IMAP4rev1 AUTH=NTLM
        S: $tag OK done
        C: $tag AUTHENTICATE NTLM
        @closed server
        @connected
        S: * PREAUTH hi
        C: $tag CAPABILITY
        S: * CAPABILITY IMAP4rev1
        S: $tag OK done
        C: $tag LOGOUT
        S: $tag OK done
        @closed client
    """
    with played(script) as played_script:
        opened(played_script, record=recorder).logout()
    marks = [entry.event.value for entry in recorder.transcript().entries if hasattr(entry, "event")]
    assert marks == ["closed", "connected", "closed"]
