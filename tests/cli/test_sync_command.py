"""`outlookimap sync` as a user meets it."""

from __future__ import annotations

import json
import os
import pty
import re
import signal
import socket
import stat
import subprocess
import sys
from collections.abc import Iterator
from email.message import EmailMessage
from pathlib import Path
from typing import Any

import pytest
from support.command_line import Done, run

from outlookimap.exchange import ExchangeServer
from outlookimap.mail import Outlook
from outlookimap.traffic import read
from outlookimap.transport.tap import Sender

PASSWORD = "correct horse"
MESSAGES = 12
SECONDS = 60.0


def mail(number: int) -> EmailMessage:
    message = EmailMessage()
    message["From"] = "Ada Berg <ada@example.com>"
    message["To"] = "ann@example.com"
    message["Subject"] = f"Number {number}"
    message["Message-ID"] = f"<{number}@example.com>"
    message.set_content("Hello.\n" * 20)
    return message


@pytest.fixture
def server(monkeypatch: pytest.MonkeyPatch) -> Iterator[ExchangeServer]:
    monkeypatch.setenv("OUTLOOKIMAP_PASSWORD", PASSWORD)
    mails = [mail(number) for number in range(MESSAGES)]
    with ExchangeServer("2019", users={"ann": PASSWORD, "bob": PASSWORD}, mail={"ann": mails}) as running:
        yield running


def arguments(server: ExchangeServer, cache: Path, *options: str) -> list[str]:
    return ["sync", server.url, "--cache", str(cache), "--ca-file", str(server.ca_file), *options]


def sync(server: ExchangeServer, cache: Path, *options: str) -> Done:
    return run(*arguments(server, cache, *options))


def report(server: ExchangeServer, cache: Path, *options: str) -> dict[str, Any]:
    done = sync(server, cache, *options, "--json", "-")
    assert done.code == 0, done.err
    said: dict[str, Any] = json.loads(done.out)
    return said


def test_a_first_sync_and_a_second(server: ExchangeServer, tmp_path: Path) -> None:
    cache = tmp_path / "ann.sqlite"
    done = sync(server, cache)
    assert (done.code, done.err) == (0, "")
    assert done.out.startswith(f"INBOX: {MESSAGES} new, 0 changed, 0 removed, {MESSAGES} in all\n")
    last = done.out.splitlines()[-1]
    assert re.match(r"5 folders with 12 messages: 12 new, 0 changed, 0 removed; .* commands in \d", last)
    assert stat.S_IMODE(cache.stat().st_mode) == 0o600
    server.other_protocol.add("ann", "INBOX", mail(99).as_bytes())
    server.other_protocol.flag("ann", "INBOX", 1, [b"\\Seen"])
    server.other_protocol.remove("ann", "INBOX", 2)
    assert "INBOX: 1 new, 1 changed, 1 removed, 12 in all\n" in sync(server, cache).out


def test_what_json_has(server: ExchangeServer, tmp_path: Path) -> None:
    said = report(server, tmp_path / "ann.sqlite")
    assert list(said) == [
        "folders", "messages", "new", "changed", "removed", "played", "refused", "dropped", "held", "pending",
        "bytes", "seconds", "commands",
    ]  # fmt: skip
    [inbox] = [folder for folder in said["folders"] if folder["name"] == "INBOX"]
    assert inbox == {"name": "INBOX", "messages": 12, "new": 12, "changed": 0, "removed": 0, "error": None}
    assert (said["messages"], said["new"], said["refused"], said["pending"]) == (12, 12, [], 0)
    assert said["bytes"] > 12 * 140
    assert said["seconds"] > 0
    names = [command.name for command in server.commands]
    assert said["commands"] == len(names[names.index("LIST") :]) - 1  # from the folder list to LOGOUT


def test_json_in_a_file_leaves_the_summary_on_the_screen(server: ExchangeServer, tmp_path: Path) -> None:
    done = sync(server, tmp_path / "ann.sqlite", "--json", str(tmp_path / "report.json"))
    assert "12 messages" in done.out
    assert json.loads((tmp_path / "report.json").read_text(encoding="utf-8"))["messages"] == 12


