"""What docs/pytest.md shows is true: its tests pass, its recording is a test, its options and attributes are there."""

from __future__ import annotations

import re

import pytest
from support.plugin_runs import ROOT, run_there

from outlookimap.pytest_plugin import findings

pytest_plugins = ("pytester",)

PAGE = (ROOT / "docs/pytest.md").read_text(encoding="utf-8")


def blocks(language: str) -> list[str]:
    return re.findall(rf"```{language}\n(.+?)\n```", PAGE, re.DOTALL)


def test_every_example_passes(pytester: pytest.Pytester) -> None:
    for number, block in enumerate(blocks("python")):
        (pytester.path / f"test_{number}.py").write_text(block + "\n", encoding="utf-8")
    [recording] = blocks("imap")
    (pytester.path / "drafts.imap").write_text(recording + "\n", encoding="ascii")
    [settings] = blocks("toml")
    (pytester.path / "pyproject.toml").write_text(settings + "\n", encoding="utf-8")
    result = run_there(pytester, "-v")
    result.assert_outcomes(passed=12)
    result.stdout.fnmatch_lines(
        ["drafts.imap::lint PASSED*", "drafts.imap::client PASSED*", "drafts.imap::server PASSED*"]
    )


def test_it_names_every_option(pytester: pytest.Pytester) -> None:
    shown = run_there(pytester, "--help").stdout.str()
    options = set(re.findall(r"--outlook-[a-z-]+", shown))
    assert options == set(re.findall(r"--outlook-[a-z-]+", PAGE))
    assert "outlookimap_recordings (bool):" in shown


def test_it_names_every_header_of_a_recordings_test() -> None:
    ours = {findings.WITHOUT, findings.EXCHANGE, findings.MAIL, findings.OBSERVED, findings.ALTERNATIVES}
    assert ours == set(re.findall(r"`(x-[a-z]+):", PAGE))
