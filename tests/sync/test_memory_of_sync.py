"""However much mail there is, a sync takes memory for one batch and for the largest message.

What is measured is the most memory the process ever had: what SQLite and the system's libraries take counts too.
"""

from __future__ import annotations

import os
import re
import subprocess
import sys
from collections.abc import Sequence
from pathlib import Path

import pytest
from support.flood import flood

from outlookimap.cache import BodyState, Cache

pytestmark = pytest.mark.skipif(
    sys.platform != "linux", reason="only Linux tells of a process what its memory once was"
)

MIB = 1 << 20
LARGEST = 16 * MIB
USUAL = 256 * 1024
BATCH = 4_000_000
SLACK = 16 * MIB
"""What SQLite caches, and what the system's allocator keeps for later: more where the chunks come unevenly."""

PLAIN = {"MALLOC_MMAP_THRESHOLD_": str(MIB)}
"""Has the C library give back at once what was large: else it keeps, at times, a message that nobody holds."""

# VmHWM begins anew with a program; what getrusage() tells of a child begins with what its parent had.
SYNC = """
import pathlib, re, sys
from outlookimap.mail import Outlook
from outlookimap.profiles import Policy
port, cache = sys.argv[1:]
with Outlook(f"imap://ann@127.0.0.1:{port}/", cache=cache, password="secret", policy=Policy(encryption="none")) as one:
    print(one.sync().new)
print(re.search("VmHWM: *([0-9]+) kB", pathlib.Path("/proc/self/status").read_text().replace("\\t", " "))[1])
"""


def peak(sizes: Sequence[int], cache: Path) -> int:
    """Sync an INBOX with messages of these sizes in a process of its own; return the most memory it had, in octets."""
    with flood(sizes) as server:
        done = subprocess.run(
            [sys.executable, "-c", SYNC, str(server.port), cache],
            capture_output=True, text=True, check=False, timeout=100, env=os.environ | PLAIN,
        )  # fmt: skip
    found = re.fullmatch(r"([0-9]+)\n([0-9]+)\n", done.stdout)
    assert found is not None, done.stderr
    assert int(found[1]) == len(sizes)
    return int(found[2]) * 1024


def sizes_of(octets: int) -> list[int]:
    """Return sizes of messages that are so much together: usual ones, and one in 64 as large as they get."""
    usual = [USUAL] * 63
    return [LARGEST, *usual] * (octets // (LARGEST + sum(usual)))


def stored(cache: Path) -> list[int]:
    """Return how large the messages are that are here whole."""
    with Cache(cache) as here:
        found = (here.messages.body(row.id) for row in here.messages.find(None, order="uid"))
        return [len(body[0]) for body in found if body is not None and body[1] is BodyState.WHOLE]


@pytest.mark.parametrize(
    "octets", [256 * MIB, pytest.param(1024 * MIB, marks=[pytest.mark.thorough, pytest.mark.timeout(180)])]
)
def test_a_stream_of_bodies_takes_the_memory_of_a_batch_and_of_the_largest(octets: int, tmp_path: Path) -> None:
    sizes = sizes_of(octets)
    assert sum(sizes) > octets * 0.9
    bare = peak([1000], tmp_path / "bare")  # what the first message has Python import is no memory of mail
    much = peak(sizes, tmp_path / "much")
    sys.stdout.write(f"bare {bare / MIB:.1f} MiB, with {sum(sizes) / MIB:.0f} MiB of mail {much / MIB:.1f} MiB\n")
    assert much < bare + BATCH + LARGEST + SLACK
    assert stored(tmp_path / "much") == sizes


@pytest.mark.thorough
def test_the_largest_literal_is_held_once(tmp_path: Path) -> None:
    largest = 256 * MIB
    bare = peak([], tmp_path / "bare")
    much = peak([largest], tmp_path / "much")
    sys.stdout.write(f"bare {bare / MIB:.1f} MiB, with a message of 256 MiB {much / MIB:.1f} MiB\n")
    assert much < bare + largest + SLACK
    assert stored(tmp_path / "much") == [largest]
