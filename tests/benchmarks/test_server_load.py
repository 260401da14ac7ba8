"""The script that measures the server runs, and its verdict comes from what it found."""

from __future__ import annotations

import re
import subprocess
import sys
from pathlib import Path

SCRIPT = Path(__file__).with_name("server_load.py")


def test_small_numbers_lose_nothing() -> None:
    arguments = ["--seconds", "0.2", "--workers", "6", "--idle", "12", "--messages", "0"]
    done = subprocess.run([sys.executable, SCRIPT, *arguments], check=False, capture_output=True, text=True, timeout=60)
    assert (done.returncode, done.stderr) == (0, ""), done.stdout + done.stderr
    found = re.search(r"of (\d+) appended (\d+) are there, 0 lost, 0 that should not be there", done.stdout)
    assert found is not None
    assert int(found[1]) >= int(found[2]) >= 6
    assert "FAILED" not in done.stdout
    assert "12 heard of one new message" in done.stdout
    assert "12 left IDLE" in done.stdout
