"""Makes mail with odd but lawful headers and bodies, the same every time: 7-bit, CRLF, no NUL."""

from __future__ import annotations

import itertools
import re
from collections.abc import Callable, Iterator


def odd_messages(count: int) -> list[bytes]:
    """Return so many messages, all different, every kind in turn."""
    return [kind(number) for number, kind in zip(range(count), itertools.cycle(KINDS), strict=False)]


def large_message(octets: int) -> bytes:
    """Return a message of exactly so many octets (more than 200), whose lines all differ."""
    start = b"From: ann@example.com\r\nSubject: large\r\nContent-Type: application/octet-stream\r\n\r\n"
    lines = b"".join(itertools.islice(_lines(), (octets - len(start)) // 80 + 1))
    return (start + lines)[: octets - 2] + b"\r\n"


def header_of(message: bytes, *, white_line_ends_it: bool = False) -> bytes:
    """Return the header of a message with the empty line that ends it; a line of white space does so for some."""
    end = re.search(rb"\r\n[ \t]*\r\n" if white_line_ends_it else rb"\r\n\r\n", message)
    assert end is not None
    return message[: end.end()]


def _lines() -> Iterator[bytes]:
    for number in itertools.count():
        yield (b"%08d " % number + b"It is not the length of the line that counts, but what stands in it. )*({5}")[
            :78
        ] + b"\r\n"


def _message(number: int, header: bytes, body: bytes = b"Hello.\r\n") -> bytes:
    return b"Message-ID: <%d@odd.example>\r\n" % number + header + b"\r\n" + body


def _plain(number: int) -> bytes:
    return _message(number, b"From: ann@example.com\r\nTo: bob@example.com\r\nSubject: message %d\r\n" % number)


def _folded(number: int) -> bytes:
    return _message(number, b"Subject: one\r\n" + b"\t two\r\n   three\r\n \t\r\n four\r\n" * 10)


def _long_lines(number: int) -> bytes:
    return _message(number, b"Subject: " + b"x" * 989 + b"\r\n", b"y" * 998 + b"\r\n" + b"z" * 5000 + b"\r\n")


def _empty_values(number: int) -> bytes:
    return _message(number, b"From:\r\nSubject: \r\nTo:\r\n \r\nCc: \t \r\n")


def _repeated(number: int) -> bytes:
    return _message(number, b"".join(b"Received: by %d\r\nSubject: %d\r\n" % (hop, hop) for hop in range(50)))


def _odd_names(number: int) -> bytes:
    return _message(number, b'X!#$%&\'*+-^_`|~: v\r\n{5}: v\r\n(a): v\r\n"q": v\r\n): v\r\n')


def _encoded(number: int) -> bytes:
    return _message(
        number, b"Subject: =?utf-8?b?R3LDvMOfZQ==?= =?utf-8?b?!!!?= =?nope?q?=ZZ?=\r\nFrom: =?us-ascii?q??=\r\n"
    )


def _like_answers(number: int) -> bytes:
    return _message(
        number,
        b"Subject: ) {3}\r\nX: a1b2 OK done\r\n",
        b")\r\n* 1 FETCH (UID 1 FLAGS ())\r\n* BYE\r\n+ go on\r\na1b2 OK done\r\nX {100}\r\n* 9 EXPUNGE\r\n",
    )


def _no_line_end(number: int) -> bytes:
    return _message(number, b"Subject: no line end\r\n", b"the end {5}")


def _dots(number: int) -> bytes:
    return _message(number, b"Subject: dots\r\n", b".\r\n..\r\nFrom nobody\r\n>From somebody\r\n\r\n.\r\n\r\n\r\n")


def _no_body(number: int) -> bytes:
    return _message(number, b"Subject: no body\r\n", b"")


def _unbalanced(number: int) -> bytes:
    return _message(number, b'Subject: "((\\\r\nFrom: "ann <ann@example.com\r\nTo: (((\r\nDate: yesterday\r\n')


def _parts(number: int) -> bytes:
    return _message(
        number,
        b'MIME-Version: 1.0\r\nContent-Type: multipart/mixed; boundary="=_ (%d)"\r\n' % number,
        b"--=_ (%d)\r\n\r\nfirst\r\n--=_ (%d)\r\nContent-Type: message/rfc822\r\n\r\nSubject: in\r\n\r\nx\r\n"
        % (number, number),
    )


def _controls(number: int) -> bytes:
    return _message(number, b"Subject: bell \x07 escape \x1b[31m delete \x7f\r\n", b"\x01\x02\x08\x0b\x0c\x1f\r\n")


def _digits(number: int) -> bytes:
    return _message(number, b"1234567890.123456: <1700000000<\r\nSubject: 1\r\n", b"1234567890.123456 x\r\n")


KINDS: tuple[Callable[[int], bytes], ...] = (
    _plain, _folded, _long_lines, _empty_values, _repeated, _odd_names, _encoded, _like_answers,
    _no_line_end, _dots, _no_body, _unbalanced, _parts, _controls, _digits,
)  # fmt: skip
"""One function per oddity; each makes the message of a number."""
