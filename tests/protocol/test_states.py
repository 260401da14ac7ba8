"""The tables of the states, against RFC 3501 section 6 as it is printed."""

from __future__ import annotations

import pytest

from outlookimap.protocol.states import ALLOWED, State, allowed, completed, names_numbers, renumbers
from outlookimap.wire import commands as c
from outlookimap.wire import search as s
from outlookimap.wire.fetch import FetchAtt
from outlookimap.wire.responses import Condition
from outlookimap.wire.secret import Secret
from outlookimap.wire.sequence import SequenceSet

SET = SequenceSet.of(3)
ITEMS = (FetchAtt(b"FLAGS"),)
FETCH, UID_FETCH = c.Fetch(SET, ITEMS), c.Fetch(SET, ITEMS, uid=True)
STORE, UID_STORE = c.Store(SET, c.StoreAction.ADD, ()), c.Store(SET, c.StoreAction.ADD, (), uid=True)
COPY, UID_COPY = c.Copy(SET, b"x"), c.Copy(SET, b"x", uid=True)
MOVE, UID_MOVE = c.Move(SET, b"x"), c.Move(SET, b"x", uid=True)
SEARCH, UID_SEARCH = c.Search((s.ALL,)), c.Search((s.ALL,), uid=True)

# RFC 3501 6.1 to 6.4 and the RFCs of the extensions, by the titles of their sections
BEFORE, AFTER, MAILBOX = State.NOT_AUTHENTICATED, State.AUTHENTICATED, State.SELECTED
COMMANDS: list[tuple[c.Command, set[State]]] = [
    (c.Capability(), {BEFORE, AFTER, MAILBOX}),
    (c.Noop(), {BEFORE, AFTER, MAILBOX}),
    (c.Logout(), {BEFORE, AFTER, MAILBOX}),
    (c.StartTls(), {BEFORE}),
    (c.Authenticate(b"NTLM"), {BEFORE}),
    (c.Login(b"u", Secret(b"p")), {BEFORE}),
    (c.Select(b"x"), {AFTER, MAILBOX}),
    (c.Examine(b"x"), {AFTER, MAILBOX}),
    (c.Create(b"x"), {AFTER, MAILBOX}),
    (c.Delete(b"x"), {AFTER, MAILBOX}),
    (c.Rename(b"x", b"y"), {AFTER, MAILBOX}),
    (c.Subscribe(b"x"), {AFTER, MAILBOX}),
    (c.Unsubscribe(b"x"), {AFTER, MAILBOX}),
    (c.List(b"", b"*"), {AFTER, MAILBOX}),
    (c.Lsub(b"", b"*"), {AFTER, MAILBOX}),
    (c.Status(b"x", (b"UNSEEN",)), {AFTER, MAILBOX}),
    (c.Append(b"x", b""), {AFTER, MAILBOX}),
    (c.Check(), {MAILBOX}),
    (c.Close(), {MAILBOX}),
    (c.Expunge(), {MAILBOX}),
    (SEARCH, {MAILBOX}),
    (FETCH, {MAILBOX}),
    (STORE, {MAILBOX}),
    (COPY, {MAILBOX}),
    (c.Idle(), {AFTER, MAILBOX}),
    (c.Namespace(), {AFTER, MAILBOX}),
    (c.Xlist(b"", b"*"), {AFTER, MAILBOX}),
    (c.Unselect(), {MAILBOX}),
    (MOVE, {MAILBOX}),
    (c.Id(None), {BEFORE, AFTER, MAILBOX}),
    (c.Enable((b"CONDSTORE",)), {AFTER}),  # RFC 5161 section 3.1: before a mailbox is selected
    (c.UnknownCommand(b"XYZZY"), {BEFORE, AFTER, MAILBOX}),
]


@pytest.mark.parametrize(("command", "states"), COMMANDS, ids=lambda value: type(value).__name__)
def test_a_command_is_allowed_in_the_states_of_its_section(command: c.Command, states: set[State]) -> None:
    assert {state for state in State if allowed(command, state)} == states


