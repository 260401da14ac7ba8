"""A running server, as tests see it; it must not know which server it is or how it was started."""

from __future__ import annotations

import contextlib
import imaplib
import itertools
import time
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from servers.process import HOST

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator
    from pathlib import Path

    from servers.logs import ServerLog

PASSWORD = "secret"
USERS = tuple(f"user{number}" for number in range(1, 161))


@dataclass(frozen=True, slots=True)
class RealServer:
    """Where a server listens and whom it knows.

    `port` speaks IMAP, with STARTTLS where `ca_file` is set; `tls_port` speaks TLS from the first byte. `pid` is
    the process id of its first process and the id of its process group. The names of folders a user makes start with
    `prefix`.
    """

    name: str
    port: int
    tls_port: int | None
    ca_file: Path | None
    pid: int
    directory: Path
    log: ServerLog | None
    host: str = HOST
    users: tuple[str, ...] = USERS
    password: str = PASSWORD
    prefix: str = ""
    _taken: Iterator[int] = field(default_factory=itertools.count, repr=False, compare=False)

    def take_user(self) -> str:
        """Return a user nobody has taken yet: an empty mailbox, an empty log.

        Raises RuntimeError when all are taken.
        """
        number = next(self._taken)
        if number >= len(self.users):
            raise RuntimeError(f"all {len(self.users)} users of {self.name} are taken")
        return self.users[number]

    def received_lines(self, user: str) -> bytes:
        """Return all bytes the server noted from this user, from the first command after each sign-in on.

        Raises RuntimeError for a server that keeps no such log.
        """
        return b"".join(self.received_sessions(user))

    def received_sessions(self, user: str) -> list[bytes]:
        """Return what `received_lines` returns, session by session."""
        return self._log().sessions(user)

    def sign_ins(self) -> list[bytes]:
        """Return what the server noted before sign-in, connection by connection, secrets included.

        Only Dovecot has such notes, and only of its plain port.
        """
        return self._log().sign_ins()

    def forget(self, user: str) -> None:
        """Have the server's notes about the user's past sessions removed."""
        self._log().forget(user)

    def populate(
        self,
        user: str,
        messages: Iterable[bytes],
        *,
        mailbox: str = "INBOX",
        flags: str = "",
        first_date: float = 1_600_000_000.0,
    ) -> None:
        """Append messages to a mailbox, which is made where it does not exist, an hour apart in INTERNALDATE.

        `flags` is a list as `\\Seen \\Flagged`; `first_date` is in seconds since 1970. The plain port must allow
        LOGIN. What the server noted about the session is removed.
        """
        quoted = '"' + mailbox.replace("\\", "\\\\").replace('"', '\\"') + '"'
        with imaplib.IMAP4(self.host, self.port, timeout=30) as client:
            client.login(user, self.password)
            if mailbox.upper() != "INBOX":
                with contextlib.suppress(imaplib.IMAP4.error):
                    client.create(quoted)
            for number, message in enumerate(messages):
                date = imaplib.Time2Internaldate(time.gmtime(first_date + 3600 * number))
                status, answer = client.append(quoted, f"({flags})", date, message)
                if status != "OK":
                    raise RuntimeError(f"{self.name} refused to append to {mailbox}: {answer!r}")
        if self.log is not None:
            self.log.forget(user)

    def _log(self) -> ServerLog:
        if self.log is None:
            raise RuntimeError(f"{self.name} does not note what it receives")
        return self.log
