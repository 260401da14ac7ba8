"""Writes recordings as text: the `.imap` format of docs/transcripts.md, one spelling for each conversation.

Knows nothing of files being read, of connections or of secrets: what it is given is already masked.
"""

from __future__ import annotations

import re
from collections.abc import Iterable
from pathlib import Path
from typing import TextIO

from outlookimap.traffic.format import (
    MAGIC,
    VERSION,
    Comment,
    Entry,
    Form,
    Header,
    Mark,
    Said,
    Slot,
    Text,
    Transcript,
)

# Octets that are not printable ASCII, a backslash that would read as an escape, the space an editor would eat.
_ALWAYS = rb"[^\x20-\x7e]|\\(?=x[0-9A-Fa-f]{2})| \Z"
_IN_LITERAL = re.compile(_ALWAYS)
_IN_LINE = re.compile(_ALWAYS + rb"|\$(?=(?:tag[0-9]*|uidvalidity)(?![0-9A-Za-z_-]))")
_WORD = re.compile(rb"[0-9A-Za-z_-]")


def dumps(transcript: Transcript) -> str:
    """Return `transcript` as the text of a file."""
    return header_text(transcript.header) + "".join(map(entry_text, transcript.entries))


def write(transcript: Transcript, target: str | Path | TextIO) -> None:
    """Write `transcript` to a file (replacing it) or to an open text stream; raises OSError as the system does."""
    text = dumps(transcript)
    if isinstance(target, str | Path):
        Path(target).write_text(text, encoding="ascii", newline="\n")
    else:
        target.write(text)


def write_entries(header: Header, entries: Iterable[Entry], stream: TextIO) -> None:
    """Write a recording entry by entry, holding one of them at a time; raises OSError as the system does."""
    stream.write(header_text(header))
    stream.writelines(map(entry_text, entries))


def header_text(header: Header) -> str:
    """Return the first line, the header lines and the empty line after them."""
    lines = [f"{MAGIC}{VERSION}"]
    lines += [
        f"{key}: {value}"
        for key, value in (
            ("client", header.client),
            ("server", header.server),
            ("profile", header.profile),
            ("provenance", header.provenance.value),
            ("statements", " ".join(header.statements)),
            ("expect", header.expect),
            ("guard", "" if header.guard else "off"),
        )
        if value
    ]
    lines += [f"{key}: {value}".rstrip() for key, value in header.extra]
    return "\n".join(lines) + "\n\n"


def entry_text(entry: Entry) -> str:
    """Return the lines of one entry, its time mark before it."""
    if isinstance(entry, Comment):
        return f"# {entry.text}".rstrip() + "\n"
    before = _time_mark(entry.pause)
    if isinstance(entry, Mark):
        return f"{before}@{entry.event.value}\n"
    return before + "".join(_shown(entry))


def _shown(entry: Said) -> list[str]:
    prefix = entry.sender.value + entry.form.value
    if entry.form is Form.LITERAL:
        texts = [_escaped(line, _IN_LITERAL) for line in entry.octets.split(b"\r\n")]
    else:
        texts = [_line_text(entry.text)]
    return [f"{prefix} {text}\n" if text else f"{prefix}\n" for text in texts]


def _line_text(text: Text) -> str:
    written: list[str] = []
    after_slot = False
    for place, part in enumerate(text):
        if isinstance(part, Slot):
            written.append(part.written.decode("ascii"))
            after_slot = True
            continue
        octets = part
        if after_slot and _WORD.match(octets):  # else it would read as a part of the placeholder's name
            written.append(f"\\x{octets[0]:02x}")
            octets = octets[1:]
        after_slot = False
        shown = _escaped(octets, _IN_LINE)
        if octets.endswith(b" ") and place < len(text) - 1:
            shown = shown.removesuffix("\\x20") + " "  # not the end of the line: a placeholder follows
        written.append(shown)
    return "".join(written)


def _escaped(octets: bytes, pattern: re.Pattern[bytes]) -> str:
    return pattern.sub(_escape, octets).decode("ascii")


def _escape(match: re.Match[bytes]) -> bytes:
    return b"\\x%02x" % match[0][0]


def _time_mark(pause: float) -> str:
    seconds = f"{pause:.6f}".rstrip("0").rstrip(".")
    return "" if seconds == "0" else f"@+{seconds}\n"
