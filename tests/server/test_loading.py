"""Mail from disk: what each kind of folder means, octet by octet, and what is said of one that cannot be used."""

from __future__ import annotations

import datetime as dt
import os
import tracemalloc
from pathlib import Path

import pytest
from support.talk import moment

from outlookimap.errors import UsageError
from outlookimap.server import mail_files
from outlookimap.server.loading import fill, load, sources
from outlookimap.server.maildir import maildir_sources
from outlookimap.server.mbox import is_mbox
from outlookimap.server.memory_store import MemoryAccount, MemoryStore
from outlookimap.server.store import Incoming

NEW_YEAR = dt.datetime(2024, 1, 1, tzinfo=dt.UTC)
NEW_YEAR_SECONDS = 1704067200


def put(path: Path, octets: bytes, seconds: float = NEW_YEAR_SECONDS) -> Path:
    """Write a file, with its directories, last modified `seconds` after 1970."""
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_bytes(octets)
    os.utime(path, (seconds, seconds))
    return path


def maildir(path: Path) -> Path:
    """Make an empty Maildir."""
    for part in ("cur", "new", "tmp"):
        (path / part).mkdir(parents=True)
    return path


def account() -> MemoryAccount:
    """Return an account with nothing but INBOX."""
    made = MemoryStore(["u"], mailboxes={}, first_uidvalidity=7, moment=moment).account("u")
    assert made is not None
    return made


# ---------------------------------------------------------------- Maildir

FLAGS = (
    ("1.a:2,", ()),
    ("1.a:2,S", (b"\\Seen",)),
    ("1.a:2,DFPRST", (b"\\Draft", b"\\Flagged", b"$Forwarded", b"\\Answered", b"\\Seen", b"\\Deleted")),
    ("1.a:2,Sab", (b"\\Seen", b"$Work")),  # b is no keyword that anybody wrote down
    ("1.a;2,S", (b"\\Seen",)),
    ("1.a!2,S", (b"\\Seen",)),
    ("1.a,S=12:2,F", (b"\\Flagged",)),
    ("1.a:1,S", ()),
    ("1.a:2,SX", (b"\\Seen",)),
    ("1.a", ()),
)


@pytest.mark.parametrize(("name", "flags"), FLAGS)
def test_the_name_of_a_file_has_the_flags(tmp_path: Path, name: str, flags: tuple[bytes, ...]) -> None:
    put(maildir(tmp_path / "m") / "cur" / name, b"A: b\n\nc\n")
    put(tmp_path / "m" / "dovecot-keywords", b"0 $Work\n99 $No\nx\n")
    assert list(load(tmp_path / "m")) == [(b"INBOX", Incoming(b"A: b\r\n\r\nc\r\n", flags, NEW_YEAR))]


def test_new_mail_has_no_flags_and_tmp_and_hidden_files_are_no_mail(tmp_path: Path) -> None:
    maildir(tmp_path)
    put(tmp_path / "new" / "2.a:2,S", b"two")
    put(tmp_path / "cur" / "1.a:2,S", b"one", NEW_YEAR_SECONDS + 60.7)
    put(tmp_path / "cur" / ".3.a:2,S", b"hidden")
    put(tmp_path / "tmp" / "4.a", b"half")
    (tmp_path / "cur" / "5.directory").mkdir()
    assert list(load(str(tmp_path))) == [
        (b"INBOX", Incoming(b"one", (b"\\Seen",), dt.datetime(2024, 1, 1, 0, 1, tzinfo=dt.UTC))),
        (b"INBOX", Incoming(b"two", (), NEW_YEAR)),
    ]


def test_messages_come_in_the_order_of_their_delivery(tmp_path: Path) -> None:
    maildir(tmp_path)
    for name, seconds in (("10.a", 5), ("9.z", 6), ("9.b:2,S", 7), ("odd", 8)):
        put(tmp_path / ("cur" if ":" in name else "new") / name, name.encode(), seconds)
    assert [message.octets for _, message in load(tmp_path)] == [b"odd", b"9.b:2,S", b"9.z", b"10.a"]


