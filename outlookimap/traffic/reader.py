"""Reads recordings from text: the `.imap` format of docs/transcripts.md, strictly, each error naming its line.

Knows nothing of connections and does not judge what is said: `traffic.format` holds the rules between entries.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from io import StringIO
from pathlib import Path
from typing import TextIO

from outlookimap.errors import TranscriptError
from outlookimap.traffic.format import (
    MAGIC,
    VERSION,
    Comment,
    Entry,
    Event,
    Form,
    Header,
    Mark,
    Order,
    Placeholder,
    Provenance,
    Said,
    Slot,
    Text,
    Transcript,
)
from outlookimap.transport.tap import Sender

_KEYS = ("client", "server", "profile", "provenance", "statements", "expect", "guard")
_HEADER_LINE = re.compile(r"([a-z0-9-]+):(?: (.*))?")
_SAID = re.compile(r"([CS])([:|-])(?: (.+))?")
_PAUSE = re.compile(r"@\+([0-9]{1,9}(?:\.[0-9]{1,6})?)")
_ESCAPE = re.compile(r"\\x([0-9A-Fa-f]{2})")
_TOKEN = re.compile(
    r"\\x(?P<escape>[0-9A-Fa-f]{2})"
    r"|\$(?:tag(?P<tag>[0-9]*)|(?P<uidvalidity>uidvalidity))(?![0-9A-Za-z_-])"
    r"|(?P<plain>[^\\$]+|[\\$])"
)
_UNPRINTABLE = re.compile(r"[^\x20-\x7e]")


def read(source: str | Path | TextIO) -> Transcript:
    """Return the recording in a file or an open text stream; raises `TranscriptError`, OSError as the system does."""
    if isinstance(source, str | Path):
        with Path(source).open(encoding="latin-1", newline="\n") as stream:  # the line that is not ASCII gets named
            return _whole(stream)
    return _whole(source)


def parse(text: str) -> Transcript:
    """Return the recording that `text`, the content of a file, holds; raises `TranscriptError` naming the line."""
    return _whole(StringIO(text))


def entries(stream: TextIO) -> tuple[Header, Iterator[Entry]]:
    """Return the header of a recording and its entries, which are read and checked one by one.

    Memory is that of the largest literal. Line ends are LF only; the stream stays open. The call and the iterator
    raise `TranscriptError` naming the line.
    """
    header, body = _split(stream)
    return header, _checked(body)


def _whole(stream: TextIO) -> Transcript:
    header, body = _split(stream)
    return Transcript(header, tuple(body))


def _checked(body: Iterator[Entry]) -> Iterator[Entry]:
    order = Order()
    for entry in body:
        order.take(entry)
        yield entry


def _split(stream: TextIO) -> tuple[Header, Iterator[Entry]]:
    lines = _lines(stream)
    _check_magic(next(lines, (1, ""))[1])
    header: list[str] = []
    for _, line in lines:
        if not line:
            break
        header.append(line)
    return _header(header), _body(lines)


def _lines(stream: TextIO) -> Iterator[tuple[int, str]]:
    for number, ended in enumerate(stream, 1):
        line = ended.removesuffix("\n")
        _check_characters(line, number)
        yield number, line


def _check_characters(line: str, number: int) -> None:
    if line.endswith("\r"):
        raise TranscriptError("the line ends in CRLF: recordings have LF line ends", line=number)
    if match := _UNPRINTABLE.search(line):
        code = ord(match[0])
        shown = f"\\x{code:02x}" if code < 0x100 else f"U+{code:04X}"
        raise TranscriptError(f"{shown} in column {match.start() + 1}: write octets as \\xHH", line=number)
    if line.endswith(" "):
        raise TranscriptError("a space at the end of the line: write it as \\x20", line=number)


def _check_magic(line: str) -> None:
    if not line.startswith(MAGIC):
        raise TranscriptError(f"not a recording: it begins with '{MAGIC}{VERSION}'", line=1)
    if line != f"{MAGIC}{VERSION}":
        version = line.removeprefix(MAGIC)
        raise TranscriptError(f"version {version!r} of the format is not known here, only {VERSION}", line=1)


# ---------------------------------------------------------------- header


def _header(lines: list[str]) -> Header:
    values: dict[str, str] = {}
    for number, line in enumerate(lines, 2):
        match = _HEADER_LINE.fullmatch(line)
        if match is None:
            raise TranscriptError(f"not a header line 'key: value': {line!r}", line=number)
        key, value = match[1], match[2] or ""
        if key in values:
            raise TranscriptError(f"the header key {key!r} is given twice", line=number)
        if key not in _KEYS and not key.startswith("x-"):
            raise TranscriptError(f"unknown header key {key!r}: one of {', '.join(_KEYS)}, or x-...", line=number)
        values[key] = value
        try:
            _made({key: value})
        except TranscriptError as error:
            raise TranscriptError(str(error), line=number) from None
    if "provenance" not in values:
        raise TranscriptError("the header has no provenance", line=len(lines) + 1)
    return _made(values)


def _made(values: dict[str, str]) -> Header:
    guard = values.get("guard", "on")
    if guard not in ("on", "off"):
        raise TranscriptError(f"guard is 'on' or 'off', not {guard!r}")
    named = values.get("provenance", Provenance.OBSERVED.value)
    try:
        provenance = Provenance(named)
    except ValueError:
        known = ", ".join(one.value for one in Provenance)
        raise TranscriptError(f"provenance is one of {known}, not {named!r}") from None
    return Header(
        client=values.get("client", ""),
        server=values.get("server", ""),
        profile=values.get("profile", ""),
        provenance=provenance,
        statements=tuple(values.get("statements", "").split()),
        expect=values.get("expect", ""),
        guard=guard == "on",
        extra=tuple((key, value) for key, value in values.items() if key.startswith("x-")),
    )


# ---------------------------------------------------------------- body


def _body(lines: Iterator[tuple[int, str]]) -> Iterator[Entry]:
    body = _Body()
    for number, line in lines:
        yield from body.take(line, number)
    yield from body.finish()


class _Body:
    """Makes entries line by line; only the lines of a literal belong together."""

    __slots__ = ("_literal", "_pause", "_pause_line", "_started")

    def __init__(self) -> None:
        self._pause = 0.0
        self._pause_line = 0
        self._literal: list[bytes] = []
        self._started: tuple[Sender, int] | None = None

    def take(self, line: str, number: int) -> Iterator[Entry]:
        match = _SAID.fullmatch(line)
        if match and match[2] == Form.LITERAL.value:
            yield from self._take_literal(Sender(match[1]), match[3] or "", number)
            return
        yield from self._end_literal()
        if match:
            text = _text(match[3] or "")
            yield Said(Sender(match[1]), Form(match[2]), text, self._used_pause(), number)
        elif line.startswith("@"):
            yield from self._take_mark(line, number)
        elif line == "#" or line.startswith("# "):
            yield Comment(line[2:].lstrip(), number)
        elif line:
            raise TranscriptError(f"neither C, S, @ nor #, each with what follows it: {line[:60]!r}", line=number)

    def finish(self) -> Iterator[Entry]:
        yield from self._end_literal()
        if self._pause_line:
            raise TranscriptError("nothing follows the time mark", line=self._pause_line)

    def _take_literal(self, sender: Sender, text: str, number: int) -> Iterator[Entry]:
        if self._started is None or self._started[0] is not sender:
            yield from self._end_literal()
            self._started = (sender, number)
        self._literal.append(_ESCAPE.sub(_octet, text).encode("latin-1"))

    def _end_literal(self) -> Iterator[Entry]:
        if self._started is None:
            return
        sender, number = self._started
        octets = b"\r\n".join(self._literal)
        self._literal.clear()
        self._started = None
        yield Said(sender, Form.LITERAL, (octets,), self._used_pause(), number)

    def _take_mark(self, line: str, number: int) -> Iterator[Entry]:
        if match := _PAUSE.fullmatch(line):
            if self._pause_line:
                raise TranscriptError("a second time mark before anything happened", line=number)
            self._pause, self._pause_line = float(match[1]), number
            return
        try:
            event = Event(line[1:])
        except ValueError:
            known = ", ".join(f"@{one.value}" for one in Event)
            raise TranscriptError(f"unknown mark {line!r}: one of @+SECONDS, {known}", line=number) from None
        yield Mark(event, self._used_pause(), number)

    def _used_pause(self) -> float:
        pause, self._pause, self._pause_line = self._pause, 0.0, 0
        return pause


def _text(written: str) -> Text:
    parts: list[bytes | Slot] = []
    for match in _TOKEN.finditer(written):
        if match["escape"] is not None:
            parts.append(bytes([int(match["escape"], 16)]))
        elif match["tag"] is not None:
            parts.append(Slot(Placeholder.TAG, match["tag"]))
        elif match["uidvalidity"] is not None:
            parts.append(Slot(Placeholder.UIDVALIDITY))
        else:
            parts.append(match["plain"].encode("ascii"))
    return tuple(parts)


def _octet(match: re.Match[str]) -> str:
    return chr(int(match[1], 16))
