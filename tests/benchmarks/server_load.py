"""How much the embedded server bears: work on many connections, many idle ones, and headers beside other servers.

    python tests/benchmarks/server_load.py [--seconds 60] [--workers 200] [--idle 1000] [--messages 10000] [--runs 5]

The server runs in a process of its own. The client's side is imaplib and plain sockets, nothing of this package. A
part whose number is 0 is left out. The exit code is 1 when a message was lost, or a connection was not served.
"""

from __future__ import annotations

import argparse
import contextlib
import hashlib
import imaplib
import itertools
import json
import os
import queue
import random
import re
import resource
import selectors
import socket
import statistics
import subprocess
import sys
import threading
import time
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING

TESTS = Path(__file__).resolve().parents[1]
sys.path[:0] = [str(TESTS), str(TESTS.parent)]

if TYPE_CHECKING:
    from servers.real_server import RealServer

HOST = "127.0.0.1"
PASSWORD = "secret"
USERS = tuple(f"user{number}" for number in range(1, 41))
WORKING_USERS = USERS[:20]
IDLE_USER = USERS[-1]
PATIENCE = 60.0  # seconds without an answer after which a connection has failed
PER_CONNECTION = 4  # descriptors that the server needs for one


def say(text: str) -> None:
    """Print a line at once."""
    sys.stdout.write(text + "\n")
    sys.stdout.flush()


# ---------------------------------------------------------------- the server's process


def serve(connections: int) -> None:
    """Serve until standard input ends, after saying where on standard output."""
    from outlookimap.server.listening import MailServer

    raise_descriptor_limit(PER_CONNECTION * connections + 100)
    users = dict.fromkeys(USERS, PASSWORD)
    with MailServer(users, tls_port=None, allow_plaintext=True, max_connections=connections) as server:
        say(json.dumps({"port": server.port, "pid": os.getpid()}))
        sys.stdin.read()


def raise_descriptor_limit(wanted: int) -> None:
    """Let this process have so many descriptors; SystemExit where the system does not allow it."""
    soft, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    if soft != resource.RLIM_INFINITY and soft < wanted:
        if hard != resource.RLIM_INFINITY and hard < wanted:
            sys.exit(f"{wanted} descriptors are needed, the system allows {hard}: raise it with `ulimit -n {wanted}`")
        resource.setrlimit(resource.RLIMIT_NOFILE, (wanted, hard))


@dataclass(frozen=True, slots=True)
class Server:
    """The server's process as its clients know it."""

    port: int
    pid: int

    @property
    def rss(self) -> float:
        """The memory it has in use, in MB; 0 where the system does not tell."""
        with contextlib.suppress(OSError):
            status = Path(f"/proc/{self.pid}/status").read_text()
            found = re.search(r"VmRSS:\s+(\d+) kB", status)
            return int(found[1]) / 1024 if found else 0.0
        return 0.0

    def signed_in(self, user: str) -> imaplib.IMAP4:
        """Return a connection of `user`."""
        imap = imaplib.IMAP4(HOST, self.port, timeout=PATIENCE)
        # imaplib sends a message and the line end after it apart: the system would hold that back for 40 ms
        imap.socket().setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        imap.login(user, PASSWORD)
        return imap


@contextlib.contextmanager
def running(connections: int) -> Iterator[Server]:
    """Run a server in a process of its own."""
    command = [sys.executable, str(Path(__file__).resolve()), "--serve", str(connections)]
    with subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True) as process:
        try:
            line = process.stdout.readline() if process.stdout else ""
            if not line:
                sys.exit("the server did not start")
            yield Server(**json.loads(line))
        finally:
            if process.stdin:
                process.stdin.close()
            try:
                process.wait(30)
            except subprocess.TimeoutExpired:
                process.kill()


# ---------------------------------------------------------------- work


@dataclass(slots=True)
class Account:
    """What must be in one user's INBOX at the end: the messages appended and not deleted, by hash."""

    kept: set[str] = field(default_factory=set)
    deleted: set[str] = field(default_factory=set)
    lock: threading.Lock = field(default_factory=threading.Lock)


@dataclass(slots=True)
class Tally:
    """What the workers did, by command."""

    counts: dict[str, int] = field(default_factory=lambda: dict.fromkeys(("APPEND", "FETCH", "STORE", "EXPUNGE"), 0))
    failures: queue.SimpleQueue[str] = field(default_factory=queue.SimpleQueue)
    lock: threading.Lock = field(default_factory=threading.Lock)

    def add(self, command: str) -> None:
        """Count one command that was answered OK."""
        with self.lock:
            self.counts[command] += 1


