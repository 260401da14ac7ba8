"""Measures the resync of a large folder: UIDs and flags of all messages against what is here, one in a hundred changed.

The canned server answers, so that no server's time is in it; every contender begins with a copy of the same file. The
seconds are those from the sign-in to the last commit.
"""

from __future__ import annotations

import shutil
import tempfile
from collections.abc import Callable, Iterable, Iterator
from functools import partial
from pathlib import Path

from benchmarks.children import ContenderFailed, python, run, serving
from benchmarks.samples import Comparison, Sample, interleaved
from benchmarks.sizes import Sizes
from benchmarks.streams import flags, literal_last, write

USER = "large"
OURS = "ours"
CHANGED_EVERY = 100


def resync(sizes: Sizes, rounds: int, say: Callable[[str], None]) -> Iterator[Comparison]:
    """Compare the resyncs of one file."""
    with tempfile.TemporaryDirectory(prefix="resync-") as name:
        directory = Path(name)
        write(directory, USER, "headers", literal_last(_short_headers(sizes.resync)), sizes.resync)
        write(directory, USER, "flags", flags(sizes.resync, shift=3), sizes.resync)
        with serving("canned_server", directory) as server:
            port = server["port"]
            filled = directory / "filled.sqlite"
            spent = run(python("sync_ours", port, USER, filled, "--headers-only"))
            say(f"  resync: a file with {sizes.resync:,} messages made in {spent.said['seconds']:.1f} s")
            measured = partial(_sample, port, filled, sizes.resync)
            work = {
                OURS: partial(measured, "sync_ours", "--headers-only"),
                "imapclient and dicts": partial(measured, "sync_imapclient", "--most", sizes.resync),
            }
            what = f"Resync of {sizes.resync:,} messages, flags of {sizes.resync // CHANGED_EVERY:,} changed"
            yield interleaved(Comparison("resync", what, OURS, sizes.resync), work, rounds, say)


def _short_headers(count: int) -> Iterable[bytes]:
    return (
        b"Subject: %d\r\nFrom: <a%d@example.com>\r\nMessage-ID: <%d@example.com>\r\n\r\n" % (number, number, number)
        for number in range(count)
    )


def _sample(port: int, filled: Path, count: int, module: str, *options: object) -> Sample:
    with tempfile.TemporaryDirectory(prefix="resync-", dir=filled.parent) as name:
        file = Path(name) / "mail.sqlite"
        shutil.copyfile(filled, file)
        spent = run(python(module, port, USER, file, *options))
    said = spent.said
    if (said["new"], said["changed"], said["removed"]) != (0, count // CHANGED_EVERY, 0):
        raise ContenderFailed(f"{module} found {said}")
    return Sample(said["seconds"], said["cpu"], spent.rss, messages=said["changed"])
