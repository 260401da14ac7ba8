"""What is known of real servers under check: failures and warnings with their reasons, from `tests/servers/known`."""

from __future__ import annotations

import tomllib
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

from outlookimap.conformance.checking import check
from outlookimap.conformance.observer import Place
from outlookimap.conformance.outcome import CheckReport
from outlookimap.conformance.scenario import Scenario, Standing, scenarios
from outlookimap.profiles import Policy, load
from outlookimap.wire.secret import Secret

if TYPE_CHECKING:
    from servers.real_server import RealServer

KNOWN = Path(__file__).parent.parent / "servers" / "known"
PATIENCE = 20.0


@dataclass(frozen=True, slots=True)
class Finding:
    """One thing a server does or does not do: which scenario shows it, as which versions, and why that is true."""

    scenario: str
    versions: tuple[str, ...]
    verdict: Standing
    reason: str
    unsteady: bool = False  # it does not show each time


@dataclass(frozen=True, slots=True)
class KnownServer:
    """A server, and what was found; a skipped scenario is a finding too."""

    name: str
    about: str
    findings: tuple[Finding, ...]

    def expected(self, versions: Sequence[str]) -> set[tuple[str, str, str]]:
        """Return everything that is not passed as one of `versions`: (scenario, version, verdict)."""
        return {
            (one.scenario, version, one.verdict.value)
            for one in self.findings
            for version in one.versions
            if version in versions
        }

    def unsteady(self) -> set[str]:
        """Return the scenarios that at times pass."""
        return {one.scenario for one in self.findings if one.unsteady}


def known(name: str) -> KnownServer:
    """Return what is known of a server, by the name of its file."""
    document = tomllib.loads((KNOWN / f"{name}.toml").read_text("utf-8"))
    return KnownServer(document["server"], document["about"], tuple(_findings(document)))


def _findings(document: dict[str, Any]) -> Iterator[Finding]:
    versions = {one.id: tuple(profile.partition("-")[2] for profile in one.profiles) for one in scenarios()}
    for verdict in (Standing.FAIL, Standing.WARN, Standing.SKIPPED):
        for table in document.get(verdict.value, ()):
            for scenario in table["scenarios"]:
                wanted = tuple(table.get("outlook", versions[scenario]))
                yield Finding(scenario, wanted, verdict, table["reason"], table.get("unsteady", False))


def judged(
    server: RealServer, versions: Sequence[str], scenarios_: Sequence[Scenario] | None = None, *, jobs: int = 3
) -> CheckReport:
    """Check a real server as some versions, by a user of its own, `jobs` scenarios at a time."""
    place = Place(
        f"imap://{server.host}:{server.port}/",
        server.take_user(),
        Secret(server.password),
        Policy(encryption="none"),
        timeout=PATIENCE,
    )
    wanted = scenarios() if scenarios_ is None else scenarios_
    return check(place, [load(name) for name in versions], wanted, jobs=jobs)


def found(report: CheckReport) -> set[tuple[str, str, str]]:
    """Return everything that is not passed: (scenario, version, verdict)."""
    return {
        (outcome.scenario.id, outcome.version, outcome.standing.value)
        for outcome in report.outcomes
        if outcome.standing is not Standing.PASS
    }
