"""Runs the two programs that measure the embedded server and the watch, and shows what they print."""

from __future__ import annotations

import subprocess
import sys
from collections.abc import Callable

from benchmarks.children import HERE, ContenderFailed
from benchmarks.sizes import Sizes


def embedded_server(sizes: Sizes, rounds: int, say: Callable[[str], None]) -> list[str]:
    """Return the lines of `server_load.py` and of `watch_delay.py`; raises ContenderFailed where one fails."""
    load = ["--seconds", sizes.load_seconds, "--workers", sizes.load_workers, "--idle", sizes.load_idle]
    return [
        *_lines("server_load.py", [*load, "--messages", sizes.load_messages, "--runs", rounds], say),
        *_lines("watch_delay.py", ["--count", sizes.delays], say),
    ]


def _lines(script: str, arguments: list[object], say: Callable[[str], None]) -> list[str]:
    lines: list[str] = []
    command = [sys.executable, str(HERE / script), *map(str, arguments)]
    with subprocess.Popen(command, stdout=subprocess.PIPE, text=True) as process:
        assert process.stdout is not None
        for line in process.stdout:
            lines.append(line.rstrip("\n"))
            say(f"  {lines[-1]}")
    if process.returncode:
        raise ContenderFailed(f"{script} ended with {process.returncode}")
    return lines
