"""The answers to a FETCH as files: made up in the orders servers use. Knows no socket and no contender."""

from __future__ import annotations

import json
from collections.abc import Iterable, Iterator
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Literal

from support.generated_mail import headers, messages

from benchmarks.sizes import Sizes

Kind = Literal["headers", "bodies", "flags"]
KINDS: tuple[Kind, ...] = ("headers", "bodies", "flags")
ITEMS: dict[Kind, str] = {
    "headers": "(UID FLAGS RFC822.SIZE BODY.PEEK[HEADER] INTERNALDATE)",
    "bodies": "(UID FLAGS BODY.PEEK[])",
    "flags": "(UID FLAGS)",
}
"""What our client asks for, typed here a second time: a benchmark does not change when a profile does."""

_SAID = ("", "\\Seen", "\\Seen", "\\Answered \\Seen", "\\Flagged \\Seen", "\\Seen $Forwarded", "\\Deleted \\Seen")
FLAGS = tuple(said.encode() for said in _SAID)
"""Of the messages in turn; those three apart are never the same."""


@dataclass(frozen=True, slots=True)
class Stream:
    """One answer: whose it is (a user of the canned server), how many messages it is about, with UIDs from 1 on.

    A contender fetches it `repeats` times in a row where it is short.
    """

    user: str
    kind: Kind
    count: int
    octets: int
    repeats: int = 1


def write(directory: Path, user: str, kind: Kind, octets: Iterable[bytes], count: int, *, repeats: int = 1) -> Stream:
    """Keep an answer where the canned server finds it."""
    with (directory / f"{user}.{kind}").open("wb") as file:
        file.writelines(octets)
        size = file.tell()
    stream = Stream(user, kind, count, size, repeats)
    (directory / f"{user}.json").write_text(json.dumps(asdict(stream)))
    return stream


def generated(directory: Path, sizes: Sizes) -> list[Stream]:
    """Write the generated answers: headers in two orders of items, bodies, flags."""
    return [
        write(directory, "headers-as-asked", "headers", as_asked(headers(sizes.headers)), sizes.headers),
        write(directory, "headers-literal-last", "headers", literal_last(headers(sizes.headers)), sizes.headers),
        write(directory, "bodies", "bodies", whole(messages(sizes.bodies)), sizes.bodies, repeats=sizes.body_readings),
        write(directory, "flags", "flags", flags(sizes.flags), sizes.flags),
    ]


def as_asked(blocks: Iterable[bytes]) -> Iterator[bytes]:
    """Yield headers with the items in the order of our FETCH, one of them behind the literal: Dovecot's order."""
    for number, block, said, date, size in _told(blocks):
        yield b'* %d FETCH (UID %d FLAGS (%b) RFC822.SIZE %d BODY[HEADER] {%d}\r\n%b INTERNALDATE "%b")\r\n' % (
            *(number, number, said, size, len(block), block, date),
        )


def literal_last(blocks: Iterable[bytes]) -> Iterator[bytes]:
    """Yield headers with the literal at the end and the items in an order of the server's own: Cyrus's."""
    for number, block, said, date, size in _told(blocks):
        yield b'* %d FETCH (FLAGS (%b) UID %d INTERNALDATE "%b" RFC822.SIZE %d BODY[HEADER] {%d}\r\n%b)\r\n' % (
            *(number, said, number, date, size, len(block), block),
        )


def whole(mails: Iterable[bytes]) -> Iterator[bytes]:
    """Yield messages whole."""
    for number, octets, said, _, _ in _told(mails):
        yield b"* %d FETCH (UID %d FLAGS (%b) BODY[] {%d}\r\n%b)\r\n" % (number, number, said, len(octets), octets)


def flags(count: int, *, shift: int = 0) -> Iterator[bytes]:
    """Yield UIDs and flags; with another `shift` each hundredth message has other ones."""
    for number in range(1, count + 1):
        said = FLAGS[(number + (shift if number % 100 == 0 else 0)) % len(FLAGS)]
        yield b"* %d FETCH (UID %d FLAGS (%b))\r\n" % (number, number, said)


def _told(blocks: Iterable[bytes]) -> Iterator[tuple[int, bytes, bytes, bytes, int]]:
    """Yield octets with number, flags, INTERNALDATE and size beside them."""
    for number, block in enumerate(blocks, 1):
        minutes, seconds = divmod(number, 60)
        hours, minute = divmod(minutes, 60)
        days, hour = divmod(hours, 24)
        year, day = divmod(days, 28)
        date = b"%2d-Mar-%d %02d:%02d:%02d +0100" % (1 + day, 2000 + year, hour, minute, seconds)
        yield number, block, FLAGS[number % len(FLAGS)], date, 2 * len(block) + number % 1000
