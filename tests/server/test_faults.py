"""What each kind of action does to the octets, when faults are due, and that they can change while the server runs."""

from __future__ import annotations

import socket
from collections.abc import Sequence

import pytest
from support.faulty import faulty
from support.loopback import PATIENCE
from support.talk import Talk

from outlookimap.errors import UsageError
from outlookimap.protocol.states import State
from outlookimap.server.fault import At, Fault, When
from outlookimap.server.fault_actions import (
    Action,
    Close,
    Delay,
    Drop,
    Expire,
    Insert,
    Literal,
    Number,
    Replace,
    Skip,
    Split,
    Stale,
    Stall,
)
from outlookimap.server.faults import Faults
from outlookimap.server.listening import MailServer
from outlookimap.wire.responses import Condition

NOOP = When("NOOP")
FETCH = When("UID FETCH")
BODY = b"a UID FETCH 3 (BODY.PEEK[TEXT])\r\n"  # answered: * 3 FETCH (UID 3 BODY[TEXT] {8}\r\nThird.\r\n)\r\n

SAID = (
    (Fault(NOOP, Replace(rb"OK (\w+)", rb"ok \1 \0 %%")), b"a NOOP\r\n", b"a ok NOOP OK NOOP % completed.\r\n"),
    (Fault(NOOP, Replace(rb"%t", b"b")), b"a NOOP\r\n", b"b OK NOOP completed.\r\n"),
    (Fault(NOOP, (Replace(b"O", b"0"), Replace(b"0K", b"NO"))), b"a NOOP\r\n", b"a NO N00P completed.\r\n"),
    (
        Fault(FETCH, Replace(b"T", b"t")),
        BODY,
        b"* 3 FEtCH (UID 3 BODY[tEXt] {8}\r\nThird.\r\n)\r\na OK UID FEtCH completed.\r\n",
    ),
    (
        Fault(FETCH, Replace(b"Th", b"th", inside=True)),
        BODY,
        b"* 3 FETCH (UID 3 BODY[TEXT] {8}\r\nthird.\r\n)\r\na OK UID FETCH completed.\r\n",
    ),
    (
        Fault(FETCH, Literal(b"(T)hird", rb"\1wo+three")),
        BODY,
        b"* 3 FETCH (UID 3 BODY[TEXT] {13}\r\nTwo+three.\r\n)\r\na OK UID FETCH completed.\r\n".replace(
            b"{13}", b"{12}"
        ),
    ),
    (
        Fault(FETCH, Number(rb"\bUID (\d+)", times=-1, plus=10, on=b"FETCH \\(")),
        BODY,
        b"* 3 FETCH (UID 7 BODY[TEXT] {8}\r\nThird.\r\n)\r\na OK UID FETCH completed.\r\n",
    ),
    (Fault(FETCH, Drop(on=rb"\A\*")), BODY, b"a OK UID FETCH completed.\r\n"),
    (
        Fault(FETCH, Drop(on=rb"\A\*", most=2)),
        b"a UID FETCH 1:* UID\r\n",
        b"* 3 FETCH (UID 3)\r\na OK UID FETCH completed.\r\n",
    ),
    (Fault(NOOP, Insert(b"* OK %t %n\r\n")), b"a NOOP\r\n", b"* OK a 3\r\na OK NOOP completed.\r\n"),
    (Fault(NOOP, Insert(b"x\r\n", after=True)), b"a NOOP\r\n", b"a OK NOOP completed.\r\nx\r\n"),
    (
        Fault(FETCH, Insert(b"x\r\n", on=rb"\A\* 2 ")),
        b"a UID FETCH 1:2 UID\r\n",
        b"* 1 FETCH (UID 1)\r\nx\r\n* 2 FETCH (UID 2)\r\na OK UID FETCH completed.\r\n",
    ),
    (
        Fault(When("NOOP", At.BEFORE), Insert(b"x\r\n")),
        b"a NOOP\r\n",
        b"x\r\na OK NOOP completed.\r\n",
    ),
    (
        Fault(When("NOOP", At.AFTER), Insert(b"x\r\n")),
        b"a NOOP\r\nb CHECK\r\n",
        b"a OK NOOP completed.\r\nx\r\nb OK CHECK completed.\r\n",
    ),
    (Fault(NOOP, Skip(Condition.NO, b"%s? Never.")), b"a NOOP\r\n", b"a NO NOOP? Never.\r\n"),
    (
        Fault(When("STORE"), Skip()),
        b"a STORE 1 FLAGS ()\r\nb FETCH 1 FLAGS\r\n",
        b"a OK STORE completed.\r\n* 1 FETCH (FLAGS (\\Seen))\r\nb OK FETCH completed.\r\n",
    ),
    (
        Fault(When("APPEND", At.GO_AHEAD), Replace(rb"\A\+ .*\r\n", b"+\r\n")),
        b"a APPEND INBOX {2}\r\n",
        b"+\r\n",
    ),
    (
        Fault(When("*"), Replace(b"BAD", b"NO")),
        b"a FETCH\r\n",
        b"a NO The command cannot be read.\r\n",
    ),
    (
        Fault(When("IDLE", At.IDLE), Insert(b"* OK Still here\r\n")),
        b"a IDLE\r\nDONE\r\n",
        b"+ IDLE accepted, awaiting DONE.\r\n* OK Still here\r\na OK IDLE completed.\r\n",
    ),
    (Fault(When(longer=20), Skip(Condition.BAD, b"Long.")), b"a SEARCH SUBJECT abcdefgh\r\n", b"a BAD Long.\r\n"),
)


