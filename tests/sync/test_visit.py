r"""One visit of one folder: what is sent, octet for octet, and what the local copy has afterwards. Typed by hand."""

from __future__ import annotations

import datetime as dt
from dataclasses import replace

import pytest
from support.scripted import PLAIN
from support.syncing import ITEMS, Bench, bench, body, fetched, header, select, swept

from outlookimap.cache import BodyState, Flag, Subject
from outlookimap.errors import CommandFailed, ConnectionLost, FolderUnknown, SelectIncomplete, SweepIncomplete
from outlookimap.sync.report import FolderReport, Progress
from outlookimap.sync.visit import visit
from outlookimap.traffic import Event, Mark, Recorder

VERSIONS = ["2007", "2010", "2013"]
THREE = (header(1, 5, "one"), header(2, 7, "two", flags=r"\Seen"), header(3, 9, "three", flags=r"\Deleted $Label"))
FIRST = select(3) + fetched("1:*", *THREE)
UNCHANGED = select(3) + swept("1 5", r"2 7 \Seen", r"3 9 \Deleted $Label")
BODIES = "UID FLAGS BODY.PEEK[]"


def visited(on: Bench, *, bodies: bool = False, name: str = "INBOX") -> FolderReport:
    """Visit a folder."""
    return visit(on.line, on.cache, on.folder(name), bodies=bodies)


@pytest.mark.cites("O5:V0055", "O5:C0002", "O5:V0007")
@pytest.mark.parametrize("version", VERSIONS)
def test_the_first_visit_is_one_command(version: str) -> None:
    with bench(FIRST, version) as on:
        report = visited(on)
        assert (report.name, report.messages, report.new, report.changed, report.removed) == ("INBOX", 3, 3, 0, 0)
        assert report.error is None
        one, two, three = on.messages()
        assert report.new_ids == (one.id, two.id, three.id)
        assert [message.uid for message in (one, two, three)] == [5, 7, 9]
        assert [message.subject for message in (one, two, three)] == ["one", "two", "three"]
        assert [message.flags for message in (one, two, three)] == [Flag(0), Flag.SEEN, Flag.DELETED]
        assert three.keywords == ("$Label",)
        assert (one.size, one.body) == (100, BodyState.NONE)
        west = dt.timezone(dt.timedelta(hours=-7))
        assert one.internaldate == dt.datetime(1996, 7, 17, 2, 44, 25, tzinfo=west)
        assert on.cache.messages.header(one.id) == b"Subject: one\r\nMessage-ID: <one@x>\r\n\r\n"
        folder = on.cache.folders.get(on.folder())
        assert folder is not None
        assert (folder.uidvalidity, folder.floor, folder.generation) == (7, 9, 1)
        assert folder.visited is not None
        assert on.line.present == {5, 7, 9}
        assert on.line.looked == {folder.id}


@pytest.mark.cites("O5:V0055")
def test_an_empty_folder_is_selected_and_nothing_else() -> None:
    with bench(select(0)) as on:
        assert visited(on) == FolderReport("INBOX", 0)


@pytest.mark.cites("O5:V0055", "O5:C0002")
@pytest.mark.parametrize("version", VERSIONS)
def test_a_second_visit_with_nothing_new_is_a_sweep(version: str) -> None:
    with bench(FIRST + UNCHANGED, version) as on:
        visited(on)
        before = on.messages()
        assert visited(on) == FolderReport("INBOX", 3)
        assert on.messages() == before


@pytest.mark.cites("O5:V0055", "O5:C0002")
def test_what_came_went_and_changed() -> None:
    text = FIRST + select(4) + swept("1 5 a", "2 9", "3 10", "4 11")
    text += fetched("10:11", header(3, 10, "ten"), header(4, 11, "eleven"))
    with bench(text) as on:
        visited(on)
        report = visited(on)
        assert (report.messages, report.new, report.changed, report.removed) == (4, 2, 2, 1)
        assert on.subjects() == {5: "one", 9: "three", 10: "ten", 11: "eleven"}
        assert [(message.flags, message.keywords) for message in on.messages()[:2]] == [
            (Flag(0), ("a",)),
            (Flag(0), ()),
        ]
        assert report.new_ids == tuple(message.id for message in on.messages()[2:])


