"""`outlookimap ls`, `show` and `search`: a local copy as people see it, without a network."""

from __future__ import annotations

import datetime as dt
import json
import os
import pty
import re
import subprocess
import sys
from email.message import EmailMessage
from pathlib import Path

import pytest
from support.command_line import Done, run

from outlookimap.exchange import ExchangeServer
from outlookimap.mail import Outlook
from outlookimap.server.store import Incoming

MONDAY = dt.datetime(2024, 3, 4, 8, 30, tzinfo=dt.timezone(dt.timedelta(hours=1)))


def mail(number: int, sender: str, subject: str, text: str) -> Incoming:
    message = EmailMessage()
    message["From"] = sender
    message["To"] = "Ann <ann@example.com>"
    message["Subject"] = subject
    message["Message-ID"] = f"<{number}@example.com>"
    message.set_content(text)
    if "attached" in text:
        message.add_attachment(b"%PDF-1.4\n", maintype="application", subtype="pdf", filename="in\x1b[31mvoice.pdf")
    return Incoming(message.as_bytes(), (), MONDAY + dt.timedelta(hours=number))


MAIL = (
    mail(0, "Ada Berg <ada@example.com>", "Größe der Anhänge", "Wie groß dürfen sie sein?\n"),
    mail(1, "Bob <bob@example.com>", "Invoice 2024", "Please find it attached.\n"),
    mail(2, "Eve <eve@example.com>", "\x1b]0;owned\x07red \x1b[31m\u202ealert", "One\x1b[2J\ttwo\x9b31m\nthree\n"),
)


