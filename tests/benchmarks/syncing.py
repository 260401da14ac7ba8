"""Measures syncs of a whole mailbox from Dovecot: the first one, and one more when nothing has changed.

Each contender is a process of its own, with a directory of its own on the disk or in memory.
"""

from __future__ import annotations

import contextlib
import sqlite3
import tempfile
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING

from benchmarks import mail_programs, recorded
from benchmarks.children import python, run
from benchmarks.environment import program_version
from benchmarks.samples import Comparison, Sample, interleaved
from benchmarks.sizes import Sizes

if TYPE_CHECKING:
    from servers.real_server import RealServer

OURS = "ours, disk"
IN_MEMORY = Path("/dev/shm")
BATCH = 500
PROGRAMS = {"mbsync": mail_programs.mbsync, "offlineimap": mail_programs.offlineimap}

WAYS: dict[str, tuple[str, tuple[str | int, ...]]] = {
    "ours": ("sync_ours", ()),
    "ours lazy": ("sync_ours", ("--lazy",)),
    "ours with words": ("sync_ours", ("--words",)),
    "imapclient": ("sync_imapclient", ()),
    "imapclient in batches": ("sync_imapclient", ("--batch", BATCH)),
    "imapclient in batches with words": ("sync_imapclient", ("--batch", BATCH, "--words")),
}
"""The ways into our tables: module and options. With words means that the texts can be searched afterwards."""


@dataclass(frozen=True, slots=True)
class Contender:
    """A way to sync, and where it writes."""

    way: str
    place: Path

    @property
    def name(self) -> str:
        """The name in the tables."""
        return f"{self.way}, {'memory' if self.place == IN_MEMORY else 'disk'}"

    def command(self, directory: Path, port: int, user: str) -> Sequence[str | Path]:
        """Return what syncs into `directory`, the first time and again."""
        if self.way in PROGRAMS:
            return PROGRAMS[self.way](directory, port, user)
        module, options = WAYS[self.way]
        return python(module, port, user, directory / "mail.sqlite", *options)

    def found(self, directory: Path) -> tuple[int, int]:
        """Return how many messages it left, and how many octets."""
        if self.way in PROGRAMS:
            return mail_programs.in_maildir(directory)
        with contextlib.closing(sqlite3.connect(directory / "mail.sqlite")) as database:
            count, octets = database.execute(
                "SELECT count(*), sum(length(octets)) FROM messages JOIN bodies ON message = id WHERE body = 1"
            ).fetchone()
        return count, octets


def contenders(say: Callable[[str], None]) -> list[Contender]:
    """Return those that can run here, ours first."""
    disk = Path(tempfile.gettempdir())
    found = [Contender(way, disk) for way in WAYS]
    for way in ("ours", *PROGRAMS):
        if way in PROGRAMS and not program_version(way):
            say(f"  no {way}: it is not installed")
        elif IN_MEMORY.is_dir():
            found.append(Contender(way, IN_MEMORY))
    if program_version("mbsync"):  # offlineimap takes minutes there: it waits for the disk after every message
        found.append(Contender("mbsync", disk))
    return found


def first_and_again(sizes: Sizes, rounds: int, say: Callable[[str], None]) -> Iterator[Comparison]:
    """Compare first syncs, and then the sync of what each has."""
    with recorded.running("dovecot", say) as server:
        if server is None:
            return
        user = server.take_user()
        recorded.fill(server, user, sizes.mailbox)
        say(f"  dovecot: {sizes.mailbox} messages appended")
        _warm(server, user)
        yield from compare(contenders(say), server, user, sizes.mailbox, rounds, say)


def compare(
    among: Sequence[Contender], server: RealServer, user: str, count: int, rounds: int, say: Callable[[str], None]
) -> Iterator[Comparison]:
    """Compare these on a user's INBOX of `count` messages."""
    again: dict[str, list[Sample]] = {one.name: [] for one in among}
    work = {one.name: partial(_both, one, server.port, user, again[one.name]) for one in among}
    what = f"First sync of {count:,} messages from Dovecot, headers and bodies"
    yield interleaved(Comparison("first sync", what, OURS, count), work, rounds, say)
    second = Comparison("sync again", f"One more sync of {count:,} messages, nothing has changed", OURS, count, again)
    second.check()
    yield second


def _both(one: Contender, port: int, user: str, again: list[Sample]) -> Sample:
    """Sync into a new directory and return what that took; what a second sync took is added to `again`."""
    with tempfile.TemporaryDirectory(prefix="sync-", dir=one.place) as name:
        directory = Path(name)
        first = _sample(one, directory, port, user)
        again.append(_sample(one, directory, port, user))
        return first


def _sample(one: Contender, directory: Path, port: int, user: str) -> Sample:
    spent = run(one.command(directory, port, user), speaks=one.way not in PROGRAMS)
    messages, octets = one.found(directory)
    return Sample(spent.wall, spent.cpu, spent.rss, messages=messages, octets=octets)


def _warm(server: RealServer, user: str) -> None:
    """Let the server read everything once: what it caches, it has for every contender."""
    with contextlib.closing(recorded.Wire(server, user)) as wire:
        wire.answer("headers", "1:*")
        wire.answer("bodies", "1:*")
