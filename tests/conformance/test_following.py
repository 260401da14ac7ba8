"""What is known of a connection at each command, from whole recordings and from pieces of them."""

from __future__ import annotations

from dataclasses import dataclass

import pytest

from outlookimap.conformance.following import Connection, Epoch, Follower, Line, Step, Waited
from outlookimap.conformance.said import Uttered
from outlookimap.protocol.states import State
from outlookimap.traffic import parse
from outlookimap.wire import commands as c
from outlookimap.wire.command_items import BadCommand

HEADER = "# outlookimap recording 1\nprovenance: synthetic\n\n"
GREETED = "S: * OK ready\n"


@dataclass(frozen=True, slots=True)
class Seen:
    """A step, and what was known before it."""

    step: Step
    state: State | None
    epoch: Epoch
    capabilities: frozenset[bytes] | None
    delimiter: bytes | None
    number: int


def follow(text: str, *, fragment: bool = False) -> tuple[list[Seen], Follower]:
    follower = Follower(fragment=fragment)
    seen = []
    for step in follower.steps(parse(HEADER + text).entries):
        known: Connection = follower.connection
        seen.append(Seen(step, known.state, known.epoch, known.capabilities, known.delimiter, known.number))
    return seen, follower


def commands(text: str, *, fragment: bool = False) -> list[tuple[bytes | None, bytes | None]]:
    """Return tag and keyword of every command."""
    return [
        (one.step.tag, one.step.keyword) for one in follow(text, fragment=fragment)[0] if isinstance(one.step, Uttered)
    ]


SESSION = GREETED + (
    'C: a CAPABILITY\nS: * CAPABILITY IMAP4rev1 AUTH=PLAIN\nS: a OK done\nC: b LOGIN "u" "***"\nS: b OK done\n'
    'C: c LIST "" "*"\nS: * LIST () "/" "INBOX"\nS: c OK done\nC: d SELECT "INBOX"\nS: d OK done\n'
    "C: e CLOSE\nS: e OK done\nC: f LOGOUT\nS: * BYE\nS: f OK done\n"
)


def test_states_epochs_capabilities_and_the_delimiter() -> None:
    seen, follower = follow(SESSION)
    listed = frozenset((b"IMAP4REV1", b"AUTH=PLAIN"))
    assert [(one.state, one.epoch, one.capabilities, one.delimiter) for one in seen] == [
        (State.NOT_AUTHENTICATED, Epoch.GREETED, None, None),
        (State.NOT_AUTHENTICATED, Epoch.GREETED, listed, None),
        (State.AUTHENTICATED, Epoch.SIGNED_IN, None, None),
        (State.AUTHENTICATED, Epoch.SIGNED_IN, None, b"/"),
        (State.SELECTED, Epoch.SIGNED_IN, None, b"/"),
        (State.AUTHENTICATED, Epoch.SIGNED_IN, None, b"/"),
    ]
    assert follower.connection.state is State.LOGOUT
    assert follower.connection.in_flight == {}


def test_preauth_and_tls_begin_epochs() -> None:
    seen, _ = follow("S: * PREAUTH hello\nC: a NOOP\n")
    assert (seen[0].state, seen[0].epoch) == (State.AUTHENTICATED, Epoch.GREETED)
    text = (
        "C: a CAPABILITY\nS: * CAPABILITY IMAP4rev1 STARTTLS\nS: a OK\nC: b STARTTLS\nS: b OK\n@tls\nC: c CAPABILITY\n"
    )
    seen, _ = follow("@tls\n" + GREETED + text)
    assert [(one.epoch, one.capabilities is None) for one in seen] == [
        (Epoch.GREETED, True),
        (Epoch.GREETED, False),
        (Epoch.ENCRYPTED, True),
    ]


def test_a_refusal_changes_nothing() -> None:
    seen, _ = follow(GREETED + 'C: a LOGIN "u" "***"\nS: a NO no\nC: b NOOP\n')
    assert (seen[1].state, seen[1].epoch) == (State.NOT_AUTHENTICATED, Epoch.GREETED)


