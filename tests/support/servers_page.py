"""Writes `docs/servers.md` from `tests/servers/known`: what real servers answer, and why each failure is a true one."""

from __future__ import annotations

from collections.abc import Iterable

from outlookimap.conformance.scenario import Standing, scenarios
from outlookimap.conformance.statement_docs import plain
from support.judged import KNOWN, Finding, KnownServer, known

_HEAD = """\
# What servers answer

Made by `docs/generate.py` from `tests/servers/known/*.toml`. The tests check each of these servers again, Dovecot
as every
Outlook and the others as Outlook 2013, and fail when one does anything else than what stands here.

Each failure and warning was looked into: it is true of that server, of that version, in the configuration given. It is
no judgement of a server: some of it its authors decided on, and no Outlook may ever have met it. The embedded Exchange
of every version passes everything that applies to it.

"""
_WORDS = {Standing.FAIL: "Fails", Standing.WARN: "Works, with a warning", Standing.SKIPPED: "Not asked"}


def markdown() -> str:
    """Return the page."""
    servers = [known(path.stem) for path in sorted(KNOWN.glob("*.toml"))]
    total = len(scenarios())
    rows = "".join(_row(server, total) for server in servers)
    table = f"| server | passed | warned | failed | not asked |\n|---|---|---|---|---|\n{rows}"
    return _HEAD + table + "".join(map(_section, servers))


def _row(server: KnownServer, total: int) -> str:
    numbers = {verdict: len({one.scenario for one in server.findings if one.verdict is verdict}) for verdict in _WORDS}
    passed = total - len({one.scenario for one in server.findings})
    anchor = "".join(char for char in server.name.lower().replace(" ", "-") if char.isalnum() or char == "-")
    counts = " | ".join(str(numbers[one]) for one in (Standing.WARN, Standing.FAIL, Standing.SKIPPED))
    return f"| [{server.name}](#{anchor}) | {passed} | {counts} |\n"


def _section(server: KnownServer) -> str:
    parts = [f"\n## {server.name}\n\n{server.about.strip()}\n"]
    for verdict, word in _WORDS.items():
        rows = "".join(_finding(reason, those) for reason, those in _by_reason(server.findings, verdict))
        if rows:
            parts.append(f"\n| {word.lower()} | Outlook | why |\n|---|---|---|\n{rows}")
    return "".join(parts)


def _by_reason(findings: Iterable[Finding], verdict: Standing) -> Iterable[tuple[str, list[Finding]]]:
    grouped: dict[str, list[Finding]] = {}
    for one in findings:
        if one.verdict is verdict:
            grouped.setdefault(one.reason, []).append(one)
    return grouped.items()


def _finding(reason: str, those: list[Finding]) -> str:
    names = ", ".join(f"[`{one.scenario}`](scenarios.md#{one.scenario})" for one in those)
    versions = sorted({version for one in those for version in one.versions})
    return f"| {names} | {', '.join(versions)} | {plain(reason)} |\n"
