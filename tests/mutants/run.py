"""Flips each value of each profile file and runs the tests that cite its statements: one of them must fail.

    python tests/mutants/run.py [--only 'outlook-2013:*'] [--jobs 2] [--each] [--tests tests/client]

Prints a line per flip and the figure; ends with 1 when a flip survives. Tests with real servers are left out; property
tests are asked only when the others did not notice. Every run is a forked child, so that nothing of one flip is left
for the next; what is imported before forking is imported once.
"""

from __future__ import annotations

import argparse
import contextlib
import fnmatch
import importlib
import json
import os
import sys
import tempfile
import time
import traceback
from collections import Counter
from collections.abc import Callable, Collection, Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import pytest

ROOT = Path(__file__).resolve().parents[2]
sys.path[:0] = [str(ROOT), str(ROOT / "tests")]

from support.flip import Flip, cites, flips  # noqa: E402 - found by the line above

TIMEOUT = 30
"""Seconds a single test may take with a value flipped: a client that waits for ever has noticed."""

OPTIONS = (
    "-q", "--no-header", "-p", "no:cacheprovider", "--continue-on-collection-errors",
    "-W", "ignore:Module already imported:pytest.PytestAssertRewriteWarning",  # that is what forking is for
)  # fmt: skip

PRELOADED = ("outlookimap.client", "outlookimap.server", "outlookimap.traffic", "hypothesis", "trustme", "imapclient")


@dataclass(frozen=True, slots=True)
class Cited:
    """One test that cites statements."""

    node: str
    file: str
    cites: frozenset[str]
    generated: bool
    """Whether hypothesis runs it, which is slow."""


@dataclass(slots=True, eq=False)
class Watch:
    """A plugin: notes which tests there are and how they end, and keeps those in `wanted` only, fastest first."""

    wanted: dict[str, float] | None = None
    tests: list[dict[str, Any]] = field(default_factory=list)
    seconds: dict[str, float] = field(default_factory=dict)
    failed: list[str] = field(default_factory=list)
    broken: list[str] = field(default_factory=list)

    @pytest.hookimpl(trylast=True)
    def pytest_collection_modifyitems(self, config: pytest.Config, items: list[pytest.Item]) -> None:
        """Note what was collected, leave out what is not wanted."""
        if self.wanted is not None:
            wanted = self.wanted
            unwanted = [item for item in items if item.nodeid not in wanted]
            config.hook.pytest_deselected(items=unwanted)
            items[:] = sorted((item for item in items if item.nodeid in wanted), key=lambda item: wanted[item.nodeid])
            return
        for item in items:
            cites = sorted({cite for mark in item.iter_markers("cites") for cite in mark.args})
            if cites and item.get_closest_marker("real_server") is None:
                generated = bool(getattr(getattr(item, "obj", None), "is_hypothesis_test", False))
                file = str(item.path.relative_to(ROOT))
                self.tests.append({"node": item.nodeid, "file": file, "cites": cites, "generated": generated})

    def pytest_runtest_logreport(self, report: pytest.TestReport) -> None:
        """Note how long a test took and whether any part of it failed."""
        self.seconds[report.nodeid] = self.seconds.get(report.nodeid, 0.0) + report.duration
        if report.failed:
            self.failed.append(report.nodeid)

    def pytest_collectreport(self, report: pytest.CollectReport) -> None:
        """Note files that cannot be imported."""
        if report.failed:
            self.broken.append(report.nodeid)


def pytest_in_child(arguments: list[str], watch: Watch, result: Path) -> int:
    """Run pytest in a forked child and return its process id; `result` will hold what `watch` saw, as JSON."""
    child = os.fork()
    if child:
        return child
    code = 70  # the child itself broke
    try:
        output = os.open(result.with_suffix(".log"), os.O_WRONLY | os.O_CREAT | os.O_TRUNC)
        os.dup2(output, 1)
        os.dup2(output, 2)
        code = int(pytest.main([*OPTIONS, *arguments], plugins=[watch]))
        seen = {"tests": watch.tests, "seconds": watch.seconds, "failed": watch.failed, "broken": watch.broken}
        result.write_text(json.dumps(seen), "utf-8")
    except BaseException:  # noqa: BLE001 - the child ends here, and its log says why
        traceback.print_exc()
    finally:
        sys.stdout.flush()
        os._exit(code)


def finish(child: int) -> int:
    """Wait for a child and return its exit code."""
    return os.waitstatus_to_exitcode(os.waitpid(child, 0)[1])


def read(result: Path) -> dict[str, Any]:
    """Return what a child saw; raises SystemExit with the child's output where it broke."""
    if not result.exists():
        sys.exit(f"a run of pytest broke:\n{result.with_suffix('.log').read_text('utf-8', 'replace')}")
    seen: dict[str, Any] = json.loads(result.read_text("utf-8"))
    return seen


# ---------------------------------------------------------------- what there is to run


def collect(where: str, directory: Path) -> tuple[list[Cited], list[str]]:
    """Return the tests in `where` that cite a statement and the files that cannot be imported."""
    result = directory / "collected.json"
    finish(pytest_in_child(["--collect-only", where], Watch(), result))
    seen = read(result)
    tests = [Cited(one["node"], one["file"], frozenset(one["cites"]), one["generated"]) for one in seen["tests"]]
    return tests, seen["broken"]


