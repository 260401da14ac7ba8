"""Mailbox names where a server treats them otherwise than RFC 3501 has it, or chooses where it leaves a choice."""

from __future__ import annotations

from dataclasses import replace

import pytest
from support.talk import ONE, USERS, Talk, moment, service

from outlookimap.server.behaviour import Behaviour, Naming
from outlookimap.server.memory_store import MemoryAccount, MemoryStore
from outlookimap.server.store import Incoming, Listed, Problem
from outlookimap.wire.mailbox import encode

NAMING = Naming(
    case_insensitive=True,
    literal_for=b'\\"',
    longest=250,
    deepest=31,
    wildcards=True,
    encoded=True,
    delete_with_inferiors=False,
    rename_across_levels=False,
    subscribe_validates=False,
    any_reference=False,
    marked=True,
)


def store(naming: Naming) -> MemoryStore:
    """Return a store with nothing but INBOX, UIDVALIDITY 100."""
    return MemoryStore(USERS, mailboxes={}, first_uidvalidity=100, moment=moment, naming=naming)


def talk(naming: Naming = NAMING, mail: MemoryStore | None = None) -> Talk:
    """Return a connection that user1 has signed in on."""
    behaviour = Behaviour(naming=naming)
    return Talk(service(behaviour=behaviour, mail=mail or store(naming))).signed_in()


def account(naming: Naming = NAMING) -> MemoryAccount:
    """Return an account with nothing but INBOX."""
    made = store(naming).account("user1")
    assert made is not None
    return made


# ---------------------------------------------------------------- case


@pytest.mark.cites("X10:V0008", "X3:V0008")
def test_case_makes_no_difference_and_the_spelling_of_create_stays() -> None:
    with talk() as one:
        one.script(
            r"""
            C: a CREATE Work
            S: a OK CREATE completed.
            C: b CREATE WORK
            S: b NO There is a mailbox of this name.
            C: c CREATE wORK/Plans
            S: c OK CREATE completed.
            C: d LIST "" w*
            S: * LIST (\HasChildren) "/" Work
            S: * LIST (\HasNoChildren) "/" Work/Plans
            S: d OK LIST completed.
            C: e STATUS work/PLANS (MESSAGES)
            S: * STATUS Work/Plans (MESSAGES 0)
            S: e OK STATUS completed.
            C: f SUBSCRIBE WORK
            S: f OK SUBSCRIBE completed.
            C: g LSUB "" "*"
            S: * LSUB (\HasNoChildren) "/" INBOX
            S: * LSUB (\HasChildren) "/" Work
            S: g OK LSUB completed.
            C: h UNSUBSCRIBE work
            S: h OK UNSUBSCRIBE completed.
            C: i LSUB "" "*"
            S: * LSUB (\HasNoChildren) "/" INBOX
            S: i OK LSUB completed.
            C: j DELETE WORK/plans
            S: j OK DELETE completed.
            C: k CREATE work/PLANS
            S: k OK CREATE completed.
            C: l RENAME WORK/plans later
            S: l OK RENAME completed.
            C: m RENAME LATER work
            S: m NO There is a mailbox of this name.
            C: n LIST "" "*"
            S: * LIST (\HasNoChildren) "/" INBOX
            S: * LIST (\HasNoChildren) "/" Work
            S: * LIST (\HasNoChildren) "/" later
            S: n OK LIST completed.
            C: o CREATE inbox/sub
            S: o OK CREATE completed.
            C: p LIST InBox/ S%
            S: * LIST (\HasNoChildren) "/" INBOX/sub
            S: p OK LIST completed.
            """
        )


@pytest.mark.cites("X10:V0008")
def test_case_is_that_of_the_text_and_not_of_its_encoding() -> None:
    with talk() as one:
        one.script(
            r"""
            C: a CREATE &ANw-ber
            S: a OK CREATE completed.
            C: b CREATE &APw-BER
            S: b NO There is a mailbox of this name.
            C: c CREATE &anw-ber
            S: c OK CREATE completed.
            C: d LIST "" &APw-*
            S: * LIST (\HasNoChildren) "/" &ANw-ber
            S: d OK LIST completed.
            """
        )


def test_a_name_that_is_deleted_loses_its_spelling() -> None:
    made = account()
    made.create(b"Work")
    made.delete(b"work")
    made.create(b"WORK")
    assert made.names() == [Listed(b"INBOX"), Listed(b"WORK")]


# ---------------------------------------------------------------- octets


