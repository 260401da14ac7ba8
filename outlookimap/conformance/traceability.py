"""The index: every statement with the values, code, tests, rules of lint and scenarios of the check that cite it.

In a source checkout it is computed from the tree; the build writes it into the wheel as `statements/index.json`, for an
installed package has no tests to look at. This module must know no third-party package, for the build runs it before
anything is installed, and nothing of how `citations` finds things.
"""

from __future__ import annotations

import json
from collections.abc import Collection, Iterable, Sequence
from dataclasses import dataclass
from importlib.resources import files
from pathlib import Path
from textwrap import fill
from typing import TypedDict

from outlookimap.conformance.citations import Found, Kind, collect
from outlookimap.errors import StatementError
from outlookimap.statements.catalogue import State, Statement, all_statements, nearest

INDEX_FILE = "index.json"
_WIDTH = 100


class EntryJson(TypedDict):
    """One element of the list that `outlookimap statement --json` prints."""

    id: str
    edition: str
    gist: str
    section: str
    rfc_section: str
    products: list[str]
    observable: list[str]
    state: str
    reason: str | None
    values: list[str]
    code: list[str]
    tests: list[str]
    rules: list[str]
    scenarios: list[str]


@dataclass(frozen=True, slots=True)
class Entry:
    """One statement and every place that cites it; the fields are the keys of its JSON form, in this order."""

    id: str
    edition: str
    gist: str
    section: str
    rfc_section: str
    products: tuple[str, ...]
    observable: tuple[str, ...]
    state: State
    reason: str | None
    values: tuple[str, ...]
    code: tuple[str, ...]
    tests: tuple[str, ...]
    rules: tuple[str, ...] = ()
    scenarios: tuple[str, ...] = ()

    def to_json(self) -> EntryJson:
        """Return the entry as plain lists and strings."""
        return {
            "id": self.id,
            "edition": self.edition,
            "gist": self.gist,
            "section": self.section,
            "rfc_section": self.rfc_section,
            "products": list(self.products),
            "observable": list(self.observable),
            "state": self.state.value,
            "reason": self.reason,
            "values": list(self.values),
            "code": list(self.code),
            "tests": list(self.tests),
            "rules": list(self.rules),
            "scenarios": list(self.scenarios),
        }

    @classmethod
    def from_json(cls, data: EntryJson) -> Entry:
        """Return the entry that `to_json` wrote."""
        return cls(
            id=data["id"],
            edition=data["edition"],
            gist=data["gist"],
            section=data["section"],
            rfc_section=data["rfc_section"],
            products=tuple(data["products"]),
            observable=tuple(data["observable"]),
            state=State(data["state"]),
            reason=data["reason"],
            values=tuple(data["values"]),
            code=tuple(data["code"]),
            tests=tuple(data["tests"]),
            rules=tuple(data["rules"]),
            scenarios=tuple(data["scenarios"]),
        )


@dataclass(frozen=True, slots=True)
class Index:
    """The entries of all statements, and `faults`: citations that could not be read or lead nowhere."""

    entries: tuple[Entry, ...]
    faults: tuple[str, ...] = ()


def index() -> list[Entry]:
    """Return the entry of every statement: of the checkout this code runs from, else as shipped.

    Raises StatementError where neither a checkout nor the shipped index is there.
    """
    root = source_root()
    if root is not None:
        return list(build(root).entries)
    shipped = files("outlookimap.statements").joinpath(INDEX_FILE)
    if not shipped.is_file():
        raise StatementError("this installation has neither its source tree nor the index the build makes from it")
    return [Entry.from_json(one) for one in json.loads(shipped.read_text("utf-8"))]


def source_root() -> Path | None:
    """Return the root of the checkout this code runs from, or None in an installed package."""
    root = Path(__file__).resolve().parents[2]
    is_checkout = (root / "pyproject.toml").is_file() and (root / "tests").is_dir()
    return root if is_checkout else None


def build(root: Path, statements: Iterable[Statement] | None = None) -> Index:
    """Join the statements (the catalogue's, unless given) with what the tree at `root` cites; raises StatementError."""
    return join(all_statements() if statements is None else tuple(statements), collect(root))


