"""docs/check.md: what it shows of a failure is what comes of it, and its baseline can be read."""

from __future__ import annotations

import os
import re
import subprocess
import sys
from pathlib import Path

import pytest

from outlookimap.conformance.baseline import Baseline
from outlookimap.exchange import ExchangeServer

ROOT = Path(__file__).parents[2]
PAGE = (ROOT / "docs/check.md").read_text(encoding="utf-8")


def blocks(language: str) -> list[str]:
    return re.findall(rf"^```{language}\n(.*?)^```$", PAGE, re.DOTALL | re.MULTILINE)


def timeless(text: str) -> str:
    """Return a report without what is different each time: the port, tags, UIDVALIDITY, how long it took."""
    text = re.sub(r"localhost:\d+|UIDVALIDITY \d+|in [\d.]+ seconds", "", text)
    return re.sub(r"^([ >]+[CS]: )(?!\*)\w{4} ", r"\1", text, flags=re.MULTILINE)


def test_what_is_shown_of_a_failure_comes_of_it() -> None:
    [shown] = [one for one in blocks("console") if "FAIL" in one]
    command, _, expected = shown.partition("\n")
    [spec] = re.findall(r"--fault '(.+?)'`", PAGE)
    with ExchangeServer("2019", faults=[spec]) as server:
        words = command.removeprefix("$ outlookimap ").split()
        words[words.index("ca.pem")] = str(server.ca_file)
        words = [f"imaps://user1@localhost:{server.tls_port}/" if "://" in word else word for word in words]
        done = subprocess.run(
            [sys.executable, "-m", "outlookimap.cli", *words],
            env={**os.environ, "PYTHONPATH": str(ROOT), "OUTLOOKIMAP_PASSWORD": "secret"},
            capture_output=True, text=True, timeout=100, check=False,
        )  # fmt: skip
    assert (done.returncode, done.stderr) == (1, "")
    assert timeless(done.stdout) == timeless(expected)


def test_the_baseline_can_be_read(tmp_path: Path) -> None:
    [shown] = [one for one in blocks("text") if "# scenario" in one]
    path = tmp_path / "known.txt"
    path.write_text(shown, encoding="utf-8")
    assert Baseline.read(path).known == {("flag-kept", None), ("flag-kept", "2013")}


@pytest.mark.parametrize("job", blocks("yaml"))
def test_the_jobs_check_and_keep_the_reports(job: str) -> None:
    assert re.search(r"outlookimap check imaps://user1@localhost:10993/\s+--ca-file ca\.pem", job)
    assert "--junit outlook.xml --html outlook.html" in job
    assert "if: always()" in job or "when: always" in job