@pytest.mark.parametrize(("fault", "said", "heard"), SAID, ids=range(len(SAID)))
def test_action_octet_by_octet(fault: Fault, said: bytes, heard: bytes) -> None:
    talk = faulty(fault)
    with talk.selected():
        talk.say(said)
        talk.hear(heard)
        assert [fired.fault for fired in talk.service.faults.fired] == [fault]


CUT = (
    (Close(), b"* 3 FETCH (UID 3 BODY[TEXT] {8}\r\nThird.\r\n)\r\n"),
    (Close(after=True), b"* 3 FETCH (UID 3 BODY[TEXT] {8}\r\nThird.\r\n)\r\na OK UID FETCH completed.\r\n"),
    (Close(on=b""), b""),
    (Close(on=b"", abrupt=True), b""),
    (Close(half=True, on=rb"\{"), b"* 3 FETCH (UID 3 BODY[TEXT] {8}\r\nThir"),
    (Close(half=True), b"* 3 FETCH (UID 3 BODY[TEXT] {8}\r\nThird.\r\n)\r\na OK UID FETC"),
)


@pytest.mark.parametrize(("action", "heard"), CUT, ids=range(len(CUT)))
def test_close(action: Close, heard: bytes) -> None:
    talk = faulty(Fault(FETCH, action))
    with talk.selected():
        talk.say(BODY + b"b NOOP\r\n")
        talk.hear(heard)
        talk.ended()
        assert len(talk.service.faults.fired) == 1


def test_split_writes_each_octet_alone() -> None:
    talk = faulty(Fault(NOOP, Split()))
    written: list[bytes] = []
    with talk.selected():
        plain = talk._server.send

        def send(pieces: Sequence[tuple[bytes, bool]], silence: float | None) -> None:
            written.extend(octets for octets, _ in pieces)
            plain(pieces, silence)

        talk._server.send = send  # type: ignore[method-assign]
        talk.say(b"a NOOP\r\n")
        talk.hear(b"a OK NOOP completed.\r\n")
    assert written == [bytes((octet,)) for octet in b"a OK NOOP completed.\r\n"]


