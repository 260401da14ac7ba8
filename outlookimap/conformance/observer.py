"""An independent look at a server: IMAPClient, on a connection of its own, sets scenarios up and verifies them.

Nothing here uses our own client, whose misreadings it would share. Must not know any scenario.
"""

from __future__ import annotations

import datetime as dt
import re
import socket
import ssl
from collections.abc import Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from imapclient import IMAPClient
from imapclient.exceptions import IMAPClientError

from outlookimap.client.texts import harmless
from outlookimap.client.url import ServerUrl
from outlookimap.errors import ObserverFailed
from outlookimap.profiles import Policy
from outlookimap.transport.clock import Clock, SystemClock
from outlookimap.transport.tls import client_context
from outlookimap.wire.mailbox import INBOX
from outlookimap.wire.secret import Secret

_PORTS = {"tls": 993, "starttls": 143, "none": 143}


@dataclass(frozen=True, slots=True)
class Place:
    """How to reach a server and sign in: as `Session.connect` takes it. `timeout` is in seconds."""

    url: str
    user: str
    password: Secret
    policy: Policy
    ca_file: Path | None = None
    verify: bool = True
    timeout: float = 60.0
    clock: Clock = SystemClock()  # noqa: RUF009 - it has no state

    @property
    def address(self) -> str:
        """The URL without its user."""
        parsed = ServerUrl.parse(self.url)
        port = "" if parsed.port is None else f":{parsed.port}"
        return f"{parsed.scheme}://{parsed.host}{port}/"


@dataclass(frozen=True, slots=True)
class Seen:
    """What the observer saw of a message: flags as the server spells them, the header and the whole as octets."""

    uid: int
    flags: frozenset[bytes]
    octets: bytes
    internaldate: dt.datetime | None


