"""Which of the messages that were found is which of those that are wanted, as far as fingerprints tell; pure.

A message is known by its Message-ID, its INTERNALDATE and a hash of its header block together. Where these are not
enough, a tie is named, and the octets decide it. Sizes play no part.
"""

from __future__ import annotations

from collections import Counter, defaultdict, deque
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import TypeAlias

from outlookimap.cache import Fingerprint

Known: TypeAlias = tuple[int, Fingerprint]
"""The id of a message and its fingerprint."""


@dataclass(frozen=True, slots=True)
class Tie:
    """Messages that fingerprints do not tell apart, in the order they were given.

    `alike` says that the order may decide for those whose octets are not here: the Message-ID or the date agrees too.
    """

    wanted: tuple[int, ...]
    found: tuple[int, ...]
    alike: bool


@dataclass(frozen=True, slots=True)
class Pairing:
    """What is `sure`, ids of what was wanted to ids of what was found, and the `ties`, which only octets decide."""

    sure: Mapping[int, int] = field(default_factory=dict)
    ties: tuple[Tie, ...] = ()


def pair(wanted: Sequence[Known], found: Sequence[Known]) -> Pairing:
    """Pair messages by fingerprint; one message is found for one that is wanted at most.

    Sure is only a Message-ID that with the same date and the same header is there once on both sides. A copy may have
    lost its date: then the rest of the fingerprint makes a tie.

    Statements: O5:V0007, O5:V0057
    """
    sure: dict[int, int] = {}
    ties: list[Tie] = []
    there = _grouped(found)
    for key, mine in _grouped(wanted).items():
        others = there.get(key, [])
        certain = _once(mine).keys() & _once(others).keys() if key[0] else set()
        partners = {fingerprint: identity for identity, fingerprint in others}
        sure.update((identity, partners[one]) for identity, one in mine if one in certain)
        left = [one for one in mine if one[1] not in certain]
        free = [one for one in others if one[1] not in certain]
        if left and free:
            dates = {fingerprint.received for _, fingerprint in (*left, *free)}
            ties.append(Tie(_ids(left), _ids(free), alike=bool(key[0]) or len(dates) == 1))
    return Pairing(sure, tuple(ties))


def decide(tie: Tie, octets: Mapping[int, bytes | None]) -> dict[int, int]:
    """Pair the messages of a tie by their octets, which `octets` has by id as far as they are here.

    Of several that are equal the first found goes to the first wanted. Where those of a wanted message are not here,
    the order decides if the tie is `alike`, else nothing does.

    Statements: O5:V0007
    """
    places: dict[bytes, deque[int]] = defaultdict(deque)
    for other in tie.found:
        if (there := octets.get(other)) is not None:
            places[there].append(other)
    paired: dict[int, int] = {}
    for one in tie.wanted:
        mine = octets.get(one)
        if mine is not None and places.get(mine):
            paired[one] = places[mine].popleft()
    if tie.alike:
        taken = set(paired.values())
        unread = (one for one in tie.wanted if octets.get(one) is None)
        paired.update(zip(unread, (other for other in tie.found if other not in taken), strict=False))
    return paired


def _grouped(known: Iterable[Known]) -> dict[tuple[str, bytes], list[Known]]:
    """Group by Message-ID and header; a message without a header is like no other."""
    groups: dict[tuple[str, bytes], list[Known]] = defaultdict(list)
    for identity, one in known:
        if one.header_hash is not None:
            groups[one.message_id, one.header_hash].append((identity, one))
    return groups


def _once(known: Iterable[Known]) -> dict[Fingerprint, int]:
    counted = Counter(fingerprint for _, fingerprint in known)
    return {fingerprint: count for fingerprint, count in counted.items() if count == 1}


def _ids(known: Iterable[Known]) -> tuple[int, ...]:
    return tuple(identity for identity, _ in known)
