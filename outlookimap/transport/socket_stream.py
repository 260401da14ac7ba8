"""The transport over a TCP socket, plain or under TLS, and how a client gets one.

Knows nothing of what the octets mean. Reading goes on while a send waits, so that a peer that must be rid of its
answers before it takes more (RFC 3501, 5.5) does not block both ends for ever.
"""

from __future__ import annotations

import contextlib
import socket
import ssl
import threading
from collections import deque
from collections.abc import Iterator, Sequence
from itertools import islice
from typing import Any

from outlookimap.errors import ConnectionLost, ConnectionTimeout, LocalProtocolError, TlsError, UsageError
from outlookimap.transport.buffers import advance, buffers
from outlookimap.transport.clock import Clock, SystemClock
from outlookimap.transport.reasons import lost, network_reason, not_connected, tls_failed
from outlookimap.transport.tls_channel import TlsChannel
from outlookimap.transport.waiting import READ, WRITE, Waiter
from outlookimap.wire.secret import Piece

RECEIVE = 512 * 1024  # octets asked of the system at once: with half of it the work for each read shows in large mail
HELD = 8 * 1024 * 1024  # octets kept while a send waits, about; beyond them the peer has to wait
_ENCRYPTED = 64 * 1024  # octets encrypted at once
_VECTOR = 64  # buffers per sendmsg: well under every system's limit
_DRAINED = 64  # reads at most of what nobody wants any more
HIGHEST_PORT = 65535


