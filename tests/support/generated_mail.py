"""The octets of the mailbox of `support.mailbox`, for benchmarks and corpora that want so many and nothing else."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

from support import mailbox as made


def messages(count: int, seed: int = made.SEED, *, start: int = 0) -> Iterator[bytes]:
    """Yield `count` messages from number `start` on: half of them below 4 KB, the largest near 1 MB."""
    return (mail.octets for mail in made.mailbox(count, seed=seed, first=start))


def headers(count: int, seed: int = made.SEED, *, start: int = 0) -> Iterator[bytes]:
    """Yield their header blocks, the empty line that ends each included."""
    return (octets[: octets.index(b"\r\n\r\n") + 4] for octets in messages(count, seed, start=start))


def write_maildir(
    path: Path, count: int, seed: int = made.SEED, *, start: int = 0, owner: tuple[int, int] | None = None
) -> int:
    """Write them as a Maildir with their flags, for the user and group `owner`; return how many."""
    return made.write_maildir(path, made.mailbox(count, seed=seed, first=start), owner=owner)
