"""The page about the states is what the tables say."""

from __future__ import annotations

import runpy
from pathlib import Path

import pytest

from outlookimap.protocol import diagram
from outlookimap.protocol.diagram import REGENERATE, markdown

PAGE = Path(__file__).parents[2] / "docs" / "protocol.md"


def test_the_page_is_what_the_tables_draw() -> None:
    assert PAGE.read_text(encoding="utf-8") == markdown(), f"docs/protocol.md is stale: run `{REGENERATE}`"


def test_the_module_writes_the_page(capsys: pytest.CaptureFixture[str]) -> None:
    runpy.run_path(str(diagram.__file__), run_name="__main__")
    assert capsys.readouterr().out == markdown()


@pytest.mark.parametrize(
    "line",
    [
        # RFC 3501 section 3, the state diagram, transitions (1) to (7)
        "CONNECTED --> NOT_AUTHENTICATED : greeting OK",
        "CONNECTED --> AUTHENTICATED : greeting PREAUTH",
        "CONNECTED --> LOGOUT : greeting BYE",
        "NOT_AUTHENTICATED --> AUTHENTICATED : LOGIN OK, AUTHENTICATE OK",
        "AUTHENTICATED --> SELECTED : SELECT OK, EXAMINE OK",
        "SELECTED --> AUTHENTICATED : SELECT NO, EXAMINE NO, CLOSE OK, UNSELECT OK",
        "SELECTED --> LOGOUT : LOGOUT OK, BYE",
        # the flows
        "COMMANDS --> LITERAL : a literal is announced",
        "COMMANDS --> AUTHENTICATING : AUTHENTICATE",
        "COMMANDS --> IDLING : IDLE",
        "IDLING --> COMMANDS : DONE, or tagged response",
        "COMMANDS --> TLS : STARTTLS OK",
    ],
)
def test_transitions(line: str) -> None:
    assert f"    {line}\n" in markdown()


@pytest.mark.parametrize(
    "row",
    [
        "| NOOP | yes | yes | yes |  |  |",
        "| LOGIN | yes |  |  | OK: authenticated |  |",
        "| SELECT |  | yes | yes | OK: selected; NO: authenticated |  |",
        "| FETCH |  |  | yes |  |  |",
        "| LOGOUT | yes | yes | yes | OK: logout | nothing may follow before it has ended |",
        "| IDLE |  | yes | yes |  | nothing may follow before it has ended; IDLE, ended by DONE |",
    ],
)
def test_rows(row: str) -> None:
    assert f"{row}\n" in markdown()


def test_no_line_is_drawn_twice() -> None:
    drawn = [line for line in markdown().splitlines() if " --> " in line]
    assert len(drawn) == len(set(drawn)) > 20
