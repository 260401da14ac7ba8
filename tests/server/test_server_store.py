"""The store in memory, its watches, and the small parts that handlers are made of."""

from __future__ import annotations

import threading

import pytest
from support.talk import ONE, moment, service

from outlookimap.errors import LocalProtocolError, UsageError
from outlookimap.server import content
from outlookimap.server.behaviour import Behaviour
from outlookimap.server.dispatch import HANDLERS
from outlookimap.server.mailboxes import STATUS
from outlookimap.server.memory_store import DEFAULT_MAILBOXES, MemoryAccount, MemoryStore, local_moment
from outlookimap.server.patterns import matches
from outlookimap.server.replies import account_of, selected_in
from outlookimap.server.selection import Selected
from outlookimap.server.session import Session
from outlookimap.server.store import Changes, Incoming, Listed, Problem, Watch
from outlookimap.transport.clock import FakeClock
from outlookimap.transport.memory import pair
from outlookimap.wire.commands import COMMANDS, STATUS_ITEMS, Enable, StoreAction
from outlookimap.wire.sequence import SequenceSet


@pytest.fixture
def account() -> MemoryAccount:
    """An account with nothing but INBOX."""
    made = MemoryStore(["u"], mailboxes={}, first_uidvalidity=7, moment=moment).account("u")
    assert made is not None
    return made


def test_a_new_account() -> None:
    made = MemoryStore(["u"]).account("u")
    assert made is not None
    assert [name.name for name in made.names()] == [b"INBOX", *sorted(DEFAULT_MAILBOXES)]
    assert made.subscriptions() == [b"INBOX", *sorted(DEFAULT_MAILBOXES)]
    assert made.delimiter == b"/"


def test_another_run_has_other_uidvalidities() -> None:
    before = int(local_moment().timestamp())
    made = MemoryStore(["u"]).account("u")
    assert made is not None
    assert before <= made.mailbox(b"INBOX").uidvalidity < 1 << 32


def test_only_users_have_accounts() -> None:
    store = MemoryStore(["u"])
    assert store.account("u") is store.account("u")
    assert store.account("v") is None
    with pytest.raises(UsageError, match="no user"):
        store.add("v", b"INBOX", [])


def test_filling_a_store() -> None:
    store = MemoryStore(["u"], first_uidvalidity=1)
    assert store.add("u", b"New/Box", [Incoming(ONE), Incoming(ONE)]) == [1, 2]
    assert store.add("u", b"New/Box", [Incoming(ONE)]) == [3]


def test_names_that_cannot_be(account: MemoryAccount) -> None:
    for name in (b"", b"/", b"a//b", b"/a", b"a*", b"a%", b"a\x01", b"a\x7f", b"a\r\nb", b"x" * 1001):
        assert account.create(name) is Problem.BAD_NAME
    assert account.create(b"&Jjo-/\xff") is None
    assert account.rename(b"&Jjo-", b"a*") is Problem.BAD_NAME
    with pytest.raises(UsageError, match="no mailbox can have this name"):
        MemoryStore(["u"], mailboxes={b"%": ()}).account("u")


def test_rename(account: MemoryAccount) -> None:
    account.create(b"a/b", (b"\\Sent",))
    box = account.mailbox(b"a/b")
    assert account.rename(b"a", b"a/c") is Problem.FIXED
    assert account.rename(b"a", b"inbox") is Problem.EXISTS
    assert account.rename(b"a", b"x/a") is None
    assert account.names() == [
        Listed(b"INBOX"),
        Listed(b"x", children=True),
        Listed(b"x/a", children=True),
        Listed(b"x/a/b", use=(b"\\Sent",)),
    ]
    assert account.mailbox(b"x/a/b") is box
    assert box.name == b"x/a/b"


def test_inferiors_of_inbox(account: MemoryAccount) -> None:
    account.create(b"Inbox/Sub")
    assert account.names() == [Listed(b"INBOX", children=True), Listed(b"Inbox/Sub")]


def test_delete_and_create_again_is_another_mailbox(account: MemoryAccount) -> None:
    account.create(b"a", (b"\\Sent",))
    first = account.mailbox(b"a").uidvalidity
    assert account.delete(b"a") is None
    assert account.find(b"a") is Problem.NO_SUCH_MAILBOX
    with pytest.raises(UsageError, match="no such mailbox"):
        account.mailbox(b"a")
    account.create(b"a")
    assert account.mailbox(b"a").uidvalidity > first
    assert account.names()[1] == Listed(b"a")