def test_codes_add_to_what_is_listed_and_are_no_list_by_themselves() -> None:
    seen, _ = follow(
        "S: * OK [CAPABILITY IMAP4rev1 X1] ready\nC: a NOOP\nS: a OK\nC: b CAPABILITY\nS: * CAPABILITY IDLE\nS: b OK\n"
        "C: c NOOP\n"
    )
    assert [one.capabilities for one in seen] == [None, None, frozenset((b"IMAP4REV1", b"X1", b"IDLE"))]


def test_without_a_greeting_nothing_is_known() -> None:
    for text in ("C: a NOOP\n", "S: * 3 EXISTS\n" + GREETED + "C: a NOOP\n", "S: * OK [UIDNEXT 3] x\nC: a NOOP\n"):
        [seen], _ = follow(text)
        assert (seen.state, seen.epoch) == (None, Epoch.UNKNOWN), text


@pytest.mark.parametrize(("first", "epoch"), [("CAPABILITY", Epoch.GREETED), ("NOOP", Epoch.UNKNOWN)])
def test_in_a_fragment_a_greeting_is_one_when_what_follows_says_so(first: str, epoch: Epoch) -> None:
    [seen], _ = follow(f"S: * OK Still here\nC: a {first}\n", fragment=True)
    assert seen.epoch is epoch


def test_what_is_said_tells_what_happened_before() -> None:
    seen, _ = follow('C: a LOGIN "u" "***"\nC: b UID FETCH 1 (UID)\n')
    assert (seen[0].epoch, seen[1].epoch, seen[1].state) == (Epoch.UNKNOWN, Epoch.SIGNED_IN, State.SELECTED)


# ---------------------------------------------------------------- what is a command


def test_answers_of_authenticate_are_none() -> None:
    text = "C: a AUTHENTICATE NTLM\nS: +\nC: ****\nS: + ab==\nC: TlRM\nC: *\nC:\n"
    assert commands(text + "S: a BAD no\nC: b NOOP\n") == [(b"a", b"AUTHENTICATE"), (b"b", b"NOOP")]
    assert commands(text + "C: b NOOP\n") == [(b"a", b"AUTHENTICATE"), (b"b", b"NOOP")]


def test_done_is_none_and_anything_else_in_idle_is_seen_as_such() -> None:
    seen, _ = follow("C: a IDLE\nS: + idling\nC: DONE\nS: a OK\nC: b IDLE\nS: + idling\nC: c NOOP\n")
    assert [type(one.step) for one in seen] == [Uttered, Line, Uttered, Line, Uttered]
    assert [one.step.ends_idle for one in seen if isinstance(one.step, Line)] == [True, False]


def test_a_command_after_a_refused_idle_is_one() -> None:
    assert commands("C: a IDLE\nS: a BAD no\nC: b NOOP\n") == [(b"a", b"IDLE"), (b"b", b"NOOP")]
    assert commands("C: a IDLE\nC: b NOOP\n") == [(b"a", b"IDLE"), (b"b", b"NOOP")]


def test_literals_and_parts_are_put_together() -> None:
    [seen], _ = follow("C- a SEL\nC- ECT {5}\\x0d\\x0a\nS: + go\nC| IN\nC| X\nC:\n")
    assert isinstance(seen.step, Uttered)
    assert seen.step.command == c.Select(b"IN\r\nX")
    assert not seen.step.unasked


@pytest.mark.parametrize(
    ("text", "unasked"),
    [
        ("C: a SELECT {1}\nS: + go\nC| x\nC:\n", False),
        ("C: a SELECT {1}\nC| x\nC:\n", True),
        ("C: a SELECT {1+}\nC| x\nC:\n", False),
        ("C: a LOGIN {1}\nS: +\nC| u\nC-  {1}\\x0d\\x0a\nC| p\nC:\n", True),
    ],
)
def test_literals_that_did_not_wait(text: str, unasked: bool) -> None:
    seen, _ = follow(text)
    assert [one.step.unasked for one in seen if isinstance(one.step, Uttered)] == [unasked]


