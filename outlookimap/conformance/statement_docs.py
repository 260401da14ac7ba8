"""Writes `docs/conformance.md` from the index: where every statement is set, acted on, linted, checked and tested.

Must not know how the index is made.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Iterator, Sequence

from outlookimap.conformance.traceability import Entry
from outlookimap.statements import State

DOCUMENTS = {
    "O5": "[MS-STANOIMAP] v5.0, on Outlook 2007, 2010 and 2013",
    "X10": "[MS-STANXIMAP] v10.0, on Exchange 2007 to 2019",
    "X3": "[MS-STANXIMAP] v3.0, on Exchange 2007 and 2010",
    "X1": "[MS-STANXIMAP] v1.0, on Exchange 2007 SP1",
}
"""The editions in the order of the page."""

_HEAD = """\
# Where every statement stands

Made by `docs/generate.py` from the tree itself; a test fails when this page is stale.

Microsoft says in four editions of two documents how its IMAP client and its IMAP service differ from RFC 3501. Here is
every one of these statements, in our own words, and what of this project rests on it:

* **set**: the values of profiles ([`outlookimap/profiles/*.toml`](../outlookimap/profiles/)) that cite it. Later
  versions inherit the values of the one they are based on. `name: value` is the value of an alternative that can be
  switched on.
* **acted on**: the functions, classes and tables that cite it, by module below `outlookimap`.
* **linted**: the rules that judge recordings by it ([lint](lint.md)), by module.
* **checked**: the scenarios that judge servers by it ([scenarios](scenarios.md)).
* **tested**: the files below [`tests`](../tests/) with how many of their tests cite it.

`outlookimap statement O5:V0055` prints one of them with the names of its tests, `outlookimap statement --json -` all. A
statement that only **refers** to others says to which; an **excused** one is about what neither the product nor this
project decides, and says why.

## In numbers

"""
_MARKUP = re.compile(r"(?P<address>\S+://\S+)|(?P<sign>[*_<>|`\[\]]|\\(?=[!-/:-@\[-`{-~]))")
_ID = re.compile(r"\b[A-Z]+\d+:(?:[VCE]\d{4}|\d+(?:\.\d+)+[a-z]?)\b")
_STATES = (State.ACTED, State.REFERS, State.EXCUSED, State.OPEN)
_KINDS: dict[str, Callable[[Entry], tuple[str, ...]]] = {
    "set": lambda entry: entry.values,
    "acted on": lambda entry: entry.code,
    "linted": lambda entry: entry.rules,
    "checked": lambda entry: entry.scenarios,
    "tested": lambda entry: entry.tests,
}


def markdown(entries: Sequence[Entry]) -> str:
    """Return the page."""
    editions = [*DOCUMENTS, *sorted({entry.edition for entry in entries} - DOCUMENTS.keys())]
    by_edition = {edition: [entry for entry in entries if entry.edition == edition] for edition in editions}
    parts = [_HEAD, _numbers({edition: rows for edition, rows in by_edition.items() if rows}, entries)]
    for edition, rows in by_edition.items():
        if rows:
            parts.append(f"\n## {edition}: {DOCUMENTS.get(edition, 'another document')}\n")
            parts += [_block(entry) for entry in rows]
    return "".join(parts)


def anchor(statement: str) -> str:
    """Return the fragment of the address at which the page shows a statement: ``o5v0055``."""
    return re.sub(r"[^a-z0-9]", "", statement.lower())


def link(statement: str, page: str = "conformance.md") -> str:
    """Return a link to what the page says of a statement; the page itself calls itself ``""``."""
    return f"[{statement}]({page}#{anchor(statement)})"


def plain(text: str) -> str:
    """Return a text of people so that markdown shows it as it is, in cells of tables too; addresses stay links."""
    return _MARKUP.sub(lambda found: found["address"] or f"\\{found['sign']}", text)


def linked(text: str, page: str = "conformance.md") -> str:
    """Return a text of people as `plain` does, with the ids in it leading to their statements."""
    return _ID.sub(lambda found: link(found[0], page), plain(text))


def _numbers(by_edition: dict[str, list[Entry]], entries: Sequence[Entry]) -> str:
    """Return the table of counts: of statements by their state, and of those that each kind of place cites."""
    columns = ["statements", *(state.value for state in _STATES), *_KINDS]
    rows = [f"| edition | {' | '.join(columns)} |", f"|---{'|---:' * len(columns)}|"]
    for name, those in (*by_edition.items(), ("all", entries)):
        counts = [
            len(those),
            *(sum(entry.state is state for entry in those) for state in _STATES),
            *(sum(bool(places(entry)) for entry in those) for places in _KINDS.values()),
        ]
        rows.append(f"| {name} | {' | '.join(map(str, counts))} |")
    return "\n".join(rows) + "\n"


def _block(entry: Entry) -> str:
    """Return what there is to say of one statement."""
    versions = ", ".join(entry.products)
    lines = [f"\n### {entry.id}\n", f"{plain(entry.gist)} *RFC 3501 {entry.rfc_section}; {versions}.*\n"]
    if entry.state is not State.ACTED:
        lines.append(f"**{entry.state.value}**: {linked(entry.reason or '', '')}\n")
    shown = {
        "set": _by_owner(entry.values, lambda owner: f"`{owner}`", _value),
        "acted on": _by_owner(entry.code, _module, str),
        "linted": _by_owner(entry.rules, _module, str),
        "checked": "; ".join(f"[`{place}`](scenarios.md#{place.partition(':')[2]})" for place in entry.scenarios),
        "tested": _tests(entry.tests),
    }
    items = [f"* **{name}**: {places}" for name, places in shown.items() if places]
    return "\n".join([*lines, *items]) + ("\n" if items else "")


def _by_owner(places: Iterable[str], owned: Callable[[str], str], named: Callable[[str], str]) -> str:
    """Return places written `owner:name`, each owner once with all its names."""
    return "; ".join(
        f"{owned(owner)}: {', '.join(f'`{named(name)}`' for name in names)}" for owner, names in _grouped(places, ":")
    )


def _grouped(places: Iterable[str], separator: str) -> Iterator[tuple[str, list[str]]]:
    groups: dict[str, list[str]] = {}
    for place in places:
        owner, _, name = place.partition(separator)
        groups.setdefault(owner, []).append(name)
    yield from groups.items()


def _value(path: str) -> str:
    """Return the name of a value: those of an alternative keep its name before them."""
    return path.removeprefix("values.").removeprefix("alternatives.").replace(".values.", ": ", 1)


def _module(name: str) -> str:
    return name.removeprefix("outlookimap.")


def _tests(places: Iterable[str]) -> str:
    return ", ".join(f"`{file.removeprefix('tests/')}` {len(names)}" for file, names in _grouped(places, "::"))
