"""One way to read the answer to a FETCH, as a process of its own: signs in, reads, says what it took and found.

Called by `reading.py`. Each way reads with what its library offers for the purpose: most return everything at once,
ours can hand it over chunk by chunk. What those found that keep nothing is counted in one more reading, not measured.
"""

from __future__ import annotations

import argparse
import gc
import imaplib
import json
import resource
import socket
import ssl
import sys
import time
from abc import ABC, abstractmethod
from collections.abc import Iterator
from dataclasses import asdict
from typing import TYPE_CHECKING, Any

from benchmarks.streams import ITEMS, Kind

if TYPE_CHECKING:
    from outlookimap.client import Message
    from outlookimap.wire.responses import Response

HOST = "127.0.0.1"
PASSWORD = "secret"
PATIENCE = 300.0
PLAIN_OCTETS, TLS_OCTETS = 1 << 17, 1 << 16
"""At most so many octets are asked of one recv, as a loop that only receives would; our transport asks for 512 KiB."""


class Reader(ABC):
    """A client that is signed in and has selected INBOX."""

    octets: int | None = None

    @abstractmethod
    def __init__(self, port: int, user: str, tls: ssl.SSLContext | None, ca_file: str | None) -> None:
        """Sign in and select."""

    @abstractmethod
    def read(self, kind: Kind) -> None:
        """Fetch all messages: this is what is measured."""

    @abstractmethod
    def found(self, kind: Kind) -> int | None:
        """Return how many messages come, None where it cannot tell; set `octets` to those of their content."""

    def tiers(self) -> dict[str, int]:
        """Return how many responses each tier of our reader took, where it is ours."""
        return {}


class Receiver(Reader):
    """Receives and looks at nothing but the end: no client can be faster."""

    def __init__(self, port: int, user: str, tls: ssl.SSLContext | None, ca_file: str | None) -> None:
        sock = socket.create_connection((HOST, port), PATIENCE)
        self._sock = sock if tls is None else tls.wrap_socket(sock, server_hostname=HOST)
        self._most = PLAIN_OCTETS if tls is None else TLS_OCTETS
        self._sock.recv(1000)
        for command in (b'a LOGIN "%b" "%b"' % (user.encode(), PASSWORD.encode()), b"b SELECT INBOX"):
            self._sock.sendall(command + b"\r\n")
            tail = b""
            while b"OK done\r\n" not in tail:
                tail = tail[-20:] + self._sock.recv(10_000)

    def _ask(self, kind: Kind) -> None:
        self._sock.sendall(b"f UID FETCH 1:* %b\r\n" % ITEMS[kind].encode())

    def read(self, kind: Kind) -> None:
        self._ask(kind)
        receive, most, tail = self._sock.recv, self._most, b""
        while not tail.endswith(b"\r\nf OK done\r\n"):
            part = receive(most)
            if not part:
                raise ConnectionError("the server hung up")
            tail = part if len(part) > 100 else tail[-100:] + part

    def found(self, kind: Kind) -> int | None:
        return None


class BareReader(Receiver):
    """Our reader of responses alone, fed with what recv returns: no session, no profile."""

    def __init__(self, port: int, user: str, tls: ssl.SSLContext | None, ca_file: str | None) -> None:
        super().__init__(port, user, tls, ca_file)
        from outlookimap.wire.limits import Limits
        from outlookimap.wire.response_reader import ResponseReader

        self._reader = ResponseReader(Limits())

    def _responses(self, kind: Kind) -> Iterator[list[Response]]:
        from outlookimap.wire.responses import StatusResponse

        self._ask(kind)
        receive, most, feed = self._sock.recv, self._most, self._reader.feed
        while True:
            responses = feed(receive(most), runs=True)
            yield responses
            if responses and isinstance(responses[-1], StatusResponse) and responses[-1].tag == b"f":
                return

    def read(self, kind: Kind) -> None:
        for _ in self._responses(kind):
            pass

    def found(self, kind: Kind) -> int | None:
        from outlookimap.wire.response_reader import expanded
        from outlookimap.wire.responses import FetchData

        came = (expanded(responses) for responses in self._responses(kind))
        data = [one for responses in came for one in responses if isinstance(one, FetchData)]
        values = [value for one in data for item, value in one.items if item.section is not None]
        self.octets = sum(len(value) for value in values if isinstance(value, bytes))
        return len(data)

    def tiers(self) -> dict[str, int]:
        return asdict(self._reader.taken)


class Imaplib(Reader):
    """imaplib, which takes no field apart: lines and literals as they came."""

    def __init__(self, port: int, user: str, tls: ssl.SSLContext | None, ca_file: str | None) -> None:
        self._imap = (
            imaplib.IMAP4(HOST, port, PATIENCE)
            if tls is None
            else imaplib.IMAP4_SSL(HOST, port, ssl_context=tls, timeout=PATIENCE)
        )
        self._imap.login(user, PASSWORD)
        self._imap.select("INBOX")
        self._data: list[Any] = []

    def read(self, kind: Kind) -> None:
        self._data = []
        self._data = self._imap.uid("FETCH", "1:*", ITEMS[kind])[1]

    def found(self, kind: Kind) -> int | None:
        parts = [one[1] for one in self._data if isinstance(one, tuple)]
        self.octets = sum(map(len, parts))
        return len(parts) or len(self._data)