def test_a_literal_that_never_came_leaves_its_command_cut() -> None:
    seen, follower = follow("C: a APPEND x {5}\nS: a NO no\nC: b SELECT {5}\nC: c NOOP\n")
    steps = [one.step for one in seen]
    assert [(one.tag, one.keyword, one.item is None) for one in steps if isinstance(one, Uttered)] == [
        (b"a", b"APPEND", True),
        (b"b", b"SELECT", True),
        (b"c", b"NOOP", False),
    ]
    assert follower.missing


def test_what_cannot_be_read_is_a_command_all_the_same() -> None:
    [seen], follower = follow("C: a FETCH\n")
    assert isinstance(seen.step, Uttered)
    assert isinstance(seen.step.item, BadCommand)
    assert not follower.missing


def test_placeholders_are_no_tags_but_bind_answers() -> None:
    seen, follower = follow(
        GREETED + 'C: $tag LOGIN "u" "***"\nS: $tag OK done\nC: $tag1 NOOP\nC: $tag2 NOOP\nS: $tag2 OK\n'
    )
    steps = [one.step for one in seen if isinstance(one.step, Uttered)]
    assert [one.tag for one in steps] == [None, None, None]
    assert steps[0].text == '$tag LOGIN "u" "***"'
    assert seen[1].epoch is Epoch.SIGNED_IN
    assert len(follower.connection.in_flight) == 1


def test_a_names_literal_in_an_answer_and_others_are_passed_over() -> None:
    text = (
        'C: a LIST "" *\nS: * LIST () "." {5}\nS| INBOX\nS:\nS: * 1 FETCH (BODY[] {13}\nS| c OK done\nS|\nS|\nS: )\n'
        "S: a OK {5}\nC: b NOOP\n"
    )
    seen, follower = follow(text)
    assert seen[1].delimiter == b"."
    assert len(follower.connection.in_flight) == 1


# ---------------------------------------------------------------- time and connections


def test_silence_is_what_passes_without_a_word_from_the_client() -> None:
    seen, _ = follow(
        GREETED + "@+5\nC: a IDLE\n@+100\nS: + idling\n@+200\nS: * 1 EXISTS\n@+1.5\nC: DONE\n@+7\nC: b NOOP\n"
    )
    waited = [(one.step.before, one.step.after) for one in seen if isinstance(one.step, Waited)]
    assert waited == [(0.0, 100.0), (100.0, 300.0), (300.0, 301.5), (0.0, 7.0)]


@pytest.mark.parametrize(
    ("text", "waited"),
    [
        ("C: a FETCH 1 (UID)\n@+700\nS: * 1 FETCH (UID 1)\n@+50\nS: a OK done\n@+5\nC: b NOOP\n", [(0.0, 5.0)]),
        ("C: a NOOP\nC: b NOOP\n@+1\nS: a OK done\n@+2\nS: b OK done\n@+4\nC: c NOOP\n", [(0.0, 4.0)]),
        ("C: a IDLE\n@+1\nS: + idling\n@+2\nC: DONE\n@+4\nS: a OK done\n", [(0.0, 1.0), (1.0, 3.0), (0.0, 4.0)]),
    ],
    ids=["FETCH", "two in flight", "IDLE counts"],
)
def test_while_an_answer_is_due_nobody_is_silent(text: str, waited: list[tuple[float, float]]) -> None:
    seen, _ = follow(GREETED + text)
    assert [(one.step.before, one.step.after) for one in seen if isinstance(one.step, Waited)] == waited


def test_where_answers_are_not_shown_all_time_counts() -> None:
    seen, _ = follow("C: a NOOP\n@+700\nC: b NOOP\n")
    assert [one.step.after for one in seen if isinstance(one.step, Waited)] == [700.0]


def test_after_goodbye_nobody_is_silent() -> None:
    seen, _ = follow(GREETED + "C: a LOGOUT\nS: * BYE\n@+1000\nS: a OK done\n")
    assert [type(one.step) for one in seen] == [Uttered]


def test_each_connection_begins_anew() -> None:
    seen, _ = follow(SESSION + "@closed\n@connected\n" + GREETED + "C: a CAPABILITY\n")
    assert [one.number for one in seen] == [1] * 6 + [2]
    assert (seen[-1].state, seen[-1].epoch) == (State.NOT_AUTHENTICATED, Epoch.GREETED)
