r"""One conversation for each statement that lint can see of a server, right and with the line that breaks it.

Typed by hand, after the documents; knows no test.
"""

from __future__ import annotations

from support.server_row import (
    APPEND,
    BELOW,
    DEEP,
    ENVELOPE,
    KEYWORD_RIGHT,
    LONG,
    NESTED,
    ONE,
    SEARCHES,
    STRUCTURE,
    inside,
    listing,
    mail,
    needing,
    one,
    rows,
    said,
)
from support.server_rows_sign_in import GRAMMAR, SIGN_IN

NAMES = (
    *rows("V0011", listing('* LIST () "/" xy'), listing('* LIST () "." xy')),
    *rows(
        "V0011",
        inside(said("NAMESPACE", '* NAMESPACE (("" "/")) NIL NIL')),
        inside(said("NAMESPACE", '* NAMESPACE (("" ".")) NIL NIL')),
        "NAMESPACE",
    ),
    *rows("V0012", listing('* LIST () "/" a&-b'), listing('* LIST () "/" a&b'), sp1="X3:V0012"),
    *rows("V0053", listing('* LIST (\\Marked) "/" xy'), listing('* LIST (\\Unmarked) "/" xy'), sp1="X1:2.3.6 X3:V0051"),
    *rows("V0053", listing('* LIST () "/" xy'), listing('* LIST (\\Noinferiors) "/" xy'), "Noinferiors"),
    *rows("C0003", listing(f'* LIST () "/" {LONG[1:]}'), listing(f'* LIST () "/" {LONG}'), "listed"),
    *rows("C0003", inside(said(f"CREATE {LONG}", answer="NO no")), inside(said(f"CREATE {LONG}")), "created"),
    *rows("C0002", listing(f'* LIST () "/" {DEEP[2:]}'), listing(f'* LIST () "/" {DEEP}'), "listed"),
    *rows("C0002", inside(said(f"CREATE {DEEP}", answer="NO no")), inside(said(f"CREATE {DEEP}")), "created"),
    *rows("V0009", listing('* LIST () "/" {3}\nS| a"b\nS:'), listing('* LIST () "/" "a\\"b"'), "a quote in LIST"),
    *needing(
        "literals", *rows("V0009", listing('* LIST () "/" "a b"'), listing('* LIST () "/" {3}\nS| a b\nS:'), "a space")
    ),
    *needing(
        "literals",
        *one(
            "2007",
            "X10:V0009 X10:V0030",
            listing('* LIST () "/" "a\\"b"'),
            listing('* LIST () "/" {3}\nS| a"b\nS:'),
            "a quote in LIST",
        ),
    ),
    *one(
        "2007",
        "X10:V0009 X10:V0030",
        listing('* LIST () "/" {3}\nS| a\\b\nS:'),
        listing('* LIST () "/" "a\\\\b"'),
        "a backslash in LIST",
    ),
    *one(
        "2007sp1",
        "X1:2.2.4 X3:V0009",
        listing('* LIST () "/" {3}\nS| a\\b\nS:'),
        listing('* LIST () "/" "a\\\\b"'),
        "a backslash in LIST",
    ),
    *rows(
        "V0009 V0033",
        listing('* LSUB () "/" {3}\nS| a"b\nS:', 'LSUB "" "*"'),
        listing('* LSUB () "/" "a\\"b"', 'LSUB "" "*"'),
        "a quote in LSUB",
    ),
    *one(
        "2007sp1",
        "X1:2.2.5 X3:V0009",
        listing('* LSUB () "/" {3}\nS| a\\b\nS:', 'LSUB "" "*"'),
        listing('* LSUB () "/" "a\\\\b"', 'LSUB "" "*"'),
        "a backslash in LSUB",
    ),
    *needing(
        "literals",
        *one(
            "2010",
            "X3:V0009 X3:V0028 X10:V0030",
            listing('* LIST () "/" "a\\"b"'),
            listing('* LIST () "/" {3}\nS| a"b\nS:'),
            "a quote in LIST",
            "backslash-literal-only",
        ),
    ),
    *needing(
        "literals",
        *one(
            "2010",
            "X3:V0009 X3:V0031",
            listing('* LSUB () "/" "a\\"b"', 'LSUB "" "*"'),
            listing('* LSUB () "/" {3}\nS| a"b\nS:', 'LSUB "" "*"'),
            "a quote in LSUB",
            "backslash-literal-only",
        ),
    ),
    *needing(
        "whole",
        *rows(
            "V0008",
            inside(said('LIST "" "x*"', '* LIST () "/" xa', '* LIST () "/" xb')),
            inside(said('LIST "" "x*"', '* LIST () "/" xa', '* LIST () "/" xA')),
            sp1="X3:V0008",
        ),
    ),
    *needing(
        "whole",
        *rows(
            "V0031",
            inside(said('LIST "a/" "*"', '* LIST () "/" a/b')),
            inside(said('LIST "a" "*"', '* LIST () "/" a/b')),
            sp1="X3:V0029",
        ),
    ),
    *needing(
        "whole",
        *rows(
            "V0026",
            inside(said('LIST "" "*"', '* LIST () "/" a', '* LIST () "/" a/b')),
            inside(said('LIST "" "*"', '* LIST () "/" a/b')),
            sp1="X3:V0025",
        ),
    ),
    *needing(
        "whole",
        *one(
            "2007",
            "X10:V0034",
            inside(BELOW + said('LSUB "" "%"', tag="b2b2")),
            inside(BELOW + said('LSUB "" "%"', '* LSUB (\\Noselect) "/" a', tag="b2b2")),
        ),
    ),
    *needing(
        "whole",
        *one(
            "2007sp1",
            "X3:2.1.4",
            inside(BELOW + said('LSUB "" "%"', tag="b2b2")),
            inside(BELOW + said('LSUB "" "%"', '* LSUB (\\Noselect) "/" a', tag="b2b2")),
        ),
    ),
    *rows(
        "V0027",
        inside(said("CREATE a/b") + said("DELETE a", answer="NO no", tag="b2b2")),
        inside(said("CREATE a/b") + said("DELETE a", tag="b2b2")),
        sp1="X3:V0026",
    ),
    *rows(
        "V0027",
        inside(said('LIST "" "x*"', '* LIST (\\HasChildren) "/" xa') + said("NOOP", tag="b2b2")),
        inside(said('LIST "" "x*"', '* LIST (\\HasChildren) "/" xa') + said("DELETE xa", tag="b2b2")),
        "listed",
    ),
    *rows("V0028", inside(said("RENAME a b/c", answer="BAD no")), inside(said("RENAME a b/c")), "done"),
    *rows("V0028", inside(said("RENAME a b/c", answer="BAD no")), inside(said("RENAME a b/c", answer="NO no")), "NO"),
    *rows("V0029", inside(said("SUBSCRIBE a")), inside(said("SUBSCRIBE a", answer="NO no")), sp1="X3:V0027"),
)
"""Mailboxes and their names."""

