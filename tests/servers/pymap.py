"""pymap, a server in Python from the environment that runs the tests: PLAIN and LOGIN, mail in memory."""

from __future__ import annotations

import contextlib
import importlib.metadata
import importlib.util
import sys
from pathlib import Path
from typing import TYPE_CHECKING

from servers.process import HOST, free_ports, running
from servers.real_server import PASSWORD, USERS, RealServer

if TYPE_CHECKING:
    from collections.abc import Iterator

_SERVICE = Path(__file__).with_name("pymap_service.py")


def version() -> str:
    """Return the version of the installed distribution, an empty string when there is none."""
    try:
        return importlib.metadata.version("pymap")
    except importlib.metadata.PackageNotFoundError:
        return ""


def missing() -> str | None:
    """Return why pymap cannot run here, None when it can."""
    return None if version() else "pymap is not among the installed Python packages"


@contextlib.contextmanager
def pymap(directory: Path) -> Iterator[RealServer]:
    """Run pymap without TLS; each user has its sample mail (four messages in INBOX, folders Sent and Trash).

    pymap notes nothing of what it receives. Raises ServerDidNotStart.
    """
    (port,) = free_ports(1)
    # -P: or this directory, where a module is called `pymap` too, would be searched first.
    command: list[str | Path] = [sys.executable, "-P", _SERVICE, HOST, str(port), PASSWORD, *USERS]
    with running(command, directory=directory, port=port) as pid:
        yield RealServer(name="pymap", port=port, tls_port=None, ca_file=None, pid=pid, directory=directory, log=None)
