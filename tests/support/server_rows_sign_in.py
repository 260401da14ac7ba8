"""Conversations with a server: octets, forms, capabilities and sign-in, right and wrong; knows no test."""

from __future__ import annotations

from support.server_row import (
    CLEAR,
    FAILS,
    GREETING,
    INSECURE,
    INSECURE_2007,
    LISTED,
    LISTED_2007,
    LOGIN,
    PLAIN,
    STARTTLS,
    capability,
    inside,
    mail,
    needing,
    one,
    rows,
    said,
)

GRAMMAR = (
    *needing(
        "any", *rows("2.1.5", inside(said("NOOP", "* 4 EXISTS")), inside(said("NOOP", "* EXISTS 4")), sp1="X3:2.1.6")
    ),
    *needing(
        "any", *rows("2.1.5", inside(said("NOOP")), inside(said("NOOP", "* VANISHED 1")), "data that RFC 3501 lacks")
    ),
    *needing(
        "any",
        *rows(
            "2.1.6",
            inside(said("NOOP", "* 4 EXISTS")),
            inside(said("NOOP", "*  4 EXISTS")),
            "two spaces",
            sp1="X3:2.1.7",
        ),
    ),
    *rows("2.1.6", inside(said("NOOP", "* 4 EXISTS")), inside(said("NOOP", "* 4 EXISTS\\x20")), "at the end"),
    *needing(
        "any",
        *one(
            "2007", "X10:2.1.6", inside(said("NOOP", "* 4 EXISTS")), inside(said("NOOP", "*  4 EXISTS")), "two spaces"
        ),
    ),
    *rows("V0003", inside(said("NOOP now", answer="BAD what")), inside(said("NOOP now")), "unreadable", sp1="X3:V0003"),
    *rows(
        "2.1.6 V0003",
        inside(said("SELECT  INBOX", answer="BAD what")),
        inside(said("SELECT  INBOX")),
        "two spaces",
    ),
    *rows("V0007", inside(said("NOOP")), inside(said("NOOP", answer="OK f\\xfcr")), sp1="X3:V0007"),
    *needing(
        "literals",
        *rows(
            "V0007",
            inside(mail(1, "Grun is green", "m1a1", 13)),
            inside(mail(1, "Gr\\xfcn is green", "m1a1", 13)),
            "in mail",
        ),
    ),
    *rows("V0049", inside(said("NOOP")), inside(said("NOOP", answer="OK [ALERT] done")), "ALERT"),
    *rows("V0049", inside(said("NOOP")), inside(said("NOOP", "* NO [PARSE] broken")), "PARSE"),
    *rows("V0051", "@tls\nS: * OK hi\n", "@tls\nS: * PREAUTH hi\n"),
    *needing(
        "stamps",
        *rows(
            "V0016 V0017",
            inside("C: a1a1 NOOP\nC: b2b2 NOOP\nS: a1a1 OK done\nS: b2b2 OK done\n"),
            inside("C: a1a1 NOOP\nC: b2b2 NOOP\nS: b2b2 OK done\nS: a1a1 OK done\n"),
        ),
    ),
)
"""Octets and forms."""

SIGN_IN = (
    *rows("2.1.4", capability(LISTED), capability(LISTED + " LOGINDISABLED"), "LOGINDISABLED over TLS"),
    *one("2007sp1", "X3:2.1.5", capability(LISTED_2007), capability(LISTED_2007 + " LOGINDISABLED")),
    *rows("2.1.4", capability(INSECURE, CLEAR), capability(INSECURE.replace(" STARTTLS", ""), CLEAR), "no STARTTLS"),
    *rows("E0003", capability(LISTED), capability(LISTED + " AUTH=CRAM-MD5"), "listed"),
    *one("2007sp1", "X1:2.2.3 X3:E0003", capability(LISTED_2007), capability(LISTED_2007 + " AUTH=CRAM-MD5")),
    *rows("E0003", GREETING + PLAIN, GREETING + PLAIN.replace("PLAIN", "CRAM-MD5"), "served"),
    *rows("E0003 V0022", capability(INSECURE, CLEAR), capability(INSECURE + " AUTH=PLAIN", CLEAR)),
    *one(
        "2007sp1",
        "X1:2.2.3 X3:V0022",
        capability(INSECURE_2007, CLEAR),
        capability(INSECURE_2007 + " AUTH=PLAIN", CLEAR),
    ),
    *rows("V0047", capability(LISTED), capability(LISTED + " XYZZY"), "listed"),
    *rows("V0019", capability(LISTED), capability(LISTED + " AUTH=ANONYMOUS"), "listed"),
    *rows("V0019", GREETING + PLAIN, GREETING + PLAIN.replace("PLAIN", "ANONYMOUS"), "served"),
    *needing(
        "whole", *rows("V0018", GREETING + said("SELECT INBOX", answer="BAD no"), GREETING + said("SELECT INBOX"))
    ),
    *needing("whole", *rows("V0022", GREETING + PLAIN, CLEAR + PLAIN, "PLAIN", sp1="X3:V0022")),
    *needing("whole", *rows("V0025", GREETING + LOGIN, CLEAR + LOGIN, "LOGIN")),
    *needing(
        "whole",
        *rows("V0025", CLEAR + STARTTLS + LOGIN, CLEAR + said("STARTTLS", answer="NO no") + LOGIN, "STARTTLS refused"),
    ),
    *rows("V0024 V0052", GREETING + LOGIN, GREETING + LOGIN.replace("OK LOGIN", "OK [CAPABILITY IMAP4rev1] LOGIN")),
    *rows("V0023 V0052", GREETING + PLAIN, GREETING + PLAIN.replace("OK AUTH", "OK [CAPABILITY IMAP4rev1] AUTH")),
    *rows("V0052", GREETING, GREETING.replace("* OK", "* OK [CAPABILITY IMAP4rev1]"), "in the greeting"),
    *needing("whole", *rows("V0052", inside(said("NOOP")), inside(said("NOOP", f"* CAPABILITY {LISTED}")), "unasked")),
    *needing(
        "whole",
        *rows(
            "V0020 V0052",
            CLEAR + STARTTLS + said("CAPABILITY", f"* CAPABILITY {LISTED}"),
            CLEAR + STARTTLS + f"S: * CAPABILITY {LISTED}\n",
        ),
    ),
    *rows(
        "V0061",
        GREETING + FAILS + "S: * BYE Connection closed.\n",
        GREETING + FAILS + said('LOGIN "ann" "******"', answer="NO LOGIN failed.", tag="f5il"),
        sp1="X3:V0058",
    ),
    *needing(
        "whole",
        *rows(
            "E0002",
            GREETING + said("NOOP") + "@+65\nS: * BYE Connection closed.\n",
            GREETING + said("NOOP") + "@+40\n" + said("NOOP", tag="a1a1") + "@+40\n" + said("NOOP", tag="b2b2"),
        ),
    ),
    *needing(
        "whole",
        *one(
            "2007sp1",
            "X3:E0002",
            GREETING + said("NOOP") + "@+40\n" + said("NOOP", tag="a1a1") + "@+40\n" + LOGIN,
            GREETING + said("NOOP") + "@+75\n" + LOGIN,
        ),
    ),
    *needing(
        "times",
        *rows(
            "V0015",
            inside("@+1790\n" + said("NOOP")),
            inside("@+1815\n" + said("NOOP")),
            sp1="X3:V0015",
        ),
    ),
)
"""Capabilities, sign-in, and how long it may take."""