@pytest.mark.cites("X10:V0009", "X10:V0010", "X10:V0030", "X10:V0033", "X3:V0010")
def test_a_backslash_and_a_double_quote_make_a_literal_other_specials_quotes() -> None:
    with talk() as one:
        one.script(
            r"""
            C: a CREATE "a\\b"
            S: a OK CREATE completed.
            C: b CREATE "say \"hi\""
            S: b OK CREATE completed.
            C: c CREATE "(x) {y} %*"
            S: c OK CREATE completed.
            C: d CREATE "a]b"
            S: d OK CREATE completed.
            C: e LIST "" "*"
            S: * LIST (\HasNoChildren) "/" INBOX
            S: * LIST (\HasNoChildren) "/" "(x) {y} %*"
            S: * LIST (\HasNoChildren) "/" {3}
            S: a\b
            S: * LIST (\HasNoChildren) "/" "a]b"
            S: * LIST (\HasNoChildren) "/" {8}
            S: say "hi"
            S: e OK LIST completed.
            C: f SUBSCRIBE {3}
            S: + Ready for additional command text.
            C: a\b
            S: f OK SUBSCRIBE completed.
            C: g LSUB "" A*
            S: * LSUB (\HasNoChildren) "/" {3}
            S: a\b
            S: g OK LSUB completed.
            C: h STATUS "say \"hi\"" (MESSAGES)
            S: * STATUS {8}
            S: say "hi" (MESSAGES 0)
            S: h OK STATUS completed.
            """
        )


@pytest.mark.cites(
    "X10:V0009", "X10:V0030", "X10:V0033", "X3:V0009", "X3:V0028", "X3:V0031", "X1:2.2.4", "X1:2.2.5", "X1:2.3.1"
)  # fmt: skip
def test_where_a_backslash_alone_makes_a_literal() -> None:
    with talk(replace(NAMING, literal_for=b"\\")) as one:
        one.script(
            r"""
            C: a CREATE "say \"hi\""
            S: a OK CREATE completed.
            C: b CREATE "s\\"
            S: b OK CREATE completed.
            C: c LIST "" s*
            S: * LIST (\HasNoChildren) "/" {2}
            S: s\
            S: * LIST (\HasNoChildren) "/" "say \"hi\""
            S: c OK LIST completed.
            C: d SUBSCRIBE "s\\"
            S: d OK SUBSCRIBE completed.
            C: e SUBSCRIBE "say \"hi\""
            S: e OK SUBSCRIBE completed.
            C: f LSUB "" s*
            S: * LSUB (\HasNoChildren) "/" {2}
            S: s\
            S: * LSUB (\HasNoChildren) "/" "say \"hi\""
            S: f OK LSUB completed.
            """
        )


@pytest.mark.cites("X10:V0010", "X10:V0012", "X3:V0010", "X3:V0012")
def test_wildcards_number_signs_and_ampersands() -> None:
    with talk() as one:
        one.script(
            r"""
            C: a CREATE "a*b"
            S: a OK CREATE completed.
            C: b CREATE a*c
            S: b BAD The command cannot be read.
            C: c CREATE axxb
            S: c OK CREATE completed.
            C: d LIST "" "a*b"
            S: * LIST (\HasNoChildren) "/" "a*b"
            S: * LIST (\HasNoChildren) "/" axxb
            S: d OK LIST completed.
            C: e CREATE #news
            S: e OK CREATE completed.
            C: f CREATE R&-D
            S: f OK CREATE completed.
            C: g CREATE R&D
            S: g NO A mailbox cannot have this name.
            C: h CREATE "100%"
            S: h OK CREATE completed.
            C: i LIST "" "%"
            S: * LIST (\HasNoChildren) "/" INBOX
            S: * LIST (\HasNoChildren) "/" #news
            S: * LIST (\HasNoChildren) "/" "100%"
            S: * LIST (\HasNoChildren) "/" R&-D
            S: * LIST (\HasNoChildren) "/" "a*b"
            S: * LIST (\HasNoChildren) "/" axxb
            S: i OK LIST completed.
            """
        )


# ---------------------------------------------------------------- limits


@pytest.mark.cites("X10:C0002")
def test_a_name_has_31_levels_at_most() -> None:
    with talk() as one:
        deep = "/".join("a" * 31)
        one.script(
            f"""
            C: a CREATE {deep}
            S: a OK CREATE completed.
            C: b CREATE {deep}/a
            S: b NO A mailbox cannot have this name.
            C: c STATUS {deep} (MESSAGES)
            S: * STATUS {deep} (MESSAGES 0)
            S: c OK STATUS completed.
            """
        )


