"""mbsync, offlineimap, curl and mutt as programs of their own: how they start, what they read; must not know tests.

Each is given where the server is; what they read comes back as the octets of the messages of each mailbox.
"""

from __future__ import annotations

import os
import shutil
import subprocess
from dataclasses import dataclass
from pathlib import Path
from urllib.parse import quote

import pytest

_NL = "\n"
_IN_CLEAR = "ssl = no\nstarttls = no"

SECONDS = 60.0
"""After so long a program has hung."""


@dataclass(frozen=True, slots=True)
class Place:
    """Where a server takes connections, with TLS unless `ca_file` is None, and as whom one signs in."""

    port: int
    ca_file: Path | None
    user: str = "user1"
    password: str = "secret"
    host: str = "localhost"


def program(*names: str) -> str:
    """Return the first of `names` that is installed; else skip, in CI fail."""
    for name in names:
        found = shutil.which(name)
        if found is not None:
            return found
    reason = f"{names[0]} is not installed (tests/servers/install_debian.sh installs it)"
    if os.environ.get("CI") == "true":
        pytest.fail(reason)
    pytest.skip(reason)


def run(*command: str | Path, directory: Path) -> bytes:
    """Run a program that must succeed, with `directory` as its home, and return what it wrote."""
    environment = {**os.environ, "HOME": str(directory), "LC_ALL": "C.UTF-8", "TERM": "xterm"}
    done = subprocess.run(
        [str(word) for word in command],
        cwd=directory,
        env=environment,
        capture_output=True,
        timeout=SECONDS,
        check=False,
    )
    assert done.returncode == 0, f"{command[0]} ended with {done.returncode}:\n{done.stdout!r}\n{done.stderr!r}"
    return done.stdout + done.stderr


class Mbsync:
    """isync's mbsync: the whole account as Maildirs below `directory`/mail, both ways, nothing expunged."""

    def __init__(self, place: Place, directory: Path) -> None:
        self._program = program("mbsync")
        self._directory = directory
        self.mail = directory / "mail"
        self.mail.mkdir(parents=True)
        (directory / "config").write_text(
            f"IMAPAccount far\nHost {place.host}\nPort {place.port}\nUser {place.user}\nPass {place.password}\n"
            f"{f'SSLType IMAPS{_NL}CertificateFile {place.ca_file}' if place.ca_file else 'SSLType None'}\n"
            "AuthMechs PLAIN LOGIN\n\n"
            "IMAPStore far\nAccount far\n\n"
            f"MaildirStore near\nPath {self.mail}/\nInbox {self.mail}/INBOX\nSubFolders Verbatim\n\n"
            "Channel all\nFar :far:\nNear :near:\nPatterns *\nCreate Both\nExpunge None\nSyncState *\n"
        )

    def sync(self) -> None:
        """Make both sides the same."""
        run(self._program, "-c", self._directory / "config", "-a", directory=self._directory)


class Offlineimap:
    """offlineimap3: the whole account as Maildirs below `directory`/mail, both ways."""

    def __init__(self, place: Place, directory: Path) -> None:
        self._program = program("offlineimap", "offlineimap3")
        self._directory = directory
        self.mail = directory / "mail"
        directory.mkdir(parents=True, exist_ok=True)
        (directory / "config").write_text(
            f"[general]\naccounts = all\nmetadata = {directory}/metadata\nui = quiet\n\n"
            "[Account all]\nlocalrepository = near\nremoterepository = far\n\n"
            f"[Repository near]\ntype = Maildir\nlocalfolders = {self.mail}\nsep = /\n\n"
            f"[Repository far]\ntype = IMAP\nremotehost = {place.host}\nremoteport = {place.port}\n"
            f"{f'ssl = yes{_NL}sslcacertfile = {place.ca_file}' if place.ca_file else _IN_CLEAR}\n"
            f"remoteuser = {place.user}\nremotepass = {place.password}\n"
        )

    def sync(self) -> None:
        """Make both sides the same."""
        run(self._program, "-c", self._directory / "config", "-o", directory=self._directory)


class Curl:
    """curl: one URL at a time (RFC 5092)."""

    def __init__(self, place: Place, directory: Path) -> None:
        self._program = program("curl")
        self._place = place
        self._directory = directory
        directory.mkdir(parents=True, exist_ok=True)

    def get(self, path: str = "", *options: str | Path) -> bytes:
        """Fetch what stands at `path` of the account."""
        place = self._place
        scheme = "imaps" if place.ca_file else "imap"
        return run(
            self._program, "--silent", "--show-error", "--user",
            f"{place.user}:{place.password}", f"{scheme}://{place.host}:{place.port}/{path}",
            *(("--cacert", place.ca_file) if place.ca_file else ()), *options,
            directory=self._directory,
        )  # fmt: skip

    def message(self, mailbox: str, uid: int) -> bytes:
        """Fetch one message."""
        return self.get(f"{quote(mailbox)};UID={uid}")

    def append(self, mailbox: str, message: bytes) -> None:
        """Add a message."""
        file = self._directory / "message"
        file.write_bytes(message)
        self.get(quote(mailbox), "--upload-file", file)


class Mutt:
    """mutt without a terminal's user: it opens a mailbox, does what it is told by keys, and ends; without TLS only."""

    def __init__(self, place: Place, directory: Path) -> None:
        self._program = program("mutt")
        self._script = program("script")
        self._directory = directory
        directory.mkdir(parents=True, exist_ok=True)
        self._url = f"imap://{place.host}:{place.port}/INBOX"
        (directory / "Mail").mkdir()
        (directory / "config").write_text(
            f"set imap_user={place.user}\nset imap_pass={place.password}\nset ssl_starttls=no\nset ssl_force_tls=no\n"
            "set imap_authenticators=login\nset wait_key=no\nset confirmappend=no\nset delete=yes\n"
            "set quit=yes\nset sleep_time=0\n"
            'set message_cachedir=""\nset header_cache=""\nset move=no\n'
        )

    def run(self, keys: str) -> None:
        """Open the inbox and type `keys`, which end mutt."""
        mutt = f"{self._program} -F {self._directory}/config -f {self._url} -e 'push {keys}'"
        run(self._script, "-qec", mutt, "/dev/null", directory=self._directory)


def maildir_tree(mail: Path) -> dict[str, bytes]:
    """Return every file below `mail`, by its path: names hold the flags."""
    return {str(path.relative_to(mail)): path.read_bytes() for path in sorted(mail.rglob("*")) if path.is_file()}


def maildir_messages(mail: Path) -> dict[str, list[bytes]]:
    """Return the messages of each Maildir below `mail`, sorted, lines ending in CRLF as on the wire."""
    found: dict[str, list[bytes]] = {}
    for directory in sorted(path.parent for path in mail.rglob("cur")):
        files = [file for part in ("cur", "new") for file in (directory / part).iterdir()]
        messages = [file.read_bytes().replace(b"\r\n", b"\n").replace(b"\n", b"\r\n") for file in files]
        found[str(directory.relative_to(mail))] = sorted(messages)
    return found
