"""`outlookimap record` as a user meets it: a process of its own, told to end by signals."""

from __future__ import annotations

import contextlib
import imaplib
import os
import re
import signal
import socket
import ssl
import subprocess
import sys
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import pytest

from outlookimap.cli.places import place_of
from outlookimap.errors import UsageError
from outlookimap.exchange import ExchangeServer
from outlookimap.traffic import read
from outlookimap.transport.tap import Sender

CLI = (sys.executable, "-m", "outlookimap.cli")
SECONDS = 30.0
MAIL = b"From: Ann <ann@example.com>\r\nSubject: planted words\r\n\r\nplanted body\r\n"


@dataclass(frozen=True, slots=True)
class Recording:
    """A proxy in a process of its own and where it listens."""

    process: subprocess.Popen[str]
    host: str
    port: int

    def ended(self, number: signal.Signals) -> tuple[int, str, str]:
        """Send a signal and return the exit status, what was printed and what was complained of."""
        self.process.send_signal(number)
        out, err = self.process.communicate(timeout=SECONDS)
        return self.process.returncode, out, err


@contextlib.contextmanager
def recording(file: Path, to: str, *options: str | Path) -> Iterator[Recording]:
    command = [*CLI, "record", "--listen", "127.0.0.1:0", "--to", to, "--out", str(file), *map(str, options)]
    process = subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True)
    try:
        assert process.stdout is not None
        line = process.stdout.readline()
        found = re.match(r"recording (\S+):([0-9]+) -> ", line)
        assert found is not None, (line, process.communicate())
        yield Recording(process, found[1], int(found[2]))
    finally:
        process.kill()
        process.communicate()


@contextlib.contextmanager
def exchange() -> Iterator[ExchangeServer]:
    with ExchangeServer(users={"user1": "secret"}, mail={"user1": [MAIL]}, keep=False) as server:
        yield server


def read_mail(port: int, ca_file: Path | None) -> bytes:
    with imaplib.IMAP4("localhost", port, timeout=SECONDS) as client:
        if ca_file is not None:
            client.starttls(ssl.create_default_context(cafile=ca_file))
        client.login("user1", "secret")
        client.select()
        [(_, message), _] = client.fetch("1", "(BODY.PEEK[])")[1]  # type: ignore[misc]
        return bytes(message)


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM])
def test_a_signal_ends_it_and_the_recording_is_whole(number: signal.Signals, tmp_path: Path) -> None:
    file, ca_out = tmp_path / "session.imap", tmp_path / "ca.pem"
    with exchange() as server:
        to = f"imaps://localhost:{server.tls_port}/"
        options = ("--ca-file", str(server.ca_file), "--ca-out", ca_out, "--client", "imaplib", "--server", "Exchange")
        with recording(file, to, *options) as running:
            assert read_mail(running.port, ca_out) == MAIL
            with socket.create_connection((running.host, running.port), SECONDS) as open_still:
                assert open_still.recv(100).startswith(b"* OK ")
                status, out, err = running.ended(number)
    assert (status, err) == (0, "")
    if number is signal.SIGINT:
        assert out == f"2 connections recorded in {file}\n"
    assert not ca_out.exists()
    transcript = read(file)
    assert (transcript.header.client, transcript.header.server) == ("imaplib", "Exchange")
    assert transcript.octets(Sender.CLIENT).endswith(b" LOGOUT\r\n")
    assert b"secret" not in file.read_bytes()
    assert b"planted body" in file.read_bytes()
    assert file.stat().st_mode & 0o777 == 0o600


def test_what_is_private_is_masked_where_that_is_wanted(tmp_path: Path) -> None:
    file = tmp_path / "session.imap"
    with exchange() as server:
        to = f"imap://localhost:{server.port}/"
        with recording(file, to, "--ca-file", str(server.ca_file), "--redact") as running:
            assert read_mail(running.port, None) == MAIL
            assert running.ended(signal.SIGINT)[0] == 0
    text = file.read_text()
    for planted in ("secret", "planted", "ann@example.com", "user1"):
        assert planted not in text
    read(file)


def test_a_server_that_is_not_there_is_named_to_both_sides(tmp_path: Path) -> None:
    with socket.create_server(("127.0.0.1", 0)) as listening:
        port = listening.getsockname()[1]
    with recording(tmp_path / "x.imap", f"imap://127.0.0.1:{port}/", "--encryption", "none") as running:
        with pytest.raises(imaplib.IMAP4.error, match="nothing listens there"):
            imaplib.IMAP4("127.0.0.1", running.port, timeout=SECONDS)
        assert running.process.stderr is not None
        err = running.process.stderr.readline()
        assert running.ended(signal.SIGINT)[0] == 0
    assert err.startswith("outlookimap: ")
    assert f"127.0.0.1:{port}" in err
    assert "nothing listens there" in err


def failed(*arguments: str | Path) -> str:
    """Run a command that cannot be done; return what it complains of."""
    done = subprocess.run(
        [*CLI, *map(str, arguments)], capture_output=True, text=True, timeout=SECONDS, check=False,
        env={**os.environ, "COLUMNS": "200"},
    )  # fmt: skip
    assert (done.returncode, done.stdout) == (2, ""), done
    return done.stderr


@pytest.mark.parametrize(
    ("options", "says"),
    [
        (("--listen", "1143", "--to", "imap://x/"), "--listen 1143: write HOST:PORT"),
        (("--listen", "x:70000", "--to", "imap://x/"), "--listen x:70000: write HOST:PORT"),
        (("--listen", "127.0.0.1:0", "--to", "http://x/"), "a server URL begins with imaps:// or imap://"),
        (("--listen", "127.0.0.1:0", "--to", "imap://x/", "--listen-encryption", "ssl"), "one of tls, starttls, none"),
        (
            ("--listen", "127.0.0.1:0", "--to", "imap://x/", "--listen-encryption", "none", "--ca-out", "ca"),
            "--ca-out is about TLS",
        ),
        (("--listen", "192.0.2.1:0", "--to", "imap://x/"), "this machine does not have that address"),
    ],
)
def test_what_cannot_be_recorded(options: tuple[str, ...], says: str, tmp_path: Path) -> None:
    assert says in failed("record", *options, "--out", tmp_path / "x.imap")


def test_a_file_that_cannot_be_written() -> None:
    says = failed("record", "--listen", "127.0.0.1:0", "--to", "imap://x/", "--out", "/no/such/directory/x.imap")
    assert "the recording cannot be written" in says


def test_places() -> None:
    assert place_of("localhost:143", "--listen") == ("localhost", 143)
    assert place_of("[::1]:0", "--listen") == ("::1", 0)
    with pytest.raises(UsageError, match="--serve :1: write HOST:PORT"):
        place_of(":1", "--serve")
