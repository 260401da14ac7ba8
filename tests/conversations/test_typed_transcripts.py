"""The hand-typed transcripts say what they should, and nothing of them can change unnoticed; needs no server."""

from __future__ import annotations

import re
from dataclasses import replace
from typing import TYPE_CHECKING

import pytest
from support.real_session import TRANSCRIPTS, masked
from support.whole_conversation import DRAFT, LATER, LETTER, LONG_NAME, MAIL, NO_LINE_END

from outlookimap.traffic import Entry, Form, Placeholder, Said, Slot, Transcript, compare, read
from outlookimap.transport.tap import Sender

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

FILES = sorted(TRANSCRIPTS.rglob("*.imap"))
CONVERSATIONS = [path for path in FILES if "2007-2010" in path.name or "2013" in path.name]

FETCHED = {
    "(UID)",
    "(UID FLAGS)",
    "(UID FLAGS RFC822.SIZE BODY.PEEK[HEADER] INTERNALDATE)",
    "(UID FLAGS BODY.PEEK[])",
}
"""V0055, typed from the document: what goes to a server that lists IMAP4rev1 when dates come from INTERNALDATE."""
STORED = {
    r"+FLAGS (\Deleted \Seen)", r"-FLAGS (\Deleted)", r"+FLAGS (\Seen)", r"-FLAGS (\Seen)",
    r"+FLAGS.SILENT (\Deleted)", r"-FLAGS.SILENT (\Deleted)", r"+FLAGS.SILENT (\Seen)", r"-FLAGS.SILENT (\Seen)",
    r"+FLAGS.SILENT (\Flagged)", r"-FLAGS.SILENT (\Flagged)", r"+FLAGS.SILENT (\Answered)",
    r"-FLAGS.SILENT (\Answered)",
}  # fmt: skip
"""V0056, typed from the document."""


BOUND = {Placeholder.TAG: b"a1b2", Placeholder.UIDVALIDITY: b"170535"}
BOTH = (Sender.CLIENT, Sender.SERVER)


def named(path: Path) -> str:
    return str(path.relative_to(TRANSCRIPTS).with_suffix(""))


def bound(transcript: Transcript) -> Transcript:
    """Return what a client whose tags are all alike would have been recorded with."""
    entries: list[Entry] = []
    for entry in transcript.entries:
        if isinstance(entry, Said):
            octets = b"".join(BOUND[part.kind] if isinstance(part, Slot) else part for part in entry.text)
            entries.append(replace(entry, text=(octets,)))
        else:
            entries.append(entry)
    return Transcript(transcript.header, tuple(entries))


def changes(entries: tuple[Entry, ...]) -> Iterator[tuple[Said, tuple[Entry, ...]]]:
    """Give the entries with one octet changed, once in each line and literal, each time at another column."""
    for place, entry in enumerate(entries):
        if not isinstance(entry, Said) or not entry.text:
            continue
        *before, text = entry.text
        assert isinstance(text, bytes)
        # A secret may be any, and another length of a literal would be no recording at all.
        free = [at for at in range(len(text)) if text[at] != 0x2A and not re.match(rb"\{?[0-9]*\}\Z", text[at:])]
        if free:
            at = free[place % len(free)]
            text = text[:at] + b"%c" % (text[at] ^ 1) + text[at + 1 :]
            yield entry, (*entries[:place], replace(entry, text=(*before, text)), *entries[place + 1 :])


@pytest.mark.parametrize("path", FILES, ids=named)
def test_a_file_agrees_with_the_conversation_it_describes(path: Path) -> None:
    typed = read(path)
    assert typed.said(Sender.CLIENT)
    assert compare(typed, bound(typed), sides=BOTH) == []


@pytest.mark.parametrize("path", FILES, ids=named)
def test_one_octet_changed_is_a_difference(path: Path) -> None:
    typed = read(path)
    actual = bound(typed)
    tried = 0
    for entry, changed in changes(typed.entries):
        differences = compare(Transcript(typed.header, changed), actual, sides=BOTH)
        assert [difference.line for difference in differences[:1]] == [entry.line], entry
        tried += 1
    assert tried >= 1


@pytest.mark.parametrize("path", FILES, ids=named)
def test_a_line_left_out_or_said_twice_is_a_difference(path: Path) -> None:
    typed = read(path)
    actual = bound(typed)
    for place, entry in enumerate(actual.entries):
        near = actual.entries[place - 1 : place + 1]
        # A literal and the line around it stand and fall together.
        if not isinstance(entry, Said) or entry.form is Form.LITERAL or entry.octets.endswith(b"}\r\n"):
            continue
        if any(isinstance(other, Said) and other.form is Form.LITERAL for other in near):
            continue
        less = (*actual.entries[:place], *actual.entries[place + 1 :])
        more = (*actual.entries[:place], entry, *actual.entries[place:])
        for entries in (less, more):
            assert compare(typed, Transcript(actual.header, entries), sides=BOTH), entry


@pytest.mark.cites("O5:V0055", "O5:V0056", "O5:V0059")
@pytest.mark.parametrize("path", CONVERSATIONS, ids=named)
def test_all_documented_forms_are_in_it(path: Path) -> None:
    text = bound(read(path)).octets(Sender.CLIENT).decode("ascii")
    fetched = re.findall(r"(?m)^a1b2 (?:UID )?FETCH \S+ (.*)\r$", text)
    stored = re.findall(r"(?m)^a1b2 UID STORE \S+ (.*)\r$", text)
    assert set(fetched) == FETCHED
    assert set(stored) == {*STORED, r"FLAGS (\Flagged \Seen)", "FLAGS ()"}
    assert not re.search(r"UID (SEARCH|EXPUNGE)|EXAMINE|CHECK|NAMESPACE|ENABLE|MOVE", text)
    assert ("SEARCH" in text) is ("2013" in path.name.removesuffix(".imap").split("-"))


@pytest.mark.parametrize("path", CONVERSATIONS, ids=named)
def test_the_mail_in_it_is_the_mail_of_the_conversation(path: Path) -> None:
    literals = [entry.octets for entry in read(path).said(Sender.CLIENT) if entry.form is Form.LITERAL]
    assert literals == [LONG_NAME.encode(), LETTER, NO_LINE_END, DRAFT, LATER]
    assert [message for message, _, _ in MAIL] == [LETTER, NO_LINE_END, DRAFT]
    assert len(LONG_NAME) > 1024


def test_masking_finds_the_secrets_by_their_place() -> None:
    sent = (
        b'a1b2 CAPABILITY\r\nc3d4 AUTHENTICATE NTLM\r\nTlRM\r\nTlRMTVNT\r\n0000 LOGIN "a b" "pass\\"word"\r\n'
        b"zzzz CAPABILITY\r\nffff APPEND x {5}\r\nTlRM\n\r\n"
    )
    assert masked(sent) == (
        b'a1b2 CAPABILITY\r\nc3d4 AUTHENTICATE NTLM\r\n****\r\n********\r\n0000 LOGIN "a b" "**********"\r\n'
        b"zzzz CAPABILITY\r\nffff APPEND x {5}\r\nTlRM\n\r\n"
    )
