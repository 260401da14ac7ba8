"""Puts the entries of one side of a recording together to what is judged: commands, responses, lines that are neither.

A recording may begin in the middle, lack literals or have lines cut: what is not there is said to be missing, and never
costs what follows. Knows nothing of states, profiles or of what the other side said.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass, field

from outlookimap.traffic.format import ANNOUNCEMENT, STAR_ROW, Form, Placeholder, Said, Slot
from outlookimap.wire.command_items import BadCommand, ReceivedCommand
from outlookimap.wire.command_parser import read_head
from outlookimap.wire.command_reader import CommandReader
from outlookimap.wire.commands import Command
from outlookimap.wire.limits import Limits
from outlookimap.wire.response_reader import ResponseReader
from outlookimap.wire.responses import Response
from outlookimap.wire.secret import Piece, masked

_UNREAD = re.compile(rb"(?<= )\*+(?=[ \r\n])")
_HIDDEN = re.compile(rb"[^ ]+ (?:LOGIN|AUTHENTICATE) +\*[* ]*\r?\n", re.IGNORECASE)
_MASKED = re.compile(rb" \*+\r?\n\Z")
_CONTROL = re.compile(r"[^\x20-\x7e]")
_WORTH_READING = re.compile(
    rb"\+|\* +(?:OK|NO|BAD|BYE|PREAUTH|CAPABILITY|LIST|XLIST|LSUB)\b|[^ *+]+ +(?:OK|NO|BAD)\b", re.IGNORECASE
)
_NAMES_MAILBOX = re.compile(rb"\* +(?:LIST|XLIST|LSUB)\b", re.IGNORECASE)
_LIMITS = Limits(literal=1 << 40)
_LONGEST = 160
_SHORT = 1000
_UIDVALIDITY = b"1"


@dataclass(slots=True)
class Whole:
    """A line with the literals in it and what follows them; `cut` says that something of it is not there.

    `line` is the line of the recording it begins in. `unasked` says that a literal came before the server asked for it,
    `placeholder` that its tag is not the one that was sent.
    """

    line: int
    parts: list[bytes] = field(default_factory=list)
    cut: bool = False
    unasked: bool = False
    placeholder: bool = False

    @property
    def octets(self) -> bytes:
        """Everything that is there, as it was sent."""
        return b"".join(self.parts)


class Assembly:
    """One side's entries in, `Whole`s out: `take()` returns those an entry completes, `rest()` what is left at the end.

    Placeholders become octets that can stand in their place; `tags` holds what each tag placeholder stands for.
    """

    __slots__ = ("_asked", "_begun", "_bound", "_ended", "tags")

    def __init__(self) -> None:
        """Begin where a line begins."""
        self._begun: Whole | None = None
        self._ended = True  # the last part ended its line
        self._asked = False
        self._bound = 0
        self.tags: dict[Slot, bytes] = {}

    @property
    def announced(self) -> bool:
        """Whether a literal was announced and has not come."""
        return self._begun is not None and self._ended

    @property
    def begun(self) -> bytes | None:
        """The first line of what announced a literal that has not come, None where nothing did."""
        return self._begun.parts[0] if self._begun is not None and self._ended else None

    @property
    def tag(self) -> bytes | None:
        """The tag of what has begun, None where nothing has."""
        return None if self._begun is None else read_head(self._begun.parts[0].rstrip(b"\r\n")).tag

    def asked(self) -> None:
        """Note that the other side asked for the literal that was announced."""
        self._asked = True

    def take(self, entry: Said, *, binds: bool = False, literals: bool = True) -> list[Whole]:
        """Take an entry of this side; with `binds` a tag placeholder that begins a line stands for a new tag.

        Without `literals` a line announces none, whatever it ends in.
        """
        done: list[Whole] = []
        if entry.form is Form.LITERAL:
            if self.announced and self._begun is not None:
                waits = not self._begun.parts[-1].rstrip(b"\r\n").endswith(b"+}")
                self._begun.unasked = self._begun.unasked or (waits and not self._asked)
                self._begun.parts.append(entry.octets)
                self._ended = False
            return done
        if self.announced:
            done += self.rest()
        begins = self._begun is None
        if self._begun is None:
            self._begun = Whole(entry.line)
        octets = self._octets(entry, binds=binds and begins)
        self._begun.parts.append(octets)
        self._ended = octets.endswith(b"\n")
        self._asked = False
        if self._ended and not (literals and ANNOUNCEMENT.search(octets)):
            done.append(self._begun)
            self._begun = None
        return done

    def rest(self) -> list[Whole]:
        """Return what was begun and will not be completed."""
        begun, self._begun, self._ended = self._begun, None, True
        if begun is None:
            return []
        begun.cut = True
        return [begun]

    def _octets(self, entry: Said, *, binds: bool) -> bytes:
        if binds and entry.text and isinstance(entry.text[0], Slot) and entry.text[0].kind is Placeholder.TAG:
            self._bound += 1
            self.tags[entry.text[0]] = b"$%d" % self._bound
            if self._begun is not None:
                self._begun.placeholder = True
        parts = [part if isinstance(part, bytes) else self._stands_for(part) for part in entry.text]
        return b"".join(parts) + (b"\r\n" if entry.form is Form.LINE else b"")

    def _stands_for(self, slot: Slot) -> bytes:
        return _UIDVALIDITY if slot.kind is Placeholder.UIDVALIDITY else self.tags.get(slot, b"$0")


@dataclass(frozen=True, slots=True)
class Uttered:
    """A command as it was sent.

    `tag` is None where the recording has a placeholder for it, or the line has none; `written_tag` stands in its place.
    `keyword` is upper case, None where it cannot be told. `item` is the command, or why it cannot be read; None
    where not all of it is there. `octets` are what was sent, masked secrets replaced by what can be read; `text` is for
    people.
    """

    line: int
    tag: bytes | None
    written_tag: bytes
    keyword: bytes | None
    item: ReceivedCommand | BadCommand | None
    octets: bytes
    text: str
    unasked: bool = False

    @property
    def command(self) -> Command | None:
        """The command, None where it cannot be read or is not all there."""
        return self.item.command if isinstance(self.item, ReceivedCommand) else None


def uttered(whole: Whole) -> Uttered:
    """Read a command."""
    octets = whole.octets
    head = read_head(whole.parts[0].rstrip(b"\r\n"))
    tag = head.tag or b""
    item: ReceivedCommand | BadCommand | None = None
    pieces: list[Piece] = []
    if _HIDDEN.fullmatch(octets):
        pieces = [(octets, False)]
    elif whole.cut:
        secret = head.secret or head.keyword is None
        pieces = [(b"%s %s ..." % (tag, head.keyword or b"") if secret else octets, False)]
    else:
        if head.secret:
            stand_in = _stand_in_quoted if head.keyword == b"LOGIN" else _stand_in
            octets = _UNREAD.sub(stand_in, octets)
        for found in CommandReader(_LIMITS).feed(octets):
            pieces += found.pieces
            if isinstance(found, ReceivedCommand | BadCommand):
                item = found
        if octets != whole.octets and _MASKED.search(whole.octets):
            pieces = [(whole.octets, False)]
    if whole.placeholder:
        pieces = [(b"$tag", False), *_without(pieces, len(tag))]
    return Uttered(
        whole.line,
        None if whole.placeholder else head.tag,
        tag,
        head.keyword,
        item,
        octets,
        shown_text(b"".join(_first_line(pieces))),
        whole.unasked,
    )


def _stand_in(match: re.Match[bytes]) -> bytes:
    """Return what can be read where the stars of a masked secret cannot, and is base64 as well."""
    return b"A" * max(len(match[0]) // 4 * 4, 4)


def _stand_in_quoted(match: re.Match[bytes]) -> bytes:
    """Return the same for LOGIN, as it is spelled: whether there were quotes around the secret is not known."""
    return b'"%s"' % _stand_in(match)


def _without(pieces: list[Piece], octets: int) -> list[Piece]:
    left: list[Piece] = []
    for text, secret in pieces:
        left.append((text[octets:], secret))
        octets = max(octets - len(text), 0)
    return left


def _first_line(pieces: list[Piece]) -> Iterator[bytes]:
    """Yield the masked octets of a command up to the end of its first line, and a little more."""
    for octets, secret in pieces:
        yield masked([(octets[:_SHORT], secret)])
        if b"\n" in octets:
            return


def shown_text(octets: bytes) -> str:
    """Return octets of one command for people: its first line as printable ASCII, and three dots for what is cut."""
    line, _, rest = octets.partition(b"\n")
    text = _CONTROL.sub(lambda found: f"\\x{ord(found[0]):02x}", line.removesuffix(b"\r").decode("latin-1"))
    return text if len(text) <= _LONGEST and not rest else f"{text[: _LONGEST - 4]} ..."


def worth_reading(octets: bytes) -> bool:
    """Tell whether the line that begins a response says anything `response` is asked for."""
    return _WORTH_READING.match(octets) is not None


def names_mailbox(octets: bytes) -> bool:
    """Tell whether the line begins a response that may hold the name of a mailbox as a literal."""
    return _NAMES_MAILBOX.match(octets) is not None


def response(whole: Whole) -> Response | None:
    """Read a response; None where it cannot be read or is not all there."""
    reader = ResponseReader(_LIMITS)
    found = [] if whole.cut else reader.feed(whole.octets)
    return found[0] if found else None


def is_secret_line(octets: bytes) -> bool:
    """Tell whether a line can be an answer within AUTHENTICATE: base64, ``*``, nothing, or a masked one."""
    text = octets.rstrip(b"\r\n")
    return bool(re.fullmatch(rb"[A-Za-z0-9+/]*={0,2}|\*", text) or STAR_ROW.fullmatch(text))
