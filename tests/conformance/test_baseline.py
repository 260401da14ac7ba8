"""Failures that are known: read from a report or from lines, and what they do to a verdict."""

from __future__ import annotations

import datetime as dt
import json
from pathlib import Path

import pytest

from outlookimap.conformance.baseline import Baseline
from outlookimap.conformance.outcome import CheckReport, Outcome
from outlookimap.conformance.scenario import Scenario, Standing, scenarios
from outlookimap.errors import UsageError

ONE = scenarios()[0]
NAME = ONE.id


def report(*stands: Standing, scenario: Scenario = ONE, strict: bool = False) -> CheckReport:
    """Return a report in which Outlook 2007, 2010 and 2013 stand so."""
    outcomes = tuple(Outcome(scenario, profile, one) for profile, one in zip(scenario.profiles, stands, strict=False))
    return CheckReport("imap://x/", "", (), outcomes, dt.datetime.now(dt.UTC), 0.0, strict=strict)


def baseline(path: Path, text: str) -> Baseline:
    file = path / "known"
    file.write_text(text, "utf-8")
    return Baseline.read(file)


FAIL, WARN, PASS, SKIPPED = Standing.FAIL, Standing.WARN, Standing.PASS, Standing.SKIPPED


@pytest.mark.parametrize(
    ("text", "stands", "passed"),
    [
        ("", (FAIL, PASS, PASS), False),
        (NAME, (FAIL, FAIL, FAIL), True),
        (f"{NAME} 2007  # our mail store does that", (FAIL, PASS, PASS), True),
        (f"# known\n\n{NAME} 2010\n", (FAIL, PASS, PASS), False),
        (f"{NAME} 2007\n{NAME} 2010", (FAIL, FAIL, FAIL), False),
        ("", (WARN, PASS, PASS), True),
        ("", (SKIPPED, SKIPPED, SKIPPED), True),
    ],
)
def test_only_news_fail(tmp_path: Path, text: str, stands: tuple[Standing, ...], passed: bool) -> None:
    assert baseline(tmp_path, text).applied(report(*stands)).passed is passed


@pytest.mark.parametrize(("text", "passed"), [("", False), (NAME, True)])
def test_a_warning_counts_where_it_is_wanted_and_may_be_known(tmp_path: Path, text: str, passed: bool) -> None:
    assert baseline(tmp_path, text).applied(report(WARN, PASS, PASS, strict=True)).passed is passed


def test_the_report_of_an_earlier_check_is_a_baseline(tmp_path: Path) -> None:
    earlier = json.dumps(report(FAIL, WARN, PASS).to_json())
    known = baseline(tmp_path, earlier)
    assert known.known == {(NAME, "2007"), (NAME, "2010")}
    assert [outcome.known for outcome in known.applied(report(FAIL, FAIL, FAIL)).outcomes] == [True, True, False]
    assert not known.applied(report(FAIL, FAIL, FAIL)).passed


def test_what_passes_again_is_named(tmp_path: Path) -> None:
    known = baseline(tmp_path, f"{NAME} 2007\n{NAME} 2010")
    assert known.mended(report(PASS, FAIL, PASS)) == [f"{NAME} 2007"]
    assert baseline(tmp_path, NAME).mended(report(PASS, FAIL, PASS)) == []
    assert baseline(tmp_path, NAME).mended(report(PASS, PASS, PASS)) == [NAME]
    assert baseline(tmp_path, NAME).mended(report(SKIPPED, SKIPPED, SKIPPED)) == []


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("no-such-thing", r"line 1: there is no scenario 'no-such-thing'"),
        (f"\n{NAME} 2003", r"line 2: after .* a version at most, one of .*2007"),
        (f"{NAME} 2007 2010", r"line 1: after .* a version at most"),
        ("{}", r"no JSON report"),
        ('{"scenarios": [1]}', r"no JSON report"),
        ('{"scenarios": [', r"no JSON report"),
    ],
)
def test_a_list_that_cannot_be_read_says_where(tmp_path: Path, text: str, message: str) -> None:
    with pytest.raises(UsageError, match=message):
        baseline(tmp_path, text)


def test_a_file_that_is_not_there_or_no_text_is_named(tmp_path: Path) -> None:
    with pytest.raises(UsageError, match=r"none cannot be read: No such file"):
        Baseline.read(tmp_path / "none")
    (tmp_path / "bin").write_bytes(b"\xff\xfe")
    with pytest.raises(UsageError, match=r"bin is not UTF-8"):
        Baseline.read(tmp_path / "bin")
