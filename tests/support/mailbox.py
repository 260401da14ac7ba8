"""Makes a mailbox as people have them, the same every time, and writes it as a Maildir; knows no server and no test.

Sizes are lognormal with a median of about 4 KB and a tail cut at 1 MB; text, text with HTML, attachments; names in
encoded words; long folded fields; some mail with 8-bit text. Each message depends on the seed and its number only.
"""

from __future__ import annotations

import base64
import datetime as dt
import os
import random
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from email.header import Header
from email.utils import format_datetime
from pathlib import Path

SEED = 4
LARGEST = 1_000_000
FLAGS = {"\\Seen": 0.40, "\\Answered": 0.10, "\\Flagged": 0.05, "\\Draft": 0.01, "\\Deleted": 0.01}
"""How likely a message has each of the five flags."""
KEYWORDS = {"$Forwarded": 0.03, "Project-X": 0.01}

_LETTERS = {"\\Draft": "D", "\\Flagged": "F", "\\Answered": "R", "\\Seen": "S", "\\Deleted": "T"}
_FIRST_DAY = dt.datetime(2021, 3, 1, tzinfo=dt.UTC)
_PEOPLE = (
    "Ann Lee", "Björn Åkesson", "Carla de Souza", "Dénes Kovács", "Élodie Lefèvre", "Frank O'Neil", "Γιώργος Νικολάου",
    "Hiroshi 田中", "Ivana Đurić", "Jürgen Groß", "Karin \"Kari\" Holm", "Łukasz Żak",
)  # fmt: skip
_WORDS = (
    "agenda", "again", "answer", "archive", "attached", "before", "budget", "calendar", "change", "contract", "copy",
    "customer", "deadline", "delivery", "draft", "estimate", "figures", "friday", "invoice", "kindly", "letter",
    "meeting", "minutes", "monday", "notes", "number", "offer", "office", "order", "payment", "please", "printer",
    "project", "question", "quarter", "regards", "release", "reminder", "report", "request", "review", "schedule",
    "signed", "team", "thanks", "ticket", "travel", "update", "version", "warehouse",
)  # fmt: skip


def _lines(chance: random.Random) -> list[str]:
    return [" ".join(chance.choices(_WORDS, k=chance.randrange(3, 10))) for _ in range(2000)]


_LINES = _lines(random.Random("lines"))
"""What texts are put together from: a line at a time is quicker than a word at a time."""


@dataclass(frozen=True, slots=True)
class Mail:
    """One message with what a server keeps about it; `date` becomes its INTERNALDATE."""

    number: int
    octets: bytes = field(repr=False)
    flags: tuple[str, ...]
    keywords: tuple[str, ...]
    date: dt.datetime


def mailbox(count: int, *, seed: int = SEED, first: int = 0, largest: int = LARGEST) -> Iterator[Mail]:
    """Make the messages `first` and following, so many; `largest` cuts the tail of the sizes, in octets."""
    return (_mail(number, seed, largest) for number in range(first, first + count))


def write_maildir(directory: Path, messages: Iterable[Mail], *, owner: tuple[int, int] | None = None) -> int:
    """Write messages into a new Maildir, flags and Dovecot's keywords included; return how many.

    A file's time of modification is the message's date. As root, all of it is given to `owner`, a user and a group.
    """
    for path in (directory, *(directory / part for part in ("cur", "new", "tmp"))):
        path.mkdir(mode=0o700, exist_ok=True)
        _give(path, owner)
    names = directory / "dovecot-keywords"
    names.write_text("".join(f"{number} {keyword}\n" for number, keyword in enumerate(KEYWORDS)))
    _give(names, owner)
    letters = _LETTERS | {keyword: chr(ord("a") + number) for number, keyword in enumerate(KEYWORDS)}
    count = 0
    for mail in messages:
        moment, size = int(mail.date.timestamp()), len(mail.octets)
        marks = "".join(sorted(letters[name] for name in mail.flags + mail.keywords))
        path = directory / "cur" / f"{moment}.M{mail.number:06d}P1.made,S={size},W={size}:2,{marks}"
        path.write_bytes(mail.octets)
        os.utime(path, (moment, moment))
        _give(path, owner)
        count += 1
    return count


def _give(path: Path, owner: tuple[int, int] | None) -> None:
    if owner is not None and os.geteuid() == 0:
        os.chown(path, *owner)


# ---------------------------------------------------------------- one message


def _mail(number: int, seed: int, largest: int) -> Mail:
    chance = random.Random(f"{seed}/{number}")
    date = _FIRST_DAY + dt.timedelta(minutes=50 * number, seconds=chance.randrange(3000))
    flags = tuple(name for name, share in FLAGS.items() if chance.random() < share)
    keywords = tuple(name for name, share in KEYWORDS.items() if chance.random() < share)
    size = min(largest, max(800, int(chance.lognormvariate(8.3, 1.4))))
    return Mail(number, _octets(chance, number, date, size), flags, keywords, date)


