r"""What a folder and a folder list become: tables of what is here, what the server says, and what is to be done."""

from __future__ import annotations

from collections.abc import Sequence

import pytest
from hypothesis import given
from hypothesis import strategies as st

from outlookimap.cache import Flag, FolderRow
from outlookimap.client import Folder, Mailbox
from outlookimap.sync.plan import (
    SPECIAL,
    FolderPlan,
    Listed,
    Merge,
    Sweep,
    Visit,
    continues,
    kind_of_visit,
    merge,
    plan_folders,
    special_use,
    uids_persist,
)

NO = Flag(0)
SEEN = Flag.SEEN


def row(
    number: int,
    raw: bytes,
    *,
    server_raw: bytes | None = b"same",
    removed: bool = False,
    uidvalidity: int | None = None,
    building: int | None = None,
    building_uidvalidity: int | None = None,
) -> FolderRow:
    """Return a folder; the server knows it by the same name unless said otherwise."""
    return FolderRow(
        id=number,
        raw=raw,
        server_raw=raw if server_raw == b"same" else server_raw,
        name=raw.decode(),
        delimiter="/",
        attributes=frozenset(),
        source="LIST",
        subscribed=None,
        special=None,
        removed=removed,
        uidvalidity=uidvalidity,
        generation=1,
        building=building,
        building_uidvalidity=building_uidvalidity,
        floor=0,
        unseen=None,
        visited=None,
    )


def found(raw: bytes, *attributes: str, source: str = "LIST") -> Folder:
    """Return a folder as a list has it."""
    return Folder(raw.decode(), raw, "/", frozenset(attributes), source)


def selected(uidvalidity: int, *, persist: bool = True, exists: int = 3) -> Mailbox:
    """Return what SELECT says."""
    return Mailbox("a", b"a", exists, uidvalidity, uids_persist=persist)


# ---------------------------------------------------------------- the kind of visit


@pytest.mark.cites("O5:V0003", "O5:V0055")
@pytest.mark.parametrize(
    ("known", "here", "mailbox", "kind"),
    [
        (None, False, selected(7), Visit.FIRST),
        (7, False, selected(7), Visit.FIRST),
        (7, False, selected(8), Visit.FIRST),
        (7, False, selected(0), Visit.FIRST),
        (7, False, selected(7, persist=False), Visit.FIRST),
        (7, True, selected(7), Visit.AGAIN),
        (7, True, selected(7, exists=0), Visit.AGAIN),
        (7, True, selected(8), Visit.ANEW),
        (None, True, selected(7), Visit.ANEW),
        (0, True, selected(0), Visit.ANEW),
        (7, True, selected(0), Visit.ANEW),
        (7, True, selected(7, persist=False), Visit.ANEW),
    ],
)
def test_kind_of_visit(known: int | None, here: bool, mailbox: Mailbox, kind: Visit) -> None:
    assert kind_of_visit(row(1, b"a", uidvalidity=known), here, mailbox) is kind


@pytest.mark.cites("O5:V0003")
@pytest.mark.parametrize(
    ("building", "under", "mailbox", "goes_on"),
    [
        (None, None, selected(8), False),
        (2, 8, selected(8), True),
        (2, 8, selected(9), False),
        (2, 8, selected(8, persist=False), False),
        (2, 0, selected(0), False),
    ],
)
def test_an_interrupted_visit_goes_on_where_uids_last(
    building: int | None, under: int | None, mailbox: Mailbox, goes_on: bool
) -> None:
    folder = row(1, b"a", uidvalidity=7, building=building, building_uidvalidity=under)
    assert continues(folder, mailbox) is goes_on


@pytest.mark.cites("O5:V0003")
def test_uids_that_last() -> None:
    assert uids_persist(selected(1))
    assert not uids_persist(selected(0))
    assert not uids_persist(selected(1, persist=False))


# ---------------------------------------------------------------- a sweep


