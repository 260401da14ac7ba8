"""Conversations typed by hand after RFC 3501 and its extensions; the texts are those of the default `Texts`."""

from __future__ import annotations

import pytest
from support.talk import Talk, service

from outlookimap.server.behaviour import Behaviour, Texts

BEFORE = {
    "greeting and capabilities": """
        C: a CAPABILITY
        S: * CAPABILITY IMAP4rev1 AUTH=NTLM AUTH=DIGEST-MD5 AUTH=PLAIN IDLE UIDPLUS NAMESPACE CHILDREN LITERAL+ UNSELECT XLIST SPECIAL-USE
        S: a OK CAPABILITY completed.
        """,  # noqa: E501
    "noop and logout": """
        C: a NOOP
        S: a OK NOOP completed.
        C: b LOGOUT
        S: * BYE Server closing the connection.
        S: b OK LOGOUT completed.
        """,
    "what is not known or not allowed is BAD": """
        C: a FROBNICATE now
        S: a BAD Unknown command.
        C: b SELECT INBOX
        S: b BAD This command is not allowed now.
        C: c FETCH 1 FLAGS
        S: c BAD This command is not allowed now.
        C: d LOGIN onlyuser
        S: d BAD The command cannot be read.
        C: e ID NIL
        S: e BAD Unknown command.
        C: f ENABLE CONDSTORE
        S: f BAD Unknown command.
        C: g STARTTLS
        S: g BAD Unknown command.
        C: (
        S: * BAD The command cannot be read.
        """,
    "a wrong password, a right one, and no second time": """
        C: a LOGIN user1 wrong
        S: a NO LOGIN failed.
        C: b LOGIN nobody secret
        S: b NO LOGIN failed.
        C: c LOGIN {5}
        S: + Ready for additional command text.
        C: user1 "secret"
        S: c OK LOGIN completed.
        C: d LOGIN user1 secret
        S: d BAD This command is not allowed now.
        C: e CAPABILITY
        S: * CAPABILITY IMAP4rev1 AUTH=NTLM AUTH=DIGEST-MD5 AUTH=PLAIN IDLE UIDPLUS NAMESPACE CHILDREN LITERAL+ UNSELECT XLIST SPECIAL-USE
        S: e OK CAPABILITY completed.
        """,  # noqa: E501
    "a literal longer than any argument is refused before it comes": """
        C: a LOGIN {65537}
        S: a NO [TOOBIG] This is larger than the server takes.
        C: b NOOP
        S: b OK NOOP completed.
        """,
}  # fmt: skip

