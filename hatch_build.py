"""The build's own step: makes the index of statements that an installed package shows.

It runs in the build's environment, where none of the package's dependencies is installed, so it loads the modules that
make the index without running the `__init__` of the packages above them.
"""

from __future__ import annotations

import importlib
import sys
from pathlib import Path
from types import ModuleType
from typing import Any

from hatchling.builders.hooks.plugin.interface import BuildHookInterface

_NAMES = ("outlookimap", "outlookimap.conformance")


def make_index(root: Path) -> Path:
    """Write `outlookimap/statements/index.json` from the tree at `root` and return its path."""
    before = {name: module for name, module in sys.modules.items() if name.partition(".")[0] == "outlookimap"}
    for name in before:
        del sys.modules[name]
    try:
        for name in _NAMES:
            bare = ModuleType(name)
            bare.__path__ = [str(root.joinpath(*name.split(".")))]
            sys.modules[name] = bare
        path: Path = importlib.import_module("outlookimap.conformance.traceability").write_index(root)
        return path
    finally:
        for name in [name for name in sys.modules if name.partition(".")[0] == "outlookimap"]:
            del sys.modules[name]
        sys.modules.update(before)


class StatementIndexHook(BuildHookInterface):  # type: ignore[type-arg,unused-ignore]
    """Adds the index to a wheel; an editable install computes it from the tree instead."""

    def initialize(self, version: str, build_data: dict[str, Any]) -> None:
        """Write the index and have it packed although git ignores it."""
        if version == "editable":
            return
        make_index(Path(self.root))
        build_data["artifacts"].append("/outlookimap/statements/index.json")
