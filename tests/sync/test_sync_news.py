r"""What the server says unasked, taken into the local copy: with the commands that takes, where it takes any."""

from __future__ import annotations

import pytest
from support.syncing import Bench, bench, fetched, header, select, swept

from outlookimap.cache import BodyState, Flag
from outlookimap.client import Event, Message
from outlookimap.client.results import Alert
from outlookimap.protocol.events import Exists, Expunged
from outlookimap.sync.news import ROUNDS, Absorbed, absorb
from outlookimap.sync.visit import visit

FIRST = select(3) + fetched("1:*", *(header(n, uid) for n, uid in enumerate((5, 7, 9), 1)))
NOOP = "C: $tag NOOP\n{}\nS: $tag OK done\n"


def asked(numbers: str, *answers: str) -> str:
    """Return a FETCH (UID) and its answers."""
    return "\n".join([f"C: $tag FETCH {numbers} (UID)", *answers, "S: $tag OK done", ""])


def visited(on: Bench) -> Bench:
    """Visit INBOX for the first time."""
    visit(on.line, on.cache, on.folder())
    return on


def told(on: Bench) -> Absorbed:
    """Send NOOP and absorb what comes."""
    on.session.noop()
    return absorb(on.line, on.cache, on.session.poll(0.0))


def uids(on: Bench) -> list[int | None]:
    """Return the UIDs that are shown."""
    return [message.uid for message in on.messages()]


@pytest.mark.cites("O5:V0001", "O5:C0002", "O5:V0055")
@pytest.mark.parametrize("version", ["2007", "2010", "2013"])
def test_new_mail_is_asked_for_by_number_and_then_by_uid(version: str) -> None:
    text = FIRST + NOOP.format("S: * 5 EXISTS") + asked("4:5", "S: * 4 FETCH (UID 12)", "S: * 5 FETCH (UID 13)")
    text += fetched("12:13", header(4, 12), header(5, 13))
    with bench(text, version) as on:
        absorbed = told(visited(on))
        assert absorbed == Absorbed(tuple(message.id for message in on.messages()[3:]))
        assert uids(on) == [5, 7, 9, 12, 13]
        assert on.line.present == {5, 7, 9, 12, 13}
        assert (on.line.exists, on.line.unlearnt, on.line.behind) == (5, 0, False)
        folder = on.cache.folders.get(on.folder())
        assert folder is not None
        assert folder.floor == 13


def test_one_new_message() -> None:
    text = FIRST + NOOP.format("S: * 4 EXISTS") + asked("4", "S: * 4 FETCH (UID 12)") + fetched("12", header(4, 12))
    with bench(text) as on:
        assert len(told(visited(on)).new_ids) == 1


def test_a_message_that_is_here_already_costs_no_header() -> None:
    text = FIRST + NOOP.format("S: * 4 EXISTS") + asked("4", "S: * 4 FETCH (UID 12)")
    with bench(text) as on:
        visited(on)
        local = on.cache.messages.add_local(
            on.folder(),
            1,
            octets=None,
            header=b"\r\n",
            flags=Flag(0),
            internaldate=None,
            size=None,
            body=BodyState.NONE,
        )
        on.cache.messages.assign(local, uid=12)
        assert told(on) == Absorbed()


@pytest.mark.cites("O5:V0001", "O5:C0002")
def test_messages_that_go_and_flags_that_change_cost_nothing() -> None:
    news = "\n".join(
        [
            r"S: * 1 FETCH (FLAGS (\Seen))",
            r"S: * 3 FETCH (UID 9 FLAGS (\Flagged a))",
            "S: * 1 EXPUNGE",
            "S: * 1 FETCH (FLAGS ())",
            r"S: * 2 FETCH (FLAGS (\Deleted b))",
        ]
    )
    with bench(FIRST + NOOP.format(news)) as on:
        assert told(visited(on)) == Absorbed(changed=1, removed=1)
        assert [(message.uid, message.flags, message.keywords) for message in on.messages()] == [
            (7, Flag(0), ()),
            (9, Flag.DELETED, ("b",)),
        ]
        assert on.line.present == {7, 9}
        assert on.line.exists == 2


@pytest.mark.cites("O5:C0002")
def test_a_message_that_went_and_nobody_knows_which_is_found_by_a_sweep() -> None:
    text = FIRST + select(3) + NOOP.format("S: * 2 EXPUNGE\nS: * 3 EXISTS")
    text += swept(r"1 5 \Seen", "2 9", "3 10") + fetched("10", header(3, 10))
    with bench(text) as on:
        visited(on)
        folder = on.cache.folders.get(on.folder())
        assert folder is not None
        on.line.select(folder, again=True)
        absorbed = told(on)
        assert (len(absorbed.new_ids), absorbed.changed, absorbed.removed) == (1, 1, 1)
        assert uids(on) == [5, 9, 10]


def test_a_message_that_came_and_went_before_anybody_asked() -> None:
    text = FIRST + NOOP.format("S: * 5 EXISTS\nS: * 4 EXPUNGE") + asked("4", "S: * 4 FETCH (UID 13)")
    text += fetched("13", header(4, 13)) + NOOP.format("S: * 5 EXISTS\nS: * 5 EXPUNGE")
    with bench(text) as on:
        told(visited(on))
        assert uids(on) == [5, 7, 9, 13]
        assert told(on) == Absorbed()


