"""The syncs that are compared do the same work: what they leave is the same, message by message."""

from __future__ import annotations

import contextlib
import json
import sqlite3
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest
from servers.real_server import RealServer
from support.mailbox import mailbox

from benchmarks import recorded
from benchmarks.children import HERE, python, run
from benchmarks.syncing import OURS, PROGRAMS, compare, contenders

COUNT = 30
COLUMNS = (
    "uid, server_flags, keywords, size, received, sent, subject, sender, recipients, message_id, header_hash, body"
)


@pytest.fixture(scope="module")
def user(dovecot_server: RealServer) -> str:
    """Give a user of Dovecot with the generated mailbox."""
    name = dovecot_server.take_user()
    recorded.fill(dovecot_server, name, COUNT)
    return name


def rows(file: Path, query: str) -> list[Any]:
    with contextlib.closing(sqlite3.connect(file)) as database:
        return database.execute(query).fetchall()


def test_what_imapclient_writes_is_what_we_write(dovecot_server: RealServer, user: str, tmp_path: Path) -> None:
    files = {name: tmp_path / f"{name}.sqlite" for name in ("sync_ours", "sync_imapclient")}
    for module, file in files.items():
        first = run(python(module, dovecot_server.port, user, file, "--words")).said
        again = run(python(module, dovecot_server.port, user, file)).said
        assert (first["new"], again["new"], again["changed"], again["removed"]) == (COUNT, 0, 0, 0)
    for query in (
        f"SELECT {COLUMNS} FROM messages ORDER BY uid",
        "SELECT uid, octets FROM messages JOIN headers ON message = id ORDER BY uid",
        "SELECT uid, octets FROM messages JOIN bodies ON message = id ORDER BY uid",
        "SELECT uid FROM messages JOIN words ON words.rowid = id WHERE words MATCH 'warehouse' ORDER BY uid",
    ):
        ours, theirs = (rows(file, query) for file in files.values())
        assert ours == theirs, query
        assert ours


def test_each_contender_leaves_all_messages(dovecot_server: RealServer, user: str) -> None:
    said: list[str] = []
    among = [one for one in contenders(said.append) if one.name == OURS or one.way in PROGRAMS]
    first, again = compare(among, dovecot_server, user, COUNT, 1, said.append)
    octets = sum(len(mail.octets) for mail in mailbox(COUNT))
    for comparison in (first, again):
        assert [*comparison.samples] == [one.name for one in among]
        for [sample] in comparison.samples.values():
            assert (sample.messages, sample.octets) == (COUNT, octets)


def test_the_command_runs_a_part_and_writes_everything(tmp_path: Path) -> None:
    file = tmp_path / "all.json"
    arguments = ["--small", "--only", "resync", "--rounds", "1", "--json", str(file)]
    done = subprocess.run(
        [sys.executable, HERE / "run.py", *arguments], check=False, capture_output=True, text=True, timeout=100
    )
    assert done.returncode == 0, done.stderr
    written = json.loads(file.read_text())
    assert {"Python", "CPU", "cores", "kernel", "date", "IMAPClient", "SQLite"} <= written["environment"].keys()
    [comparison] = written["comparisons"]
    assert {name: [one["messages"] for one in samples] for name, samples in comparison["samples"].items()} == {
        "ours": [30],
        "imapclient and dicts": [30],
    }
    assert "| imapclient and dicts |" in done.stdout
    assert "| resync: faster than imapclient and dicts | resync | at least 12 | 20 |" in done.stdout