SIGNED_IN = {
    "list": r"""
        C: a LIST "" ""
        S: * LIST (\Noselect) "/" ""
        S: a OK LIST completed.
        C: b LIST "" *
        S: * LIST (\HasNoChildren) "/" INBOX
        S: * LIST (\HasNoChildren \Sent) "/" "Sent Items"
        S: b OK LIST completed.
        C: c LIST (SPECIAL-USE) "" "*" RETURN (CHILDREN)
        S: * LIST (\HasNoChildren \Sent) "/" "Sent Items"
        S: c OK LIST completed.
        C: d LIST (SUBSCRIBED) "" "*"
        S: d BAD The command cannot be read.
        C: e LIST "" inbox
        S: * LIST (\HasNoChildren) "/" INBOX
        S: e OK LIST completed.
        """,
    "xlist": r"""
        C: a XLIST "" ""
        S: * XLIST (\Noselect) "/" ""
        S: a OK XLIST completed.
        C: b XLIST "" "*"
        S: * XLIST (\HasNoChildren \Inbox) "/" INBOX
        S: * XLIST (\HasNoChildren \Sent) "/" "Sent Items"
        S: b OK XLIST completed.
        C: c CREATE Junk (USE (\Junk))
        S: c OK CREATE completed.
        C: d XLIST "" J%
        S: * XLIST (\HasNoChildren \Spam) "/" Junk
        S: d OK XLIST completed.
        """,
    "the hierarchy": r"""
        C: a CREATE Work/2024/
        S: a OK CREATE completed.
        C: b LIST "" "%"
        S: * LIST (\HasNoChildren) "/" INBOX
        S: * LIST (\HasNoChildren \Sent) "/" "Sent Items"
        S: * LIST (\HasChildren) "/" Work
        S: b OK LIST completed.
        C: c LIST Work/ %
        S: * LIST (\HasNoChildren) "/" Work/2024
        S: c OK LIST completed.
        C: d CREATE Work
        S: d NO There is a mailbox of this name.
        C: e CREATE "a//b"
        S: e NO A mailbox cannot have this name.
        C: f DELETE Work
        S: f OK DELETE completed.
        C: g SELECT Work
        S: g NO This name holds no messages.
        C: h DELETE Work
        S: h NO This name has inferior names.
        C: i LIST "" W*
        S: * LIST (\Noselect \HasChildren) "/" Work
        S: * LIST (\HasNoChildren) "/" Work/2024
        S: i OK LIST completed.
        C: j RENAME Work Play/Old
        S: j OK RENAME completed.
        C: k LIST "" Play*
        S: * LIST (\HasChildren) "/" Play
        S: * LIST (\Noselect \HasChildren) "/" Play/Old
        S: * LIST (\HasNoChildren) "/" Play/Old/2024
        S: k OK LIST completed.
        C: l RENAME Nope There
        S: l NO There is no such mailbox.
        C: m DELETE INBOX
        S: m NO This cannot be done with INBOX.
        C: n DELETE nope
        S: n NO There is no such mailbox.
        """,
    "subscriptions": r"""
        C: a LSUB "" ""
        S: * LSUB (\Noselect) "/" ""
        S: a OK LSUB completed.
        C: b LSUB "" *
        S: * LSUB (\HasNoChildren) "/" INBOX
        S: * LSUB (\HasNoChildren \Sent) "/" "Sent Items"
        S: b OK LSUB completed.
        C: c UNSUBSCRIBE "Sent Items"
        S: c OK UNSUBSCRIBE completed.
        C: d CREATE foo/bar
        S: d OK CREATE completed.
        C: e SUBSCRIBE foo/bar
        S: e OK SUBSCRIBE completed.
        C: f LSUB "" "%"
        S: * LSUB (\HasNoChildren) "/" INBOX
        S: * LSUB (\Noselect \HasChildren) "/" foo
        S: f OK LSUB completed.
        C: g DELETE foo/bar
        S: g OK DELETE completed.
        C: h LSUB "" "*"
        S: * LSUB (\HasNoChildren) "/" INBOX
        S: * LSUB (\Noselect \HasNoChildren) "/" foo/bar
        S: h OK LSUB completed.
        C: i SUBSCRIBE nope
        S: i NO There is no such mailbox.
        """,
    "status": r"""
        C: a STATUS inbox (MESSAGES RECENT UIDNEXT UIDVALIDITY UNSEEN)
        S: * STATUS INBOX (MESSAGES 3 RECENT 0 UIDNEXT 4 UIDVALIDITY 100 UNSEEN 2)
        S: a OK STATUS completed.
        C: b STATUS "Sent Items" (UNSEEN)
        S: * STATUS "Sent Items" (UNSEEN 0)
        S: b OK STATUS completed.
        C: c STATUS nope (UNSEEN)
        S: c NO There is no such mailbox.
        C: d STATUS INBOX (FROBNICATED)
        S: d BAD The command cannot be read.
        """,
    "namespace": """
        C: a NAMESPACE
        S: * NAMESPACE (("" "/")) NIL NIL
        S: a OK NAMESPACE completed.
        """,
    "select, examine and leaving": r"""
        C: a SELECT nope
        S: a NO There is no such mailbox.
        C: b EXAMINE "Sent Items"
        S: * 0 EXISTS
        S: * 0 RECENT
        S: * FLAGS (\Answered \Flagged \Deleted \Seen \Draft)
        S: * OK [PERMANENTFLAGS ()] Permanent flags.
        S: * OK [UIDVALIDITY 101] UIDVALIDITY value.
        S: * OK [UIDNEXT 1] The next unique identifier value.
        S: b OK [READ-ONLY] EXAMINE completed.
        C: c FETCH 1:* FLAGS
        S: c OK FETCH completed.
        C: d UID FETCH 1:* FLAGS
        S: d OK UID FETCH completed.
        C: e UNSELECT
        S: e OK UNSELECT completed.
        C: f CHECK
        S: f BAD This command is not allowed now.
        """,
    "append": r"""
        C: a APPEND "Sent Items" (\Seen $Work) "05-Mar-2024 06:07:08 -0130" {26}
        S: + Ready for additional command text.
        C: Subject: three
        C:
        C: Third.
        C:
        S: a OK [APPENDUID 101 1] APPEND completed.
        C: b APPEND "Sent Items" {26+}
        C: Subject: three
        C:
        C: Third.
        C:
        S: b OK [APPENDUID 101 2] APPEND completed.
        C: c APPEND nope {2}
        S: + Ready for additional command text.
        C:
        C:
        S: c NO [TRYCREATE] There is no such mailbox.
        C: d SELECT "Sent Items"
        S: * 2 EXISTS
        S: * 2 RECENT
        S: * FLAGS (\Answered \Flagged \Deleted \Seen \Draft $Work)
        S: * OK [PERMANENTFLAGS (\Answered \Flagged \Deleted \Seen \Draft \*)] Permanent flags.
        S: * OK [UNSEEN 2] The first unseen message.
        S: * OK [UIDVALIDITY 101] UIDVALIDITY value.
        S: * OK [UIDNEXT 3] The next unique identifier value.
        S: d OK [READ-WRITE] SELECT completed.
        C: e FETCH 1:2 (FLAGS INTERNALDATE RFC822.SIZE)
        S: * 1 FETCH (FLAGS (\Seen $Work \Recent) INTERNALDATE "05-Mar-2024 06:07:08 -0130" RFC822.SIZE 26)
        S: * 2 FETCH (FLAGS (\Recent) INTERNALDATE "03-Feb-2024 04:05:06 +0200" RFC822.SIZE 26)
        S: e OK FETCH completed.
        """,
    "append to a name without messages, with a date that is none, with a flag that is none": r"""
        C: a CREATE x/y
        S: a OK CREATE completed.
        C: b DELETE x
        S: b OK DELETE completed.
        C: c APPEND x {2+}
        C:
        C:
        S: c NO This name holds no messages.
        C: d APPEND INBOX "00-Jan-0000 00:00:00 +0000" {2+}
        C:
        C:
        S: d BAD The command cannot be read.
        C: f APPEND INBOX "01-Jan-2024 00:00:00 +9999" {2+}
        C:
        C:
        S: f BAD The command cannot be read.
        C: g APPEND INBOX "01-Jan-0500 00:00:00 +0000" {2+}
        C:
        C:
        S: g BAD This is no date and time.
        C: e APPEND INBOX (a[]b) {2+}
        C:
        C:
        S: e BAD This is no flag.
        """,
    "rename INBOX": r"""
        C: a RENAME INBOX Old
        S: a OK RENAME completed.
        C: b STATUS INBOX (MESSAGES UIDNEXT)
        S: * STATUS INBOX (MESSAGES 0 UIDNEXT 4)
        S: b OK STATUS completed.
        C: c STATUS Old (MESSAGES UNSEEN)
        S: * STATUS Old (MESSAGES 3 UNSEEN 2)
        S: c OK STATUS completed.
        """,
    "idle without a mailbox": """
        C: a IDLE
        S: + IDLE accepted, awaiting DONE.
        C: DONE
        S: a OK IDLE completed.
        C: b IDLE
        S: + IDLE accepted, awaiting DONE.
        C: x NOOP
        S: b BAD DONE was expected.
        C: c NOOP
        S: c OK NOOP completed.
        """,
}