@pytest.mark.cites("O5:C0002", "O5:V0055")
@pytest.mark.parametrize(
    ("cached", "server", "result"),
    [
        ([], [], Merge((), (), ())),
        ([], [(3, NO, ""), (5, SEEN, "")], Merge((3, 5), (), ())),
        ([(3, 0, ""), (5, 1, "")], [], Merge((), (3, 5), ())),
        ([(3, 0, ""), (5, 1, "a b")], [(3, NO, ""), (5, SEEN, "a b")], Merge((), (), ())),
        ([(3, 0, "")], [(3, SEEN, "")], Merge((), (), ((3, SEEN, ""),))),
        ([(3, 0, "")], [(3, NO, "a")], Merge((), (), ((3, NO, "a"),))),
        (
            [(2, 0, ""), (4, 0, ""), (6, 0, ""), (8, 0, "")],
            [(1, NO, ""), (4, SEEN, ""), (5, NO, ""), (8, NO, ""), (9, NO, "")],
            Merge((1, 5, 9), (2, 6), ((4, SEEN, ""),)),
        ),
    ],
)
def test_merge(cached: list[tuple[int, int, str]], server: list[tuple[int, Flag, str]], result: Merge) -> None:
    assert merge(cached, swept(server)) == result


def swept(seen: Sequence[tuple[int, Flag, str]]) -> Sweep:
    """Return what a server said, message by message, in columns."""
    return Sweep([uid for uid, _, _ in seen], [(flags, words) for _, flags, words in seen])


UIDS = st.dictionaries(st.integers(1, 30), st.sampled_from([NO, SEEN, Flag.DELETED]))


@given(here=UIDS, there=UIDS)
def test_after_a_merge_both_are_equal(here: dict[int, Flag], there: dict[int, Flag]) -> None:
    merged = merge(
        [(uid, int(flags), "") for uid, flags in sorted(here.items())],
        swept([(uid, flags, "") for uid, flags in sorted(there.items())]),
    )
    after = {uid: flags for uid, flags in here.items() if uid not in merged.gone}
    after |= {uid: flags for uid, flags, _ in merged.changed} | {uid: there[uid] for uid in merged.new}
    assert after == there
    assert not set(merged.new) & {uid for uid, _, _ in merged.changed}


@pytest.mark.parametrize(
    ("seen", "result"),
    [
        ([], []),
        ([(1, NO, ""), (2, SEEN, "")], [(1, NO, ""), (2, SEEN, "")]),
        ([(7, NO, ""), (2, SEEN, "")], [(2, SEEN, ""), (7, NO, "")]),
        ([(7, NO, ""), (2, SEEN, ""), (7, SEEN, "a")], [(2, SEEN, ""), (7, SEEN, "a")]),
        ([(7, NO, ""), (7, NO, "")], [(7, NO, "")]),
    ],
)
def test_a_sweep_in_order(seen: list[tuple[int, Flag, str]], result: list[tuple[int, Flag, str]]) -> None:
    assert swept(seen).in_order() == swept(result)


# ---------------------------------------------------------------- folders


def new(raw: bytes, *attributes: str, source: str = "LIST", subscribed: bool | None = None) -> Listed:
    """Return a folder as it is kept, without a special use."""
    return Listed(found(raw, *attributes, source=source), subscribed, None)


@pytest.mark.cites("O5:V0061")
@pytest.mark.parametrize(
    ("attribute", "use"),
    [
        ("\\Inbox", "inbox"),
        ("\\Sent", "sent"),
        ("\\Drafts", "drafts"),
        ("\\Trash", "trash"),
        ("\\Spam", "junk"),
        ("\\Junk", "junk"),
        ("\\Archive", "archive"),
        ("\\AllMail", "all"),
        ("\\All", "all"),
        ("\\Starred", "flagged"),
        ("\\Flagged", "flagged"),
        ("\\Important", "important"),
        ("\\Noinferiors", None),
    ],
)
def test_special_uses(attribute: str, use: str | None) -> None:
    assert special_use(found(b"x", attribute, "\\Noinferiors")) == use
    assert special_use(found(b"Inbox", attribute)) == "inbox"


def test_every_special_use_is_in_the_table() -> None:
    assert len(SPECIAL) == 12


