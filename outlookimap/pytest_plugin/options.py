"""The options that name a server under test, and the server they name.

Knows of pytest only how options are declared. What is wrong with them is told before any test runs.
"""

from __future__ import annotations

import os
import re
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

if TYPE_CHECKING:
    from outlookimap.wire.secret import Secret

PASSWORD_VARIABLE = "OUTLOOKIMAP_PASSWORD"  # noqa: S105 - the name of a variable
RECORDINGS = "outlookimap_recordings"

_DEPENDENT = {
    "--outlook-user": "outlook_user",
    "--outlook-password-file": "outlook_password_file",
    "--outlook-ca-file": "outlook_ca_file",
    "--outlook-encryption": "outlook_encryption",
    "--outlook-insecure": "outlook_insecure",
    "--outlook-timeout": "outlook_timeout",
}
_ARGUMENTS = {
    "ca_file": "--outlook-ca-file",
    "verify=False": "--outlook-insecure",
    "encryption='none'": "--outlook-encryption none",
}
_ARGUMENT = re.compile(rf"(?<![\w/.-])({'|'.join(_ARGUMENTS)})(?![\w/.-])")


@dataclass(frozen=True, slots=True)
class ServerUnderTest:
    """A server that was there before the tests; `encryption` None is what the URL says, `timeout` in seconds."""

    url: str
    user: str
    password: Secret = field(repr=False)
    ca_file: Path | None = None
    verify: bool = True
    encryption: str | None = None
    timeout: float = 60.0


SERVER: pytest.StashKey[ServerUnderTest | None] = pytest.StashKey()
"""Where a run keeps the server its options name."""


def declare(parser: pytest.Parser) -> None:
    """Declare the options and the ini line."""
    group = parser.getgroup("outlookimap", "outlookimap: Outlook and Exchange in tests")
    add = group.addoption
    add("--outlook-server", metavar="URL", help="what the fixture outlook connects to: imaps://user@host:port/")
    add("--outlook-user", metavar="NAME", help="who signs in; the user of the URL unless given")
    add(
        "--outlook-password-file",
        metavar="FILE",
        help=f"its first line is the password; else it comes from the environment variable {PASSWORD_VARIABLE}",
    )
    add("--outlook-ca-file", metavar="FILE", help="certificate authorities (PEM) to trust instead of the system's")
    add(
        "--outlook-encryption",
        choices=("tls", "starttls", "none"),
        help="what the URL says unless given; none has to be said",
    )
    add("--outlook-insecure", action="store_true", default=False, help="trust any certificate of anybody")
    add(
        "--outlook-timeout",
        type=float,
        metavar="SECONDS",
        help="the longest silence of the server while an answer is due (60)",
    )
    parser.addini(RECORDINGS, "collect *.imap files: each recorded conversation is a test", type="bool", default=False)


def server_under_test(config: pytest.Config) -> ServerUnderTest | None:
    """Return the server that the options name, None without one; raises pytest.UsageError for what cannot be used."""
    url: str | None = config.getoption("outlook_server")
    if url is None:
        given = [option for option, name in _DEPENDENT.items() if config.getoption(name) not in (None, False)]
        if given:
            raise pytest.UsageError(f"{given[0]} is about a server under test: name it with --outlook-server URL")
        return None
    from outlookimap.errors import UsageError

    try:
        return _server(config, url)
    except UsageError as error:
        shown = in_options(str(error))
        raise pytest.UsageError(shown if shown.startswith("--") else f"--outlook-server: {shown}") from error


def _server(config: pytest.Config, url: str) -> ServerUnderTest:
    from outlookimap.client.url import ServerUrl
    from outlookimap.errors import UsageError

    place = ServerUrl.parse(url)
    encryption: str | None = config.getoption("outlook_encryption")
    insecure: bool = config.getoption("outlook_insecure")
    ca_file: str | None = config.getoption("outlook_ca_file")
    asked: float | None = config.getoption("outlook_timeout")
    timeout = 60.0 if asked is None else asked
    if place.encryption(encryption) == "none" and (insecure or ca_file is not None):
        raise UsageError("--outlook-insecure and --outlook-ca-file are about TLS, --outlook-encryption none is without")
    if insecure and ca_file is not None:
        raise UsageError("--outlook-ca-file says what to verify by, --outlook-insecure not to: leave one out")
    if ca_file is not None and not (config.invocation_params.dir / ca_file).is_file():
        raise UsageError(f"--outlook-ca-file {ca_file}: there is no such file")
    if not timeout > 0:
        raise UsageError(f"--outlook-timeout {timeout:g}: a silence is more than 0 seconds")
    user: str | None = config.getoption("outlook_user") or place.user
    if not user:
        raise UsageError("nobody is named: write imaps://user@host/ or --outlook-user NAME")
    return ServerUnderTest(
        url,
        user,
        _password(config, user),
        None if ca_file is None else config.invocation_params.dir / ca_file,
        not insecure,
        encryption,
        timeout,
    )


def _password(config: pytest.Config, user: str) -> Secret:
    from outlookimap.client.passwords import of_file
    from outlookimap.errors import UsageError
    from outlookimap.wire.secret import Secret

    file: str | None = config.getoption("outlook_password_file")
    if file is None:
        found = os.environ.get(PASSWORD_VARIABLE)
        if not found:
            raise UsageError(
                f"no password for {user}: put it in the environment variable {PASSWORD_VARIABLE}, "
                "or in a file that --outlook-password-file names"
            )
        return Secret(found)
    return of_file(config.invocation_params.dir / file, f"--outlook-password-file {file}")


def in_options(message: str) -> str:
    """Return the message of an error that names arguments of the library with the options that stand for them here."""
    return _ARGUMENT.sub(lambda found: _ARGUMENTS[found[1]], message)
