"""Conversations of clients nobody here wrote, overheard on their way, as recordings; knows no test."""

from __future__ import annotations

import random
import re
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field, replace

from outlookimap.traffic import Entry, Form, Recorder, Said, Transcript
from outlookimap.transport.tap import Sender
from outlookimap.wire.secret import Piece
from support.relay import Relay

_LETTERS = "abcdefghijklmnopqrstuvwxyz0123456789"
_TAGGED = re.compile(rb"([^*+ ]+)(?= (?:OK|NO|BAD)\b)")


@dataclass(slots=True)
class Overheard:
    """Every conversation that went through a relay on `port`, in the order in which their connections were made."""

    host: str = ""
    port: int = 0
    recorders: list[Recorder] = field(default_factory=list)
    _lock: threading.Lock = field(default_factory=threading.Lock)

    def listen(self) -> _Ear:
        """Return who notes one connection."""
        recorder = Recorder(None)
        with self._lock:
            self.recorders.append(recorder)
        return _Ear(recorder)

    def transcripts(self) -> list[Transcript]:
        """Return what was said; passwords are in it."""
        return [recorder.transcript() for recorder in self.recorders]


class _Ear:
    def __init__(self, recorder: Recorder) -> None:
        self._recorder = recorder

    def __call__(self, data: bytes, *, sent: bool) -> None:
        pieces: list[Piece] = [(data, False)]
        self._recorder.octets(Sender.CLIENT if sent else Sender.SERVER, pieces, 0.0)


@contextmanager
def overhearing(host: str, port: int) -> Iterator[Overheard]:
    """Carry connections to a server and note what is said on them."""
    heard = Overheard()
    with Relay(host, port, heard.listen) as relay:
        heard.host, heard.port = "localhost", relay.port
        yield heard


def retagged(transcript: Transcript, seed: int = 1) -> Transcript:
    """Return a conversation with four random lower-case letters or digits in place of each tag, on both sides."""
    chance = random.Random(seed)
    tags = {
        found[1]
        for entry in transcript.said(Sender.SERVER)
        if entry.form is Form.LINE and (found := _TAGGED.match(entry.octets))
    }
    current: dict[bytes, bytes] = {}
    entries: list[Entry] = []
    for entry in transcript.entries:
        if isinstance(entry, Said) and entry.form is Form.LINE:
            first, space, rest = entry.octets[:-2].partition(b" ")
            if first in tags and space and entry.sender is Sender.CLIENT:
                current[first] = "".join(chance.choice(_LETTERS) for _ in range(4)).encode()
            if first in current and space:
                entries.append(replace(entry, text=(current[first] + space + rest,)))
                continue
        entries.append(entry)
    return Transcript(transcript.header, tuple(entries))