NAMES = (
    (".Sent", b"Sent"),
    (".Archive.2024", b"Archive/2024"),
    (".Gel&APY-scht", b"Gel&APY-scht"),
    (".Gelöscht", b"Gel&APY-scht"),
    ("Sent Items", b"Sent Items"),
    ("Archive/2024", b"Archive/2024"),
    ("Archive/.2024.May", b"Archive/2024/May"),
    ("inbox", b"INBOX"),
    (".inbox.Sub", b"INBOX/Sub"),
)


@pytest.mark.parametrize(("directory", "name"), NAMES)
@pytest.mark.parametrize("below_a_maildir", [True, False])
def test_directories_are_mailboxes(tmp_path: Path, directory: str, name: bytes, below_a_maildir: bool) -> None:
    if below_a_maildir:
        maildir(tmp_path)
    put(maildir(tmp_path / directory) / "new" / "1", b"x")
    (tmp_path / ".git" / "objects").mkdir(parents=True)  # hidden, but no Maildir
    assert [(box, message.octets) for box, message in load(tmp_path)] == [(name, b"x")]


def test_an_account_is_filled_with_empty_mailboxes_too(tmp_path: Path) -> None:
    maildir(tmp_path)
    maildir(tmp_path / ".Empty")
    for number in range(1200):
        put(tmp_path / "new" / f"{number}.a", b"%d" % number)
    made = account()
    assert fill(made, tmp_path) == 1200
    assert [message.octets for message in made.mailbox(b"INBOX").messages()] == [b"%d" % n for n in range(1200)]
    assert [name.name for name in made.names()] == made.subscriptions() == [b"INBOX", b"Empty"]


# ---------------------------------------------------------------- mbox

MBOX = b"""\
From a@example.com Thu Feb 13 23:31:30 2020
Subject: one
Status: RO
X-Status: AF

From me to you: no border, no date and no field comes next
>From here on, quoted once
>>From twice
> From not quoted

From b@example.com Thu Feb 13 23:31:30 2020 +0200
X-STATUS: DT
\tfolded
status: O
Subject: two
Body: Status: R

Status: R

From - Sun Mar  1 01:02:03 2020
"""

MESSAGES = [
    Incoming(
        b"Subject: one\r\n\r\nFrom me to you: no border, no date and no field comes next\r\n"
        b"From here on, quoted once\r\n>From twice\r\n> From not quoted\r\n",
        (b"\\Seen", b"\\Answered", b"\\Flagged"),
        dt.datetime(2020, 2, 13, 23, 31, 30, tzinfo=dt.UTC),
    ),
    Incoming(
        b"Subject: two\r\nBody: Status: R\r\n\r\nStatus: R\r\n",
        (b"\\Deleted", b"\\Draft"),
        dt.datetime(2020, 2, 13, 21, 31, 30, tzinfo=dt.UTC),
    ),
    Incoming(b"", (), dt.datetime(2020, 3, 1, 1, 2, 3, tzinfo=dt.UTC)),
]


@pytest.mark.parametrize("octets", [MBOX, MBOX.replace(b"\n", b"\r\n")], ids=["LF", "CRLF"])
def test_an_mbox(tmp_path: Path, octets: bytes) -> None:
    assert list(load(put(tmp_path / "box", octets))) == [(b"INBOX", message) for message in MESSAGES]


