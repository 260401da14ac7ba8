"""What was measured, what it comes to, and the tables it is shown in; measures nothing itself."""

from __future__ import annotations

import statistics
from collections.abc import Callable, Mapping
from dataclasses import asdict, dataclass, field
from typing import Any

from benchmarks.children import ContenderFailed


@dataclass(frozen=True, slots=True)
class Sample:
    """One measurement: seconds by the clock, seconds of CPU, MB at the peak of the process and MB that were added.

    `messages` and `octets` are what the contender found there, None where it cannot tell.
    """

    seconds: float
    cpu: float
    rss: float
    grown: float | None = None
    messages: int | None = None
    octets: int | None = None
    tiers: Mapping[str, int] = field(default_factory=dict)


@dataclass(slots=True)
class Comparison:
    """The same work done by several contenders; `ours` is the one the others are measured by."""

    name: str
    what: str
    ours: str
    messages: int
    samples: dict[str, list[Sample]] = field(default_factory=dict)

    def median(self, contender: str, figure: str = "seconds") -> float:
        """Return the median of one of a contender's figures."""
        return float(statistics.median(getattr(sample, figure) for sample in self.samples[contender]))

    def ratio(self, contender: str, figure: str = "seconds", *, to: str | None = None) -> float:
        """Return how many times ours a contender's figure is, or of another's `to`; more than 1 is more than ours."""
        return self.median(contender, figure) / self.median(to or self.ours, figure)

    def check(self) -> None:
        """Raise ContenderFailed unless all contenders found the same number of messages and of octets, each time."""
        for figure in ("messages", "octets"):
            found = {
                name: {value for sample in samples if (value := getattr(sample, figure)) is not None}
                for name, samples in self.samples.items()
            }
            if len(set().union(*found.values())) > 1:
                raise ContenderFailed(f"{self.name}: not the same {figure}: {found}")

    def tiers(self) -> Mapping[str, int]:
        """Return how many responses each tier of our reader took."""
        return self.samples[self.ours][-1].tiers

    def markdown(self) -> str:
        """Return the table of this comparison, with what it is about above it."""
        rounds = len(self.samples[self.ours])
        lines = [
            f"{self.what} (median of {rounds})",
            "",
            "| | seconds | min to max | messages/s | time to ours | CPU s | peak MB | of it added |",
            "|---|---|---|---|---|---|---|---|",
        ]
        for name, samples in self.samples.items():
            median = self.median(name)
            low, high = min(one.seconds for one in samples), max(one.seconds for one in samples)
            cpu, rss = self.median(name, "cpu"), self.median(name, "rss")
            grown = "" if samples[0].grown is None else f"{self.median(name, 'grown'):.0f}"
            lines.append(
                f"| {name} | {median:.3f} | {low:.3f} to {high:.3f} | {self.messages / median:,.0f} "
                f"| {self.ratio(name):.2f} | {cpu:.2f} | {rss:.0f} | {grown} |"
            )
        if self.tiers():
            taken = ", ".join(f"{count} {tier}" for tier, count in self.tiers().items())
            lines += ["", f"Taken by each tier of our reader: {taken}."]
        return "\n".join(lines)

    def as_json(self) -> dict[str, Any]:
        """Return everything that was measured."""
        return asdict(self)


def interleaved(
    comparison: Comparison, contenders: Mapping[str, Callable[[], Sample]], rounds: int, say: Callable[[str], None]
) -> Comparison:
    """Measure each contender in turn, `rounds` times; every other round goes backwards.

    Raises ContenderFailed where they did not all do the same.
    """
    for number in range(rounds):
        for name in list(contenders)[:: 1 if number % 2 == 0 else -1]:
            sample = contenders[name]()
            comparison.samples.setdefault(name, []).append(sample)
            say(f"  {comparison.name}: round {number + 1}: {name}: {sample.seconds:.3f} s, {sample.rss:.0f} MB")
    comparison.samples = {name: comparison.samples[name] for name in contenders}
    comparison.check()
    return comparison
