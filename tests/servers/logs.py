"""What a server itself noted that it received, taken out of the files it writes.

Each server has its own form of them; the functions here are about bytes only and must not know how a server is
started.
"""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Protocol

if TYPE_CHECKING:
    from pathlib import Path

_DOVECOT_STAMP = re.compile(rb"^(\d+)\.(\d{6}) ", re.MULTILINE)
# `<` before what the client sent, `>` before what the server sent, the same character after the time.
_CYRUS_STAMP = re.compile(rb"([<>])(\d{9,})\1")
_CYRUS_HEADER = re.compile(rb"\A---------- [^\n]*\n\n")


class ServerLog(Protocol):
    """Reads a server's files; every list is in the order of the sessions."""

    def sessions(self, user: str) -> list[bytes]:
        """Return what the server received in each session of a user after sign-in."""

    def sign_ins(self) -> list[bytes]:
        """Return what the server received in each connection before and during sign-in."""

    def files(self, user: str) -> list[Path]:
        """Return the files about the sessions of a user after sign-in that hold anything; of a pair the client's."""

    def forget(self, user: str) -> None:
        """Remove the notes about the past sessions of a user."""


def strip_rawlog(raw: bytes) -> bytes:
    r"""Take Dovecot's time stamps (`1795170664.337996 `) off a rawlog file.

    There is one at the start of the file and one after each line feed, none elsewhere, so a text that looks
    like a stamp is safe behind the real one.
    """
    return _DOVECOT_STAMP.sub(b"", raw)


def client_bytes(telemetry: bytes, latest: int) -> bytes:
    """Take what the client sent out of one session of Cyrus's telemetry.

    A header line and an empty line come first; then blocks, each after `<epoch<` or `>epoch>`, at any place of
    a line. A text of that form inside a block is only taken for a stamp when its time lies between the first
    stamp and `latest` (seconds since 1970).
    """
    body = _CYRUS_HEADER.sub(b"", telemetry)
    stamps = list(_CYRUS_STAMP.finditer(body))
    if not stamps:
        return b""
    first = int(stamps[0][2])
    stamps = [stamp for stamp in stamps if first <= int(stamp[2]) <= latest]
    ends = [*(stamp.start() for stamp in stamps[1:]), len(body)]
    return b"".join(body[stamp.end() : end] for stamp, end in zip(stamps, ends, strict=True) if stamp[1] == b"<")


class DovecotLog:
    """Dovecot's rawlog: `rawlog/<user>/*.in` after sign-in, `rawlog-login/*.in` before (plain port only)."""

    def __init__(self, directory: Path) -> None:
        self._directory = directory

    def sessions(self, user: str) -> list[bytes]:
        """Return what Dovecot received in each session of a user, by the time of the first line."""
        return self._read(self._directory / "rawlog" / user)

    def sign_ins(self) -> list[bytes]:
        """Return what Dovecot received before sign-in, the passwords too, by the time of the first line."""
        return self._read(self._directory / "rawlog-login")

    def files(self, user: str) -> list[Path]:
        """Return the files of what Dovecot received; what it sent stands beside each."""
        return [path for path in sorted((self._directory / "rawlog" / user).glob("*.in")) if path.stat().st_size]

    def forget(self, user: str) -> None:
        """Remove the rawlog files of a user."""
        for path in (self._directory / "rawlog" / user).iterdir():
            path.unlink()

    @staticmethod
    def _read(directory: Path) -> list[bytes]:
        found: list[tuple[int, int, bytes]] = []
        for path in directory.glob("*.in"):
            raw = path.read_bytes()
            # A connection without a line, as one made only to see the greeting, is no session.
            if stamp := _DOVECOT_STAMP.match(raw):
                found.append((int(stamp[1]), int(stamp[2]), strip_rawlog(raw)))
        return [received for _, _, received in sorted(found)]


class CyrusLog:
    """Cyrus's telemetry: one file per session in `conf/log/<user>`."""

    def __init__(self, directory: Path) -> None:
        self._directory = directory

    def sessions(self, user: str) -> list[bytes]:
        """Return what Cyrus received in each session of a user, by the time of the last line.

        Bytes that came in one packet with the end of the sign-in are not in it: Cyrus had read them before it
        opened the file.
        """
        found: list[tuple[int, bytes]] = []
        for path in (self._directory / "conf" / "log" / user).iterdir():
            written = path.stat().st_mtime_ns
            # The clock that stamps files may lag behind the one that stamps blocks by a tick.
            received = client_bytes(path.read_bytes(), written // 10**9 + 1)
            if received:
                found.append((written, received))
        return [received for _, received in sorted(found)]

    def sign_ins(self) -> list[bytes]:
        """Return nothing: Cyrus notes nothing before it knows the user."""
        return []

    def files(self, user: str) -> list[Path]:
        """Return the telemetry of each session of a user."""
        return sorted((self._directory / "conf" / "log" / user).iterdir())

    def forget(self, user: str) -> None:
        """Remove the telemetry of a user."""
        for path in (self._directory / "conf" / "log" / user).iterdir():
            path.unlink()
