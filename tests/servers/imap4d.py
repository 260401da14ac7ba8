"""GNU Mailutils imap4d 3.15, over folders that are mbox files. Runs as root or as an ordinary user."""

from __future__ import annotations

import contextlib
import os
import pwd
import subprocess
from pathlib import Path
from string import Template
from typing import TYPE_CHECKING

from servers import unpacked
from servers.process import HOST, free_ports, make_directory, running
from servers.real_server import PASSWORD, USERS, RealServer

if TYPE_CHECKING:
    from collections.abc import Iterator

DOMAIN = "localhost"

_CONFIGURATION = Template("""\
mode daemon;
foreground yes;
# One process per connection.
max-children 400;
pidfile $directory/pid;
auth {
  authentication generic;
  authorization virtdomain;
};
virtdomain {
  passwd-dir $directory/passwd;
};
gsasl {
  enable yes;
  cram-passwd $directory/cram;
  realm $domain;
  hostname $domain;
};
mailbox {
  mailbox-type mbox;
};
tcp-wrappers {
  enable no;
};
logging {
  syslog no;
  severity debug;
};
server $host:$port {
  transcript yes;
  tls-mode no;
};
""")


def version() -> str:
    """Return the version of the Debian package, an empty string when it is not there."""
    return unpacked.version("imap4d")


def missing() -> str | None:
    """Return why imap4d cannot run here, None when it can."""
    return None if version() else f"imap4d is not in {unpacked.root('imap4d')}"


@contextlib.contextmanager
def imap4d(directory: Path) -> Iterator[RealServer]:
    """Run imap4d without TLS in a directory its users can reach (`servers.process.server_directory`).

    Users sign in as `user1@localhost`. The hierarchy separator is a slash; a folder is a file or a directory, so one
    that holds mail holds no folders. What imap4d notes of sessions, line by line and passwords left out, is in
    `output.log`. Raises ServerDidNotStart.
    """
    account = pwd.getpwnam("nobody") if os.geteuid() == 0 else pwd.getpwuid(os.geteuid())
    owner = (account.pw_uid, account.pw_gid)
    (port,) = free_ports(1)
    make_directory(directory / "passwd")
    _write_users(directory, owner)
    configuration = directory / "imap4d.conf"
    configuration.write_text(_CONFIGURATION.substitute(directory=directory, domain=DOMAIN, host=HOST, port=port))
    command: list[str | Path] = [unpacked.root("imap4d") / "usr/sbin/imap4d", f"--config-file={configuration}"]
    with running(command, directory=directory, port=port) as pid:
        yield RealServer(
            name="imap4d",
            port=port,
            tls_port=None,
            ca_file=None,
            pid=pid,
            directory=directory,
            log=None,
            users=tuple(f"{user}@{DOMAIN}" for user in USERS),
        )


def _write_users(directory: Path, owner: tuple[int, int]) -> None:
    """Write the passwords, for LOGIN in a file named after the domain, for CRAM-MD5 and DIGEST-MD5 in another."""
    digest = subprocess.run(
        ["openssl", "passwd", "-6", PASSWORD], capture_output=True, text=True, check=True, timeout=30
    ).stdout.strip()
    lines: list[str] = []
    secrets: list[str] = []
    for user in USERS:
        home = make_directory(directory / "mail" / user, owner)
        # SELECT takes the file named among the passwords, APPEND this name in the user's directory, if it is there.
        inbox = home / "INBOX"
        inbox.touch(0o600)
        if os.geteuid() == 0:
            os.chown(inbox, *owner)
        lines.append(f"{user}:{digest}:{owner[0]}:{owner[1]}:{user}:{home}:{inbox}\n")
        secrets.extend((f"{user}\t{PASSWORD}\n", f"{user}@{DOMAIN}\t{PASSWORD}\n"))
    (directory / "passwd" / DOMAIN).write_text("".join(lines))
    cram = directory / "cram"
    cram.write_text("".join(secrets))
    cram.chmod(0o600)