def test_delay_is_by_the_clock() -> None:
    talk = faulty(Fault(FETCH, Delay(30.0, on=rb"\A\* 2 ")))
    with talk.selected():
        talk.say(b"a UID FETCH 1:2 UID\r\n")
        talk.hear(b"* 1 FETCH (UID 1)\r\n")
        talk.clock.advance(29.0)
        talk.silence()
        talk.clock.advance(1.0)
        talk.hear(b"* 2 FETCH (UID 2)\r\na OK UID FETCH completed.\r\n")


def test_stall_reads_on_and_says_nothing() -> None:
    talk = faulty(Fault(FETCH, Stall()))
    with talk.selected():
        talk.say(BODY)
        talk.hear(b"* 3 FETCH (UID 3 BODY[TEXT] {8}\r\nThird.\r\n)\r\n")
        talk.say(b"b NOOP\r\n" * 1000)
        talk.taken()
        talk.silence()
        assert talk.alive()


def test_stall_ends_when_nobody_can_wait_any_more() -> None:
    talk = faulty("stall-greeting")
    with talk:
        talk.clock.advance(1800)
        talk.ended()


def test_stall_ends_with_the_server() -> None:
    with (
        MailServer({"user1": "secret"}, faults=Faults(["stall-greeting"]), tls_port=None) as server,
        socket.create_connection(("127.0.0.1", server.port), PATIENCE) as client,
    ):
        while not server.faults.fired:
            assert server.connections <= 1
        assert server.stop()
        assert client.recv(100) == b""


def test_delay_ends_with_the_server() -> None:
    fault = Fault(When(at=At.GREETING), Delay(3600))
    with (
        MailServer({"user1": "secret"}, faults=Faults([fault]), tls_port=None) as server,
        socket.create_connection(("127.0.0.1", server.port), PATIENCE),
    ):
        while not server.faults.fired:
            assert server.connections <= 1
        assert server.stop()


def test_expire_ends_idle_without_a_word() -> None:
    talk = faulty(Fault(When("IDLE", At.IDLE), Expire(600)))
    with talk.selected():
        talk.say(b"a IDLE\r\n")
        talk.hear(b"+ IDLE accepted, awaiting DONE.\r\n")
        talk.clock.advance(599)
        talk.say(b"DONE\r\nb IDLE\r\n")
        talk.hear(b"a OK IDLE completed.\r\n+ IDLE accepted, awaiting DONE.\r\n")
        talk.clock.advance(599)
        talk.silence()
        talk.clock.advance(1)
        talk.ended()


def test_stale_tells_what_was_told_before_for_each_mailbox() -> None:
    talk = faulty(Fault(When("STATUS", nth=(2, None)), Stale(rb"MESSAGES (\d+)")))
    with talk.selected():
        talk.script(
            """
            C: a STATUS inbox (MESSAGES)
            S: * STATUS INBOX (MESSAGES 3)
            S: a OK STATUS completed.
            C: b APPEND INBOX {1+}
            C: x
            S: * 4 EXISTS
            S: * 1 RECENT
            S: b OK [APPENDUID 100 4] APPEND completed.
            C: c STATUS INBOX (MESSAGES)
            S: * STATUS INBOX (MESSAGES 3)
            S: c OK STATUS completed.
            C: d STATUS "Sent Items" (MESSAGES)
            S: * STATUS "Sent Items" (MESSAGES 0)
            S: d OK STATUS completed.
            """
        )


# ---------------------------------------------------------------- when

KEYWORDS = (
    ("UID FETCH", b"UID FETCH", b"UID FETCH 1 UID", True),
    ("uid fetch", b"UID FETCH", b"UID FETCH 1 UID", True),
    ("FETCH", b"UID FETCH", b"UID FETCH 1 UID", False),
    ("FETCH|UID FETCH", b"UID FETCH", b"UID FETCH 1 UID", True),
    ("*", b"", b"", True),
    ("*FETCH *BODY.PEEK[]*", b"FETCH", b"FETCH 1 (UID BODY.PEEK[])", True),
    ("*FETCH *BODY.PEEK[]*", b"FETCH", b"FETCH 1 (UID BODY.PEEK[TEXT])", False),
    ('XLIST "" ""', b"XLIST", b'XLIST "" ""', True),
    ('XLIST "" ""', b"XLIST", b'XLIST "" *', False),
    ("SELECT ?NBOX", b"SELECT", b"SELECT INBOX", True),
)


