"""What may be configured, and what one product cannot be configured to do."""

from __future__ import annotations

import dataclasses
import math
import re
from pathlib import Path
from typing import Any

import pytest

from outlookimap.errors import PolicyError
from outlookimap.profiles import Policy, load
from outlookimap.profiles.profile import Evidence

VERSIONS = ("2007", "2010", "2013")


@pytest.mark.cites("O5:V0041", "O5:V0006", "O5:2.1.2")
def test_what_an_account_is_without_being_told() -> None:
    policy = Policy()
    assert policy.mechanisms is None
    assert policy.login is True
    assert policy.encryption is None
    assert policy.root_folder == ""
    assert policy.show_all_folders is True
    assert policy.date_from == "internaldate"
    assert policy.logout == "wait"
    assert policy.keepalive == 600
    assert (policy.sweep, policy.reconnect_longest) == (1800, 300)
    assert (policy.status_in_bulk, policy.connections) == (False, 2)
    assert policy.command_octets is None


def test_the_profiles_page_has_every_setting_in_order() -> None:
    page = (Path(__file__).parents[2] / "docs/profiles.md").read_text(encoding="utf-8").partition("\n## Policy\n")[2]
    rows = re.findall(r"^\| `(\w+)` \| .+ \|$", page, re.MULTILINE)
    assert rows == [setting.name for setting in dataclasses.fields(Policy)]


ALLOWED = [
    pytest.param({"encryption": "tls"}),
    pytest.param({"encryption": "starttls"}),
    pytest.param({"encryption": "none"}, marks=pytest.mark.cites("O5:V0031")),
    pytest.param({"date_from": "internaldate"}, marks=pytest.mark.cites("O5:V0006")),
    pytest.param({"date_from": "header"}, marks=pytest.mark.cites("O5:V0006")),
    pytest.param({"logout": "wait"}, marks=pytest.mark.cites("O5:2.1.2")),
    pytest.param({"logout": "drop"}, marks=pytest.mark.cites("O5:2.1.2")),
    pytest.param({"keepalive": 600.0}, marks=pytest.mark.cites("O5:V0025", "O5:V0028")),
    pytest.param({"keepalive": 0.5}, marks=pytest.mark.cites("O5:V0025")),
    pytest.param({"poll": 0.001}),
    pytest.param({"command_octets": 200}),
    pytest.param({"root_folder": "#news."}, marks=pytest.mark.cites("O5:V0022")),
    pytest.param({"mechanisms": ()}, marks=pytest.mark.cites("O5:V0034")),
    pytest.param({"mechanisms": ("NTLM", "DIGEST-MD5", "PLAIN")}, marks=pytest.mark.cites("O5:E0001")),
    pytest.param({"mechanisms": ("plain",)}, marks=pytest.mark.cites("O5:E0001")),
    pytest.param({"login": False}, marks=pytest.mark.cites("O5:V0034")),
]


@pytest.mark.parametrize("version", VERSIONS)
@pytest.mark.parametrize("settings", ALLOWED)
def test_settings_every_version_has(settings: dict[str, Any], version: str) -> None:
    policy = Policy(**settings)
    policy.check(load(version))
    assert {name: getattr(policy, name) for name in settings} == settings


@pytest.mark.parametrize(
    ("settings", "message"),
    [
        ({"encryption": "ssl"}, r"encryption='ssl' is none of 'tls', 'starttls', 'none', None"),
        ({"encryption": ""}, r"encryption='' is none of"),
        ({"date_from": "Date"}, r"date_from='Date' is none of 'internaldate', 'header'"),
        ({"logout": "never"}, r"logout='never' is none of 'wait', 'drop'"),
        ({"keepalive": 0}, r"keepalive=0, .* more than 0 seconds"),
        ({"keepalive": -1.0}, r"keepalive=-1.0"),
        ({"keepalive": math.nan}, r"keepalive=nan"),
        ({"poll": 0}, r"poll=0, .* more than 0 seconds"),
        ({"poll": math.nan}, r"poll=nan"),
        ({"command_octets": 199}, r"command_octets=199: commands need at least 200 octets"),
        ({"command_octets": 0}, r"command_octets=0"),
    ],
)
def test_settings_nobody_has(settings: dict[str, Any], message: str) -> None:
    with pytest.raises(PolicyError, match=message):
        Policy(**settings)


REFUSED = [
    pytest.param(
        {"keepalive": 600.5},
        ("O5:V0025", "O5:V0028"),
        "lets no more than 600 seconds pass",
        marks=pytest.mark.cites("O5:V0025", "O5:V0028"),
    ),
    pytest.param(
        {"keepalive": 601},
        ("O5:V0025", "O5:V0028"),
        "keepalive=601",
        marks=pytest.mark.cites("O5:V0025", "O5:V0028"),
    ),
    pytest.param({"keepalive": math.inf}, ("O5:V0025", "O5:V0028"), "keepalive=inf"),
    pytest.param(
        {"mechanisms": ("NTLM", "CRAM-MD5")},
        ("O5:E0001", "O5:V0034", "O5:V0027"),
        "does not know CRAM-MD5, only NTLM, DIGEST-MD5, PLAIN",
        marks=pytest.mark.cites("O5:E0001", "O5:V0027"),
    ),
    pytest.param(
        {"mechanisms": ("anonymous",)},
        ("O5:E0001", "O5:V0034", "O5:V0027"),
        "does not know anonymous",
        marks=pytest.mark.cites("O5:V0029"),
    ),
    pytest.param(
        {"mechanisms": ("LOGIN",)},
        ("O5:E0001", "O5:V0034", "O5:V0027"),
        "does not know LOGIN",
    ),
]


@pytest.mark.parametrize("version", VERSIONS)
@pytest.mark.parametrize(("settings", "ids", "message"), REFUSED)
def test_settings_no_version_has(settings: dict[str, Any], ids: tuple[str, ...], message: str, version: str) -> None:
    policy = Policy(**settings)
    with pytest.raises(PolicyError, match=message) as caught:
        policy.check(load(version))
    assert caught.value.statements == ids
    assert f"Microsoft Outlook {version}" in str(caught.value)


def test_a_product_that_always_waits_cannot_be_told_to_drop() -> None:
    profile = load("2013")
    patient = dataclasses.replace(
        profile, values={**profile.values, "logout.may_drop": Evidence(False, "assumed", ("O5:V0011",))}
    )
    Policy(logout="wait").check(patient)
    with pytest.raises(PolicyError, match="Outlook 2013 waits") as caught:
        Policy(logout="drop").check(patient)
    assert caught.value.statements == ("O5:V0011",)


@pytest.mark.cites("O5:V0060")
@pytest.mark.parametrize("version", VERSIONS)
def test_a_command_has_32000_octets_at_most_and_the_policy_may_lower_that(version: str) -> None:
    profile = load(version)
    assert Policy().octets(profile) == 32000
    assert Policy(command_octets=8000).octets(profile) == 8000
    assert Policy(command_octets=32000).octets(profile) == 32000
    assert Policy(command_octets=1_000_000).octets(profile) == 32000