SELECTED = {
    "flags, dates, sizes and numbers": r"""
        C: a FETCH 1:3 (FLAGS UID)
        S: * 1 FETCH (FLAGS (\Seen) UID 1)
        S: * 2 FETCH (FLAGS () UID 2)
        S: * 3 FETCH (FLAGS (\Flagged $Work) UID 3)
        S: a OK FETCH completed.
        C: b UID FETCH 2,3:* (FLAGS)
        S: * 2 FETCH (UID 2 FLAGS ())
        S: * 3 FETCH (UID 3 FLAGS (\Flagged $Work))
        S: b OK UID FETCH completed.
        C: c FETCH 2 FAST
        S: * 2 FETCH (FLAGS () INTERNALDATE "02-Jan-2024 10:00:00 +0000" RFC822.SIZE 82)
        S: c OK FETCH completed.
        C: d UID FETCH 900:* UID
        S: * 3 FETCH (UID 3)
        S: d OK UID FETCH completed.
        C: e UID FETCH 900 (UID)
        S: e OK UID FETCH completed.
        C: f FETCH 4 UID
        S: f BAD The set names messages that do not exist.
        C: g FETCH *:2 UID
        S: * 2 FETCH (UID 2)
        S: * 3 FETCH (UID 3)
        S: g OK FETCH completed.
        C: h UID FETCH 3,1:2,2 UID
        S: * 1 FETCH (UID 1)
        S: * 2 FETCH (UID 2)
        S: * 3 FETCH (UID 3)
        S: h OK UID FETCH completed.
        """,
    "peeking changes nothing": r"""
        C: a UID FETCH 2 (UID FLAGS BODY.PEEK[])
        S: * 2 FETCH (UID 2 FLAGS () BODY[] {82}
        S: From: b@example.com
        S: To: c@example.com
        S: 	,d@example.com
        S: Subject: two
        S:
        S: Second.
        S: )
        S: a OK UID FETCH completed.
        C: b FETCH 3 RFC822.PEEK
        S: * 3 FETCH (RFC822 {26}
        S: Subject: three
        S:
        S: Third.
        S: )
        S: b OK FETCH completed.
        C: c FETCH 2 (RFC822.HEADER FLAGS)
        S: * 2 FETCH (RFC822.HEADER {73}
        S: From: b@example.com
        S: To: c@example.com
        S: 	,d@example.com
        S: Subject: two
        S:
        S:  FLAGS ())
        S: c OK FETCH completed.
        """,
    "reading sets the flag and says so": r"""
        C: a FETCH 2 RFC822
        S: * 2 FETCH (RFC822 {82}
        S: From: b@example.com
        S: To: c@example.com
        S: 	,d@example.com
        S: Subject: two
        S:
        S: Second.
        S:  FLAGS (\Seen))
        S: a OK FETCH completed.
        C: b FETCH 2:3 (FLAGS BODY[TEXT])
        S: * 2 FETCH (FLAGS (\Seen) BODY[TEXT] {9}
        S: Second.
        S: )
        S: * 3 FETCH (FLAGS (\Flagged \Seen $Work) BODY[TEXT] {8}
        S: Third.
        S: )
        S: b OK FETCH completed.
        """,
    "parts of a header and of a message": r"""
        C: a FETCH 2 (BODY.PEEK[HEADER.FIELDS (Subject TO Nope)])
        S: * 2 FETCH (BODY[HEADER.FIELDS (Subject TO Nope)] {52}
        S: To: c@example.com
        S: 	,d@example.com
        S: Subject: two
        S:
        S: )
        S: a OK FETCH completed.
        C: b FETCH 2 (BODY.PEEK[HEADER.FIELDS.NOT (Subject TO)])
        S: * 2 FETCH (BODY[HEADER.FIELDS.NOT (Subject TO)] {23}
        S: From: b@example.com
        S:
        S: )
        S: b OK FETCH completed.
        C: c FETCH 1 BODY.PEEK[HEADER]
        S: * 1 FETCH (BODY[HEADER] {37}
        S: From: a@example.com
        S: Subject: one
        S:
        S: )
        S: c OK FETCH completed.
        C: d FETCH 1 BODY[TEXT]<2.3>
        S: * 1 FETCH (BODY[TEXT]<2> {3}
        S: rst)
        S: d OK FETCH completed.
        C: e FETCH 1 RFC822.TEXT
        S: * 1 FETCH (RFC822.TEXT {8}
        S: First.
        S: )
        S: e OK FETCH completed.
        C: f FETCH 1 BODY[]<100.10>
        S: * 1 FETCH (BODY[]<100> {0}
        S: )
        S: f OK FETCH completed.
        """,
    "the structure of a message, and its parts": r"""
        C: a FETCH 1 ALL
        S: * 1 FETCH (FLAGS (\Seen) INTERNALDATE "01-Jan-2024 10:00:00 +0000" RFC822.SIZE 45 ENVELOPE (NIL "one" ((NIL NIL "a" "example.com")) ((NIL NIL "a" "example.com")) ((NIL NIL "a" "example.com")) NIL NIL NIL NIL NIL))
        S: a OK FETCH completed.
        C: b FETCH 1 (FLAGS BODYSTRUCTURE)
        S: * 1 FETCH (FLAGS (\Seen) BODYSTRUCTURE ("TEXT" "PLAIN" ("CHARSET" "US-ASCII") NIL NIL "7BIT" 8 1 NIL NIL NIL NIL))
        S: b OK FETCH completed.
        C: c UID FETCH 3 full
        S: * 3 FETCH (UID 3 FLAGS (\Flagged $Work) INTERNALDATE "03-Jan-2024 10:00:00 +0000" RFC822.SIZE 26 ENVELOPE (NIL "three" NIL NIL NIL NIL NIL NIL NIL NIL) BODY ("TEXT" "PLAIN" ("CHARSET" "US-ASCII") NIL NIL "7BIT" 8 1))
        S: c OK UID FETCH completed.
        C: d FETCH 3 (BODY.PEEK[1.MIME] BODY.PEEK[1]<2.3> BODY.PEEK[2] BODY.PEEK[2]<9.9>)
        S: * 3 FETCH (BODY[1.MIME] {18}
        S: Subject: three
        S:
        S:  BODY[1]<2> {3}
        S: ird BODY[2] NIL BODY[2]<9> NIL)
        S: d OK FETCH completed.
        C: e FETCH 3 (BODY.PEEK[1] BODY[1] FLAGS RFC822.SIZE)
        S: * 3 FETCH (BODY[1] {8}
        S: Third.
        S:  FLAGS (\Flagged \Seen $Work) RFC822.SIZE 26)
        S: e OK FETCH completed.
        C: f FETCH 3 BODY[0]
        S: f BAD The command cannot be read.
        C: g FETCH 3 BODY[MIME]
        S: g BAD The command cannot be read.
        """,  # noqa: E501
    "store": r"""
        C: a STORE 1 +FLAGS (\Deleted)
        S: * 1 FETCH (FLAGS (\Deleted \Seen))
        S: a OK STORE completed.
        C: b UID STORE 2:3 +FLAGS (\Deleted \Seen)
        S: * 2 FETCH (UID 2 FLAGS (\Deleted \Seen))
        S: * 3 FETCH (UID 3 FLAGS (\Flagged \Deleted \Seen $Work))
        S: b OK UID STORE completed.
        C: c UID STORE 3 -FLAGS.SILENT (\deleted $WORK)
        S: c OK UID STORE completed.
        C: d FETCH 3 FLAGS
        S: * 3 FETCH (FLAGS (\Flagged \Seen))
        S: d OK FETCH completed.
        C: e STORE 3 FLAGS ()
        S: * 3 FETCH (FLAGS ())
        S: e OK STORE completed.
        C: f STORE 3 FLAGS new \Draft NEW
        S: * 3 FETCH (FLAGS (\Draft new))
        S: f OK STORE completed.
        C: g STORE 9 FLAGS ()
        S: g BAD The set names messages that do not exist.
        C: h UID STORE 9 FLAGS ()
        S: h OK UID STORE completed.
        C: i STORE 3 +FLAGS (\Recent)
        S: i BAD The command cannot be read.
        C: j STORE 3 +FLAGS (a[]b)
        S: j BAD This is no flag.
        """,
    "expunge, and the numbers after it": r"""
        C: a STORE 1:2 +FLAGS.SILENT (\Deleted)
        S: a OK STORE completed.
        C: b UID EXPUNGE 2:9
        S: * 2 EXPUNGE
        S: b OK UID EXPUNGE completed.
        C: c FETCH 1:* UID
        S: * 1 FETCH (UID 1)
        S: * 2 FETCH (UID 3)
        S: c OK FETCH completed.
        C: d EXPUNGE
        S: * 1 EXPUNGE
        S: d OK EXPUNGE completed.
        C: e UID FETCH 1:* (FLAGS)
        S: * 1 FETCH (UID 3 FLAGS (\Flagged $Work))
        S: e OK UID FETCH completed.
        C: f EXPUNGE
        S: f OK EXPUNGE completed.
        """,
    "close expunges without a word": r"""
        C: a STORE 2 +FLAGS.SILENT (\Deleted)
        S: a OK STORE completed.
        C: b CLOSE
        S: b OK CLOSE completed.
        C: c STATUS INBOX (MESSAGES)
        S: * STATUS INBOX (MESSAGES 2)
        S: c OK STATUS completed.
        C: d CLOSE
        S: d BAD This command is not allowed now.
        """,
    "opened for reading only": r"""
        C: a EXAMINE INBOX
        S: * 3 EXISTS
        S: * 0 RECENT
        S: * FLAGS (\Answered \Flagged \Deleted \Seen \Draft $Work)
        S: * OK [PERMANENTFLAGS ()] Permanent flags.
        S: * OK [UNSEEN 2] The first unseen message.
        S: * OK [UIDVALIDITY 100] UIDVALIDITY value.
        S: * OK [UIDNEXT 4] The next unique identifier value.
        S: a OK [READ-ONLY] EXAMINE completed.
        C: b STORE 1 FLAGS ()
        S: b NO The mailbox was opened for reading only.
        C: c EXPUNGE
        S: c NO The mailbox was opened for reading only.
        C: d FETCH 2 (FLAGS BODY[TEXT])
        S: * 2 FETCH (FLAGS () BODY[TEXT] {9}
        S: Second.
        S: )
        S: d OK FETCH completed.
        C: e CHECK
        S: e OK CHECK completed.
        C: f CLOSE
        S: f OK CLOSE completed.
        """,
    "copy": r"""
        C: a UID COPY 1,3 "Sent Items"
        S: a OK [COPYUID 101 1,3 1:2] UID COPY completed.
        C: b COPY 2 inbox
        S: * 4 EXISTS
        S: * 1 RECENT
        S: b OK [COPYUID 100 2 4] COPY completed.
        C: c COPY 1 nope
        S: c NO [TRYCREATE] There is no such mailbox.
        C: d COPY 9 inbox
        S: d BAD The set names messages that do not exist.
        C: e UID COPY 99 inbox
        S: e OK UID COPY completed.
        C: f SELECT "Sent Items"
        S: * 2 EXISTS
        S: * 2 RECENT
        S: * FLAGS (\Answered \Flagged \Deleted \Seen \Draft $Work)
        S: * OK [PERMANENTFLAGS (\Answered \Flagged \Deleted \Seen \Draft \*)] Permanent flags.
        S: * OK [UNSEEN 2] The first unseen message.
        S: * OK [UIDVALIDITY 101] UIDVALIDITY value.
        S: * OK [UIDNEXT 3] The next unique identifier value.
        S: f OK [READ-WRITE] SELECT completed.
        C: g FETCH 1:2 (FLAGS INTERNALDATE)
        S: * 1 FETCH (FLAGS (\Seen \Recent) INTERNALDATE "01-Jan-2024 10:00:00 +0000")
        S: * 2 FETCH (FLAGS (\Flagged $Work \Recent) INTERNALDATE "03-Jan-2024 10:00:00 +0000")
        S: g OK FETCH completed.
        """,
    "append to the selected mailbox": """
        C: a APPEND INBOX {26}
        S: + Ready for additional command text.
        C: Subject: three
        C:
        C: Third.
        C:
        S: * 4 EXISTS
        S: * 1 RECENT
        S: a OK [APPENDUID 100 4] APPEND completed.
        """,
    "search": """
        C: a SEARCH ALL
        S: * SEARCH 1 2 3
        S: a OK SEARCH completed.
        C: b SEARCH UNSEEN
        S: * SEARCH 2 3
        S: b OK SEARCH completed.
        C: c UID SEARCH UID 2:* SINCE 3-Jan-2024
        S: * SEARCH 3
        S: c OK UID SEARCH completed.
        C: d SEARCH BEFORE 2-Jan-2024
        S: * SEARCH 1
        S: d OK SEARCH completed.
        C: e SEARCH ON 2-Jan-2024 NOT SEEN
        S: * SEARCH 2
        S: e OK SEARCH completed.
        C: f SEARCH OR FLAGGED (SEEN SMALLER 46) UNDELETED
        S: * SEARCH 1 3
        S: f OK SEARCH completed.
        C: g SEARCH LARGER 45
        S: * SEARCH 2
        S: g OK SEARCH completed.
        C: h SEARCH KEYWORD $work
        S: * SEARCH 3
        S: h OK SEARCH completed.
        C: i SEARCH UNKEYWORD $work 1:2
        S: * SEARCH 1 2
        S: i OK SEARCH completed.
        C: j SEARCH NEW
        S: * SEARCH
        S: j OK SEARCH completed.
        C: k SEARCH OLD NOT RECENT 3
        S: * SEARCH 3
        S: k OK SEARCH completed.
        C: l SEARCH CHARSET utf-8 1
        S: * SEARCH 1
        S: l OK SEARCH completed.
        """,
    "search that is refused": """
        C: d SEARCH CHARSET KOI8-R SEEN
        S: d NO [BADCHARSET (US-ASCII UTF-8)] This charset is not supported.
        C: e SEARCH 7
        S: e BAD The set names messages that do not exist.
        """,
    "a failed SELECT leaves no mailbox": """
        C: a SELECT nope
        S: a NO There is no such mailbox.
        C: b FETCH 1 FLAGS
        S: b BAD This command is not allowed now.
        """,
    "several commands in one write": r"""
        C: a NOOP
        C: b STORE 1 +FLAGS.SILENT (\Deleted)
        C: c EXPUNGE
        C: d NOOP
        S: a OK NOOP completed.
        S: b OK STORE completed.
        S: * 1 EXPUNGE
        S: c OK EXPUNGE completed.
        S: d OK NOOP completed.
        """,
    "a name that cannot be spelled as it should be": """
        C: a FETCH 1 (BODY.PEEK[HEADER.FIELDS ("a b" {3+}
        C: x:y)])
        S: * 1 FETCH (BODY[HEADER.FIELDS ("a b" x:y)] {2}
        S:
        S: )
        S: a OK FETCH completed.
        """,
}  # fmt: skip