def message(rng: random.Random, name: str) -> bytes:
    """Return a message that no other is equal to, of 300 octets to 20 KB."""
    lines = (f"{rng.getrandbits(256):064x}".encode() for _ in range(int(2 ** rng.uniform(1, 8))))
    head = f"From: {name}@example.com\r\nSubject: {name}\r\nMessage-ID: <{name}@example.com>\r\n\r\n"
    return head.encode() + b"".join(line + b"\r\n" for line in lines)


def digest(octets: bytes) -> str:
    """Return what stands for the octets of a message."""
    return hashlib.sha256(octets).hexdigest()


def demand(answer: tuple[str, Sequence[object]], what: str) -> None:
    """Raise what says that a command was not answered OK."""
    if answer[0] != "OK":
        raise imaplib.IMAP4.error(f"{what}: {answer!r}")


def work(server: Server, number: int, account: Account, tally: Tally, until: float) -> None:
    """Append, read, flag, delete and expunge until the time is over, keeping account of it."""
    rng = random.Random(number)
    user = WORKING_USERS[number % len(WORKING_USERS)]
    try:
        imap = server.signed_in(user)
        demand(imap.select("INBOX"), "SELECT")
        for count in itertools.count():
            octets = message(rng, f"m{number}.{count}")
            status, data = imap.append("INBOX", "(\\Draft)", imaplib.Time2Internaldate(time.time()), octets)
            demand((status, data), "APPEND")
            with account.lock:
                account.kept.add(digest(octets))
            tally.add("APPEND")
            found = re.search(rb"APPENDUID \d+ (\d+)", data[0] or b"")
            uid = found[1].decode() if found else ""
            read_back(imap, uid, octets)
            tally.add("FETCH")
            demand(imap.uid("STORE", uid, "+FLAGS", "(\\Seen)"), "STORE")
            tally.add("STORE")
            if count % 3 == 2:
                expunge(imap, uid, account, digest(octets))
                tally.add("STORE")
                tally.add("EXPUNGE")
            if time.monotonic() >= until:
                break
        imap.logout()
    except (OSError, imaplib.IMAP4.error) as error:
        tally.failures.put(f"connection {number} of {user}: {type(error).__name__}: {error}")


def read_back(imap: imaplib.IMAP4, uid: str, octets: bytes) -> None:
    """Fetch one message and compare it."""
    status, data = imap.uid("FETCH", uid, "(FLAGS BODY.PEEK[])")
    demand((status, data), "FETCH")
    bodies = [part[1] for part in data if isinstance(part, tuple)]
    if bodies != [octets]:
        raise imaplib.IMAP4.error(f"FETCH of UID {uid}: {len(bodies)} messages, not the one that was appended")


def expunge(imap: imaplib.IMAP4, uid: str, account: Account, hashed: str) -> None:
    """Mark one message and remove all that are marked, those of other connections as well."""
    with account.lock:  # before the server does it: from now on it may be gone
        account.kept.discard(hashed)
        account.deleted.add(hashed)
    demand(imap.uid("STORE", uid, "+FLAGS.SILENT", "(\\Deleted)"), "STORE")
    demand(imap.expunge(), "EXPUNGE")


def found_in(server: Server, user: str) -> list[str]:
    """Return the hashes of all messages in INBOX."""
    imap = server.signed_in(user)
    imap.select("INBOX", readonly=True)
    _, data = imap.fetch("1:*", "(BODY.PEEK[])")
    imap.logout()
    return [digest(part[1]) for part in data if isinstance(part, tuple)]


def run_work(workers: int, seconds: float) -> bool:
    """Work on many connections; print what was done; tell whether nothing was lost."""
    with running(workers + 10) as server:
        before = server.rss
        accounts = {user: Account() for user in WORKING_USERS}
        tally = Tally()
        until = time.monotonic() + seconds
        threads = [
            threading.Thread(
                target=work,
                args=(server, number, accounts[WORKING_USERS[number % len(WORKING_USERS)]], tally, until),
            )
            for number in range(workers)
        ]
        began = time.monotonic()
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()
        took = time.monotonic() - began
        after = server.rss
        lost = extra = kept = 0
        for user, account in accounts.items():
            found = found_in(server, user)
            kept += len(found)
            lost += len(account.kept.difference(found))
            extra += len(found) - len(account.kept.intersection(found))
    done = ", ".join(f"{count} {name}" for name, count in tally.counts.items())
    total = sum(tally.counts.values())
    say(f"work: {workers} connections, {took:.1f} s: {done} ({total / took:.0f} commands/s)")
    say(f"work: of {tally.counts['APPEND']} appended {kept} are there, {lost} lost, {extra} that should not be there")
    say(f"work: the server's memory {before:.0f} MB before, {after:.0f} MB after")
    failed = 0
    with contextlib.suppress(queue.Empty):
        while True:
            say(f"work: FAILED {tally.failures.get_nowait()}")
            failed += 1
    return lost == extra == failed == 0


