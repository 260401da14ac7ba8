"""A report arranged for a reader: what is said first, what belongs together, in which words.

Must not know markup: everything here is plain text that whoever writes it down has to quote.
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Sequence
from dataclasses import dataclass
from enum import StrEnum
from importlib import metadata
from itertools import groupby

from outlookimap.conformance.outcome import CheckReport, Outcome
from outlookimap.conformance.reporting.ladder import Stretch, ladder
from outlookimap.conformance.reporting.visible import visible, visible_lines
from outlookimap.conformance.scenario import Scenario, Standing
from outlookimap.statements import Statement, get


class Kind(StrEnum):
    """What an outcome is to a reader, the gravest first."""

    FAIL = "fail"
    WARN = "warn"
    KNOWN = "known"
    SKIPPED = "skipped"
    PASS = "pass"  # noqa: S105 - no password


TITLES = {
    Kind.FAIL: ("Failures", "The server does not do what Outlook needs."),
    Kind.WARN: ("Warnings", "It works, but a later version of Outlook is known to stumble over it."),
    Kind.KNOWN: ("Known problems", "Failures and warnings that the baseline lists; they do not count."),
    Kind.SKIPPED: ("Skipped", "Not judged, for the reason given."),
}
_GRAVITY = {kind: place for place, kind in enumerate(Kind)}


@dataclass(frozen=True, slots=True)
class Cell:
    """One scenario as one version: `kind` is None where it was not asked."""

    version: str
    kind: Kind | None


@dataclass(frozen=True, slots=True)
class Row:
    """One scenario across the versions; `told` says that there is more to read of it."""

    scenario: Scenario
    cells: tuple[Cell, ...]
    told: bool


@dataclass(frozen=True, slots=True)
class Theme:
    """Scenarios of one file."""

    name: str
    rows: tuple[Row, ...]


@dataclass(frozen=True, slots=True)
class Tally:
    """How many outcomes of each kind, in the order of `Kind`, as one version, or as all where none is named."""

    version: str
    counts: tuple[int, ...]

    @property
    def total(self) -> int:
        """Return how many outcomes there are."""
        return sum(self.counts)


@dataclass(frozen=True, slots=True)
class Conversation:
    """What was said as one version."""

    version: str
    stretches: tuple[Stretch, ...]


@dataclass(frozen=True, slots=True)
class Finding:
    """The same found as one or more `versions`; the conversation that shows it best comes first."""

    kind: Kind
    message: str
    versions: tuple[str, ...]
    conversations: tuple[Conversation, ...]


@dataclass(frozen=True, slots=True)
class Entry:
    """All there is to say of one scenario that not all versions pass."""

    scenario: Scenario
    kind: Kind
    statements: tuple[Statement, ...]
    findings: tuple[Finding, ...]


@dataclass(frozen=True, slots=True)
class Chapter:
    """Entries whose gravest finding is of one kind."""

    kind: Kind
    title: str
    meaning: str
    entries: tuple[Entry, ...]


@dataclass(frozen=True, slots=True)
class Page:
    """All that is on the page, made visible and in order."""

    server: str
    greeting: str
    capabilities: tuple[str, ...]
    leftovers: tuple[str, ...]
    verdict: Kind
    sentence: str
    started: dt.datetime
    duration: str
    strict: bool
    made_by: str
    versions: tuple[str, ...]
    tallies: tuple[Tally, ...]
    themes: tuple[Theme, ...]
    chapters: tuple[Chapter, ...]


def arrange(report: CheckReport) -> Page:
    """Return what a reader sees of `report`; raises StatementError where a scenario names an unknown statement."""
    versions = tuple(sorted({outcome.version for outcome in report.outcomes}))
    of_scenario: dict[str, list[Outcome]] = {}
    for outcome in report.outcomes:
        of_scenario.setdefault(outcome.scenario.id, []).append(outcome)
    rows = [_row(outcomes, versions) for outcomes in of_scenario.values()]
    rows.sort(key=lambda row: row.scenario.theme)  # stable: within a theme the order of the report
    entries = [_entry(of_scenario[row.scenario.id]) for row in rows if row.told]
    verdict, sentence = _verdict(report, versions)
    return Page(
        server=visible(report.server),
        greeting=visible(report.greeting),
        capabilities=tuple(visible(one) for one in report.capabilities),
        leftovers=tuple(visible(one) for one in report.leftovers),
        verdict=verdict,
        sentence=sentence,
        started=report.started.astimezone(dt.UTC),
        duration=_duration(report.seconds),
        strict=report.strict,
        made_by=_made_by(),
        versions=versions,
        tallies=_tallies(report.outcomes, versions),
        themes=tuple(Theme(name, tuple(of)) for name, of in groupby(rows, key=lambda row: row.scenario.theme)),
        chapters=tuple(
            Chapter(kind, title, meaning, tuple(entry for entry in entries if entry.kind is kind))
            for kind, (title, meaning) in TITLES.items()
            if any(entry.kind is kind for entry in entries)
        ),
    )


def kind_of(outcome: Outcome) -> Kind:
    """Return what an outcome is to a reader: what the baseline lists is known rather than a failure or a warning."""
    if outcome.known and outcome.standing in (Standing.FAIL, Standing.WARN):
        return Kind.KNOWN
    return Kind(outcome.standing.value)


def _row(outcomes: Sequence[Outcome], versions: Sequence[str]) -> Row:
    kinds = {outcome.version: kind_of(outcome) for outcome in outcomes}
    cells = tuple(Cell(version, kinds.get(version)) for version in versions)
    return Row(outcomes[0].scenario, cells, told=any(kind is not Kind.PASS for kind in kinds.values()))


def _entry(outcomes: Sequence[Outcome]) -> Entry:
    alike: dict[tuple[Kind, str], list[Outcome]] = {}
    for outcome in sorted(outcomes, key=lambda outcome: (_GRAVITY[kind_of(outcome)], outcome.version)):
        if kind_of(outcome) is not Kind.PASS:
            alike.setdefault((kind_of(outcome), visible(outcome.message)), []).append(outcome)
    scenario = outcomes[0].scenario
    return Entry(
        scenario=scenario,
        kind=min((kind for kind, _ in alike), key=_GRAVITY.__getitem__),
        statements=tuple(get(one) for one in scenario.statements),
        findings=tuple(
            Finding(kind, message, tuple(outcome.version for outcome in same), _conversations(same))
            for (kind, message), same in alike.items()
        ),
    )


def _conversations(outcomes: Sequence[Outcome]) -> tuple[Conversation, ...]:
    marked = [any(line.offends for line in outcome.transcript) for outcome in outcomes]
    ordered = [outcome for _, outcome in sorted(zip(marked, outcomes, strict=True), key=lambda pair: not pair[0])]
    return tuple(
        Conversation(outcome.version, ladder(visible_lines(outcome.transcript)))
        for outcome in ordered
        if outcome.transcript
    )


def _tallies(outcomes: Sequence[Outcome], versions: Sequence[str]) -> tuple[Tally, ...]:
    kinds = [(outcome.version, kind_of(outcome)) for outcome in outcomes]
    each = [Tally(one, tuple(kinds.count((one, kind)) for kind in Kind)) for one in versions]
    if len(each) > 1:
        each.append(Tally("", tuple(sum(column) for column in zip(*(one.counts for one in each), strict=True))))
    return tuple(each)


def _verdict(report: CheckReport, versions: Sequence[str]) -> tuple[Kind, str]:
    if not report.judged:
        return Kind.SKIPPED, "Nothing is known of this server: no scenario was carried out."
    against = [outcome for outcome in report.outcomes if outcome.counts(strict=report.strict)]
    if not against:
        known = sum(kind_of(outcome) is Kind.KNOWN for outcome in report.outcomes)
        but = f", besides {known} known" if known else ""
        return Kind.PASS, f"This server serves Outlook {_listed(versions)}: nothing failed{but}."
    failing = sorted({outcome.version for outcome in against})
    checks = "check fails" if len(against) == 1 else "checks fail"
    strictly = ", warnings included" if report.strict else ""
    return Kind.FAIL, f"This server does not serve Outlook {_listed(failing)}: {len(against)} {checks}{strictly}."


def _duration(seconds: float) -> str:
    minutes, rest = divmod(round(seconds), 60)
    return f"{minutes} min {rest} s" if minutes else f"{rest} s"


def _made_by() -> str:
    try:
        return f"outlookimap {metadata.version('outlookimap')}"
    except metadata.PackageNotFoundError:  # run from a tree that is not installed
        return "outlookimap"


def _listed(words: Sequence[str]) -> str:
    return " and ".join(part for part in (", ".join(words[:-1]), words[-1]) if part)
