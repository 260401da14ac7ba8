"""How commands write their results: text for people, JSON for programs where `--json FILE` asks for it.

What comes from mail or from servers goes through `harmless_text` before it reaches a terminal.
"""

from __future__ import annotations

import json
import re
import sys
from collections.abc import Iterable, Sequence
from pathlib import Path
from typing import Any

import typer
from rich.console import Console
from rich.table import Table
from rich.text import Text

from outlookimap.client.texts import LONGEST, harmless
from outlookimap.errors import UsageError

_NUMBER = re.compile(r"[\d,]*|-")
_SHORT = 20
_LINE_END = re.compile(r"\r\n|\r|\n")


def json_option(keys: str) -> Any:
    """Return the option ``--json FILE`` of a command; its help says the `keys` that the command writes."""
    return typer.Option("--json", metavar="FILE", help=f"Write JSON to FILE, - is standard output: {keys}.")


def write_json(target: str, value: Any) -> None:
    """Write `value` as JSON to the file `target`, ``-`` for standard output; raises UsageError when it cannot be."""
    text = json.dumps(value, indent=2, ensure_ascii=False) + "\n"
    if target == "-":
        sys.stdout.write(text)
        return
    try:
        Path(target).write_text(text, encoding="utf-8")
    except OSError as error:
        raise UsageError(f"cannot write {target}: {error.strerror}") from error


def harmless_text(text: str) -> str:
    """Return `text` of any length without what could steer a terminal; line ends stay, tabs become spaces.

    Statements: O5:V0019
    """
    return "\n".join(_harmless_line(line.expandtabs()) for line in _LINE_END.split(text))


def _harmless_line(line: str) -> str:
    pieces = (line[at : at + LONGEST] for at in range(0, len(line), LONGEST))
    return "".join(harmless(piece.encode("utf-8", "replace")) for piece in pieces)


def write_rows(headings: Sequence[str], rows: Iterable[Sequence[str]]) -> None:
    """Print a table, made harmless: aligned on a terminal, else one line for each row with tabs between the fields."""
    shown = [[_harmless_line(_LINE_END.sub(" ", field).expandtabs(1)) for field in row] for row in rows]
    if not sys.stdout.isatty():
        sys.stdout.writelines("\t".join(row) + "\n" for row in shown)
        return
    Console().print(table(headings, shown))


def table(headings: Sequence[str], rows: Sequence[Sequence[str]]) -> Table:
    """Return an aligned table of fields that are harmless already; where it is too wide, long fields are cut short."""
    drawn = Table(box=None, pad_edge=False, header_style="bold")
    for at, heading in enumerate(headings):
        fields = [row[at] for row in rows]
        numbers = all(map(_NUMBER.fullmatch, fields))
        # rich narrows the columns that could be wrapped; their text says that it is not
        short = max(map(len, fields), default=0) <= _SHORT
        drawn.add_column(heading, no_wrap=short, justify="right" if numbers else "left")
    for row in rows:
        drawn.add_row(*(Text(field, no_wrap=True, overflow="ellipsis") for field in row))
    return drawn
