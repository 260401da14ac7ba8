"""Makes the Outlook of a test: to which server it connects, what its marks say, and what it cannot do without.

Imported when a test asks for it. Every way it can fail is told in a sentence, not in a traceback.
"""

from __future__ import annotations

import dataclasses
from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

import pytest

from outlookimap.errors import AuthenticationFailed, ConnectionLost, OutlookImapError, PolicyError
from outlookimap.mail import Outlook
from outlookimap.profiles import Policy, load
from outlookimap.pytest_plugin.options import ServerUnderTest, in_options
from outlookimap.traffic import Header, Recorder

if TYPE_CHECKING:
    from outlookimap.exchange import ExchangeServer

_OPTIONS = frozenset(
    ("cache", "ca_file", "clock", "drive", "guard", "limits", "password", "policy", "timeout", "user", "verify")
)
"""What a mark may say of an Outlook, besides the settings of a policy."""

_POLICY = frozenset(field.name for field in dataclasses.fields(Policy))

REFUSED: pytest.StashKey[dict[str, str]] = pytest.StashKey()
"""Where a run keeps why the server under test let nobody in, by version: nobody tries the same again."""


@dataclasses.dataclass(frozen=True, slots=True)
class Plan:
    """How one test connects: `arguments` are those of `Outlook` but for `record`; `to` is the server, for people."""

    to: str
    version: str
    arguments: Mapping[str, Any]

    def recorder(self) -> Recorder:
        """Return a recorder in memory whose header says who talks."""
        known = load(self.version)
        header = Header(client=known.name, profile=known.id, guard=bool(self.arguments.get("guard", True)))
        return Recorder(None, header)

    def connect(self, recorder: Recorder, refused: dict[str, str]) -> Outlook:
        """Return a signed-in Outlook; fails the test in one sentence where that cannot be.

        A sign-in that was refused is not tried again with the next test: accounts get locked that way.
        """
        if self.version in refused:
            pytest.fail(f"{refused[self.version]}\n(as before: it was not tried again)", pytrace=False)
        try:
            return Outlook(profile=self.version, record=recorder, **self.arguments)
        except OutlookImapError as error:
            message = f"{load(self.version).name} cannot work with {self.to}: {in_options(str(error))}"
            if isinstance(error, AuthenticationFailed) and error.refused:
                refused[self.version] = message
        pytest.fail(message, pytrace=False)  # outside, for pytest shows the error in whose handling another came


def to_server(server: ServerUnderTest, version: str, options: Mapping[str, Any]) -> Plan:
    """Return how to connect to the server that the options of the run name."""
    arguments: dict[str, Any] = {
        "url": server.url,
        "user": server.user,
        "password": server.password,
        "ca_file": server.ca_file,
        "verify": server.verify,
        "timeout": server.timeout,
    }
    return _plan(server.url, version, arguments, options, encryption=server.encryption)


def to_embedded(server: ExchangeServer, users: Mapping[str, Any], version: str, options: Mapping[str, Any]) -> Plan:
    """Return how to connect to the Exchange of this test as its first user, or as the one that `options` name."""
    user = options.get("user", server.users[0])
    arguments: dict[str, Any] = {
        "url": server.url,
        "user": user,
        "password": users.get(user),
        "ca_file": server.ca_file,
        "timeout": 20.0,
    }
    return _plan(f"the embedded {server.profile.name}", version, arguments, options, encryption=None)


def _plan(
    to: str, version: str, arguments: Mapping[str, Any], options: Mapping[str, Any], *, encryption: str | None
) -> Plan:
    unknown = sorted(options.keys() - _OPTIONS - _POLICY)
    if unknown:
        pytest.fail(
            f"@pytest.mark.outlook({unknown[0]}=...): neither Outlook ({', '.join(sorted(_OPTIONS))}) nor Policy "
            f"({', '.join(sorted(_POLICY))}) has it here",
            pytrace=False,
        )
    settings = {name: value for name, value in options.items() if name in _POLICY}
    if encryption is not None:
        settings.setdefault("encryption", encryption)
    given = {name: value for name, value in options.items() if name in _OPTIONS}
    return Plan(to, version, {**arguments, **given, "policy": _policy(options.get("policy") or Policy(), settings)})


def _policy(policy: Policy, settings: Mapping[str, Any]) -> Policy:
    try:
        return dataclasses.replace(policy, **settings)
    except PolicyError as error:
        message = f"@pytest.mark.outlook: {error}"
    pytest.fail(message, pytrace=False)


def end(signed_in: Outlook) -> None:
    """Sign out; fails the test where that ends otherwise than by the connection being gone."""
    try:
        signed_in.close()
    except ConnectionLost:
        return  # the test, or its server, has ended it
    except OutlookImapError as error:
        message = f"signing out failed: {error}"
    else:
        return
    pytest.fail(message, pytrace=False)