def test_a_folder_that_was_emptied() -> None:
    with bench(FIRST + select(0)) as on:
        visited(on)
        report = visited(on)
        assert (report.messages, report.removed) == (0, 3)
        assert on.line.present == set()


# ---------------------------------------------------------------- what is cut short goes on


@pytest.mark.cites("O5:C0002", "O5:V0055")
@pytest.mark.parametrize("arrived", [1, 2])
def test_a_first_visit_that_is_cut_off_goes_on_where_it_stood(arrived: int) -> None:
    cut = select(3) + "\n".join([f"C: $tag UID FETCH 1:* ({ITEMS})", *THREE[:arrived], "@closed server"])
    missing = {1: "7,9", 2: "9"}[arrived]
    with bench(cut) as on:
        with pytest.raises(ConnectionLost):
            visited(on)
        cache = on.cache
        assert len(on.messages()) == arrived
    text = select(3) + swept("1 5", r"2 7 \Seen", r"3 9 \Deleted $Label") + fetched(missing, *THREE[arrived:])
    with bench(text, cache=cache) as on:
        report = visited(on)
        assert (report.messages, report.new) == (3, 3 - arrived)
        assert on.subjects() == {5: "one", 7: "two", 9: "three"}


@pytest.mark.cites("O5:C0002")
def test_nothing_arrived_before_the_end() -> None:
    with bench(select(3) + f"C: $tag UID FETCH 1:* ({ITEMS})\n@closed server") as on:
        with pytest.raises(ConnectionLost):
            visited(on)
        cache = on.cache
    with bench(FIRST, cache=cache) as on:
        assert visited(on).new == 3


@pytest.mark.cites("O5:C0002", "O5:V0011")
def test_who_is_told_of_progress_may_stop_it_and_what_has_come_is_kept() -> None:
    told: list[Progress] = []

    def stop(progress: Progress) -> None:
        told.append(progress)
        if progress.done == 2:
            raise KeyboardInterrupt

    text = select(3) + fetched("1:*", *THREE[:2], "@+1", THREE[2])
    cut = text[: text.index("@+1")]
    with bench(cut) as on:
        with pytest.raises(KeyboardInterrupt):
            visit(on.line, on.cache, on.folder(), bodies=False, progress=stop)
        cache = on.cache
        assert on.line.dropped
        assert on.subjects() == {5: "one", 7: "two"}
        sizes = len("Subject: one\r\nMessage-ID: <one@x>\r\n\r\n") * 2
        assert told[-1] == Progress("INBOX", 2, 3, sizes)
    with bench(select(3) + swept("1 5", "2 7", "3 9") + fetched("9", THREE[2]), cache=cache) as on:
        assert visited(on).new == 1


def test_what_is_missing_is_asked_for_as_a_set() -> None:
    text = select(1) + fetched("1:*", header(1, 5, "five"))
    text += select(7) + swept(*(f"{n} {uid}" for n, uid in enumerate([2, 3, 4, 5, 8, 9, 20], 1)))
    text += fetched("2:4,8:9,20", *(header(n, uid) for n, uid in [(1, 2), (2, 3), (3, 4), (5, 8), (6, 9), (7, 20)]))
    with bench(text) as on:
        visited(on)
        assert visited(on).new == 6


# ---------------------------------------------------------------- servers are not all alike


@pytest.mark.cites("O5:V0055")
@pytest.mark.parametrize("date_from", ["internaldate", "header"])
def test_a_server_without_imap4rev1(date_from: str) -> None:
    items = "UID FLAGS RFC822.SIZE RFC822.HEADER" + (" INTERNALDATE" if date_from == "internaldate" else "")
    text = select(1) + fetched("1:*", header(1, 5, "one", item="RFC822.HEADER"), items=items)
    text += fetched("5", body(1, 5, "x", item="RFC822"), items="UID FLAGS RFC822.PEEK")
    policy = replace(PLAIN, date_from=date_from)
    with bench(text, capabilities="IMAP4", policy=policy) as on:
        visited(on, bodies=True)
        [one] = on.messages()
        assert (one.subject, one.body) == ("one", BodyState.WHOLE)