def test_subscriptions(account: MemoryAccount) -> None:
    account.create(b"a")
    assert account.subscribe(b"a") is None
    assert account.subscribe(b"b") is Problem.NO_SUCH_MAILBOX
    account.unsubscribe(b"b")
    account.unsubscribe(b"inbox")
    assert account.subscriptions() == [b"a"]


@pytest.mark.parametrize(
    ("action", "flags", "after"),
    [
        (StoreAction.ADD, (b"\\Seen", b"K2", b"k1"), (b"\\Seen", b"\\Draft", b"K1", b"K2")),
        (StoreAction.REMOVE, (b"\\DRAFT", b"k1"), ()),
        (StoreAction.REPLACE, (b"z", b"\\Deleted", b"Z", b"a"), (b"\\Deleted", b"z", b"a")),
        (StoreAction.REPLACE, (), ()),
    ],
)
def test_flags(account: MemoryAccount, action: StoreAction, flags: tuple[bytes, ...], after: tuple[bytes, ...]) -> None:
    inbox = account.mailbox(b"INBOX")
    inbox.add([Incoming(ONE, (b"K1", b"\\Draft"))])
    assert [message.flags for message in inbox.change_flags([1, 2], action, flags)] == [after]


def test_messages(account: MemoryAccount) -> None:
    inbox = account.mailbox(b"inbox")
    assert inbox.add([Incoming(ONE), Incoming(ONE, (b"\\deleted",))]) == [1, 2]
    assert inbox.expunge([1]) == []
    assert inbox.expunge() == [2]
    assert inbox.expunge() == []
    assert inbox.get(2) is None
    assert inbox.uidnext == 3
    message = inbox.get(1)
    assert message is not None
    assert message.internaldate == moment()
    assert "First" not in repr(message)
    with pytest.raises(UsageError, match="NUL"):
        inbox.add([Incoming(ONE), Incoming(b"\0")])
    assert len(inbox.messages()) == 1


def test_watches(account: MemoryAccount) -> None:
    woken: list[str] = []
    inbox = account.mailbox(b"INBOX")
    inbox.add([Incoming(ONE)] * 3)
    mine, theirs = Watch(lambda: woken.append("mine")), Watch(lambda: woken.append("theirs"))
    assert inbox.watch(mine) == inbox.watch(theirs) == [1, 2, 3]
    inbox.change_flags([1, 2], StoreAction.ADD, [b"\\Deleted"], by=mine)
    inbox.change_flags([3], StoreAction.REMOVE, [b"\\Deleted"])
    assert woken == ["theirs"]
    assert mine.take(removals=True) == Changes()
    inbox.add([Incoming(ONE, (b"\\Deleted",)), Incoming(ONE)])
    inbox.change_flags([4, 5], StoreAction.ADD, [b"\\Seen"])
    inbox.expunge([1, 4])
    assert theirs.take(removals=False) == Changes(added=(5,), changed=(2,))
    inbox.expunge()
    assert theirs.take(removals=True) == Changes(removed=(1, 2))
    assert theirs.take(removals=True) == Changes()
    woken.clear()
    inbox.unwatch(theirs)
    inbox.add([])
    assert not woken
    inbox.add([Incoming(ONE)])
    assert woken == ["mine"]