@pytest.mark.cites("X10:C0003")
def test_a_name_has_250_characters_at_most() -> None:
    with talk() as one:
        one.script(
            rf"""
            C: a CREATE {"x" * 250}
            S: a OK CREATE completed.
            C: b CREATE {"y" * 251}
            S: b NO A mailbox cannot have this name.
            C: c RENAME {"x" * 250} {"z" * 251}
            S: c NO A mailbox cannot have this name.
            C: d CREATE a/{"b" * 240}
            S: d OK CREATE completed.
            C: e RENAME a {"c" * 20}
            S: e NO A mailbox cannot have this name.
            C: f LIST "" a*
            S: * LIST (\HasChildren) "/" a
            S: * LIST (\HasNoChildren) "/" a/{"b" * 240}
            S: f OK LIST completed.
            """
        )
    made = account()
    assert made.create(encode("ü" * 250)) is None  # 668 octets, and 250 characters
    assert made.create(encode("ä" * 251)) is Problem.BAD_NAME


@pytest.mark.cites("X10:C0003")
def test_a_longer_name_made_behind_the_clients_backs_is_cut_when_it_is_listed() -> None:
    mail = store(NAMING)
    mail.add("user1", b"x" * 300, [])
    mail.add("user1", encode("ü" * 251), [])
    with talk(mail=mail) as one:
        cut = encode("ü" * 250).decode()
        assert len(cut) == 669  # & - and 667 of base64 for 500 octets
        one.script(
            rf"""
            C: a LIST "" "*"
            S: * LIST (\HasNoChildren) "/" INBOX
            S: * LIST (\HasNoChildren) "/" {cut}
            S: * LIST (\HasNoChildren) "/" {"x" * 250}
            S: a OK LIST completed.
            """
        )


# ---------------------------------------------------------------- hierarchy


@pytest.mark.cites("X10:V0011", "X10:V0026", "X10:V0027", "X10:V0028", "X3:V0011", "X3:V0025", "X3:V0026")
def test_superiors_are_made_inferiors_forbid_delete_and_rename_takes_no_delimiter() -> None:
    with talk() as one:
        one.script(
            r"""
            C: a CREATE a/b/c
            S: a OK CREATE completed.
            C: b LIST "" a*
            S: * LIST (\HasChildren) "/" a
            S: * LIST (\HasChildren) "/" a/b
            S: * LIST (\HasNoChildren) "/" a/b/c
            S: b OK LIST completed.
            C: c STATUS a (UIDVALIDITY)
            S: * STATUS a (UIDVALIDITY 102)
            S: c OK STATUS completed.
            C: d DELETE a/b
            S: d NO This name has inferior names.
            C: e DELETE a/b/c
            S: e OK DELETE completed.
            C: f DELETE a/b
            S: f OK DELETE completed.
            C: g CREATE a/d
            S: g OK CREATE completed.
            C: h RENAME a/d a/e
            S: h BAD A new name holds no hierarchy delimiter.
            C: i RENAME a/d e/
            S: i BAD A new name holds no hierarchy delimiter.
            C: j RENAME nope a/e
            S: j BAD A new name holds no hierarchy delimiter.
            C: k RENAME a/d e
            S: k OK RENAME completed.
            C: l RENAME a f
            S: l OK RENAME completed.
            C: m LIST "" "*"
            S: * LIST (\HasNoChildren) "/" INBOX
            S: * LIST (\HasNoChildren) "/" e
            S: * LIST (\HasNoChildren) "/" f
            S: m OK LIST completed.
            """
        )


def test_superiors_that_are_not_made_must_be_there() -> None:
    made = account(Naming(superiors_created=False))
    assert made.create(b"a/b") is Problem.NO_SUCH_MAILBOX
    assert made.create(b"a") is None
    assert made.create(b"a/b") is None
    assert made.rename(b"a/b", b"c/b") is Problem.NO_SUCH_MAILBOX
    assert made.rename(b"a/b", b"b") is None


@pytest.mark.cites("X10:V0029", "X10:V0034", "X3:V0027", "X3:V0032")
def test_what_is_not_there_can_be_subscribed() -> None:
    with talk() as one:
        one.script(
            r"""
            C: a SUBSCRIBE nope
            S: a OK SUBSCRIBE completed.
            C: b LSUB "" n%
            S: * LSUB (\Noselect \HasNoChildren) "/" nope
            S: b OK LSUB completed.
            C: c LIST "" n%
            S: c OK LIST completed.
            C: d CREATE NOPE
            S: d OK CREATE completed.
            C: e LSUB "" n%
            S: * LSUB (\HasNoChildren) "/" NOPE
            S: e OK LSUB completed.
            C: f SUBSCRIBE "a//b"
            S: f NO A mailbox cannot have this name.
            """
        )


