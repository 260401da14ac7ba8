"""Which message is which, by fingerprint and by octets: the ruling as a table, each line of it typed by hand."""

from __future__ import annotations

import pytest

from outlookimap.cache import Fingerprint
from outlookimap.sync.recognise import Known, Pairing, Tie, decide, pair

NOON, LATER = 820_540_800, 820_540_860


def known(identity: int, message_id: str = "<a@x>", received: int | None = NOON, header: str | None = "A") -> Known:
    """Return a message: its id, its Message-ID, its date, and its header block."""
    return identity, Fingerprint(message_id, received, None if header is None else header.encode())


NOTHING = Pairing()


def sure(**pairs: int) -> Pairing:
    """Return a pairing without ties, from ``_1=11``."""
    return Pairing({int(name[1:]): other for name, other in pairs.items()})


def tie(wanted: tuple[int, ...], found: tuple[int, ...], *, alike: bool = True) -> Pairing:
    """Return a pairing that is one tie."""
    return Pairing({}, (Tie(wanted, found, alike),))


TABLE: list[tuple[str, list[Known], list[Known], Pairing]] = [
    ("nothing", [], [], NOTHING),
    ("nothing is found", [known(1)], [], NOTHING),
    ("nothing is wanted", [], [known(11)], NOTHING),
    ("the whole key, once on both sides", [known(1)], [known(11)], sure(_1=11)),
    (
        "the order plays no part where keys are unique",
        [known(1, "<a@x>", header="A"), known(2, "<b@x>", header="B")],
        [known(11, "<b@x>", header="B"), known(12, "<a@x>", header="A")],
        sure(_1=12, _2=11),
    ),
    (
        "a date of its own makes two equal messages two keys",
        [known(1), known(2, received=LATER)],
        [known(11, received=LATER), known(12)],
        sure(_1=12, _2=11),
    ),
    ("another Message-ID", [known(1, "<a@x>")], [known(11, "<b@x>")], NOTHING),
    ("another header", [known(1, header="A")], [known(11, header="B")], NOTHING),
    ("the Message-ID in another case", [known(1, "<a@x>")], [known(11, "<A@x>")], NOTHING),
    ("a tie in equal numbers", [known(1), known(2)], [known(11), known(12)], tie((1, 2), (11, 12))),
    ("a tie of one with two", [known(1)], [known(11), known(12)], tie((1,), (11, 12))),
    ("a tie of two with one", [known(1), known(2)], [known(11)], tie((1, 2), (11,))),
    ("the copy has another date", [known(1)], [known(11, received=LATER)], tie((1,), (11,))),
    ("the copy has no date", [known(1)], [known(11, received=None)], tie((1,), (11,))),
    ("both have no date", [known(1, received=None)], [known(11, received=None)], sure(_1=11)),
    ("no Message-ID, the same date", [known(1, "")], [known(11, "")], tie((1,), (11,))),
    ("no Message-ID, another date", [known(1, "")], [known(11, "", LATER)], tie((1,), (11,), alike=False)),
    (
        "no Message-ID, among the dates another",
        [known(1, "")],
        [known(11, ""), known(12, "", LATER)],
        tie((1,), (11, 12), alike=False),
    ),
    ("no Message-ID, another header", [known(1, "", header="A")], [known(11, "", header="B")], NOTHING),
    ("no Message-ID on one side", [known(1, "")], [known(11, "<a@x>")], NOTHING),
    ("no header here", [known(1, header=None)], [known(11)], NOTHING),
    ("no header on both sides", [known(1, "", header=None)], [known(11, "", header=None)], NOTHING),
    (
        "the sure ones leave, the rest is a tie",
        [known(1), known(2, received=LATER)],
        [known(11, received=LATER), known(12, received=NOON + 1)],
        Pairing({2: 11}, (Tie((1,), (12,), True),)),
    ),
    (
        "what is sure leaves nobody to tie with",
        [known(1), known(2, received=LATER)],
        [known(11)],
        sure(_1=11),
    ),
    (
        "each Message-ID its own tie",
        [known(1, "<a@x>"), known(2, "<b@x>")],
        [known(11, "<b@x>", LATER), known(12, "<a@x>", LATER)],
        Pairing({}, (Tie((1,), (12,), True), Tie((2,), (11,), True))),
    ),
]


@pytest.mark.cites("O5:V0007", "O5:V0057")
@pytest.mark.parametrize(("wanted", "found", "pairing"), [row[1:] for row in TABLE], ids=[row[0] for row in TABLE])
def test_pairing(wanted: list[Known], found: list[Known], pairing: Pairing) -> None:
    assert pair(wanted, found) == pairing


@pytest.mark.cites("O5:V0007")
def test_a_fingerprint_has_no_size() -> None:
    assert Fingerprint.__slots__ == ("message_id", "received", "header_hash")


DECISIONS: list[tuple[str, Tie, dict[int, bytes | None], dict[int, int]]] = [
    (
        "by octets, across the order",
        Tie((1, 2), (11, 12), True),
        {1: b"a", 2: b"b", 11: b"b", 12: b"a"},
        {1: 12, 2: 11},
    ),
    ("equal octets in order", Tie((1, 2), (11, 12), True), {1: b"a", 2: b"a", 11: b"a", 12: b"a"}, {1: 11, 2: 12}),
    ("the octets are nobody's", Tie((1,), (11,), True), {1: b"a", 11: b"b"}, {}),
    ("only one has these octets", Tie((1, 2), (11,), True), {1: b"a", 2: b"a", 11: b"a"}, {1: 11}),
    ("none are here: in order", Tie((1, 2), (11, 12), True), {1: None, 2: None}, {1: 11, 2: 12}),
    ("none are here: as far as they go", Tie((1, 2, 3), (11, 12), True), {}, {1: 11, 2: 12}),
    ("none are here, nothing is alike", Tie((1, 2), (11, 12), False), {1: None, 2: None}, {}),
    ("octets decide where nothing is alike", Tie((1,), (11, 12), False), {1: b"a", 11: b"b", 12: b"a"}, {1: 12}),
    (
        "who has octets chooses first, the order does the rest",
        Tie((1, 2, 3), (11, 12, 13), True),
        {1: None, 2: b"b", 3: None, 11: b"b", 12: b"c", 13: b"d"},
        {2: 11, 1: 12, 3: 13},
    ),
    ("who has octets that nobody has is left out", Tie((1, 2), (11,), True), {1: b"a", 2: None, 11: b"b"}, {2: 11}),
    ("equal sizes are not equal octets", Tie((1,), (11,), True), {1: b"ab", 11: b"ba"}, {}),
    ("what was found could not be fetched", Tie((1,), (11,), True), {1: b"a", 11: None}, {}),
    (
        "an empty message is a message",
        Tie((1, 2), (11, 12), False),
        {1: b"", 2: b"a", 11: b"a", 12: b""},
        {1: 12, 2: 11},
    ),
]


@pytest.mark.cites("O5:V0007")
@pytest.mark.parametrize(
    ("between", "octets", "pairs"), [row[1:] for row in DECISIONS], ids=[row[0] for row in DECISIONS]
)
def test_deciding(between: Tie, octets: dict[int, bytes | None], pairs: dict[int, int]) -> None:
    assert decide(between, octets) == pairs