@pytest.mark.parametrize(("pattern", "keyword", "line", "named"), KEYWORDS)
def test_patterns_of_commands(pattern: str, keyword: bytes, line: bytes, named: bool) -> None:
    assert When(pattern).names(keyword, line) is named


@pytest.mark.parametrize(
    ("nth", "struck"),
    [(None, "1234"), (1, "1"), (3, "3"), ((2, None), "234"), ((2, 3), "23")],
)
def test_occasions(nth: int | tuple[int, int | None] | None, struck: str) -> None:
    talk = faulty(Fault(When("NOOP", nth=nth), Skip(Condition.NO)))
    with talk.signed_in():
        for number in "1234":
            talk.say(b"a CHECK\r\na NOOP\r\n")
            talk.hear(
                b"a BAD This command is not allowed now.\r\na %s NOOP completed.\r\n"
                % (b"NO" if number in struck else b"OK")
            )
        assert "".join(str(fired.nth) for fired in talk.service.faults.fired) == struck


def test_occasions_are_counted_over_all_connections() -> None:
    talk = faulty(Fault(When("NOOP", nth=2), Skip(Condition.NO, b"No.")))
    with talk.greeted(), Talk(talk.service) as other:
        talk.say(b"a NOOP\r\n")
        talk.hear(b"a OK NOOP completed.\r\n")
        other.greeted().say(b"a NOOP\r\n")
        other.hear(b"a NO No.\r\n")


def test_state() -> None:
    talk = faulty(Fault(When(state=State.NOT_AUTHENTICATED), Replace(rb"completed\.", b"done.")))
    with talk.greeted():
        talk.say(b"a NOOP\r\nin LOGIN user1 secret\r\nb NOOP\r\n")
        talk.hear(b"a OK NOOP done.\r\nin OK LOGIN done.\r\nb OK NOOP completed.\r\n")


def test_since_wants_an_earlier_command() -> None:
    talk = faulty(Fault(When("NOOP", since="CAPAB*"), Skip(Condition.NO, b"No.")))
    with talk.greeted():
        talk.say(b"a NOOP\r\n")
        talk.hear(b"a OK NOOP completed.\r\n")
        talk.say(b"b CAPABILITY\r\n")
        while not talk.client.receive(PATIENCE).endswith(b"b OK CAPABILITY completed.\r\n"):  # type: ignore[union-attr]
            pass
        talk.say(b"c NOOP\r\n")
        talk.hear(b"c NO No.\r\n")


def test_since_wants_an_earlier_command_for_a_go_ahead_too() -> None:
    talk = faulty(Fault(When("APPEND", At.GO_AHEAD, since="NOOP"), Replace(rb"\A\+ .*\r\n", b"+\r\n")))
    with talk.signed_in():
        talk.say(b"a NOOP\r\n")
        talk.hear(b"a OK NOOP completed.\r\n")
        talk.say(b"b APPEND INBOX {2}\r\n")
        talk.hear(b"+\r\n")


def test_passwords_are_in_no_record_and_no_pattern() -> None:
    talk = faulty(
        Fault(When("LOGIN * secret"), Skip(Condition.BAD)), Fault(When("LOGIN user1 ******"), Insert(b"x\r\n"))
    )
    with talk.greeted():
        talk.say(b"a LOGIN user1 secret\r\n")
        talk.hear(b"x\r\na OK LOGIN completed.\r\n")
        [fired] = talk.service.faults.fired
        assert fired.command == b"LOGIN user1 ******"


# ---------------------------------------------------------------- all faults of a server


