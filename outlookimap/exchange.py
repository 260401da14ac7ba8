"""What a test uses: an Exchange of a given version, in this process, on loopback ports, with users and mail.

A facade: it resolves the version to a profile, the profile to a behaviour, fills a store and starts a server. Knows
nothing of what any version does otherwise: that is in the profile.
"""

from __future__ import annotations

import itertools
import threading
from collections.abc import Callable, Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from email.message import EmailMessage
from pathlib import Path
from types import TracebackType
from typing import TypeAlias
from urllib.parse import quote
from weakref import WeakKeyDictionary

from outlookimap.client.mime import octets
from outlookimap.errors import OutlookImapError, UsageError
from outlookimap.profiles import Profile, load
from outlookimap.server.faults import Fault, Faults
from outlookimap.server.from_profile import behaviour_of, departures_of
from outlookimap.server.listening import MailServer
from outlookimap.server.loading import fill
from outlookimap.server.memory_store import DEFAULT_MAILBOXES, MemoryStore
from outlookimap.server.other_protocol import OtherProtocol
from outlookimap.server.session import Session
from outlookimap.server.seven_bit import to_seven_bit
from outlookimap.server.store import Incoming
from outlookimap.traffic import Header, Recordings, Transcript
from outlookimap.transport.clock import Clock, FakeClock, SystemClock
from outlookimap.transport.tap import Tap
from outlookimap.wire import commands as c
from outlookimap.wire.mailbox import INBOX
from outlookimap.wire.secret import Secret

Mail: TypeAlias = "str | Path | Iterable[bytes | EmailMessage | Incoming]"
"""Where a user's mail comes from: a Maildir, an mbox, a folder of .eml files, or messages for the inbox."""

FOLDERS: Mapping[bytes, tuple[bytes, ...]] = dict.fromkeys(DEFAULT_MAILBOXES, ())
"""What a mailbox begins with besides INBOX, without the attributes of an extension that no version lists."""


@dataclass(frozen=True, slots=True)
class ClientCommand:
    """One command that a client sent: on which connection (from 1, in the order they came) and signed in as whom.

    `user` is None before the sign-in; passwords in `value` are `Secret`.
    """

    connection: int
    user: str | None
    value: c.Command

    @property
    def name(self) -> str:
        """The command's name as it stands on the wire, ``"UID FETCH"``."""
        return c.keyword(self.value).decode("ascii")


def _say_nothing(_: OutlookImapError) -> None:
    """Ignore an error that ended one connection."""