def test_only_headers_of_only_one_folder(server: ExchangeServer, tmp_path: Path) -> None:
    said = report(server, tmp_path / "ann.sqlite", "--headers-only", "--folder", "inbox")
    assert [folder["name"] for folder in said["folders"]] == ["INBOX"]
    with Outlook(cache=tmp_path / "ann.sqlite", offline=True) as outlook:
        assert not any(message.downloaded for message in outlook.folder("INBOX").messages())


@pytest.mark.parametrize("version", ["2007", "2010", "2013"])
def test_every_outlook_syncs(server: ExchangeServer, tmp_path: Path, version: str) -> None:
    assert report(server, tmp_path / "ann.sqlite", "--outlook", version)["new"] == 12


def test_a_recording_has_no_password(server: ExchangeServer, tmp_path: Path) -> None:
    record = tmp_path / "sync.imap"
    assert sync(server, tmp_path / "ann.sqlite", "--record", str(record), "--mechanism", "PLAIN").code == 0
    said = read(record).octets(Sender.CLIENT)
    assert b"AUTHENTICATE PLAIN" in said
    assert PASSWORD.encode() not in said


def test_changes_made_offline_are_sent_first(server: ExchangeServer, tmp_path: Path) -> None:
    cache = tmp_path / "ann.sqlite"
    report(server, cache)
    with Outlook(cache=cache, offline=True) as outlook:
        outlook.folder("INBOX").message(1).flag()
    assert report(server, cache)["played"] == 1
    assert server.other_protocol.messages("ann", "INBOX")[0].has(b"\\Flagged")


def test_a_change_that_is_refused_is_said_and_the_rest_goes_on(server: ExchangeServer, tmp_path: Path) -> None:
    cache = tmp_path / "ann.sqlite"
    report(server, cache)
    with Outlook(cache=cache, offline=True) as outlook:
        outlook.folder("INBOX").message(1).flag()
    server.other_protocol.add("ann", "INBOX", mail(99).as_bytes())
    server.faults.add('when=UID STORE;do=skip,condition=no,text="Not \x1b[31m now."')
    done = sync(server, cache)
    assert done.code == 1
    assert "INBOX: 1 new" in done.out
    assert done.err.startswith("outlookimap: a change was not made: ")
    assert "Not" in done.err
    assert "\x1b" not in done.err


def test_a_folder_that_fails_does_not_stop_the_others(server: ExchangeServer, tmp_path: Path) -> None:
    server.faults.add("when=SELECT*Drafts*;do=skip,condition=no,text=Not today.")
    done = sync(server, tmp_path / "ann.sqlite")
    assert done.code == 1
    assert done.out.startswith("INBOX: 12 new")
    assert re.fullmatch(r"outlookimap: Drafts: .*Not today\..*\n", done.err)


@pytest.mark.parametrize(
    ("options", "says"),
    [
        (("--outlook", "2016"), "there is no client profile '2016'"),
        (("--folder", "Inbux"), "no folder 'Inbux' in the local copy: did you mean 'INBOX'?"),
        (("--encryption", "none"), "imaps:// contradicts --encryption none"),
        (("--ca-file", "/no/such/ca.pem"), "--ca-file /no/such/ca.pem cannot be read"),
        (("--mechanism", "NTLM"), "no way of signing in is left"),
        (("--password-file", "/no/such/file"), "--password-file /no/such/file cannot be read"),
        (("--cache", "/no/such/directory/cache"), "/no/such/directory/cache"),
        (("--record", "/no/such/directory/record"), "the recording cannot be written"),
        (("--json", "/no/such/directory/report"), "cannot write /no/such/directory/report"),
    ],
    ids=str,
)
def test_errors_are_one_line(server: ExchangeServer, tmp_path: Path, options: tuple[str, ...], says: str) -> None:
    done = sync(server, tmp_path / "ann.sqlite", *options)
    assert done.code == 2, done
    assert done.err.startswith("outlookimap: ")
    assert says in done.err
    assert done.err.count("\n") == 1


