r"""Send/Receive as a whole: what is sent for which folders and in which order; what becomes of refusals and cuts."""

from __future__ import annotations

import contextlib
import datetime as dt
from collections.abc import Iterator
from dataclasses import replace

import pytest
from support.real_session import after_sign_in, sent
from support.scripted import PLAIN
from support.syncing import ITEMS, Bench, bench, fetched, header, select, swept

from outlookimap.cache import Cache, ChangeState
from outlookimap.client import Session
from outlookimap.errors import CommandFailed, ConnectionLost, RemoteProtocolError
from outlookimap.exchange import ExchangeServer
from outlookimap.server.behaviour import Behaviour, Naming
from outlookimap.server.listening import MailServer
from outlookimap.server.memory_store import MemoryStore
from outlookimap.server.store import Incoming
from outlookimap.sync.line import Line
from outlookimap.sync.report import FolderReport, Progress, SyncReport
from outlookimap.sync.run import list_folders, send_receive
from outlookimap.traffic import Recorder
from outlookimap.transport.clock import FakeClock, SystemClock

VERSIONS = ["2007", "2010", "2013"]
OLD = ["2007", "2010"]
XLISTED = r"""
    C: $tag XLIST "" ""
    S: * XLIST (\Noselect) "/" ""
    S: $tag OK done
    C: $tag XLIST "" "*"
    {}
    S: $tag OK done
"""


def listed(*folders: str, pattern: str = "*", lsub: tuple[str, ...] = (), end: str = "OK done") -> str:
    r"""Return LIST and LSUB with their answers; a folder is its attributes and its name: ``(\Noselect) "/" a``."""
    lines = [f'C: $tag LIST "" "{pattern}"', *(f"S: * LIST {folder}" for folder in folders), "S: $tag OK done"]
    lines += [f'C: $tag LSUB "" "{pattern}"', *(f"S: * LSUB {folder}" for folder in lsub), f"S: $tag {end}", ""]
    return "\n".join(lines)


INBOX = '() "/" INBOX'


def synced(on: Bench, **options: object) -> SyncReport:
    """Send and receive, headers only unless asked for more."""
    return send_receive(on.line, on.cache, **{"bodies": False, "clock": FakeClock(), **options})  # type: ignore[arg-type]


def names(cache: Cache) -> list[str]:
    """Return the names of the folders that are here."""
    return [folder.name for folder in cache.folders.all()]


# ---------------------------------------------------------------- with a server


def mail(count: int, *, first: int = 0) -> list[Incoming]:
    """Return messages, each of its own."""
    date = dt.datetime(2024, 2, 29, 12, 0, tzinfo=dt.UTC)
    return [
        Incoming(f"Subject: no {n}\r\nMessage-ID: <{n}@x>\r\n\r\nText {n}\r\n".encode(), (b"\\Seen",) * (n % 2), date)
        for n in range(first, first + count)
    ]


@contextlib.contextmanager
def on_line(
    port: int, cache: Cache, profile: str = "2013", *, record: Recorder | None = None, **policy: object
) -> Iterator[Bench]:
    """Sign in at a port of this machine."""
    with Session.connect(
        f"imap://user1@127.0.0.1:{port}/",
        password="secret",
        profile=profile,
        policy=replace(PLAIN, **policy),  # type: ignore[arg-type]
        record=record,
        timeout=10.0,
    ) as session:
        yield Bench(session, Line(session), cache)


def commands(recorder: Recorder) -> list[str]:
    """Return what was sent after the sign-in, without tags."""
    lines = after_sign_in(sent(recorder)).decode("ascii").split("\r\n")[1:-1]
    return [line.split(" ", 1)[1] for line in lines if not line.endswith("LOGOUT")]