def test_many_threads_make_one_order(account: MemoryAccount) -> None:
    inbox = account.mailbox(b"INBOX")
    watch = Watch(lambda: None)
    inbox.watch(watch)
    got: list[int] = []

    def work() -> None:
        for _ in range(50):
            got.extend(inbox.add([Incoming(ONE, (b"\\Deleted",))] * 2))

    threads = [threading.Thread(target=work) for _ in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert sorted(got) == list(range(1, 401)) == [message.uid for message in inbox.messages()]
    assert watch.take(removals=True).added == tuple(range(1, 401))
    assert inbox.expunge() == list(range(1, 401))


# ---------------------------------------------------------------- sets


@pytest.mark.parametrize(
    ("octets", "uid", "expected"),
    [
        (b"1:3", False, [(1, 2), (2, 4), (3, 9)]),
        (b"3,1", False, [(1, 2), (3, 9)]),
        (b"*", False, [(3, 9)]),
        (b"7:*", False, [(3, 9)]),
        (b"4", False, None),
        (b"1:4", False, None),
        (b"4", True, [(2, 4)]),
        (b"3:8", True, [(2, 4)]),
        (b"1:*", True, [(1, 2), (2, 4), (3, 9)]),
        (b"*:5", True, [(3, 9)]),
        (b"100:*", True, [(3, 9)]),
        (b"100", True, []),
        (b"9,2:4,3:9,2", True, [(1, 2), (2, 4), (3, 9)]),
    ],
)
def test_sets(account: MemoryAccount, octets: bytes, uid: bool, expected: list[tuple[int, int]] | None) -> None:
    inbox = account.mailbox(b"INBOX")
    inbox.add([Incoming(ONE, () if uid in (2, 4, 9) else (b"\\Deleted",)) for uid in range(1, 10)])
    inbox.expunge()
    selected = Selected.open(inbox, Watch(lambda: None), read_only=True)
    parsed = SequenceSet.parse(octets)
    assert parsed is not None
    assert selected.named(parsed, uid=uid) == expected


def test_a_long_list_of_uids_takes_no_long_time(account: MemoryAccount) -> None:
    inbox = account.mailbox(b"INBOX")
    inbox.add([Incoming(b"")] * 20_000)
    selected = Selected.open(inbox, Watch(lambda: None), read_only=True)
    named = selected.named(SequenceSet.of(range(1, 20_000, 2)), uid=True)
    assert named is not None
    assert len(named) == 10_000
    assert named[-1] == (19_999, 19_999)


# ---------------------------------------------------------------- patterns and headers


@pytest.mark.parametrize(
    ("pattern", "name", "matched"),
    [
        (b"*", b"a/b", True),
        (b"%", b"a/b", False),
        (b"%", b"ab", True),
        (b"%/%", b"a/b", True),
        (b"a*b", b"a/x/b", True),
        (b"a%b", b"a/x/b", False),
        (b"a%", b"a", True),
        (b"a", b"ab", False),
        (b"", b"", True),
        (b"", b"a", False),
        (b"inBox", b"INBOX", True),
        (b"i*", b"INBOX", True),
        (b"sent", b"Sent", False),
        (b"*" * 500 + b"y", b"x" * 500, False),
    ],
)
def test_patterns(pattern: bytes, name: bytes, matched: bool) -> None:
    assert matches(pattern, name, b"/") is matched


@pytest.mark.parametrize(
    ("octets", "header", "text"),
    [
        (b"A: 1\r\n\r\nbody", b"A: 1\r\n\r\n", b"body"),
        (b"A: 1\n\nbody\r\n\r\n", b"A: 1\n\n", b"body\r\n\r\n"),
        (b"A: 1\r\n", b"A: 1\r\n", b""),
        (b"\r\nbody\r\n\r\n", b"\r\n", b"body\r\n\r\n"),
        (b"", b"", b""),
    ],
)
def test_header_and_text(octets: bytes, header: bytes, text: bytes) -> None:
    assert (content.header(octets), content.text(octets)) == (header, text)


HEADER = b"A: 1\r\nb : 2\r\n\t3\r\n 4\r\nno colon\r\nA: 5\r\n\r\nC: body\r\n"


@pytest.mark.parametrize(
    ("names", "others", "expected"),
    [
        ([b"a"], False, b"A: 1\r\nA: 5\r\n\r\n"),
        ([b"B", b"C"], False, b"b : 2\r\n\t3\r\n 4\r\n\r\n"),
        ([b"a"], True, b"b : 2\r\n\t3\r\n 4\r\nno colon\r\n\r\n"),
        ([], False, b"\r\n"),
    ],
)
def test_fields(names: list[bytes], others: bool, expected: bytes) -> None:
    assert content.fields(HEADER, names, others=others) == expected


def test_capabilities_are_data() -> None:
    behaviour = Behaviour(capabilities_before_tls=(b"A", b"STARTTLS"), capabilities_after_tls=(b"B",))
    assert behaviour.capabilities(encrypted=True, plaintext=False, tls=True) == (b"B",)
    assert behaviour.capabilities(encrypted=False, plaintext=False, tls=True) == (b"A", b"STARTTLS")
    assert behaviour.capabilities(encrypted=False, plaintext=False, tls=False) == (b"A",)
    assert behaviour.capabilities(encrypted=False, plaintext=True, tls=True) == (b"B", b"STARTTLS")
    assert behaviour.capabilities(encrypted=False, plaintext=True, tls=False) == (b"B",)


def test_every_status_item_that_can_be_asked_for_is_known() -> None:
    assert set(STATUS) == set(STATUS_ITEMS)


def test_every_command_has_a_handler_but_those_of_no_use_here() -> None:
    assert set(COMMANDS) - set(HANDLERS) == {Enable}


def test_handlers_need_what_the_states_promise() -> None:
    session = Session(pair(FakeClock())[1], service(), HANDLERS)
    with pytest.raises(LocalProtocolError, match="nobody has signed in"):
        account_of(session)
    with pytest.raises(LocalProtocolError, match="no mailbox is selected"):
        selected_in(session)
