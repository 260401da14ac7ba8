"""The reference of scenarios: one planted, and what the page shows of those there are."""

from __future__ import annotations

import re
from dataclasses import replace
from pathlib import Path
from textwrap import dedent

from outlookimap.conformance.scenario import Scenario, Standing, scenarios
from outlookimap.conformance.scenario_docs import markdown

PAGE = (Path(__file__).parents[2] / "docs/scenarios.md").read_text(encoding="utf-8")

KEPT = Scenario(
    id="flag-kept",
    theme="flags",
    description=r"Stores \* and a_b.",
    requirement="flags-kept",
    demand="Flags stay.",
    source="O5:V0056; https://example.com/a_b",
    statements=("O5:V0056", "O5:V0005"),
    profiles=("outlook-2007", "outlook-2013"),
    severity=Standing.WARN,
    needs=("IDLE", "UIDPLUS"),
    alone=True,
    slow=True,
)
PLAIN = Scenario("plain", "sign-in", "Signs in.", "plain", "Lets it in.", "RFC 4616", profiles=("outlook-2010",))


def test_scenarios_by_theme() -> None:
    again = replace(KEPT, id="flag-again")
    page = markdown([KEPT, PLAIN, again])
    assert page.partition("| theme |")[2].startswith(
        " scenarios |\n|---|---|\n"
        "| flags | [`flag-kept`](#flag-kept), [`flag-again`](#flag-again) |\n"
        "| sign-in | [`plain`](#plain) |\n"
        "\n## Theme: flags\n\n### flag-kept\n"
    )
    assert re.findall(r"^### (.+)", page, re.MULTILINE) == ["flag-kept", "flag-again", "plain"]


def test_all_that_can_be_said_of_one() -> None:
    assert markdown([KEPT]).partition("### flag-kept\n\n")[2] == dedent(r"""        Stores \\\* and a\_b.

        * **The server** (`flags-kept`): Flags stay.
        * **From**: [O5:V0056](conformance.md#o5v0056); https://example.com/a_b
        * **Statements**: [O5:V0056](conformance.md#o5v0056), [O5:V0005](conformance.md#o5v0005)
        * Outlook 2007, 2013; otherwise **warn**; needs `IDLE`, `UIDPLUS`; alone; slow
    """)


def test_what_one_does_not_have_is_not_mentioned() -> None:
    assert markdown([PLAIN]).endswith(
        "Signs in.\n\n* **The server**: Lets it in.\n* **From**: RFC 4616\n* Outlook 2010; otherwise **fail**\n"
    )


def test_every_scenario_is_on_the_page() -> None:
    assert re.findall(r"^### (.+)$", PAGE, re.MULTILINE) == [one.id for one in scenarios()]


def test_ids_can_be_anchors() -> None:
    assert [one.id for one in scenarios() if not re.fullmatch(r"[a-z0-9]+(-[a-z0-9]+)*", one.id)] == []