@pytest.mark.cites("O5:C0002", "O5:V0055", "O5:V0043")
@pytest.mark.parametrize("version", ["2007", "2010", "2013", "2016", "2019"])
@pytest.mark.parametrize("profile", VERSIONS)
def test_the_second_sync_is_selects_and_sweeps(version: str, profile: str) -> None:
    folders = ["INBOX", "Deleted Items", "Drafts", "Junk E-mail", "Sent Items"]
    with ExchangeServer(version, allow_plaintext=True, mail={"user1": mail(12)}) as server, Cache() as cache:
        recorder = Recorder(None)
        with on_line(server.port, cache, profile, record=recorder) as on:
            report = synced(on, bodies=True, clock=SystemClock())
        assert [(folder.name, folder.messages, folder.new, folder.error) for folder in report.folders] == [
            (name, 12 if name == "INBOX" else 0, 12 if name == "INBOX" else 0, None) for name in folders
        ]
        assert commands(recorder) == [
            'LIST "" "*"',
            'LSUB "" "*"',
            'SELECT "INBOX"',
            f"UID FETCH 1:* ({ITEMS})",
            "UID FETCH 1:12 (UID FLAGS BODY.PEEK[])",
            *(f'SELECT "{name}"' for name in folders[1:]),
        ]
        assert report.commands == len(commands(recorder))
        assert (report.messages, report.new, report.removed, report.played, report.errors) == (12, 12, 0, 0, ())
        assert report.octets > 12 * 100
        recorder = Recorder(None)
        with on_line(server.port, cache, profile, record=recorder) as on:
            report = synced(on, bodies=True)
        assert commands(recorder) == [
            'LIST "" "*"',
            'LSUB "" "*"',
            'SELECT "INBOX"',
            "UID FETCH 1:* (UID FLAGS)",
            *(f'SELECT "{name}"' for name in folders[1:]),
        ]
        assert (report.messages, report.new, report.changed, report.removed) == (12, 0, 0, 0)


def test_what_another_client_did_is_there_after_a_sync() -> None:
    with ExchangeServer(allow_plaintext=True, mail={"user1": mail(6)}) as server, Cache() as cache:
        with on_line(server.port, cache) as on:
            synced(on)
        account = server.store.account("user1")
        assert account is not None
        inbox = account.mailbox(b"INBOX")
        inbox.remove([2, 4])
        inbox.add(mail(2, first=10))
        account.delete(b"Drafts")
        account.create(b"New/Below")
        account.mailbox(b"New/Below").add(mail(1, first=20))
        with on_line(server.port, cache) as on:
            report = synced(on, bodies=True)
            assert on.subjects() == {1: "no 0", 3: "no 2", 5: "no 4", 6: "no 5", 7: "no 10", 8: "no 11"}
            assert on.subjects("New/Below") == {1: "no 20"}
        assert (report.new, report.removed) == (3, 2)
        assert "Drafts" not in names(cache)
        assert {"New", "New/Below"} <= set(names(cache))


def test_only_the_folders_that_are_asked_for() -> None:
    with ExchangeServer(allow_plaintext=True) as server, Cache() as cache:
        recorder = Recorder(None)
        with on_line(server.port, cache) as on:
            list_folders(on.line, cache)
        drafts = cache.folders.by_name("Drafts")
        assert drafts is not None
        with on_line(server.port, cache, record=recorder) as on:
            report = synced(on, folders=[drafts.id])
        assert [folder.name for folder in report.folders] == ["Drafts"]
        assert commands(recorder) == ['LIST "" "*"', 'LSUB "" "*"', 'SELECT "Drafts"']


@pytest.mark.cites("O5:C0002")
@pytest.mark.parametrize("stop", [1, 7, 30, 60])
def test_an_interrupted_sync_goes_on_and_fetches_no_header_twice(stop: int) -> None:
    def interrupt(progress: Progress) -> None:
        if progress.done >= stop:
            raise KeyboardInterrupt

    with ExchangeServer(allow_plaintext=True, mail={"user1": mail(60)}) as server, Cache() as cache:
        recorder = Recorder(None)
        with pytest.raises(KeyboardInterrupt), on_line(server.port, cache, record=recorder) as on:
            synced(on, progress=interrupt)
        inbox = cache.folders.by_name("INBOX")
        assert inbox is not None
        first = {uid for uid, *_ in cache.messages.uids_and_flags(inbox.id, 1)}
        assert len(first) >= stop
        again = Recorder(None)
        with on_line(server.port, cache, record=again) as on:
            report = synced(on)
        assert report.messages == 60
        asked = commands(again)[2:5]
        assert asked[:2] == ['SELECT "INBOX"', "UID FETCH 1:* (UID FLAGS)"]
        if len(first) < 60:
            assert (
                asked[2] == f"UID FETCH {len(first) + 1}:60 ({'UID FLAGS RFC822.SIZE BODY.PEEK[HEADER] INTERNALDATE'})"
            )
        assert report.new == 60 - len(first)


