"""What the fixture `transcript` gives: a conversation as it is recorded, to look into and to assert on.

Knows neither pytest nor who records. Imported when a test asks for it.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from dataclasses import replace
from pathlib import Path

from outlookimap.errors import ProfileError, UsageError
from outlookimap.profiles import load
from outlookimap.traffic import (
    Entry,
    Event,
    Form,
    Mark,
    Placeholder,
    Said,
    Slot,
    Transcript,
    compare,
    dumps,
    parse,
    read,
    write,
)
from outlookimap.traffic.format import MAGIC
from outlookimap.traffic.parts import Part, Parts, completed
from outlookimap.traffic.writer import entry_text
from outlookimap.transport.tap import Sender

_PREFIX = len("C: ")
_SHOWN_LINES = 80
_LONGEST = 300


class Overheard:
    """A conversation that is being recorded; what it says is what was said up to the moment it is asked.

    `recorded` gives all of it, `folder` is what paths are relative to.
    """

    def __init__(self, recorded: Callable[[], Transcript], folder: Path) -> None:
        """Begin at the beginning."""
        self._recorded = recorded
        self._folder = folder
        self._begin = 0

    @property
    def transcript(self) -> Transcript:
        """The conversation as a value of `outlookimap.traffic`."""
        whole = self._recorded()
        return Transcript(whole.header, whole.entries[self._begin :])

    @property
    def text(self) -> str:
        """The conversation as the `.imap` format has it."""
        return dumps(self.transcript)

    @property
    def client_lines(self) -> tuple[str, ...]:
        """Every line the client sent, literals too, as the format shows them after ``C: ``; passwords are stars."""
        return tuple(_lines(self.transcript, Sender.CLIENT))

    @property
    def server_lines(self) -> tuple[str, ...]:
        """Every line the server sent, likewise."""
        return tuple(_lines(self.transcript, Sender.SERVER))

    @property
    def commands(self) -> tuple[str, ...]:
        """The first line of every command, without its tag: ``SELECT "INBOX"``."""
        found: list[str] = []
        for said, part, _ in _parts(self.transcript):
            if part is Part.COMMAND:
                found.append(_shown(said)[0].partition(" ")[2])
        return tuple(found)

    def forget(self) -> None:
        """Look, from here on, only at what is said from here on."""
        self._begin = len(self._recorded().entries)

    def assert_same(self, expected: str | Path | Transcript, *, server: bool = False) -> None:
        """Fail with the differences where the client does not say what it says in `expected`.

        `expected` is a file, relative to the test's folder, the text of one, or a transcript. Tags may be any but
        where they are the product's. With `server` the server's side counts as well, compared as values. Raises
        UsageError where there is no such file, TranscriptError for one that cannot be read.
        """
        __tracebackhide__ = True
        sides = tuple(Sender) if server else (Sender.CLIENT,)
        due = with_placeholders(self._expected(expected))
        differences = compare(due, self.transcript, sides=sides, values=server)
        if differences:
            shown = "\n".join(map(str, differences))
            raise AssertionError(f"the conversation is not the expected one:\n{shown}")

    def write(self, path: str | Path, *, expect: str = "", extra: Mapping[str, str] | None = None) -> Path:
        """Write the conversation as a recording, tags as placeholders, and return its path.

        `path` is relative to the test's folder, `expect` the header line of that name, `extra` holds header lines that
        begin with ``x-``. Raises TranscriptError for a header that cannot be, OSError as the system does.
        """
        whole = with_placeholders(self.transcript)
        header = replace(whole.header, expect=expect, extra=tuple((extra or {}).items()))
        target = self._folder / path
        write(replace(whole, header=header), target)
        return target

    def _expected(self, expected: str | Path | Transcript) -> Transcript:
        if isinstance(expected, Transcript):
            return expected
        if isinstance(expected, str) and expected.lstrip().startswith(MAGIC):
            return parse(expected.lstrip())
        path = self._folder / expected
        try:
            return read(path)
        except FileNotFoundError as error:
            raise UsageError(f"{path} is not there: transcript.write({str(expected)!r}) makes it") from error

    def __repr__(self) -> str:
        return f"<conversation of {len(self.commands)} commands>"


def with_placeholders(transcript: Transcript) -> Transcript:
    """Return a recording with its tags as placeholders: they are others in the next run, but for the product's own."""
    entries: list[Entry] = []
    slots: dict[bytes, Slot] = {}
    fixed = _fixed_tag(transcript)
    flight: dict[bytes, Slot] = {}
    for entry, part, tag in _all(transcript):
        if not isinstance(entry, Said) or isinstance(entry.text[0] if entry.text else None, Slot) or tag == fixed:
            entries.append(entry)
        elif part is Part.COMMAND:
            flight[tag] = slots[tag] = _free(flight)
            entries.append(_tagged(entry, tag, slots[tag]))
        elif part is Part.COMPLETION and tag in slots:
            entries.append(_tagged(entry, tag, slots[tag]))
            flight.pop(tag, None)
        else:
            entries.append(entry)
    return Transcript(transcript.header, tuple(entries))


def ending(transcript: Transcript) -> str:
    """Return the end of a conversation as text, for people: what a failed test shows."""
    lines = [line for entry in transcript.entries[-_SHOWN_LINES:] for line in entry_text(entry).splitlines()]
    cut = len(transcript.entries) > _SHOWN_LINES or len(lines) > _SHOWN_LINES
    shown = [line if len(line) <= _LONGEST else f"{line[:_LONGEST]} ..." for line in lines[-_SHOWN_LINES:]]
    if not shown:
        return "nothing was said"
    return "\n".join(["# what was said before is left out", *shown] if cut else shown)


def _fixed_tag(transcript: Transcript) -> bytes:
    """Return the tag that the product always uses for LOGOUT, b"" where it has none."""
    try:
        return load(transcript.header.profile).text("logout.tag").encode()
    except ProfileError:
        return b""


def _free(flight: Mapping[bytes, Slot]) -> Slot:
    taken = set(flight.values())
    number = next(number for number in range(len(taken) + 1) if _slot(number) not in taken)
    return _slot(number)


def _slot(number: int) -> Slot:
    return Slot(Placeholder.TAG, str(number) if number else "")


def _tagged(entry: Said, tag: bytes, slot: Slot) -> Said:
    first, *rest = entry.text
    if not isinstance(first, bytes):
        return entry
    return replace(entry, text=(slot, first[len(tag) :], *rest))


def _all(transcript: Transcript) -> Iterator[tuple[Entry, Part | None, bytes]]:
    """Yield each entry with what it is, and the tag it begins with where that matters."""
    parts = Parts()
    for entry in transcript.entries:
        if isinstance(entry, Mark) and entry.event is Event.CONNECTED:
            parts = Parts()
        if not isinstance(entry, Said):
            yield entry, None, b""
            continue
        part = parts.take(entry, entry.octets)
        tag = parts.tag if part is Part.COMMAND else (completed(entry.octets) or b"")
        yield entry, part, tag


def _parts(transcript: Transcript) -> Iterator[tuple[Said, Part, bytes]]:
    for entry, part, tag in _all(transcript):
        if isinstance(entry, Said) and part is not None:
            yield entry, part, tag


def _lines(transcript: Transcript, sender: Sender) -> Iterator[str]:
    for said in transcript.said(sender):
        yield from _shown(said)


def _shown(said: Said) -> list[str]:
    lines = [line[_PREFIX:] for line in entry_text(replace(said, pause=0.0)).splitlines()]
    return lines if said.form is not Form.PART else ["".join(lines)]
