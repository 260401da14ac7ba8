"""A server that answers each FETCH with the same octets, whoever asks and however: `canned_server DIRECTORY`.

The user's name says which: DIRECTORY has `USER.headers`, `USER.bodies` or `USER.flags` with the octets of the answer,
and `USER.json` with the number of messages (`benchmarks.streams`). It says its ports as JSON and serves until its
standard input ends. It reads nothing of this package.
"""

from __future__ import annotations

import json
import mmap
import re
import socket
import ssl
import sys
import tempfile
import threading
from pathlib import Path

from servers import certificates

HOST = "127.0.0.1"
_PIECE = 1 << 20
_COMMAND = re.compile(rb"(\S+) (?:UID )?([A-Z]+) ?(.*?)\r?\n", re.IGNORECASE | re.DOTALL)
_USER = re.compile(rb'"?([^" ]+)')


class Connection:
    """One client, in a thread of its own."""

    def __init__(self, sock: socket.socket, directory: Path) -> None:
        self._sock = sock
        self._directory = directory
        self._user = ""
        self._count = 0

    def serve(self) -> None:
        """Answer until the client goes."""
        with self._sock, self._sock.makefile("rb") as lines:
            self._sock.sendall(b"* OK ready\r\n")
            for line in lines:
                found = _COMMAND.fullmatch(line)
                if found is None:
                    self._sock.sendall(b"* BAD not understood\r\n")
                    return
                tag, name, arguments = found[1], found[2].upper(), found[3]
                self._answer(name, arguments)
                self._sock.sendall(b"%b OK done\r\n" % tag)
                if name == b"LOGOUT":
                    return

    def _answer(self, name: bytes, arguments: bytes) -> None:
        if name == b"LOGIN":
            user = _USER.match(arguments)
            self._user = user[1].decode() if user else ""
            self._count = json.loads((self._directory / f"{self._user}.json").read_text())["count"]
        elif name in {b"SELECT", b"EXAMINE"}:
            self._select()
        elif name == b"SEARCH":
            self._sock.sendall(b"* SEARCH %b\r\n" % b" ".join(b"%d" % uid for uid in range(1, self._count + 1)))
        elif name == b"FETCH":
            self._fetch(arguments.upper())
        elif name in {b"LIST", b"LSUB", b"XLIST"}:
            self._sock.sendall(b'* %b () "/" "INBOX"\r\n' % name)
        elif name == b"LOGOUT":
            self._sock.sendall(b"* BYE done\r\n")
        elif name == b"CAPABILITY":
            self._sock.sendall(b"* CAPABILITY IMAP4rev1 XLIST\r\n")

    def _select(self) -> None:
        self._sock.sendall(
            b"* FLAGS (\\Answered \\Flagged \\Deleted \\Seen \\Draft)\r\n"
            b"* OK [PERMANENTFLAGS (\\Answered \\Flagged \\Deleted \\Seen \\Draft \\*)] kept\r\n"
            b"* %d EXISTS\r\n* 0 RECENT\r\n"
            b"* OK [UIDVALIDITY 1] valid\r\n* OK [UIDNEXT %d] next\r\n" % (self._count, self._count + 1)
        )

    def _fetch(self, items: bytes) -> None:
        kind = "headers" if b"HEADER" in items else "bodies" if b"BODY" in items or b"RFC822" in items else "flags"
        with (self._directory / f"{self._user}.{kind}").open("rb") as file:
            mapped = mmap.mmap(file.fileno(), 0, access=mmap.ACCESS_READ)
        with mapped, memoryview(mapped) as octets:
            for place in range(0, len(octets), _PIECE):
                with octets[place : place + _PIECE] as piece:
                    self._sock.sendall(piece)


def _accept(listener: socket.socket, directory: Path, tls: ssl.SSLContext | None) -> None:
    while True:
        sock, _ = listener.accept()
        sock.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        threading.Thread(target=_serve, args=(sock, directory, tls), daemon=True).start()


def _serve(sock: socket.socket, directory: Path, tls: ssl.SSLContext | None) -> None:
    try:
        Connection(sock if tls is None else tls.wrap_socket(sock, server_side=True), directory).serve()
    except ConnectionError:  # the client has what it wanted
        return


def main() -> None:
    """Serve."""
    directory = Path(sys.argv[1])
    tls = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    with tempfile.TemporaryDirectory() as keys:
        issued = certificates.issue(Path(keys))
        tls.load_cert_chain(issued.chain_file, issued.key_file)
        ports: list[int] = []
        for context in (None, tls):
            listener = socket.create_server((HOST, 0))
            ports.append(listener.getsockname()[1])
            threading.Thread(target=_accept, args=(listener, directory, context), daemon=True).start()
        sys.stdout.write(json.dumps({"port": ports[0], "tls_port": ports[1], "ca_file": str(issued.ca_file)}) + "\n")
        sys.stdout.flush()
        sys.stdin.read()


if __name__ == "__main__":
    main()