def test_a_wrong_password_leaves_the_cache_to_the_next(
    server: ExchangeServer, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    cache = tmp_path / "ann.sqlite"
    done = sync(server, cache, "--user", "nobody")
    assert done.code == 2
    assert done.err.startswith("outlookimap: signing in failed (PLAIN: NO AUTHENTICATE failed.")
    monkeypatch.setenv("OUTLOOKIMAP_PASSWORD", "wrong cow")
    done = sync(server, cache)
    assert done.code == 2
    assert done.err.startswith("outlookimap: signing in failed (PLAIN: NO AUTHENTICATE failed.")
    assert "wrong cow" not in done.err
    monkeypatch.setenv("OUTLOOKIMAP_PASSWORD", PASSWORD)
    assert sync(server, cache).code == 0


def test_a_cache_belongs_to_one_account(server: ExchangeServer, tmp_path: Path) -> None:
    cache = tmp_path / "ann.sqlite"
    assert sync(server, cache).code == 0
    done = sync(server, cache, "--user", "bob")
    assert done.code == 2
    assert "ann" in done.err
    assert "bob" in done.err


def test_a_dead_port(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("OUTLOOKIMAP_PASSWORD", PASSWORD)
    with socket.create_server(("127.0.0.1", 0)) as free:
        port = free.getsockname()[1]
    done = run("sync", f"imaps://ann@127.0.0.1:{port}/", "--cache", str(tmp_path / "ann.sqlite"))
    assert done.code == 2
    assert str(port) in done.err
    assert done.err.count("\n") == 1


def test_a_file_that_is_no_cache_is_left_alone(server: ExchangeServer, tmp_path: Path) -> None:
    file = tmp_path / "letter.txt"
    file.write_text("Dear Ada,\n" * 1000)
    done = sync(server, file)
    assert done.code == 2
    assert str(file) in done.err
    assert file.read_text() == "Dear Ada,\n" * 1000


@pytest.mark.cites("O5:C0002")
def test_a_connection_that_breaks(server: ExchangeServer, tmp_path: Path) -> None:
    cache = tmp_path / "ann.sqlite"
    server.faults.add(r"when=*FETCH*HEADER*;do=close,half=yes,on=\A\* 7 FETCH")
    done = sync(server, cache)
    assert done.code == 2
    assert done.err.startswith(f"outlookimap: {cache} keeps what has arrived; the next sync goes on from there\n")
    server.faults.clear()
    said = report(server, cache)
    assert said["messages"] == MESSAGES
    assert said["new"] == MESSAGES - 6


@pytest.fixture
def terminal() -> Iterator[tuple[int, int]]:
    """Give both ends of a terminal: ours, and that of the program."""
    ours, theirs = pty.openpty()
    yield ours, theirs
    os.close(theirs)
    os.close(ours)


def started(server: ExchangeServer, cache: Path, theirs: int) -> subprocess.Popen[bytes]:
    """Start a sync on a terminal."""
    command = [sys.executable, "-m", "outlookimap.cli", *arguments(server, cache)]
    environment = {**os.environ, "TERM": "xterm-256color", "COLUMNS": "100"}
    return subprocess.Popen(command, stdin=theirs, stdout=theirs, stderr=theirs, env=environment)


def shown(ours: int, until: str, so_far: str = "") -> str:
    """Read what the terminal shows until something is there."""
    while until not in so_far:
        so_far += os.read(ours, 65536).decode()
    return so_far


def test_a_terminal_gets_a_bar(server: ExchangeServer, tmp_path: Path, terminal: tuple[int, int]) -> None:
    ours, theirs = terminal
    process = started(server, tmp_path / "ann.sqlite", theirs)
    text = shown(ours, "commands in")
    assert process.wait(SECONDS) == 0
    assert re.search(r"INBOX +.*━.*\d+/\d+", text)
    assert text.index("━") < text.index("INBOX: 12 new")


@pytest.mark.cites("O5:C0002")
def test_ctrl_c_in_the_middle(server: ExchangeServer, tmp_path: Path, terminal: tuple[int, int]) -> None:
    ours, theirs = terminal
    cache = tmp_path / "ann.sqlite"
    server.faults.add(r"when=*FETCH*HEADER*;do=stall,on=\A\* 7 FETCH")
    process = started(server, cache, theirs)
    text = shown(ours, "6/")
    process.send_signal(signal.SIGINT)
    text = shown(ours, "outlookimap: interrupted", text)
    assert process.wait(SECONDS) == 130
    assert f"outlookimap: {cache} keeps what has arrived; the next sync goes on from there\r\n" in text
    assert "Traceback" not in text
    server.faults.clear()
    said = report(server, cache)
    assert (said["messages"], said["new"]) == (MESSAGES, MESSAGES - 6)
