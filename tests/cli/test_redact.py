"""`outlookimap redact` as a user meets it."""

from __future__ import annotations

import stat
import subprocess
import sys
from pathlib import Path

import pytest

from outlookimap.traffic import read
from outlookimap.transport.tap import Sender

TOP = "# outlookimap recording 1\nclient: Outlook 2013\nprovenance: observed\nx-note: from ann\n\n"
SAID = """\
# ann signs in
S: * OK Dovecot ready.
C: a1b2 LOGIN "ann@example.com" "********"
S: a1b2 OK Logged in.
C: c3d4 APPEND "Taxes" (\\Seen) {17}
S: + OK
C| Subject: my tax
C|
C:
S: c3d4 OK Append completed.
@closed server
"""


def run(*arguments: str | Path) -> subprocess.CompletedProcess[str]:
    command = [sys.executable, "-m", "outlookimap.cli", "redact", *map(str, arguments)]
    return subprocess.run(command, capture_output=True, text=True, timeout=100, check=False)


@pytest.fixture
def recording(tmp_path: Path) -> Path:
    file = tmp_path / "in.imap"
    file.write_text(TOP + SAID, encoding="ascii")
    return file


def test_nothing_private_is_left(recording: Path, tmp_path: Path) -> None:
    out = tmp_path / "out.imap"
    done = run(recording, "--out", out)
    assert (done.returncode, done.stderr) == (0, "")
    assert done.stdout == f"redacted in {out}; read it before you give it away\n"
    assert stat.S_IMODE(out.stat().st_mode) == 0o600
    text = out.read_text(encoding="ascii")
    for private in ("ann", "example", "Taxes", "my tax"):
        assert private not in text
    for public in ("client: Outlook 2013", "S: * OK Dovecot ready.", " (\\Seen) {17}", "Subject: xx xxx"):
        assert public in text
    for sender in Sender:
        assert list(map(len, read(out).octets(sender).split(b"\r\n"))) == list(
            map(len, read(recording).octets(sender).split(b"\r\n"))
        )


def test_some_of_it_can_be_kept(recording: Path, tmp_path: Path) -> None:
    out = tmp_path / "out.imap"
    assert run(recording, "--out", out, "--keep", "folders", "--keep", "comments").returncode == 0
    text = out.read_text(encoding="ascii")
    assert 'APPEND "Taxes"' in text
    assert "# ann signs in" in text
    assert "ann@" not in text


def test_half_a_recording_leaves_none(recording: Path, tmp_path: Path) -> None:
    out = tmp_path / "out.imap"
    recording.write_text(TOP + SAID.replace("my tax", "my taxes"), encoding="ascii")
    done = run(recording, "--out", out)
    assert done.returncode == 2
    assert done.stderr == (
        f"outlookimap: {recording}: line 12: the literal has 19 octets, 17 were announced; nothing was written\n"
    )
    assert not out.exists()


def test_what_cannot_be_done(recording: Path, tmp_path: Path) -> None:
    before = recording.read_bytes()
    for arguments, says in (
        ((recording, "--out", recording), "is the recording itself: give another name"),
        ((tmp_path / "none.imap", "--out", tmp_path / "x"), "none.imap: No such file or directory"),
        ((recording, "--out", tmp_path / "no" / "x"), "the recording cannot be written"),
        ((recording, "--out", tmp_path / "x", "--keep", "mail"), "'mail' cannot be kept: one of addresses, comments"),
    ):
        done = run(*arguments)
        assert done.returncode == 2
        assert says in done.stderr
        assert done.stderr.startswith("outlookimap: ")
    assert recording.read_bytes() == before
    assert not (tmp_path / "x").exists()