def test_every_command_has_its_states() -> None:
    assert {type(command) for command, _ in COMMANDS} == {*c.COMMANDS, c.UnknownCommand} == set(ALLOWED)


@pytest.mark.parametrize(
    ("command", "condition", "before", "after"),
    [
        (c.Login(b"u", Secret(b"p")), Condition.OK, BEFORE, AFTER),
        (c.Login(b"u", Secret(b"p")), Condition.NO, BEFORE, BEFORE),
        (c.Login(b"u", Secret(b"p")), Condition.BAD, BEFORE, BEFORE),
        (c.Authenticate(b"PLAIN"), Condition.OK, BEFORE, AFTER),
        (c.Authenticate(b"PLAIN"), Condition.NO, BEFORE, BEFORE),
        (c.StartTls(), Condition.OK, BEFORE, BEFORE),
        (c.Select(b"x"), Condition.OK, AFTER, MAILBOX),
        (c.Select(b"x"), Condition.OK, MAILBOX, MAILBOX),
        (c.Select(b"x"), Condition.NO, MAILBOX, AFTER),
        (c.Select(b"x"), Condition.NO, AFTER, AFTER),
        (c.Select(b"x"), Condition.BAD, MAILBOX, MAILBOX),
        (c.Examine(b"x"), Condition.OK, AFTER, MAILBOX),
        (c.Examine(b"x"), Condition.NO, MAILBOX, AFTER),
        (c.Close(), Condition.OK, MAILBOX, AFTER),
        (c.Close(), Condition.NO, MAILBOX, MAILBOX),
        (c.Unselect(), Condition.OK, MAILBOX, AFTER),
        (c.Unselect(), Condition.BAD, MAILBOX, MAILBOX),
        (c.Logout(), Condition.OK, MAILBOX, State.LOGOUT),
        (c.Logout(), Condition.BAD, MAILBOX, MAILBOX),
        (c.Noop(), Condition.OK, MAILBOX, MAILBOX),
        (c.Select(b"x"), Condition.OK, State.LOGOUT, State.LOGOUT),
        (c.Login(b"u", Secret(b"p")), Condition.OK, State.LOGOUT, State.LOGOUT),
    ],
)
def test_an_answer_leads_to_a_state(command: c.Command, condition: Condition, before: State, after: State) -> None:
    assert completed(command, condition, before) is after


@pytest.mark.parametrize(
    ("command", "names", "moves"),
    [
        (FETCH, True, False),
        (STORE, True, False),
        (SEARCH, False, False),
        (COPY, True, True),
        (MOVE, True, True),
        (UID_FETCH, False, True),
        (UID_STORE, False, True),
        (UID_SEARCH, False, True),
        (UID_COPY, False, True),
        (UID_MOVE, False, True),
        (c.Noop(), False, True),
        (c.Check(), False, True),
        (c.Expunge(), False, True),
        (c.Select(b"x"), False, True),
    ],
)
def test_which_commands_name_numbers_and_which_may_change_them(command: c.Command, names: bool, moves: bool) -> None:
    """RFC 3501 section 5.5: FETCH, STORE and SEARCH keep the numbers, everything else may change them."""
    assert names_numbers(command) is names
    assert renumbers(command) is moves


@pytest.mark.parametrize(
    ("key", "names"),
    [
        (s.Numbered(SET), True),
        (s.Numbered(SET, uid=True), False),
        (s.Not(s.Numbered(SET)), True),
        (s.Not(s.ALL), False),
        (s.Either(s.ALL, s.Numbered(SET)), True),
        (s.Either(s.Numbered(SET), s.ALL), True),
        (s.Either(s.ALL, s.ALL), False),
        (s.Every((s.ALL, s.Every((s.Numbered(SET),)))), True),
        (s.Every((s.ALL,)), False),
    ],
)
def test_a_search_names_numbers_where_one_of_its_keys_does(key: s.SearchKey, names: bool) -> None:
    """RFC 3501 section 5.5: "depending on whether or not the second UID SEARCH contains message sequence numbers"."""
    assert names_numbers(c.Search((s.ALL, key), uid=True)) is names
