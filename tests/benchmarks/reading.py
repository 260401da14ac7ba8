"""Measures reading: one comparison for each answer, plain and with TLS, each contender a process of its own."""

from __future__ import annotations

import tempfile
from collections.abc import Callable, Iterator
from functools import partial
from pathlib import Path
from typing import Any

from benchmarks import recorded
from benchmarks.children import python, run, serving
from benchmarks.reading_client import READERS
from benchmarks.samples import Comparison, Sample, interleaved
from benchmarks.sizes import Sizes
from benchmarks.streams import Stream, generated

OURS = "session"
WITHOUT_FLAGS = {"imap-tools"}
"""Those that cannot fetch flags alone."""


def of_generated(sizes: Sizes, rounds: int, say: Callable[[str], None]) -> Iterator[Comparison]:
    """Compare on answers that were made up."""
    with tempfile.TemporaryDirectory(prefix="streams-") as name:
        directory = Path(name)
        streams = generated(directory, sizes)
        yield from _compared(directory, streams, rounds, say)


def of_recorded(sizes: Sizes, rounds: int, say: Callable[[str], None]) -> Iterator[Comparison]:
    """Compare on the answers of real servers, those that are installed."""
    for server in recorded.SERVERS:
        with tempfile.TemporaryDirectory(prefix="streams-") as name:
            directory = Path(name)
            streams = recorded.record(server, directory, sizes, say)
            yield from _compared(directory, streams, rounds, say)


def _compared(directory: Path, streams: list[Stream], rounds: int, say: Callable[[str], None]) -> Iterator[Comparison]:
    if not streams:
        return
    with serving("canned_server", directory) as server:
        for stream in streams:
            for tls in (False, True):
                yield compare(stream, server, rounds, say, tls=tls)


def compare(
    stream: Stream, server: dict[str, Any], rounds: int, say: Callable[[str], None], *, tls: bool
) -> Comparison:
    """Compare all contenders on one answer."""
    again = f", {stream.repeats} times" if stream.repeats > 1 else ""
    how = "TLS" if tls else "plain"
    comparison = Comparison(
        name=f"{stream.user}, {how}",
        what=f"Reading, {how}: `{stream.user}`, {stream.count:,} messages{again}, {stream.octets / 1e6:.1f} MB",
        ours=OURS,
        messages=stream.count * stream.repeats,
    )
    contenders = {
        name: partial(sample, name, stream, server, tls=tls)
        for name in READERS
        if stream.kind != "flags" or name not in WITHOUT_FLAGS
    }
    return interleaved(comparison, contenders, rounds, say)


def sample(reader: str, stream: Stream, server: dict[str, Any], *, tls: bool) -> Sample:
    """Let one contender read an answer once."""
    where = [server["tls_port"], "--ca-file", server["ca_file"]] if tls else [server["port"]]
    arguments = [reader, stream.kind, stream.user, *where, "--repeats", stream.repeats]
    said = run(python("reading_client", *arguments)).said
    return Sample(**said)