MESSAGES = (
    *needing(
        "literals",
        *rows(
            "2.1.3",
            inside(mail(1, ONE, "m1a1") + mail(1, ONE, "m2a2")),
            inside(mail(1, ONE, "m1a1") + mail(1, ONE.upper(), "m2a2")),
        ),
    ),
    *rows(
        "E0001 V0005 V0054",
        inside(said("NOOP", KEYWORD_RIGHT)),
        inside(said("NOOP", "* FLAGS (\\Seen Junk)")),
        "FLAGS",
        sp1="X1:2.2.2 X1:2.3.2a X3:E0001",
    ),
    *rows(
        "E0001 V0005",
        inside(said("NOOP", "* 4 EXISTS", "* OK [PERMANENTFLAGS (\\Seen)] these")),
        inside(said("NOOP", "* 4 EXISTS", "* OK [PERMANENTFLAGS (\\Seen \\*)] these")),
        "PERMANENTFLAGS",
    ),
    *rows(
        "E0001 V0005",
        inside(said("FETCH 1 FLAGS", "* 1 FETCH (FLAGS ($MDNSent))")),
        inside(said("FETCH 1 FLAGS", "* 1 FETCH (FLAGS ($Junk))")),
        "of a message",
    ),
    *needing("literals", *rows("V0035", inside(APPEND + "S: * 4 EXISTS\n"), inside(APPEND), sp1="X3:V0033")),
    *rows("V0036", inside(said("CHECK")), inside(said("CHECK", answer="BAD no"))),
    *rows(
        "V0037",
        inside(said("SEARCH CHARSET UTF-8 ALL", answer="NO [BADCHARSET (US-ASCII)] no")),
        inside(said("SEARCH CHARSET UTF-8 ALL", "* SEARCH")),
    ),
    *one(
        "2007sp1",
        "X1:2.3.2a X3:V0035",
        inside(said("SEARCH CHARSET UTF-8 ALL", answer="NO no")),
        inside(said("SEARCH CHARSET UTF-8 ALL", "* SEARCH")),
    ),
    *rows(
        "V0038",
        inside(said("SEARCH CHARSET UTF-8 ALL", answer="NO [BADCHARSET (US-ASCII)] no")),
        inside(said("SEARCH CHARSET UTF-8 ALL", answer="NO no")),
    ),
    *rows(
        "V0038",
        inside(said("SEARCH CHARSET UTF-8 ALL", answer="NO [BADCHARSET (US-ASCII)] no")),
        inside(said("SEARCH CHARSET X ALL", answer="NO [BADCHARSET (US-ASCII UTF-8)] no")),
        "another list",
    ),
    *one(
        "2007sp1",
        "X1:2.3.4",
        inside(said("SEARCH CHARSET UTF-8 ALL", answer="NO no")),
        inside(said("SEARCH CHARSET UTF-8 ALL", answer="NO [BADCHARSET (US-ASCII)] no")),
    ),
    *one(
        "2007sp1",
        "X3:V0036",
        inside(said("SEARCH CHARSET UTF-8 ALL", answer="NO [BADCHARSET (US-ASCII)] no")),
        inside(said("SEARCH CHARSET UTF-8 ALL", answer="NO no")),
        "",
        "badcharset",
    ),
    *needing(
        "whole",
        *rows(
            "V0039",
            inside(said("SEARCH KEYWORD $MDNSent", "* SEARCH 1")),
            inside(said("SEARCH KEYWORD x", "* SEARCH 1")),
            sp1="X1:2.3.2a X3:V0037",
        ),
    ),
    *rows(
        "V0043",
        inside(said(f"SEARCH {NESTED[1:-1]}", "* SEARCH")),
        inside(said(f"SEARCH {NESTED}", "* SEARCH")),
        sp1="X1:2.3.2a",
    ),
    *one(
        "2010",
        "X3:V0041",
        inside(said("SEARCH" + " SEEN" * 10, "* SEARCH")),
        inside(said("SEARCH" + " SEEN" * 11, "* SEARCH")),
        "",
        "ten-search-keys",
    ),
    *needing(
        "whole",
        *rows(
            "V0046",
            inside(said("FETCH 1 FLAGS", "* 1 FETCH (FLAGS (\\Seen))")),
            inside(said("NOOP", "* 1 FETCH (FLAGS (\\Seen))")),
            sp1="X3:V0044",
        ),
    ),
    *needing("any", *rows("V0047", inside(said("XYZZY", answer="BAD no")), inside(said("XYZZY")), "unknown")),
    *rows("V0047", inside(said("ENABLE X", answer="BAD no")), inside(said("NOOP", "* ENABLED X")), "ENABLED"),
    *rows("V0047", inside(said('XLIST "" "*"', answer="BAD no")), inside(said("NOOP", '* XLIST () "/" x')), "XLIST"),
    *one(
        "2007",
        "X10:V0047",
        inside(said("COPY 1 x")),
        inside(said("COPY 1 x", answer="OK [COPYUID 7 1 1] done")),
        "COPYUID",
    ),
    *one("2013", "X10:V0047", inside(said("UNSELECT", answer="BAD no")), inside(said("UNSELECT")), "UNSELECT"),
    *rows(
        "V0055",
        inside(said("EXPUNGE", "* 1 EXPUNGE") + "S: * 2 EXISTS\n"),
        inside(said("EXPUNGE", "* 1 EXPUNGE")),
        sp1="X3:V0053",
    ),
    *rows(
        "V0055",
        inside(said("EXPUNGE", "* 1 EXPUNGE") + "S: * 2 EXISTS\n"),
        inside(said("EXPUNGE", "* 1 EXPUNGE") + "S: * 1 EXISTS\n"),
        "too few",
    ),
    *rows(
        "V0056",
        inside(said("FETCH 1 BODYSTRUCTURE", STRUCTURE.format(" NIL NIL NIL NIL"))),
        inside(said("FETCH 1 BODYSTRUCTURE", STRUCTURE.format(""))),
    ),
    *rows(
        "V0057",
        inside(said("FETCH 1 ENVELOPE", ENVELOPE.format("NIL"))),
        inside(said("FETCH 1 ENVELOPE", ENVELOPE.format('""'))),
        sp1="X3:V0055",
    ),
    *needing("whole", *rows("V0058", inside(SEARCHES.format(wave="S: + go\n")), inside(SEARCHES.format(wave="")))),
    *one("2007", "X10:V0058", inside(SEARCHES.format(wave="")), inside(SEARCHES.format(wave="S: + go\n"))),
)
"""What is in a mailbox."""

ROWS = (*GRAMMAR, *SIGN_IN, *NAMES, *MESSAGES)
