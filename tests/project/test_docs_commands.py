"""What the pages tell people to type exists: commands, their options, links and the headings links lead to."""

from __future__ import annotations

import re
import shlex
from pathlib import Path
from typing import Any

import pytest
import typer.main

from outlookimap.cli import app

ROOT = Path(__file__).parents[2]
PAGES = sorted([*ROOT.glob("docs/*.md"), ROOT / "README.md"])
BLOCK = re.compile(r"^[ ]*```(\w*)\n(.*?)^[ ]*```$", re.DOTALL | re.MULTILINE)
MADE = {"docs/cli.md"}  # its tables are the commands themselves
COMMANDS: dict[str, Any] = typer.main.get_command(app).commands  # type: ignore[attr-defined]


def name_of(page: Path) -> str:
    return page.relative_to(ROOT).as_posix()


def typed(page: Path) -> list[list[str]]:
    """Return the words of each `outlookimap COMMAND ...` in the page's blocks and in its running text."""
    text = page.read_text(encoding="utf-8")
    blocks = [block for language, block in BLOCK.findall(text) if language in ("", "console", "sh", "yaml")]
    lines = [line for block in blocks for line in re.sub(r"(?:\\|>-)\n\s+|\n\s+(?=--)", " ", block).splitlines()]
    lines += re.findall(r"`(outlookimap [^`]+)`", BLOCK.sub("", text).replace("\n", " "))
    found = []
    for line in lines:
        for match in re.finditer(r"(?:^|[\s/])outlookimap (?!\[)(?P<rest>[a-z].*)", line):
            words = shlex.split(match["rest"], comments=True, posix=True)
            if words[0] in COMMANDS:
                found.append(words)
    return found


@pytest.mark.parametrize("page", [one for one in PAGES if name_of(one) not in MADE], ids=name_of)
def test_options_that_are_typed_exist(page: Path) -> None:
    for command, *words in typed(page):
        known = {option for param in COMMANDS[command].params for option in [*param.opts, *param.secondary_opts]}
        unknown = [word for word in words if word.startswith("--") and word.partition("=")[0] not in known | {"--help"}]
        assert not unknown, f"outlookimap {command} {' '.join(words)}"


def test_commands_are_found_in_the_pages() -> None:
    """The test above would pass if nothing was found."""
    found = {name_of(page): {words[0] for words in typed(page)} for page in PAGES}
    assert found["docs/check.md"] == {"check", "serve", "statement"}
    assert {"lint", "redact", "record"} <= found["docs/regression.md"]
    assert found["README.md"] >= {"demo", "sync", "serve"}


def headings(page: Path) -> set[str]:
    """Return the fragments under which a page's headings are found."""
    text = BLOCK.sub("", page.read_text(encoding="utf-8"))
    titles = re.findall(r"^#+ (.+)$", text, re.MULTILINE)
    return {re.sub(r"[^\w\- ]", "", title.lower()).replace(" ", "-") for title in titles}


@pytest.mark.parametrize("page", PAGES, ids=name_of)
def test_links_lead_somewhere(page: Path) -> None:
    text = BLOCK.sub("", page.read_text(encoding="utf-8"))
    known = {page: headings(page)}
    for target in re.findall(r"\]\(([^)\s]+)\)", re.sub(r"`[^`\n]*`", "", text)):
        if "://" in target:
            continue
        path, _, fragment = target.partition("#")
        aim = (page.parent / path).resolve() if path else page
        assert aim.exists(), target
        if fragment:
            known.setdefault(aim, headings(aim) if aim.suffix == ".md" else set())
            assert fragment in known[aim], target
