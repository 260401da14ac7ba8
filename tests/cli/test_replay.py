"""`outlookimap replay` as a user meets it: against a server, and as a server."""

from __future__ import annotations

import contextlib
import imaplib
import json
import os
import re
import signal
import ssl
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

from outlookimap.cli.replay import sign_in_of
from outlookimap.errors import UsageError
from outlookimap.exchange import ExchangeServer

CLI = (sys.executable, "-m", "outlookimap.cli", "replay")
SECONDS = 60.0
TYPED = """\
# outlookimap recording 1
provenance: synthetic

@tls
S: * OK ready
C: a1 LOGIN user1 ******
S: a1 OK in
C: a2 SELECT "INBOX"
S: * 1 EXISTS
S: * 1 RECENT
S: * FLAGS (\\Seen \\Answered \\Flagged \\Deleted \\Draft $MDNSent)
S: * OK [UNSEEN 1] first
S: * OK [PERMANENTFLAGS (\\Seen \\Answered \\Flagged \\Deleted \\Draft $MDNSent)] these
S: * OK [UIDVALIDITY 7] valid
S: * OK [UIDNEXT 2] next
S: a2 OK [READ-WRITE] open
C: a3 UID FETCH 1 (FLAGS)
S: * 1 FETCH (UID 1 FLAGS (\\Recent))
S: a3 OK
@+600
C: a4 LOGOUT
S: * BYE
S: a4 OK
@closed
"""


def replayed(*arguments: str | Path, password: str = "secret") -> subprocess.CompletedProcess[str]:
    environment = {**os.environ, "OUTLOOKIMAP_PASSWORD": password}
    return subprocess.run(
        [*CLI, *map(str, arguments)],
        capture_output=True, text=True, timeout=SECONDS, check=False, env=environment, stdin=subprocess.DEVNULL,
    )  # fmt: skip


@pytest.fixture
def file(tmp_path: Path) -> Path:
    path = tmp_path / "typed.imap"
    path.write_text(TYPED)
    return path


@contextlib.contextmanager
def exchange(messages: int = 1) -> Iterator[tuple[str, tuple[str, str]]]:
    with ExchangeServer(users={"user1": "secret"}, mail={"user1": [b"\r\n"] * messages}, keep=False) as server:
        yield f"imaps://localhost:{server.tls_port}/", ("--ca-file", str(server.ca_file))


def test_the_same(file: Path) -> None:
    with exchange() as (url, trusting):
        done = replayed(file, "--against", url, *trusting, "--no-pauses")
    assert (done.returncode, done.stderr) == (0, ""), done.stdout
    assert done.stdout == "1 connections, 4 commands: no difference\n"


def test_differences(file: Path, tmp_path: Path) -> None:
    with exchange(2) as (url, trusting):
        done = replayed(file, "--against", url, *trusting, "--no-pauses", "--json", tmp_path / "found.json")
    assert (done.returncode, done.stderr) == (1, "")
    assert "line 9: expected\n    S: * 1 EXISTS\n  but this came:\n    S: * 2 EXISTS\n" in done.stdout
    found = json.loads((tmp_path / "found.json").read_text())
    assert list(found) == ["file", "same", "connections", "commands", "differences"]
    assert (found["same"], found["connections"], found["commands"]) == (False, 1, 4)
    first = found["differences"][0]
    assert (first["line"], first["side"]) == (9, "server")
    assert (first["expected"], first["actual"]) == ("S: * 1 EXISTS", "S: * 2 EXISTS")
    assert done.stdout.splitlines()[-1] == f"1 connections, 4 commands: {len(found['differences'])} differences"


def test_a_wrong_password_is_a_difference_and_shows_nowhere(file: Path) -> None:
    with exchange() as (url, trusting):
        done = replayed(file, "--against", url, *trusting, "--no-pauses", "--json", "-", password="pencil")
    assert done.returncode == 1
    assert json.loads(done.stdout)["differences"][0]["expected"] == "S: a1 OK in"
    assert "pencil" not in done.stdout + done.stderr


