"""What a reader is told, and in which order."""

from __future__ import annotations

from importlib import metadata

import pytest
from support.reported import DRAFT, NEWS, PURGE, PURGED, SIGN_IN, large, ordinary, report

from outlookimap.conformance.outcome import Line, Outcome
from outlookimap.conformance.reporting.page import Kind, arrange, kind_of
from outlookimap.conformance.scenario import Scenario, Standing

FAIL, WARN, PASS, SKIPPED = Standing.FAIL, Standing.WARN, Standing.PASS, Standing.SKIPPED


@pytest.mark.parametrize(
    ("standing", "known", "kind"),
    [
        (FAIL, False, Kind.FAIL),
        (WARN, False, Kind.WARN),
        (FAIL, True, Kind.KNOWN),
        (WARN, True, Kind.KNOWN),
        (PASS, True, Kind.PASS),
        (SKIPPED, True, Kind.SKIPPED),
    ],
)
def test_the_baseline_makes_failures_and_warnings_known(standing: Standing, known: bool, kind: Kind) -> None:
    assert kind_of(Outcome(PURGE, "outlook-2013", standing, known=known)) is kind


@pytest.mark.parametrize(
    ("outcomes", "strict", "verdict", "sentence"),
    [
        (
            [(PURGE, "2007", FAIL, False)], False,
            Kind.FAIL, "This server does not serve Outlook 2007: 1 check fails.",
        ),
        (
            [(PURGE, "2013", FAIL, False), (PURGE, "2007", FAIL, False), (PURGE, "2010", FAIL, False)], False,
            Kind.FAIL, "This server does not serve Outlook 2007, 2010 and 2013: 3 checks fail.",
        ),
        (
            [(PURGE, "2007", PASS, False), (NEWS, "2013", WARN, False)], False,
            Kind.PASS, "This server serves Outlook 2007 and 2013: nothing failed.",
        ),
        (
            [(PURGE, "2007", PASS, False), (NEWS, "2013", WARN, False)], True,
            Kind.FAIL, "This server does not serve Outlook 2013: 1 check fails, warnings included.",
        ),
        (
            [(PURGE, "2010", FAIL, True), (SIGN_IN, "2010", SKIPPED, False)], False,
            Kind.PASS, "This server serves Outlook 2010: nothing failed, besides 1 known.",
        ),
        (
            [(SIGN_IN, "2010", SKIPPED, False)], False,
            Kind.SKIPPED, "Nothing is known of this server: no scenario was carried out.",
        ),
        ([], False, Kind.SKIPPED, "Nothing is known of this server: no scenario was carried out."),
    ],
)  # fmt: skip
def test_the_verdict_is_a_sentence(
    outcomes: list[tuple[Scenario, str, Standing, bool]], strict: bool, verdict: Kind, sentence: str
) -> None:
    made = [Outcome(one, f"outlook-{version}", standing, known=known) for one, version, standing, known in outcomes]
    page = arrange(report(*made, strict=strict))
    assert (page.verdict, page.sentence) == (verdict, sentence)


def test_everything_is_counted_per_version() -> None:
    page = arrange(ordinary())
    # failed, warnings, known, skipped, passed
    assert [(one.version, one.counts, one.total) for one in page.tallies] == [
        ("2007", (0, 0, 1, 1, 1), 3),
        ("2010", (1, 0, 0, 1, 1), 3),
        ("2013", (1, 1, 0, 0, 1), 3),
        ("", (2, 1, 1, 2, 3), 9),
    ]


def test_one_version_needs_no_sum() -> None:
    assert [one.version for one in arrange(report(Outcome(PURGE, "outlook-2010", PASS))).tallies] == ["2010"]


