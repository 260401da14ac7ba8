"""One live connection that behaves as its profile: a method for each thing the product does, and nothing else.

Any thread may call; one command runs at a time. A command that is interrupted, by an exception of any kind, ends the
connection: a session never goes on out of step with its server. Caches nothing and decides nothing about mail.
"""

from __future__ import annotations

import ssl
from collections.abc import Callable, Iterator, Sequence
from contextlib import AbstractContextManager, contextmanager, suppress
from dataclasses import replace
from pathlib import Path
from typing import Any, TypeVar

from outlookimap.client.calls import Call, Calls
from outlookimap.client.conversation import Running
from outlookimap.client.driving import Driver
from outlookimap.client.folder_verbs import FolderVerbs
from outlookimap.client.message_verbs import MessageVerbs
from outlookimap.client.opening import Opening
from outlookimap.client.pipeline import Pipeline
from outlookimap.client.results import Event, Traffic
from outlookimap.client.sharing import Shared
from outlookimap.client.signing_in import SigningIn
from outlookimap.client.url import ServerUrl
from outlookimap.errors import LocalProtocolError, OutlookImapError, UsageError
from outlookimap.profiles import Policy, Profile, load
from outlookimap.traffic import Header, Recorder
from outlookimap.transport.clock import Clock, SystemClock
from outlookimap.transport.socket_stream import connect
from outlookimap.transport.stream import Transport
from outlookimap.transport.tap import Taps
from outlookimap.transport.tls import client_context
from outlookimap.wire import commands as c
from outlookimap.wire.limits import Limits
from outlookimap.wire.response_reader import Tiers
from outlookimap.wire.secret import Secret

T = TypeVar("T")