@pytest.fixture(scope="module")
def cache(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A local copy with three messages, the first read and flagged; Drafts was never synced."""
    file = tmp_path_factory.mktemp("caches") / "ann.sqlite"
    with (
        ExchangeServer("2019", users={"ann": "pencil"}, mail={"ann": MAIL}) as server,
        Outlook(server.url, password="pencil", ca_file=server.ca_file, cache=file) as outlook,
    ):
        outlook.sync(["INBOX", "Sent Items"])
        first = outlook.folder("INBOX").message(1)
        first.mark_read()
        first.flag()
    return file


@pytest.fixture(scope="module")
def headers_only(tmp_path_factory: pytest.TempPathFactory) -> Path:
    file = tmp_path_factory.mktemp("caches") / "ann.sqlite"
    with (
        ExchangeServer("2019", users={"ann": "pencil"}, mail={"ann": MAIL}) as server,
        Outlook(server.url, password="pencil", ca_file=server.ca_file, cache=file) as outlook,
    ):
        outlook.sync(bodies=False)
    return file


def rows(done: Done) -> list[list[str]]:
    assert (done.code, done.err) == (0, "")
    return [line.split("\t") for line in done.out.splitlines()]


def test_ls_lists_folders(cache: Path) -> None:
    listed = {name: counts for name, *counts in rows(run("ls", str(cache)))}
    assert listed == {
        "INBOX": ["3", "2"], "Sent Items": ["0", "0"], "Drafts": ["-", "-"], "Deleted Items": ["-", "-"],
        "Junk E-mail": ["-", "-"],
    }  # fmt: skip


def test_ls_lists_folders_as_json(cache: Path) -> None:
    folders = {folder["name"]: folder for folder in json.loads(run("ls", str(cache), "--json", "-").out)}
    assert list(folders["INBOX"]) == ["name", "attributes", "special", "messages", "unread"]
    assert [folders["INBOX"][key] for key in ("special", "messages", "unread")] == ["inbox", 3, 2]
    assert [folders["Drafts"][key] for key in ("messages", "unread")] == [None, None]


def test_ls_lists_messages(cache: Path) -> None:
    assert rows(run("ls", str(cache), "inbox")) == [
        ["3", "2024-03-04 10:30", "Eve <eve@example.com>", "]0;owned red  [31m�alert", "unread"],
        ["2", "2024-03-04 09:30", "Bob <bob@example.com>", "Invoice 2024", "unread"],
        ["1", "2024-03-04 08:30", "Ada Berg <ada@example.com>", "Größe der Anhänge", "flagged"],
    ]


def test_ls_lists_messages_as_json(cache: Path) -> None:
    assert json.loads(run("ls", str(cache), "INBOX", "--json", "-").out)[2] == {
        "uid": 1,
        "date": "2024-03-04T08:30:00+01:00",
        "sender": "Ada Berg <ada@example.com>",
        "recipients": "Ann <ann@example.com>",
        "subject": "Größe der Anhänge",
        "flags": ["\\Flagged", "\\Seen"],
        "keywords": [],
        "size": json.loads(run("show", str(cache), "INBOX", "1", "--json", "-").out)["size"],
        "message_id": "<0@example.com>",
    }


def test_show_prints_a_message(cache: Path) -> None:
    done = run("show", str(cache), "INBOX", "1")
    assert (done.code, done.err) == (0, "")
    assert done.out == (
        "From: Ada Berg <ada@example.com>\n"
        "To: Ann <ann@example.com>\n"
        "Date: Mon, 04 Mar 2024 08:30 +0100\n"
        "Subject: Größe der Anhänge\n"
        "State: flagged\n"
        "\n"
        "Wie groß dürfen sie sein?\n"
    )


def test_show_names_attachments(cache: Path) -> None:
    done = run("show", str(cache), "INBOX", "2")
    assert re.search(r"^Attached: in.\[31mvoice\.pdf \(application/pdf, 9 bytes\)$", done.out, re.MULTILINE)
    said = json.loads(run("show", str(cache), "INBOX", "2", "--json", "-").out)
    assert [(one["content_type"], one["size"]) for one in said["attachments"]] == [("application/pdf", 9)]
    assert said["text"].strip() == "Please find it attached."


@pytest.mark.cites("O5:V0019")
@pytest.mark.parametrize(
    "arguments", [("ls", "INBOX"), ("show", "INBOX", "3"), ("show", "INBOX", "2"), ("search", "eve")]
)
def test_nothing_in_mail_steers_the_terminal(cache: Path, arguments: tuple[str, ...]) -> None:
    command, *rest = arguments
    done = run(command, str(cache), *rest)
    assert done.code == 0
    assert not re.search(r"[\x00-\x08\x0b-\x1f\x7f-\x9f\u202a-\u202e]", done.out)


def test_show_without_the_text(headers_only: Path) -> None:
    done = run("show", str(headers_only), "INBOX", "1")
    assert done.code == 1
    assert done.out.startswith("From: Ada Berg <ada@example.com>\n")
    assert done.err == "outlookimap: its text is not here: a sync without --headers-only fetches it\n"
    assert json.loads(run("show", str(headers_only), "INBOX", "1", "--json", "-").out)["text"] is None


@pytest.mark.parametrize(
    ("words", "uids"),
    [
        (("invoice",), ["2"]),
        (("INVOICE", "bob"), ["2"]),
        (("invoice", "ada"), []),
        (("grosse",), []),
        (("größe",), ["1"]),
        (("dürfen",), ["1"]),
        (("example.com",), ["3", "2", "1"]),
        (("inv*",), ["2"]),
        (('"', "AND", "(NEAR"), []),
    ],
    ids=str,
)
def test_search(cache: Path, words: tuple[str, ...], uids: list[str]) -> None:
    done = run("search", str(cache), *words)
    assert done.err == ""
    assert done.code == (0 if uids else 1)
    found = [line.split("\t") for line in done.out.splitlines()]
    assert [(row[0], row[1]) for row in found] == [("INBOX", uid) for uid in uids]


def test_search_as_json(cache: Path) -> None:
    [found] = json.loads(run("search", str(cache), "invoice", "--json", "-").out)
    assert (found["folder"], found["uid"], found["subject"]) == ("INBOX", 2, "Invoice 2024")
    assert run("search", str(cache), "nothing", "--json", "-").out == "[]\n"


@pytest.mark.parametrize(
    ("arguments", "says"),
    [
        (("ls", "Inbux"), "no folder 'Inbux' in the local copy: did you mean 'INBOX'?"),
        (("ls", "Drafts"), "'Drafts' was never synced"),
        (("show", "INBOX", "99"), "there is no message with UID 99 in 'INBOX'"),
        (("ls", "--json", "/no/such/directory/x"), "cannot write /no/such/directory/x"),
    ],
    ids=str,
)
def test_errors_are_one_line(cache: Path, arguments: tuple[str, ...], says: str) -> None:
    command, *rest = arguments
    done = run(command, str(cache), *rest)
    assert (done.code, done.out) == (2, "")
    assert done.err.startswith(f"outlookimap: {says}")
    assert done.err.count("\n") == 1


@pytest.mark.parametrize("uid", ["0", "x", "99999999999999999999"])
def test_a_uid_that_cannot_be(cache: Path, uid: str) -> None:
    done = run("show", str(cache), "INBOX", uid)
    assert (done.code, done.out) == (2, "")
    assert "Invalid value for 'UID'" in done.err


COMMANDS: tuple[tuple[str, list[str]], ...] = (
    ("ls", []),
    ("ls", ["INBOX"]),
    ("show", ["INBOX", "1"]),
    ("search", ["x"]),
)


@pytest.mark.parametrize(("command", "rest"), COMMANDS, ids=str)
def test_a_cache_that_is_not_there_is_not_made(tmp_path: Path, command: str, rest: list[str]) -> None:
    file = tmp_path / "missing.sqlite"
    done = run(command, str(file), *rest)
    assert (done.code, done.out) == (2, "")
    assert done.err == f"outlookimap: there is no cache {file}: `outlookimap sync URL --cache {file}` makes one\n"
    assert not list(tmp_path.iterdir())


@pytest.mark.parametrize(("command", "rest"), COMMANDS, ids=str)
@pytest.mark.parametrize("content", [b"", b"Dear Ada,\n", b"SQLite format 3"], ids=["empty", "letter", "almost"])
def test_a_file_that_is_no_cache_stays_as_it_is(tmp_path: Path, content: bytes, command: str, rest: list[str]) -> None:
    file = tmp_path / "file"
    file.write_bytes(content)
    done = run(command, str(file), *rest)
    assert (done.code, done.out) == (2, "")
    assert done.err.startswith(f"outlookimap: {file} is no cache")
    assert file.read_bytes() == content
    assert list(tmp_path.iterdir()) == [file]


def test_a_directory_is_no_cache(tmp_path: Path) -> None:
    done = run("ls", str(tmp_path))
    assert done.code == 2
    assert done.err == f"outlookimap: the cache {tmp_path} cannot be read: Is a directory\n"


def test_a_terminal_gets_a_table_and_plain_letters_where_it_has_no_others(cache: Path) -> None:
    ours, theirs = pty.openpty()
    environment = {**os.environ, "COLUMNS": "80", "TERM": "xterm", "PYTHONIOENCODING": "ascii"}
    command = [sys.executable, "-m", "outlookimap.cli", "ls", str(cache), "INBOX"]
    try:
        subprocess.run(command, stdin=theirs, stdout=theirs, stderr=subprocess.PIPE, env=environment, check=True)
        text = os.read(ours, 65536).decode("ascii")
    finally:
        os.close(theirs)
        os.close(ours)
    lines = [re.sub(r"\x1b\[[\d;]*m", "", line) for line in text.splitlines()]
    assert lines[0].split() == ["uid", "date", "sender", "subject", "state"]
    assert "\t" not in text
    assert max(map(len, lines)) <= 80
    assert "Gr??e" in lines[3]
