"""Every scenario: a good server passes it, and one fault makes it fail and nothing that demands something else."""

from __future__ import annotations

from typing import Any

import pytest
from support.checked import against, checked, embedded, wrongs

from outlookimap.conformance.checking import check
from outlookimap.conformance.scenario import Scenario, Standing, registered, scenarios, steps_of
from outlookimap.profiles import load, products, versions

WRONGS = wrongs()
THEMES = sorted({scenario.theme for scenario in scenarios()})


def by_id(scenario: Scenario) -> str:
    return scenario.id


@pytest.mark.parametrize("theme", THEMES)
def test_every_scenario_has_steps_and_all_steps_belong_to_one(theme: str) -> None:
    assert sorted(registered(theme)) == sorted(one.id for one in scenarios() if one.theme == theme)


def test_every_scenario_has_a_fault_that_it_finds() -> None:
    assert sorted(WRONGS) == sorted(one.id for one in scenarios())


@pytest.mark.parametrize(
    "version",
    [
        pytest.param(one, marks=[pytest.mark.thorough] if one != versions("server")[-1] else [])
        for one in versions("server")
    ],
)
def test_the_embedded_server_passes(version: str) -> None:
    with embedded(version) as place:
        report = check(place, [load(name) for name in products("client")], [*scenarios()], jobs=4)
    assert against(report) == []
    assert report.passed


@pytest.mark.parametrize("scenario", [one for one in scenarios() if one.slow], ids=by_id)
def test_the_embedded_server_passes_what_takes_minutes(scenario: Scenario) -> None:
    [outcome] = checked({"outlook": scenario.profiles[-1]}, [scenario]).outcomes
    assert outcome.standing is Standing.PASS, outcome.message


@pytest.mark.parametrize("scenario", scenarios(), ids=by_id)
def test_its_fault_makes_it_fail(scenario: Scenario) -> None:
    steps_of(scenario)
    wrong = WRONGS[scenario.id]
    [outcome] = checked(wrong, [scenario]).outcomes
    assert outcome.standing is (Standing.WARN if wrong.get("warns") else scenario.severity), outcome.message
    assert outcome.message
    assert any(line.offends for line in outcome.transcript)


# ---------------------------------------------------------------- a fault fails nothing that demands something else
#
# Not each fault against every scenario, which would be tens of thousands of checks: each requirement has a number, and
# for every binary digit of these numbers the faults of the requirements that have a 1 there are switched on together
# against the scenarios of those that have a 0, and the other way round. Two requirements differ in one digit at least.

OPTIONS = ("exchange", "alternatives", "ntlm", "lists", "outlook")


def options_of(wrong: dict[str, Any]) -> str:
    """Return what faults have to have in common to be switched on at the same server."""
    return repr([wrong.get(name) for name in OPTIONS])


NUMBERS = {name: number for number, name in enumerate(sorted({one.requirement for one in scenarios()}))}
DIGITS = range(max(NUMBERS.values()).bit_length())
GROUPS = sorted({options_of(wrong) for wrong in WRONGS.values()})


def culprits(stranger: Scenario, suspects: list[str]) -> list[str]:
    return [name for name in suspects if against(checked(WRONGS[name], [stranger]))]


@pytest.mark.thorough
@pytest.mark.parametrize("value", [0, 1])
@pytest.mark.parametrize("digit", DIGITS)
@pytest.mark.parametrize("group", GROUPS, ids=range(len(GROUPS)))
def test_a_fault_fails_nothing_that_demands_something_else(group: str, digit: int, value: int) -> None:
    def is_among(one: Scenario) -> bool:
        return NUMBERS[one.requirement] >> digit & 1 == value

    faulty = [one.id for one in scenarios() if is_among(one) and options_of(WRONGS[one.id]) == group]
    strangers = [one for one in scenarios() if not is_among(one)]
    if not faulty:
        return
    wrong = {key: setting for key, setting in WRONGS[faulty[0]].items() if key in OPTIONS}
    wrong["fault"] = [spec for name in faulty for spec in WRONGS[name].get("fault", ())]
    failed = against(checked(wrong, strangers))
    assert {name: culprits(one, faulty) for one in strangers if (name := one.id) in failed} == {}
