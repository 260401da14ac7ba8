"""Failures that are known: a list somebody keeps beside a server, so that only news count.

Must not know how a check is carried out.
"""

from __future__ import annotations

import json
from collections.abc import Collection, Iterator
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

from outlookimap.conformance.outcome import CheckReport, Outcome
from outlookimap.conformance.scenario import Standing, scenarios
from outlookimap.errors import UsageError

_BAD = (Standing.FAIL, Standing.WARN)


@dataclass(frozen=True, slots=True)
class Baseline:
    """Scenarios known to fail or warn: (id, version), or (id, None) for every version."""

    known: frozenset[tuple[str, str | None]]

    @classmethod
    def read(cls, path: Path) -> Baseline:
        """Read the JSON report of an earlier check, or a text with a scenario, and a version if wanted, in each line.

        In the text what follows a ``#`` is a remark. Raises UsageError naming what cannot be read.
        """
        try:
            text = path.read_text(encoding="utf-8")
        except OSError as error:
            raise UsageError(f"--baseline {path} cannot be read: {error.strerror}") from error
        except UnicodeDecodeError as error:
            raise UsageError(f"--baseline {path} is not UTF-8") from error
        entries = _of_report(path, text) if text.lstrip().startswith("{") else _of_lines(path, text)
        return cls(frozenset(entries))

    def applied(self, report: CheckReport) -> CheckReport:
        """Return the report with the failures and warnings marked that are known."""
        return replace(report, outcomes=tuple(self._marked(outcome) for outcome in report.outcomes))

    def mended(self, report: CheckReport) -> list[str]:
        """Return what was known to fail and passes now, as lines to strike from the list."""
        passed = {(outcome.scenario.id, outcome.version) for outcome in report.outcomes if _passed(outcome)}
        bad = {outcome.scenario.id for outcome in report.outcomes if outcome.standing in _BAD}
        every = {name for name, _ in passed} - bad
        return sorted(
            name if version is None else f"{name} {version}"
            for name, version in self.known
            if (name in every if version is None else (name, version) in passed)
        )

    def _marked(self, outcome: Outcome) -> Outcome:
        names = {(outcome.scenario.id, outcome.version), (outcome.scenario.id, None)}
        return replace(outcome, known=outcome.standing in _BAD and bool(names & self.known))


def _passed(outcome: Outcome) -> bool:
    return outcome.standing is Standing.PASS


def _of_report(path: Path, text: str) -> Iterator[tuple[str, str | None]]:
    try:
        found: list[dict[str, Any]] = json.loads(text)["scenarios"]
        entries = [(str(one["id"]), str(one["outlook"])) for one in found if one["verdict"] in _BAD]
    except (ValueError, KeyError, TypeError) as error:
        raise UsageError(f"--baseline {path}: this is no JSON report of `outlookimap check`") from error
    yield from entries


def _of_lines(path: Path, text: str) -> Iterator[tuple[str, str | None]]:
    ids = {scenario.id: {name.partition("-")[2] for name in scenario.profiles} for scenario in scenarios()}
    for number, line in enumerate(text.splitlines(), 1):
        words = line.partition("#")[0].split()
        if not words:
            continue
        if words[0] not in ids or len(words) > 2 or not {*words[1:]} <= ids[words[0]]:
            raise UsageError(f"--baseline {path}, line {number}: {_wrong(words, ids.get(words[0]))}")
        yield words[0], words[1] if len(words) > 1 else None


def _wrong(words: list[str], versions: Collection[str] | None) -> str:
    if versions is None:
        return f"there is no scenario {words[0]!r}: `outlookimap check --list` prints their names"
    return f"after {words[0]!r} comes a version at most, one of {', '.join(sorted(versions))}"
