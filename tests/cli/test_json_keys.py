"""The keys of `--json`: those that the help of a command names are those that it writes, in that order."""

from __future__ import annotations

import json
from collections.abc import Iterator
from email.message import EmailMessage
from pathlib import Path
from typing import Any

import pytest
import typer.main
from support.command_line import run

from outlookimap.cli import app
from outlookimap.exchange import ExchangeServer
from outlookimap.mail import Outlook

MESSAGE = "uid, date, sender, recipients, subject, flags, keywords, size, message_id"
RECORDED = """\
# outlookimap recording 1
provenance: synthetic

@tls
S: * OK ready
C: ab12 CAPABILITY
S: * CAPABILITY IMAP4rev1 AUTH=PLAIN
S: ab12 OK done
C: cd34 EXAMINE "INBOX"
S: cd34 BAD first
C: ZZZZ LOGOUT
S: ZZZZ OK
C: gh78 NOOP
S: gh78 OK
"""
"""Lint has violations and, with `--observed`, a remark; a server ends it early, after LOGOUT."""


def spelled(value: Any) -> str:
    """Return the keys of objects as the help has them; those within lists in brackets, of the first of each list."""
    shown = []
    for key, within in value.items():
        objects = isinstance(within, list) and within and isinstance(within[0], dict)
        shown.append(f"{key} ({spelled(within[0])})" if objects else key)
    return ", ".join(shown)


def told(command: str) -> str:
    """Return what the help says of the keys."""
    group = typer.main.get_command(app)
    [option] = [one for one in group.commands[command].params if one.name == "json"]  # type: ignore[attr-defined]
    text: str = option.help
    begin = "Write JSON to FILE, - is standard output: "
    assert text.startswith(begin)
    return text.removeprefix(begin)


def said(*arguments: str | Path) -> Any:
    return json.loads(run(*map(str, arguments), "--json", "-").out)


@pytest.fixture(scope="module")
def server() -> Iterator[ExchangeServer]:
    message = EmailMessage()
    message["Subject"] = "Invoice"
    message.set_content("Attached.\n")
    message.add_attachment(b"%PDF-1.4\n", maintype="application", subtype="pdf", filename="invoice.pdf")
    with ExchangeServer("2019", users={"ann": "pencil"}, mail={"ann": [message]}) as running:
        yield running


@pytest.fixture(scope="module")
def cache(server: ExchangeServer, tmp_path_factory: pytest.TempPathFactory) -> Path:
    file = tmp_path_factory.mktemp("caches") / "ann.sqlite"
    with Outlook(server.url, password="pencil", ca_file=server.ca_file, cache=file) as outlook:
        outlook.sync()
    return file


@pytest.fixture
def recording(tmp_path: Path) -> Path:
    file = tmp_path / "recorded.imap"
    file.write_text(RECORDED, encoding="ascii")
    return file


def test_ls(cache: Path) -> None:
    folders = "name, attributes, special, messages, unread"
    assert spelled(said("ls", cache)[0]) == folders
    assert spelled(said("ls", cache, "INBOX")[0]) == MESSAGE
    assert told("ls") == f"a list of folders ({folders}), with FOLDER of messages ({MESSAGE})."


def test_show(cache: Path) -> None:
    keys = f"{MESSAGE}, attachments (name, content_type, size), text"
    assert spelled(said("show", cache, "INBOX", "1")) == keys
    assert told("show") == f"{keys}."


def test_search(cache: Path) -> None:
    keys = f"folder, {MESSAGE}"
    assert spelled(said("search", cache, "invoice")[0]) == keys
    assert told("search") == f"a list of messages ({keys})."


def test_sync(server: ExchangeServer, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("OUTLOOKIMAP_PASSWORD", "pencil")
    keys = (
        "folders (name, messages, new, changed, removed, error), messages, new, changed, removed, played, refused, "
        "dropped, held, pending, bytes, seconds, commands"
    )
    assert (
        spelled(said("sync", server.url, "--cache", tmp_path / "new.sqlite", "--ca-file", str(server.ca_file))) == keys
    )
    assert told("sync") == f"{keys}."


def test_lint(recording: Path, tmp_path: Path) -> None:
    keys = (
        "file, format, sessions (label, conforms, judged, fragment), profile, conforms, violations (line, statements, "
        "text, expected, observed, session, connection), remarks (line, statements, text), exercised, error"
    )
    bare = "file, format, sessions, profile, conforms, violations, remarks, exercised, error"
    judged, unread = said("lint", "--observed", "--outlook", "2013", recording, tmp_path / "missing")
    assert (spelled(judged), spelled(unread)) == (keys, bare)
    assert told("lint") == f"a list, for each file and profile one object ({keys})."


def test_check() -> None:
    keys = (
        "server, greeting, capabilities, verdict, scenarios (id, outlook, verdict, statements, message, transcript, "
        "known, seconds), leftovers"
    )
    assert spelled(said("check", "--scenario", "flag-kept", "--outlook", "2013")) == keys
    assert told("check") == f"an object ({keys})."


def test_replay(server: ExchangeServer, recording: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("OUTLOOKIMAP_PASSWORD", "pencil")
    found = said("replay", recording, "--against", server.url, "--user", "ann", "--ca-file", str(server.ca_file))
    keys = "file, same, connections, commands, differences (line, side, expected, actual, note"
    assert spelled(found) == f"{keys})"
    assert spelled(found["differences"][-1]) == "line, stopped, unplayed"
    assert told("replay") == f"{keys}; where a conversation ended early line, stopped, unplayed)."


def test_statement() -> None:
    keys = (
        "id, edition, gist, section, rfc_section, products, observable, state, reason, values, code, tests, rules, "
        "scenarios"
    )
    assert spelled(said("statement", "O5:V0055")[0]) == keys
    assert told("statement") == f"a list of statements ({keys})."
