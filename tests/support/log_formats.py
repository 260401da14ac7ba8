"""Writes a conversation into a log as a server would have done, and knows what each kind of log keeps.

The formats are typed from logs of real servers (tests/transcripts/logs) and what is public about the others. Must not
know how logs are read.
"""

from __future__ import annotations

import base64
import re
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from datetime import UTC, datetime
from itertools import groupby
from pathlib import Path
from typing import TypeAlias

from outlookimap.traffic import Form, Placeholder, Said, Slot, Transcript, dumps
from outlookimap.transport.tap import Sender

START = 1795183523.25
"""When each conversation begins, in seconds since 1970."""

Files: TypeAlias = dict[str, bytes]
"""Files by name; the first is the one to open."""


@dataclass(frozen=True, slots=True)
class Spoken:
    """Octets that one side sent, placeholders replaced; `literal` and `line` as the recording has them."""

    sender: Sender
    octets: bytes
    time: float
    literal: bool
    line: int


@dataclass(frozen=True, slots=True)
class LogFormat:
    """A kind of log: how it is written, the format it is recognised as, and what it keeps."""

    write: Callable[[list[Spoken]], Files]
    recognised: str
    literals: bool = True
    times: bool = True
    order: bool = True
    server: bool = True
    secrets_quoted: bool = True  # False: what the client sent in LOGIN cannot be told from `***`
    remarks: bool = False  # lines that nobody said
    continued: bool = True  # what the client sends after a go-ahead, at least in AUTHENTICATE and for short literals


def spoken(transcript: Transcript) -> list[Spoken]:
    """Return what was said in the one connection of `transcript`, tags as if drawn at random, UIDVALIDITY 1."""
    tags: dict[Slot, bytes] = {}
    found: list[Spoken] = []
    time, number = START, 0
    begins = True
    for entry in transcript.entries:
        if not isinstance(entry, Said):
            continue
        time += entry.pause or 0.001
        first = entry.text[0] if entry.text else b""
        client = entry.sender is Sender.CLIENT
        if client and begins and isinstance(first, Slot) and first.kind is Placeholder.TAG:
            number += 1
            tags[first] = _tag(number)
        octets = b"".join(part if isinstance(part, bytes) else tags.get(part, b"1") for part in entry.text)
        octets += b"\r\n" if entry.form is Form.LINE else b""
        literal = entry.form is Form.LITERAL
        if client:
            begins = not literal and octets.endswith(b"\n")
        found.append(Spoken(entry.sender, octets, time, literal, entry.line))
    return found


def _tag(number: int) -> bytes:
    """Return four letters and digits, the same for the same number."""
    left, tag = (number * 823_117 + 190_177) % 36**4, ""
    for _ in range(4):
        left, digit = divmod(left, 36)
        tag += "abcdefghijklmnopqrstuvwxyz0123456789"[digit]
    return tag.encode()


def written(transcript: Transcript, name: str) -> Files:
    """Return `transcript` as the log `name`, one of `FORMATS`."""
    return FORMATS[name].write(spoken(transcript))


def saved(files: Files, directory: Path) -> Path:
    """Write `files` and return the path of the one to open."""
    for name, octets in files.items():
        (directory / name).write_bytes(octets)
    return directory / next(iter(files))


# ---------------------------------------------------------------- Dovecot


def _rawlog(said: list[Spoken]) -> Files:
    return {"1.in": _stamped(said, Sender.CLIENT), "1.out": _stamped(said, Sender.SERVER)}


def _stamped(said: list[Spoken], sender: Sender) -> bytes:
    """Return one side with a stamp before each line."""
    written = b""
    for one in said:
        if one.sender is sender:
            for line in re.findall(rb"[^\n]*\n|[^\n]+", one.octets):
                written += (b"%.6f " % one.time if not written or written.endswith(b"\n") else b"") + line
    return written


def _unstamped(said: list[Spoken]) -> Files:
    return {"1.in": _side(said, Sender.CLIENT), "1.out": _side(said, Sender.SERVER)}


def _client_only(said: list[Spoken]) -> Files:
    return {"1.in": _stamped(said, Sender.CLIENT)}


def _side(said: list[Spoken], sender: Sender) -> bytes:
    return b"".join(one.octets for one in said if one.sender is sender)


# ---------------------------------------------------------------- Cyrus


def _telemetry(said: list[Spoken]) -> Files:
    written = b"---------- user1 Fri Nov 20 14:05:23 2026\n\n"
    for sender, second, octets in _writes(said):
        mark = b"<" if sender is Sender.CLIENT else b">"
        written += mark + b"%d" % second + mark + octets
    return {"imap-1": written}