class ExchangeServer:
    """An Exchange that listens from the moment it is made until `stop()`, or the end of its `with`.

    `version` is a profile or its name (``"2019"``, ``"exchange-2010sp2"``), `alternatives` the profile's named readings
    to switch on, `ntlm` switches that mechanism on or off, None leaves it to the profile. `users` maps names to
    passwords, `mail` names to what is in their mailboxes, `delegations` names to those who may
    sign in for them as ``ann@example.com/boss``. `port` takes plain connections with STARTTLS, `tls_port` TLS
    from the first octet; 0 is any free one, None none. `allow_plaintext` takes passwords without TLS. `faults` are
    applied on purpose. `certificate` and `key` are PEM files, a throw-away pair unless given. `clock` may be a
    `FakeClock`: moving it makes timers run out. UIDVALIDITYs ascend from
    `first_uidvalidity`, from the present second unless given. What clients say is recorded in memory with `keep`, and
    in the file `record`. Errors that ended a connection go to `on_error`, in that connection's thread.

    UsageError (ProfileError, TranscriptError) for what cannot be used; ConnectError when nothing can listen.
    """

    def __init__(
        self,
        version: str | Profile = "2019",
        *,
        users: Mapping[str, Secret | str] | None = None,
        mail: Mapping[str, Mail] | None = None,
        delegations: Mapping[str, Collection[str]] | None = None,
        port: int | None = 0,
        tls_port: int | None = 0,
        host: str = "127.0.0.1",
        allow_plaintext: bool = False,
        ntlm: bool | None = None,
        alternatives: Sequence[str] = (),
        faults: Iterable[Fault | str] = (),
        certificate: Path | None = None,
        key: Path | None = None,
        clock: Clock | None = None,
        max_connections: int = 1000,
        first_uidvalidity: int | None = None,
        keep: bool = True,
        record: str | Path | None = None,
        on_error: Callable[[OutlookImapError], None] = _say_nothing,
    ) -> None:
        """Load the mail and listen."""
        self.profile = _switched(load(version, kind="server"), alternatives, ntlm=ntlm)
        self._behaviour = behaviour_of(self.profile)
        self._users = dict(users) if users is not None else {"user1": "secret"}
        if not self._users or "" in self._users:
            raise UsageError("a server has one user at least, and none without a name")
        self._clock = clock or SystemClock()
        self._keep = keep
        self._faults = Faults((*departures_of(self.profile), *faults))
        self._store = MemoryStore(
            self._users, mailboxes=FOLDERS, first_uidvalidity=first_uidvalidity, naming=self._behaviour.naming
        )
        self._other_protocol = OtherProtocol(self._store)
        self._fill(mail or {})
        self._lock = threading.Lock()
        self._commands: list[ClientCommand] = []
        self._numbers: WeakKeyDictionary[Session, int] = WeakKeyDictionary()
        self._counter = itertools.count(1)
        header = Header(server=self.profile.name, profile=self.profile.id)
        self._recordings = Recordings(header, path=record, keep=keep) if keep or record is not None else None
        self._server = MailServer(
            self._users,
            host=host,
            port=port,
            tls_port=tls_port,
            store=self._store,
            delegations=delegations,
            behaviour=self._behaviour,
            certificate=certificate,
            key=key,
            allow_plaintext=allow_plaintext,
            faults=self._faults,
            taps=self._taps,
            clock=self._clock,
            max_connections=max_connections,
            heard=self._heard if keep else None,
            on_error=on_error,
        )
        if isinstance(self._clock, FakeClock):
            self._clock.watch(self._server.wake)

    @property
    def host(self) -> str:
        """The address listened on."""
        return self._server.host

    @property
    def port(self) -> int:
        """The plain port; UsageError where there is none."""
        return self._server.port

    @property
    def tls_port(self) -> int:
        """The port that speaks TLS from the first octet; UsageError where there is none."""
        return self._server.tls_port

    @property
    def users(self) -> tuple[str, ...]:
        """The names of the users, in the order given."""
        return tuple(self._users)

    @property
    def url(self) -> str:
        """The URL of the TLS port as the first user, ``imaps://user1@localhost:40993/``."""
        return self.url_for(self.users[0])

    def url_for(self, user: str) -> str:
        """Return the URL of the TLS port as `user`."""
        host = "localhost" if self.host == "127.0.0.1" else self.host
        return f"imaps://{quote(user, safe='')}@{host}:{self.tls_port}/"

    @property
    def ca_file(self) -> Path | None:
        """The authority of the throw-away certificate (PEM), until `stop()`; None where a certificate was given."""
        return self._server.ca_file

    @property
    def clock(self) -> Clock:
        """The clock the timers run on."""
        return self._clock

    @property
    def store(self) -> MemoryStore:
        """Where the mail is."""
        return self._store

    @property
    def faults(self) -> Faults:
        """What goes wrong on purpose; more can be added while the server runs."""
        return self._faults

    @property
    def commands(self) -> tuple[ClientCommand, ...]:
        """Every command that could be read so far, in the order they came; UsageError without `keep`."""
        self._check_kept()
        with self._lock:
            return tuple(self._commands)

    @property
    def transcript(self) -> Transcript:
        """What both sides said so far, connection after connection, secrets masked; UsageError without `keep`."""
        self._check_kept()
        if self._recordings is None:
            raise AssertionError("what is kept is recorded")
        return self._recordings.transcript()

    @property
    def connections(self) -> int:
        """How many connections are open now."""
        return self._server.connections

    @property
    def other_protocol(self) -> OtherProtocol:
        """What changes mailboxes behind the clients' backs, as another protocol does."""
        return self._other_protocol

    def stop(self) -> bool:
        """Say BYE to all, stop listening, end all threads; return whether all have ended. May be called again."""
        if isinstance(self._clock, FakeClock):
            self._clock.unwatch(self._server.wake)
        ended = self._server.stop()
        if self._recordings is not None:
            self._recordings.close()
        return ended

    def __enter__(self) -> ExchangeServer:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.stop()

    def _fill(self, mail: Mapping[str, Mail]) -> None:
        for user, source in mail.items():
            account = self._store.account(user)
            if account is None:
                raise UsageError(f"there is mail for {user!r}, who is no user: {', '.join(self._users)}")
            if isinstance(source, str | Path):
                fill(account, source, remove_nul=True, prepare=self._prepared)
            else:
                account.mailbox(INBOX).add([self._prepared(_incoming(message)) for message in source])

    def _prepared(self, incoming: Incoming) -> Incoming:
        """Return a message as this server keeps it.

        Statements: X10:V0007
        """
        if self._behaviour.eight_bit:
            return incoming
        return replace(incoming, octets=to_seven_bit(incoming.octets))

    def _check_kept(self) -> None:
        if not self._keep:
            raise UsageError("this server was made with keep=False: nothing of what clients said is kept")

    def _taps(self) -> Iterable[Tap]:
        return () if self._recordings is None else (self._recordings.tap(),)

    def _heard(self, session: Session, command: c.Command) -> None:
        user = self._user_of(session)
        with self._lock:
            number = self._numbers.get(session)
            if number is None:
                number = self._numbers[session] = next(self._counter)
            self._commands.append(ClientCommand(number, user, command))

    def _user_of(self, session: Session) -> str | None:
        if session.account is None:
            return None
        return next((user for user in self._users if self._store.account(user) is session.account), None)


def _incoming(message: bytes | EmailMessage | Incoming) -> Incoming:
    if isinstance(message, Incoming):
        return message
    return Incoming(octets(message))


def _switched(profile: Profile, alternatives: Sequence[str], *, ntlm: bool | None) -> Profile:
    switched = profile.with_alternatives(alternatives)
    if ntlm is None or ntlm is ("NTLM" in switched.words("auth.mechanisms")):
        return switched
    return switched.with_alternatives(("ntlm" if ntlm else "without-ntlm",))
