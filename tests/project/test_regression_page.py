"""docs/regression.md, step by step: what it types is run on the log it shows, and comes to what it shows."""

from __future__ import annotations

import os
import re
import subprocess
import sys
from importlib.metadata import entry_points
from pathlib import Path

import pytest

from outlookimap.traffic import Transcript, read
from outlookimap.traffic.format import Comment, Said

ROOT = Path(__file__).parents[2]
PAGE = (ROOT / "docs/regression.md").read_text(encoding="utf-8")
PLUGIN = "outlookimap.pytest_plugin"
RECORDING = "tests/recordings/flagged.imap"


def block(language: str, holding: str) -> str:
    """Return the one block of the page that holds a text."""
    found = [one for one in re.findall(rf"```{language}\n(.+?\n)```", PAGE, re.DOTALL) if holding in one]
    assert len(found) == 1, holding
    return str(found[0])


def run(folder: Path, *arguments: str) -> subprocess.CompletedProcess[str]:
    environment = {**os.environ, "PYTHONPATH": str(ROOT), "OUTLOOKIMAP_PASSWORD": "secret"}
    return subprocess.run(
        [sys.executable, *arguments],
        cwd=folder, env=environment, capture_output=True, text=True, timeout=100, check=False,
    )  # fmt: skip


@pytest.fixture(name="project")
def fixture_project(tmp_path: Path) -> Path:
    """Return a folder with the page's log, its recording, and its line of configuration."""
    (tmp_path / "imap.log").write_text(block("text", "10:02:11.204"), encoding="ascii")
    (tmp_path / RECORDING).parent.mkdir(parents=True)
    (tmp_path / RECORDING).write_text(block("imap", "outlookimap recording"), encoding="ascii")
    (tmp_path / "pyproject.toml").write_text(block("toml", "recordings"), encoding="ascii")
    return tmp_path


def shape(transcript: Transcript) -> list[tuple[object, ...]]:
    """Return what redaction leaves: who said how much, but for the answer that the page corrects."""
    said = [one for one in transcript.entries if isinstance(one, Said)]
    return [(one.sender, one.form, 0 if one.octets.startswith(b"m44c ") else len(one.octets)) for one in said]


def test_lint_says_what_is_shown(project: Path) -> None:
    command, _, shown = block("console", "outlookimap lint").partition("\n")
    done = run(project, "-m", "outlookimap.cli", *command.removeprefix("$ outlookimap ").split())
    assert (done.returncode, done.stdout) == (0, shown)


def test_the_log_becomes_the_recording(project: Path) -> None:
    done = run(project, "-c", block("python", "load("))
    assert (done.returncode, done.stdout, done.stderr) == (0, "1 imap.log\n", "")
    command = block("sh", "outlookimap redact").strip().replace(RECORDING, "redacted.imap")
    done = run(project, "-m", "outlookimap.cli", *command.removeprefix("outlookimap ").split())
    assert (done.returncode, done.stderr) == (0, "")
    made, shown = read(project / "redacted.imap"), read(project / RECORDING)
    assert shape(made) == shape(shown)
    assert b"BAD no such item" in b"".join(one.octets for one in made.entries if isinstance(one, Said))
    assert not any(b"ann.smith" in one.octets for one in made.entries if isinstance(one, Said))
    assert [one for one in shown.entries if isinstance(one, Comment)]
    assert dict(shown.header.extra) == dict(made.header.extra)


def test_pytest_shows_what_is_shown(project: Path) -> None:
    command, _, shown = block("console", "pytest -v").partition("\n")
    installed = any(point.value == PLUGIN for point in entry_points(group="pytest11"))
    words = command.removeprefix("$ pytest ").split()
    done = run(project, "-m", "pytest", "-p", "no:cacheprovider", *([] if installed else ["-p", PLUGIN]), *words)
    assert done.returncode == 0, done.stdout
    assert re.findall(r"::(\w+) PASSED", done.stdout) == re.findall(r"::(\w+) PASSED", shown)
    assert " 3 passed " in done.stdout


def test_the_recording_is_played_both_ways(project: Path) -> None:
    """What it is served as answers what it is played against as recorded."""
    environment = {**os.environ, "PYTHONPATH": str(ROOT)}
    command = [sys.executable, "-m", "outlookimap.cli", "replay", RECORDING, "--serve", "localhost:0"]
    with subprocess.Popen(command, cwd=project, env=environment, stderr=subprocess.PIPE, text=True) as serving:
        try:
            assert serving.stderr is not None
            port = serving.stderr.readline().rpartition(":")[2].strip()
            shown = block("sh", "outlookimap replay tests/recordings/flagged.imap --against")
            words = shown.removeprefix("outlookimap ").replace("--ca-file ca.pem", "--encryption none").split()
            words = [f"imap://ull.nsplz@localhost:{port}/" if "://" in word else word for word in words]
            done = run(project, "-m", "outlookimap.cli", *words)
            assert (done.returncode, done.stderr) == (0, ""), done.stdout
            assert serving.wait(timeout=30) == 0
        finally:
            serving.kill()