def test_uids_that_do_not_ascend_and_headers_that_come_twice() -> None:
    text = select(3) + fetched(
        "1:*", header(1, 9, "nine"), header(2, 5, "five"), header(1, 9, "nine"), header(3, 7, "x")
    )
    text += select(3) + swept(r"1 9 \Seen", "2 5", "3 7", "2 5")
    with bench(text) as on:
        assert visited(on).new == 3
        assert on.subjects() == {5: "five", 7: "x", 9: "nine"}
        report = visited(on)
        assert (report.messages, report.changed, report.removed, report.new) == (3, 1, 0, 0)


def test_a_response_that_leaves_the_uid_out_where_the_sweep_told_it() -> None:
    text = select(1) + fetched("1:*", header(1, 5, "five"))
    text += select(2) + swept("1 5", "2 6") + fetched("6", header(2, None, "six"))
    with bench(text) as on:
        visited(on)
        assert visited(on).new == 1
        assert on.subjects() == {5: "five", 6: "six"}


def test_a_header_that_comes_in_two_responses() -> None:
    alone = "S: * 1 FETCH (UID 5 BODY[HEADER] {14}\nS| Subject: x\nS|\nS|\nS: )"
    rest = 'S: * 1 FETCH (UID 5 RFC822.SIZE 9 INTERNALDATE "17-Jul-1996 02:44:25 -0700")'
    flags = r"S: * 1 FETCH (UID 5 FLAGS (\Seen))"
    with bench(select(1) + fetched("1:*", rest, alone, flags)) as on:
        visited(on)
        [message] = on.messages()
        assert (message.subject, message.size, message.flags) == ("x", 9, Flag.SEEN)
        assert message.internaldate is not None


def test_a_message_without_a_header_is_a_message() -> None:
    rest = 'S: * 1 FETCH (UID 5 FLAGS () RFC822.SIZE 9 INTERNALDATE "17-Jul-1996 02:44:25 -0700" BODY[HEADER] NIL)'
    with bench(select(1) + fetched("1:*", rest)) as on:
        assert visited(on).new == 1
        [message] = on.messages()
        assert on.cache.messages.header(message.id) == b""


@pytest.mark.cites("O5:V0001", "O5:C0002")
def test_mail_that_comes_between_two_headers() -> None:
    text = select(3) + fetched("1:*", THREE[0], "S: * 4 EXISTS", *THREE[1:])
    text += "C: $tag FETCH 4 (UID)\nS: * 4 FETCH (UID 12)\nS: $tag OK done\n" + fetched("12", header(4, 12, "four"))
    with bench(text) as on:
        report = visited(on)
        assert (report.new, report.messages) == (4, 4)
        assert on.subjects()[12] == "four"
        assert on.line.present == {5, 7, 9, 12}


@pytest.mark.cites("O5:V0001", "O5:C0002")
def test_a_message_that_goes_between_the_sweep_and_its_header() -> None:
    text = FIRST + select(5) + swept("1 5", r"2 7 \Seen", r"3 9 \Deleted $Label", "4 10", "5 11")
    text += fetched("10:11", "S: * 4 EXPUNGE", header(4, 11, "eleven"))
    with bench(text) as on:
        visited(on)
        report = visited(on)
        assert (report.new, report.messages) == (1, 4)
        assert on.line.present == {5, 7, 9, 11}
        folder = on.cache.folders.get(on.folder())
        assert folder is not None
        assert folder.floor == 11


@pytest.mark.cites("O5:V0001", "O5:C0002")
def test_flags_that_change_and_messages_that_go_during_a_visit() -> None:
    text = select(3) + fetched("1:*", *THREE, r"S: * 1 FETCH (FLAGS (\Flagged))", "S: * 2 EXPUNGE")
    with bench(text) as on:
        report = visited(on)
        assert (report.messages, report.removed, report.changed) == (2, 1, 1)
        assert [(message.uid, message.flags) for message in on.messages()] == [(5, Flag.FLAGGED), (9, Flag.DELETED)]


# ---------------------------------------------------------------- refusals


