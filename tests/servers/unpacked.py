"""Servers whose Debian packages install_debian.sh unpacked beside the one that is installed."""

from __future__ import annotations

import os
from pathlib import Path


def root(server: str) -> Path:
    """Return where a server was unpacked, by the name of its folder."""
    return Path(os.environ.get("OUTLOOKIMAP_TEST_SERVERS", "/opt/outlookimap-test-servers")) / server


def version(server: str) -> str:
    """Return the version of its Debian package, an empty string when it is not there."""
    note = root(server) / "VERSION"
    return note.read_text().strip() if note.exists() else ""