DATES = (
    (b"From a@b Thu Feb 13 23:31:30 2020\n", dt.datetime(2020, 2, 13, 23, 31, 30, tzinfo=dt.UTC)),
    (b"From Sun Moon <a@b> Thu Feb  6 23:31:30 2020\n", dt.datetime(2020, 2, 6, 23, 31, 30, tzinfo=dt.UTC)),
    (b"From a@b Thu Feb 13 23:31:30 2020 -0130\n", dt.datetime(2020, 2, 14, 1, 1, 30, tzinfo=dt.UTC)),
    (b"From a@b Thu Feb 13 23:31 2020\n", dt.datetime(2020, 2, 13, 23, 31, tzinfo=dt.UTC)),
    (b"From a@b Thu Feb 13 23:31:30 EST 2020\n", dt.datetime(2020, 2, 14, 4, 31, 30, tzinfo=dt.UTC)),
    (b"From a@b Thu Feb 31 23:31:30 2020\n", None),
    (b"From a@b Thu Feb 13 99:31:30 2020\n", None),
    (b"From a@b Thu Feb 13 23:31:30 0300\n", None),
    (b"From a@b\n", None),
    (b"From a@b yesterday\n", None),
)


@pytest.mark.parametrize(("line", "date"), DATES)
def test_the_date_of_a_from_line(tmp_path: Path, line: bytes, date: dt.datetime | None) -> None:
    found = list(load(put(tmp_path / "box", line + b"A: b\n\nc\n\n" + line + b"A: b\n\nc")))
    assert [(message.octets, message.internaldate) for _, message in found] == [
        (b"A: b\r\n\r\nc\r\n", date),
        (b"A: b\r\n\r\nc", date),
    ]


@pytest.mark.parametrize(
    ("octets", "messages"),
    [
        (b"", []),
        (b"From a\n", [b""]),
        (b"From a\nFrom a Thu Feb 13 23:31:30 2020\n\n", [b"From a Thu Feb 13 23:31:30 2020\r\n"]),
        (b"From a\n\n\nFrom a\n", [b"\r\n\r\nFrom a\r\n"]),
        (b"From a\nA: b\n\nFrom x@y\nA: c\n", [b"A: b\r\n", b"A: c\r\n"]),
    ],
)
def test_borders(tmp_path: Path, octets: bytes, messages: list[bytes]) -> None:
    assert [message.octets for _, message in load(put(tmp_path / "box", octets))] == messages


def test_one_message_is_in_memory_at_a_time(tmp_path: Path) -> None:
    one = b"From a Thu Feb 13 23:31:30 2020\nA: b\n\n" + b"x" * 78 * 1000 + b"\n\n"
    path = put(tmp_path / "box", one * 300)  # 23 MB
    tracemalloc.start()
    try:
        count = sum(1 for _ in load(path))
        _, peak = tracemalloc.get_traced_memory()
    finally:
        tracemalloc.stop()
    assert count == 300
    assert peak < 1 << 20


# ---------------------------------------------------------------- .eml


def test_folders_of_eml_files(tmp_path: Path) -> None:
    put(tmp_path / "b.eml", b"two\r\n")
    put(tmp_path / "a.EML", b"one\r\r\n\n")
    put(tmp_path / "readme.txt", b"no mail")
    put(tmp_path / ".c.eml", b"hidden")
    put(tmp_path / "Gelöscht & weg" / "2024" / "c.eml", b"three")
    put(tmp_path / "Inbox" / "d.eml", b"four")
    assert list(load(tmp_path)) == [
        (b"INBOX", Incoming(b"one\r\r\n\r\n", (), NEW_YEAR)),
        (b"INBOX", Incoming(b"two\r\n", (), NEW_YEAR)),
        (b"Gel&APY-scht &- weg/2024", Incoming(b"three", (), NEW_YEAR)),
        (b"INBOX", Incoming(b"four", (), NEW_YEAR)),
    ]
    assert [source.name for source in sources(tmp_path)][1:3] == [b"Gel&APY-scht &- weg", b"Gel&APY-scht &- weg/2024"]
    assert list(load(tmp_path / "b.eml")) == [(b"INBOX", Incoming(b"two\r\n", (), NEW_YEAR))]


# ---------------------------------------------------------------- what cannot be used


