"""Carries scenarios out against a server, several at a time where they allow it, and gathers what came of them.

Must not know any single scenario, nor how a report is shown.
"""

from __future__ import annotations

import datetime as dt
import threading
import time
from collections.abc import Callable, Mapping, Sequence
from concurrent.futures import Future, ThreadPoolExecutor, as_completed
from dataclasses import dataclass
from typing import TypeAlias

from outlookimap.conformance.observer import Observer, Place
from outlookimap.conformance.outcome import CheckReport, Outcome
from outlookimap.conformance.scenario import Scenario, Standing, steps_of
from outlookimap.conformance.stage import PREFIX, Ground, Stage
from outlookimap.errors import (
    CheckImpossible,
    FolderUnknown,
    ObserverFailed,
    OutlookImapError,
    ProfileViolation,
    ScenarioFailed,
    ScenarioSkipped,
    UsageError,
)
from outlookimap.profiles import Profile

_SLOW = "takes minutes: --slow asks for it"

Told: TypeAlias = Callable[[Outcome, int, int], object]
"""Is told of each outcome as it comes, how many there are by now, and how many there will be."""


@dataclass(frozen=True, slots=True)
class Task:
    """One scenario as one product."""

    scenario: Scenario
    profile: Profile


def check(
    place: Place,
    profiles: Sequence[Profile],
    scenarios: Sequence[Scenario],
    *,
    jobs: int = 3,
    slow: bool = False,
    strict: bool = False,
    told: Told = lambda _outcome, _done, _total: None,
) -> CheckReport:
    """Check the server at `place` as each of `profiles`; `jobs` scenarios run at a time, each in a folder of its own.

    Outcomes come in the order of scenarios, then profiles. KeyboardInterrupt ends it early, after everything that was
    begun has cleared up. Raises CheckImpossible where nobody can sign in or no folder can be made.
    """
    if jobs < 1:
        raise UsageError(f"jobs={jobs}: at least one scenario runs at a time")
    started, begun = dt.datetime.now(dt.UTC), time.monotonic()
    greeting, ground, leftovers = _look(place)
    tasks = [
        Task(scenario, profile) for scenario in scenarios for profile in profiles if profile.id in scenario.profiles
    ]
    outcomes = _Running(ground, jobs, slow=slow, told=told, total=len(tasks)).run(tasks)
    return CheckReport(
        server=place.address,
        greeting=greeting,
        capabilities=ground.capabilities,
        outcomes=tuple(outcomes),
        started=started,
        seconds=time.monotonic() - begun,
        strict=strict,
        leftovers=leftovers,
    )


def _look(place: Place) -> tuple[str, Ground, tuple[str, ...]]:
    """Sign in, find out where folders can be made, and what earlier checks left there."""
    try:
        observer = Observer(place)
    except ObserverFailed as error:
        raise CheckImpossible(f"{place.address}: {error}") from error
    try:
        delimiter = observer.delimiter()
        root = _root(observer, delimiter)
        leftovers = observer.folders(root + PREFIX.encode())
        names = tuple(name.decode("utf-8", "replace") for name in leftovers)
        return observer.greeting, Ground(place, root, delimiter, observer.capabilities), names
    except ObserverFailed as error:
        raise CheckImpossible(f"{place.address}: {error}") from error
    finally:
        observer.close()


def _root(observer: Observer, delimiter: bytes) -> bytes:
    """Return what the names of folders that we may make begin with: tried, for not every server says."""
    failure: ObserverFailed | None = None
    for root in dict.fromkeys((observer.root(), b"", b"INBOX" + delimiter)):
        probe = root + f"{PREFIX}probe-{time.time_ns():x}".encode()
        try:
            observer.create(probe)
        except ObserverFailed as error:
            failure = failure or error
            continue
        observer.delete(probe)
        return root
    raise CheckImpossible(f"no folder of our own could be made there: {failure}")


class _Running:
    """A check while it runs."""

    def __init__(self, ground: Ground, jobs: int, *, slow: bool, told: Told, total: int) -> None:
        self._ground = ground
        self._jobs = jobs
        self._slow = slow
        self._told = told
        self._total = total
        self._done = 0
        self._stages: set[Stage] = set()
        self._stopping = False
        self._lock = threading.Lock()

    def run(self, tasks: Sequence[Task]) -> list[Outcome]:
        """Carry everything out: what may run beside others first, then the rest one by one."""
        found: dict[int, Outcome] = {}
        together = {place: task for place, task in enumerate(tasks) if not task.scenario.alone}
        alone = {place: task for place, task in enumerate(tasks) if task.scenario.alone}
        for some, jobs in ((together, self._jobs), (alone, 1)):
            found |= self._batch(some, jobs)
        return [found[place] for place in range(len(tasks))]

    def _batch(self, tasks: Mapping[int, Task], jobs: int) -> dict[int, Outcome]:
        found: dict[int, Outcome] = {}
        pool = ThreadPoolExecutor(jobs, thread_name_prefix="check")
        try:
            waiting: dict[Future[Outcome], int] = {pool.submit(self.one, task): place for place, task in tasks.items()}
            for future in as_completed(waiting):
                outcome = found[waiting[future]] = future.result()
                self._done += 1
                self._told(outcome, self._done, self._total)
        except BaseException:
            self._abandon()
            raise
        finally:
            pool.shutdown(wait=True, cancel_futures=True)
        return found

    def _abandon(self) -> None:
        with self._lock:
            self._stopping = True
            stages = [*self._stages]
        for stage in stages:
            stage.abandon()

    def one(self, task: Task) -> Outcome:
        """Carry one scenario out and return what came of it."""
        begun = time.monotonic()
        standing, message, stage, said = self._carried_out(task)
        lines = stage.lines(said) if stage is not None and standing in (Standing.FAIL, Standing.WARN) else ()
        return Outcome(task.scenario, task.profile.id, standing, message, time.monotonic() - begun, lines)

    def _carried_out(self, task: Task) -> tuple[Standing, str, Stage | None, bytes | None]:
        scenario = task.scenario
        lacking = [name for name in scenario.needs if name not in self._ground.capabilities]
        if lacking:
            return Standing.SKIPPED, f"the server does not list {', '.join(lacking)}", None, None
        if scenario.slow and not self._slow:
            return Standing.SKIPPED, _SLOW, None, None
        steps = steps_of(scenario)
        stage = Stage(self._ground, scenario, task.profile)
        with self._lock:
            if self._stopping:
                return Standing.SKIPPED, "the check was interrupted", None, None
            self._stages.add(stage)
        try:
            with stage:
                steps(stage)
        except ScenarioSkipped as error:
            return Standing.SKIPPED, str(error), stage, None
        except ObserverFailed as error:
            return Standing.SKIPPED, f"could not be set up or looked into: {error}", stage, None
        except ScenarioFailed as error:
            return Standing.FAIL if error.refused else scenario.severity, str(error), stage, error.said
        except (ProfileViolation, UsageError) as error:
            if not isinstance(error, FolderUnknown):
                raise  # the scenario asks for what the product never does: a bug, and not the server's
            return Standing.FAIL, str(error), stage, None
        except OutlookImapError as error:
            return Standing.FAIL, str(error), stage, None
        finally:
            with self._lock:
                self._stages.discard(stage)
        if stage.warnings:
            return Standing.WARN, str(stage.warnings[0]), stage, stage.warnings[0].said
        return Standing.PASS, "", stage, None
