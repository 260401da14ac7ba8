"""Runs each contender as a process of its own, so that time and memory are its own; knows no contender."""

from __future__ import annotations

import contextlib
import json
import os
import signal
import subprocess
import sys
import tempfile
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

HERE = Path(__file__).resolve().parent
ROOT = HERE.parents[1]
PATIENCE = 3600.0
"""Seconds after which a contender has failed."""


class ContenderFailed(Exception):
    """A contender ended with an error, or did not do what the others did; the text says what it wrote."""


@dataclass(frozen=True, slots=True)
class Spent:
    """What a process took: seconds by the clock, seconds of CPU, MB at its peak; and the JSON object it said."""

    wall: float
    cpu: float
    rss: float
    said: Mapping[str, Any]


def run(command: Sequence[str | Path], *, speaks: bool = True) -> Spent:
    """Run a command to its end; with `speaks` the last line of its output is a JSON object.

    Raises ContenderFailed.
    """
    with tempfile.NamedTemporaryFile(prefix="spent-") as figures:
        launcher = [sys.executable, "-I", "-S", str(HERE / "launcher.py"), figures.name, *map(str, command)]
        with subprocess.Popen(
            launcher, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True, env=_environ(), start_new_session=True
        ) as process:
            try:
                out, err = process.communicate(timeout=PATIENCE)
            except BaseException:
                os.killpg(process.pid, signal.SIGKILL)
                raise
        taken = json.loads(Path(figures.name).read_text() or "{}")
    if taken.get("code") != 0:
        raise ContenderFailed(f"{' '.join(map(str, command))}: {taken}\n{out[-2000:]}\n{err[-4000:]}")
    return Spent(taken["wall"], taken["cpu"], taken["rss"], json.loads(out.splitlines()[-1]) if speaks else {})


def python(module: str, *arguments: object) -> list[str]:
    """Return the command that runs a module of this directory."""
    return [sys.executable, "-m", f"benchmarks.{module}", *map(str, arguments)]


@contextlib.contextmanager
def serving(module: str, *arguments: object) -> Iterator[dict[str, Any]]:
    """Run a module that serves until its standard input ends; yield the JSON object it says first."""
    command = python(module, *arguments)
    with subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True, env=_environ()) as process:
        assert process.stdin is not None
        assert process.stdout is not None
        try:
            line = process.stdout.readline()
            if not line:
                raise ContenderFailed(f"{' '.join(command)} did not start")
            yield json.loads(line)
        finally:
            process.stdin.close()
            try:
                process.wait(10)
            except subprocess.TimeoutExpired:
                process.kill()


def _environ() -> dict[str, str]:
    """Return our environment, but with bytecode that is kept, as an installed package has it."""
    kept = {name: value for name, value in os.environ.items() if name != "PYTHONDONTWRITEBYTECODE"}
    return kept | {"PYTHONPATH": os.pathsep.join((str(HERE.parent), str(ROOT)))}
