"""The table of lint through every kind of log: what a log shows is caught, by the same ids, and nothing else is."""

from __future__ import annotations

from pathlib import Path

import pytest
from support.lint_rows import ROWS, Row
from support.log_formats import FORMATS, recording, saved, written

from outlookimap.conformance.lint import lint
from outlookimap.conformance.verdict import Violation
from outlookimap.profiles import load
from outlookimap.traffic.imports import load as load_log

ORDERED = [row for row in ROWS if "order" in row.needs]
"""What only the order of the two sides shows: lint never relies on that in a log (docs/logs.md)."""


def shows(name: str) -> set[str]:
    """Return what a kind of log shows, the order of the two sides aside."""
    form = FORMATS[name]
    kept = {
        "times": form.times,
        "server": form.server,
        "literals": form.literals,
        "continued": form.continued,
        "any": name != "terminal",
    }
    return {what for what, there in kept.items() if there}


def judged(row: Row, name: str, directory: Path, *, right: bool) -> list[Violation]:
    path = saved(written(row.recording(right=right), name), directory)
    [session] = load_log(path).sessions
    return [*lint(session.transcript, load(row.version), policy=row.policy).violations]


@pytest.mark.parametrize("row", [row for row in ROWS if row not in ORDERED], ids=str)
@pytest.mark.parametrize("name", FORMATS)
def test_what_breaks_a_statement_is_caught_where_the_log_shows_it(name: str, row: Row, tmp_path: Path) -> None:
    found = judged(row, name, tmp_path, right=False)
    if row.needs <= shows(name):
        assert [set(violation.statements) for violation in found] == [set(row.ids)], found
        assert found[0].line > 0
    else:
        assert {one for violation in found for one in violation.statements} <= set(row.ids), found


@pytest.mark.parametrize("row", ORDERED, ids=str)
@pytest.mark.parametrize("name", FORMATS)
def test_what_only_the_order_shows_is_a_violation_in_no_log(name: str, row: Row, tmp_path: Path) -> None:
    assert judged(row, name, tmp_path, right=False) == []


@pytest.mark.parametrize("row", ORDERED, ids=str)
def test_what_only_the_order_shows_is_caught_in_a_recording(row: Row, tmp_path: Path) -> None:
    [session] = load_log(saved(recording(row.recording()), tmp_path)).sessions
    found = lint(session.transcript, load(row.version), policy=row.policy).violations
    assert [set(violation.statements) for violation in found] == [set(row.ids)]


@pytest.mark.parametrize("row", ROWS, ids=str)
@pytest.mark.parametrize("name", FORMATS)
def test_what_keeps_it_is_not(name: str, row: Row, tmp_path: Path) -> None:
    assert judged(row, name, tmp_path, right=True) == []
