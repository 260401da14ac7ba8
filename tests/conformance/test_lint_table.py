"""One table: for each statement lint can see, a line that breaks it is caught by exactly that statement's ids."""

from __future__ import annotations

import pytest
from support.lint_rows import ROWS, Row

from outlookimap.conformance.lint import lint
from outlookimap.conformance.traceability import index
from outlookimap.conformance.verdict import Verdict
from outlookimap.conformance.visibility import SEEN, UNSEEN
from outlookimap.profiles import load
from outlookimap.statements import State, all_statements, get

CLIENT = {one.id for one in all_statements() if one.edition == "O5"}


def judged(row: Row, *, right: bool) -> Verdict:
    return lint(row.recording(right=right), load(row.version), policy=row.policy)


@pytest.mark.parametrize("row", ROWS, ids=str)
def test_what_breaks_a_statement_is_caught_by_its_ids_and_no_other(row: Row) -> None:
    verdict = judged(row, right=False)
    assert [set(violation.statements) for violation in verdict.violations] == [set(row.ids)], verdict.violations
    assert row.statement in row.ids
    assert not verdict.conforms


@pytest.mark.parametrize("row", ROWS, ids=str)
def test_what_keeps_it_is_not(row: Row) -> None:
    verdict = judged(row, right=True)
    assert verdict.violations == ()
    assert verdict.conforms


@pytest.mark.parametrize("row", ROWS, ids=str)
def test_the_line_is_the_one_that_differs(row: Row) -> None:
    [violation] = judged(row, right=False).violations
    lines = row.recording(right=False).entries
    assert violation.line in {entry.line for entry in lines}
    assert violation.text
    assert violation.expected


def test_there_is_a_row_for_every_statement_lint_can_see() -> None:
    assert {row.statement for row in ROWS} == set(SEEN)


def test_every_statement_is_either_seen_or_has_a_reason() -> None:
    assert SEEN.keys() & UNSEEN.keys() == set()
    assert SEEN.keys() | UNSEEN.keys() == CLIENT


def test_what_a_client_neither_writes_nor_times_is_not_seen() -> None:
    for one in SEEN:
        assert any(place.startswith("client-") for place in get(one).observable), one
        assert get(one).state is State.ACTED, one


def test_the_index_has_a_rule_for_each_and_for_no_other() -> None:
    assert {entry.id for entry in index() if entry.rules and entry.id in CLIENT} == set(SEEN)
