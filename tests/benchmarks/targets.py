"""What was set out to be reached, and how much of it was: ratios of comparisons, nothing else."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass

from benchmarks.samples import Comparison

BARE = "bare-reader"
_BATCHES = "imapclient in batches, disk"
_WITH_WORDS = "imapclient in batches with words, disk"


@dataclass(frozen=True, slots=True)
class Target:
    """How many times ours another's figure is to be; with `at_most`, how many times another's ours may be.

    It holds for every comparison with `about` in its name; `ours` is which of ours is meant.
    """

    what: str
    about: str
    other: str
    wanted: float
    stretch: float
    figure: str = "seconds"
    at_most: bool = False
    ours: str | None = None

    def measured(self, comparison: Comparison, *, ours: str | None = None, figure: str | None = None) -> float:
        """Return the ratio, or that of another of ours, or of another figure; KeyError where one was not measured."""
        ratio = comparison.ratio(self.other, figure or self.figure, to=ours or self.ours)
        return 1 / ratio if self.at_most else ratio

    def verdict(self, measured: float) -> str:
        """Return what a ratio means."""
        sign = -1 if self.at_most else 1
        reached = (("stretch", self.stretch), ("met", self.wanted))
        return next((word for word, bound in reached if sign * (measured - bound) >= 0), "missed")


TARGETS = (
    Target("headers: faster than imapclient", "headers", "imapclient", 15, 20),
    Target("headers: faster than imaplib, which takes nothing apart", "headers", "imaplib", 2.5, 3),
    Target("headers: of the time of recv alone", "headers", "recv", 10, 7, at_most=True),
    Target("bodies: faster than imapclient", "bodies", "imapclient", 18, 25),
    Target("bodies: of the time of recv alone", "bodies", "recv", 2, 1.5, at_most=True),
    Target("UIDs and flags: faster than imapclient", "flags", "imapclient", 20, 30),
    Target("first sync: faster than imapclient at once", "first sync", "imapclient, disk", 5, 7),
    Target("first sync: faster than imapclient in batches", "first sync", _BATCHES, 5, 7),
    Target(
        "first sync with words: faster than imapclient in batches",
        *("first sync", _WITH_WORDS, 5, 7),
        ours="ours with words, disk",
    ),
    Target("first sync: memory of imapclient at once", "first sync", "imapclient, disk", 6, 10, "rss"),
    Target("first sync: memory of imapclient in batches", "first sync", _BATCHES, 6, 10, "rss"),
    Target("first sync: of mbsync's CPU, on disk", "first sync", "mbsync, disk", 1, 0.8, "cpu", at_most=True),
    Target(
        "first sync: of mbsync's CPU, in memory",
        *("first sync", "mbsync, memory", 1, 0.8, "cpu"),
        at_most=True,
        ours="ours, memory",
    ),
    Target("resync: faster than imapclient and dicts", "resync", "imapclient and dicts", 12, 20),
)


def table(comparisons: Iterable[Comparison]) -> str:
    """Return the targets with what was measured, a line for each comparison a target is about."""
    found = list(comparisons)
    lines = ["| times | measured on | target | stretch | measured | | bare reader | by CPU |", f"|{'---|' * 8}"]
    for target in TARGETS:
        bound = "at most" if target.at_most else "at least"
        for one in found:
            if target.about not in one.name or not {target.other, target.ours or one.ours} <= one.samples.keys():
                continue
            measured = target.measured(one)
            bare = f"{target.measured(one, ours=BARE):.2f}" if BARE in one.samples else ""
            by_cpu = f"{target.measured(one, figure='cpu'):.2f}" if target.figure == "seconds" else ""
            lines.append(
                f"| {target.what} | {one.name} | {bound} {target.wanted:g} | {target.stretch:g} "
                f"| {measured:.2f} | {target.verdict(measured)} | {bare} | {by_cpu} |"
            )
    return "\n".join(lines)
