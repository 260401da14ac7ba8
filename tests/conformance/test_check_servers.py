"""Servers nobody here wrote, under check: what fails is known, and looked into (docs/servers.md)."""

from __future__ import annotations

import pytest
from support.judged import KNOWN, found, judged, known

from outlookimap.conformance.scenario import Standing, scenarios

EVERY = ("2007", "2010", "2013")
SERVERS = {
    "courier": ("courier_server", ("2013",)),
    "cyrus": ("cyrus_server", ("2013",)),
    "dovecot": ("dovecot_server", EVERY),
    "dovecot-workarounds": ("dovecot_workarounds_server", ("2013",)),
    "imap4d": ("imap4d_server", ("2013",)),
    "pymap": ("pymap_server", ("2013",)),
}
"""The fixture of each server, and the versions it is checked as here: the slower ones as one of them."""
JOBS = {"courier": 8}  # its DELETE sleeps for two seconds


def test_every_server_has_its_list() -> None:
    assert sorted(path.stem for path in KNOWN.glob("*.toml")) == sorted(SERVERS)


@pytest.mark.thorough
@pytest.mark.timeout(600)
@pytest.mark.parametrize("name", SERVERS)
def test_a_real_server_fails_where_it_is_known_to_and_nowhere_else(name: str, request: pytest.FixtureRequest) -> None:
    """Check it; what is not as it is known to be is asked once more, for servers stumble when much goes on at once."""
    fixture, versions = SERVERS[name]
    server = request.getfixturevalue(fixture)
    report = judged(server, versions, jobs=JOBS.get(name, 3))
    expected = known(name).expected(versions)
    doubtful = {scenario for scenario, _, _ in expected ^ found(report)}
    again = judged(server, versions, [one for one in scenarios() if one.id in doubtful]) if doubtful else None
    steady = known(name).unsteady()
    news = [
        (one.scenario.id, one.version, one.standing.value, one.message)
        for one in (again.outcomes if again else ())
        if (one.scenario.id, one.version, one.standing.value) not in expected and one.standing is not Standing.PASS
    ]
    gone = sorted(key for key in expected if again and key[0] in doubtful - steady and key not in found(again))
    assert ([one for one in news if one[0] not in steady], gone) == ([], [])
    assert report.leftovers == ()
