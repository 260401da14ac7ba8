"""Everything that is measured, by one command; docs/performance.md says what it comes to and why.

    python tests/benchmarks/run.py [--only NAME]... [--rounds 5] [--small] [--json FILE] [--page docs/performance.md]

Contenders take turns, each measurement is a process of its own, and the middle of the rounds counts. The tables come
on standard output as Markdown, what goes on meanwhile on standard error. The exit code is 1 when contenders did not do
the same work, or one failed.
"""

from __future__ import annotations

import argparse
import json
import sys
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import TypeAlias

TESTS = Path(__file__).resolve().parents[1]
sys.path[:0] = [str(TESTS), str(TESTS.parent)]

from benchmarks import page  # noqa: E402
from benchmarks.children import ContenderFailed  # noqa: E402
from benchmarks.environment import environment  # noqa: E402
from benchmarks.programs import embedded_server  # noqa: E402
from benchmarks.reading import of_generated, of_recorded  # noqa: E402
from benchmarks.resyncing import resync  # noqa: E402
from benchmarks.samples import Comparison  # noqa: E402
from benchmarks.sizes import FULL, SMALL, Sizes  # noqa: E402
from benchmarks.syncing import first_and_again  # noqa: E402

Part: TypeAlias = Callable[[Sizes, int, Callable[[str], None]], Iterator[Comparison]]

PARTS: dict[str, Part] = {
    "generated": of_generated,
    "recorded": of_recorded,
    "sync": first_and_again,
    "resync": resync,
}
SERVER = "server"


def note(text: str) -> None:
    """Say what goes on."""
    sys.stderr.write(text + "\n")
    sys.stderr.flush()


def show(text: str) -> None:
    """Print what belongs to the result."""
    sys.stdout.write(text + "\n\n")
    sys.stdout.flush()


def main() -> int:
    """Measure what the arguments ask for."""
    parser = argparse.ArgumentParser(description=(__doc__ or "").split("\n\n")[0])
    parser.add_argument(
        "--only", action="append", choices=[*PARTS, SERVER], help="as often as needed; all unless given"
    )
    parser.add_argument("--rounds", type=int, default=5)
    parser.add_argument("--small", action="store_true", help="a few messages: to see that it runs, not how fast")
    parser.add_argument("--messages", type=int, help="how many messages real servers hold, instead of 10,000")
    parser.add_argument("--json", type=Path, help="a file for all that was measured")
    parser.add_argument("--page", type=Path, help="the page whose figures are to be these; only of a whole run")
    options = parser.parse_args()
    if options.page is not None and (options.only or options.small):
        parser.error("--page is for whole runs: leave --only and --small out")
    sizes = SMALL if options.small else FULL
    if options.messages is not None:
        sizes = sizes.with_mailbox(options.messages)
    wanted = options.only or [*PARTS, SERVER]
    here = environment() | {"rounds": str(options.rounds)}
    found: list[Comparison] = []
    lines: list[str] = []
    try:
        for part in filter(wanted.__contains__, PARTS):
            note(f"{part}:")
            for comparison in PARTS[part](sizes, options.rounds, note):
                found.append(comparison)
                show(comparison.markdown())
        if SERVER in wanted:
            note(f"{SERVER}:")
            lines = embedded_server(sizes, options.rounds, note)
    except ContenderFailed as error:
        note(f"FAILED {error}")
        return 1
    text = page.figures(here, found, lines)
    show(text)
    if options.page is not None:
        page.rewrite(options.page, text)
    if options.json is not None:
        everything = {"environment": here, "comparisons": [one.as_json() for one in found], "server": lines}
        options.json.write_text(json.dumps(everything, indent=1) + "\n")
    return 0


if __name__ == "__main__":
    sys.exit(main())
