"""The command line called in this process, which is much quicker than in one of its own."""

from __future__ import annotations

import contextlib
import io
import sys
from dataclasses import dataclass
from unittest import mock

import pytest

from outlookimap.cli import main


@dataclass(frozen=True, slots=True)
class Done:
    """What a command left: its exit status, standard output and standard error (neither is a terminal)."""

    code: int
    out: str
    err: str


def run(*arguments: str) -> Done:
    """Run a command to its end."""
    out, err = io.StringIO(), io.StringIO()
    with (
        mock.patch.object(sys, "argv", ["outlookimap", *arguments]),
        contextlib.redirect_stdout(out),
        contextlib.redirect_stderr(err),
        pytest.raises(SystemExit) as ended,
    ):
        main()
    code = ended.value.code
    return Done(code if isinstance(code, int) else 0, out.getvalue(), err.getvalue())
