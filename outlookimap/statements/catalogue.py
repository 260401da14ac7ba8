"""The catalogue of statements: reads and checks the `*.toml` files of this folder.

A file describes one edition of one document::

    [document]
    edition = "O5"                          # the prefix of every id in the file
    title = "[MS-STANOIMAP] v5.0"
    products = ["2007", "2010", "2013"]     # for statements without a list of their own

    [[statement]]
    id = "O5:V0055"
    section = "2.2.34"                      # of the document
    rfc_section = "6.4.5"                   # of RFC 3501
    gist = "..."                            # our own words
    observable = ["client-bytes"]           # where it can be seen: see OBSERVABLES
    state = "acted"                         # or refers, excused, open: see State
    refers_to = []                          # for refers: other ids
    reason = "..."                          # required for excused and open

A further edition is a further file; no code names an edition. This module must know neither who cites a statement nor
any third-party package: the build reads it before anything is installed.
"""

from __future__ import annotations

import re
import tomllib
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from difflib import get_close_matches
from enum import StrEnum
from functools import lru_cache
from importlib.resources import files

from outlookimap.errors import StatementError

ID_PATTERN = re.compile(r"(?P<edition>[A-Z]+\d+):(?P<name>[VCE]\d{4}|\d+(?:\.\d+)+[a-z]?)")
"""An id: `O5:V0055`, or the section of a normative variation, `O5:2.1.3`."""

OBSERVABLES = frozenset(
    {
        *(f"{role}-{what}" for role in ("client", "server") for what in ("bytes", "order", "timing", "behaviour")),
        "none",
    }
)
"""Where a statement can be seen: in what a role writes, in which order and when, in what its user notices, nowhere."""

_KEYS = frozenset({"id", "section", "rfc_section", "gist", "products", "observable", "state", "refers_to", "reason"})
_SECTION = re.compile(r"\d+(\.\d+)*[a-z]?")


class State(StrEnum):
    """What became of a statement in this package."""

    ACTED = "acted"
    """Code acts on it, and a test proves it."""
    REFERS = "refers"
    """It only points to others, `refers_to`."""
    EXCUSED = "excused"
    """Nothing can act on it; `reason` says why."""
    OPEN = "open"
    """Nothing acts on it yet; `reason` says what is to come."""


@dataclass(frozen=True, slots=True)
class Statement:
    """One statement of a Microsoft document, in our own words; raises StatementError where it breaks the rules.

    `products` are versions of the document's product (`"2013"`); `section` is the document's, `rfc_section` RFC 3501's.
    """

    id: str
    edition: str
    section: str
    rfc_section: str
    gist: str
    products: tuple[str, ...]
    observable: tuple[str, ...]
    state: State
    refers_to: tuple[str, ...] = ()
    reason: str | None = None

    def __post_init__(self) -> None:
        """Check everything that one statement shows by itself."""
        match = ID_PATTERN.fullmatch(self.id)
        if match is None:
            raise StatementError(f"{self.id!r} does not look like a statement id (`O5:V0055`, `O5:2.1.3`)")
        for broken, complaint in (
            (match["edition"] != self.edition, f"is not of the edition {self.edition}"),
            (_SECTION.fullmatch(self.section) is None, f"has no section but {self.section!r}"),
            (_SECTION.fullmatch(self.rfc_section) is None, f"has no RFC section but {self.rfc_section!r}"),
            (not self.gist.strip(), "has no gist"),
            (not self.products, "names no product"),
            (not self.observable, "does not say where it can be observed"),
            (
                not OBSERVABLES.issuperset(self.observable),
                f"can be observed in one of {sorted(OBSERVABLES)} only, not {list(self.observable)}",
            ),
            (
                self.state in (State.EXCUSED, State.OPEN) and not (self.reason or "").strip(),
                f"is {self.state} without a reason",
            ),
            (
                (self.state is State.REFERS) != bool(self.refers_to),
                "must have `refers_to` if its state is `refers`, and only then",
            ),
            (self.id in self.refers_to, "refers to itself"),
        ):
            if broken:
                raise StatementError(f"{self.id} {complaint}")


def all_statements() -> tuple[Statement, ...]:
    """Return every statement, editions by file name, each in the order of its document; raises StatementError."""
    return tuple(_catalogue().values())