# ---------------------------------------------------------------- idle connections


def until_line(sock: socket.socket, end: bytes) -> bytes:
    """Receive until the last line begins with `end`."""
    octets = b""
    while not (octets.endswith(b"\r\n") and octets[:-2].rpartition(b"\r\n")[2].startswith(end)):
        part = sock.recv(1 << 16)
        if not part:
            raise ConnectionError(f"the server hung up after {octets[-200:]!r}")
        octets += part
    return octets


def idling(server: Server) -> socket.socket:
    """Return a connection that idles in INBOX."""
    sock = socket.create_connection((HOST, server.port), PATIENCE)
    until_line(sock, b"* OK")
    sock.sendall(b"a LOGIN %s %s\r\n" % (IDLE_USER.encode(), PASSWORD.encode()))
    until_line(sock, b"a OK")
    sock.sendall(b"b SELECT INBOX\r\n")
    until_line(sock, b"b OK")
    sock.sendall(b"c IDLE\r\n")
    until_line(sock, b"+")
    return sock


def hear_all(socks: Sequence[socket.socket], expected: bytes) -> int:
    """Return how many connections hear `expected` within the patience."""
    heard = dict.fromkeys(socks, b"")
    with selectors.DefaultSelector() as selector:
        for sock in socks:
            selector.register(sock, selectors.EVENT_READ, sock)
        deadline = time.monotonic() + PATIENCE
        while selector.get_map() and time.monotonic() < deadline:
            for key, _ in selector.select(1.0):
                one: socket.socket = key.data
                part = one.recv(4096)
                heard[one] += part
                if expected in heard[one] or not part:
                    selector.unregister(one)
    return sum(expected in octets for octets in heard.values())


def run_idle(connections: int) -> bool:
    """Hold many connections that idle, and tell them all of one message; tell whether all heard."""
    raise_descriptor_limit(connections + 100)
    with running(connections + 10) as server, contextlib.ExitStack() as opened:
        before = server.rss
        began = time.monotonic()
        socks = [opened.enter_context(idling(server)) for _ in range(connections)]
        opening = time.monotonic() - began
        idle = server.rss
        one_more = server.signed_in(IDLE_USER)
        began = time.monotonic()
        demand(one_more.append("INBOX", "", "", b"A: b\r\n\r\n"), "APPEND")
        heard = hear_all(socks, b"* 1 EXISTS\r\n")
        telling = time.monotonic() - began
        for sock in socks:
            sock.sendall(b"DONE\r\n")
        done = hear_all(socks, b"c OK")
        one_more.logout()
    say(f"idle: {connections} connections at once, opened in {opening:.1f} s")
    each = (idle - before) / connections * 1024
    say(f"idle: the server's memory {before:.0f} MB before, {idle:.0f} MB with them: {each:.0f} KB for each")
    say(f"idle: {heard} heard of one new message within {telling:.2f} s, {done} left IDLE")
    return heard == done == connections


# ---------------------------------------------------------------- headers beside other servers

FETCH = b"f UID FETCH 1:* (UID FLAGS RFC822.SIZE BODY.PEEK[HEADER] INTERNALDATE)\r\n"


def generated(count: int) -> Iterator[bytes]:
    """Yield messages with headers as they are common, about 1 KB each, and a short text."""
    for number in range(count):
        received = "".join(
            f"Received: from mx{hop}.example.net (mx{hop}.example.net [192.0.2.{hop}])\r\n"
            f"\tby mail{hop}.example.com with ESMTPS id {number:08x}{hop}\r\n"
            f"\tfor <user1@example.com>; Mon, 1 Jan 2024 10:{number // 60 % 60:02}:{number % 60:02} +0000\r\n"
            for hop in range(1, 4)
        )
        yield (
            f"{received}From: Sender {number} <sender{number}@example.com>\r\nTo: user1@example.com\r\n"
            f"Subject: Message number {number} of a generated mailbox\r\nDate: Mon, 1 Jan 2024 10:00:00 +0000\r\n"
            f"Message-ID: <{number}.generated@example.com>\r\nMIME-Version: 1.0\r\n"
            "Content-Type: text/plain; charset=us-ascii\r\nContent-Transfer-Encoding: 7bit\r\n\r\n"
            f"This is the text of message {number}.\r\n"
        ).encode()