def _writes(said: list[Spoken]) -> Iterator[tuple[Sender, float, bytes]]:
    """Yield what each side sent at a time, together."""
    for (sender, time), group in groupby(said, key=lambda one: (one.sender, int(one.time))):
        yield sender, time, b"".join(one.octets for one in group)


# ---------------------------------------------------------------- hMailServer


def _hmailserver(said: list[Spoken]) -> Files:
    events: list[str] = []
    user_due = password_due = False  # as the next line
    for sender, texts, time in _events(said):
        text = "[nl]".join(texts)
        if sender is Sender.CLIENT:
            masked = re.sub(r'^(\S+ LOGIN (?:"[^"]*"|[^" ]+)) [^{].*', r"\1 ***", text)
            shown = "***" if password_due else masked
            password_due = re.search(r"^\S+ LOGIN \S+ \{\d+\}$", text) is not None or (user_due and text.endswith("}"))
            user_due = re.search(r"^\S+ LOGIN \{\d+\}$", text) is not None
            text = shown
        way = "RECEIVED" if sender is Sender.CLIENT else "SENT"
        stamp = datetime.fromtimestamp(time).strftime("%Y-%m-%d %H:%M:%S.%f")[:-3]
        events.append(f'"IMAPD"\t8692\t23\t"{stamp}"\t"192.0.2.23"\t"{way}: {text}"\r\n')
    noise = '"DEBUG"\t8692\t"2026-11-20 14:05:23.000"\t"Creating session 23"\r\n'
    return {"hmailserver.log": (noise + "".join(events)).encode("latin-1")}


def _events(said: list[Spoken]) -> Iterator[tuple[Sender, list[str], float]]:
    """Yield what is one event each: a line of the client; what the server sent at once, without its literals."""
    line, append = "", False
    for sender, group in groupby(said, key=lambda one: one.sender):
        ones = list(group)
        together: list[str] = []
        begun, dropped = "", False
        for one in ones:
            if one.literal:
                dropped = sender is Sender.SERVER or (append and not re.search(r" APPEND \{\d+\}$", line))
                begun += "" if dropped else one.octets.decode("latin-1")
                continue
            line, begun = begun + one.octets.decode("latin-1").removesuffix("\r\n"), ""
            if sender is Sender.SERVER:
                together.append(line)
                continue
            if re.match(r"\S+ [A-Z]+", line):
                append = " APPEND " in line
            if not dropped:
                yield sender, [line], one.time
            dropped = False
        if any(one.literal for one in ones):
            for text in together:
                yield sender, [text], ones[0].time
        elif together:
            yield sender, together, ones[0].time


# ---------------------------------------------------------------- Stalwart


def _stalwart(said: list[Spoken]) -> Files:
    lines: list[str] = []
    for sender, time, octets in _writes(said):
        what = "input received (imap.raw-input)" if sender is Sender.CLIENT else "output sent (imap.raw-output)"
        stamp = datetime.fromtimestamp(time, UTC).strftime("%Y-%m-%dT%H:%M:%SZ")
        peer = 'listenerId = "imaptls", localPort = 993, remoteIp = 192.0.2.97, remotePort = 56391'
        try:
            contents = f'"{_escaped(octets.decode())}"'
        except UnicodeDecodeError:
            contents = f"base64:{base64.b64encode(octets).decode()}"
        lines.append(f"{stamp} TRACE Raw IMAP {what} {peer}, size = {len(octets)}, contents = {contents}\n")
    return {"stalwart.log": "".join(lines).encode()}


def _stalwart_old(said: list[Spoken]) -> Files:
    lines: list[str] = []
    for one in said:
        module, event = ("client", "read") if one.sender is Sender.CLIENT else ("writer", "write")
        stamp = datetime.fromtimestamp(one.time, UTC).strftime("%Y-%m-%dT%H:%M:%S.%fZ")
        peer = 'session{instance="imaptls" protocol=Imap remote.ip="::ffff:192.0.2.30" remote.port=42784}'
        text = _escaped(one.octets.decode("utf-8", "replace"))
        lines.append(
            f'{stamp} TRACE {peer}: imap::core::{module}: event="{event}" data="{text}" size={len(one.octets)}\n'
        )
    return {"stalwart.log": "".join(lines).encode()}


def _escaped(text: str) -> str:
    for plain, escaped in (("\\", "\\\\"), ('"', '\\"'), ("\r", "\\r"), ("\n", "\\n"), ("\t", "\\t")):
        text = text.replace(plain, escaped)
    return re.sub(r"[\x00-\x1f\x7f]", lambda found: f"\\x{ord(found[0]):02x}", text)