@pytest.mark.parametrize("script", BEFORE.values(), ids=BEFORE)
def test_before_sign_in(script: str) -> None:
    with Talk() as talk:
        talk.greeted().script(script)


@pytest.mark.parametrize("script", SIGNED_IN.values(), ids=SIGNED_IN)
def test_signed_in(script: str) -> None:
    with Talk() as talk:
        talk.signed_in().script(script)


@pytest.mark.parametrize("script", SELECTED.values(), ids=SELECTED)
def test_selected(script: str) -> None:
    with Talk() as talk:
        talk.selected().script(script)


@pytest.mark.parametrize("script", SELECTED.values(), ids=SELECTED)
def test_selected_octet_by_octet(script: str) -> None:
    with Talk() as talk:
        talk.selected()
        talk.chunk = 1
        talk.script(script)


IMAP4 = Behaviour(capabilities_before_tls=(b"IMAP4",), capabilities_after_tls=(b"IMAP4",))
IMAP4_SCRIPT = r"""
    C: a CAPABILITY
    S: * CAPABILITY IMAP4
    S: a OK CAPABILITY completed.
    C: b LOGIN user1 secret
    S: b OK LOGIN completed.
    C: c XLIST "" ""
    S: c BAD Unknown command.
    C: d IDLE
    S: d BAD Unknown command.
    C: e NAMESPACE
    S: e BAD Unknown command.
    C: f LIST "" "*"
    S: * LIST () "/" INBOX
    S: * LIST (\Sent) "/" "Sent Items"
    S: f OK LIST completed.
    C: g APPEND "Sent Items" {2+}
    C:
    C:
    S: g OK APPEND completed.
    C: h EXAMINE "Sent Items"
    S: * 1 EXISTS
    S: * 1 RECENT
    S: * FLAGS (\Answered \Flagged \Deleted \Seen \Draft)
    S: * OK [PERMANENTFLAGS ()] Permanent flags.
    S: * OK [UNSEEN 1] The first unseen message.
    S: * OK [UIDVALIDITY 101] UIDVALIDITY value.
    S: * OK [UIDNEXT 2] The next unique identifier value.
    S: h OK [READ-ONLY] EXAMINE completed.
    C: i COPY 1 INBOX
    S: i OK COPY completed.
    C: j UID FETCH 1 (UID FLAGS RFC822.SIZE RFC822.HEADER)
    S: * 1 FETCH (UID 1 FLAGS (\Recent) RFC822.SIZE 2 RFC822.HEADER {2}
    S:
    S: )
    S: j OK UID FETCH completed.
    """


