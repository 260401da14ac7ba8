"""The command line as a user meets it: in a process of its own."""

from __future__ import annotations

import json
import re
import signal
import subprocess
import sys
from pathlib import Path

import pytest

from outlookimap import __version__
from outlookimap.cli.sample_mail import messages
from outlookimap.client.mime import octets

SIGNING_IN = ("CAPABILITY", "STARTTLS", "CAPABILITY", "AUTHENTICATE", "CAPABILITY")


def run(*arguments: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [sys.executable, "-m", "outlookimap.cli", *arguments], capture_output=True, text=True, timeout=100, check=False
    )


def test_help_names_every_command() -> None:
    done = run("--help")
    assert done.returncode == 0
    assert re.findall(r"^  (\w+)  ", done.stdout, re.MULTILINE) == [
        "demo", "serve", "sync", "ls", "show", "search", "check", "lint", "record", "redact", "replay", "statement",
    ]  # fmt: skip


@pytest.mark.parametrize(("command", "usage"), [("check", "[URL]"), ("statement", "[ID]"), ("ls", "[FOLDER]")])
def test_an_argument_that_may_be_left_out_stands_in_brackets_once(command: str, usage: str) -> None:
    assert run(command, "--help").stdout.splitlines()[0].split()[-1] == usage


def test_version() -> None:
    assert run("--version").stdout == f"outlookimap {__version__}\n"


def test_statement_prints_one() -> None:
    done = run("statement", "O5:V0040")
    assert done.returncode == 0
    assert done.stdout.startswith("O5:V0040\n")
    assert "outlook-2007:values.commands.EXAMINE" in done.stdout


def test_statement_prints_one_of_the_server() -> None:
    done = run("statement", "X10:V0028")
    assert done.returncode == 0
    assert done.stdout.startswith("X10:V0028\n")
    assert "RFC 3501 section 6.3.5" in done.stdout


def test_statement_lists_all() -> None:
    done = run("statement")
    assert len(re.findall(r"^(?:O5|X10|X3|X1):\S+", done.stdout, re.MULTILINE)) == 246


def test_statement_as_json(tmp_path: Path) -> None:
    [entry] = json.loads(run("statement", "O5:V0055", "--json", "-").stdout)
    assert list(entry) == [
        "id", "edition", "gist", "section", "rfc_section", "products", "observable", "state", "reason", "values",
        "code", "tests", "rules", "scenarios",
    ]  # fmt: skip
    assert entry["id"] == "O5:V0055"
    assert entry["state"] == "acted"
    assert entry["section"] == "2.2.34"
    target = tmp_path / "all.json"
    assert run("statement", "--json", str(target)).stdout == ""
    assert len(json.loads(target.read_text(encoding="utf-8"))) == 246


@pytest.mark.parametrize(
    ("arguments", "says"),
    [
        (("statement", "O5:V0099"), "there is no statement 'O5:V0099'"),
        (("statement", "--json", "/nowhere/at/all.json"), "cannot write /nowhere/at/all.json"),
        (("demo", "--outlook", "2016"), "there is no client profile '2016'"),
    ],
)
def test_errors_are_one_line(arguments: tuple[str, ...], says: str) -> None:
    done = run(*arguments)
    assert done.returncode == 2
    assert done.stdout == ""
    assert done.stderr.startswith(f"outlookimap: {says}")
    assert done.stderr.count("\n") == 1


@pytest.mark.cites("O5:V0051", "X10:E0003")
@pytest.mark.parametrize("version", ["2007", "2010", "2013"])
def test_demo_shows_a_whole_conversation(version: str) -> None:
    done = run("demo", "--outlook", version)
    assert done.returncode == 0, done.stderr
    assert done.stderr == ""
    assert "\x1b" not in done.stdout
    assert "correct horse" not in done.stdout
    assert "an embedded Microsoft Exchange Server 2019 with 12 messages" in done.stdout
    assert "AUTHENTICATE PLAIN" in done.stdout
    said = re.findall(r"^C: [a-z0-9]{4} ((?:UID )?[A-Z]+)", done.stdout, re.MULTILINE)
    assert [command for command in said if command not in ("SELECT", "UID FETCH")] == [
        *SIGNING_IN, "LIST", "LSUB", "CREATE", "UID STORE", "UID STORE", "UID COPY", "UID COPY", "UID STORE",
        "UID STORE", "APPEND", "UID STORE", "EXPUNGE", "LIST", "LSUB", "LOGOUT", *SIGNING_IN, "STATUS", "LOGOUT",
    ]  # fmt: skip
    first, second, *_ = re.findall(r"^# Send/Receive.*\n((?:.+\n)+)", done.stdout, re.MULTILINE)
    assert len(re.findall(r"^C: .{4} SELECT ", first, re.MULTILINE)) == 5
    assert re.findall(r"^C: .{4} UID FETCH (.*?\))   ", first, re.MULTILINE) == [
        "1:* (UID FLAGS RFC822.SIZE BODY.PEEK[HEADER] INTERNALDATE)"
    ]
    assert re.findall(r"^C: .{4} UID FETCH (.*?\))   ", second, re.MULTILINE)[:2] == [
        "1:* (UID FLAGS)", "13 (UID FLAGS RFC822.SIZE BODY.PEEK[HEADER] INTERNALDATE)",
    ]  # fmt: skip
    for line in done.stdout.splitlines():
        if re.match(r"C: [a-z0-9]{4} ", line):
            assert re.search(r" \[O5:[^]]+\]$", line), f"no statement beside {line!r}"
    assert "12 headers read, one message opened, flagged, copied, one moved, one saved, 2 deleted." in done.stdout


def test_demo_shows_the_local_copy() -> None:
    shown = run("demo").stdout
    assert "12 messages in 5 folders are in the local copy now:" in shown
    assert re.search(r"^ *5  04 Mar 12:30  李雷 <lilei@example\.net> +会议 *$", shown, re.MULTILINE)
    assert "It says: The minutes are in the usual place." in shown
    assert re.findall(r"^(\w+) +(\d+ -> \d+) +(.+?) *$", shown, re.MULTILINE) == [
        ("INBOX", "12 -> 10", "12 -> 8"), ("Drafts", "0 -> 1", "0"), ("Projects", "0 -> 2", "0 -> 1"),
    ]  # fmt: skip


def test_demo_can_be_interrupted() -> None:
    process = subprocess.Popen(
        [sys.executable, "-m", "outlookimap.cli", "demo"], stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True
    )
    assert process.stdout is not None
    process.stdout.readline()
    process.send_signal(signal.SIGINT)
    _, errors = process.communicate(timeout=30)
    assert process.returncode in (0, 130)  # 0 when it had already ended
    if process.returncode:
        assert errors == "\noutlookimap: interrupted\n"


def test_sample_mail_is_always_the_same_and_seven_bit() -> None:
    one, other = ([octets(message) for message, _ in messages("x@example.com")] for _ in range(2))
    assert one == other
    assert len(one) == 12
    assert all(mail.isascii() for mail in one)
