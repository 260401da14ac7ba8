"""Reads the stream of commands that a client sends, for whoever plays the server or listens between the two.

Sans I/O: octets in, items out. Knows which commands are followed by lines that are no commands, and waits after them
to be told what comes next; knows nothing else of the state of a connection.
"""

from __future__ import annotations

from collections.abc import Iterator

from outlookimap.errors import LimitExceeded, LocalProtocolError, RemoteProtocolError
from outlookimap.wire.command_items import (
    BadCommand,
    CommandItem,
    LiteralAnnounced,
    Mode,
    ReceivedCommand,
    ReceivedLine,
)
from outlookimap.wire.command_marks import PLAIN, Marks, cut_line, cut_literal
from outlookimap.wire.command_parser import Head, marks_so_far, parse_command, read_head
from outlookimap.wire.commands import Authenticate, Idle, StartTls
from outlookimap.wire.framing import Announced, Frame, Framer
from outlookimap.wire.leniency import Leniency
from outlookimap.wire.limits import Limits
from outlookimap.wire.secret import Piece

_PAUSING = (Authenticate, Idle, StartTls)
_DONE = b"DONE"


class CommandReader:
    """Takes octets with `feed()` and gives items; pauses after AUTHENTICATE, IDLE and STARTTLS until `resume()`.

    In a line mode it gives one line and pauses again: whether more lines follow, or commands, only the caller knows.
    A command that cannot be read is a `BadCommand` and the stream goes on; `broken` is the end of the stream.
    """

    __slots__ = ("_broken", "_framer", "_head", "_limits", "_marks", "_mode", "_paused", "_shown", "_waiting")

    def __init__(self, limits: Limits) -> None:
        """Begin with commands."""
        self._limits = limits
        self._framer = Framer(limits, commands=True)
        self._mode = Mode.COMMANDS
        self._paused = False
        self._broken: RemoteProtocolError | None = None
        self._begin()

    def _begin(self) -> None:
        """Forget the frame that is over."""
        self._head: Head | None = None
        self._marks = PLAIN
        self._shown = 0
        self._waiting = False

    @property
    def broken(self) -> RemoteProtocolError | None:
        """Why nothing more can be read, or None."""
        return self._broken

    @property
    def paused(self) -> bool:
        """Whether nothing is read until `resume()`."""
        return self._paused

    @property
    def inside(self) -> bool:
        """Whether there are octets that no item has shown yet, or a command whose literal is due."""
        return self._framer.inside

    def feed(self, octets: bytes) -> list[CommandItem]:
        """Take octets of the stream and return what is complete.

        An exceeded limit ends the stream: what came before it is returned, `broken` says so, and from the next call on
        it is raised.
        """
        self._check()
        self._framer.feed(octets)
        return self._items()

    def resume(self, mode: Mode) -> list[CommandItem]:
        """Go on with what comes next, and return what of it has come already.

        Raises LocalProtocolError in the middle of a command, and like `feed()`.
        """
        self._check()
        if self._framer.begun.raw:
            raise LocalProtocolError("a command has begun: what comes next is the rest of it")
        self._mode = mode
        self._paused = False
        return self._items()

    def refuse_literal(self) -> tuple[Piece, ...]:
        """Drop the command whose synchronizing literal was announced last: the answer to it was NO or BAD, not ``+``.

        Returns the octets dropped that no item has shown. Where the command has gone on without being asked to,
        nothing is dropped, and it is read to its end.
        """
        if not self._waiting:
            return ()
        octets = self._framer.refuse_literal()[self._shown :]
        secret = self._head is None or self._head.secret or self._head.keyword is None
        self._begin()
        return ((octets, secret),) if octets else ()

    def discard_buffered(self) -> tuple[Piece, ...]:
        """Throw away every octet that no item has shown, and return them, all secret: nobody knows what they are.

        After STARTTLS this must return nothing: what came before TLS must not be taken for what came after it.
        """
        octets = self._framer.discard()[self._shown :]
        self._begin()
        return ((octets, True),) if octets else ()

    # ---------------------------------------------------------------- items

    def _check(self) -> None:
        if self._broken is not None:
            raise self._broken

    def _items(self) -> list[CommandItem]:
        items: list[CommandItem] = []
        try:
            while not self._paused:
                item = self._line() if self._mode is not Mode.COMMANDS else self._command_item()
                if item is None:
                    return items
                items.append(item)
        except LimitExceeded as error:
            self._broken = error
            return items
        if self._framer.buffered > self._limits.line + 2:
            self._broken = LimitExceeded("line", self._limits.line, what="what came before it was asked for")
        return items

    def _line(self) -> CommandItem | None:
        raw = self._framer.line()
        if raw is None:
            return None
        self._paused = True
        octets = raw[:-2] if raw.endswith(b"\r\n") else raw[:-1]
        leniencies = () if raw.endswith(b"\r\n") else (Leniency.BARE_LF,)
        frame = Frame(lines=[octets], raw=[raw])
        if self._mode is Mode.SECRET_LINES:
            marks = Marks(after=(0, 0))
        else:
            marks = PLAIN if _is_done(octets) else parse_command(frame, self._limits).marks
        return ReceivedLine(octets, leniencies, pieces=tuple(cut_line(frame, 0, marks)))

    def _command_item(self) -> CommandItem | None:
        pulled = self._framer.pull()
        if pulled is None:
            return None
        return self._announced(pulled) if isinstance(pulled, Announced) else self._command(pulled)

    def _announced(self, announced: Announced) -> CommandItem:
        frame = self._framer.begun
        if self._head is None:
            self._head = read_head(frame.lines[0])
        if self._marks.after is None:  # else it is past help, and need not be parsed again and again
            self._marks = marks_so_far(frame, self._head, self._limits)
        pieces = tuple(self._pieces(frame))
        self._shown += sum(len(octets) for octets, _ in pieces)
        self._waiting = announced.synchronizing
        return LiteralAnnounced(
            self._head.tag, self._head.keyword, announced.size, announced.synchronizing, pieces=pieces
        )

    def _command(self, frame: Frame) -> CommandItem:
        head = self._head or read_head(frame.lines[0])
        parsed = parse_command(frame, self._limits)
        self._marks = parsed.marks if len(frame.lines) > 1 or not _is_done(frame.lines[0]) else PLAIN
        pieces = tuple(self._pieces(frame))
        self._begin()
        if isinstance(parsed.outcome, RemoteProtocolError):
            return BadCommand(head.tag, head.keyword, parsed.outcome, pieces=pieces)
        tag, command = parsed.outcome
        self._paused = isinstance(command, _PAUSING)
        return ReceivedCommand(tag, command, _ordered(frame.leniencies), pieces=pieces)

    def _pieces(self, frame: Frame) -> Iterator[Piece]:
        """Yield what no item has shown: the last literal that came, and the last line."""
        last = len(frame.raw) - 1
        if last:
            yield from cut_literal(frame, last - 1, self._marks)
        yield from cut_line(frame, last, self._marks)


def _is_done(line: bytes) -> bool:
    """Tell whether a line is DONE: it ends IDLE, and is no command and no secret when it comes too late."""
    return line.strip(b" \t").upper() == _DONE


def _ordered(leniencies: set[Leniency]) -> tuple[Leniency, ...]:
    return tuple(leniency for leniency in Leniency if leniency in leniencies) if leniencies else ()