def test_folders_that_come_stay_and_go() -> None:
    rows = [row(1, b"INBOX"), row(2, b"old"), row(3, b"stays")]
    plan = plan_folders(rows, [found(b"INBOX"), found(b"stays", "\\Noselect"), found(b"new")])
    assert plan == FolderPlan(
        add=(new(b"new"),),
        update=((1, Listed(found(b"INBOX"), None, "inbox")), (3, new(b"stays", "\\Noselect"))),
        gone=(2,),
        kept=(),
    )


@pytest.mark.cites("O5:V0042")
def test_a_list_without_inbox_neither_makes_nor_unmakes_one() -> None:
    assert plan_folders([], [found(b"a")]) == FolderPlan((new(b"a"),), (), (), ())
    assert plan_folders([row(1, b"INBOX"), row(2, b"a")], [found(b"a")]) == FolderPlan((), ((2, new(b"a")),), (), ())


@pytest.mark.cites("O5:V0016")
def test_names_that_differ_by_case_are_two_folders_inbox_excepted() -> None:
    plan = plan_folders([row(1, b"INBOX"), row(2, b"Work")], [found(b"Inbox"), found(b"Work"), found(b"work")])
    assert plan.add == (new(b"work"),)
    assert [number for number, _ in plan.update] == [1, 2]
    assert plan_folders([], [found(b"INBOX"), found(b"inbox"), found(b"Inbox/a"), found(b"INBOX/a")]).add == (
        Listed(found(b"inbox"), None, "inbox"),
        new(b"Inbox/a"),
        new(b"INBOX/a"),
    )


@pytest.mark.cites("O5:V0041", "O5:V0043")
def test_subscriptions_are_known_where_they_were_asked_for() -> None:
    both = [found(b"a", source="LSUB"), found(b"b", source="LIST")]
    assert plan_folders([], both).add == (
        new(b"a", source="LSUB", subscribed=True),
        new(b"b", source="LIST", subscribed=False),
    )
    assert plan_folders([], [found(b"a", source="XLIST")]).add == (new(b"a", source="XLIST"),)


@pytest.mark.cites("O5:V0022")
def test_a_namespace_is_a_name_like_any_other() -> None:
    assert plan_folders([], [found(b"#shared/a")]).add == (new(b"#shared/a"),)


def test_a_folder_with_open_changes_does_not_go() -> None:
    plan = plan_folders([row(1, b"a"), row(2, b"b")], [], busy={2})
    assert (plan.gone, plan.kept) == ((1,), (2,))


def test_a_folder_that_is_only_here_so_far_stays() -> None:
    assert plan_folders([row(1, b"a", server_raw=None)], []) == FolderPlan((), (), (), ())


def test_a_folder_made_here_and_there_is_one_once_ours_is_settled() -> None:
    here = [row(1, b"a", server_raw=None)]
    assert plan_folders(here, [found(b"a")], busy={1}) == FolderPlan((), (), (), ())
    assert plan_folders(here, [found(b"a")]) == FolderPlan((), ((1, new(b"a")),), (), ())


def test_a_renamed_folder_is_known_by_its_name_on_the_server() -> None:
    here = [row(1, b"new", server_raw=b"old")]
    assert plan_folders(here, [found(b"old")], busy={1}).update == ((1, new(b"old")),)
    both = plan_folders(here, [found(b"old"), found(b"new")], busy={1})
    assert both == FolderPlan((), ((1, new(b"old")),), (), ())


def test_a_folder_whose_deletion_is_queued_is_not_added_again() -> None:
    here = [row(1, b"a", removed=True)]
    assert plan_folders(here, [found(b"a")], busy={1}) == FolderPlan((), ((1, new(b"a")),), (), ())
    assert plan_folders(here, []).gone == (1,)


@pytest.mark.cites("O5:V0043")
def test_a_name_listed_twice_is_one_folder_as_it_was_listed_last() -> None:
    twice = [found(b"a", "\\Noselect"), found(b"a")]
    assert plan_folders([], twice).add == (new(b"a"),)
    assert plan_folders([row(1, b"a")], twice).update == ((1, new(b"a")),)
