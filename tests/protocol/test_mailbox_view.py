"""Sequence numbers and UIDs: one class for both roles."""

from __future__ import annotations

import tracemalloc

import pytest
from hypothesis import given
from hypothesis import strategies as st

from outlookimap.errors import RemoteProtocolError
from outlookimap.protocol.mailbox_view import LEARNT, MailboxView


def test_a_view_begins_empty() -> None:
    view = MailboxView()
    assert (len(view), view.uids(), view.uid(1), view.seq(7)) == (0, (), None, None)


def test_a_view_begins_with_the_uids_it_is_given() -> None:
    view = MailboxView((3, 5, 9))
    assert len(view) == 3
    assert [view.uid(seq) for seq in (0, 1, 2, 3, 4)] == [None, 3, 5, 9, None]
    assert [view.seq(uid) for uid in (3, 5, 9, 4)] == [1, 2, 3, None]


@pytest.mark.cites("O5:V0001", "O5:V0023")
@pytest.mark.parametrize(
    ("before", "count", "change", "after"),
    [
        ((), 2, 2, (None, None)),
        ((3, 5), 2, 0, (3, 5)),
        ((3, 5), 4, 2, (3, 5, None, None)),
        ((3, 5, 9), 1, -2, (None,)),  # RFC 3501 section 7.3.1 does not allow it, and nobody knows which one is left
        ((3, 5), 0, -2, ()),
    ],
)
def test_exists(before: tuple[int, ...], count: int, change: int, after: tuple[int | None, ...]) -> None:
    view = MailboxView(before)
    assert view.exists(count) == change
    assert len(view) == count
    assert tuple(view.uid(seq) for seq in range(1, count + 1)) == after


@pytest.mark.cites("O5:V0001", "O5:V0023")
@pytest.mark.parametrize(
    ("seq", "uid", "after"), [(1, 3, (5, 9)), (2, 5, (3, 9)), (3, 9, (3, 5)), (4, None, (3, 5, 9))]
)
def test_expunge_moves_the_numbers_behind_it(seq: int, uid: int | None, after: tuple[int, ...]) -> None:
    """RFC 3501 section 7.4.1: each EXPUNGE decrements the numbers of all that follow."""
    view = MailboxView((3, 5, 9))
    view.exists(4)
    assert view.expunge(seq) == uid
    assert len(view) == 3
    assert view.uids()[:3] == after


def test_the_same_number_again_and_again_empties_a_mailbox() -> None:
    """RFC 3501 section 7.4.1: expunging the last 5 of 9 may be said as 5, 5, 5, 5, 5."""
    view = MailboxView(range(11, 20))
    assert [view.expunge(5) for _ in range(5)] == [15, 16, 17, 18, 19]
    assert view.uids() == (11, 12, 13, 14)


@pytest.mark.parametrize("seq", [0, 4, -1, 1 << 40])
def test_expunge_of_a_message_that_is_not_there_is_the_servers_error(seq: int) -> None:
    view = MailboxView((3, 5, 9))
    with pytest.raises(RemoteProtocolError, match=f"EXPUNGE of message {seq} in a mailbox of 3"):
        view.expunge(seq)
    assert view.uids() == (3, 5, 9)


def test_uids_are_learnt_in_any_order() -> None:
    view = MailboxView()
    view.exists(4)
    view.learn(3, 30)
    view.learn(1, 10)
    assert view.uids() == (10, None, 30)
    view.learn(3, 31)
    assert (view.uid(3), view.uid(4), view.seq(31)) == (31, None, 3)


@pytest.mark.parametrize("seq", [0, 3, 4_000_000_000])
def test_a_number_beyond_the_mailbox_teaches_nothing(seq: int) -> None:
    view = MailboxView((3, 5))
    view.learn(seq, 77)
    assert view.uids() == (3, 5)


def test_append_adds_at_the_end_behind_what_is_unknown() -> None:
    view = MailboxView((3,))
    view.exists(2)
    view.append(8)
    assert (len(view), view.uids()) == (3, (3, None, 8))


def test_what_a_server_claims_takes_no_memory() -> None:
    tracemalloc.start()
    try:
        view = MailboxView()
        assert view.exists(4_294_967_295) == 4_294_967_295
        view.learn(4_294_967_295, 5)
        view.learn(LEARNT + 1, 5)
        assert len(view) == 4_294_967_295
        assert view.expunge(4_000_000_000) is None
        assert len(view) == 4_294_967_294
        assert tracemalloc.get_traced_memory()[1] < 100_000
    finally:
        tracemalloc.stop()


def test_no_mailbox_holds_more_messages_than_there_are_numbers() -> None:
    with pytest.raises(RemoteProtocolError, match="EXISTS of 4294967296 messages"):
        MailboxView().exists(1 << 32)


STEPS = st.lists(
    st.one_of(
        st.tuples(st.just("exists"), st.integers(0, 12)),
        st.tuples(st.just("expunge"), st.integers(1, 12)),
        st.tuples(st.just("learn"), st.integers(1, 12)),
        st.tuples(st.just("append"), st.just(0)),
    ),
    max_size=30,
)


@given(STEPS)
def test_a_view_is_a_list_of_uids(steps: list[tuple[str, int]]) -> None:
    """The model: a plain list with None for what is not known."""
    view, model = MailboxView(), list[int | None]()
    for uid, (step, number) in enumerate(steps, 100):
        if step == "exists":
            view.exists(number)
            model = [None] * number if number < len(model) else model + [None] * (number - len(model))
        elif step == "learn":
            view.learn(number, uid)
            if number <= len(model):
                model[number - 1] = uid
        elif step == "append":
            view.append(uid)
            model.append(uid)
        elif number <= len(model):
            assert view.expunge(number) == model.pop(number - 1)
        assert [view.uid(seq) for seq in range(1, len(view) + 1)] == model
