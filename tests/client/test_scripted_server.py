"""The scripted server itself: each way a client can leave the script is noticed, and none hangs."""

from __future__ import annotations

import pytest
from support.scripted import Departure, Script, played, talk

from outlookimap.transport.clock import FakeClock

NOOP = """
    C: $tag NOOP
    S: * 4 EXISTS
    S: $tag OK done
"""


def test_a_client_that_keeps_to_the_script() -> None:
    with talk(NOOP) as session:
        session.noop()


def test_a_client_that_says_something_else() -> None:
    with (
        pytest.raises(Departure, match=r"says b'.{4} CAPABILITY\\r\\n', the script has: C: \$tag NOOP"),
        talk(NOOP) as s,
    ):
        s.capability()


def test_a_client_that_says_more() -> None:
    with pytest.raises(Departure, match=r"the script has: \(the end\)"), talk(NOOP) as session:  # noqa: PT012
        session.noop()
        session.noop()


def test_a_client_that_says_less() -> None:
    with pytest.raises(Departure, match=r"is done before: C: \$tag NOOP"), talk(NOOP):
        pass


def test_a_client_that_speaks_out_of_turn() -> None:
    script = Script("S: * OK hi\nC: $tag NOOP")
    with pytest.raises(Departure, match=r"says b'a NOOP\\r\\n', the script has: S: \* OK hi"):
        script.dial().send([(b"a NOOP\r\n", False)], None)


def test_a_client_that_waits_where_it_should_speak() -> None:
    script = Script("C: $tag NOOP")
    transport = script.dial()
    assert transport.receive(0) is None
    for timeout in (60.0, None):
        with pytest.raises(Departure, match=r"waits (60.0|None) s, 0 s are allowed before: C: \$tag NOOP"):
            transport.receive(timeout)


def test_half_a_line() -> None:
    transport = Script("C: $tag NOOP").dial()
    with pytest.raises(Departure, match=r"says b'a NO', the script has: C: \$tag NOOP"):
        transport.send([(b"a NO", False)], None)


def test_time_passes_as_marked() -> None:
    script = Script("@+600\nC: $tag NOOP\n@+5\nS: $tag OK done\n@+1\n@closed server")
    transport = script.dial()
    assert transport.receive(400) is None
    assert transport.receive(200) is None
    transport.send([(b"a NOOP\r\n", False)], None)
    assert transport.receive(4) is None
    assert transport.receive(60) == b"a OK done\r\n"
    assert transport.receive(None) == b""
    assert isinstance(script.clock, FakeClock)
    assert script.clock.now() == 606
    script.finish()


@pytest.mark.parametrize("seconds", [599.0, 601.0])
def test_a_client_that_speaks_too_early_or_too_late(seconds: float) -> None:
    transport = Script("@+600\nC: $tag NOOP").dial()
    with pytest.raises(Departure, match=r"after 599 s, not: @\+600|waits 601.0 s, 600 s are allowed"):  # noqa: PT012
        transport.receive(seconds)
        transport.send([(b"a NOOP\r\n", False)], None)


def test_another_connection_than_the_script_has() -> None:
    script = Script("S: * OK hi")
    script.dial()
    with pytest.raises(Departure, match="connects once more"):
        script.dial()


def test_fewer_connections_than_the_script_has() -> None:
    with (
        pytest.raises(Departure, match=r"never connected to: S: \* OK there"),
        played("@connected\nS: * OK there") as s,
    ):
        s.dial()


def test_tls_where_the_script_has_none() -> None:
    import ssl

    with pytest.raises(Departure, match="the client starts TLS, the script has: C: NOOP"):
        Script("C: NOOP").dial().start_tls(ssl.create_default_context(), "x", timeout=1)
