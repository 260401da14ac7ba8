"""All readings in one table: a line for each answer, what each contender's time is to ours, and who of ours read it."""

from __future__ import annotations

from collections.abc import Sequence

from benchmarks.samples import Comparison


def readings(comparisons: Sequence[Comparison], contenders: Sequence[str]) -> str:
    """Return the table of those comparisons that `contenders` took part in; empty where there are none."""
    found = [one for one in comparisons if one.ours in contenders]
    if not found:
        return ""
    others = [name for name in contenders if name != found[0].ours]
    lines = [
        f"| answer | messages/s | {' | '.join(others)} | peak MB | tiers |",
        f"|---|---|{'---|' * len(others)}---|---|",
    ]
    for one in found:
        ratios = (f"{one.ratio(name):.2f}" if name in one.samples else "" for name in others)
        speed, rss = one.messages / one.median(one.ours), one.median(one.ours, "rss")
        tiers = ", ".join(f"{name} {count:,}" for name, count in one.tiers().items() if count)
        lines.append(f"| {one.name} | {speed:,.0f} | {' | '.join(ratios)} | {rss:.0f} | {tiers} |")
    return "\n".join(lines)
