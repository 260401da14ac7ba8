"""Runs pytest in pytest with our plugin loaded, whether or not the package is installed."""

from __future__ import annotations

from importlib.metadata import entry_points
from pathlib import Path

import pytest

# What a run within this process imports first is forgotten when it ends, and would be there twice after the next.
import outlookimap.pytest_plugin.client_side
import outlookimap.pytest_plugin.connected
import outlookimap.pytest_plugin.judged
import outlookimap.pytest_plugin.overheard
import outlookimap.pytest_plugin.recordings
import outlookimap.pytest_plugin.server_side  # noqa: F401

PLUGIN = "outlookimap.pytest_plugin"
ROOT = Path(__file__).parents[2]


def loading() -> tuple[str, ...]:
    """Return the options that load the plugin; where the package is installed, pytest loads it by itself."""
    installed = any(point.value == PLUGIN for point in entry_points(group="pytest11"))
    return () if installed else ("-p", PLUGIN)


def run_tests(pytester: pytest.Pytester, source: str, *options: str) -> pytest.RunResult:
    """Run one file of tests in this process."""
    pytester.makepyfile(source)
    return run_there(pytester, *options)


def run_there(pytester: pytest.Pytester, *options: str) -> pytest.RunResult:
    """Run what is there."""
    return pytester.runpytest_inprocess("--strict-markers", *loading(), *options)
