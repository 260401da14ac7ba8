"""Writes `docs/scenarios.md` from the scenarios: what each does, what it asks of a server, and why.

Must not know how a scenario is run.
"""

from __future__ import annotations

from collections.abc import Sequence

from outlookimap.conformance.scenario import Scenario
from outlookimap.conformance.statement_docs import link, linked, plain

_HEAD = """\
# What a server is asked

Made by `docs/generate.py` from `outlookimap/conformance/scenarios/*.toml`.

`outlookimap check` does to a server what Outlook does, one scenario after the other: [how to use it](check.md). Each
says what Outlook does, what the server has to do, and where that is from: a [statement](conformance.md) of Microsoft's
documents, a section of an RFC, or what somebody's server once did to Outlook.

Not to do it is **fail**, or **warn** where it works but a version of Outlook is known to stumble. `--scenario` takes an
id, a theme, the name of what is demanded, or a pattern: `--scenario 'flags-*'`. *Needs*: a server that does not list
these capabilities is not asked. *Alone*: no other scenario runs meanwhile. *Slow*: it takes minutes of real time, and
runs with `--slow` only.

"""


def markdown(scenarios: Sequence[Scenario]) -> str:
    """Return the page."""
    themes: dict[str, list[Scenario]] = {}
    for scenario in scenarios:
        themes.setdefault(scenario.theme, []).append(scenario)
    parts = [_HEAD, "| theme | scenarios |\n|---|---|\n"]
    parts += [f"| {theme} | {', '.join(_to(one.id) for one in those)} |\n" for theme, those in themes.items()]
    for theme, those in themes.items():
        parts.append(f"\n## Theme: {theme}\n")
        parts += [_block(one) for one in those]
    return "".join(parts)


def _to(scenario: str) -> str:
    return f"[`{scenario}`](#{scenario})"


def _block(scenario: Scenario) -> str:
    """Return what there is to say of one scenario."""
    versions = ", ".join(profile.partition("-")[2] for profile in scenario.profiles)
    remarks = [f"Outlook {versions}", f"otherwise **{scenario.severity.value}**"]
    name = "" if scenario.requirement == scenario.id else f" (`{scenario.requirement}`)"
    remarks += [f"needs {', '.join(f'`{name}`' for name in scenario.needs)}"] if scenario.needs else []
    remarks += [word for word, holds in (("alone", scenario.alone), ("slow", scenario.slow)) if holds]
    lines = [
        f"\n### {scenario.id}\n",
        f"{plain(scenario.description)}\n",
        f"* **The server**{name}: {plain(scenario.demand)}",
        f"* **From**: {linked(scenario.source)}",
        *([f"* **Statements**: {', '.join(map(link, scenario.statements))}"] if scenario.statements else []),
        f"* {'; '.join(remarks)}",
    ]
    return "\n".join(lines) + "\n"
