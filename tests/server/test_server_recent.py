r"""\Recent: for one session only, never a client's to change (RFC 3501 sections 2.3.2, 6.3.1, 6.3.2, 6.3.10, 7.3.2)."""

from __future__ import annotations

import threading
from collections.abc import Sequence

from support.loopback import Running
from support.talk import ONE, USERS, Talk, moment, service

from outlookimap.server.memory_mailbox import MemoryMailbox
from outlookimap.server.memory_store import MemoryStore
from outlookimap.server.selection import Selected
from outlookimap.server.store import Incoming, Watch


def store() -> MemoryStore:
    """Return a store whose INBOX (UIDVALIDITY 100) holds two messages that no session was told of."""
    made = MemoryStore(USERS, mailboxes={b"Box": ()}, first_uidvalidity=100, moment=moment)
    made.add("user1", b"INBOX", [Incoming(ONE, (b"\\Seen", b"\\recent")), Incoming(ONE)])
    return made


def opened(tag: str, *, exists: int, recent: int, read_only: bool = False, unseen: bool = True) -> str:
    """Return the script of SELECT or EXAMINE of that INBOX."""
    flags = "" if read_only else r"\Answered \Flagged \Deleted \Seen \Draft \*"
    command, access = ("EXAMINE", "READ-ONLY") if read_only else ("SELECT", "READ-WRITE")
    lines = [
        f"C: {tag} {command} INBOX",
        f"S: * {exists} EXISTS",
        f"S: * {recent} RECENT",
        r"S: * FLAGS (\Answered \Flagged \Deleted \Seen \Draft)",
        f"S: * OK [PERMANENTFLAGS ({flags})] Permanent flags.",
        "S: * OK [UNSEEN 2] The first unseen message." if unseen else "",
        "S: * OK [UIDVALIDITY 100] UIDVALIDITY value.",
        f"S: * OK [UIDNEXT {exists + 1}] The next unique identifier value.",
        f"S: {tag} OK [{access}] {command} completed.",
    ]
    return "\n".join(lines)


def test_the_first_session_that_selects_has_it_and_no_other() -> None:
    shared = service(mail=store())
    with Talk(shared) as one, Talk(shared) as other:
        one.signed_in().script(opened("a", exists=2, recent=2))
        one.script(
            r"""
            C: b FETCH 1:2 FLAGS
            S: * 1 FETCH (FLAGS (\Seen \Recent))
            S: * 2 FETCH (FLAGS (\Recent))
            S: b OK FETCH completed.
            C: c SEARCH NEW
            S: * SEARCH 2
            S: c OK SEARCH completed.
            C: d SEARCH RECENT
            S: * SEARCH 1 2
            S: d OK SEARCH completed.
            C: e SEARCH OLD
            S: * SEARCH
            S: e OK SEARCH completed.
            """
        )
        other.signed_in().script(opened("a", exists=2, recent=0))
        other.script(
            r"""
            C: b FETCH 1:2 FLAGS
            S: * 1 FETCH (FLAGS (\Seen))
            S: * 2 FETCH (FLAGS ())
            S: b OK FETCH completed.
            C: c SEARCH RECENT
            S: * SEARCH
            S: c OK SEARCH completed.
            C: d SEARCH OLD
            S: * SEARCH 1 2
            S: d OK SEARCH completed.
            """
        )
        one.script(opened("f", exists=2, recent=0))


def test_examine_and_status_take_it_from_nobody() -> None:
    with Talk(service(mail=store())) as one:
        one.signed_in().script(opened("a", exists=2, recent=2, read_only=True))
        one.script(
            r"""
            C: b FETCH 2 FLAGS
            S: * 2 FETCH (FLAGS (\Recent))
            S: b OK FETCH completed.
            C: c APPEND INBOX (\Seen) {2+}
            C:
            C:
            S: * 3 EXISTS
            S: * 3 RECENT
            S: c OK [APPENDUID 100 3] APPEND completed.
            C: d CLOSE
            S: d OK CLOSE completed.
            C: e STATUS INBOX (RECENT)
            S: * STATUS INBOX (RECENT 3)
            S: e OK STATUS completed.
            """
        )
        one.script(opened("f", exists=3, recent=3))
        one.script(
            """
            C: g CLOSE
            S: g OK CLOSE completed.
            C: h STATUS INBOX (MESSAGES RECENT)
            S: * STATUS INBOX (MESSAGES 3 RECENT 0)
            S: h OK STATUS completed.
            """
        )
        one.script(opened("i", exists=3, recent=0, read_only=True))


def test_no_command_sets_or_removes_it() -> None:
    with Talk(service(mail=store())) as one:
        one.signed_in().script(opened("a", exists=2, recent=2))
        one.script(
            r"""
            C: b STORE 1 FLAGS ()
            S: * 1 FETCH (FLAGS (\Recent))
            S: b OK STORE completed.
            C: c UID STORE 1:2 +FLAGS (\Answered)
            S: * 1 FETCH (UID 1 FLAGS (\Answered \Recent))
            S: * 2 FETCH (UID 2 FLAGS (\Answered \Recent))
            S: c OK UID STORE completed.
            C: d FETCH 2 BODY[TEXT]
            S: * 2 FETCH (BODY[TEXT] {8}
            S: First.
            S:  FLAGS (\Answered \Seen \Recent))
            S: d OK FETCH completed.
            """
        )


