"""TLS between two queues of octets: what the peer sent goes in, what it must get comes out.

Knows no socket and waits for nothing, so that its user alone decides when to read, to write and to give up.
"""

from __future__ import annotations

import ssl

_RECORD = 16 * 1024  # the most plain text one TLS record holds (RFC 8446, 5.1)


class TlsChannel:
    """One end of a TLS connection; every method may raise ssl.SSLError.

    Over two memory queues it is faster than over the socket itself (several records per system call), and what has
    been accepted for sending is never in doubt.
    """

    __slots__ = ("_failure", "_incoming", "_object", "_outgoing")

    def __init__(self, context: ssl.SSLContext, server_hostname: str | None, *, server_side: bool) -> None:
        """Prepare the handshake; ValueError when `context` needs a name it is not given, or cannot use it."""
        if context.check_hostname and not server_side and server_hostname is None:
            # Over a socket the ssl module refuses this itself; over memory it would verify no name at all.
            raise ValueError("a name is needed to verify the certificate by")
        self._incoming = ssl.MemoryBIO()
        self._outgoing = ssl.MemoryBIO()
        self._failure: ssl.SSLError | None = None
        self._object = context.wrap_bio(
            self._incoming, self._outgoing, server_side=server_side, server_hostname=server_hostname
        )

    @property
    def unsent(self) -> int:
        """How many octets wait to be taken and sent to the peer."""
        return self._outgoing.pending

    @property
    def undecrypted(self) -> int:
        """How many octets from the peer wait to be read."""
        return self._incoming.pending

    def feed(self, octets: bytes) -> None:
        """Take octets as they came from the peer; ``b""`` is its end of stream."""
        if octets:
            self._incoming.write(octets)
        else:
            self._incoming.write_eof()

    def take(self) -> bytes:
        """Return the octets that must go to the peer now, ``b""`` when there are none."""
        return self._outgoing.read()

    def shake_hands(self) -> bool:
        """Go on with the handshake; False when octets of the peer are missing."""
        try:
            self._object.do_handshake()
        except ssl.SSLWantReadError:
            return False
        return True

    def write(self, plain: memoryview) -> bool:
        """Encrypt all of `plain`; False when octets of the peer are missing first, then it is called again."""
        try:
            self._object.write(plain)
        except ssl.SSLWantReadError:
            return False
        return True

    def read(self, limit: int) -> bytes | None:
        """Return about `limit` decrypted octets at most, ``b""`` at the end, None when more must be fed first.

        An end without TLS's own farewell counts as an end: many mail servers end so, and IMAP's framing shows by
        itself what is missing.
        """
        parts: list[bytes] = []
        size = 0
        while size < limit:
            try:
                part = self._read_record()
            except ssl.SSLError as error:
                if not parts:
                    raise
                self._failure = error  # what came before it in good order is handed out first
                break
            if not part:
                return b"".join(parts) if parts else part
            parts.append(part)
            size += len(part)
        return b"".join(parts)

    def say_farewell(self) -> None:
        """Queue TLS's farewell for `take`."""
        try:
            self._object.unwrap()
        except ssl.SSLWantReadError:
            return  # the peer's own farewell, which nobody waits for

    def _read_record(self) -> bytes | None:
        if self._failure is not None:
            raise self._failure
        try:
            return self._object.read(_RECORD)
        except ssl.SSLWantReadError:
            return None
        except (ssl.SSLZeroReturnError, ssl.SSLEOFError):
            return b""
