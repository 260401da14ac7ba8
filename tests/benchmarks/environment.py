"""Says what a measurement was made on: machine, system, interpreter and the programs beside ours."""

from __future__ import annotations

import datetime as dt
import os
import platform
import shutil
import sqlite3
import ssl
import subprocess
from importlib.metadata import version
from pathlib import Path

from servers.available import SERVERS

import outlookimap

PROGRAMS = {"mbsync": "isync", "offlineimap": "offlineimap3"}


def environment() -> dict[str, str]:
    """Return what there is to know, by name, in the order in which it is shown."""
    found = {
        "date": f"{dt.datetime.now(dt.UTC):%Y-%m-%d %H:%M} UTC",
        "Python": f"{platform.python_implementation()} {platform.python_version()}",
        "CPU": _processor(),
        "cores": str(os.cpu_count()),
        "memory": f"{os.sysconf('SC_PAGE_SIZE') * os.sysconf('SC_PHYS_PAGES') / 2**30:.0f} GiB",
        "kernel": f"{platform.system()} {platform.release()}",
        "load at the start": f"{os.getloadavg()[0]:.2f}",
        "OpenSSL": ssl.OPENSSL_VERSION.split()[1],
        "SQLite": sqlite3.sqlite_version,
        "outlookimap": outlookimap.__version__,
    }
    found |= {name: version(name) for name in ("IMAPClient", "imap-tools")}
    found |= {shown: text for name, shown in PROGRAMS.items() if (text := program_version(name))}
    return found | {name: module.version() for name, module in SERVERS.items() if module.missing() is None}


def program_version(name: str) -> str:
    """Return the version a program prints, an empty string where it is not installed."""
    path = shutil.which(name)
    if path is None:
        return ""
    done = subprocess.run([path, "--version"], capture_output=True, text=True, check=True, timeout=60)
    return done.stdout.split()[-1]


def _processor() -> str:
    known = Path("/proc/cpuinfo")
    for line in known.read_text().splitlines() if known.exists() else ():
        name, _, value = line.partition(":")
        if name.strip() == "model name":
            return value.strip()
    return platform.processor() or platform.machine()