def _octets(chance: random.Random, number: int, date: dt.datetime, size: int) -> bytes:
    head = _fields(chance, number, date)
    room = max(100, size - sum(len(line) + 2 for line in head))
    kind = chance.random()
    if room > 30_000 or kind < 0.12:
        body = _with_attachment(chance, number, room)
    elif kind < 0.6:
        body = _with_html(chance, number, room)
    elif kind < 0.65:
        body = _eight_bit(chance, room)
    else:
        body = ["Content-Type: text/plain; charset=us-ascii", "", *_text(chance, room)]
    return ("\r\n".join(head + body) + "\r\n").encode()


def _fields(chance: random.Random, number: int, date: dt.datetime) -> list[str]:
    """Return the fields above those of the content, line by line."""
    when = format_datetime(date)
    lines = [f"Return-Path: <bounce-{number % 89}@list.example.org>"]
    for hop in range(chance.randrange(2, 7)):
        lines += [
            f"Received: from out{hop}.example.net (out{hop}.example.net [198.51.100.{chance.randrange(1, 255)}])",
            f"\tby in{hop}.example.org (8.17.1/8.17.1) with ESMTPS id {chance.getrandbits(48):012x}",
            f"\t(version=TLSv1.3 cipher=TLS_AES_256_GCM_SHA384 bits=256 verify=OK); {when}",
        ]
    sender, *others = chance.sample(_PEOPLE, chance.randrange(2, 9))
    lines += [f"From: {_address(sender)}", "To: " + ",\r\n ".join(map(_address, others)), f"Date: {when}"]
    subject = " ".join(chance.choices(_WORDS, k=chance.randrange(2, 10)))
    if chance.random() < 0.2:
        subject = f"Übersicht: {subject} — {chance.choice(_PEOPLE)}"
    if chance.random() < 0.4:
        ids = [_message_id(chance) for _ in range(chance.randrange(1, 12))]
        lines += [f"In-Reply-To: {ids[-1]}", "References: " + "\r\n ".join(ids)]
        subject = f"Re: {subject}"
    lines.append("Subject: " + Header(subject, header_name="Subject").encode(linesep="\r\n"))
    # Some programs give none: such mail is told apart by its octets.
    if chance.random() < 0.98:
        lines.append(f"Message-ID: <{number}.{chance.getrandbits(80):020x}@mail.example.com>")
    return [*lines, f"X-Spam-Score: {chance.random() * 9:.1f}", "MIME-Version: 1.0"]


def _address(person: str) -> str:
    quoted = person.replace('"', r"\"")
    name = f'"{quoted}"' if person.isascii() else Header(person, "utf-8").encode()
    local = person.partition(" ")[0].encode("ascii", "ignore").decode().lower()
    return f"{name} <{local or 'someone'}@example.com>"


def _message_id(chance: random.Random) -> str:
    return f"<{chance.getrandbits(96):024x}@mail{chance.randrange(9)}.example.com>"


def _text(chance: random.Random, room: int) -> list[str]:
    """Return lines of about so many octets in all; a line is 46 octets on average."""
    return chance.choices(_LINES, k=max(1, room // 46))


def _with_html(chance: random.Random, number: int, room: int) -> list[str]:
    border = f"=_alternative_{number:x}_{chance.getrandbits(40):010x}"
    return [
        f'Content-Type: multipart/alternative;\r\n boundary="{border}"', "",
        f"--{border}", "Content-Type: text/plain; charset=us-ascii", "", *_text(chance, room * 2 // 5), "",
        f"--{border}", "Content-Type: text/html; charset=us-ascii", "",
        "<html><body>", *(f"<p>{line}</p>" for line in _text(chance, room * 2 // 5)), "</body></html>", "",
        f"--{border}--",
    ]  # fmt: skip


def _with_attachment(chance: random.Random, number: int, room: int) -> list[str]:
    border = f"=_mixed_{number:x}_{chance.getrandbits(40):010x}"
    encoded = base64.b64encode(chance.randbytes(max(57, (room - 700) * 3 // 4 * 76 // 78))).decode()
    return [
        f'Content-Type: multipart/mixed; boundary="{border}"', "", "This is a message in several parts.",
        f"--{border}", "Content-Type: text/plain; charset=us-ascii", "", *_text(chance, 300), "",
        f"--{border}", f'Content-Type: application/octet-stream; name="data-{number}.bin"',
        "Content-Transfer-Encoding: base64",
        f"Content-Disposition: attachment; filename*=utf-8''Anlage%20{number}%20%C3%BC.bin", "",
        *(encoded[start : start + 76] for start in range(0, len(encoded), 76)), f"--{border}--",
    ]  # fmt: skip


def _eight_bit(chance: random.Random, room: int) -> list[str]:
    lines = (f"{line}, grüße und schöne Wünsche" for line in _text(chance, room // 2))
    return ["Content-Type: text/plain; charset=utf-8", "Content-Transfer-Encoding: 8bit", "", *lines]