class ImapClient(Reader):
    """imapclient's fetch: a dict of dicts."""

    def __init__(self, port: int, user: str, tls: ssl.SSLContext | None, ca_file: str | None) -> None:
        from imapclient import IMAPClient

        self._imap = IMAPClient(HOST, port, ssl=tls is not None, ssl_context=tls, timeout=PATIENCE)
        self._imap.login(user, PASSWORD)
        # It wants numbers, not "1:*"; those of the canned server are known without a SEARCH.
        self._uids = [*range(1, self._imap.select_folder("INBOX")[b"EXISTS"] + 1)]
        self._data: dict[int, Any] = {}

    def read(self, kind: Kind) -> None:
        self._data = {}
        self._data = self._imap.fetch(self._uids, ITEMS[kind].strip("()").replace("UID ", "").split())

    def found(self, kind: Kind) -> int | None:
        self.octets = sum(
            len(value) for one in self._data.values() for name, value in one.items() if name.startswith(b"BODY[")
        )
        return len(self._data)


class ImapTools(Reader):
    """imap-tools' fetch in bulk, which makes a message of the standard library of each; it has no fetch of flags."""

    def __init__(self, port: int, user: str, tls: ssl.SSLContext | None, ca_file: str | None) -> None:
        from imap_tools import MailBox, MailBoxUnencrypted, MailMessage

        class Counted(MailMessage):
            def __init__(self, fetch_data: list[Any]) -> None:
                super().__init__(fetch_data)
                self.octets = len(fetch_data[0][1])

        self._box = (
            MailBoxUnencrypted(HOST, port, timeout=PATIENCE)
            if tls is None
            else MailBox(HOST, port, timeout=PATIENCE, ssl_context=tls)
        )
        self._box.email_message_class = Counted
        self._box.login(user, PASSWORD)
        self._uids = self._box.uids()
        self._data: list[Any] = []

    def read(self, kind: Kind) -> None:
        self._data = []
        fetched = self._box.fetch(uid_list=self._uids, bulk=True, mark_seen=False, headers_only=kind == "headers")
        self._data = list(fetched)

    def found(self, kind: Kind) -> int | None:
        self.octets = sum(message.octets for message in self._data)
        return len(self._data)


class Ours(Reader):
    """Our session, which hands messages over chunk by chunk, flags in columns: what a user of it would do."""

    def __init__(self, port: int, user: str, tls: ssl.SSLContext | None, ca_file: str | None) -> None:
        from outlookimap import Policy, SequenceSet, Session

        scheme, encryption = ("imap", "none") if tls is None else ("imaps", "tls")
        self._session = Session.connect(
            f"{scheme}://{HOST}:{port}/",
            user=user,
            password=PASSWORD,
            policy=Policy(encryption=encryption, mechanisms=(), login=True),
            ca_file=ca_file,
            timeout=PATIENCE,
        )
        self._session.select("INBOX")
        self._all = SequenceSet.all()
        self._fetch = {
            "headers": self._session.fetch_headers,
            "bodies": self._session.fetch_bodies,
            "flags": self._session.fetch_flags,
        }

    def read(self, kind: Kind) -> None:
        if kind == "flags":
            self._session.fetch_flags(self._all, columns=lambda uids, _: len(uids))
        else:
            self._fetch[kind](self._all, into=len)

    def found(self, kind: Kind) -> int | None:
        messages: list[Message] = []
        self._fetch[kind](self._all, into=messages.extend)
        return self._counted(messages)

    def _counted(self, messages: list[Message]) -> int:
        self.octets = sum(len(message.header or message.body or b"") for message in messages)
        return len({message.uid for message in messages})

    def tiers(self) -> dict[str, int]:
        return asdict(self._session.tiers)


class OursAtOnce(Ours):
    """Our session without `into`: one list with all messages, as others return them."""

    def __init__(self, port: int, user: str, tls: ssl.SSLContext | None, ca_file: str | None) -> None:
        super().__init__(port, user, tls, ca_file)
        self._data: list[Message] = []

    def read(self, kind: Kind) -> None:
        self._data = []
        self._data = self._fetch[kind](self._all)

    def found(self, kind: Kind) -> int | None:
        return self._counted(self._data)


READERS: dict[str, type[Reader]] = {
    "session": Ours,
    "session-list": OursAtOnce,
    "bare-reader": BareReader,
    "recv": Receiver,
    "imaplib": Imaplib,
    "imapclient": ImapClient,
    "imap-tools": ImapTools,
}


def peak() -> float:
    """Return the peak memory of this process in MB."""
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / (2**20 if sys.platform == "darwin" else 2**10)


def main() -> None:
    """Read what the arguments say and print what it took."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("reader", choices=READERS)
    parser.add_argument("kind", choices=ITEMS)
    parser.add_argument("user")
    parser.add_argument("port", type=int)
    parser.add_argument("--ca-file", help="with TLS, trusting this")
    parser.add_argument("--repeats", type=int, default=1)
    options = parser.parse_args()
    tls = ssl.create_default_context(cafile=options.ca_file) if options.ca_file else None
    reader = READERS[options.reader](options.port, options.user, tls, options.ca_file)
    gc.collect()
    before, cpu, began = peak(), time.process_time(), time.perf_counter()
    for _ in range(options.repeats):
        reader.read(options.kind)
    took, used, after = time.perf_counter() - began, time.process_time() - cpu, peak()
    said: dict[str, Any] = {"seconds": took, "cpu": used, "rss": after, "grown": after - before}
    said |= {"tiers": reader.tiers(), "messages": reader.found(options.kind), "octets": reader.octets}
    sys.stdout.write(json.dumps(said) + "\n")


if __name__ == "__main__":
    main()