@pytest.mark.parametrize(
    ("text", "error"),
    [
        ('C: $tag SELECT "INBOX"\nS: $tag NO not now', CommandFailed),
        ('C: $tag SELECT "INBOX"\nS: * 3 EXISTS\nS: $tag OK done', SelectIncomplete),
        (select(3) + "C: $tag UID FETCH 1:* (UID FLAGS)\nS: $tag NO not now", CommandFailed),
        (select(3) + "C: $tag UID FETCH 1:* (UID FLAGS)\nS: $tag OK done", SweepIncomplete),
        (select(3) + "C: $tag UID FETCH 1:* (UID FLAGS)\nS: * 1 FETCH (FLAGS ())\nS: $tag OK done", SweepIncomplete),
        (select(3, 8) + fetched("1:*"), SweepIncomplete),
        (select(3, 8) + fetched("1:*", header(1, None, "x")), SweepIncomplete),
    ],
)
def test_what_is_refused_takes_nothing_away(text: str, error: type[Exception]) -> None:
    with bench(FIRST) as on:
        visited(on)
        cache = on.cache
    with bench(text, cache=cache) as on:
        before = on.messages()
        with pytest.raises(error):
            visited(on)
        assert on.messages() == before


def test_a_folder_whose_last_message_goes_while_it_is_visited() -> None:
    with bench(select(1) + fetched("1:*", "S: * 1 EXPUNGE")) as on:
        assert visited(on) == FolderReport("INBOX", 0)


def test_a_folder_that_is_not_here() -> None:
    with bench("") as on, pytest.raises(FolderUnknown, match="no folder 99"):
        visit(on.line, on.cache, 99)


def test_headers_that_are_refused_in_the_middle() -> None:
    with bench(select(3) + fetched("1:*", *THREE[:2], end="NO enough")) as on:
        with pytest.raises(CommandFailed, match="enough"):
            visited(on)
        assert on.subjects() == {5: "one", 7: "two"}


# ---------------------------------------------------------------- bodies


@pytest.mark.cites("O5:V0055")
@pytest.mark.parametrize("version", VERSIONS)
def test_bodies_come_after_the_headers_with_their_flags(version: str) -> None:
    bodies = fetched(
        "5,7,9",
        body(1, 5, "a", flags=r"\Answered"),
        body(2, 7, "bb", flags=r"\Seen"),
        body(3, 9, "", flags=r"\Deleted $Label"),
        items=BODIES,
    )
    with bench(FIRST + bodies + UNCHANGED.replace("(UID 5 FLAGS ()", r"(UID 5 FLAGS (\Answered)"), version) as on:
        report = visited(on, bodies=True)
        assert (report.new, report.changed) == (3, 1)
        assert [on.cache.messages.body(message.id) for message in on.messages()] == [
            (b"a", BodyState.WHOLE),
            (b"bb", BodyState.WHOLE),
            (b"", BodyState.WHOLE),
        ]
        assert on.messages()[0].flags == Flag.ANSWERED
        assert visited(on, bodies=True) == FolderReport("INBOX", 3)


@pytest.mark.cites("O5:V0055")
def test_only_bodies_that_are_missing_are_fetched() -> None:
    text = (
        FIRST
        + "C: $tag UID FETCH 5,7,9 (UID FLAGS BODY.PEEK[])\n"
        + body(2, 7, "bb", flags=r"\Seen")
        + "@closed server"
    )
    with bench(text) as on:
        with pytest.raises(ConnectionLost):
            visited(on, bodies=True)
        cache = on.cache
    rest = fetched("5,9", body(1, 5, "a"), body(3, 9, "c", flags=r"\Deleted $Label"), items=BODIES)
    with bench(UNCHANGED + rest, cache=cache) as on:
        told: list[Progress] = []
        report = visit(on.line, on.cache, on.folder(), bodies=True, progress=told.append)
        assert (report.new, report.changed, report.error) == (0, 0, None)
        assert told[-1] == Progress("INBOX", 2, 2, 2)
        assert all(message.body is BodyState.WHOLE for message in on.messages())


