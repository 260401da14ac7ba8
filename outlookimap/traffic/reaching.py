"""How a proxy or a player reaches a server: the connection, the greeting, and STARTTLS where it has to be negotiated.

Knows of IMAP the greeting and STARTTLS (RFC 3501 sections 7.1 and 6.2.1), nothing of who will talk afterwards.
"""

from __future__ import annotations

import re
import ssl
from dataclasses import dataclass, field

from outlookimap.errors import ConnectError, EncryptionRequired, RemoteProtocolError, ServerGoodbye, TlsError
from outlookimap.transport.socket_stream import SocketTransport, connect

_TAG = b"tls1"
_LONGEST = 64 * 1024  # octets of a greeting, or of what a server says before it answers STARTTLS
_CAPABILITY_CODE = re.compile(rb"\[CAPABILITY[^]\r\n]*\] ?", re.IGNORECASE)


@dataclass(frozen=True, slots=True)
class Target:
    """A server to be reached; `encryption` is ``"tls"``, ``"starttls"`` or ``"none"``, `timeout` in seconds.

    `context` is the TLS context of the first two.
    """

    host: str
    port: int
    encryption: str
    context: ssl.SSLContext | None = field(default=None, repr=False)
    timeout: float = 60.0

    def open(self) -> tuple[SocketTransport, bytes]:
        """Return a connection, TLS on where it is wanted, and what has come: the greeting at least.

        After STARTTLS the greeting comes without its list of capabilities: they were those before TLS. Raises
        ConnectError, ConnectionTimeout, ServerGoodbye (the greeting was BYE), TlsError, EncryptionRequired where the
        server has no STARTTLS.
        """
        at_once = self.context if self.encryption == "tls" else None
        transport = connect(self.host, self.port, timeout=self.timeout, tls=at_once)
        try:
            greeting = self._until(transport, b"", re.compile(rb".*\n"))
            self._refuse_bye(transport, greeting)
            if self.encryption == "starttls":
                self._start_tls(transport, greeting)
                greeting = _CAPABILITY_CODE.sub(b"", greeting)
        except BaseException:
            transport.close()
            raise
        return transport, greeting

    @staticmethod
    def _refuse_bye(transport: SocketTransport, greeting: bytes) -> None:
        if re.match(rb"\* +BYE\b", greeting, re.IGNORECASE):
            text = greeting.decode("ascii", "replace").strip()
            raise ServerGoodbye(f"{transport.peer} refused the connection: {text}", text=text)

    def _start_tls(self, transport: SocketTransport, greeting: bytes) -> None:
        if not re.match(rb"\* +OK\b[^\n]*\n\Z", greeting, re.IGNORECASE):
            raise EncryptionRequired(f"{transport.peer} greets so that STARTTLS is not possible: {greeting[:80]!r}")
        transport.send([(_TAG + b" STARTTLS\r\n", False)], self.timeout)
        said = self._until(transport, b"", re.compile(rb"(?s)(?:.*\n)?" + _TAG + rb" [^\n]*\n"))
        *_, answer = said.splitlines()
        if not answer.startswith(_TAG):
            raise TlsError(
                f"{transport.peer} said more after its answer to STARTTLS, without TLS: it could be anybody's"
            )
        if not re.match(_TAG + rb" OK\b", answer, re.IGNORECASE):
            raise EncryptionRequired(f"{transport.peer} does not do STARTTLS: {answer.decode('ascii', 'replace')}")
        if self.context is None:
            raise EncryptionRequired("STARTTLS needs a TLS context")
        transport.start_tls(self.context, self.host, timeout=self.timeout)

    def _until(self, transport: SocketTransport, said: bytes, wanted: re.Pattern[bytes]) -> bytes:
        while not wanted.match(said):
            octets = transport.receive(self.timeout)
            if octets is None:
                raise ConnectError(f"{transport.peer} accepted the connection and said nothing for {self.timeout:g} s")
            if not octets:
                raise ConnectError(f"{transport.peer} accepted the connection and closed it without a greeting")
            if len(said) > _LONGEST:
                raise RemoteProtocolError(f"{transport.peer} does not greet as an IMAP server", excerpt=said)
            said += octets
        return said
