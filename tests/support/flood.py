"""A server whose INBOX is as large as wanted and is made while it is sent; it reads nothing of the package.

Serves one client at a time, says what IMAP4rev1 needs for a sync and nothing else, and keeps no message in memory but
the one it is sending.
"""

from __future__ import annotations

import contextlib
import re
import socket
import threading
from collections.abc import Callable, Iterator, Sequence

UIDVALIDITY = 8
_COMMAND = re.compile(rb"(\S+) (?:UID )?([A-Z]+)(.*)\r\n", re.DOTALL)
_RANGE = re.compile(rb"([0-9]+)(?::([0-9]+|\*))?")
_PIECE = b"The quick brown fox jumps over the lazy dog, and so on, until the line is over.\r\n" * 8192


class Flood:
    """INBOX with a message of each of `sizes`, in octets; the UIDs are 1 and following."""

    def __init__(self, sizes: Sequence[int]) -> None:
        self.sizes = sizes
        self.listening = socket.create_server(("127.0.0.1", 0))
        self.port: int = self.listening.getsockname()[1]

    def serve(self) -> None:
        """Serve one client after the other until the listening socket is closed."""
        while True:
            try:
                sock, _ = self.listening.accept()
            except OSError:
                return
            with contextlib.suppress(ConnectionError), sock, sock.makefile("rb") as lines:
                self._converse(sock.sendall, lines)

    def _converse(self, send: Callable[[bytes], object], lines: Iterator[bytes]) -> None:
        send(b"* OK [CAPABILITY IMAP4rev1 LITERAL+] ready\r\n")
        for line in lines:
            found = _COMMAND.fullmatch(line)
            assert found is not None, line
            tag, name, rest = found.groups()
            if name == b"CAPABILITY":
                send(b"* CAPABILITY IMAP4rev1\r\n")
            elif name in (b"LIST", b"LSUB"):
                send(b'* %b () "/" INBOX\r\n' % name)
            elif name == b"SELECT":
                send(b"* %d EXISTS\r\n* OK [UIDVALIDITY %d] fixed\r\n" % (len(self.sizes), UIDVALIDITY))
            elif name == b"FETCH":
                self._fetch(send, rest)
            elif name == b"LOGOUT":
                send(b"* BYE until later\r\n")
            send(b"%b OK done\r\n" % tag)

    def _fetch(self, send: Callable[[bytes], object], rest: bytes) -> None:
        numbers, _, items = rest.strip().partition(b" ")
        for first, last in _RANGE.findall(numbers):
            end = len(self.sizes) if last == b"*" else int(last or first)
            for uid in range(int(first), end + 1):
                self._message(send, uid, items)

    def _message(self, send: Callable[[bytes], object], uid: int, items: bytes) -> None:
        size = self.sizes[uid - 1]
        header = b"From: ann@example.com\r\nSubject: number %d\r\nMessage-ID: <%d@flood>\r\n\r\n" % (uid, uid)
        said = b"* %d FETCH (UID %d FLAGS (\\Seen) " % (uid, uid)
        if b"HEADER]" in items:
            date = b' INTERNALDATE "17-Jul-1996 02:44:25 -0700"' if b"INTERNALDATE" in items else b""
            send(said + b"RFC822.SIZE %d BODY[HEADER] {%d}\r\n%b%b)\r\n" % (size, len(header), header, date))
        elif b"[]" in items:
            send(said + b"BODY[] {%d}\r\n" % size + header)
            for start in range(0, size - len(header), len(_PIECE)):
                send(_PIECE[: size - len(header) - start])
            send(b")\r\n")
        else:
            send(said[:-1] + b")\r\n")


@contextlib.contextmanager
def flood(sizes: Sequence[int]) -> Iterator[Flood]:
    """Run such a server in a thread."""
    server = Flood(sizes)
    thread = threading.Thread(target=server.serve, daemon=True)
    thread.start()
    try:
        yield server
    finally:
        server.listening.shutdown(socket.SHUT_RDWR)
        server.listening.close()
        thread.join(10)
        assert not thread.is_alive()
