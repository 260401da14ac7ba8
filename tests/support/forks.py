"""Runs functions in processes that may be killed, forked from one that has imported everything; knows no test.

A process of a test has threads and must not fork. This one has none, so that a hundred processes cost next to nothing.
"""

from __future__ import annotations

import contextlib
import importlib
import json
import os
import signal
import subprocess
import sys
import traceback
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

_ENDED_BADLY = 9


@dataclass(slots=True)
class Child:
    """A process that runs one function; `wait()` must be called once, also after `kill()`."""

    pid: int
    _forks: Forks

    def kill(self) -> None:
        """End it at once, wherever it is."""
        os.kill(self.pid, signal.SIGKILL)

    def wait(self) -> bool:
        """Return whether the function came to its end, False where the process was killed.

        Raises AssertionError with the traceback of what the function raised.
        """
        return self._forks.wait(self)


class Forks:
    """The process that forks; `forks()` starts one."""

    def __init__(self, process: subprocess.Popen[str], errors: Path) -> None:
        self._process = process
        self._errors = errors

    def start(self, function: str, *arguments: Any) -> Child:
        """Run ``module:name`` with arguments that JSON can carry, in a process of its own."""
        return Child(int(self._ask({"run": function, "arguments": arguments})), self)

    def run(self, function: str, *arguments: Any) -> None:
        """Run it to its end; raises AssertionError as `Child.wait()` does."""
        assert self.start(function, *arguments).wait()

    def wait(self, child: Child) -> bool:
        """Wait for a process: see `Child.wait()`."""
        status = int(self._ask({"wait": child.pid}))
        if status == -signal.SIGKILL:
            return False
        assert status == 0, (self._errors / str(child.pid)).read_text()
        return True

    def _ask(self, question: dict[str, Any]) -> str:
        assert self._process.stdin is not None
        assert self._process.stdout is not None
        self._process.stdin.write(json.dumps(question) + "\n")
        self._process.stdin.flush()
        return self._process.stdout.readline()


@contextlib.contextmanager
def forks(directory: Path, *modules: str) -> Iterator[Forks]:
    """Start the process that forks, with `modules` imported; tracebacks go to files in `directory`."""
    process = subprocess.Popen(
        [sys.executable, "-P", "-m", __name__, str(directory), *modules],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        text=True,
        env={**os.environ, "PYTHONPATH": os.pathsep.join(filter(None, sys.path))},
    )
    with process:
        yield Forks(process, directory)
        assert process.stdin is not None
        process.stdin.close()


def _serve(errors: Path) -> None:
    """Fork and wait as standard input says, until it ends."""
    for line in sys.stdin:
        question = json.loads(line)
        if "wait" in question:
            answer = os.waitstatus_to_exitcode(os.waitpid(question["wait"], 0)[1])
        else:
            answer = os.fork()
            if answer == 0:
                _child(question["run"], question["arguments"], errors)
        sys.stdout.write(f"{answer}\n")
        sys.stdout.flush()


def _child(function: str, arguments: list[Any], errors: Path) -> None:
    """Run a function and end the process; never returns."""
    status = 0
    try:
        nothing = os.open(os.devnull, os.O_RDWR)
        for descriptor in (0, 1):
            os.dup2(nothing, descriptor)
        module, _, name = function.partition(":")
        getattr(importlib.import_module(module), name)(*arguments)
    except BaseException:  # noqa: BLE001 - it is told to whoever waits
        status = _ENDED_BADLY
        (errors / str(os.getpid())).write_text(traceback.format_exc())
    finally:
        os._exit(status)


if __name__ == "__main__":
    for module in sys.argv[2:]:
        importlib.import_module(module)
    _serve(Path(sys.argv[1]))
