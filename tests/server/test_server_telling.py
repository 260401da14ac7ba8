"""What a client is told unasked, and in which order, where a server's `Telling` departs from the defaults."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager

import pytest
from support.loopback import PATIENCE
from support.talk import Talk, service

from outlookimap.server.behaviour import Behaviour, Telling


@contextmanager
def both(telling: Telling) -> Iterator[tuple[Talk, Talk]]:
    """Give two connections of one user, both with INBOX selected."""
    shared = service(behaviour=Behaviour(telling=telling))
    with Talk(shared) as one, Talk(shared) as other:
        yield one.selected(), other.selected()


@pytest.mark.cites("X10:V0002", "X10:V0014", "X3:V0002", "X3:V0014")
def test_outside_commands_exists_comes_and_expunge_never() -> None:
    with both(Telling(outside_commands=True)) as (one, other):
        other.script(
            r"""
            C: a STORE 1:2 +FLAGS.SILENT (\Deleted)
            S: a OK STORE completed.
            C: b EXPUNGE
            S: * 1 EXPUNGE
            S: * 1 EXPUNGE
            S: b OK EXPUNGE completed.
            C: c STORE 1 FLAGS.SILENT ()
            S: c OK STORE completed.
            C: d APPEND INBOX {2+}
            C:
            C:
            S: * 2 EXISTS
            S: * 0 RECENT
            S: d OK [APPENDUID 100 4] APPEND completed.
            """
        )
        one.hear(b"* 4 EXISTS\r\n* 1 RECENT\r\n")
        one.script(
            """
            C: a NOOP
            S: * 1 EXPUNGE
            S: * 1 EXPUNGE
            S: * 1 FETCH (FLAGS ())
            S: a OK NOOP completed.
            """
        )


@pytest.mark.cites("X10:V0046", "X10:V0013", "X10:V0044", "X3:V0013", "X3:V0042", "X3:V0044")
def test_flags_changed_elsewhere_are_there_but_not_told() -> None:
    with both(Telling(foreign_flags=False)) as (one, other):
        other.script(
            r"""
            C: a STORE 1 FLAGS.SILENT (\Answered)
            S: a OK STORE completed.
            """
        )
        one.script(
            r"""
            C: a NOOP
            S: a OK NOOP completed.
            C: b STORE 2 +FLAGS (\Seen)
            S: * 2 FETCH (FLAGS (\Seen))
            S: b OK STORE completed.
            C: c FETCH 1 FLAGS
            S: * 1 FETCH (FLAGS (\Answered))
            S: c OK FETCH completed.
            C: d IDLE
            S: + IDLE accepted, awaiting DONE.
            """
        )
        other.script(
            r"""
            C: b STORE 1 FLAGS.SILENT (\Seen)
            S: b OK STORE completed.
            C: c APPEND INBOX {2+}
            C:
            C:
            S: * 4 EXISTS
            S: * 0 RECENT
            S: c OK [APPENDUID 100 4] APPEND completed.
            """
        )
        one.hear(b"* 4 EXISTS\r\n* 1 RECENT\r\n")
        one.script(
            """
            C: DONE
            S: d OK IDLE completed.
            """
        )


@pytest.mark.cites("X10:V0035", "X3:V0033")
def test_exists_comes_after_append_has_completed() -> None:
    with both(Telling(exists_after_append=True)) as (one, _):
        one.script(
            """
            C: a APPEND INBOX {2+}
            C:
            C:
            C: b NOOP
            S: a OK [APPENDUID 100 4] APPEND completed.
            S: * 4 EXISTS
            S: * 1 RECENT
            S: b OK NOOP completed.
            C: c APPEND "Sent Items" {2+}
            C:
            C:
            C: d APPEND nope {2+}
            C:
            C:
            C: e NOOP
            S: c OK [APPENDUID 101 1] APPEND completed.
            S: d NO [TRYCREATE] There is no such mailbox.
            S: e OK NOOP completed.
            """
        )


@pytest.mark.cites("X10:V0035")
def test_exists_after_append_comes_once_also_where_it_is_pushed() -> None:
    with both(Telling(exists_after_append=True, outside_commands=True)) as (one, other):
        one.script(
            """
            C: a APPEND INBOX {2+}
            C:
            C:
            S: a OK [APPENDUID 100 4] APPEND completed.
            S: * 4 EXISTS
            S: * 1 RECENT
            C: b NOOP
            S: b OK NOOP completed.
            """
        )
        other.hear(b"* 4 EXISTS\r\n* 0 RECENT\r\n")


@pytest.mark.cites("X10:V0055", "X3:V0053")
def test_exists_comes_after_expunge_has_completed() -> None:
    with both(Telling(exists_after_expunge=True)) as (one, other):
        one.script(
            r"""
            C: a EXPUNGE
            S: a OK EXPUNGE completed.
            C: b STORE 1:2 +FLAGS.SILENT (\Deleted)
            S: b OK STORE completed.
            C: c UID EXPUNGE 1
            C: d NOOP
            S: * 1 EXPUNGE
            S: c OK UID EXPUNGE completed.
            S: * 2 EXISTS
            S: d OK NOOP completed.
            """
        )
        other.script(
            r"""
            C: a APPEND INBOX {2+}
            C:
            C:
            S: * 1 EXPUNGE
            S: * 3 EXISTS
            S: * 0 RECENT
            S: * 1 FETCH (FLAGS (\Deleted))
            S: a OK [APPENDUID 100 4] APPEND completed.
            """
        )
        one.script(
            """
            C: e EXPUNGE
            C: f NOOP
            S: * 1 EXPUNGE
            S: e OK EXPUNGE completed.
            S: * 2 EXISTS
            S: * 1 RECENT
            S: f OK NOOP completed.
            """
        )


@pytest.mark.cites("X10:V0055")
def test_an_expunge_that_is_refused_is_not_followed_by_exists() -> None:
    with Talk(service(behaviour=Behaviour(telling=Telling(exists_after_expunge=True)))) as one:
        one.signed_in().say(b"a EXAMINE INBOX\r\n")
        octets = b""
        while not octets.endswith(b"a OK [READ-ONLY] EXAMINE completed.\r\n"):
            octets += one.client.receive(PATIENCE) or b""
        one.script(
            """
            C: b EXPUNGE
            C: c NOOP
            S: b NO The mailbox was opened for reading only.
            S: c OK NOOP completed.
            """
        )


@pytest.mark.cites("X10:V0036", "X3:V0034", "X1:2.3.2")
def test_check_tells_what_noop_tells() -> None:
    with both(Telling()) as (one, other):
        other.script(
            r"""
            C: a APPEND INBOX {2+}
            C:
            C:
            S: * 4 EXISTS
            S: * 0 RECENT
            S: a OK [APPENDUID 100 4] APPEND completed.
            C: b STORE 1 +FLAGS.SILENT (\Deleted)
            S: b OK STORE completed.
            C: c EXPUNGE
            S: * 1 EXPUNGE
            S: c OK EXPUNGE completed.
            """
        )
        one.script(
            """
            C: a CHECK
            S: * 1 EXPUNGE
            S: * 3 EXISTS
            S: * 1 RECENT
            S: a OK CHECK completed.
            """
        )


@pytest.mark.cites("X10:V0001", "X10:V0016", "X10:V0017", "X10:C0001", "X3:V0001", "X3:V0016", "X3:V0017", "X3:C0001")
def test_commands_run_one_after_the_other_whatever_their_tags() -> None:
    with Talk() as one:
        one.selected().script(
            r"""
            C: 1 STORE 1 FLAGS (\Answered)
            C: 1 FETCH 1 FLAGS
            C: a.b/c=d STORE 1 FLAGS.SILENT (\Deleted)
            C: #1$ EXPUNGE
            C: 1 SEARCH ALL
            C: ]~[ NOOP
            S: * 1 FETCH (FLAGS (\Answered))
            S: 1 OK STORE completed.
            S: * 1 FETCH (FLAGS (\Answered))
            S: 1 OK FETCH completed.
            S: a.b/c=d OK STORE completed.
            S: * 1 EXPUNGE
            S: #1$ OK EXPUNGE completed.
            S: * SEARCH 1 2
            S: 1 OK SEARCH completed.
            S: ]~[ OK NOOP completed.
            """
        )


@pytest.mark.cites("X10:V0005", "X10:E0001", "X10:V0054", "X3:V0005", "X3:E0001", "X3:V0052", "X1:2.2.2")
def test_a_keyword_that_is_not_defined_is_not_kept() -> None:
    flags = (b"\\Seen", b"\\Answered", b"\\Flagged", b"\\Deleted", b"\\Draft", b"$MDNSent")
    with Talk(service(behaviour=Behaviour(flags=flags, permanent_flags=flags))) as one:
        one.signed_in().script(
            r"""
            C: a SELECT "Sent Items"
            S: * 0 EXISTS
            S: * 0 RECENT
            S: * FLAGS (\Seen \Answered \Flagged \Deleted \Draft $MDNSent)
            S: * OK [PERMANENTFLAGS (\Seen \Answered \Flagged \Deleted \Draft $MDNSent)] Permanent flags.
            S: * OK [UIDVALIDITY 101] UIDVALIDITY value.
            S: * OK [UIDNEXT 1] The next unique identifier value.
            S: a OK [READ-WRITE] SELECT completed.
            C: b APPEND "Sent Items" (\Seen $Work $MDNSent) {2+}
            C:
            C:
            S: * 1 EXISTS
            S: * 1 RECENT
            S: b OK [APPENDUID 101 1] APPEND completed.
            C: c STORE 1 +FLAGS ($Later \Flagged)
            S: * 1 FETCH (FLAGS (\Flagged \Seen $MDNSent \Recent))
            S: c OK STORE completed.
            """
        )
