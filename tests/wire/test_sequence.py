"""Sequence sets: spelling, membership, and cutting."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st
from support.command_strategies import sequence_sets

from outlookimap.errors import LocalProtocolError
from outlookimap.wire.sequence import MAX_NUMBER, SeqRange, SequenceSet


@pytest.mark.parametrize(
    ("octets", "ranges"),
    [
        (b"1", ((1, 1),)),
        (b"*", ((None, None),)),
        (b"1:*", ((1, None),)),
        (b"*:4,5:7", ((None, 4), (5, 7))),
        (b"2,4:7,9,12:*", ((2, 2), (4, 7), (9, 9), (12, None))),
        (b"4:2", ((4, 2),)),
        (b"4294967295", ((4294967295, 4294967295),)),
    ],
)
def test_a_set_is_spelled_as_it_was_written(octets: bytes, ranges: tuple[SeqRange, ...]) -> None:
    assert SequenceSet.parse(octets) == SequenceSet(ranges)
    assert bytes(SequenceSet(ranges)) == octets


@pytest.mark.parametrize(
    "octets",
    [b"", b"0", b"01", b"1:0", b"1,", b",1", b"1:2:3", b"a", b"1-2", b"4294967296", b"*:4294967296", b"9" * 11],
)
def test_what_is_no_set(octets: bytes) -> None:
    assert SequenceSet.parse(octets) is None


@pytest.mark.parametrize("ranges", [(), ((0, 1),), ((1, 0),), ((1, MAX_NUMBER + 1),), ((-1, None),)])
def test_a_set_that_cannot_be_is_refused(ranges: tuple[SeqRange, ...]) -> None:
    with pytest.raises(LocalProtocolError):
        SequenceSet(ranges)


@pytest.mark.parametrize(
    ("numbers", "octets"),
    [
        (7, b"7"),
        ([3, 1, 2], b"1:3"),
        ([1, 2, 4, 6, 7, 8, 8], b"1:2,4,6:8"),
        ([5], b"5"),
        (range(10, 20), b"10:19"),
        ([MAX_NUMBER], b"4294967295"),
    ],
)
def test_numbers_are_compressed_to_ranges(numbers: list[int] | int, octets: bytes) -> None:
    assert bytes(SequenceSet.of(numbers)) == octets


@pytest.mark.parametrize("numbers", [[], [0], [0, 1], [0, 5], [-1, 5], 0, [MAX_NUMBER + 1]])
def test_numbers_that_no_message_has_are_refused(numbers: list[int] | int) -> None:
    with pytest.raises(LocalProtocolError):
        SequenceSet.of(numbers)


def test_all_is_everything() -> None:
    assert bytes(SequenceSet.all()) == b"1:*"


# RFC 3501, section 9, the comments at seq-range and sequence-set
RFC_EXAMPLES = [
    (b"2:4", 10, [2, 3, 4]),
    (b"4:2", 10, [2, 3, 4]),
    (b"3291:*", 100, [100]),
    (b"2,4:7,9,12:*", 15, [2, 4, 5, 6, 7, 9, 12, 13, 14, 15]),
    (b"*:4,5:7", 10, [4, 5, 6, 7, 8, 9, 10]),
    (b"*", 3, [3]),
    (b"5", 3, []),
    (b"1:*", 0, []),
    (b"*", 0, []),
]


@pytest.mark.parametrize(("octets", "largest", "numbers"), RFC_EXAMPLES)
def test_the_numbers_of_a_set(octets: bytes, largest: int, numbers: list[int]) -> None:
    found = SequenceSet.parse(octets)
    assert found is not None
    assert list(found.numbers(largest)) == numbers
    assert [number for number in range(1, largest + 1) if found.contains(number, largest)] == numbers


@pytest.mark.parametrize(
    ("octets", "number", "contained"),
    [(b"5:*", 4, False), (b"5:*", 5, True), (b"5:*", 9, True), (b"*:5", 6, True), (b"*", 1, True), (b"2,5:*", 2, True),
     (b"2:3", 4, False)],
)  # fmt: skip
def test_a_star_is_any_number_while_the_largest_is_unknown(octets: bytes, number: int, contained: bool) -> None:
    found = SequenceSet.parse(octets)
    assert found is not None
    assert found.contains(number, None) is contained


@given(sequence_sets)
def test_what_is_spelled_is_parsed(numbers: SequenceSet) -> None:
    assert SequenceSet.parse(bytes(numbers)) == numbers


@given(st.sets(st.integers(1, 200), min_size=1))
def test_compressed_numbers_are_the_same_numbers(numbers: set[int]) -> None:
    assert list(SequenceSet.of(numbers).numbers(200)) == sorted(numbers)


@given(sequence_sets, st.integers(-5, 60))
def test_a_cut_set_spells_the_same_together(numbers: SequenceSet, octets: int) -> None:
    sets = numbers.split(octets)
    assert b",".join(map(bytes, sets)) == bytes(numbers)
    assert all(len(bytes(one)) <= octets or len(one.ranges) == 1 for one in sets)
