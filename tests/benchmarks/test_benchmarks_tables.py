"""What is made of measurements: medians, ratios, verdicts; and that a process is charged with its own memory alone."""

from __future__ import annotations

import sys
from functools import partial
from pathlib import Path

import pytest

from benchmarks import page
from benchmarks.children import ContenderFailed, run
from benchmarks.samples import Comparison, Sample, interleaved
from benchmarks.summary import readings
from benchmarks.targets import TARGETS, Target, table


def comparison(name: str = "flags, plain", **seconds: list[float]) -> Comparison:
    """Return a comparison with these seconds of each contender."""
    samples = {
        contender.replace("_", "-"): [Sample(value, 2 * value, 50.0, messages=7) for value in values]
        for contender, values in seconds.items()
    }
    return Comparison(name, "A title", "session", 100, samples)


def test_contenders_take_turns_and_every_other_round_goes_backwards() -> None:
    order: list[str] = []

    def measured(name: str) -> Sample:
        order.append(name)
        return Sample(1.0, 1.0, 1.0)

    found = interleaved(Comparison("x", "X", "a", 1), {name: partial(measured, name) for name in "abc"}, 3, print)
    assert "".join(order) == "abccbaabc"
    assert [len(samples) for samples in found.samples.values()] == [3, 3, 3]


def test_medians_ratios_and_the_table() -> None:
    one = comparison(session=[3.0, 1.0, 2.0], imapclient=[50.0, 1000.0, 40.0])
    assert one.ratio("imapclient") == 25.0
    assert one.ratio("session", "cpu", to="imapclient") == 0.04
    assert "| imapclient | 50.000 | 40.000 to 1000.000 | 2 | 25.00 | 100.00 | 50 |  |" in one.markdown()


@pytest.mark.parametrize(
    ("measured", "at_least", "at_most"),
    [(7.0, "stretch", "missed"), (5.0, "met", "missed"), (4.0, "missed", "met"), (2.0, "missed", "stretch")],
)
def test_verdicts(measured: float, at_least: str, at_most: str) -> None:
    assert Target("", "", "", 5, 7).verdict(measured) == at_least
    assert Target("", "", "", 4, 2, at_most=True).verdict(measured) == at_most


def test_targets_are_shown_for_what_was_measured_alone() -> None:
    lines = table([comparison(session=[2.0], bare_reader=[1.0], imapclient=[50.0])]).splitlines()
    assert lines[2:] == [
        "| UIDs and flags: faster than imapclient | flags, plain | at least 20 | 30 | 25.00 | met | 50.00 | 25.00 |"
    ]
    lines = table([comparison("bodies, TLS", session=[3.0], bare_reader=[2.0], recv=[2.0])]).splitlines()
    assert lines[2:] == [
        "| bodies: of the time of recv alone | bodies, TLS | at most 2 | 1.5 | 1.50 | stretch | 1.00 | 1.50 |"
    ]


def test_readings_in_one_table() -> None:
    one = comparison(session=[2.0], recv=[1.0], imapclient=[50.0])
    one.samples["session"] = [Sample(2.0, 2.0, 40.4, tiers={"columns": 1200, "tolerant": 0})]
    assert readings([Comparison("resync", "", "ours", 1)], ["session"]) == ""
    lines = readings([one, Comparison("resync", "", "ours", 1)], ["session", "recv", "imapclient", "imap-tools"])
    assert lines.splitlines() == [
        "| answer | messages/s | recv | imapclient | imap-tools | peak MB | tiers |",
        "|---|---|---|---|---|---|---|",
        "| flags, plain | 50 | 0.50 | 25.00 |  | 40 | columns 1,200 |",
    ]


def test_the_page_gets_new_figures_in_place_of_the_old(tmp_path: Path) -> None:
    file = tmp_path / "page.md"
    file.write_text(f"# Page\n\n{page.BEGIN}old\n{page.END}\nThe end.\n")
    text = page.figures({"Python": "3", "cores": "2"}, [comparison(session=[1.0], recv=[1.0])], ["work: done"])
    page.rewrite(file, text)
    lines = file.read_text().splitlines()
    assert lines[:2] == ["# Page", ""]
    assert lines[-1] == "The end."
    assert "old" not in lines
    assert {"Python 3, cores 2.", "    work: done", "### Reading"} <= {*lines}
    file.write_text("# Page\n")
    with pytest.raises(ValueError, match="no lines"):
        page.rewrite(file, text)


def test_each_target_has_a_stretch_beyond_it() -> None:
    assert all((target.stretch < target.wanted) is target.at_most for target in TARGETS)


def test_contenders_that_found_other_numbers_are_not_compared() -> None:
    one = comparison(session=[1.0], recv=[1.0])
    one.samples["imapclient"] = [Sample(1.0, 1.0, 1.0, messages=8)]
    with pytest.raises(ContenderFailed, match="not the same messages"):
        one.check()


def test_a_process_is_charged_with_its_own_memory_and_time_alone() -> None:
    ballast = bytes(300_000_000)
    spent = run([sys.executable, "-c", "print('{\"messages\": 3}')"])
    assert len(ballast) == 300_000_000
    assert spent.said == {"messages": 3}
    assert 5 < spent.rss < 100
    assert 0 < spent.cpu < spent.wall + 1


def test_a_contender_that_fails_is_named_with_what_it_said() -> None:
    with pytest.raises(ContenderFailed, match="no such mailbox"):
        run([sys.executable, "-c", "raise SystemExit('no such mailbox')"])
