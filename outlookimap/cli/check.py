"""`outlookimap check`: a server judged as Outlook would judge it. What is asked of it, it does not know."""

from __future__ import annotations

import signal
import sys
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from types import ModuleType
from typing import Annotated, Any

import typer

from outlookimap.cli import connecting as options
from outlookimap.cli.check_result import as_text, listed
from outlookimap.cli.output import json_option, write_json
from outlookimap.cli.progress import Count
from outlookimap.conformance.baseline import Baseline
from outlookimap.conformance.checking import check as check_server
from outlookimap.conformance.observer import Place
from outlookimap.conformance.outcome import CheckReport
from outlookimap.conformance.reporting import html as html_report
from outlookimap.conformance.reporting import junit as junit_report
from outlookimap.conformance.scenario import chosen
from outlookimap.errors import CheckImpossible, UsageError
from outlookimap.exchange import ExchangeServer
from outlookimap.profiles import Policy, Profile, load, products
from outlookimap.wire.secret import Secret

NEWEST = "2019"


Versions = Annotated[
    list[str] | None, typer.Option(metavar="VERSION", help="Check as 2007, 2010 or 2013; all unless given.")
]
Patterns = Annotated[
    list[str] | None,
    typer.Option(metavar="GLOB", help="Only scenarios whose id, theme or requirement fits: 'flag-*'."),
]
Known = Annotated[
    Path | None,
    typer.Option(metavar="FILE", help="Failures that are known: an earlier --json, or lines 'SCENARIO [VERSION]'."),
]
Embedded = Annotated[
    str | None, typer.Option(metavar="VERSION", help="Without a URL: which Exchange to start, 2019 unless given.")
]
OptionalUrl = Annotated[
    str | None,
    typer.Argument(
        metavar="URL",
        help="imaps://user@host:port/, or imap:// for STARTTLS; without one the embedded Exchange is checked.",
    ),
]
KEYS = (
    "an object (server, greeting, capabilities, verdict, scenarios (id, outlook, verdict, statements, message, "
    "transcript, known, seconds), leftovers)"
)


def check(
    url: OptionalUrl = None,
    outlook: Versions = None,
    scenario: Patterns = None,
    list_: Annotated[bool, typer.Option("--list", help="Print the scenarios that would run, and end.")] = False,
    baseline: Known = None,
    strict: Annotated[bool, typer.Option("--strict", help="A warning counts as a failure.")] = False,
    slow: Annotated[bool, typer.Option("--slow", help="Also what takes minutes: timers in real time.")] = False,
    jobs: Annotated[int, typer.Option(metavar="N", help="How many scenarios run at a time.")] = 3,
    exchange: Embedded = None,
    encryption: options.Encryption = None,
    ca_file: options.CaFile = None,
    insecure: options.Insecure = False,
    user: options.User = None,
    password_file: options.PasswordFile = None,
    timeout: options.Timeout = 30.0,
    mechanism: options.Mechanism = None,
    json: Annotated[str | None, json_option(KEYS)] = None,
    junit: Annotated[Path | None, typer.Option(metavar="FILE", help="Write a JUnit report (extra: report).")] = None,
    html: Annotated[Path | None, typer.Option(metavar="FILE", help="Write one page of HTML (extra: report).")] = None,
) -> None:
    """Check whether a server serves Outlook: all that Outlook does, each in a folder of its own that goes afterwards.

    Mail and folders that are there are not touched. Exit status: 0 it does, 1 it does not, 2 it could not be checked.
    """
    profiles = [load(version) for version in outlook] if outlook else [load(name) for name in products("client")]
    scenarios = chosen(scenario or [])
    if list_:
        sys.stdout.write(listed(scenarios, profiles))
        return
    known = Baseline(frozenset()) if baseline is None else Baseline.read(baseline)
    reports = _Reports(json, junit, html)
    reports.check()
    reaching = {
        "encryption": encryption,
        "ca_file": ca_file,
        "insecure": insecure,
        "user": user,
        "password_file": password_file,
        "mechanism": mechanism,
    }
    server = (
        _embedded(exchange, timeout, reaching)
        if url is None
        else _foreign(url, exchange, profiles[0], timeout, reaching)
    )
    with server as place, _ended_by_signal(), Count() as count:
        report = check_server(place, profiles, scenarios, jobs=jobs, slow=slow, strict=strict, told=count.show)
    report = known.applied(report)
    reports.write(report)
    if json != "-":
        sys.stdout.write(as_text(report, known.mended(report)))
    if not report.judged:
        raise CheckImpossible("nothing was judged: every scenario was skipped")
    if not report.passed:
        raise typer.Exit(1)


@dataclass(frozen=True, slots=True)
class _Reports:
    """The files that were asked for."""

    json: str | None
    junit: Path | None
    html: Path | None

    def check(self) -> None:
        """Raise UsageError where a report cannot be made: it would be a pity to hear of it after the check."""
        for path, kind in self._papers():
            kind.ready()
            if not path.parent.is_dir():
                raise UsageError(f"cannot write {path}: there is no folder {path.parent}")

    def write(self, report: CheckReport) -> None:
        if self.json is not None:
            write_json(self.json, report.to_json())
        for path, kind in self._papers():
            try:
                kind.write(report, path)
            except OSError as error:
                raise UsageError(f"cannot write {path}: {error.strerror}") from error

    def _papers(self) -> list[tuple[Path, ModuleType]]:
        wanted = ((self.junit, junit_report), (self.html, html_report))
        return [(path, kind) for path, kind in wanted if path is not None]


@contextmanager
def _embedded(version: str | None, timeout: float, reaching: Mapping[str, Any]) -> Iterator[Place]:
    """Start the embedded Exchange and say how to reach it."""
    for option, value in reaching.items():
        if value:
            raise UsageError(f"--{option.replace('_', '-')} is about a server: name one by its URL")
    with ExchangeServer(version or NEWEST, keep=False) as server:
        yield Place(server.url, "user1", Secret("secret"), Policy(), server.ca_file, timeout=timeout)


@contextmanager
def _foreign(
    url: str, exchange: str | None, profile: Profile, timeout: float, reaching: Mapping[str, Any]
) -> Iterator[Place]:
    """Say how to reach a server of somebody else."""
    if exchange is not None:
        raise UsageError("--exchange is for the embedded server, which is checked without a URL: leave one out")
    to = options.connecting(url, profile, timeout=timeout, **reaching)
    yield Place(to.url, to.user, to.password, to.policy, to.ca_file, to.verify, to.timeout)


@contextmanager
def _ended_by_signal() -> Iterator[None]:
    """Let SIGTERM end the check as Ctrl-C does: folders that were made are removed first."""
    before = signal.signal(signal.SIGTERM, signal.default_int_handler)
    try:
        yield
    finally:
        signal.signal(signal.SIGTERM, before)