@pytest.mark.cites("O5:V0016")
@pytest.mark.parametrize("insensitive", [False, True])
def test_names_that_differ_by_case(insensitive: bool) -> None:
    naming = Naming(case_insensitive=insensitive)
    store = MemoryStore(["user1"], mailboxes={}, naming=naming)
    account = store.account("user1")
    assert account is not None
    account.create(b"Work")
    account.create(b"work")
    account.mailbox(b"Work").add(mail(1))
    account.mailbox(b"work").add(mail(1, first=1))
    server = MailServer({"user1": "secret"}, store=store, behaviour=Behaviour(naming=naming), allow_plaintext=True)
    with server, Cache() as cache, on_line(server.port, cache) as on:
        synced(on)
        if insensitive:
            assert names(cache) == ["INBOX", "Work"]
            assert on.subjects("Work") == {1: "no 0", 2: "no 1"}
        else:
            assert names(cache) == ["INBOX", "Work", "work"]
            assert (on.subjects("Work"), on.subjects("work")) == ({1: "no 0"}, {1: "no 1"})


# ---------------------------------------------------------------- folder lists


@pytest.mark.cites("O5:V0061", "O5:V0041")
def test_xlist_and_what_folders_are_for() -> None:
    answers = "\n".join(
        [
            r'S: * XLIST (\Inbox) "/" INBOX',
            r'S: * XLIST (\Sent) "/" "Gesendet"',
            r'S: * XLIST (\Spam) "/" "Junk"',
            r'S: * XLIST (\Noselect) "/" "Public"',
        ]
    )
    text = XLISTED.format(answers) + select(0) + select(0, name="Gesendet") + select(0, name="Junk")
    with bench(text, capabilities="IMAP4rev1 XLIST") as on:
        report = synced(on)
        assert [folder.name for folder in report.folders] == ["INBOX", "Gesendet", "Junk"]
        rows = {folder.name: folder for folder in on.cache.folders.all()}
        assert {name: folder.special for name, folder in rows.items()} == {
            "INBOX": "inbox",
            "Gesendet": "sent",
            "Junk": "junk",
            "Public": None,
        }
        assert {folder.source for folder in rows.values()} == {"XLIST"}
        assert {folder.subscribed for folder in rows.values()} == {None}
        assert not rows["Public"].selectable


@pytest.mark.cites("O5:V0043")
@pytest.mark.parametrize("version", OLD)
def test_attributes_are_those_that_came_last(version: str) -> None:
    text = listed(INBOX, r'(\Noselect) "/" a', '() "/" b', lsub=('() "/" a', r'(\Noselect) "/" b'))
    with bench(text + select(0) + select(0, name="a"), version) as on:
        assert [folder.name for folder in synced(on).folders] == ["INBOX", "a"]
        rows = {folder.name: folder for folder in on.cache.folders.all()}
        assert [(row.source, row.subscribed) for row in rows.values()] == [
            ("LIST", False),
            ("LSUB", True),
            ("LSUB", True),
        ]


@pytest.mark.cites("O5:V0041")
def test_subscribed_folders_only() -> None:
    text = listed(INBOX, '() "/" a', '() "/" b', lsub=('() "/" a', '() "/" not-there')) + select(0, name="a")
    text += 'C: $tag SELECT "not-there"\nS: $tag NO no such folder\n'
    with bench(text, policy=replace(PLAIN, show_all_folders=False)) as on:
        report = synced(on)
        assert report.folders == (
            FolderReport("a", 0),
            FolderReport("not-there", 0, error="SELECT: the server answered NO no such folder"),
        )
        assert names(on.cache) == ["a", "not-there"]


