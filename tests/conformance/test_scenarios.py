"""Every scenario: a good server passes it, and one fault makes it fail and nothing that demands something else."""

from __future__ import annotations

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


@pytest.mark.parametrize("version", versions("server"))
def test_the_embedded_server_passes(version: str) -> None:
    with embedded(version) as place:
        report = check(place, [load(name) for name in products("client")], [*scenarios()], jobs=4)
    assert against(report) == []
    assert report.passed


@pytest.mark.parametrize("scenario", scenarios(), ids=by_id)
def test_its_fault_makes_it_fail(scenario: Scenario) -> None:
    steps_of(scenario)
    wrong = WRONGS[scenario.id]
    [outcome] = checked(wrong, [scenario]).outcomes
    assert outcome.standing is (Standing.WARN if wrong.get("warns") else scenario.severity), outcome.message
    assert outcome.message
    assert any(line.offends for line in outcome.transcript)


@pytest.mark.thorough
@pytest.mark.parametrize("scenario", scenarios(), ids=by_id)
def test_its_fault_fails_nothing_that_demands_something_else(scenario: Scenario) -> None:
    strangers = [one for one in scenarios() if one.requirement != scenario.requirement]
    assert against(checked(WRONGS[scenario.id], strangers)) == []