@pytest.mark.cites("X10:V0031", "X10:V0032", "X3:V0029", "X3:V0030")
def test_a_reference_that_is_no_level_lists_nothing_and_no_name_is_hidden() -> None:
    with talk() as one:
        one.script(
            r"""
            C: a CREATE Work/Plans
            S: a OK CREATE completed.
            C: b SUBSCRIBE Work/Plans
            S: b OK SUBSCRIBE completed.
            C: c LIST Work *
            S: c OK LIST completed.
            C: d LIST work/ *
            S: * LIST (\HasNoChildren) "/" Work/Plans
            S: d OK LIST completed.
            C: e LIST nope/ *
            S: e OK LIST completed.
            C: f LIST / *
            S: f OK LIST completed.
            C: g LSUB Work *
            S: g OK LSUB completed.
            C: h LSUB Work/ *
            S: * LSUB (\HasNoChildren) "/" Work/Plans
            S: h OK LSUB completed.
            C: i LIST "" *
            S: * LIST (\HasNoChildren) "/" INBOX
            S: * LIST (\HasChildren) "/" Work
            S: * LIST (\HasNoChildren) "/" Work/Plans
            S: i OK LIST completed.
            C: j LIST Work ""
            S: * LIST (\Noselect) "/" ""
            S: j OK LIST completed.
            """
        )


@pytest.mark.cites("X3:2.1.4")
def test_lsub_with_percent_need_not_show_what_is_not_subscribed() -> None:
    with talk(replace(NAMING, lsub_shows_superiors=False)) as one:
        one.script(
            r"""
            C: a CREATE foo/bar
            S: a OK CREATE completed.
            C: b SUBSCRIBE foo/bar
            S: b OK SUBSCRIBE completed.
            C: c LSUB "" "%"
            S: * LSUB (\HasNoChildren) "/" INBOX
            S: c OK LSUB completed.
            C: d LSUB "" "*"
            S: * LSUB (\HasNoChildren) "/" INBOX
            S: * LSUB (\HasNoChildren) "/" foo/bar
            S: d OK LSUB completed.
            """
        )


@pytest.mark.cites("X10:V0053", "X3:V0051", "X1:2.3.6")
def test_a_mailbox_with_news_is_marked_until_it_is_selected() -> None:
    mail = store(NAMING)
    mail.add("user1", b"Box", [Incoming(ONE)])
    with talk(mail=mail) as one:
        one.script(
            r"""
            C: a LIST "" *
            S: * LIST (\HasNoChildren) "/" INBOX
            S: * LIST (\Marked \HasNoChildren) "/" Box
            S: a OK LIST completed.
            C: b EXAMINE Box
            S: * 1 EXISTS
            S: * 1 RECENT
            S: * FLAGS (\Answered \Flagged \Deleted \Seen \Draft)
            S: * OK [PERMANENTFLAGS ()] Permanent flags.
            S: * OK [UNSEEN 1] The first unseen message.
            S: * OK [UIDVALIDITY 101] UIDVALIDITY value.
            S: * OK [UIDNEXT 2] The next unique identifier value.
            S: b OK [READ-ONLY] EXAMINE completed.
            C: c APPEND box {2+}
            C:
            C:
            S: * 2 EXISTS
            S: * 2 RECENT
            S: c OK [APPENDUID 101 2] APPEND completed.
            C: d LIST "" B%
            S: * LIST (\HasNoChildren) "/" Box
            S: d OK LIST completed.
            C: e CLOSE
            S: e OK CLOSE completed.
            C: f LIST "" B%
            S: * LIST (\HasNoChildren) "/" Box
            S: f OK LIST completed.
            C: g APPEND Box {2+}
            C:
            C:
            S: g OK [APPENDUID 101 3] APPEND completed.
            C: h LIST "" B%
            S: * LIST (\Marked \HasNoChildren) "/" Box
            S: h OK LIST completed.
            """
        )


@pytest.mark.cites("X10:V0053")
def test_without_the_value_nothing_is_marked() -> None:
    naming = replace(NAMING, marked=False)
    mail = store(naming)
    mail.add("user1", b"INBOX", [Incoming(ONE)])
    with talk(naming, mail) as one:
        one.script(
            r"""
            C: a LIST "" *
            S: * LIST (\HasNoChildren) "/" INBOX
            S: a OK LIST completed.
            """
        )
