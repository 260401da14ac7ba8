"""Text with nothing before its lines, as a terminal shows a session held by hand: which side said which line.

Must not know how lines are marked elsewhere.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator

from outlookimap.traffic.format import ANNOUNCEMENT
from outlookimap.traffic.imports.heard import Heard, Item, command_tag, completes, is_command, is_response, remark
from outlookimap.transport.tap import Sender


def bare_lines(lines: Iterable[tuple[int, bytes]]) -> Iterator[Item]:
    """Yield what was said; a line that nobody can have said in its place is a remark."""
    reader = _Reader()
    for number, line in lines:
        text = line.removesuffix(b"\n").removesuffix(b"\r") + b"\r\n"
        sender = reader.sender(text)
        if sender is not None:
            yield Heard(sender, text, number)
        elif line.strip():
            yield remark(line.decode("latin-1"), number)


class _Reader:
    """Follows the conversation as far as it takes to tell the sides apart."""

    def __init__(self) -> None:
        self._tag = b""
        self._asked = False  # within AUTHENTICATE or IDLE
        self._literal: tuple[Sender, int] | None = None
        self._continues: Sender | None = None

    def sender(self, text: bytes) -> Sender | None:
        if self._literal is not None:
            who, due = self._literal
            if not (self._tag and completes(text, self._tag)) and not (who is Sender.CLIENT and text.startswith(b"+ ")):
                self._literal = (who, due - len(text)) if len(text) <= due else None
                self._continues = who if len(text) in (due, due + 2) else None
                if self._literal is None:
                    self._announce(who, text)
                return who
        if self._continues is not None and text.startswith((b" ", b")", b"\r\n")):
            who, self._continues = self._continues, None
            self._announce(who, text)
            return who
        self._continues = None
        if is_response(text):
            if self._tag and completes(text, self._tag):
                self._asked, self._literal = False, None
            self._announce(Sender.SERVER, text)
            return Sender.SERVER
        if is_command(text):
            self._tag = command_tag(text) or b""
            word = text.split(None, 2)[1].upper()
            self._asked = word in (b"AUTHENTICATE", b"IDLE")
            if not self._asked:
                self._announce(Sender.CLIENT, text)
            return Sender.CLIENT
        return Sender.CLIENT if self._asked else None

    def _announce(self, who: Sender, text: bytes) -> None:
        if self._literal is not None and self._literal[0] is Sender.CLIENT and who is Sender.SERVER:
            return  # what the server says while it waits for the literal
        match = ANNOUNCEMENT.search(text)
        self._literal = (who, int(match[1])) if match else None
