"""A recording proxy: it stands between clients and a server, carries what they say, and lets a tap hear it.

Both directions are carried at once and neither waits for the other; what waits to be sent is bounded, a side that does
not read stops the other as it would without a proxy. Knows no command: what passes is decided in `traffic.between`.
"""

from __future__ import annotations

import contextlib
import ssl
import threading
from collections import deque
from collections.abc import Callable, Iterator
from types import TracebackType

from outlookimap.errors import ConnectionLost, OutlookImapError, ServerGoodbye, TlsError
from outlookimap.traffic.between import Between, Passed
from outlookimap.traffic.reaching import Target
from outlookimap.transport.clock import SystemClock
from outlookimap.transport.listener import Listener
from outlookimap.transport.socket_stream import SocketTransport
from outlookimap.transport.tap import Sender, Tap

_FULL = 256 * 1024  # octets that wait for one side before the other is not read any more
_LINGER = 30.0  # seconds of silence after the end of one side before the other is given up
_LAST_WORDS = 64  # reads at most of a connection that cannot be written to any more


def _say_nothing(_: OutlookImapError) -> None:
    """Ignore an error that ended one connection."""


class Proxy:
    """A proxy to `target` that listens on `host` and `port` from the moment it is made until `close()`.

    `encryption` is what clients get: ``"tls"`` from the first octet, ``"starttls"`` where they ask for it, ``"none"``;
    `context` is a server's TLS context for the first two. `tap` makes the tap of each connection. Errors that ended a
    connection go to `on_error`, in that connection's thread; a client whose server cannot be reached gets a BYE that
    says why. ConnectError when nothing can listen there.
    """

    def __init__(
        self,
        target: Target,
        tap: Callable[[], Tap],
        *,
        host: str = "127.0.0.1",
        port: int = 0,
        encryption: str = "starttls",
        context: ssl.SSLContext | None = None,
        on_error: Callable[[OutlookImapError], None] = _say_nothing,
    ) -> None:
        """Listen."""
        self._target = target
        self._tap = tap
        self._encryption = encryption
        self._context = context
        self._listener = Listener(
            host, port, self._serve, tls=context if encryption == "tls" else None, on_error=on_error
        )

    @property
    def host(self) -> str:
        """The address listened on."""
        return self._listener.host

    @property
    def port(self) -> int:
        """The port listened on."""
        return self._listener.port

    def __enter__(self) -> Proxy:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.close()

    def close(self) -> bool:
        """Stop listening and drop all connections; return whether all threads have ended."""
        return self._listener.close()

    def _serve(self, client: SocketTransport) -> None:
        clock = SystemClock()
        tap = self._tap()
        tap.connected(client.peer, clock.now())
        try:
            if client.encrypted:
                tap.encrypted(clock.now())
            try:
                server, greeting = self._target.open()
            except OutlookImapError as error:
                farewell = _farewell(error)
                tap.octets(Sender.SERVER, [(farewell, False)], clock.now())
                client.send([(farewell, False)], _LINGER)
                raise
            offers = self._encryption == "starttls" and self._context is not None
            between = Between(tap, offers_tls=offers, encrypted=client.encrypted)
            try:
                _Carrying(client, server, between, self._context).run(greeting)
            finally:
                server.close()
        finally:
            tap.closed(clock.now())


class _Lane:
    """Octets on their way to the side `to`, which the thread of the side `fed_by` brings."""

    def __init__(self, to: SocketTransport, fed_by: SocketTransport) -> None:
        self.to = to
        self.fed_by = fed_by
        self.arrived: deque[memoryview] = deque()
        self.sending: deque[memoryview] = deque()  # the thread of `to` alone has it
        self.size = 0
        self.ended = False
        self.listening = True  # whether `to` may still say something
        self.finished = False  # whether `to` was told that nothing more comes

    @property
    def full(self) -> bool:
        return self.size >= _FULL

    def put(self, parts: list[bytes]) -> None:
        self.arrived += (memoryview(part) for part in parts if part)
        self.size += sum(map(len, parts))
        self.to.wake()

    def take(self) -> None:
        """Move what has arrived to what is being sent."""
        self.sending += self.arrived
        self.arrived.clear()

    def sent(self) -> None:
        """Count anew after something was sent."""
        was_full = self.full
        self.size = sum(map(len, self.arrived)) + sum(map(len, self.sending))
        if was_full and not self.full:
            self.fed_by.wake()