def get(statement_id: str) -> Statement:
    """Return the statement with this id; raises StatementError naming the nearest ids for an unknown one."""
    catalogue = _catalogue()
    found = catalogue.get(statement_id)
    if found is None:
        near = nearest(statement_id, catalogue)
        hint = f"; did you mean {', '.join(near)}?" if near else ""
        raise StatementError(f"there is no statement {statement_id!r}{hint}")
    return found


def nearest(wanted: str, known: Iterable[str]) -> list[str]:
    """Return at most five of the `known` ids that `wanted` may have meant, the likeliest first.

    The same number under another edition, or without one, comes before a slip of the pen.
    """
    known = list(known)
    name = wanted.strip().upper().rpartition(":")[2]
    same_name = [one for one in known if one.upper().partition(":")[2] == name]
    alike = get_close_matches(wanted.strip().upper(), known, n=5, cutoff=0.6)
    return list(dict.fromkeys([*same_name, *alike]))[:5]


def assemble(texts: Mapping[str, str]) -> dict[str, Statement]:
    """Read catalogue files given as name -> TOML text into id -> statement, names in sorted order.

    Raises StatementError for a file that breaks the rules, an id that occurs twice and a `refers_to` without target.
    """
    catalogue: dict[str, Statement] = {}
    for name in sorted(texts):
        for statement in parse(name, texts[name]):
            if statement.id in catalogue:
                raise StatementError(f"{name}: {statement.id} occurs twice")
            catalogue[statement.id] = statement
    for statement in catalogue.values():
        for target in statement.refers_to:
            if target not in catalogue:
                raise StatementError(f"{statement.id} refers to {target}, which is not in the catalogue")
    return catalogue


def parse(name: str, text: str) -> list[Statement]:
    """Read one catalogue file; raises StatementError naming the file and, where there is one, the id."""
    try:
        data = tomllib.loads(text)
    except tomllib.TOMLDecodeError as error:
        raise StatementError(f"{name}: not TOML: {error}") from error
    document = data.get("document")
    rows = data.get("statement", [])
    if not isinstance(document, dict) or not isinstance(document.get("edition"), str):
        raise StatementError(f"{name}: the table [document] with the key `edition` is missing")
    if not isinstance(rows, list) or not all(isinstance(row, dict) for row in rows):
        raise StatementError(f"{name}: statements are written as [[statement]]")
    try:
        products = _strings(document, "products")
        return [_statement(row, document["edition"], products) for row in rows]
    except StatementError as error:
        raise StatementError(f"{name}: {error}") from error


@lru_cache(maxsize=1)
def _catalogue() -> dict[str, Statement]:
    """Return id -> statement over all files of this folder."""
    folder = files("outlookimap.statements")
    return assemble(
        {entry.name: entry.read_text("utf-8") for entry in folder.iterdir() if entry.name.endswith(".toml")}
    )


def _statement(row: Mapping[str, object], edition: str, products: tuple[str, ...]) -> Statement:
    """Turn one [[statement]] table into a Statement; `products` stand in for a list it does not have."""
    shown = row.get("id", "a statement without id")
    unknown = sorted(row.keys() - _KEYS)
    if unknown:
        raise StatementError(f"{shown} has unknown keys: {', '.join(unknown)}")
    state = _string(row, "state")
    if state not in State.__members__.values():
        raise StatementError(f"{shown} has the unknown state {state!r}; known are {', '.join(State)}")
    return Statement(
        id=_string(row, "id"),
        edition=edition,
        section=_string(row, "section"),
        rfc_section=_string(row, "rfc_section"),
        gist=_string(row, "gist"),
        products=_strings(row, "products") if "products" in row else products,
        observable=_strings(row, "observable"),
        state=State(state),
        refers_to=_strings(row, "refers_to"),
        reason=_string(row, "reason") if "reason" in row else None,
    )


def _string(table: Mapping[str, object], key: str) -> str:
    """Return the string under `key`; raises StatementError where there is none."""
    value = table.get(key)
    if not isinstance(value, str):
        raise StatementError(f"{table.get('id', 'a statement without id')}: `{key}` must be a string")
    return value


def _strings(table: Mapping[str, object], key: str) -> tuple[str, ...]:
    """Return the list of strings under `key`, empty where there is none; raises StatementError for anything else."""
    value = table.get(key, [])
    if not isinstance(value, list) or not all(isinstance(one, str) for one in value):
        raise StatementError(f"{table.get('id', '[document]')}: `{key}` must be a list of strings")
    return tuple(value)