def test_a_message_that_goes_while_it_is_asked_for() -> None:
    text = FIRST + NOOP.format("S: * 4 EXISTS") + asked("4") + NOOP.format("S: * 4 EXPUNGE")
    text += swept("1 5", "2 7", "3 9")
    with bench(text) as on:
        visited(on)
        assert told(on) == Absorbed()
        assert told(on) == Absorbed()
        assert uids(on) == [5, 7, 9]


def test_flags_in_the_answer_to_the_question_for_uids() -> None:
    text = FIRST + NOOP.format("S: * 4 EXISTS")
    text += asked("4", r"S: * 2 FETCH (UID 7 FLAGS (\Seen))", r"S: * 4 FETCH (UID 12 FLAGS (\Seen))")
    text += fetched("12", header(4, 12, flags=r"\Seen"))
    with bench(text) as on:
        assert told(visited(on)).changed == 1
        assert [message.flags for message in on.messages()] == [Flag(0), Flag.SEEN, Flag(0), Flag.SEEN]


def test_news_of_news() -> None:
    text = FIRST + NOOP.format("S: * 4 EXISTS") + asked("4", "S: * 4 FETCH (UID 12)")
    text += fetched("12", header(4, 12), "S: * 5 EXISTS") + asked("5", "S: * 5 FETCH (UID 13)")
    text += fetched("13", header(5, 13))
    with bench(text) as on:
        assert len(told(visited(on)).new_ids) == 2


def test_a_server_that_never_ends_is_left_alone_after_a_while() -> None:
    text = FIRST + NOOP.format("S: * 4 EXISTS")
    for number in range(4, 4 + ROUNDS):
        text += asked(str(number), f"S: * {number} FETCH (UID {number + 100})")
        text += fetched(str(number + 100), header(number, number + 100), f"S: * {number + 1} EXISTS")
    with bench(text) as on:
        assert len(told(visited(on)).new_ids) == ROUNDS
        assert on.line.behind


@pytest.mark.cites("O5:V0023")
def test_a_folder_that_shrinks_without_expunge_is_swept() -> None:
    with bench(FIRST + NOOP.format("S: * 2 EXISTS") + swept("1 5", "2 9")) as on:
        assert told(visited(on)) == Absorbed(removed=1)
        assert uids(on) == [5, 9]


NEWS: list[Event] = [Exists(4, 1), Expunged(1, 5), Message(2, 9, frozenset(("\\Seen",))), Alert("hear!")]


@pytest.mark.cites("O5:C0002", "O5:V0055")
@pytest.mark.parametrize("said", ["S: * 4 EXISTS", "S: * 2 EXPUNGED\nS: * 2 EXPUNGED\nS: * 4 EXISTS"])
def test_messages_behind_one_that_went_are_kept(said: str) -> None:
    """GNU imap4d: 2 and 3 of 6 go, and the fourth number is not the fourth UID any more."""
    text = select(6) + fetched("1:*", *(header(uid, uid) for uid in range(1, 7))) + NOOP.format(said)
    if "EXPUNGED" not in said:
        text += swept("1 1", "2 4", "3 5", "4 6")
    with bench(text) as on:
        assert told(visited(on)) == Absorbed(removed=2)
        assert uids(on) == [1, 4, 5, 6]
        assert on.line.present == {1, 4, 5, 6}
        assert (on.line.exists, on.line.behind) == (4, False)


def test_flags_of_a_message_whose_uid_nobody_knows_any_more_come_by_the_sweep() -> None:
    text = FIRST + NOOP.format("S: * 2 EXISTS\nS: * 2 FETCH (FLAGS (\\Seen))") + swept("1 7", r"2 9 \Seen")
    with bench(text) as on:
        assert told(visited(on)) == Absorbed(removed=1, changed=1)
        assert [(message.uid, message.flags) for message in on.messages()] == [(7, Flag(0)), (9, Flag.SEEN)]


def test_without_a_selected_folder_nothing_changes() -> None:
    with bench(FIRST) as on:
        visited(on).line.forget()
        assert absorb(on.line, on.cache, NEWS) == Absorbed()
        assert uids(on) == [5, 7, 9]


@pytest.mark.cites("O5:V0003")
@pytest.mark.parametrize("uidvalidity", [8, 0])
def test_news_of_a_folder_whose_uids_did_not_last_wait_for_a_visit(uidvalidity: int) -> None:
    with bench(FIRST + select(3, uidvalidity)) as on:
        visited(on)
        folder = on.cache.folders.get(on.folder())
        assert folder is not None
        on.line.select(folder, again=True)
        assert absorb(on.line, on.cache, NEWS) == Absorbed()
        assert uids(on) == [5, 7, 9]
        assert [message.flags for message in on.messages()] == [Flag(0)] * 3


def test_selecting_what_is_selected_sends_nothing_and_tells_how_many_there_are_now() -> None:
    text = FIRST + NOOP.format("S: * 4 EXISTS") + select(0, name="b") + select(4)
    with bench(text) as on:
        visited(on)
        here, other = (on.cache.folders.get(on.folder(name)) for name in ("INBOX", "b"))
        assert here is not None
        assert other is not None
        assert on.line.select(here).exists == 3
        on.session.noop()
        absorbed = [event for event in on.session.poll(0.0) if isinstance(event, Exists)]
        on.line.arrived(absorbed[0].count, absorbed[0].change)
        assert on.line.select(here).exists == 4
        on.line.select(other)
        assert (on.line.selected, on.line.present, on.line.unlearnt) == (other.id, set(), 0)
        on.line.select(here)