def test_a_copy_has_it_whatever_the_original_has() -> None:
    with Talk(service(mail=store())) as one:
        one.signed_in().script(opened("a", exists=2, recent=2))
        one.script(
            r"""
            C: b COPY 1 Box
            S: b OK [COPYUID 101 1 1] COPY completed.
            C: c STATUS Box (MESSAGES RECENT)
            S: * STATUS Box (MESSAGES 1 RECENT 1)
            S: c OK STATUS completed.
            """
        )
        one.script(opened("d", exists=2, recent=0))
        one.script(
            r"""
            C: e COPY 2 INBOX
            S: * 3 EXISTS
            S: * 1 RECENT
            S: e OK [COPYUID 100 2 3] COPY completed.
            C: f FETCH 1:3 FLAGS
            S: * 1 FETCH (FLAGS (\Seen))
            S: * 2 FETCH (FLAGS ())
            S: * 3 FETCH (FLAGS (\Recent))
            S: f OK FETCH completed.
            """
        )


def test_one_that_went_counts_no_more_and_the_ones_after_it_keep_it() -> None:
    with Talk(service(mail=store())) as one:
        one.signed_in().script(opened("a", exists=2, recent=2))
        one.script(
            r"""
            C: b STORE 1 +FLAGS.SILENT (\Deleted)
            S: b OK STORE completed.
            C: c EXPUNGE
            S: * 1 EXPUNGE
            S: c OK EXPUNGE completed.
            C: d APPEND INBOX {2+}
            C:
            C:
            S: * 2 EXISTS
            S: * 2 RECENT
            S: d OK [APPENDUID 100 3] APPEND completed.
            C: e FETCH 1:2 FLAGS
            S: * 1 FETCH (FLAGS (\Recent))
            S: * 2 FETCH (FLAGS (\Recent))
            S: e OK FETCH completed.
            """
        )


def test_what_arrives_is_the_elder_sessions_and_after_it_the_youngers() -> None:
    shared = service(mail=store())
    with Talk(shared) as one, Talk(shared) as other:
        one.signed_in().script(opened("a", exists=2, recent=2))
        other.signed_in().script(opened("a", exists=2, recent=0))
        other.script(
            """
            C: b APPEND INBOX {2+}
            C:
            C:
            S: * 3 EXISTS
            S: * 0 RECENT
            S: b OK [APPENDUID 100 3] APPEND completed.
            """
        )
        one.script(
            r"""
            C: b NOOP
            S: * 3 EXISTS
            S: * 3 RECENT
            S: b OK NOOP completed.
            C: c FETCH 3 FLAGS
            S: * 3 FETCH (FLAGS (\Recent))
            S: c OK FETCH completed.
            C: d CLOSE
            S: d OK CLOSE completed.
            """
        )
        other.script(
            r"""
            C: c APPEND INBOX {2+}
            C:
            C:
            S: * 4 EXISTS
            S: * 1 RECENT
            S: c OK [APPENDUID 100 4] APPEND completed.
            C: d STORE 3:4 +FLAGS (\Seen)
            S: * 3 FETCH (FLAGS (\Seen))
            S: * 4 FETCH (FLAGS (\Seen \Recent))
            S: d OK STORE completed.
            """
        )


def test_what_nobody_was_told_of_stays_for_the_next() -> None:
    shared = service(mail=store())
    with Talk(shared) as one, Talk(shared) as other:
        one.signed_in().script(opened("a", exists=2, recent=2))
        other.signed_in().script(
            """
            C: b APPEND INBOX {2+}
            C:
            C:
            S: b OK [APPENDUID 100 3] APPEND completed.
            """
        )
        one.script(
            """
            C: b LOGOUT
            S: * BYE Server closing the connection.
            S: b OK LOGOUT completed.
            """
        )
        other.script(opened("c", exists=3, recent=1))


def test_of_many_sessions_at_once_just_one_has_each_message() -> None:
    mailbox = MemoryMailbox(b"INBOX", 1, threading.RLock(), moment)
    sessions = 4
    started = threading.Barrier(sessions + 1)
    recents: list[set[int]] = [set() for _ in range(sessions)]

    def session(mine: set[int]) -> None:
        started.wait()
        for _ in range(50):
            selected = Selected.open(mailbox, Watch(lambda: None), read_only=False)
            selected.arrived(selected.watch.take(removals=True).added)
            told: Sequence[int | None] = selected.view.uids()
            got = {uid for uid in told if uid is not None and selected.is_recent(uid)}
            assert selected.count_recent() == len(got)
            assert not got & mine
            mine |= got
            selected.close()

    running = [Running(lambda mine=mine: session(mine)) for mine in recents]  # type: ignore[misc]
    started.wait()
    for _ in range(200):
        mailbox.add([Incoming(b"x")])
    for one in running:
        one.result()
    left = Selected.open(mailbox, Watch(lambda: None), read_only=False)
    recents.append({uid for uid in range(1, 201) if left.is_recent(uid)})
    assert sorted(uid for one in recents for uid in one) == list(range(1, 201))
