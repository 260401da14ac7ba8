"""A server that says what the server of a recording said, to clients that connect: the recording as a test double.

Knows ports and threads; what is said on one connection is in `traffic.serving`.
"""

from __future__ import annotations

import ssl
import threading
from collections.abc import Callable, Iterable
from contextlib import AbstractContextManager
from types import TracebackType

from outlookimap.errors import OutlookImapError
from outlookimap.traffic.compare import Difference
from outlookimap.traffic.format import Entry
from outlookimap.traffic.replaying import Outcome, Stopped, Told, connections
from outlookimap.traffic.serving import Serving
from outlookimap.transport.clock import Clock, SystemClock
from outlookimap.transport.listener import Listener
from outlookimap.transport.socket_stream import SocketTransport

_SILENCE = 10.0  # seconds in which a client that is not expected must accept our farewell


class RecordedServer:
    """Listens on `host` and `port` and gives each connection the next one of the recording, in its order.

    `source` opens the recording anew for each connection; `tell` gets differences, in the connection's thread. `over`
    is set when the last connection of the recording has ended; later ones are sent away. `context` is for the TLS of
    the recording, from the first octet where it has that. ConnectError when nothing can listen there; TranscriptError
    for a recording that cannot be read.
    """

    def __init__(
        self,
        source: Callable[[], AbstractContextManager[Iterable[Entry]]],
        context: ssl.SSLContext,
        tell: Told,
        *,
        host: str = "127.0.0.1",
        port: int = 0,
        pauses: bool = True,
        clock: Clock | None = None,
    ) -> None:
        """Count the connections of the recording, and listen."""
        self.over = threading.Event()
        self._source = source
        self._context = context
        self._tell = tell
        self._pauses = pauses
        self._clock = clock or SystemClock()
        self._lock = threading.Lock()
        self._begun = 0
        self._ended = 0
        self._commands = 0
        self._differences = 0
        with source() as entries:
            self._total = sum(1 for _ in connections(entries))
        if not self._total:
            self.over.set()
        self._listener = Listener(host, port, self._serve)

    @property
    def host(self) -> str:
        """The address listened on."""
        return self._listener.host

    @property
    def port(self) -> int:
        """The port listened on."""
        return self._listener.port

    @property
    def outcome(self) -> Outcome:
        """What was served so far."""
        with self._lock:
            return Outcome(self._ended, self._commands, self._differences)

    def __enter__(self) -> RecordedServer:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.close()

    def close(self) -> bool:
        """Stop listening and drop all connections; return whether all threads have ended."""
        return self._listener.close()

    def _serve(self, transport: SocketTransport) -> None:
        with self._lock:
            number, self._begun = self._begun, self._begun + 1
        if number >= self._total:
            transport.send([(b"* BYE The recording has no more connections\r\n", False)], _SILENCE)
            return
        serving = Serving(transport, self._differs, context=self._context, pauses=self._pauses, clock=self._clock)
        try:
            with self._source() as entries:
                for place, connection in enumerate(connections(entries)):
                    if place == number:
                        serving.run(connection)
                        break
        except OutlookImapError as error:
            self._differs(Stopped(serving.line, str(error)))
        finally:
            transport.close()
            with self._lock:
                self._commands += serving.commands
                self._ended += 1
                ended = self._ended == self._total
            if ended:
                self.over.set()

    def _differs(self, difference: Difference | Stopped) -> None:
        with self._lock:
            self._differences += 1
            self._tell(difference)