class HeaderReader:
    """A connection that fills INBOX, then fetches all headers and only counts them."""

    def __init__(self, port: int, user: str, password: str) -> None:
        """Sign in."""
        self._sock = socket.create_connection((HOST, port), PATIENCE)
        until_line(self._sock, b"* OK")
        self._sock.sendall(b"a LOGIN %s %s\r\n" % (user.encode(), password.encode()))
        until_line(self._sock, b"a OK")

    def fill(self, messages: Iterable[bytes]) -> int:
        """Append messages and select INBOX; return how many it has."""
        for octets in messages:
            self._sock.sendall(b"b APPEND INBOX {%d}\r\n" % len(octets))
            until_line(self._sock, b"+")
            self._sock.sendall(octets + b"\r\n")
            until_line(self._sock, b"b OK")
        self._sock.sendall(b"c SELECT INBOX\r\n")
        exists = re.search(rb"^\* (\d+) EXISTS\r$", until_line(self._sock, b"c OK"), re.MULTILINE)
        return int(exists[1]) if exists else 0

    def seconds(self, expected: int) -> float:
        """Fetch all headers and return how long it took; SystemExit when not all came."""
        parts: list[bytes] = []
        tail = b""
        began = time.perf_counter()
        self._sock.sendall(FETCH)
        while not re.search(rb"\r\nf OK[^\r\n]*\r\n\Z", tail):
            part = self._sock.recv(1 << 17)
            if not part:
                sys.exit(f"the server hung up after {tail!r}")
            parts.append(part)
            tail = (tail + part)[-300:]
        took = time.perf_counter() - began
        count = len(re.findall(rb"^\* \d+ FETCH \(", b"".join(parts), re.MULTILINE))
        if count != expected:
            sys.exit(f"{count} messages instead of {expected} came")
        return took

    def close(self) -> None:
        """Leave."""
        self._sock.close()


def run_headers(messages: int, runs: int) -> None:
    """Fetch all headers from each server in turn, `runs` times, and print the ratios."""
    from servers import dovecot, pymap
    from servers.process import server_directory
    from servers.real_server import RealServer

    with contextlib.ExitStack() as stack:
        server = stack.enter_context(running(100))
        ours = RealServer("this", server.port, None, None, server.pid, TESTS, None)
        others = [ours]
        for name, starting, missing in (
            ("dovecot", dovecot.dovecot, dovecot.missing()),
            ("pymap", pymap.pymap, pymap.missing()),
        ):
            if missing is not None:
                say(f"headers: no {name}: {missing}")
                continue
            others.append(stack.enter_context(starting(stack.enter_context(server_directory()))))
        readers: dict[str, tuple[HeaderReader, int]] = {}
        for other in others:
            reader = opened_with(other, messages)
            stack.callback(reader[0].close)
            readers[other.name] = reader
        times: dict[str, list[float]] = {name: [] for name in readers}
        for reader_, count in readers.values():
            reader_.seconds(count)  # the first one fills caches
        for _, (name, (reader_, count)) in itertools.product(range(runs), readers.items()):
            times[name].append(reader_.seconds(count))
        say_headers(messages, runs, times, server.rss)


def opened_with(server: RealServer, messages: int) -> tuple[HeaderReader, int]:
    """Append the messages to a user's INBOX; return a reader there and how many messages it will see."""
    reader = HeaderReader(server.port, server.users[0], server.password)
    began = time.monotonic()
    count = reader.fill(generated(messages))
    say(f"headers: {server.name}: {messages} messages appended in {time.monotonic() - began:.1f} s")
    return reader, count


def say_headers(messages: int, runs: int, times: dict[str, list[float]], rss: float) -> None:
    """Print the medians and what they are to ours."""
    medians = {name: statistics.median(seconds) for name, seconds in times.items()}
    for name, median in medians.items():
        low, high = min(times[name]), max(times[name])
        say(
            f"headers: {name}: {messages} in {median:.3f} s, median of {runs} ({low:.3f} to {high:.3f}), "
            f"{messages / median:.0f} headers/s"
        )
    for name, median in medians.items():
        if name != "this":
            say(f"headers: this server takes {medians['this'] / median:.2f} times {name}'s time")
    say(f"headers: the server's memory {rss:.0f} MB")


def main() -> int:
    """Run what the arguments ask for."""
    parser = argparse.ArgumentParser(description=(__doc__ or "").split("\n\n")[0])
    parser.add_argument("--seconds", type=float, default=60.0, help="how long to work")
    parser.add_argument("--workers", type=int, default=200, help="connections that work")
    parser.add_argument("--idle", type=int, default=1000, help="connections that idle")
    parser.add_argument("--messages", type=int, default=10_000, help="messages whose headers are fetched")
    parser.add_argument("--runs", type=int, default=5, help="how often they are fetched from each server")
    parser.add_argument("--serve", type=int, help=argparse.SUPPRESS)
    options = parser.parse_args()
    if options.serve:
        serve(options.serve)
        return 0
    worked = not options.workers or run_work(options.workers, options.seconds)
    idled = not options.idle or run_idle(options.idle)
    if options.messages:
        run_headers(options.messages, options.runs)
    return 0 if worked and idled else 1


if __name__ == "__main__":
    sys.exit(main())
