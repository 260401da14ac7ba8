"""Starts a server's processes and makes sure that none is left; it must not know which server it is."""

from __future__ import annotations

import contextlib
import os
import random
import signal
import socket
import subprocess
import tempfile
import time
from pathlib import Path
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping, Sequence

HOST = "127.0.0.1"
_START_SECONDS = 20.0
_STOP_SECONDS = 5.0
_POLL_SECONDS = 0.02
# Below the range from which systems take the ports of outgoing connections (32768 and 49152 upwards):
# what is found free here is not taken by another test's client a moment later.
_PORTS = range(20000, 32000)


class ServerDidNotStart(Exception):
    """The server ended, or did not greet in time; the text has what it wrote."""


@contextlib.contextmanager
def server_directory() -> Iterator[Path]:
    """Make a directory that a server's unprivileged processes can reach, and remove it afterwards.

    pytest's own temporary directories are closed to every user but one, and their long names do not fit into
    the name of a Unix socket.
    """
    with tempfile.TemporaryDirectory(prefix="imap-", ignore_cleanup_errors=True) as name:
        directory = Path(name).resolve()
        directory.chmod(0o755)
        yield directory


def make_directory(path: Path, owner: tuple[int, int] | None = None, mode: int = 0o755) -> Path:
    """Make a directory whatever the umask, and give it to a user and group when running as root."""
    path.mkdir(parents=True, exist_ok=True)
    path.chmod(mode)
    if owner is not None and os.geteuid() == 0:
        os.chown(path, *owner)
    return path


def free_ports(count: int) -> list[int]:
    """Find ports of the loopback address on which nobody listens."""
    with contextlib.ExitStack() as held:
        found: list[int] = []
        for port in random.SystemRandom().sample(_PORTS, len(_PORTS)):
            if len(found) == count:
                break
            candidate = held.enter_context(socket.socket())
            candidate.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
            with contextlib.suppress(OSError):
                candidate.bind((HOST, port))
                found.append(port)
        if len(found) < count:
            raise ServerDidNotStart("no free loopback port")
        return found


def group_members(group: int) -> list[int]:
    """List the running processes of a process group (zombies do not run)."""
    if not Path("/proc/self/stat").exists():
        try:
            os.killpg(group, 0)
        except (ProcessLookupError, PermissionError):
            return []
        return [group]
    members: list[int] = []
    for entry in Path("/proc").iterdir():
        if not entry.name.isdigit():
            continue
        try:
            fields = (entry / "stat").read_text().rpartition(")")[2].split()
        except (FileNotFoundError, ProcessLookupError):
            continue
        state, _parent, member_of = fields[0], fields[1], int(fields[2])
        if member_of == group and state not in "ZX":
            members.append(int(entry.name))
    return members


def wait_until_gone(group: int, seconds: float) -> bool:
    """Wait until no process of a group runs; tell whether that came true within so many seconds."""
    deadline = time.monotonic() + seconds
    while group_members(group):
        if time.monotonic() > deadline:
            return False
        time.sleep(_POLL_SECONDS)
    return True


@contextlib.contextmanager
def running(
    command: Sequence[str | Path], *, directory: Path, port: int, environ: Mapping[str, str] | None = None
) -> Iterator[int]:
    """Run a server in the foreground, in a process group of its own, from its greeting on `port`.

    Yields its process id, which is the group's id too. Afterwards the whole group is gone.
    Raises ServerDidNotStart.
    """
    output = directory / "output.log"
    with output.open("wb") as log:
        process = subprocess.Popen(
            list(command),
            stdin=subprocess.DEVNULL,
            stdout=log,
            stderr=subprocess.STDOUT,
            cwd=directory,
            env={**os.environ, **(environ or {})},
            umask=0o022,
            start_new_session=True,
        )
    try:
        with _watched(process.pid):
            _await_greeting(process, port, output)
            yield process.pid
    finally:
        _stop(process)


@contextlib.contextmanager
def _watched(server: int) -> Iterator[None]:
    """Have the server end even when this process is killed: a pipe's end is then closed, and a shell sees it."""
    with subprocess.Popen(
        ["/bin/sh", "-c", 'read -r _; kill -s TERM -- "-$1"', "sh", str(server)],
        stdin=subprocess.PIPE,
        stdout=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL,
        start_new_session=True,
    ) as watcher:
        try:
            yield
        finally:
            watcher.kill()


def _await_greeting(process: subprocess.Popen[bytes], port: int, output: Path) -> None:
    deadline = time.monotonic() + _START_SECONDS
    while time.monotonic() < deadline and process.poll() is None:
        with contextlib.suppress(OSError), socket.create_connection((HOST, port), _START_SECONDS) as client:
            if client.recv(4096).startswith(b"* OK"):
                return
        time.sleep(_POLL_SECONDS)
    ended = process.poll()
    what = "did not greet in time" if ended is None else f"ended with status {ended}"
    wrote = "\n".join(path.read_text(errors="replace")[-2000:] for path in (output, *output.parent.glob("log/*.log")))
    raise ServerDidNotStart(f"{process.args!r} {what}; it wrote:\n{wrote}")


def _stop(process: subprocess.Popen[bytes]) -> None:
    """Ask the server's processes to end, then kill what is left of them; does nothing when all are gone."""
    if process.poll() is None:
        # All of them: Dovecot's first process waits a second for the others when asked alone.
        os.killpg(process.pid, signal.SIGTERM)
        with contextlib.suppress(subprocess.TimeoutExpired):
            process.wait(_STOP_SECONDS)
    if not wait_until_gone(process.pid, 0.5):
        with contextlib.suppress(ProcessLookupError):
            os.killpg(process.pid, signal.SIGKILL)
        process.wait(_STOP_SECONDS)
        if not wait_until_gone(process.pid, _STOP_SECONDS):
            raise RuntimeError(f"processes {group_members(process.pid)} of {process.args!r} cannot be ended")
