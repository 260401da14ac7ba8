from __future__ import annotations

from collections.abc import Sequence

from outlookimap.transport.tap import Sender, Taps
from outlookimap.wire.secret import Piece, masked


class Notes:
    def __init__(self, name: str, book: list[tuple[object, ...]]) -> None:
        self.name = name
        self.book = book

    def connected(self, peer: str, now: float) -> None:
        self.book.append((self.name, "connected", peer, now))

    def octets(self, sender: Sender, pieces: Sequence[Piece], now: float) -> None:
        self.book.append((self.name, sender.value, masked(pieces), now))

    def encrypted(self, now: float) -> None:
        self.book.append((self.name, "encrypted", now))

    def closed(self, now: float) -> None:
        self.book.append((self.name, "closed", now))


def test_every_tap_hears_everything_in_order() -> None:
    book: list[tuple[object, ...]] = []
    taps = Taps([Notes("a", book), Taps([Notes("b", book)])])
    taps.connected("127.0.0.1:143", 1.0)
    taps.octets(Sender.SERVER, [(b"* OK\r\n", False)], 2.0)
    taps.octets(Sender.CLIENT, [(b"a LOGIN u ", False), (b"pass", True), (b"\r\n", False)], 3.0)
    taps.encrypted(4.0)
    taps.closed(5.0)
    heard = [
        ("connected", "127.0.0.1:143", 1.0),
        ("S", b"* OK\r\n", 2.0),
        ("C", b"a LOGIN u ****\r\n", 3.0),
        ("encrypted", 4.0),
        ("closed", 5.0),
    ]
    assert book == [(name, *what) for what in heard for name in ("a", "b")]


def test_no_taps_are_taps_too() -> None:
    taps = Taps()
    taps.connected("127.0.0.1:143", 1.0)
    taps.octets(Sender.CLIENT, [], 1.0)
    taps.encrypted(1.0)
    taps.closed(1.0)
    assert (Sender("C"), Sender("S")) == (Sender.CLIENT, Sender.SERVER)
