"""How long a check takes: all scenarios, as one version of Outlook, against the embedded server in this process.

    python tests/benchmarks/check_time.py [--outlook 2013] [--exchange 2019] [--jobs 3] [--rounds 3] [--scenario GLOB]

Prints seconds of each round, the scenarios that took longest, and what they stand for. The exit code is 1 when the
server did not pass.
"""

from __future__ import annotations

import argparse
import statistics
import sys
from pathlib import Path

TESTS = Path(__file__).resolve().parents[1]
sys.path[:0] = [str(TESTS), str(TESTS.parent)]

from support.checked import embedded  # noqa: E402

from outlookimap.conformance.checking import check  # noqa: E402
from outlookimap.conformance.outcome import CheckReport  # noqa: E402
from outlookimap.conformance.scenario import Standing, chosen  # noqa: E402
from outlookimap.profiles import load  # noqa: E402


def main() -> int:
    """Check as often as wanted, each time a new server, and print what it took."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--outlook", default="2013")
    parser.add_argument("--exchange", default="2019")
    parser.add_argument("--jobs", type=int, default=3)
    parser.add_argument("--rounds", type=int, default=3)
    parser.add_argument("--scenario", action="append", default=[])
    options = parser.parse_args()
    reports = []
    for _ in range(options.rounds):
        with embedded(options.exchange, timeout=30.0) as place:
            reports.append(check(place, [load(options.outlook)], chosen(options.scenario), jobs=options.jobs))
    print_figures(reports, f"Outlook {options.outlook}, Exchange {options.exchange}, {options.jobs} at a time")
    return 0 if all(report.passed for report in reports) else 1


def print_figures(reports: list[CheckReport], what: str) -> None:
    """Print the seconds of all reports and the slowest scenarios of the last one."""
    seconds = [report.seconds for report in reports]
    last = reports[-1]
    carried_out = len(last.outcomes) - last.count(Standing.SKIPPED)
    said = ", ".join(f"{one:.1f}" for one in seconds)
    sys.stdout.write(
        f"{what}: {carried_out} scenarios carried out, {last.count(Standing.SKIPPED)} skipped, "
        f"{last.count(Standing.FAIL)} failed: {statistics.median(seconds):.1f} s median ({said})\n"
    )
    for outcome in sorted(last.outcomes, key=lambda one: -one.seconds)[:5]:
        sys.stdout.write(f"  {outcome.seconds:6.2f} s  {outcome.scenario.id}\n")


if __name__ == "__main__":
    sys.exit(main())
