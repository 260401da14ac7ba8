"""The embedded server under check: as it is, and with something wrong."""

from __future__ import annotations

import tomllib
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import replace
from pathlib import Path
from typing import Any

from outlookimap.conformance.checking import check
from outlookimap.conformance.observer import Place
from outlookimap.conformance.outcome import CheckReport
from outlookimap.conformance.scenario import Scenario, Standing
from outlookimap.exchange import ExchangeServer
from outlookimap.profiles import Policy, Profile, load
from outlookimap.transport.clock import FakeClock
from outlookimap.wire.secret import Secret

FAULTS = Path(__file__).parent.parent / "scenarios"
NOT_OPTIONS = ("fault", "exchange", "lists", "outlook", "timeout", "warns")
PATIENCE = 5.0
"""Seconds of silence after which a server is given up; a server that stalls on purpose costs as many."""


@contextmanager
def embedded(version: str | Profile = "2019", *, timeout: float = PATIENCE, **options: Any) -> Iterator[Place]:
    """Start an Exchange and say how to reach it; `options` are those of `ExchangeServer`."""
    settings = {"allow_plaintext": True, "ntlm": True, "keep": False, "tls_port": None} | options
    with ExchangeServer(version, **settings) as server:
        yield Place(
            f"imap://user1@127.0.0.1:{server.port}/",
            "user1",
            Secret("secret"),
            Policy(encryption="none"),
            timeout=timeout,
            clock=server.clock,
        )


def wrongs() -> dict[str, dict[str, Any]]:
    """Return what is wrong with the server for which each scenario must fail, by the id of the scenario."""
    found: dict[str, dict[str, Any]] = {}
    for file in sorted(FAULTS.glob("*.toml")):
        table = tomllib.loads(file.read_text("utf-8"))
        assert not found.keys() & table.keys(), f"{file.name}: {found.keys() & table.keys()} stands elsewhere too"
        found |= table
    return found


def _exchange(wrong: dict[str, Any]) -> Profile:
    """Return the Exchange that has something wrong; it `lists`, and then does, more than any did."""
    profile, key = load(wrong.get("exchange", "2019"), kind="server"), "capability.extensions"
    extensions = replace(profile.values[key], value=(*profile.words(key), *wrong.get("lists", ())))
    return replace(profile, values={**profile.values, key: extensions})


def checked(
    wrong: dict[str, Any], scenarios: Sequence[Scenario], told: Callable[..., object] | None = None
) -> CheckReport:
    """Check a server that has something wrong; where all scenarios are slow its clock is one that they move."""
    options = {key: value for key, value in wrong.items() if key not in NOT_OPTIONS}
    slow = all(scenario.slow for scenario in scenarios)
    if slow:
        options["clock"] = FakeClock()
    with embedded(
        _exchange(wrong), faults=wrong.get("fault", ()), timeout=wrong.get("timeout", 2.0), **options
    ) as place:
        return check(
            place, [load(wrong.get("outlook", "2013"))], scenarios, jobs=2, slow=slow, told=told or (lambda *_: None)
        )


def against(report: CheckReport) -> list[str]:
    """Return the ids of the scenarios that failed or warned."""
    return [outcome.scenario.id for outcome in report.outcomes if outcome.standing in (Standing.FAIL, Standing.WARN)]
