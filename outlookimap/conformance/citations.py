"""Where a source tree cites statements: in docstrings, tests, profile values and scenarios.

Python files are read as syntax trees and never imported; ids that are computed at run time are therefore not seen. This
module must know neither the catalogue (`traceability` joins the two) nor any third-party package: the build runs it
before anything is installed.
"""

from __future__ import annotations

import ast
import re
import tomllib
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from enum import StrEnum
from inspect import cleandoc
from pathlib import Path
from typing import Any

from outlookimap.errors import StatementError
from outlookimap.statements.catalogue import ID_PATTERN

_LABEL = re.compile(r"^[ \t]*Statements:(?P<ids>.*)$", re.MULTILINE)
_STRAY_LABEL = re.compile(r"(?<![`\w])Statements: ?(?=[A-Z]+\d+:)")
_REMARK = re.compile(r"\([^()]*\)")
_SCENARIOS = re.compile(r"outlookimap\.conformance\.scenarios(\..+)?")
_RULES = re.compile(r"outlookimap\.conformance\..+")
_CODE_AND_RULES = re.compile(r"outlookimap\.profiles\.permits")
"""Modules in which what cites judges what others say: the second also acts."""
_ANY_DEFINITION = (ast.FunctionDef, ast.AsyncFunctionDef, ast.ClassDef)


class Kind(StrEnum):
    """What cites: these are the names of the lists in the index."""

    VALUES = "values"
    CODE = "code"
    TESTS = "tests"
    RULES = "rules"
    SCENARIOS = "scenarios"


@dataclass(frozen=True, slots=True)
class Citation:
    """One statement id cited at one place.

    `place` is `outlookimap.client.session:Session.select` for code, `tests/client/test_session.py::test_select` for a
    test, `outlook-2007:values.fetch.headers` for a profile value and `sign-in:plain` for a scenario.
    """

    statement: str
    kind: Kind
    place: str


@dataclass(frozen=True, slots=True)
class Found:
    """What a tree cites, in the order of its paths, and where a citation cannot be read."""

    citations: tuple[Citation, ...]
    faults: tuple[str, ...]


def collect(root: Path) -> Found:
    """Collect the citations of the tree at `root`: `outlookimap/`, its profiles, its scenarios, and `tests/`.

    Raises StatementError for a file that is not Python or TOML.
    """
    citations: list[Citation] = []
    faults: list[str] = []
    package = root / "outlookimap"
    for path in sorted((package / "profiles").glob("*.toml")):
        citations += cited_by_values(path.stem, path.read_text("utf-8"))
    for path in sorted((package / "conformance" / "scenarios").glob("*.toml")):
        citations += cited_by_scenarios(path.stem, path.read_text("utf-8"))
    for path in sorted(package.rglob("*.py")):
        module = ".".join(path.relative_to(root).with_suffix("").parts).removesuffix(".__init__")
        found, broken = cited_by_code(module, path.read_text("utf-8"))
        citations += found
        faults += broken
    for path in sorted((root / "tests").rglob("*.py")):
        citations += cited_by_tests(path.relative_to(root).as_posix(), path.read_text("utf-8"))
    return Found(tuple(citations), tuple(faults))


# ---------------------------------------------------------------- code


def cited_by_code(module: str, source: str) -> tuple[list[Citation], list[str]]:
    """Return the citations in the docstrings of a module's functions, classes and constants, and their faults.

    Where a module judges conversations, what cites there is a rule. What scenarios cite stands in their data, so a
    docstring of theirs that cites is a fault.

    A constant's docstring is the string right below it: a table can be what acts. Ids stand on a line of their own,
    `Statements: O5:V0055, O5:V0040`, which goes on after a trailing comma; remarks in round brackets are skipped. A
    module's own docstring acts on nothing, so one that cites is a fault. Raises StatementError for a source that is
    not Python.
    """
    tree = _parse(module, source)
    judges = _RULES.fullmatch(module) or _CODE_AND_RULES.fullmatch(module)
    kinds = [*([] if _RULES.fullmatch(module) else [Kind.CODE]), *([Kind.RULES] if judges else [])]
    citations: list[Citation] = []
    faults: list[str] = []
    if _LABEL.search(ast.get_docstring(tree) or ""):
        faults.append(f"{module}: a module's docstring cites; the function, class or table that acts must")
    for qualified, docstring in _docstrings(tree):
        place = f"{module}:{qualified}"
        if _SCENARIOS.fullmatch(module) and _LABEL.search(docstring):
            faults.append(f"{place}: what a scenario cites stands in the `statements` of its .toml")
            continue
        for token in _labelled(docstring):
            if ID_PATTERN.fullmatch(token):
                citations += [Citation(token, kind, place) for kind in kinds]
            else:
                faults.append(f"{place}: {token!r} in its `Statements:` line is no id")
        if _STRAY_LABEL.search(_LABEL.sub("", docstring)):
            faults.append(f"{place}: `Statements:` must stand on a line of its own")
    return citations, faults


def _labelled(docstring: str) -> Iterator[str]:
    """Yield the words after each `Statements:` label, over continuation lines."""
    for match in _LABEL.finditer(docstring):
        text = match["ids"]
        for line in docstring[match.end() :].removeprefix("\n").splitlines():
            if not text.rstrip().endswith(","):
                break
            text = f"{text} {line}"
        yield from (word for raw in re.split(r"[,;\s]+", _REMARK.sub(" ", text)) if (word := raw.rstrip(".")))