class Session(FolderVerbs, MessageVerbs):
    """A signed-in connection; `Session.connect()` makes one. A context manager: leaving it signs out.

    `alerts` holds every ALERT text so far. Methods raise CommandFailed for NO and BAD, ProfileViolation for what the
    product never sends, ConnectionLost (ConnectionTimeout, ServerGoodbye) or RemoteProtocolError when the connection is
    over, SessionClosed after that.
    """

    def __init__(
        self, opening: Opening, user: str | None, password: Secret | None, *, recorder: Recorder | None = None
    ) -> None:
        """Open and sign in; `Session.connect()` is the way for users. `recorder` is told of the guard, call by call."""
        self.profile = opening.profile
        self.policy = opening.policy
        self._clock = opening.clock
        self._recorder = recorder
        self._conversation = SigningIn(opening, user, password).open()
        self._link = self._conversation.link
        self._calls = Calls(self._conversation.context, opening.style(), self._conversation.shown)
        self._shared = Shared(self._conversation, self._clock)
        self._driver: Driver | None = None

    @classmethod
    def connect(
        cls,
        url: str,
        *,
        user: str | None = None,
        password: str | Secret | None = None,
        profile: str | Profile = "2013",
        policy: Policy | None = None,
        ca_file: str | Path | None = None,
        verify: bool = True,
        timeout: float = 60.0,
        record: str | Path | Recorder | None = None,
        guard: bool = True,
        limits: Limits | None = None,
        clock: Clock | None = None,
        drive: bool = False,
    ) -> Session:
        """Connect to ``imaps://user@host:port/`` or ``imap://...`` (STARTTLS required) and sign in.

        `user` overrides the URL's. `profile` names whom to behave as, `policy` what its user would configure.
        `ca_file` replaces the system's certificate authorities; `verify=False` trusts anybody. `timeout` is the longest
        silence in seconds while an answer is due. `record` is a file, or a Recorder, that gets the conversation with
        secrets masked. `guard=False` lets commands out that the product never sends. `drive` keeps the connection alive
        from a thread of its own, see `drive()`; without it `poll()` does, whenever it is called.

        Raises UrlError, PolicyError, ProfileError or UsageError before anything is sent; ConnectError, TlsError,
        EncryptionRequired, ServerGoodbye, ConnectionTimeout; AuthenticationFailed with every attempt.

        Statements: O5:2.1.1, O5:V0031
        """
        known = load(profile)
        place = ServerUrl.parse(url)
        policy = policy or Policy()
        if place.mechanism is not None and policy.mechanisms is None:
            policy = replace(policy, mechanisms=(place.mechanism,), login=False)
        encryption = place.encryption(policy.encryption)
        tls = None if encryption == "none" else client_context(ca_file=ca_file, verify=verify)
        port = place.port or known.number("ports.tls" if encryption == "tls" else "ports.plain")
        clock = clock or SystemClock()

        def dial() -> Transport:
            at_once = tls if encryption == "tls" else None
            return connect(place.host, port, timeout=timeout, tls=at_once, server_hostname=place.host)

        return cls.over(
            dial,
            host=place.host,
            user=user or place.user,
            password=password,
            profile=known,
            policy=replace(policy, encryption=encryption),
            tls=tls,
            timeout=timeout,
            record=record,
            guard=guard,
            limits=limits,
            clock=clock,
            drive=drive,
        )

    @classmethod
    def over(
        cls,
        dial: Callable[[], Transport],
        *,
        host: str = "localhost",
        user: str | None,
        password: str | Secret | None,
        profile: str | Profile = "2013",
        policy: Policy | None = None,
        tls: ssl.SSLContext | None = None,
        timeout: float = 60.0,
        record: str | Path | Recorder | None = None,
        guard: bool = True,
        limits: Limits | None = None,
        clock: Clock | None = None,
        drive: bool = False,
    ) -> Session:
        """Sign in over transports of one's own: `dial` makes one for each connection that is needed.

        `policy.encryption` must say what `dial` gives: ``"tls"`` when it is encrypted already. The rest is as in
        `connect()`.
        """
        known = load(profile)
        policy = policy or Policy(encryption="none")
        policy.check(known)
        if not timeout > 0:
            raise UsageError(f"timeout={timeout}: a silence is more than 0 seconds")
        secret = None if password is None else _secret(password)
        if isinstance(record, Recorder):
            if not guard and record.header.guard:
                record.guard(on=False)
        elif record is not None:
            record = Recorder(record, Header(client=known.name, profile=known.id, guard=guard))
        opening = Opening(
            dial=dial,
            host=host,
            encryption=policy.encryption or "none",
            profile=known,
            policy=policy,
            clock=clock or SystemClock(),
            taps=Taps([] if record is None else [record]),
            timeout=timeout,
            limits=limits or Limits(),
            tls=tls,
            guarded=guard,
        )
        session = cls(opening, user, secret, recorder=record)
        if drive:
            session.drive()
        return session

    # ---------------------------------------------------------------- what is known

    @property
    def alerts(self) -> tuple[str, ...]:
        """Every text the server sent with ALERT, made harmless.

        Statements: O5:V0062, O5:V0063
        """
        return tuple(self._conversation.alerts)

    @property
    def capabilities(self) -> frozenset[str]:
        """What the server can do, upper case."""
        known = self._link.capabilities.known() or frozenset()
        return frozenset(name.decode("ascii", "replace") for name in known)

    @property
    def delimiter(self) -> str | None:
        """The hierarchy delimiter, as the last LIST, LSUB or XLIST said; None before one."""
        octets = self._conversation.delimiter
        return None if octets is None else octets.decode("latin-1")

    @property
    def closed(self) -> bool:
        """Whether the connection is over."""
        return self._shared.closed

    @property
    def traffic(self) -> Traffic:
        """What this connection carried so far, the sign-in included."""
        return self._link.traffic

    @property
    def tiers(self) -> Tiers:
        """How many responses of this connection were read how; it changes how fast they came and nothing else."""
        return self._link.connection.tiers

    # ---------------------------------------------------------------- one at a time

    def drop(self) -> None:
        """Drop the connection without LOGOUT, from any thread; who waits on it gets ConnectionLost.

        Statements: O5:V0011
        """
        self._shared.drop()

    def _run(self, calls: Sequence[Call[Any]], *, guard: bool | None = None) -> list[Running]:
        return self._shared.run(calls, guard=guard, noting=lambda: self._noting(guard))

    @contextmanager
    def _noting(self, guard: bool | None) -> Iterator[None]:
        """Let the recording say that the guard is off, or on, for one call only."""
        if self._recorder is None or guard is None or guard is self._conversation.guarded:
            yield
            return
        self._recorder.guard(on=guard)
        try:
            yield
        finally:
            self._recorder.guard(on=not guard)

    def note_rematch(self) -> None:
        """Let the recording say that bodies are kept here which the product would fetch again; nothing is sent.

        Statements: O5:V0003
        """
        if self._recorder is not None:
            self._recorder.rematch()

    def _perform(self, call: Call[T], *, guard: bool | None = None) -> T:
        [running] = self._run([call], guard=guard)
        return call.result(running.completed())

    # ---------------------------------------------------------------- any time

    def capability(self) -> frozenset[str]:
        """Send CAPABILITY and return what the server can do."""
        self._perform(self._calls.plain(c.Capability()))
        return self.capabilities

    def noop(self) -> None:
        """Send NOOP; what the server had to say is there for `poll()`.

        Statements: O5:V0028
        """
        self._perform(self._calls.plain(c.Noop()))

    def poll(self, timeout: float = 0.0) -> list[Event]:
        """Return what the server said unasked, waiting up to `timeout` seconds for something.

        Sends NOOP when the keepalive interval has passed, and at the poll interval where the server has no IDLE. Other
        threads' commands go first. Events are `Exists`, `Expunged`, `Message`, `Folder`, `Alert`, in order.

        Statements: O5:V0025, O5:V0028
        """
        return self._shared.poll(timeout)

    def wait(self, timeout: float, *, unless: Callable[[], bool] = lambda: False, at_once: bool = True) -> bool:
        """Wait as `poll()` does, but leave the news for it; return whether there are any.

        It ends early where `unless` holds, which is asked after each `wake()`; it may not call the session. With
        `at_once` it idles however short the last command is ago.

        Statements: O5:V0025, O5:V0028
        """
        return self._shared.wait(timeout, unless, at_once=at_once)

    def wake(self) -> None:
        """Let a `wait()` of another thread look whether it shall go on; for any thread, at any time."""
        self._link.transport.wake()

    def idle(self) -> AbstractContextManager[None]:
        """Idle inside the block whenever no command runs: `poll()` waits in IDLE; where it is refused, NOOP polls.

        A command inside the block ends IDLE by DONE first, and the next `poll()` idles again; so does the thread of
        `drive()`, at once. Without a mailbox IDLE is not sent, unless the profile does so.

        Statements: O5:V0028
        """
        return self._shared.idle()

    def want_idle(self, *, wanted: bool = True, after: float = 0.0) -> None:
        """Idle from here on whenever no command runs, or no more (but for the blocks of `idle()`).

        `after` seconds have to pass since the last command, as the next one may follow soon.

        Statements: O5:V0028
        """
        self._shared.want_idle(wanted=wanted, after=after)

    def drive(self) -> None:
        """Keep the connection alive from a thread of its own until it is over; a second call changes nothing.

        The thread sends NOOP when the keepalive interval has passed, leaving IDLE for it; it enters IDLE between
        commands where that is wanted. What the server says is kept for `poll()`, and a connection that is lost is told
        to the next caller.

        Statements: O5:V0025, O5:V0028
        """
        with self._shared.turns.take(), self._shared.using():
            if self._driver is None:
                self._driver = Driver(self._shared, self._clock, self._link.transport.wake)
                self._driver.start()

    def pipeline(self) -> Pipeline:
        """Return a context manager that sends several commands at once; results are there after its block.

        Statements: O5:V0026
        """
        if not self.profile.flag("command.pipelining"):
            raise LocalProtocolError(
                f"{self.profile.name} waits for each answer", statements=self.profile.cites("command.pipelining")
            )
        return Pipeline(self._calls, self._run)

    # ---------------------------------------------------------------- the end

    def logout(self) -> None:
        """Send LOGOUT and wait for the answer, or drop the connection at once where the policy says so.

        Does nothing once the session is closed.

        Statements: O5:2.1.2, O5:V0050
        """
        self._shared.logout()
        if self._driver is not None:
            self._driver.join()

    def __enter__(self) -> Session:
        return self

    def __exit__(self, kind: type[BaseException] | None, *_: object) -> None:
        if kind is None:
            self.logout()
        elif not issubclass(kind, Exception):
            self.drop()
        else:
            # an error of the caller's code: sign out, but let nothing of that hide the error
            with suppress(OutlookImapError):
                self.logout()

    def __repr__(self) -> str:
        state = "closed" if self._shared.closed else self._link.connection.state.value
        return f"<Session as {self.profile.name} with {self._link.transport.peer}: {state}>"


def _secret(password: str | Secret) -> Secret:
    """Return a password as a Secret; raises UsageError for a lone surrogate, which no encoding holds."""
    if isinstance(password, str) and any("\ud800" <= char <= "\udfff" for char in password):
        raise UsageError("the password holds a lone surrogate: no encoding has it")
    return Secret(password)
