"""One table: for each statement of a server that lint can see, a line that breaks it is caught by exactly its ids."""

from __future__ import annotations

import pytest
from support.server_lint_rows import ROWS
from support.server_row import Row

from outlookimap.conformance.server_lint import lint
from outlookimap.conformance.server_visibility import SEEN, UNSEEN
from outlookimap.conformance.traceability import index
from outlookimap.conformance.verdict import Verdict
from outlookimap.profiles import load, versions
from outlookimap.statements import State, all_statements, get

SERVER = {one.id for one in all_statements() if one.edition != "O5"}


def judged(row: Row, *, right: bool) -> Verdict:
    return lint(row.recording(right=right), row.profile)


@pytest.mark.parametrize("row", ROWS, ids=str)
def test_what_breaks_statements_is_caught_by_their_ids_and_no_others(row: Row) -> None:
    verdict = judged(row, right=False)
    assert [set(violation.statements) for violation in verdict.violations] == [set(row.ids)], verdict.violations
    assert not verdict.conforms


@pytest.mark.parametrize("row", ROWS, ids=str)
def test_what_keeps_them_is_not(row: Row) -> None:
    verdict = judged(row, right=True)
    assert verdict.violations == ()
    assert verdict.conforms


@pytest.mark.parametrize("row", ROWS, ids=str)
def test_the_violation_names_a_line_of_the_server(row: Row) -> None:
    [violation] = judged(row, right=False).violations
    entries = {entry.line: entry for entry in row.recording(right=False).entries}
    assert violation.line in entries
    assert violation.text
    assert violation.expected


def test_there_is_a_row_for_every_statement_lint_can_see() -> None:
    assert {one for row in ROWS for one in row.ids} == set(SEEN)


def test_every_statement_that_acts_is_either_seen_or_has_a_reason() -> None:
    assert SEEN.keys() & UNSEEN.keys() == set()
    assert {one for one in SERVER if get(one).state is State.ACTED} <= SEEN.keys() | UNSEEN.keys()
    assert SEEN.keys() | UNSEEN.keys() <= SERVER


def test_the_others_point_to_one_that_does_or_are_not_the_servers() -> None:
    others = SERVER - SEEN.keys() - UNSEEN.keys()
    assert {get(one).state for one in others} == {State.REFERS, State.EXCUSED}


def test_what_a_server_neither_writes_nor_times_is_not_seen() -> None:
    for one in SEEN:
        assert get(one).observable == ("none",) or any(place.startswith("server-") for place in get(one).observable), (
            one
        )


def test_the_index_has_a_rule_for_each_and_for_no_other() -> None:
    assert {entry.id for entry in index() if entry.rules and entry.id in SERVER} == set(SEEN)


@pytest.mark.parametrize("version", versions("server"))
def test_every_value_that_a_rule_reads_has_its_ids_in_the_table(version: str) -> None:
    """No rule can name a statement that is not in the table: what a profile rests on is seen, or has a reason."""
    profile = load(version, kind="server")
    for key in ("sending.eight_bit", "flags.applicable", "naming.literal_for", "auth.listed", "timers.sign_in"):
        assert set(profile.cites(key)) <= SEEN.keys() | UNSEEN.keys(), key
