"""Scenarios as data: what each does and demands, read from `scenarios/*.toml`; and the steps that belong to them.

Must not know how steps are carried out, nor any single scenario.
"""

from __future__ import annotations

import importlib
import tomllib
from collections.abc import Callable, Collection, Mapping
from dataclasses import dataclass
from enum import StrEnum
from fnmatch import fnmatchcase
from functools import cache
from importlib import resources
from typing import TYPE_CHECKING, Any, TypeAlias

from outlookimap import profiles
from outlookimap.errors import UsageError
from outlookimap.statements import get

if TYPE_CHECKING:
    from outlookimap.conformance.stage import Stage

PACKAGE = "outlookimap.conformance.scenarios"
_KEYS = frozenset(
    ("id", "description", "requirement", "statements", "source", "outlook", "severity", "needs", "alone", "slow")
)
_NECESSARY = frozenset(("id", "description", "requirement", "source"))


class Standing(StrEnum):
    """How a server stands in one scenario."""

    PASS = "pass"  # noqa: S105 - no password
    FAIL = "fail"
    WARN = "warn"  # works, but a later version of the product is known to stumble
    SKIPPED = "skipped"


@dataclass(frozen=True, slots=True)
class Scenario:
    """One thing that is asked of a server.

    `theme` is the file it stands in; `description` says what the product does, `requirement` names and `demand` says
    what the server has to do, which several scenarios may share. `statements` are those a server that fails it breaks,
    or makes impossible; `source` is where the demand comes from. `profiles` are the products it is for; `severity` is
    what not meeting it means; `needs` are capabilities without which it is skipped. `alone` is not to run beside
    another one, `slow` takes minutes of real time.
    """

    id: str
    theme: str
    description: str
    requirement: str
    demand: str
    source: str
    statements: tuple[str, ...] = ()
    profiles: tuple[str, ...] = ()
    severity: Standing = Standing.FAIL
    needs: tuple[str, ...] = ()
    alone: bool = False
    slow: bool = False


Steps: TypeAlias = "Callable[[Stage], None]"
"""Does what the product does, as `Stage` lets it; raises `ScenarioFailed` where the server does not do its part."""

_steps: dict[str, Steps] = {}


def steps(scenario: str) -> Callable[[Steps], Steps]:
    """Make a function the steps of a scenario, named by its id."""

    def register(function: Steps) -> Steps:
        if scenario in _steps:
            raise UsageError(f"the scenario {scenario!r} has steps already: {_steps[scenario].__qualname__}")
        _steps[scenario] = function
        return function

    return register


def steps_of(scenario: Scenario) -> Steps:
    """Return the steps of a scenario; raises UsageError where there are none."""
    importlib.import_module(f"{PACKAGE}.{scenario.theme.replace('-', '_')}")
    if scenario.id not in _steps:
        raise UsageError(f"the scenario {scenario.id!r} has no steps in {scenario.theme}")
    return _steps[scenario.id]


def registered(theme: str) -> Collection[str]:
    """Return the ids that have steps in the module of a theme."""
    module = importlib.import_module(f"{PACKAGE}.{theme.replace('-', '_')}")
    return [name for name, function in _steps.items() if function.__module__ == module.__name__]


@cache
def scenarios() -> tuple[Scenario, ...]:
    """Return all scenarios, themes in alphabetical order; raises UsageError for a file that breaks the rules."""
    found: dict[str, Scenario] = {}
    for entry in sorted(resources.files(PACKAGE).iterdir(), key=lambda entry: entry.name):
        if not entry.name.endswith(".toml"):
            continue
        theme = entry.name.removesuffix(".toml")
        for scenario in parse(theme, tomllib.loads(entry.read_text("utf-8"))):
            if scenario.id in found:
                raise UsageError(f"two scenarios are called {scenario.id!r}: in {found[scenario.id].theme} and {theme}")
            found[scenario.id] = scenario
    return tuple(found.values())


def parse(theme: str, document: Mapping[str, Any]) -> tuple[Scenario, ...]:
    """Return the scenarios of a file; raises UsageError (StatementError) naming what breaks the rules."""
    unknown = document.keys() - {"requirements", "scenario"}
    if unknown:
        raise UsageError(f"{theme}.toml: nothing is called {', '.join(sorted(unknown))}")
    demands: Mapping[str, str] = document.get("requirements", {})
    found = tuple(_scenario(theme, demands, table) for table in document.get("scenario", ()))
    idle = demands.keys() - {scenario.requirement for scenario in found}
    if idle:
        raise UsageError(f"{theme}.toml: no scenario asks for {', '.join(sorted(idle))}")
    return found


def _scenario(theme: str, demands: Mapping[str, str], table: Mapping[str, Any]) -> Scenario:
    name = f"{theme}.toml: scenario {table.get('id', '?')!r}"
    if table.keys() - _KEYS or _NECESSARY - table.keys():
        wrong = sorted((table.keys() - _KEYS) | (_NECESSARY - table.keys()))
        raise UsageError(f"{name}: {', '.join(wrong)} is not known, or missing")
    if table["requirement"] not in demands:
        raise UsageError(f"{name}: there is no requirement {table['requirement']!r} in this file")
    products = {product.partition("-")[2]: product for product in profiles.products("client")}
    wanted = table.get("outlook", list(products))
    if not set(wanted) <= products.keys():
        raise UsageError(f"{name}: of the versions {wanted} there are only {', '.join(products)}")
    severity = Standing(table.get("severity", "fail"))
    if severity not in (Standing.FAIL, Standing.WARN):
        raise UsageError(f"{name}: not to meet a demand is fail or warn, not {severity}")
    return Scenario(
        id=table["id"],
        theme=theme,
        description=table["description"],
        requirement=table["requirement"],
        demand=demands[table["requirement"]],
        source=table["source"],
        statements=tuple(get(one).id for one in table.get("statements", ())),
        profiles=tuple(products[version] for version in products if version in wanted),
        severity=severity,
        needs=tuple(table.get("needs", ())),
        alone=table.get("alone", False),
        slow=table.get("slow", False),
    )


def chosen(patterns: Collection[str]) -> tuple[Scenario, ...]:
    """Return the scenarios whose id, theme or requirement matches any of `patterns`; raises UsageError for none.

    Patterns are those of a shell: ``flags-*``, ``sign-in``. Without any all scenarios are returned.
    """
    every = scenarios()
    if not patterns:
        return every
    found: set[str] = set()
    for pattern in patterns:
        fitting = {
            one.id for one in every if any(fnmatchcase(name, pattern) for name in (one.id, one.theme, one.requirement))
        }
        if not fitting:
            raise UsageError(f"no scenario is called {pattern!r}: `outlookimap check --list` prints their names")
        found |= fitting
    return tuple(one for one in every if one.id in found)