# ---------------------------------------------------------------- text


def _text(client: str, server: str, stamp: str = "", head: str = "") -> Callable[[list[Spoken]], Files]:
    def write(said: list[Spoken]) -> Files:
        lines = [head.encode()]
        for sender, group in groupby(said, key=lambda one: one.sender):
            ones = list(group)
            sign = (client if sender is Sender.CLIENT else server).encode()
            time = datetime.fromtimestamp(ones[0].time, UTC).strftime(stamp).encode()
            text = b"".join(one.octets for one in ones).removesuffix(b"\n")
            lines += [time + sign + line.removesuffix(b"\r") + b"\n" for line in text.split(b"\n")]
        return {"session.txt": b"".join(lines)}

    return write


def _aioimaplib(said: list[Spoken]) -> Files:
    lines = ["DEBUG:aioimaplib.aioimaplib:state -> CONNECTED\n"]
    for sender, group in groupby(said, key=lambda one: one.sender):
        way = "Sending" if sender is Sender.CLIENT else "Received"
        lines.append(f"DEBUG:aioimaplib.aioimaplib:{way} : {b''.join(one.octets for one in group)!r}\n")
    return {"aioimaplib.log": "".join(lines).encode("ascii")}


def _imaplib(said: list[Spoken]) -> Files:
    """Return what `Debug = 4` prints: no literal, no line end after one, nothing of what AUTHENTICATE answers."""
    lines = ["  05:23.25 imaplib version 2.58\n"]
    after_literal = authenticating = False
    for one in said:
        client = one.sender is Sender.CLIENT
        hidden = one.literal or (client and (authenticating or (after_literal and one.octets == b"\r\n")))
        if client:
            after_literal = one.literal
            authenticating = authenticating or b" AUTHENTICATE " in one.octets
        elif not one.octets.startswith((b"+", b"*")):
            authenticating = False
        if not hidden:
            stamp = datetime.fromtimestamp(one.time, UTC).strftime("%M:%S.%f")[:-4]
            sign, shown = ">" if client else "<", one.octets.removesuffix(b"\r\n")
            lines.append(f"  {stamp} {sign} {shown!r}\n")
    return {"imaplib.log": "".join(lines).encode("ascii")}


_THUNDERBIRD = "0x7f0a:mail.example.com:NA:{}: "


def _terminal(said: list[Spoken]) -> Files:
    return {"session.txt": b"".join(one.octets for one in said).replace(b"\r\n", b"\n")}


FORMATS: dict[str, LogFormat] = {
    "rawlog": LogFormat(_rawlog, "rawlog"),
    "rawlog without stamps": LogFormat(_unstamped, "rawlog", times=False, order=False),
    "rawlog of the client": LogFormat(_client_only, "rawlog", order=False, server=False),
    "telemetry": LogFormat(_telemetry, "telemetry"),
    "hmailserver": LogFormat(_hmailserver, "hmailserver", literals=False, secrets_quoted=False),
    "stalwart": LogFormat(_stalwart, "stalwart"),
    "stalwart before 0.9": LogFormat(_stalwart_old, "stalwart"),
    "letters": LogFormat(_text("C: ", "S: "), "plain", times=False),
    "arrows": LogFormat(_text("--> ", "<-- ", "%H:%M:%S.%f "), "plain"),
    "angles": LogFormat(_text("> ", "< "), "plain", times=False),
    "brackets": LogFormat(_text("[C68D] C: ", "[C68D] S: ", "[%d-%b-%Y %H:%M:%S +0000]: <uubentmu> "), "plain"),
    "curl": LogFormat(_text("> ", "< ", head="*   Trying 192.0.2.1:143...\n"), "plain", times=False, remarks=True),
    "imaplib": LogFormat(_imaplib, "plain", literals=False, remarks=True, continued=False),
    "aioimaplib": LogFormat(_aioimaplib, "plain", times=False, remarks=True),
    "thunderbird": LogFormat(
        _text(
            _THUNDERBIRD.format("SendData"),
            _THUNDERBIRD.format("CreateNewLineFromSocket"),
            "%Y-%m-%d %H:%M:%S.%f UTC - [(null) 12345: IMAP]: I/IMAP ",
        ),
        "plain",
    ),
    "terminal": LogFormat(_terminal, "plain", times=False),
}
"""Every kind of log, by a name for people."""


def recording(transcript: Transcript) -> Files:
    """Return `transcript` as a recording, for tests that take every format."""
    return {"session.imap": dumps(transcript).encode("ascii")}
