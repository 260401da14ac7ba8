"""The options of every command with a URL, and where its password comes from. Connects to nothing itself."""

from __future__ import annotations

import getpass
import importlib
import os
import re
import sys
from dataclasses import dataclass
from pathlib import Path
from typing import Annotated, Any

import typer

from outlookimap.client.passwords import of_file
from outlookimap.client.url import ServerUrl
from outlookimap.errors import UsageError
from outlookimap.profiles import Policy, Profile
from outlookimap.wire.secret import Secret

PASSWORD_VARIABLE = "OUTLOOKIMAP_PASSWORD"  # noqa: S105 - the name of a variable

Url = Annotated[
    str, typer.Argument(metavar="URL", help="imaps://user@host:port/, or imap:// for STARTTLS; never with a password.")
]
Encryption = Annotated[
    str | None,
    typer.Option(metavar="KIND", help="tls, starttls or none; what the URL says unless given. none has to be said."),
]
CaFile = Annotated[
    Path | None,
    typer.Option(metavar="FILE", help="Certificate authorities (PEM) to trust instead of the system's."),
]
Insecure = Annotated[bool, typer.Option("--insecure", help="Trust any certificate of anybody.")]
User = Annotated[str | None, typer.Option(metavar="NAME", help="Who signs in; the user of the URL unless given.")]
PasswordFile = Annotated[
    Path | None,
    typer.Option(
        metavar="FILE",
        help=f"Its first line is the password. Else it comes from the environment variable {PASSWORD_VARIABLE}, from "
        "the keyring (pip install 'outlookimap[keyring]', then: keyring set HOST USER), or is asked for.",
    ),
]
Timeout = Annotated[
    float, typer.Option(metavar="SECONDS", help="The longest silence of the server while an answer is due.")
]
Mechanism = Annotated[
    str | None,
    typer.Option(metavar="NAME", help="Sign in by this only: NTLM, DIGEST-MD5, PLAIN or LOGIN."),
]

_OPTIONS = {"ca_file": "--ca-file", "verify=False": "--insecure", "encryption='none'": "--encryption none"}
_ARGUMENTS = re.compile(rf"(?<![\w/.-])({'|'.join(_OPTIONS)})(?![\w/.-])")


@dataclass(frozen=True, slots=True)
class Connecting:
    """How to reach and enter a server; `arguments()` are for `Session.connect` and whatever takes the same."""

    url: str
    user: str
    password: Secret
    policy: Policy
    ca_file: Path | None
    verify: bool
    timeout: float

    def arguments(self) -> dict[str, Any]:
        """Return everything but the URL, by the names `Session.connect` has for it."""
        return {
            "user": self.user,
            "password": self.password,
            "policy": self.policy,
            "ca_file": self.ca_file,
            "verify": self.verify,
            "timeout": self.timeout,
        }


def connecting(
    url: str,
    profile: Profile,
    *,
    encryption: str | None,
    ca_file: Path | None,
    insecure: bool,
    user: str | None,
    password_file: Path | None,
    timeout: float,
    mechanism: str | None,
) -> Connecting:
    """Return how to connect, as the options say; the password is asked for only when all else is in order.

    Raises UsageError (UrlError, PolicyError) for what cannot be used or contradicts itself.
    """
    place = ServerUrl.parse(url)
    policy = _policy(encryption, mechanism)
    policy.check(profile)
    if place.encryption(policy.encryption) == "none" and (insecure or ca_file is not None):
        raise UsageError("--insecure and --ca-file are about TLS, and --encryption none is without")
    if insecure and ca_file is not None:
        raise UsageError("--ca-file says what to verify by, and --insecure not to: leave one out")
    if not timeout > 0:
        raise UsageError(f"--timeout {timeout}: a silence is more than 0 seconds")
    name = user or place.user
    if not name:
        raise UsageError("nobody is named: write imaps://user@host/ or --user NAME")
    return Connecting(url, name, password_of(name, place.host, password_file), policy, ca_file, not insecure, timeout)


def password_of(user: str, host: str, file: Path | None) -> Secret:
    """Return the password: from `file`, the environment, the keyring or a prompt, the first that has one.

    Raises UsageError where the file cannot be used, or nothing has one and nobody can be asked.
    """
    if file is not None:
        return of_file(file, f"--password-file {file}")
    found = os.environ.get(PASSWORD_VARIABLE) or _kept(host, user)
    if found:
        return Secret(found)
    if not sys.stdin.isatty():
        raise UsageError(
            f"no password for {user}: use --password-file, the environment variable {PASSWORD_VARIABLE} or the keyring "
            "(standard input is no terminal, so nobody can be asked)"
        )
    try:
        return Secret(getpass.getpass(f"Password of {user} on {host}: "))
    except EOFError as error:
        raise UsageError(f"no password for {user} was given") from error


def in_options(message: str) -> str:
    """Return the message of an error that names arguments of the library with the options that stand for them here."""
    return _ARGUMENTS.sub(lambda found: _OPTIONS[found[1]], message)


def _policy(encryption: str | None, mechanism: str | None) -> Policy:
    if mechanism is None:
        return Policy(encryption=encryption)
    if mechanism.upper() == "LOGIN":
        return Policy(encryption=encryption, mechanisms=())
    return Policy(encryption=encryption, mechanisms=(mechanism.upper(),), login=False)


def _kept(host: str, user: str) -> str | None:
    """Return what the keyring has, None where there is no keyring: it is an extra, and needs a service that runs."""
    try:
        keyring = importlib.import_module("keyring")
        errors = importlib.import_module("keyring.errors")
    except ImportError:
        return None
    try:
        found: str | None = keyring.get_password(host, user)
    except errors.KeyringError:
        return None
    return found