def baseline(tests: Collection[Cited], directory: Path, jobs: int) -> tuple[dict[str, float], list[str]]:
    """Run `tests` with nothing flipped; return the seconds of those that pass, and those that fail."""
    files = sorted({test.file for test in tests})
    shares = [share for share in (files[place::jobs] for place in range(jobs)) if share]
    children = []
    for number, share in enumerate(shares):
        wanted = {test.node: 0.0 for test in tests if test.file in share}
        result = directory / f"baseline-{number}.json"
        children.append((pytest_in_child(share, Watch(wanted), result), result))
    seconds: dict[str, float] = {}
    failed: list[str] = []
    for child, result in children:
        finish(child)
        seen = read(result)
        seconds |= seen["seconds"]
        failed += seen["failed"]
    return {node: spent for node, spent in seconds.items() if node not in failed}, failed


# ---------------------------------------------------------------- flips


@dataclass(frozen=True, slots=True)
class Verdict:
    """What became of one flip; `by` is the test that noticed, or why none did."""

    flip: Flip
    killed: bool
    by: str
    seconds: float


@dataclass(slots=True)
class Attempt:
    """One flip and the rounds of tests it still has to survive."""

    flip: Flip
    rounds: list[list[Cited]]
    asked: int
    started: float
    result: Path


def verdicts(
    wanted: list[Flip], tests: list[Cited], seconds: dict[str, float], directory: Path, jobs: int
) -> Iterator[Verdict]:
    """Run each flip, `jobs` at a time, and yield what became of it as soon as that is known."""
    running: dict[int, Attempt] = {}

    def launch(attempt: Attempt) -> None:
        asked = attempt.rounds.pop(0)
        attempt.result.unlink(missing_ok=True)
        watch = Watch({test.node: seconds[test.node] for test in asked})
        options = ["-x", "--flip", str(attempt.flip), "-o", f"timeout={TIMEOUT}"]
        running[pytest_in_child([*options, *sorted({test.file for test in asked})], watch, attempt.result)] = attempt

    def reap() -> Verdict | None:
        child, status = os.wait()
        attempt = running.pop(child)
        code = os.waitstatus_to_exitcode(status)
        if code == pytest.ExitCode.OK and attempt.rounds:
            launch(attempt)
            return None
        spent = time.monotonic() - attempt.started
        seen = json.loads(attempt.result.read_text("utf-8")) if attempt.result.exists() else {"failed": []}
        if seen["failed"]:
            return Verdict(attempt.flip, killed=True, by=seen["failed"][0], seconds=spent)
        why = f"{attempt.asked} tests" if code == pytest.ExitCode.OK else f"pytest ended with {code}"
        return Verdict(attempt.flip, killed=False, by=why, seconds=spent)

    for number, flip in enumerate(wanted):
        rests = cites(flip)
        asked = [test for test in tests if test.node in seconds and test.cites & rests]
        rounds = [part for generated in (False, True) if (part := [t for t in asked if t.generated is generated])]
        if not rounds:
            yield Verdict(flip, killed=False, by=f"no test cites {', '.join(sorted(rests))}", seconds=0.0)
            continue
        launch(Attempt(flip, rounds, len(asked), time.monotonic(), directory / f"flip-{number}.json"))
        while len(running) >= jobs:
            if verdict := reap():
                yield verdict
    while running:
        if verdict := reap():
            yield verdict


def preload() -> None:
    """Import what takes children long, so that each of them need not; what is not there, their tests will miss."""
    for name in PRELOADED:
        with contextlib.suppress(ImportError):
            importlib.import_module(name)


def main(arguments: list[str] | None = None, *, say: Callable[[str], object] = sys.stdout.write) -> int:
    """Flip, run, tell; return 0 when every flip was noticed."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0] if __doc__ else None)
    parser.add_argument("--only", default="*", metavar="PATTERN", help="only flips FILE:KEY:HOW that match")
    parser.add_argument("--jobs", type=int, default=os.cpu_count() or 1, metavar="N", help="runs at a time")
    parser.add_argument("--each", action="store_true", help="drop each member of a list by turns, not only the last")
    parser.add_argument("--tests", default="tests", metavar="PATH", help="only tests of this file or directory")
    options = parser.parse_args(arguments)
    os.chdir(ROOT)
    preload()
    wanted = [
        flip
        for flip in flips(each=options.each)
        if fnmatch.fnmatchcase(str(flip), options.only) or fnmatch.fnmatchcase(f"{flip.file}:{flip.key}", options.only)
    ]
    rests = frozenset[str]().union(*map(cites, wanted))
    with tempfile.TemporaryDirectory(prefix="mutants-") as name:
        directory = Path(name)
        tests, broken = collect(options.tests, directory)
        tests = [test for test in tests if test.cites & rests]
        seconds, failed = baseline(tests, directory, max(1, options.jobs))
        for file in broken:
            say(f"left out, cannot be imported: {file}\n")
        for node in failed:
            say(f"left out, fails with nothing flipped: {node}\n")
        found = []
        for verdict in verdicts(wanted, tests, seconds, directory, max(1, options.jobs)):
            say(f"{'killed  ' if verdict.killed else 'SURVIVED'}  {verdict.flip}  {verdict.by}\n")
            found.append(verdict)
    count = Counter(verdict.killed for verdict in found)
    longest = max((verdict.seconds for verdict in found), default=0.0)
    say(f"\n{count[True]} of {len(found)} flips were noticed; the longest run took {longest:.1f} s\n")
    for verdict in found:
        if not verdict.killed:
            say(f"  {verdict.flip}: {verdict.by}\n")
    return 1 if count[False] or broken or failed else 0


if __name__ == "__main__":
    sys.exit(main())
