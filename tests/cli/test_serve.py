"""`outlookimap serve` as a user meets it: a process of its own, told to end by signals."""

from __future__ import annotations

import contextlib
import imaplib
import json
import os
import signal
import ssl
import subprocess
import sys
import time
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest

from outlookimap.cli.serve import mail_of, users_of
from outlookimap.errors import UsageError
from outlookimap.exchange import ExchangeServer
from outlookimap.traffic import read
from outlookimap.transport.tap import Sender

COMMAND = (sys.executable, "-m", "outlookimap.cli", "serve")
SECONDS = 30.0


@dataclass(frozen=True, slots=True)
class Served:
    """A server in a process of its own, and what its ready file says."""

    process: subprocess.Popen[str]
    ready: dict[str, Any]
    file: Path


@contextlib.contextmanager
def served(directory: Path, *options: str, **environment: str) -> Iterator[Served]:
    file = directory / "ready.json"
    process = subprocess.Popen(
        [*COMMAND, "--ready-file", str(file), *options],
        stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True, env={**os.environ, **environment},
    )  # fmt: skip
    try:
        deadline = time.monotonic() + SECONDS
        while not file.exists():
            assert process.poll() is None, process.communicate()
            assert time.monotonic() < deadline, "it did not become ready"
            time.sleep(0.02)
        # Written whole or not at all: what is there can be read at once.
        yield Served(process, json.loads(file.read_text(encoding="utf-8")), file)
    finally:
        process.kill()
        process.communicate()


def messages(ready: dict[str, Any], user: str, password: str) -> bytes | None:
    """Sign in and return how many messages the inbox has."""
    trusting = ssl.create_default_context(cafile=ready["ca_file"])
    with imaplib.IMAP4_SSL("localhost", ready["tls_port"], ssl_context=trusting, timeout=SECONDS) as client:
        client.login(user, password)
        return client.select("INBOX")[1][0]


def test_it_serves_until_sigterm(tmp_path: Path) -> None:
    mail = tmp_path / "mail"
    mail.mkdir()
    (mail / "one.eml").write_bytes(b"Subject: one\r\n\r\nHi\r\n")
    record = tmp_path / "all.imap"
    options = ("--exchange", "2013", "--user", "ann:pen:cil", "--user", "bob", "--mail", f"ann={mail}")
    with served(tmp_path, *options, "--record", str(record), OUTLOOKIMAP_PASSWORD="rubber") as running:
        ready = running.ready
        assert list(ready) == ["host", "port", "tls_port", "users", "ca_file"]
        assert (ready["host"], ready["users"]) == ("127.0.0.1", ["ann", "bob"])
        assert messages(ready, "ann", "pen:cil") == b"1"
        assert messages(ready, "bob", "rubber") == b"0"
        running.process.send_signal(signal.SIGTERM)
        out, err = running.process.communicate(timeout=SECONDS)
        assert running.process.returncode == 0
        assert err == ""
        assert not running.file.exists()
    lines = out.splitlines()
    assert lines[0].endswith(f" on 127.0.0.1: port {ready['port']} (STARTTLS), port {ready['tls_port']} (TLS)")
    assert lines[1] == f"  imaps://ann@localhost:{ready['tls_port']}/"
    assert not Path(ready["ca_file"]).exists()
    said = read(record).octets(Sender.CLIENT)
    assert said.count(b" SELECT ") == 2
    assert b"pen" not in said
    assert b"rubber" not in said


def test_it_ends_on_ctrl_c(tmp_path: Path) -> None:
    with served(tmp_path) as running:
        assert messages(running.ready, "user1", "secret") == b"0"
        running.process.send_signal(signal.SIGINT)
        _, err = running.process.communicate(timeout=SECONDS)
        assert running.process.returncode == 130
        assert err == "\noutlookimap: interrupted\n"


def test_plaintext_is_taken_where_it_is_allowed(tmp_path: Path) -> None:
    with (
        served(tmp_path, "--allow-plaintext") as running,
        imaplib.IMAP4("127.0.0.1", running.ready["port"], timeout=SECONDS) as client,
    ):
        assert client.login("user1", "secret")[0] == "OK"


@pytest.mark.parametrize(
    ("options", "says"),
    [
        (("--exchange", "2003"), "there is no server profile '2003'; there are: "),
        (("--user", ":x"), "--user is NAME:PASSWORD or NAME, and the name is missing"),
        (("--mail", "user1=/no/such/mail"), "--mail user1: there is no /no/such/mail"),
        (("--mail", "zoe=/"), "there is mail for 'zoe', who is no user: user1"),
        (("--alternative", "nonsense"), "exchange-2019: there is no alternative 'nonsense'; there are: "),
        (("--fault", "nonsense"), "nonsense"),
        (("--ready-file", "/no/such/directory/ready"), "cannot write /no/such/directory/ready: No such file"),
        (("--record", "/no/such/directory/record"), "the recording cannot be written: "),
    ],
    ids=str,
)
def test_errors_are_one_line(options: tuple[str, ...], says: str) -> None:
    done = subprocess.run([*COMMAND, *options], capture_output=True, text=True, timeout=SECONDS, check=False)
    assert done.returncode == 2
    assert done.stderr.startswith("outlookimap: ")
    assert says in done.stderr
    assert done.stderr.count("\n") == 1


def test_a_port_in_use_is_said() -> None:
    with ExchangeServer() as server:
        done = subprocess.run(
            [*COMMAND, "--tls-port", str(server.port)], capture_output=True, text=True, timeout=SECONDS, check=False
        )
        assert done.returncode == 2
        assert str(server.port) in done.stderr
        assert done.stderr.count("\n") == 1


@pytest.mark.parametrize(
    ("specs", "says"),
    [
        (["ann"], "--user ann: the password is neither written there nor in OUTLOOKIMAP_PASSWORD"),
        (["ann:"], "--user ann: the password is empty"),
        (["ann:x", "ann:y"], "--user ann: given twice"),
    ],
)
def test_users_that_cannot_be(specs: list[str], says: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("OUTLOOKIMAP_PASSWORD", raising=False)
    with pytest.raises(UsageError, match=says):
        users_of(specs)


@pytest.mark.parametrize(("spec", "says"), [("ann", "is not NAME=PATH"), ("=x", "is not NAME=PATH"), ("a=", "is not")])
def test_mail_that_cannot_be(spec: str, says: str) -> None:
    with pytest.raises(UsageError, match=says):
        mail_of([spec])


def test_mail_is_given_once_for_each_user(tmp_path: Path) -> None:
    assert mail_of([f"a={tmp_path}"]) == {"a": str(tmp_path)}
    with pytest.raises(UsageError, match="--mail a: given twice"):
        mail_of([f"a={tmp_path}", f"a={tmp_path}"])


def test_passwords_on_the_command_line_are_warned_of() -> None:
    done = subprocess.run([*COMMAND, "--help"], capture_output=True, text=True, timeout=SECONDS, check=True)
    assert "only for servers that are thrown away" in " ".join(done.stdout.split())
