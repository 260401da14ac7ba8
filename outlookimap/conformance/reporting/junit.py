"""A report as JUnit XML: one suite per Outlook version, one test case per scenario.

Must not know how anything is checked, nor the other forms of a report.
"""

from __future__ import annotations

import datetime as dt
import io
from pathlib import Path
from typing import TYPE_CHECKING

from outlookimap.conformance.outcome import CheckReport, Outcome, transcript_text
from outlookimap.conformance.reporting.needed import missing
from outlookimap.conformance.reporting.visible import visible, visible_lines
from outlookimap.conformance.scenario import Standing

if TYPE_CHECKING:
    from types import ModuleType

    import junitparser


def ready() -> None:
    """Raise UsageError when the package that writes JUnit XML is not installed."""
    _library()


def dumps(report: CheckReport) -> str:
    """Return `report` as JUnit XML; raises UsageError when the extra `report` is not installed."""
    document = _library().JUnitXml(name="outlookimap check")
    for profile in dict.fromkeys(outcome.profile for outcome in report.outcomes):
        document.add_testsuite(_suite(report, profile))
    document.update_statistics()
    octets = io.BytesIO()
    document.write(octets)
    return octets.getvalue().decode("utf-8") + "\n"


def write(report: CheckReport, path: Path) -> None:
    """Write `report` to `path` as JUnit XML in UTF-8; raises UsageError as `dumps` does, and OSError."""
    path.write_text(dumps(report), encoding="utf-8")


def _library() -> ModuleType:
    try:
        import junitparser
    except ImportError as error:
        raise missing("junitparser", "a JUnit report") from error
    return junitparser


def _suite(report: CheckReport, profile: str) -> junitparser.TestSuite:
    suite: junitparser.TestSuite = _library().TestSuite(profile)
    suite.hostname = visible(report.server.partition("://")[2].strip("/"))
    suite.timestamp = report.started.astimezone(dt.UTC).strftime("%Y-%m-%dT%H:%M:%S")
    suite.add_property("server", visible(report.server))
    suite.add_property("greeting", visible(report.greeting))
    suite.add_property("capabilities", visible(" ".join(report.capabilities)))
    for folder in report.leftovers:
        suite.add_property("leftover", visible(folder))
    suite.add_testcases([_case(one, strict=report.strict) for one in report.outcomes if one.profile == profile])
    return suite


def _case(outcome: Outcome, *, strict: bool) -> junitparser.TestCase:
    library = _library()
    scenario, message = outcome.scenario, visible(outcome.message)
    place = f"{outcome.profile}.{scenario.theme}"
    case: junitparser.TestCase = library.TestCase(scenario.id, place, round(outcome.seconds, 3))
    if outcome.standing is Standing.SKIPPED:
        case.result = [library.Skipped(message)]
    elif outcome.counts(strict=strict):
        result = library.Failure(message, outcome.standing.value)
        result.text = _evidence(outcome)
        case.result = [result]
    elif outcome.standing is not Standing.PASS and outcome.known:
        case.result = [library.Skipped(f"known, listed in the baseline ({outcome.standing}): {message}")]
        case.system_out = _evidence(outcome)
    elif outcome.standing is Standing.WARN:
        case.system_out = _evidence(outcome)
    return case


def _evidence(outcome: Outcome) -> str:
    """Return what is wrong, what was demanded, on what ground, and the conversation with the offending line named."""
    scenario, lines = outcome.scenario, visible_lines(outcome.transcript)
    said = [
        f"{outcome.standing}: {visible(outcome.message)}",
        f"Scenario: {scenario.description}",
        f"Required: {scenario.demand} ({scenario.requirement})",
        f"Statements: {' '.join(scenario.statements) or 'none'}",
        f"Source: {scenario.source}",
    ]
    said += [f"Offending line: {transcript_text([line]).rstrip()}" for line in lines if line.offends]
    conversation = f"\n{transcript_text(lines)}" if lines else ""
    return "\n".join(said) + "\n" + conversation
