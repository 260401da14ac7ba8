"""The script that measures a check runs, and says what it found."""

from __future__ import annotations

import re
import subprocess
import sys
from pathlib import Path

SCRIPT = Path(__file__).with_name("check_time.py")


def test_one_scenario_twice() -> None:
    arguments = ["--rounds", "2", "--scenario", "flag-kept", "--outlook", "2010", "--exchange", "2013"]
    done = subprocess.run([sys.executable, SCRIPT, *arguments], check=False, capture_output=True, text=True, timeout=60)
    assert (done.returncode, done.stderr) == (0, ""), done.stdout + done.stderr
    pattern = (
        r"Outlook 2010, Exchange 2013, 3 at a time: 1 scenarios carried out, 0 skipped, 0 failed: "
        r"\d+\.\d s median \(\d+\.\d, \d+\.\d\)\n +\d+\.\d\d s  flag-kept\n"
    )
    assert re.fullmatch(pattern, done.stdout)
