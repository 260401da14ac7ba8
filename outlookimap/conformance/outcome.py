"""What came of checking a server: an outcome for each scenario and version, and the report of all of them.

Must not know how anything is checked, nor what a report looks like on paper.
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterable
from dataclasses import dataclass, field
from typing import TypedDict

from outlookimap.conformance.scenario import Scenario, Standing


@dataclass(frozen=True, slots=True)
class Line:
    """One line of the conversation, in printable ASCII, escaped as in a recording (docs/transcripts.md).

    `mark` is what stands before it there (``C:``, ``S|`` ...), ``@`` for an event and ``#`` for a remark; `offends`
    says that this is the line that shows what is wrong.
    """

    mark: str
    text: str
    offends: bool = False


@dataclass(frozen=True, slots=True)
class Outcome:
    """What one scenario, as one product, came to.

    `profile` is that product's id; `message` says what is wrong, or why it was skipped; `transcript` is there for
    failures and warnings. `known` says that the baseline lists it. `seconds` are of real time.
    """

    scenario: Scenario
    profile: str
    standing: Standing
    message: str = ""
    seconds: float = 0.0
    transcript: tuple[Line, ...] = field(default=(), repr=False)
    known: bool = False

    @property
    def version(self) -> str:
        """The version alone, as users name it: ``2013``."""
        return self.profile.partition("-")[2]

    def counts(self, *, strict: bool) -> bool:
        """Tell whether it speaks against the server: a failure nobody knew of, a warning too where `strict`."""
        return not self.known and (self.standing is Standing.FAIL or (strict and self.standing is Standing.WARN))


class OutcomeJson(TypedDict):
    """One element of `scenarios` in the JSON form of a report."""

    id: str
    outlook: str
    verdict: str
    statements: list[str]
    message: str
    transcript: str
    known: bool
    seconds: float


class ReportJson(TypedDict):
    """A report as JSON."""

    server: str
    greeting: str
    capabilities: list[str]
    verdict: str
    scenarios: list[OutcomeJson]
    leftovers: list[str]


@dataclass(frozen=True, slots=True)
class CheckReport:
    """What came of a check.

    `server` is the URL without a user, `greeting` the line it greeted with; `leftovers` are folders of earlier checks
    that could not clear up after themselves. `started` has a zone, `seconds` are of real time.
    """

    server: str
    greeting: str
    capabilities: tuple[str, ...]
    outcomes: tuple[Outcome, ...]
    started: dt.datetime
    seconds: float
    strict: bool = False
    leftovers: tuple[str, ...] = ()

    @property
    def passed(self) -> bool:
        """Whether nothing speaks against the server."""
        return not any(outcome.counts(strict=self.strict) for outcome in self.outcomes)

    @property
    def judged(self) -> bool:
        """Whether any scenario was carried out: where all were skipped nothing is known."""
        return any(outcome.standing is not Standing.SKIPPED for outcome in self.outcomes)

    def count(self, standing: Standing) -> int:
        """Return how many outcomes are of one standing."""
        return sum(outcome.standing is standing for outcome in self.outcomes)

    def to_json(self) -> ReportJson:
        """Return the report as plain lists and strings."""
        return {
            "server": self.server,
            "greeting": self.greeting,
            "capabilities": list(self.capabilities),
            "verdict": "pass" if self.passed else "fail",
            "scenarios": [_outcome_json(outcome) for outcome in self.outcomes],
            "leftovers": list(self.leftovers),
        }


def transcript_text(lines: Iterable[Line]) -> str:
    """Return lines of a conversation as text, as they stand in a recording."""
    return "".join(f"{line.mark}{_gap(line)}{line.text}\n" for line in lines)


def _gap(line: Line) -> str:
    return " " if line.text and line.mark != "@" else ""


def _outcome_json(outcome: Outcome) -> OutcomeJson:
    return {
        "id": outcome.scenario.id,
        "outlook": outcome.version,
        "verdict": outcome.standing.value,
        "statements": list(outcome.scenario.statements),
        "message": outcome.message,
        "transcript": transcript_text(outcome.transcript),
        "known": outcome.known,
        "seconds": round(outcome.seconds, 3),
    }