class SocketTransport:
    """A `Transport` over a connected stream socket, which belongs to it from now on.

    The contract is `transport.stream.Transport`'s. Under TLS the octets that break a silence are encrypted ones.
    """

    def __init__(self, sock: socket.socket, *, server_name: str | None = None, clock: Clock | None = None) -> None:
        """Take over `sock`; ConnectionLost when it is not connected any more."""
        self._sock = sock
        self._server_name = server_name
        self._tls: TlsChannel | None = None
        self._encrypted = False
        self._held: deque[bytes] = deque()
        self._held_size = 0
        self._sealed: deque[memoryview] = deque()  # encrypted by `swap`, not yet accepted by the system
        self._ended = False  # the peer's end of stream was seen
        self._broken = False  # nothing can be said or heard any more
        self._mute = False  # nothing can be said any more
        self._dropped = False
        self._released = False
        self._turn = threading.Lock()
        try:
            self._peer = shown(sock.getpeername())
            sock.settimeout(0)
            if sock.family in (socket.AF_INET, socket.AF_INET6):
                sock.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
            self._waiter = Waiter(sock, clock)
        except BaseException as error:
            sock.close()
            if not isinstance(error, OSError):
                raise
            raise ConnectionLost(f"the connection was lost at once: {network_reason(error)}") from error

    @property
    def peer(self) -> str:
        """The other end as ``127.0.0.1:143`` or ``[::1]:143``."""
        return self._peer

    @property
    def encrypted(self) -> bool:
        """Whether TLS carries the octets."""
        return self._encrypted

    @property
    def server_name(self) -> str | None:
        """The name the server was asked for by; None at the server's end."""
        return self._server_name

    def __repr__(self) -> str:
        return f"<SocketTransport {self._peer}{' TLS' if self._encrypted else ''}{' closed' if self._released else ''}>"

    def send(self, pieces: Sequence[Piece], silence: float | None) -> None:
        """Return when the system has accepted every octet of `pieces`; see `Transport.send`."""
        with self._in_turn("sending", may_listen_on=True):
            if self._mute:
                raise ConnectionLost(f"an earlier send to {self._peer} failed half-way; nothing more can be sent")
            self._mute = True  # until all is out: half a command must not be followed by another
            if self._tls is None:
                self._push(buffers(pieces), silence)
            else:
                self._push_encrypted(self._tls, buffers(pieces), silence)
            self._mute = False

    def receive(self, timeout: float | None) -> bytes | None:
        """Return what arrived, ``b""`` at the end, None after `timeout` seconds or `wake`; see `Transport.receive`."""
        with self._in_turn("receiving"):
            deadline = self._waiter.until(timeout)
            while True:
                got = self._take_plain() if self._tls is None else self._take_decrypted(self._tls, timeout)
                if self._dropped:
                    raise ConnectionLost(f"the connection to {self._peer} was dropped on this side")
                if got is not None:
                    return got
                if not self._waiter.wait(READ, deadline, may_ring=True):
                    return None

    def swap(self, waiting: deque[memoryview], timeout: float | None, *, listen: bool = True) -> bytes | None:
        """Send what the system accepts at once of `waiting`, taking it off, or with `listen` return what came.

        Waits until either can be done; neither direction stops because the other stands still. Returns as `receive`
        does, None also when octets were accepted. `pending` tells whether all that was taken off is out; until it is,
        only this method may send. UsageError when there is neither anything to send nor anybody to listen to.
        """
        with self._in_turn("swapping octets", may_listen_on=True):
            if not (waiting or self._sealed or listen):
                raise UsageError("nothing to send, and nobody listens: that would wait for ever")
            deadline = self._waiter.until(timeout)
            while True:
                moved = self._offer(waiting)
                got = None
                if listen:
                    got = self._take_plain() if self._tls is None else self._take_decrypted(self._tls, timeout)
                if self._dropped:
                    raise ConnectionLost(f"the connection to {self._peer} was dropped on this side")
                if moved or got is not None:
                    return got
                events = (READ if listen else 0) | (WRITE if waiting or self._sealed else 0)
                if not self._waiter.wait(events, deadline, may_ring=True):
                    return None

    @property
    def pending(self) -> bool:
        """Whether octets that `swap` took have not been accepted by the system yet."""
        return bool(self._sealed)

    def finish(self) -> None:
        """Say that nothing more will be sent, and listen on: the peer gets its end of stream."""
        with self._in_turn("finishing"):
            self._mute = True
            if self._tls is not None:
                with contextlib.suppress(ssl.SSLError):  # the peer has said its own farewell and gone
                    self._tls.say_farewell()
                self._put_in_passing(self._tls.take())
            with contextlib.suppress(OSError):  # not connected any more: who listens on learns it
                self._sock.shutdown(socket.SHUT_WR)

    def wake(self) -> None:
        """Make the blocked `receive`, or else the next one that finds nothing, return None; for any thread."""
        self._waiter.ring()

    def start_tls(
        self,
        context: ssl.SSLContext,
        server_hostname: str | None,
        *,
        server_side: bool = False,
        timeout: float | None,
    ) -> None:
        """Begin TLS in place, within `timeout` seconds in all.

        TlsError when the handshake fails or takes too long, or octets arrived before it that nobody has received;
        UsageError when `server_hostname` is not a name that can be verified; LocalProtocolError when TLS is on.
        """
        with self._in_turn("starting TLS"):
            if self._encrypted:
                raise LocalProtocolError("TLS is on already")
            try:
                channel = TlsChannel(context, server_hostname, server_side=server_side)
            except ValueError as error:
                raise UsageError(f"TLS cannot verify the name {server_hostname!r}: {error}") from error
            try:
                self._refuse_early_octets(server_side=server_side)
                self._tls = channel
                self._shake_hands(channel, self._waiter.until(timeout))
            except ConnectionTimeout as error:
                raise TlsError(f"no TLS with {self._peer}: the handshake took more than {timeout} s") from error
            except OSError as error:
                self._put_in_passing(channel.take())  # the alert that tells the peer why
                raise tls_failed(error, self._peer, server_hostname) from error
            self._encrypted = True
            self._server_name = server_hostname or self._server_name

    def close(self) -> None:
        """End the stream in an orderly way without waiting; from a thread beside the one that uses it, `abort`."""
        if not self._turn.acquire(blocking=False):
            self.abort()
            return
        try:
            if not self._dropped:
                self._say_farewell()
            self._dropped = True
        finally:
            self._turn.release()
            self._release_if_dropped()

    def abort(self) -> None:
        """Drop the connection at once, from any thread; who waits on it gets ConnectionLost."""
        self._dropped = True
        with contextlib.suppress(OSError):  # not connected any more: then nobody waits on it either
            self._sock.shutdown(socket.SHUT_RDWR)
        self._waiter.ring()
        self._release_if_dropped()

    # ------------------------------------------------------------ turns

    @contextlib.contextmanager
    def _in_turn(self, doing: str, *, may_listen_on: bool = False) -> Iterator[None]:
        if not self._turn.acquire(blocking=False):
            raise LocalProtocolError(f"{doing} while another thread uses the connection to {self._peer}")
        try:
            self._refuse_when_over()
            yield
        except (LocalProtocolError, UsageError):
            raise  # refused before anything happened
        except OSError as error:
            self._broken |= not may_listen_on
            raise lost(error, self._peer, doing) from error
        except BaseException as error:
            # Also KeyboardInterrupt: octets may have been taken from the system that nobody will ever see.
            self._broken |= not (may_listen_on and isinstance(error, ConnectionLost))
            raise
        finally:
            self._turn.release()
            self._release_if_dropped()

    def _refuse_when_over(self) -> None:
        if self._dropped:
            raise ConnectionLost(f"the connection to {self._peer} was closed on this side")
        if self._broken:
            raise ConnectionLost(f"the connection to {self._peer} broke before")

    def _release_if_dropped(self) -> None:
        # Descriptors go back only when no thread is inside: a number given back may be another connection's at once.
        if self._dropped and self._turn.acquire(blocking=False):
            try:
                if not self._released:
                    self._waiter.close()
                    self._sock.close()
                    self._released = True
            finally:
                self._turn.release()

    # ------------------------------------------------------------ out

    def _push(self, waiting: deque[memoryview], silence: float | None) -> None:
        deadline = self._waiter.until(silence)
        while waiting:
            try:
                advance(waiting, self._sock.sendmsg(islice(waiting, _VECTOR)))
            except BlockingIOError:
                ready = self._waiter.wait(WRITE | READ if self._may_hold() else WRITE, deadline)
                if not ready:
                    raise ConnectionTimeout(f"{self._peer} accepted nothing for {silence} s and is given up") from None
                if not ready & READ or not self._hold():
                    continue
            deadline = self._waiter.until(silence)

    def _push_encrypted(self, tls: TlsChannel, waiting: deque[memoryview], silence: float | None) -> None:
        for buffer in waiting:
            for start in range(0, len(buffer), _ENCRYPTED):
                while not tls.write(buffer[start : start + _ENCRYPTED]):
                    self._give_and_take(tls, self._waiter.until(silence))
                if tls.unsent >= _ENCRYPTED:
                    self._push_octets(tls.take(), silence)
        self._push_octets(tls.take(), silence)

    def _offer(self, waiting: deque[memoryview]) -> bool:
        """Take off `waiting` what can be sent without waiting; return whether anything moved."""
        if self._tls is not None:
            self._seal(self._tls, waiting)
            waiting = self._sealed
        if not waiting:
            return False
        try:
            advance(waiting, self._sock.sendmsg(islice(waiting, _VECTOR)))
        except BlockingIOError:
            return False
        return True

    def _seal(self, tls: TlsChannel, waiting: deque[memoryview]) -> None:
        while waiting and not self._sealed:
            part = waiting[0][:_ENCRYPTED]
            if not tls.write(part):
                return
            advance(waiting, len(part))
            self._sealed += buffers([(tls.take(), False)])

    def _push_octets(self, octets: bytes, silence: float | None) -> None:
        self._push(buffers([(octets, False)]), silence)

    def _refuse_early_octets(self, *, server_side: bool) -> None:
        if not server_side:
            self._hold()  # a client speaks first in TLS; at a server's end its first octets may be here already
        if self._held:
            raise TlsError(
                f"{self._peer} sent octets before the TLS handshake: they could be anybody's, "
                "or that port is for STARTTLS or without encryption"
            )

    def _shake_hands(self, channel: TlsChannel, deadline: float | None) -> None:
        while not channel.shake_hands():
            self._give_and_take(channel, deadline)
        self._push_octets(channel.take(), self._waiter.left(deadline))

    def _give_and_take(self, channel: TlsChannel, deadline: float | None) -> None:
        """Send what TLS itself wants sent, then wait for what it wants to read."""
        self._push_octets(channel.take(), self._waiter.left(deadline))
        while not self._hold():
            if not self._waiter.wait(READ, deadline):
                raise ConnectionTimeout(f"{self._peer} did not go on with TLS and is given up")

    def _put_in_passing(self, octets: bytes) -> None:
        with contextlib.suppress(OSError):  # a courtesy to the peer: the connection is over either way
            self._sock.send(octets)

    # ------------------------------------------------------------ in

    def _take_plain(self) -> bytes | None:
        if self._held:
            octets = b"".join(self._held)
            self._held.clear()
            self._held_size = 0
            return octets
        try:
            return b"" if self._ended else self._sock.recv(RECEIVE)
        except BlockingIOError:
            return None

    def _take_decrypted(self, tls: TlsChannel, silence: float | None) -> bytes | None:
        while True:
            try:
                got = tls.read(RECEIVE)
            except ssl.SSLError:
                self._put_in_passing(tls.take())  # the alert that tells the peer why
                raise
            if tls.unsent and not self._mute:
                self._sealed += buffers([(tls.take(), False)])  # TLS's own answer to a change of keys
                self._push(self._sealed, silence)
            if got is not None or not self._hold():
                return got

    def _may_hold(self) -> bool:
        held = self._held_size if self._tls is None else self._tls.undecrypted
        return held < HELD and not self._ended

    def _hold(self) -> bool:
        """Take octets from the system and keep them for `receive`; False when there are none now."""
        try:
            octets = self._sock.recv(RECEIVE)
        except BlockingIOError:
            return False
        self._ended = not octets
        if self._tls is not None:
            self._tls.feed(octets)
        elif octets:
            self._held.append(octets)
            self._held_size += len(octets)
        return True

    # ------------------------------------------------------------ the end

    def _say_farewell(self) -> None:
        # What goes wrong here concerns a connection that is over: there is nobody left to tell.
        if self._tls is not None and self._encrypted and not (self._broken or self._mute):
            with contextlib.suppress(ssl.SSLError):
                self._tls.say_farewell()
            self._put_in_passing(self._tls.take())
        with contextlib.suppress(OSError):
            self._sock.shutdown(socket.SHUT_WR)
            # Unread octets would make the system answer with a reset, and the peer could lose our last words.
            for _ in range(_DRAINED):
                if not self._sock.recv(RECEIVE):
                    break