@pytest.mark.cites("O5:V0022", "O5:V0042")
def test_a_root_folder_path_and_no_inbox() -> None:
    text = listed('() "/" "#mail/a"', pattern="#mail/*") + select(0, name="#mail/a")
    with bench(text, policy=replace(PLAIN, root_folder="#mail/")) as on:
        assert synced(on).folders == (FolderReport("#mail/a", 0),)


@pytest.mark.cites("O5:V0042")
def test_inbox_stays_when_a_list_leaves_it_out() -> None:
    text = listed(INBOX) + select(1) + fetched("1:*", header(1, 5)) + listed('() "/" a')
    text += select(1) + swept("1 5") + select(0, name="a")
    with bench(text) as on:
        synced(on)
        assert [folder.messages for folder in synced(on).folders] == [1, 0]


@pytest.mark.parametrize(
    ("text", "word"),
    [
        ('C: $tag LIST "" "*"\nS: $tag NO not now', "LIST"),
        ('C: $tag LIST "" "*"\nS: * LIST () "/" INBOX\nS: $tag BAD what?', "LIST"),
        (listed(end="NO murder"), "LSUB"),
    ],
)
def test_a_list_that_is_refused_takes_nothing_away(text: str, word: str) -> None:
    with bench(listed(INBOX, '() "/" a') + select(1) + fetched("1:*", header(1, 5)) + select(0, name="a") + text) as on:
        synced(on)
        before = (names(on.cache), on.messages())
        with pytest.raises(CommandFailed, match=word):
            synced(on)
        assert (names(on.cache), on.messages()) == before


def test_a_folder_that_is_gone_goes_with_its_mail_unless_a_change_of_it_waits() -> None:
    text = listed(INBOX, '() "/" a', '() "/" b')
    with bench(text + listed(INBOX)) as on:
        list_folders(on.line, on.cache)
        on.cache.changes.add("subscribe", folder=on.folder("b"), made=dt.datetime.now(dt.UTC))
        list_folders(on.line, on.cache)
        assert names(on.cache) == ["INBOX", "b"]


def test_a_selected_folder_that_is_gone_is_not_heard_of_any_more() -> None:
    text = listed(INBOX, '() "/" a') + select(0, name="a") + listed(INBOX)
    with bench(text) as on:
        list_folders(on.line, on.cache)
        folder = on.cache.folders.by_name("a")
        assert folder is not None
        on.line.select(folder)
        list_folders(on.line, on.cache)
        assert on.line.selected is None


@pytest.mark.cites("O5:V0043")
def test_a_list_without_subscriptions_leaves_them_as_they_are_known() -> None:
    with bench(listed(INBOX, lsub=(INBOX,)) + listed('(\\Noinferiors) "." INBOX')) as on:
        list_folders(on.line, on.cache)
        list_folders(on.line, on.cache)
        [inbox] = on.cache.folders.all()
        assert (inbox.subscribed, inbox.attributes, inbox.delimiter) == (True, frozenset(("\\Noinferiors",)), ".")


# ---------------------------------------------------------------- names that are the server's again


def renamed(on: Bench, to: str) -> int:
    """Let the folder a be called otherwise here, and return the change that is to make it so."""
    folder = on.folder("a")
    change = on.cache.changes.add("rename", folder=folder, made=dt.datetime.now(dt.UTC))
    on.cache.folders.rename_tree(folder, to.encode(), server=False)
    return change


def test_a_rename_that_waits_keeps_the_name_it_shows() -> None:
    text = listed(INBOX, '() "/" a', '() "/" a/below')
    with bench(text + text) as on:
        list_folders(on.line, on.cache)
        renamed(on, "b")
        list_folders(on.line, on.cache)
        assert names(on.cache) == ["INBOX", "b", "b/below"]