def test_a_nul_is_refused_by_name_or_removed(tmp_path: Path) -> None:
    eml = put(tmp_path / "eml" / "a.eml", b"A: b\n\nc\0d\0\n")
    with pytest.raises(UsageError, match=r"a\.eml: octet 7 of the message is a NUL"):
        list(load(eml.parent))
    assert [message.octets for _, message in load(eml.parent, remove_nul=True)] == [b"A: b\r\n\r\ncd\r\n"]
    box = put(tmp_path / "box", b"From a\nA: b\n\nFrom a\nA: \0\n")
    with pytest.raises(UsageError, match=r"box, message 2: octet 3 of the message is a NUL"):
        fill(account(), box)
    new = put(maildir(tmp_path / "m") / "new" / "1", b"\0")
    with pytest.raises(UsageError, match=r"m/new/1: octet 0 "):
        list(load(tmp_path / "m"))
    assert fill(account(), tmp_path / "m", remove_nul=True) == 1
    new.unlink()


def test_what_is_no_mail_is_said_at_once(tmp_path: Path) -> None:
    (tmp_path / "empty").mkdir()
    put(tmp_path / "other", b"%PDF-1.7\n")
    for name, reason in (
        ("empty", "neither a Maildir"),
        ("other", "neither an mbox"),
        ("nowhere", "no such file or directory"),
    ):
        with pytest.raises(UsageError, match=rf"{name}: .*{reason}"):
            load(tmp_path / name)


def test_what_cannot_be_read_is_named(tmp_path: Path) -> None:
    (maildir(tmp_path) / "new" / "1").symlink_to("2")
    (tmp_path / "new" / "2").symlink_to("1")
    assert list(load(tmp_path)) == []
    message = put(tmp_path / "new" / "3", b"x")
    found = load(tmp_path)
    message_of_another_name = put(tmp_path / "new" / "4", b"x")
    assert next(found)[1].octets == b"x"
    message_of_another_name.unlink()
    with pytest.raises(UsageError, match="4 cannot be read: No such file or directory"):
        next(found)
    message.unlink()


def test_what_goes_away_meanwhile_is_named(tmp_path: Path) -> None:
    box = put(tmp_path / "box", MBOX)
    found = load(box)
    box.unlink()
    for reading in (
        lambda: next(found),
        lambda: is_mbox(box),
        lambda: maildir_sources(tmp_path / "gone", remove_nul=False),
    ):
        with pytest.raises(UsageError, match=r"(box|gone) cannot be read: No such file or directory"):
            reading()


@pytest.mark.parametrize("seconds", [float("nan"), float("inf"), 1e30, -1e15])
def test_a_time_that_is_no_date(seconds: float) -> None:
    with pytest.raises(UsageError, match=r"a/b: its time of modification .* is no date"):
        mail_files.moment(seconds, Path("a/b"))


@pytest.mark.parametrize("name", ["a*b", "a%b", "x" * 1001])
def test_a_name_no_mailbox_can_have(tmp_path: Path, name: str) -> None:
    parts = [name[start : start + 200] for start in range(0, len(name), 200)]
    path = maildir(tmp_path / ("." + name) if len(name) < 200 else tmp_path.joinpath(*parts, "y" * 200))
    with pytest.raises(UsageError, match=rf"{path.name.replace('*', '.')}: no mailbox .*no mailbox can have this name"):
        fill(account(), tmp_path)


def test_a_name_that_is_no_text(tmp_path: Path) -> None:
    try:
        os.mkdir(bytes(tmp_path) + b"/\xff")  # noqa: PTH102 - a Path is text
    except OSError:
        pytest.skip("this file system has text for names")
    (tmp_path / os.fsdecode(b"\xff") / "new").mkdir()
    with pytest.raises(UsageError, match="its name is not text"):
        load(tmp_path)


def test_messages_are_prepared_on_their_way_in(tmp_path: Path) -> None:
    made = account()
    put(maildir(tmp_path) / "cur" / "1:2,S", b"x")
    assert fill(made, tmp_path, prepare=lambda one: Incoming(one.octets.upper(), (), one.internaldate)) == 1
    (message,) = made.mailbox(b"INBOX").messages()
    assert (message.octets, message.flags, message.internaldate) == (b"X", (), NEW_YEAR)
