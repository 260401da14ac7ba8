"""How long after another client's APPEND a watch tells of the new mail: under IDLE and by polling, on three servers.

    python tests/benchmarks/watch_delay.py [--count 20] [--poll 1.0] [--server embedded --server dovecot --server cyrus]

The delay is from the moment the other client sends APPEND to the call for the event, when the message is in the local
copy. The exit code is 1 when a message did not come.
"""

from __future__ import annotations

import argparse
import contextlib
import random
import statistics
import sys
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

TESTS = Path(__file__).resolve().parents[1]
sys.path[:0] = [str(TESTS), str(TESTS.parent)]

from servers import cyrus, dovecot  # noqa: E402
from servers.process import server_directory  # noqa: E402
from support.watched import Place, another_client, letter, watching  # noqa: E402

from outlookimap.exchange import ExchangeServer  # noqa: E402
from outlookimap.mail import NewMail  # noqa: E402


def say(text: str) -> None:
    """Print a line at once."""
    sys.stdout.write(text + "\n")
    sys.stdout.flush()


@contextmanager
def embedded() -> Iterator[tuple[str, int, Callable[[], str], str]]:
    """Give the embedded Exchange 2019."""
    users = {f"user{number}": "secret" for number in range(1, 3)}
    with ExchangeServer("2019", users=users, tls_port=None, allow_plaintext=True) as server:
        yield server.host, server.port, iter(users).__next__, "secret"


@contextmanager
def real(name: str) -> Iterator[tuple[str, int, Callable[[], str], str]]:
    """Give a real server; Cyrus with what tells at once those that idle."""
    with server_directory() as directory, contextlib.ExitStack() as stack:
        running = dovecot.dovecot(directory) if name == "dovecot" else cyrus.cyrus(directory, idled=True)
        server = stack.enter_context(running)
        yield server.host, server.port, server.take_user, server.password


MISSING = {"embedded": lambda: None, "dovecot": dovecot.missing, "cyrus": cyrus.missing}


def delays(place: Place, count: int, poll: float, *, idles: bool) -> list[float]:
    """Return the delays of so many messages, in seconds; AssertionError when one does not come."""
    found: list[float] = []
    with another_client(place) as other, watching(place, idles=idles, poll=poll) as watched:
        for number in range(count):
            watched.heard.await_last("* IDLE" if idles else "* NOOP")
            time.sleep(random.random() * poll)  # mail comes at any time between two NOOPs
            began = time.monotonic()
            other.append("INBOX", letter(f"mail-{number}"))
            told, _ = watched.await_event(NewMail, lambda event: event.message.subject == f"mail-{number}")  # noqa: B023
            found.append(told - began)
    return found


def measure(name: str, count: int, poll: float) -> bool:
    """Print the delays on one server; tell whether all came."""
    why = MISSING[name]()
    if why is not None:
        say(f"{name}: not there: {why}")
        return True
    with embedded() if name == "embedded" else real(name) as (host, port, take_user, password):
        for idles in (True, False):
            way = "IDLE" if idles else f"NOOP every {poll:g} s"
            try:
                found = delays(Place(name, port, take_user(), password, host), count, poll, idles=idles)
            except AssertionError as error:
                say(f"{name}: {way}: FAILED {error}")
                return False
            middle, longest = statistics.median(found), max(found)
            say(f"{name}: {way}: {count} messages, {1000 * middle:.0f} ms median, {1000 * longest:.0f} ms at most")
    return True


def main() -> int:
    """Measure what the arguments ask for."""
    parser = argparse.ArgumentParser(description=(__doc__ or "").split("\n\n")[0])
    parser.add_argument("--count", type=int, default=20, help="messages for each server and way")
    parser.add_argument("--poll", type=float, default=1.0, help="seconds between two NOOPs")
    parser.add_argument(
        "--server", action="append", choices=sorted(MISSING), help="as often as needed; all unless given"
    )
    options = parser.parse_args()
    worked = [measure(name, options.count, options.poll) for name in options.server or MISSING]
    return 0 if all(worked) else 1


if __name__ == "__main__":
    sys.exit(main())
