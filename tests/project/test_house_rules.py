"""Rules of the house that no linter knows."""

from __future__ import annotations

import ast
import re
import tomllib
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]
NEUTRAL = ("wire", "protocol", "transport", "client", "server", "cache", "sync")
MODULES = sorted((ROOT / "outlookimap").rglob("*.py"))


def identifiers(tree: ast.AST) -> set[str]:
    names: set[str] = set()
    for node in ast.walk(tree):
        for field in ("id", "attr", "name", "arg", "asname"):
            value = getattr(node, field, None)
            if isinstance(value, str):
                names.add(value)
    return names


@pytest.mark.parametrize("path", MODULES, ids=lambda path: path.relative_to(ROOT).as_posix())
def test_no_product_is_named_in_the_neutral_layers(path: Path) -> None:
    if path.relative_to(ROOT / "outlookimap").parts[0] not in NEUTRAL:
        return
    named = {
        name
        for name in identifiers(ast.parse(path.read_text(encoding="utf-8")))
        if re.search("outlook|exchange", name.replace("outlookimap", ""), re.IGNORECASE) and name != "OutlookImapError"
    }
    assert not named


@pytest.mark.parametrize("path", MODULES, ids=lambda path: path.relative_to(ROOT).as_posix())
def test_modules_stay_small_and_say_what_they_are(path: Path) -> None:
    text = path.read_text(encoding="utf-8")
    tree = ast.parse(text)
    assert ast.get_docstring(tree), "a module says what it is responsible for"
    assert len(text.splitlines()) <= 450
    for node in ast.walk(tree):
        if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef) and node.end_lineno is not None:
            body = node.end_lineno - node.lineno
            assert body <= 75, f"{node.name} is {body} lines long"


def test_lowest_dependencies_are_those_of_the_project() -> None:
    project = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))["project"]
    lowest = (ROOT / "tests/lowest.txt").read_text(encoding="utf-8").splitlines()
    assert sorted(line for line in lowest if not line.startswith("#")) == sorted(
        dependency.replace(">=", "==")
        for dependency in project["dependencies"] + project["optional-dependencies"]["report"]
    )


def test_every_error_class_is_in_one_module() -> None:
    elsewhere = [
        f"{path.name}:{node.name}"
        for path in MODULES
        if path.name != "errors.py"
        for node in ast.walk(ast.parse(path.read_text(encoding="utf-8")))
        if isinstance(node, ast.ClassDef)
        and any(isinstance(base, ast.Name) and re.search("(Error|Exception)$", base.id) for base in node.bases)
    ]
    assert not elsewhere
