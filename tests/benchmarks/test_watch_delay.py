"""The script that measures how soon a watch tells of new mail runs, and says what it found."""

from __future__ import annotations

import re
import subprocess
import sys
from pathlib import Path

SCRIPT = Path(__file__).with_name("watch_delay.py")


def test_two_messages_each_way() -> None:
    arguments = ["--count", "2", "--poll", "0.05", "--server", "embedded"]
    done = subprocess.run([sys.executable, SCRIPT, *arguments], check=False, capture_output=True, text=True, timeout=60)
    assert (done.returncode, done.stderr) == (0, ""), done.stdout + done.stderr
    found = re.findall(r"^embedded: (.+): 2 messages, \d+ ms median, \d+ ms at most$", done.stdout, re.MULTILINE)
    assert found == ["IDLE", "NOOP every 0.05 s"]
