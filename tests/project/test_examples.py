"""Every script of examples/ runs against an embedded server and does what it says."""

from __future__ import annotations

import contextlib
import datetime as dt
import mailbox
import os
import subprocess
import sys
import time
from collections.abc import Iterator
from email.message import EmailMessage
from pathlib import Path

import pytest

from outlookimap.exchange import ExchangeServer
from outlookimap.server.store import Incoming

ROOT = Path(__file__).parents[2]
ENVIRONMENT = {**os.environ, "OUTLOOKIMAP_PASSWORD": "pencil", "PYTHONPATH": str(ROOT), "PYTHONUTF8": "1"}
NOW = dt.datetime(2024, 3, 4, 8, 30, tzinfo=dt.UTC)


def mail(number: int) -> Incoming:
    message = EmailMessage()
    message["From"] = "ada@example.com"
    message["Subject"] = f"Größe {number}"
    message["Message-ID"] = f"<{number}@example.com>"
    message.set_content(f"This is message {number}.\n")
    return Incoming(message.as_bytes(), (), NOW + dt.timedelta(hours=number))


@pytest.fixture
def server() -> Iterator[ExchangeServer]:
    """Give a server where ann has three messages and bob the first two of them."""
    mails = {"ann": [mail(0), mail(1), mail(2)], "bob": [mail(0), mail(1)]}
    with ExchangeServer("2019", users={"ann": "pencil", "bob": "pencil"}, mail=mails) as running:
        yield running


def example(name: str, *arguments: str, code: int = 0) -> str:
    done = subprocess.run(
        [sys.executable, str(ROOT / "examples" / name), *arguments],
        env=ENVIRONMENT, capture_output=True, text=True, timeout=60, check=False,
    )  # fmt: skip
    assert done.returncode == code, done.stderr
    assert done.stderr == ""
    return done.stdout


@pytest.fixture
def arguments(server: ExchangeServer, tmp_path: Path) -> list[str]:
    return [server.url, "--ca-file", str(server.ca_file), "--cache", str(tmp_path / "ann.sqlite")]


def test_every_example_is_run_here() -> None:
    text = Path(__file__).read_text(encoding="utf-8")
    assert [path.name for path in (ROOT / "examples").glob("*.py") if f'example("{path.name}"' not in text] == []


def test_first_look(server: ExchangeServer) -> None:
    shown = example("first_look.py", server.url, "--ca-file", str(server.ca_file), "--outlook", "2007")
    assert "3 messages in the inbox\n1 Größe 0\n" in shown


def test_watch(server: ExchangeServer, arguments: list[str]) -> None:
    assert example("watch.py", *arguments, "--seconds", "0.1") == ""
    command = [sys.executable, str(ROOT / "examples" / "watch.py"), *arguments]
    with subprocess.Popen(command, env=ENVIRONMENT, stdout=subprocess.PIPE, text=True) as process:
        assert process.stdout is not None
        try:
            server.other_protocol.add("ann", "INBOX", mail(9).octets)
            assert process.stdout.readline() == "INBOX: ada@example.com: Größe 9\n"
            server.other_protocol.remove("ann", "INBOX", 2)
            assert process.stdout.readline() == "INBOX: message 2 was removed\n"
        finally:
            process.kill()


def test_read_unread(server: ExchangeServer, arguments: list[str]) -> None:
    server.other_protocol.flag("ann", "INBOX", 2, [b"\\Seen"])
    shown = example("read_unread.py", *arguments)
    assert shown.index("ada@example.com: Größe 0") < shown.index("This is message 0.") < shown.index("Größe 2")
    assert "Größe 1" not in shown
    assert all(message.has(b"\\Seen") for message in server.other_protocol.messages("ann", "INBOX"))
    assert example("read_unread.py", *arguments) == ""


def test_archive_old(server: ExchangeServer, arguments: list[str]) -> None:
    server.other_protocol.add("ann", "INBOX", b"Subject: of today\r\n\r\nHi\r\n")
    assert example("archive_old.py", *arguments, "--days", "30", "--purge") == "3 of 4 messages moved to Archive\n"
    assert [message.uid for message in server.other_protocol.messages("ann", "INBOX")] == [4]
    assert len(server.other_protocol.messages("ann", "Archive")) == 3
    assert example("archive_old.py", *arguments, "--days", "30") == "0 of 1 messages moved to Archive\n"


def test_offline_edits(server: ExchangeServer, arguments: list[str]) -> None:
    example("read_unread.py", *arguments)
    example("read_unread.py", *arguments, "--folder", "Drafts")
    before = len(server.commands)
    shown = example("offline_edits.py", *arguments, "--flag", "message 1")
    assert shown.splitlines() == [
        "waits: flag a message in 'INBOX'", "waits: add a message to 'Drafts'", "2 changes made, 0 wait",
    ]  # fmt: skip
    flagged = [message.has(b"\\Flagged") for message in server.other_protocol.messages("ann", "INBOX")]
    assert flagged == [False, True, False]
    assert len(server.other_protocol.messages("ann", "Drafts")) == 1
    assert len(server.commands) > before


def selects(server: ExchangeServer) -> int:
    return sum(command.name == "SELECT" for command in server.commands)


def test_watch_folder(server: ExchangeServer, arguments: list[str]) -> None:
    assert example("watch_folder.py", *arguments, "--every", "0.01", "--times", "2") == ""
    before = selects(server)
    command = [sys.executable, str(ROOT / "examples" / "watch_folder.py"), *arguments, "--every", "0.05"]
    with subprocess.Popen(command, env=ENVIRONMENT, stdout=subprocess.PIPE, text=True) as process:
        assert process.stdout is not None
        try:
            while selects(server) < before + 2:  # it has looked once, and knows what is there
                assert process.poll() is None
                time.sleep(0.02)
            server.other_protocol.add("ann", "INBOX", mail(9).octets)
            assert process.stdout.readline() == "4 ada@example.com: Größe 9\n"
        finally:
            process.kill()


def test_export_mbox(arguments: list[str], tmp_path: Path) -> None:
    example("read_unread.py", *arguments)
    target = tmp_path / "inbox.mbox"
    shown = example("export_mbox.py", arguments[-1], "INBOX", str(target))
    assert shown == "3 messages written, 0 are not downloaded\n"
    with contextlib.closing(mailbox.mbox(target, create=False)) as file:
        written = list(file)
    assert [message["Message-ID"] for message in written] == ["<0@example.com>", "<1@example.com>", "<2@example.com>"]
    assert written[0].get_from() == "MAILER-DAEMON Mon Mar  4 08:30:00 2024"


def test_compare_servers(server: ExchangeServer) -> None:
    places = (server.url_for("ann"), server.url_for("bob"))
    trusting = ("--ca-file", str(server.ca_file))
    shown = example("compare_servers.py", *places, *trusting, code=1)
    assert shown == "only on the first: INBOX: Größe 2\n3 and 2 messages\n"
    assert example("compare_servers.py", places[0], places[0], *trusting) == "3 and 3 messages\n"