def test_a_server_that_lists_nothing_but_imap4() -> None:
    with Talk(service(behaviour=IMAP4)) as talk:
        talk.greeted().script(IMAP4_SCRIPT)


def test_move_and_id_where_they_are_listed() -> None:
    listed = (b"IMAP4rev1", b"MOVE", b"UIDPLUS", b"ID")
    behaviour = Behaviour(capabilities_after_tls=listed, identity=((b"name", b"test"), (b"version", None)))
    with Talk(service(behaviour=behaviour)) as talk:
        talk.selected().script(
            r"""
            C: a ID ("name" "client")
            S: * ID ("name" "test" "version" NIL)
            S: a OK ID completed.
            C: b UID MOVE 1,3 "Sent Items"
            S: * OK [COPYUID 101 1,3 1:2] Copied.
            S: * 1 EXPUNGE
            S: * 2 EXPUNGE
            S: b OK UID MOVE completed.
            C: c MOVE 1 nope
            S: c NO [TRYCREATE] There is no such mailbox.
            C: d UID MOVE 77 INBOX
            S: d OK UID MOVE completed.
            C: e EXAMINE "Sent Items"
            S: * 2 EXISTS
            S: * 2 RECENT
            S: * FLAGS (\Answered \Flagged \Deleted \Seen \Draft $Work)
            S: * OK [PERMANENTFLAGS ()] Permanent flags.
            S: * OK [UNSEEN 2] The first unseen message.
            S: * OK [UIDVALIDITY 101] UIDVALIDITY value.
            S: * OK [UIDNEXT 3] The next unique identifier value.
            S: e OK [READ-ONLY] EXAMINE completed.
            C: f MOVE 1 INBOX
            S: f NO The mailbox was opened for reading only.
            """
        )


