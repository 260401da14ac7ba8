"""What docs/performance.md shows of a whole run: the same text that is printed at its end; measures nothing."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from pathlib import Path

from benchmarks import targets
from benchmarks.reading_client import READERS
from benchmarks.samples import Comparison
from benchmarks.summary import readings

BEGIN, END = "<!-- figures of a whole run, written by run.py --page -->\n", "<!-- end of the figures -->\n"


def figures(here: Mapping[str, str], comparisons: Sequence[Comparison], server: Sequence[str]) -> str:
    """Return environment, targets and tables as Markdown; parts that were not measured are left out."""
    others = [one.markdown() for one in comparisons if one.ours not in READERS]
    parts = {
        "Measured on": ", ".join(f"{name} {value}" for name, value in here.items()) + ".",
        "Targets": targets.table(comparisons),
        "Reading": readings(comparisons, [*READERS]),
        "Sync": "\n\n".join(others),
        "The embedded server": "\n".join(f"    {line}" for line in server),
    }
    return "\n".join(f"### {name}\n\n{text}\n" for name, text in parts.items() if text)


def rewrite(path: Path, text: str) -> None:
    """Put new figures into the page, in place of those it has; ValueError where it has no place for them."""
    page = path.read_text(encoding="utf-8")
    before, _, rest = page.partition(BEGIN)
    _, found, after = rest.partition(END)
    if not found:
        raise ValueError(f"{path} has no lines {BEGIN!r} and {END!r}")
    path.write_text(f"{before}{BEGIN}\n{text}\n{END}{after}", encoding="utf-8")