def test_what_cannot_be_done(file: Path, tmp_path: Path) -> None:
    broken = tmp_path / "broken.imap"
    broken.write_text(TYPED + "?\n")
    with exchange() as (url, trusting):
        for arguments, says in (
            ((file,), "either --against URL or --serve"),
            ((file, "--against", url, "--serve", "localhost:0"), "either --against URL or --serve"),
            ((tmp_path / "none", "--against", url), "none cannot be read: No such file"),
            ((broken, "--against", url, *trusting, "--no-pauses"), "broken.imap: line 25: "),
            ((broken, "--serve", "127.0.0.1:0"), "broken.imap: line 25: "),
            ((file, "--against", url), "--ca-file"),
            ((file, "--against", "imaps://localhost:1/"), "nothing listens there"),
            ((file, "--serve", "localhost"), "--serve localhost: write HOST:PORT"),
            ((file, "--against", url, "--ca-out", "x"), "--ca-out is for --serve"),
        ):
            done = replayed(*arguments)
            assert done.returncode == 2, done
            assert says in done.stderr
            assert "Traceback" not in done.stderr


def test_nobody_is_asked_for_a_password_where_nobody_can_be(file: Path) -> None:
    with exchange() as (url, trusting):
        done = replayed(file, "--against", url, *trusting, "--no-pauses", password="")
    assert done.returncode == 2
    assert "its password is masked" in done.stderr


@contextlib.contextmanager
def serving(file: Path, *options: str | Path) -> Iterator[tuple[subprocess.Popen[str], int]]:
    process = subprocess.Popen(
        [*CLI, str(file), "--serve", "127.0.0.1:0", "--no-pauses", *map(str, options)],
        stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True,
    )  # fmt: skip
    try:
        assert process.stderr is not None
        line = process.stderr.readline()
        found = re.match(r"serving \S+ on 127\.0\.0\.1:([0-9]+)", line)
        assert found is not None, (line, process.communicate())
        yield process, int(found[1])
    finally:
        process.kill()
        process.communicate()


def test_the_servers_side_for_a_client(file: Path, tmp_path: Path) -> None:
    ca_out = tmp_path / "ca.pem"
    file.write_text(
        TYPED.replace("C: a1 LOGIN", "C: a0 CAPABILITY\nS: * CAPABILITY IMAP4rev1\nS: a0 OK done\nC: a1 LOGIN")
    )
    with serving(file, "--ca-out", ca_out) as (process, port):
        trusting = ssl.create_default_context(cafile=ca_out)
        with imaplib.IMAP4_SSL("localhost", port, ssl_context=trusting, timeout=SECONDS) as client:
            client.login("user1", "anything")
            assert client.select('"INBOX"') == ("OK", [b"1"])
            with pytest.raises(imaplib.IMAP4.error, match="something else here"):
                client.fetch("1", "(FLAGS)")
        out, err = process.communicate(timeout=SECONDS)
    assert process.returncode == 1
    assert "expected\n    C: a3 UID FETCH 1 (FLAGS)\n  but this came:\n" in out
    assert "the conversation ended early: the client says something that the recording has no answer to" in out
    assert "anything" not in out + err
    assert not ca_out.exists()


def test_ctrl_c_ends_serving(file: Path) -> None:
    with serving(file) as (process, _):
        process.send_signal(signal.SIGINT)
        _, err = process.communicate(timeout=SECONDS)
        assert process.returncode == 130
        assert err == "\noutlookimap: interrupted\n"


def test_mechanisms_that_are_filled_in(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("OUTLOOKIMAP_PASSWORD", "tanstaaftanstaaf")
    who = sign_in_of("tim", "localhost", None)
    # RFC 2195, section 2
    challenge = b"<1896.697170952@postoffice.reston.mci.net>"
    assert who.answers("CRAM-MD5")(challenge) == b"tim b913a602c7eda7a495b4e6e7334d3890"
    login = who.answers("LOGIN")
    assert (login(b"User Name\0"), login(b"Password\0")) == (b"tim", b"tanstaaftanstaaf")
    assert who.answers("PLAIN")(b"") == b"\0tim\0tanstaaftanstaaf"
    with pytest.raises(UsageError, match="does not show as whom: give --user"):
        sign_in_of(None, "localhost", None).answers("PLAIN")