def join(statements: Sequence[Statement], found: Found) -> Index:
    """Join statements with citations; an id that is cited but not known becomes a fault."""
    places: dict[str, dict[Kind, dict[str, None]]] = {
        statement.id: {kind: {} for kind in Kind} for statement in statements
    }
    faults = list(found.faults)
    for citation in found.citations:
        if citation.statement in places:
            places[citation.statement][citation.kind][citation.place] = None
        else:
            near = nearest(citation.statement, places)
            hint = f" (did you mean {near[0]}?)" if near else ""
            faults.append(f"{citation.place} cites {citation.statement}, which is not in the catalogue{hint}")
    entries = tuple(
        Entry(
            id=statement.id,
            edition=statement.edition,
            gist=statement.gist,
            section=statement.section,
            rfc_section=statement.rfc_section,
            products=statement.products,
            observable=statement.observable,
            state=statement.state,
            reason=_reason(statement),
            values=tuple(places[statement.id][Kind.VALUES]),
            code=tuple(places[statement.id][Kind.CODE]),
            tests=tuple(places[statement.id][Kind.TESTS]),
            rules=tuple(places[statement.id][Kind.RULES]),
            scenarios=tuple(places[statement.id][Kind.SCENARIOS]),
        )
        for statement in statements
    )
    return Index(entries, tuple(faults))


def _reason(statement: Statement) -> str | None:
    """Return the reason of the statement's state; one that only refers says where to."""
    if statement.state is State.REFERS and statement.reason is None:
        return f"see {', '.join(statement.refers_to)}"
    return statement.reason


def check(index: Index, *, known_open: Collection[str] = ()) -> list[str]:
    """Return what is wrong with an index, one sentence each; an empty list is a pass.

    Wrong are: its faults; a statement that is acted on without code or without test; an open one that `known_open` does
    not excuse; and an id in `known_open` that is open no more, so that this list can only shrink.
    """
    problems = list(index.faults)
    still_open = {entry.id for entry in index.entries if entry.state is State.OPEN}
    for entry in index.entries:
        if entry.state is State.ACTED:
            missing = [name for name, there in (("code", entry.code), ("test", entry.tests)) if not there]
            if missing:
                problems.append(f"{entry.id} is acted, but no {' and no '.join(missing)} cites it")
        elif entry.id in still_open and entry.id not in known_open:
            problems.append(f"{entry.id} is open: {entry.reason}")
    problems += [
        f"{one} is listed as open and is not: strike it from the list" for one in sorted({*known_open} - still_open)
    ]
    return problems


def write_index(root: Path) -> Path:
    """Write the index of the tree at `root` to where the wheel takes it from, and return that path.

    A tree without tests (a pruned source archive) cannot be judged: an index that is already there stays as it is.
    Raises StatementError where none is.
    """
    target = root / "outlookimap" / "statements" / INDEX_FILE
    if (root / "tests").is_dir():
        entries = [entry.to_json() for entry in build(root).entries]
        target.write_text(json.dumps(entries, indent=1, ensure_ascii=False) + "\n", "utf-8")
    elif not target.is_file():
        raise StatementError(f"{root} has no tests, so the index of statements cannot be made")
    return target


# ---------------------------------------------------------------- for people


def statement_text(entry: Entry) -> str:
    """Return one entry as plain text of a few lines, at most 100 columns wide where words allow."""
    rows: list[tuple[str, Sequence[str]]] = [
        ("section", [f"{entry.section}, on RFC 3501 section {entry.rfc_section}"]),
        ("products", [", ".join(entry.products)]),
        ("seen in", [", ".join(entry.observable)]),
        ("state", [entry.state.value if entry.reason is None else f"{entry.state.value}: {entry.reason}"]),
        ("values", entry.values),
        ("code", entry.code),
        ("tests", entry.tests),
        ("rules", entry.rules),
        ("scenarios", entry.scenarios),
    ]
    lines = [entry.id, _filled(entry.gist, "  ", "  "), ""]
    for name, items in rows:
        for number, item in enumerate(items):
            lines.append(_filled(item, f"  {name if number == 0 else '':<10} ", " " * 13))
    return "\n".join(lines) + "\n"


def catalogue_text(entries: Iterable[Entry]) -> str:
    """Return a list of entries as plain text, one line and the gist each."""
    return "".join(
        f"{entry.id:<10} {entry.state.value:<8} RFC 3501 {entry.rfc_section:<8} "
        f"{len(entry.values)} values, {len(entry.code)} code, {len(entry.tests)} tests, {len(entry.rules)} rules, "
        f"{len(entry.scenarios)} scenarios\n"
        f"{_filled(entry.gist, '  ', '  ')}\n"
        for entry in entries
    )


def _filled(text: str, first: str, following: str) -> str:
    """Wrap a text between words only: the names of tests and functions must survive copying."""
    return fill(
        text,
        _WIDTH,
        initial_indent=first,
        subsequent_indent=following,
        break_long_words=False,
        break_on_hyphens=False,
    )