@pytest.mark.parametrize("end", [ChangeState.REFUSED, ChangeState.DROPPED, ChangeState.DISCARDED])
def test_where_no_rename_waits_folders_are_called_what_the_server_calls_them(end: ChangeState) -> None:
    text = listed(INBOX, '() "/" a', '() "/" a/Entw&APw-rfe')
    with bench(text + text) as on:
        list_folders(on.line, on.cache)
        before = on.cache.folders.all()
        on.cache.changes.set_state(renamed(on, "b"), end)
        assert names(on.cache) == ["INBOX", "b", "b/Entwürfe"]
        list_folders(on.line, on.cache)
        assert [(row.id, row.name, row.raw) for row in on.cache.folders.all()] == [
            (row.id, row.name, row.raw) for row in before
        ]


def test_a_name_that_another_folder_has_here_is_left_to_it_until_it_is_free() -> None:
    text = listed(INBOX, '() "/" a')
    with bench(text * 3) as on:
        list_folders(on.line, on.cache)
        a = on.folder("a")
        on.cache.changes.set_state(renamed(on, "b"), ChangeState.REFUSED)
        new = on.cache.folders.add(b"a", None, name="a", delimiter="/", attributes=(), source="")
        create = on.cache.changes.add("create", folder=new, made=dt.datetime.now(dt.UTC))
        list_folders(on.line, on.cache)
        assert {row.id: row.name for row in on.cache.folders.all()} == {1: "INBOX", a: "b", new: "a"}
        on.cache.changes.set_state(create, ChangeState.REFUSED)
        on.cache.folders.remove(new)
        list_folders(on.line, on.cache)
        assert {row.id: row.name for row in on.cache.folders.all()} == {1: "INBOX", a: "a"}


# ---------------------------------------------------------------- refusals and ends


TWO = listed('() "/" a', '() "/" b')


@pytest.mark.parametrize(
    ("refused", "error"),
    [
        ('C: $tag SELECT "a"\nS: $tag NO locked\n', "SELECT: the server answered NO locked"),
        ('C: $tag SELECT "a"\nS: * 1 EXISTS\nS: $tag OK done\n', "SELECT 'a' was answered OK without UIDVALIDITY"),
    ],
)
def test_a_folder_that_is_refused_stops_no_other(refused: str, error: str) -> None:
    with bench(TWO + refused + select(1, name="b") + fetched("1:*", header(1, 5, "x"))) as on:
        first, second = synced(on).folders
        assert first.error is not None
        assert first.error.startswith(error)
        assert second == FolderReport("b", 1, new=1, new_ids=(1,))
        assert on.subjects("b") == {5: "x"}


def test_the_report_names_what_failed() -> None:
    report = SyncReport((FolderReport("a", 1, error="no"), FolderReport("b", 2)), 0, (), (), 0, 0.0, 0)
    assert report.errors == ("a: no",)
    assert report.messages == 3


@pytest.mark.parametrize(
    ("cut", "error"),
    [
        ("@closed server", ConnectionLost),
        ("S: * BYE going down\n@closed server", ConnectionLost),
        ("S: + what", RemoteProtocolError),
    ],
)
def test_the_end_of_the_connection_ends_the_sync(cut: str, error: type[Exception]) -> None:
    with bench(TWO + f'C: $tag SELECT "a"\n{cut}') as on, pytest.raises(error):
        synced(on)


def test_the_time_it_took_and_the_changes_it_made() -> None:
    clock = FakeClock()
    with bench(listed(INBOX) + select(0)) as on:
        for state in (ChangeState.DONE, ChangeState.REFUSED, ChangeState.DROPPED, ChangeState.DISCARDED):
            number = on.cache.changes.add("subscribe", made=dt.datetime.now(dt.UTC))
            on.cache.changes.set_state(number, state)
        report = synced(on, clock=clock, progress=lambda _: clock.advance(1))
        assert (report.played, len(report.refused), len(report.dropped), report.seconds) == (1, 1, 1, 0.0)
        assert on.cache.changes.finished_unreported() == []