class Observer:
    """A signed-in IMAPClient; folders are raw names. Every method raises ObserverFailed for whatever goes wrong."""

    def __init__(self, place: Place) -> None:
        """Connect and sign in."""
        self._place = place
        parsed = ServerUrl.parse(place.url)
        encryption = parsed.encryption(place.policy.encryption)
        self.host = parsed.host
        with _failing("cannot sign in"):
            tls = None if encryption == "none" else client_context(ca_file=place.ca_file, verify=place.verify)
            self._client = IMAPClient(
                parsed.host,
                parsed.port or _PORTS[encryption],
                ssl=encryption == "tls",
                ssl_context=tls if encryption == "tls" else None,
                timeout=place.timeout,
            )
            try:
                self._client.folder_encode = False
                self._client.normalise_times = False
                # imaplib writes an APPEND in pieces, each of which would wait for the one before to be acknowledged
                self._client.socket().setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
                self.greeting = harmless(self._client.welcome)
                if encryption == "starttls":
                    self._client.starttls(tls)
                self._sign_in()
            except BaseException:
                self.drop()
                raise

    def _sign_in(self) -> None:
        user, password = self._place.user, self._place.password.reveal().decode("utf-8", "surrogateescape")
        if not self._client.has_capability("LOGINDISABLED"):
            try:
                self._client.login(user, password)
            except IMAPClientError:
                if not self._client.has_capability("AUTH=PLAIN"):
                    raise
            else:
                return
        self._client.plain_login(user, password)

    @property
    def capabilities(self) -> tuple[str, ...]:
        """What the server says it can do, after the sign-in."""
        with _failing("CAPABILITY"):
            return tuple(name.decode("ascii", "replace") for name in self._client.capabilities())

    # ---------------------------------------------------------------- folders

    def root(self) -> bytes:
        """Return what the raw name of every folder of the user begins with: ``INBOX.``, or nothing."""
        if "NAMESPACE" in self.capabilities:
            with _failing("NAMESPACE"):
                personal = self._client.namespace().personal
            if personal:
                prefix = personal[0][0]
                return prefix if isinstance(prefix, bytes) else str(prefix).encode()
        return b""

    def delimiter(self) -> bytes:
        """Return the hierarchy delimiter, empty where there is no hierarchy."""
        with _failing("LIST"):
            listed = self._client.list_folders("", "")
        return (listed[0][1] or b"") if listed else b""

    def folders(self, beginning: bytes = b"") -> list[bytes]:
        """Return the raw names of the folders whose names begin so."""
        with _failing("LIST"):
            listed = self._client.list_folders("", beginning + b"*")
        names = [name if isinstance(name, bytes) else str(name).encode() for _, _, name in listed]
        return [name for name in names if name.startswith(beginning)]

    def create(self, folder: bytes) -> None:
        """Make a folder; one that is there is made."""
        try:
            with _failing(f"CREATE {folder!r}"):
                self._client.create_folder(folder)
        except ObserverFailed:
            # Dovecot says so now and then of a folder it has just made, when several connections make some at once
            if folder not in self.folders(folder):
                raise

    def delete(self, folder: bytes) -> None:
        """Remove a folder, and its subscription."""
        with suppress(IMAPClientError, OSError):  # many folders have none
            self._client.unsubscribe_folder(folder)
        with _failing(f"DELETE {folder!r}"):
            self._client.delete_folder(folder)

    def subscribe(self, folder: bytes) -> None:
        """Subscribe to a folder."""
        with _failing(f"SUBSCRIBE {folder!r}"):
            self._client.subscribe_folder(folder)

    def subscribed(self, beginning: bytes = b"") -> list[bytes]:
        """Return the raw names of the folders that are subscribed to and begin so."""
        with _failing("LSUB"):
            listed = self._client.list_sub_folders("", beginning + b"*")
        return [name if isinstance(name, bytes) else str(name).encode() for _, _, name in listed]

    # ---------------------------------------------------------------- mail

    def append(
        self, folder: bytes, octets: bytes, *, flags: Sequence[bytes] = (), date: dt.datetime | None = None
    ) -> None:
        """Add a message to a folder."""
        with _failing(f"APPEND {folder!r}"):
            self._client.append(folder, octets, flags, date)

    def count(self, folder: bytes) -> int:
        """Return how many messages are in a folder."""
        with self._looking(folder) as said:
            return int(said[b"EXISTS"])

    def look(self, folder: bytes) -> list[Seen]:
        r"""Return the messages of a folder, by ascending UID, without marking them read; \Recent is left out."""
        with self._looking(folder):
            fetched = self._client.fetch(self._client.search(), [b"FLAGS", b"BODY.PEEK[]", b"INTERNALDATE"])
            return [
                Seen(
                    uid,
                    frozenset(flag for flag in data[b"FLAGS"] if flag.lower() != rb"\recent"),
                    data.get(b"BODY[]") or b"",
                    data.get(b"INTERNALDATE"),
                )
                for uid, data in sorted(fetched.items())
            ]

    def flags(self, folder: bytes) -> dict[int, frozenset[bytes]]:
        r"""Return the flags of the messages of a folder by UID, \Recent left out."""
        with self._looking(folder):
            fetched = self._client.fetch(self._client.search(), [b"FLAGS"])
            return {
                uid: frozenset(flag for flag in data[b"FLAGS"] if flag.lower() != rb"\recent")
                for uid, data in sorted(fetched.items())
            }

    def uidvalidity(self, folder: bytes) -> int:
        """Return the UIDVALIDITY of a folder, 0 where the server says none."""
        with self._looking(folder) as said:
            return int(said.get(b"UIDVALIDITY", 0))

    def add_flags(self, folder: bytes, uids: Iterable[int], flags: Sequence[bytes]) -> None:
        """Set flags of messages."""
        with self._writing(folder, "STORE"):
            self._client.add_flags([*uids], flags, silent=True)

    def remove_flags(self, folder: bytes, uids: Iterable[int], flags: Sequence[bytes]) -> None:
        """Take flags of messages away."""
        with self._writing(folder, "STORE"):
            self._client.remove_flags([*uids], flags, silent=True)

    def remove(self, folder: bytes, uids: Iterable[int]) -> None:
        """Delete messages for good, and what else is marked deleted in that folder."""
        with self._writing(folder, "EXPUNGE"):
            self._client.delete_messages([*uids], silent=True)
            self._client.expunge()

    @contextmanager
    def _looking(self, folder: bytes) -> Iterator[Mapping[bytes, Any]]:
        """Select a folder to read, and leave it again: a folder that somebody looks at may be kept from others."""
        with _failing(f"looking into {folder!r}"):
            said = self._client.select_folder(folder, readonly=True)
            yield said
            self._leave()

    @contextmanager
    def _writing(self, folder: bytes, doing: str) -> Iterator[None]:
        with _failing(f"{doing} in {folder!r}"):
            self._client.select_folder(folder)
            yield
            self._client.select_folder(folder, readonly=True)
            self._leave()

    def _leave(self) -> None:
        """Leave a folder that was opened to read, so that CLOSE removes nothing (RFC 3501 section 6.4.2)."""
        try:
            self._client.close_folder()
        except IMAPClientError:  # pymap refuses CLOSE there
            self._client.select_folder(INBOX, readonly=True)

    # ---------------------------------------------------------------- the end

    def close(self) -> None:
        """Sign out; nothing that happens then matters."""
        with suppress(IMAPClientError, OSError):
            self._client.logout()

    def drop(self) -> None:
        """Drop the connection without a word, from any thread."""
        with suppress(IMAPClientError, OSError):
            self._client.shutdown()


@contextmanager
def _failing(doing: str) -> Iterator[None]:
    try:
        yield
    except (IMAPClientError, OSError, ssl.SSLError, KeyError, ValueError, AssertionError) as error:
        # what IMAPClient trips over in strange answers is the observer's failure, not ours
        text = re.sub(r"\s+", " ", harmless(str(error).encode("utf-8", "replace"))).strip()
        raise ObserverFailed(f"{doing}: {text or type(error).__name__}") from error
