"""Servers nobody here wrote, under check: what fails is known, and looked into (docs/servers.md)."""

from __future__ import annotations

import pytest
from support.judged import KNOWN, found, judged, known

SERVERS = {
    "courier": "courier_server",
    "cyrus": "cyrus_server",
    "dovecot": "dovecot_server",
    "dovecot-workarounds": "dovecot_workarounds_server",
    "imap4d": "imap4d_server",
    "pymap": "pymap_server",
}


def test_every_server_has_its_list() -> None:
    assert sorted(path.stem for path in KNOWN.glob("*.toml")) == sorted(SERVERS)


@pytest.mark.timeout(600)
@pytest.mark.parametrize("name", SERVERS)
def test_a_real_server_fails_where_it_is_known_to_and_nowhere_else(name: str, request: pytest.FixtureRequest) -> None:
    server = request.getfixturevalue(SERVERS[name])
    report = judged(server)
    messages = {(one.scenario.id, one.version, one.standing.value): one.message for one in report.outcomes}
    expected, came = known(name).expected(), found(report)
    news = {key: messages[key] for key in sorted(came - expected)}
    gone = sorted(expected - came)
    assert (news, gone) == ({}, [])
    assert report.leftovers == ()