def _docstrings(node: ast.AST, prefix: str = "") -> Iterator[tuple[str, str]]:
    """Yield every documented name below `node`, dotted, with its docstring, in the order of the source."""
    above: ast.AST | None = None
    for child in ast.iter_child_nodes(node):
        if isinstance(child, _ANY_DEFINITION):
            qualified = f"{prefix}{child.name}"
            yield qualified, ast.get_docstring(child) or ""
            yield from _docstrings(child, f"{qualified}.")
        elif isinstance(child, ast.Expr) and isinstance(child.value, ast.Constant) and isinstance(above, ast.stmt):
            for name, _ in _assignments([above]):
                yield f"{prefix}{name}", cleandoc(str(child.value.value))
        else:
            yield from _docstrings(child, prefix)
        above = child


# ---------------------------------------------------------------- tests


def cited_by_tests(path: str, source: str) -> list[Citation]:
    """Return the citations by `pytest.mark.cites("...")` of the tests in a file, named by pytest's node ids.

    A mark counts on the function, on its class, in `pytestmark` of class or module, and inside a parameter set, written
    in the decorator or in a module's constant that the decorator names. Raises StatementError for a source that is not
    Python.
    """
    tree = _parse(path, source)
    constants = {name: _cited(value) for name, value in _assignments(tree.body)}
    return list(_tests_in(tree.body, path, constants.get("pytestmark", []), constants))


def _tests_in(
    body: Sequence[ast.stmt], place: str, inherited: list[str], constants: dict[str, list[str]]
) -> Iterator[Citation]:
    """Yield the citations of the tests of one module or class body; `inherited` ids hold for each of them."""
    for node in body:
        if not isinstance(node, _ANY_DEFINITION):
            continue
        ids = [*inherited]
        for decorator in node.decorator_list:
            ids += _cited(decorator)
            ids += [
                one for name in ast.walk(decorator) if isinstance(name, ast.Name) for one in constants.get(name.id, [])
            ]
        where = f"{place}::{node.name}"
        if isinstance(node, ast.ClassDef):
            own = dict(_assignments(node.body)).get("pytestmark")
            yield from _tests_in(node.body, where, ids + (_cited(own) if own else []), constants)
        elif node.name.startswith("test"):
            yield from (Citation(one, Kind.TESTS, where) for one in dict.fromkeys(ids))


def _cited(node: ast.AST) -> list[str]:
    """Return the literal arguments of every `….mark.cites(...)` call in an expression."""
    return [
        argument.value
        for call in ast.walk(node)
        if isinstance(call, ast.Call)
        and isinstance(call.func, ast.Attribute)
        and call.func.attr == "cites"
        and ast.unparse(call.func.value).split(".")[-1] == "mark"
        for argument in call.args
        if isinstance(argument, ast.Constant) and isinstance(argument.value, str)
    ]


def _assignments(body: Sequence[ast.stmt]) -> Iterator[tuple[str, ast.expr]]:
    """Yield name and value of every plain assignment in a body."""
    for node in body:
        if isinstance(node, ast.Assign):
            yield from ((target.id, node.value) for target in node.targets if isinstance(target, ast.Name))
        elif isinstance(node, ast.AnnAssign) and isinstance(node.target, ast.Name) and node.value is not None:
            yield node.target.id, node.value


# ---------------------------------------------------------------- profile values


def cited_by_values(profile: str, text: str) -> list[Citation]:
    """Return the citations of a profile file's values and of those of its alternatives.

    A value is a table with the key `value`, at any depth below `[values]` or `[alternatives.NAME.values]`; its `cites`
    holds the ids. Raises StatementError where the text is not TOML.
    """
    data = _toml(profile, text)
    return [
        Citation(one, Kind.VALUES, f"{profile}:{path}")
        for table in ("values", "alternatives")
        for path, cites in _values(data.get(table), table)
        for one in cites
    ]


def _values(node: object, path: str) -> Iterator[tuple[str, list[str]]]:
    """Yield path and ids of every value at or below `node`."""
    if isinstance(node, dict):
        if "value" in node:
            yield path, _ids(node.get("cites", []))
        else:
            for key, child in node.items():
                yield from _values(child, f"{path}.{key}")
    elif isinstance(node, list):
        for number, child in enumerate(node):
            yield from _values(child, f"{path}[{number}]")


# ---------------------------------------------------------------- scenarios


def cited_by_scenarios(theme: str, text: str) -> list[Citation]:
    """Return the citations of a file of scenarios: the `statements` of each `[[scenario]]`, named `theme:id`.

    What else a scenario must have is not looked at. Raises StatementError where the text is not TOML or has no tables.
    """
    scenarios = _toml(theme, text).get("scenario", [])
    if not isinstance(scenarios, list) or not all(isinstance(scenario, dict) for scenario in scenarios):
        raise StatementError(f"{theme}: scenarios are written as [[scenario]]")
    return [
        Citation(one, Kind.SCENARIOS, f"{theme}:{scenario.get('id', '?')}")
        for scenario in scenarios
        for one in _ids(scenario.get("statements", []))
    ]


# ---------------------------------------------------------------- files


def _ids(cites: object) -> list[str]:
    """Return the ids of a list; one that stands alone is a list of one."""
    return [str(one) for one in cites] if isinstance(cites, list) else [str(cites)]


def _toml(name: str, text: str) -> dict[str, Any]:
    """Read TOML; raises StatementError naming the file."""
    try:
        return tomllib.loads(text)
    except tomllib.TOMLDecodeError as error:
        raise StatementError(f"{name}: not TOML: {error}") from error


def _parse(name: str, source: str) -> ast.Module:
    """Parse Python; raises StatementError naming the file."""
    try:
        return ast.parse(source)
    except (SyntaxError, ValueError) as error:
        raise StatementError(f"{name}: not Python: {error}") from error