class _Carrying:
    """One connection through the proxy: a thread for each side, each the only one that uses that side's transport."""

    def __init__(
        self, client: SocketTransport, server: SocketTransport, between: Between, context: ssl.SSLContext | None
    ) -> None:
        self._client = client
        self._server = server
        self._between = between
        self._context = context
        self._clock = SystemClock()
        self._changed = threading.Condition()
        self._to_client = _Lane(client, server)
        self._to_server = _Lane(server, client)
        self._over = False
        self._heard_under_tls = False
        self._errors: list[OutlookImapError] = []

    def run(self, greeting: bytes) -> None:
        """Carry until both sides have ended, or one is lost; raises what went wrong, unless the client just went."""
        self._hear_server(greeting)
        back = threading.Thread(target=self._serve_server, name=f"proxy-{self._server.peer}", daemon=True)
        back.start()
        try:
            self._serve_client()
        finally:
            with self._changed:
                self._over = True
                self._changed.notify_all()
            self._server.wake()
            back.join()
        if self._errors:
            raise self._errors[0]

    # ---------------------------------------------------------------- the two threads

    def _serve_client(self) -> None:
        try:
            for octets in self._carried(self._to_client, self._to_server):
                if self._hear_client(octets):
                    self._secure()
        except ConnectionLost as error:
            self._hear_client(b"")
            if isinstance(error, TlsError) and not self._heard_under_tls:
                raise  # it does not trust the certificate; otherwise clients come and go

    def _serve_server(self) -> None:
        try:
            for octets in self._carried(self._to_server, self._to_client):
                self._hear_server(octets)
        except ConnectionLost as error:
            if not self._over:
                self._errors.append(error)
                self._hear_last_words()
        except OutlookImapError as error:
            self._errors.append(error)
        finally:
            self._hear_server(b"")

    def _hear_client(self, octets: bytes) -> bool:
        """Pass on what the client said, ``b""`` at its end; return whether TLS is to begin."""
        with self._changed:
            now = self._clock.now()
            if octets:
                self._heard_under_tls = self._client.encrypted
                passed = self._between.from_client(octets, now)
            else:
                passed = self._between.end_of_client(now)
                self._to_server.ended = True
            self._pass(passed)
            if passed.secure:
                self._to_client.take()  # what comes later goes under TLS
        return passed.secure

    def _hear_server(self, octets: bytes) -> None:
        """Pass on what the server said, ``b""`` at its end."""
        with self._changed:
            if self._to_client.ended:
                return
            now = self._clock.now()
            if octets:
                passed = self._between.from_server(octets, now)
            else:
                passed = self._between.end_of_server(now)
                self._to_client.ended = True
            self._pass(passed)

    def _hear_last_words(self) -> None:
        """Take what had come, a BYE perhaps, before the server could not be written to any more."""
        with contextlib.suppress(ConnectionLost):  # that it is lost is known
            for _ in range(_LAST_WORDS):
                octets = self._server.receive(0)
                if not octets:
                    return
                self._hear_server(octets)

    def _pass(self, passed: Passed) -> None:
        self._to_client.put(passed.to_client)
        self._to_server.put(passed.to_server)
        self._changed.notify_all()

    def _secure(self) -> None:
        if self._context is None:
            raise AssertionError("TLS is offered only where there is a context")
        lane = self._to_client
        while lane.sending or self._client.pending:
            self._client.swap(lane.sending, _LINGER, listen=False)
        self._client.start_tls(self._context, None, server_side=True, timeout=_LINGER)

    # ---------------------------------------------------------------- carrying

    def _carried(self, out: _Lane, back: _Lane) -> Iterator[bytes]:
        """Send what is in `out` and yield what the same side says, ``b""`` last; end when that side is done with.

        While `back` is full nothing is read.
        """
        side = out.to
        heard = self._clock.now()
        while True:
            with self._changed:
                self._changed.wait_for(lambda: self._over or self._has_work(out, back))
                if self._over:
                    return
                out.take()
                listen = out.listening and not back.full
                sent_all = out.ended and not out.sending and not side.pending
            if sent_all and not out.finished:
                side.finish()
                out.finished = True
            if sent_all and (not out.listening or out is self._to_client):
                return
            if not (out.sending or side.pending or listen):
                continue
            octets = side.swap(out.sending, _LINGER if out.ended else None, listen=listen)
            size = out.size
            with self._changed:
                out.sent()
                self._changed.notify_all()
            if octets is not None or out.size < size:
                heard = self._clock.now()
            elif out.ended and self._clock.now() - heard >= _LINGER:
                return
            if octets is not None:
                out.listening = bool(octets)
                yield octets
            if not out.listening and out is self._to_server:
                return

    def _has_work(self, out: _Lane, back: _Lane) -> bool:
        sends = bool(out.arrived or out.sending or out.to.pending)
        return sends or (out.ended and not out.finished) or (out.listening and not back.full)


def _farewell(error: OutlookImapError) -> bytes:
    """Return what a client hears whose server cannot be reached: the server's own words where there are any."""
    said = error.text if isinstance(error, ServerGoodbye) else f"* BYE The proxy cannot reach the server: {error}"
    return " ".join(said.split()).encode("ascii", "replace") + b"\r\n"
