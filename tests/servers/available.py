"""Decides what a test does when its server is not there: it is skipped, but in CI it fails."""

from __future__ import annotations

import os
from types import ModuleType

import pytest

from servers import courier, cyrus, dovecot, imap4d, pymap

SERVERS: dict[str, ModuleType] = {
    "dovecot": dovecot,
    "cyrus": cyrus,
    "courier": courier,
    "imap4d": imap4d,
    "pymap": pymap,
}
_SCRIPT = "`sh tests/servers/install_debian.sh`, as root on Debian 12, installs it"
_HOW = {"pymap": "`pip install pymap` installs it"}


def require(name: str) -> None:
    """Skip the test when the server is not there; fail it where the environment says CI=true."""
    reason = SERVERS[name].missing()
    if reason is None:
        return
    text = f"no {name}: {reason} ({_HOW.get(name, _SCRIPT)})"
    if os.environ.get("CI") == "true":
        pytest.fail(text, pytrace=False)
    pytest.skip(text)


def summary() -> str:
    """Return one line: the servers that are there with their versions, and those that are not and why."""
    parts = [
        f"{name} {module.version()}" if (reason := module.missing()) is None else f"no {name} ({reason})"
        for name, module in SERVERS.items()
    ]
    return "real servers: " + ", ".join(parts)
