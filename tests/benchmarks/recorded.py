"""The answers of real servers to our FETCH as files, from a mailbox that was filled for it."""

from __future__ import annotations

import contextlib
import socket
from collections.abc import Callable, Iterable, Iterator
from pathlib import Path
from typing import TYPE_CHECKING

from servers.available import SERVERS as INSTALLABLE
from servers.process import server_directory
from support.mailbox import Mail, mailbox

from benchmarks.sizes import Sizes
from benchmarks.streams import ITEMS, KINDS, Kind, Stream, write
from outlookimap.wire.dates import write_date_time

if TYPE_CHECKING:
    from servers.real_server import RealServer

SERVERS = ("dovecot", "cyrus", "courier")
_PIECE = 1 << 17


@contextlib.contextmanager
def running(name: str, say: Callable[[str], None]) -> Iterator[RealServer | None]:
    """Run a real server, None where there is none, after saying why."""
    module = INSTALLABLE.get(name)
    why = f"the tests know no server {name}" if module is None else module.missing()
    if module is None or why is not None:
        say(f"  no {name}: {why}")
        yield None
        return
    start: Callable[[Path], contextlib.AbstractContextManager[RealServer]] = getattr(module, name)
    with server_directory() as directory, start(directory) as server:
        yield server


class Wire:
    """A connection to a real server that knows just enough: octets out, octets in until the tagged answer."""

    def __init__(self, server: RealServer, user: str) -> None:
        """Sign in."""
        self._sock = socket.create_connection((server.host, server.port), 60)
        self._sock.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        self._until(b"* ")
        self._ask(b'LOGIN "%b" "%b"' % (user.encode(), server.password.encode()))

    def fill(self, mails: Iterable[Mail]) -> None:
        """Append messages to INBOX with flags and dates."""
        for mail in mails:
            flags = " ".join((*mail.flags, *mail.keywords)).encode()
            date = write_date_time(mail.date)
            self._sock.sendall(b'a APPEND "INBOX" (%b) "%b" {%d}\r\n' % (flags, date, len(mail.octets)))
            self._until(b"+")
            self._sock.sendall(mail.octets + b"\r\n")
            self._until(b"a OK")

    def answer(self, kind: Kind, messages: str) -> list[bytes]:
        """Select INBOX and return what comes for a FETCH, without the tagged line."""
        self._ask(b'SELECT "INBOX"')
        pieces = self._ask(b"UID FETCH %b %b" % (messages.encode(), ITEMS[kind].encode()))
        octets = b"".join(pieces)
        return [octets[: octets.rindex(b"\r\na OK") + 2]]

    def close(self) -> None:
        """Leave."""
        self._sock.close()

    def _ask(self, command: bytes) -> list[bytes]:
        self._sock.sendall(b"a " + command + b"\r\n")
        return self._until(b"a OK")

    def _until(self, beginning: bytes) -> list[bytes]:
        """Receive until the last line begins so."""
        pieces: list[bytes] = []
        tail = b"\r\n"
        while not (tail.endswith(b"\r\n") and tail[:-2].rpartition(b"\r\n")[2].startswith(beginning)):
            piece = self._sock.recv(_PIECE)
            if not piece or tail.startswith((b"a NO", b"a BAD")):
                raise ConnectionError(f"no {beginning!r}: {tail[-300:]!r}")
            pieces.append(piece)
            tail = (tail + piece)[-10_000:]  # Cyrus signs in with a long list of capabilities
        return pieces


def fill(server: RealServer, user: str, count: int) -> None:
    """Put the generated mailbox into a user's INBOX."""
    with contextlib.closing(Wire(server, user)) as wire:
        wire.fill(mailbox(count))


def record(name: str, directory: Path, sizes: Sizes, say: Callable[[str], None]) -> list[Stream]:
    """Fill a server and keep its answers; nothing where the server is not there."""
    with running(name, say) as server:
        if server is None:
            return []
        user = server.take_user()
        fill(server, user, sizes.mailbox)
        say(f"  {name}: {sizes.mailbox} messages appended")
        return answers(server, user, directory, sizes)


def answers(server: RealServer, user: str, directory: Path, sizes: Sizes) -> list[Stream]:
    """Keep a server's answers about a user's INBOX: headers, bodies, flags."""
    counts: dict[Kind, tuple[int, int]] = {
        "headers": (sizes.mailbox, sizes.headers),
        "bodies": (sizes.recorded_bodies, sizes.bodies * sizes.body_readings),
        "flags": (sizes.mailbox, sizes.flags),
    }
    streams = []
    with contextlib.closing(Wire(server, user)) as wire:
        for kind in KINDS:
            count, wanted = counts[kind]
            answer = wire.answer(kind, f"1:{count}")
            repeats = max(1, round(wanted / count))
            streams.append(write(directory, f"{server.name}-{kind}", kind, answer, count, repeats=repeats))
    return streams