def test_faults_change_while_the_server_runs() -> None:
    talk = faulty()
    faults = talk.service.faults
    with talk.greeted():
        talk.say(b"a NOOP\r\n")
        talk.hear(b"a OK NOOP completed.\r\n")
        faults.add("no-text", Fault(NOOP, Insert(b"x\r\n"), "x"))
        talk.say(b"a NOOP\r\n")
        talk.hear(b"x\r\na OK\r\n")
        faults.remove("no-text")
        talk.say(b"a NOOP\r\n")
        talk.hear(b"x\r\na OK NOOP completed.\r\n")
        faults.clear()
        assert not faults
        talk.say(b"a NOOP\r\n")
        talk.hear(b"a OK NOOP completed.\r\n")
        assert [fired.fault.name for fired in faults.fired] == ["no-text", "x", "x"]


def test_a_fault_that_changes_nothing_has_not_fired() -> None:
    talk = faulty(Fault(NOOP, Replace(b"nowhere", b"there")))
    with talk.greeted():
        talk.say(b"a NOOP\r\n")
        talk.hear(b"a OK NOOP completed.\r\n")
        assert talk.service.faults.fired == ()


def test_the_state_machine_is_not_confused() -> None:
    talk = faulty(Fault(When("LOGIN"), Replace(b"OK", b"NO")))
    with talk.greeted():
        talk.say(b"a LOGIN user1 secret\r\nb LOGIN user1 secret\r\nc LOGOUT\r\n")
        talk.hear(
            b"a NO LOGIN completed.\r\nb BAD This command is not allowed now.\r\n"
            b"* BYE Server closing the connection.\r\nc OK LOGOUT completed.\r\n"
        )
        talk.ended()


WRONG: tuple[tuple[type[Action] | type[When], dict[str, object], str], ...] = (
    (Replace, {"pattern": b"("}, "pattern=(: this is no regular expression"),
    (Replace, {"pattern": b"a", "by": rb"\1"}, "the pattern has 0 groups, and no 1"),
    (Drop, {"on": b"["}, r"on=[: this is no regular expression"),
    (Drop, {"most": 0}, "most=0"),
    (Number, {"pattern": b"1"}, "there is no group"),
    (Stale, {"pattern": b"1"}, "there is no group"),
    (Insert, {"text": b""}, "nothing to insert"),
    (Delay, {"seconds": -1.0}, "seconds=-1"),
    (Delay, {"seconds": float("nan")}, "seconds=nan"),
    (Expire, {"seconds": 1e9}, "seconds=1e+09"),
    (Close, {"half": True, "after": True}, "half and after"),
    (Skip, {"condition": Condition.BYE}, "condition=BYE"),
    (Skip, {"on": b""}, "neither on nor most"),
    (When, {"command": " "}, "when= "),
    (When, {"nth": 0}, "nth=0"),
    (When, {"nth": (3, 2)}, "nth=(3, 2)"),
    (When, {"longer": -1}, "longer=-1"),
    (When, {"command": "NOOP", "at": At.GREETING}, "when=NOOP"),
)


@pytest.mark.parametrize(("kind", "values", "message"), WRONG, ids=range(len(WRONG)))
def test_values_that_make_no_sense(kind: type[Action], values: dict[str, object], message: str) -> None:
    with pytest.raises(UsageError) as caught:
        kind(**values)  # type: ignore[arg-type]
    assert message in str(caught.value)


@pytest.mark.parametrize(
    ("when", "do", "message"),
    [
        (When(), (), "its `do` is empty"),
        (When(at=At.BEFORE), Drop(), "do=drop, at=before"),
        (When(at=At.AFTER), Insert(b"x", on=b"y"), "do=insert, on, at=after"),
        (When(at=At.IDLE), Skip(), "do=skip, at=idle"),
    ],
)
def test_faults_that_make_no_sense(when: When, do: Action | tuple[Action, ...], message: str) -> None:
    with pytest.raises(UsageError) as caught:
        Fault(when, do)
    assert message in str(caught.value)