def test_keywords_that_a_mailbox_does_not_keep_are_dropped() -> None:
    behaviour = Behaviour(permanent_flags=(b"\\Seen", b"$MDNSent"))
    with Talk(service(behaviour=behaviour)) as talk:
        talk.signed_in().script(
            r"""
            C: a SELECT "Sent Items"
            S: * 0 EXISTS
            S: * 0 RECENT
            S: * FLAGS (\Answered \Flagged \Deleted \Seen \Draft)
            S: * OK [PERMANENTFLAGS (\Seen $MDNSent)] Permanent flags.
            S: * OK [UIDVALIDITY 101] UIDVALIDITY value.
            S: * OK [UIDNEXT 1] The next unique identifier value.
            S: a OK [READ-WRITE] SELECT completed.
            C: b APPEND "Sent Items" (\Seen \Flagged $mdnsent other) {2+}
            C:
            C:
            S: * 1 EXISTS
            S: * 1 RECENT
            S: b OK [APPENDUID 101 1] APPEND completed.
            C: c STORE 1 +FLAGS (\Deleted other)
            S: * 1 FETCH (FLAGS (\Seen $mdnsent \Recent))
            S: c OK STORE completed.
            """
        )


def test_texts_are_data() -> None:
    texts = Texts(greeting=b"The greeting", completed=b"%s is done")
    with Talk(service(behaviour=Behaviour(texts=texts))) as talk:
        talk.script(
            """
            S: * OK The greeting
            C: a NOOP
            S: a OK NOOP is done
            """
        )


def test_a_message_beyond_the_limit() -> None:
    with Talk(service(behaviour=Behaviour(append_limit=10))) as talk:
        talk.signed_in().script(
            """
            C: a APPEND INBOX {11}
            S: a NO [TOOBIG] This is larger than the server takes.
            C: b NOOP
            S: b OK NOOP completed.
            C: c APPEND INBOX {11+}
            C: 123456789
            C:
            S: c NO [TOOBIG] This is larger than the server takes.
            C: d APPEND INBOX {10}
            S: + Ready for additional command text.
            C: 12345678
            C:
            S: d OK [APPENDUID 100 4] APPEND completed.
            """
        )


def test_a_message_with_nul() -> None:
    with Talk() as talk:
        talk.signed_in().say(b"a APPEND INBOX {3+}\r\n\0\r\n\r\n")
        talk.hear(b"a BAD A message holds no NUL.\r\n")


def test_a_field_that_cannot_be_written_again_fails_alone() -> None:
    with Talk() as talk:
        talk.selected().say(b"a FETCH 1 BODY.PEEK[HEADER.FIELDS ({1+}\r\n\0)]\r\nb NOOP\r\n")
        talk.hear(b"a NO FETCH failed.\r\nb OK NOOP completed.\r\n")