def test_the_matrix_has_a_row_per_scenario_and_a_cell_per_version() -> None:
    page = arrange(ordinary())
    assert page.versions == ("2007", "2010", "2013")
    assert [theme.name for theme in page.themes] == ["append", "delete", "idle", "sign-in"]
    [draft], [purge], [news], [sign_in] = [theme.rows for theme in page.themes]
    assert [cell.kind for cell in draft.cells] == [Kind.KNOWN, Kind.PASS, None]
    assert [cell.kind for cell in purge.cells] == [Kind.PASS, Kind.FAIL, Kind.FAIL]
    assert [cell.kind for cell in news.cells] == [None, None, Kind.WARN]
    assert [cell.kind for cell in sign_in.cells] == [Kind.SKIPPED, Kind.SKIPPED, Kind.PASS]
    assert all(row.told for row in (draft, purge, news, sign_in))


def test_a_scenario_all_versions_pass_needs_no_more_words() -> None:
    page = arrange(report(Outcome(PURGE, "outlook-2007", PASS), Outcome(DRAFT, "outlook-2007", FAIL)))
    assert [(row.scenario.id, row.told) for theme in page.themes for row in theme.rows] == [
        ("draft-without-headers", True),
        ("purge-keeps-others", False),
    ]
    assert [chapter.kind for chapter in page.chapters] == [Kind.FAIL]


def test_chapters_begin_with_the_gravest() -> None:
    chapters = arrange(ordinary()).chapters
    assert [(one.kind, [entry.scenario.id for entry in one.entries]) for one in chapters] == [
        (Kind.FAIL, ["purge-keeps-others"]),
        (Kind.WARN, ["news-while-idle"]),
        (Kind.KNOWN, ["draft-without-headers"]),
        (Kind.SKIPPED, ["sign-in-plain"]),
    ]


def test_what_is_the_same_in_several_versions_is_told_once() -> None:
    [entry] = arrange(ordinary()).chapters[0].entries
    [finding] = entry.findings
    assert finding.versions == ("2010", "2013")
    assert [talk.version for talk in finding.conversations] == ["2010", "2013"]
    assert [statement.id for statement in entry.statements] == ["O5:V0051", "O5:V0056"]


def test_what_differs_is_told_apart_the_gravest_first() -> None:
    page = arrange(
        report(
            Outcome(PURGE, "outlook-2007", SKIPPED, "no UIDPLUS"),
            Outcome(PURGE, "outlook-2010", FAIL, "one"),
            Outcome(PURGE, "outlook-2013", FAIL, "two"),
        )
    )
    [entry] = page.chapters[0].entries
    assert [(one.kind, one.message, one.versions) for one in entry.findings] == [
        (Kind.FAIL, "one", ("2010",)),
        (Kind.FAIL, "two", ("2013",)),
        (Kind.SKIPPED, "no UIDPLUS", ("2007",)),
    ]


def test_the_conversation_with_the_offending_line_comes_first() -> None:
    plain = tuple(Line(line.mark, line.text) for line in PURGED)
    page = arrange(
        report(
            Outcome(PURGE, "outlook-2007", FAIL, "bad", transcript=()),
            Outcome(PURGE, "outlook-2010", FAIL, "bad", transcript=plain),
            Outcome(PURGE, "outlook-2013", FAIL, "bad", transcript=PURGED),
        )
    )
    [finding] = page.chapters[0].entries[0].findings
    assert finding.versions == ("2007", "2010", "2013")
    assert [talk.version for talk in finding.conversations] == ["2013", "2010"]


def test_the_page_names_the_version_that_made_it(monkeypatch: pytest.MonkeyPatch) -> None:
    def version(name: str) -> str:
        if name == "outlookimap":
            return "7.8.9"
        raise metadata.PackageNotFoundError(name)

    monkeypatch.setattr(metadata, "version", version)
    assert arrange(ordinary()).made_by == "outlookimap 7.8.9"
    monkeypatch.setattr(metadata, "version", lambda _: version("another"))
    assert arrange(ordinary()).made_by == "outlookimap"


def test_time_is_told_for_people() -> None:
    page = arrange(ordinary())
    assert (page.started.isoformat(), page.duration) == ("2024-03-04T08:30:00+00:00", "23 s")
    assert arrange(large(1, 1)).duration == "5 min 12 s"