def connect(
    host: str, port: int, *, timeout: float | None, tls: ssl.SSLContext | None, server_hostname: str | None = None
) -> SocketTransport:
    """Return a transport to `host` and `port`, with TLS from the first octet where `tls` is given.

    All addresses of `host` are tried in the resolver's order within `timeout` seconds in all; looking the name up
    takes the resolver's own time. `server_hostname` is the name to verify, `host` unless given. ConnectError says
    that nothing was reached and why, TlsError that the handshake or the certificate failed, UsageError that `port`
    is none.
    """
    if not 0 < port <= HIGHEST_PORT:
        raise UsageError(f"{port} is not a port: give a number from 1 to {HIGHEST_PORT}")
    clock = SystemClock()
    deadline = None if timeout is None else clock.now() + timeout
    name = server_hostname or host
    transport = SocketTransport(_reach(host, port, clock, deadline), server_name=name)
    if tls is not None:
        try:
            transport.start_tls(
                tls, name, timeout=None if deadline is None else round(max(0.0, deadline - clock.now()), 3)
            )
        except BaseException:
            transport.close()
            raise
    return transport


def _reach(host: str, port: int, clock: Clock, deadline: float | None) -> socket.socket:
    address = f"[{host}]:{port}" if ":" in host else f"{host}:{port}"
    try:
        found = socket.getaddrinfo(host, port, type=socket.SOCK_STREAM)
    except (OSError, ValueError) as error:
        raise not_connected(address, [network_reason(error)]) from error
    reasons: list[str] = []
    cause: OSError | None = None
    for tried, (family, kind, protocol, _, sockaddr) in enumerate(found):
        try:
            sock = socket.socket(family, kind, protocol)
        except OSError as error:
            reasons.append(network_reason(error))
            cause = error
            continue
        try:
            if deadline is not None:  # no address may use up the time of those after it
                sock.settimeout(max(0.001, (deadline - clock.now()) / (len(found) - tried)))
            sock.connect(sockaddr)
        except OSError as error:
            sock.close()
            reasons.append(network_reason(error))
            cause = error
        except BaseException:
            sock.close()
            raise
        else:
            return sock
    raise not_connected(address, reasons) from cause


def shown(sockaddr: Any) -> str:
    """Return the address of a socket as ``127.0.0.1:143`` or ``[::1]:143``; ``local`` for one without a port."""
    if not isinstance(sockaddr, tuple):
        return "local"
    host, port = sockaddr[:2]
    return f"[{host}]:{port}" if ":" in host else f"{host}:{port}"
