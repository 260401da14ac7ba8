"""What `outlookimap check` prints: the table of scenarios and versions, then each failure with what was said."""

from __future__ import annotations

import io
import itertools
from collections.abc import Iterator, Sequence

from rich.console import Console

from outlookimap.cli.output import harmless_text, table
from outlookimap.conformance.outcome import CheckReport, Line, Outcome, transcript_text
from outlookimap.conformance.scenario import Scenario, Standing
from outlookimap.profiles import Profile

_BEFORE, _AFTER = 6, 2
"""Lines of a conversation that are shown around the one that offends."""
_WIDTH = 100
_SHORT = {Standing.PASS: "pass", Standing.FAIL: "FAIL", Standing.WARN: "warn", Standing.SKIPPED: "-"}


def listed(scenarios: Sequence[Scenario], profiles: Sequence[Profile]) -> str:
    """Return the scenarios that would be carried out as those products: id, versions and what the product does."""
    wanted = {profile.id for profile in profiles}
    rows = [
        [one.id, " ".join(_version(profile) for profile in one.profiles if profile in wanted), one.description]
        for one in scenarios
        if wanted & {*one.profiles}
    ]
    return _drawn(["scenario", "Outlook", "what it does"], rows, width=200)


def as_text(report: CheckReport, mended: Sequence[str]) -> str:
    """Return a report as text: the table, failures and warnings with what was said, reasons of skipping, the sum."""
    parts = [
        f"{report.server}\n{harmless_text(report.greeting)}\n\n{_matrix(report)}",
        *_failures(report),
        _skipped(report),
        "".join(f"listed as known and passes now: {line}\n" for line in mended),
        "".join(f"left over from a check that was killed: {harmless_text(name)}\n" for name in report.leftovers),
        _sum(report),
    ]
    return "\n".join(part for part in parts if part)


def _matrix(report: CheckReport) -> str:
    versions = list(dict.fromkeys(outcome.version for outcome in report.outcomes))
    rows = []
    for name, group in itertools.groupby(report.outcomes, key=lambda outcome: outcome.scenario.id):
        stands = {outcome.version: _stands(outcome) for outcome in group}
        rows.append([name, *(stands.get(version, "") for version in versions)])
    return _drawn(["scenario", *versions], rows)


def _stands(outcome: Outcome) -> str:
    return f"known {outcome.standing.value}" if outcome.known else _SHORT[outcome.standing]


def _drawn(headings: Sequence[str], rows: Sequence[Sequence[str]], width: int = _WIDTH) -> str:
    """Return an aligned table without colours, the same wherever it is printed."""
    stream = io.StringIO()
    Console(file=stream, width=width, no_color=True).print(table(headings, rows))
    return "".join(f"{line.rstrip()}\n" for line in stream.getvalue().splitlines())


def _failures(report: CheckReport) -> Iterator[str]:
    """Yield what each failure and warning has to say; versions that fail alike share one."""
    bad = [outcome for outcome in report.outcomes if outcome.standing in (Standing.FAIL, Standing.WARN)]
    for _, same in itertools.groupby(bad, key=lambda one: (one.scenario.id, one.standing, one.known)):
        alike = [*same]
        first = alike[0]
        scenario = first.scenario
        known = "known, " if first.known else ""
        sources = [scenario.source, *(one for one in scenario.statements if one != scenario.source)]
        yield (
            f"{first.standing.upper()}  {scenario.id} ({known}Outlook {', '.join(one.version for one in alike)})\n"
            f"  Outlook:  {scenario.description}\n"
            f"  demanded: {scenario.demand}\n"
            f"  found:    {harmless_text(first.message)}\n"
            f"  source:   {', '.join(sources)}\n"
            f"{_excerpt(first.transcript)}"
        )


def _excerpt(lines: Sequence[Line]) -> str:
    place = next((place for place, line in enumerate(lines) if line.offends), len(lines) - 1)
    first, last = max(0, place - _BEFORE), place + _AFTER + 1
    texts = [(line.offends, transcript_text([line]).rstrip("\n")) for line in lines[first:last]]
    return "".join(f"  {'>' if offends else ' '} {text[:_WIDTH]}\n" for offends, text in texts)


def _skipped(report: CheckReport) -> str:
    reasons: dict[str, list[str]] = {}
    for outcome in report.outcomes:
        if outcome.standing is Standing.SKIPPED:
            names = reasons.setdefault(outcome.message, [])
            if outcome.scenario.id not in names:
                names.append(outcome.scenario.id)
    return "".join(f"skipped, {harmless_text(reason)}: {', '.join(names)}\n" for reason, names in reasons.items())


def _sum(report: CheckReport) -> str:
    counts = [
        f"{report.count(standing)} {word}"
        for standing, word in (
            (Standing.PASS, "passed"),
            (Standing.FAIL, "failed"),
            (Standing.WARN, "warned"),
            (Standing.SKIPPED, "skipped"),
        )
        if report.count(standing)
    ]
    known = sum(outcome.known for outcome in report.outcomes)
    also = f", {known} of them known" if known else ""
    verdict = "This server serves Outlook" if report.passed else "This server does not serve Outlook"
    return f"{verdict}: {', '.join(counts)}{also}, in {report.seconds:.1f} seconds.\n"


def _version(profile: str) -> str:
    return profile.partition("-")[2]