@pytest.mark.cites("O5:V0070")
def test_a_part_of_a_body_never_takes_the_place_of_a_whole() -> None:
    part = fetched("5,7,9", body(1, 5, "pa", item="BODY[]<0>"), body(2, 7, "b", flags=r"\Seen"), items=BODIES)
    whole = fetched("5,9", body(1, 5, "whole"), body(1, 5, "wh", item="BODY[]<0>"), items=BODIES)
    with bench(FIRST + part + UNCHANGED + whole) as on:
        visited(on, bodies=True)
        one = on.messages()[0]
        assert on.cache.messages.body(one.id) == (b"pa", BodyState.PARTIAL)
        visited(on, bodies=True)
        assert on.cache.messages.body(one.id) == (b"whole", BodyState.WHOLE)


def test_bodies_the_server_refuses_are_told_and_the_rest_is_kept() -> None:
    refused = fetched("5,7,9", body(1, 5, "a"), items=BODIES, end="NO broken message")
    with bench(FIRST + refused) as on:
        report = visited(on, bodies=True)
        assert report.error == "UID FETCH: the server answered NO broken message"
        assert (report.messages, report.new) == (3, 3)
        assert on.messages()[0].body is BodyState.WHOLE
        folder = on.cache.folders.get(on.folder())
        assert folder is not None
        assert folder.visited is not None


# ---------------------------------------------------------------- UIDs that did not last


NOT_STICKY = "S: * NO [UIDNOTSTICKY] not here"
NEW = (header(1, 1, "two"), header(2, 2, "three", flags=r"\Deleted $Label"), header(3, 3, "other"))


@pytest.mark.cites("O5:V0003")
@pytest.mark.parametrize("version", VERSIONS)
@pytest.mark.parametrize(("uidvalidity", "more"), [(8, ""), (0, ""), (7, NOT_STICKY), (8, NOT_STICKY)])
def test_uids_that_did_not_last(version: str, uidvalidity: int, more: str) -> None:
    with bench(FIRST + select(3, uidvalidity, more=more) + fetched("1:*", *NEW), version) as on:
        visited(on)
        ids = {message.subject: message.id for message in on.messages()}
        report = visited(on)
        assert (report.messages, report.new, report.removed, report.changed) == (3, 1, 1, 1)
        assert on.subjects() == {1: "two", 2: "three", 3: "other"}
        now = {message.subject: message.id for message in on.messages()}
        assert (now["two"], now["three"]) == (ids["two"], ids["three"])
        assert report.new_ids == (now["other"],)
        folder = on.cache.folders.get(on.folder())
        assert folder is not None
        assert (folder.uidvalidity, folder.floor, folder.building) == (uidvalidity, 3, None)
        assert on.line.present == {1, 2, 3}


@pytest.mark.cites("O5:V0003")
@pytest.mark.parametrize("more", ["", NOT_STICKY])
def test_uids_that_never_last_cost_all_headers_at_every_visit(more: str) -> None:
    uidvalidity = 7 if more else 0
    again = select(3, uidvalidity, more=more) + fetched("1:*", *THREE)
    with bench(again * 3) as on:
        assert visited(on).new == 3
        for _ in range(2):
            assert visited(on) == FolderReport("INBOX", 3)


@pytest.mark.cites("O5:V0003")
def test_uids_that_did_not_last_in_a_folder_that_is_empty_now() -> None:
    with bench(FIRST + select(0, 8)) as on:
        visited(on)
        report = visited(on)
        assert (report.messages, report.removed) == (0, 3)


@pytest.mark.cites("O5:V0003")
def test_what_was_here_can_be_read_until_it_is_replaced_and_the_rest_is_not_fetched_twice() -> None:
    cut = select(3, 8) + f"C: $tag UID FETCH 1:* ({ITEMS})\n" + NEW[0] + "@closed server"
    with bench(FIRST + cut) as on:
        visited(on)
        with pytest.raises(ConnectionLost):
            visited(on)
        cache = on.cache
        assert on.subjects() == {5: "one", 7: "two", 9: "three"}
    rest = select(3, 8) + swept("1 1", r"2 2 \Deleted $Label", "3 3") + fetched("2:3", *NEW[1:])
    with bench(rest, cache=cache) as on:
        report = visited(on)
        assert (report.new, report.removed, report.changed) == (1, 1, 1)
        assert on.subjects() == {1: "two", 2: "three", 3: "other"}


