"""This very tree: nothing cites what does not exist, and every statement has its place."""

from __future__ import annotations

from pathlib import Path

import pytest

from outlookimap.conformance.scenario import scenarios
from outlookimap.conformance.traceability import Index, build, check
from outlookimap.statements import State

# What no layer acts on yet. The list can only shrink: a new open statement fails below, and so does one that is
# listed here and is open no more.
KNOWN_OPEN: frozenset[str] = frozenset()

CIPHER_SUITES = {"O5:2.1.7", "O5:V0073", "O5:V0074"}
POINT_TO_OTHERS = {"O5:C0003", "O5:C0004", "O5:E0002"}
"""The statements on the client that nothing shows; there are no others."""


@pytest.fixture(scope="module", name="tree")
def fixture_tree() -> Index:
    """Return the index of the tree these tests stand in."""
    return build(Path(__file__).resolve().parents[2])


def test_every_citation_can_be_read_and_leads_somewhere(tree: Index) -> None:
    assert tree.faults == ()


def test_open_statements_are_the_known_ones(tree: Index) -> None:
    assert {one.id for one in tree.entries if one.state is State.OPEN} == KNOWN_OPEN


def test_every_statement_has_its_place(tree: Index) -> None:
    assert check(tree, known_open=KNOWN_OPEN) == []


def test_every_statement_on_the_client_is_shown(tree: Index) -> None:
    """By lint, by a scenario or by a test, or it is one of those that were ruled out."""
    of_client = [one for one in tree.entries if one.edition == "O5"]
    assert len(of_client) == 87
    shown = {one.id for one in of_client if one.rules or one.scenarios or one.tests}
    assert {one.id for one in of_client} - shown == CIPHER_SUITES | POINT_TO_OTHERS
    assert {one.id for one in of_client if one.state is State.EXCUSED} == CIPHER_SUITES
    assert {one.id for one in of_client if one.state is State.REFERS} == POINT_TO_OTHERS


def test_what_scenarios_cite_is_what_the_check_reads(tree: Index) -> None:
    read = {(cited, f"{one.theme}:{one.id}") for one in scenarios() for cited in one.statements}
    assert {(one.id, place) for one in tree.entries for place in one.scenarios} == read
    assert read
