"""Writes the pages that are made from tables: `python docs/generate.py`; a test fails when one is stale."""

from __future__ import annotations

import inspect
from pathlib import Path
from typing import Any

import typer.main

from outlookimap.cli import app
from outlookimap.protocol import diagram
from outlookimap.wire.leniency import Leniency

HERE = Path(__file__).parent


def cli_page() -> str:
    """Return docs/cli.md: every command with its arguments and options."""
    group: Any = typer.main.get_command(app)
    parts = ["# The command line\n", "Made by `docs/generate.py` from the commands themselves.\n"]
    parts += [_command(command, f"outlookimap {name}") for name, command in group.commands.items()]
    parts += [
        "`outlookimap --version` prints the version, `--help` after any command what it takes. Exit status: 0 when it",
        "worked, 1 for a negative answer, 2 when it could not be done (standard error says why), 130 after Ctrl-C.\n",
    ]
    return "\n".join(parts)


def _command(command: Any, name: str) -> str:
    rows = "".join(f"| `{_spelled(param)}` | {param.help} |\n" for param in command.params if param.name != "help")
    return f"## {name}\n\n{inspect.cleandoc(command.help)}\n\n| argument | meaning |\n|---|---|\n{rows}"


def _spelled(param: Any) -> str:
    if param.param_type_name == "argument":
        return str(param.metavar)
    return f"{param.opts[-1]} {param.metavar}" if param.metavar else str(param.opts[-1])


def leniencies_page() -> str:
    """Return docs/leniencies.md: what the readers tolerate, by name."""
    rows = "\n".join(f"| `{leniency.name}` | {leniency.value} |" for leniency in Leniency)
    return (
        "# What is tolerated\n\n"
        "Made by `docs/generate.py` from `outlookimap.wire.leniency`.\n\n"
        "What is sent keeps to the grammar strictly; what is received is read as far as it can be (O5:2.1.3,\n"
        "O5:2.1.4). Each departure from RFC 3501 that is accepted has a name; it stands in the `leniencies` of the\n"
        "value that was read.\n\n"
        "| name | what was accepted |\n|---|---|\n"
        f"{rows}\n"
    )


def pages() -> dict[Path, str]:
    """Return every made page by its path."""
    return {
        HERE / "cli.md": cli_page(),
        HERE / "leniencies.md": leniencies_page(),
        HERE / "protocol.md": diagram.markdown(),
    }


if __name__ == "__main__":
    for path, text in pages().items():
        path.write_text(text, encoding="utf-8")