@pytest.mark.cites("O5:V0003")
@pytest.mark.parametrize(
    ("uidvalidity", "more"),
    [(9, ""), (0, ""), (8, NOT_STICKY)],
)
def test_an_interrupted_visit_starts_over_where_uids_did_not_last_again(uidvalidity: int, more: str) -> None:
    cut = select(3, 8) + f"C: $tag UID FETCH 1:* ({ITEMS})\n" + NEW[0] + "@closed server"
    with bench(FIRST + cut) as on:
        visited(on)
        with pytest.raises(ConnectionLost):
            visited(on)
        cache = on.cache
    with bench(select(3, uidvalidity, more=more) + fetched("1:*", *NEW), cache=cache) as on:
        assert visited(on).messages == 3


@pytest.mark.cites("O5:V0003")
def test_an_interrupted_visit_is_forgotten_where_the_old_uids_are_back() -> None:
    cut = select(3, 8) + f"C: $tag UID FETCH 1:* ({ITEMS})\n" + NEW[0] + "@closed server"
    with bench(FIRST + cut) as on:
        visited(on)
        with pytest.raises(ConnectionLost):
            visited(on)
        cache = on.cache
    with bench(UNCHANGED, cache=cache) as on:
        assert visited(on) == FolderReport("INBOX", 3)
        folder = on.cache.folders.get(on.folder())
        assert folder is not None
        assert (folder.building, folder.building_uidvalidity) == (None, None)


TWO_BODIES = fetched(
    "5,7,9", body(2, 7, "bb", flags=r"\Seen"), body(3, 9, "ccc", flags=r"\Deleted $Label"), items=BODIES
)


@pytest.mark.cites("O5:V0003")
def test_bodies_that_were_here_are_fetched_again() -> None:
    text = FIRST + TWO_BODIES + select(3, 8) + fetched("1:*", *NEW)
    text += fetched("1:2", body(1, 1, "BB"), body(2, 2, "CCC", flags=r"\Deleted $Label"), items=BODIES)
    with bench(text) as on:
        visited(on, bodies=True)
        visited(on)
        assert [on.cache.messages.body(message.id) for message in on.messages()] == [
            (b"BB", BodyState.WHOLE),
            (b"CCC", BodyState.WHOLE),
            None,
        ]


@pytest.mark.cites("O5:V0003")
def test_bodies_that_were_here_are_kept_where_the_policy_says_so() -> None:
    text = FIRST + TWO_BODIES + select(3, 8) + fetched("1:*", *NEW) + select(3, 9) + fetched("1:*", NEW[2])
    recorder = Recorder(None)
    with bench(text, policy=replace(PLAIN, rematch=True), record=recorder) as on:
        visited(on, bodies=True)
        assert Mark(Event.REMATCH) not in recorder.transcript().entries
        visited(on)
        assert recorder.transcript().entries[-1] == Mark(Event.REMATCH)
        assert [on.cache.messages.body(message.id) for message in on.messages()] == [
            (b"bb", BodyState.WHOLE),
            (b"ccc", BodyState.WHOLE),
            None,
        ]
        visited(on)  # nothing that is recognised has a body: nothing is kept
        assert recorder.transcript().entries.count(Mark(Event.REMATCH)) == 1


# ---------------------------------------------------------------- copies of ours


def test_a_copy_that_is_not_there_goes_unless_its_change_is_still_to_be_made() -> None:
    with bench(select(0)) as on:
        folder = on.folder()
        ids = [
            on.cache.messages.add_local(
                folder, 1, octets=None, header=b"\r\n", flags=Flag(0), internaldate=None, size=None, body=BodyState.NONE
            )
            for _ in range(2)
        ]
        on.cache.changes.add("append", target=folder, subjects=[Subject(None, ids[1])], made=dt.datetime.now(dt.UTC))
        assert visited(on).messages == 1
        assert [message.id for message in on.messages()] == [ids[1]]
