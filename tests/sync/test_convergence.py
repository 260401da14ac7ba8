"""Whatever another client and ours do to a mailbox: after two syncs the copy is equal, and the second was idle."""

from __future__ import annotations

import contextlib
import re
import tempfile
from collections import Counter
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

import pytest
from hypothesis import HealthCheck, example, given, settings
from hypothesis import strategies as st
from imapclient.exceptions import IMAPClientError
from servers.real_server import RealServer
from support.consistency import fates, inconsistencies
from support.equality import account_differences, reading, rows
from support.real_session import after_sign_in, sent
from support.two_clients import DAY, Made, Ours, Step, Theirs, other_client
from support.user_scripts import note, opened

from outlookimap.cache import Cache
from outlookimap.client.mime import octets
from outlookimap.exchange import ExchangeServer
from outlookimap.traffic import Recorder

pytestmark = pytest.mark.thorough

IDLE = re.compile(rb"CAPABILITY|LIST .*|LSUB .*|XLIST .*|SELECT .*|UID FETCH 1:\* \(UID FLAGS\)|LOGOUT")
"""What a sync sends that finds nothing to do, from the end of its sign-in on."""
EXAMPLES = 60
EXAMPLES_WITH_DOVECOT = 10
FILLED = (("INBOX", 4), ("A", 2), ("B", 0))
"""The folders at first and how many messages each has, the last of them twice: nothing tells such two apart."""

numbers = st.integers(0, 11)
steps = st.one_of(
    [
        st.builds(Step, st.just(whose), st.sampled_from(known), numbers, numbers, st.integers(1, 3))
        for whose, known in (("theirs", Theirs.STEPS), ("ours", Ours.STEPS))
    ]
)
"""Both take turns as often; what there is to choose from is small, so that they meet."""


@dataclass(frozen=True, slots=True)
class Account:
    """Where the two meet; `skip` names what of a message is not compared."""

    host: str
    port: int
    user: str
    skip: tuple[str, ...] = ()

    @property
    def url(self) -> str:
        return f"imap://{self.user}@{self.host}:{self.port}/"


def fill(account: Account, made: Made) -> None:
    with other_client(account.host, account.port, account.user) as client:
        for folder, count in FILLED:
            if folder != "INBOX":
                client.create_folder(folder)
            for number in range(count):
                name = f"{folder}-{min(number, count - 2)}"
                made.notes[name] += 1
                client.append(folder, octets(note(name)), (), DAY)


def empty(account: Account) -> None:
    """Leave nothing of the example before, in an account that all examples share."""
    with other_client(account.host, account.port, account.user) as client:
        for _, _, name in sorted(client.list_folders(), key=lambda listed: str(listed[2]), reverse=True):
            # Dovecot lists some that were deleted while others were below them; Cyrus keeps those with a special use.
            if name != "INBOX":
                with contextlib.suppress(IMAPClientError):
                    client.delete_folder(name)
        client.select_folder("INBOX")
        client.delete_messages(client.search())
        client.expunge()


def converge(account: Account, profile: str, drawn: Sequence[Step]) -> None:
    """Take the steps, sync twice, and compare."""
    made = Made()
    fill(account, made)
    with tempfile.TemporaryDirectory() as directory:
        file = Path(directory) / "cache"
        theirs, ours = Theirs(account.host, account.port, account.user, made), Ours(account.url, file, made, profile)
        for step in drawn:
            (theirs if step.whose == "theirs" else ours).take(step)
        theirs.close()
        with ours.outlook as outlook:
            ours.take(Step("ours", "sync", 0, 0, 0))
            # A message whose folder is gone stays here until somebody gives it up, and with it what waits for it.
            waiting = outlook.pending()
            assert not waiting or any(pending.error for pending in waiting)
            for pending in waiting:
                outlook.discard(pending.id)
        recorder = Recorder(None)
        with opened(account.url, file, profile=profile, record=recorder) as outlook:
            outlook.sync()
        lines = after_sign_in(sent(recorder)).splitlines()
        assert [line for line in lines if not IDLE.fullmatch(line[5:])] == []
        assert inconsistencies(file) == []
        with Cache(file) as cache, reading(account.host, account.port, account.user) as client:
            assert cache.changes.open() == []
            assert account_differences(cache, client, skip=account.skip) == []
            found = Counter(row.subject for folder in cache.folders.all() for row in rows(cache, folder))
        assert not found - made.notes, "doubled"
        if not made.taken_away and not made.refused and fates(file).keys() <= {"done"}:
            assert not made.notes - found, "lost"


several = settings(
    max_examples=EXAMPLES,
    deadline=None,
    suppress_health_check=[HealthCheck.too_slow, HealthCheck.function_scoped_fixture],
)


@pytest.fixture(scope="module", params=["2007", "2019"])
def fresh_account(request: pytest.FixtureRequest) -> Iterator[Callable[[], Account]]:
    """Give a function that returns an account nobody has used before."""
    users = [f"user{number}" for number in range(100 * EXAMPLES)]
    untaken = iter(users)
    with ExchangeServer(
        request.param, users=dict.fromkeys(users, "secret"), tls_port=None, allow_plaintext=True, keep=False
    ) as server:
        # The size is another one once the body was read.
        yield lambda: Account(server.host, server.port, next(untaken), ("size",))


OLD_NAME_TAKEN = [
    Step("ours", "leave", 0, 0, 1),
    Step("ours", "rename", 1, 2, 1),
    Step("ours", "create", 0, 1, 1),
    Step("theirs", "drop", 1, 0, 1),
]
"""A rename is refused when its old name belongs to a new folder."""
ANEW_AND_MOVED = [
    Step("ours", "move", 0, 1, 1),
    Step("theirs", "anew", 0, 0, 1),
    Step("ours", "move", 1, 0, 1),
    Step("ours", "purge", 0, 0, 1),
]
"""UIDs begin anew, and what is changed is found to be the message that was moved there just before."""


@pytest.mark.timeout(400)  # for an example that fails to be made small
@several
@example("2013", OLD_NAME_TAKEN)
@example("2010", ANEW_AND_MOVED)
@given(st.sampled_from(["2010", "2013"]), st.lists(steps, min_size=4, max_size=16))
def test_the_embedded_server(fresh_account: Callable[[], Account], profile: str, drawn: list[Step]) -> None:
    converge(fresh_account(), profile, drawn)


@pytest.fixture(scope="module")
def shared_account(dovecot_server: RealServer) -> Account:
    return Account(dovecot_server.host, dovecot_server.port, dovecot_server.take_user())


@pytest.mark.timeout(400)
@settings(several, max_examples=EXAMPLES_WITH_DOVECOT)
@given(st.lists(steps, min_size=5, max_size=14))
def test_dovecot(shared_account: Account, drawn: list[Step]) -> None:
    empty(shared_account)
    converge(shared_account, "2013", drawn)
