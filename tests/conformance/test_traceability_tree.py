"""This very tree: nothing cites what does not exist, and every statement has its place."""

from __future__ import annotations

from pathlib import Path

import pytest

from outlookimap.conformance.traceability import Index, build, check
from outlookimap.statements import State

# What no layer acts on yet. The list can only shrink: a new open statement fails below, and so does one that is
# listed here and is open no more.
KNOWN_OPEN: frozenset[str] = frozenset()


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
