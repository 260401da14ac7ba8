"""Faults that have a name: what servers were seen doing wrong, and what clients must live through.

Data only; `docs/faults.md` is made from it. A fault seen on a real product says so in its `source`.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace
from types import MappingProxyType

from outlookimap.errors import UsageError
from outlookimap.server.fault import At, Fault, When
from outlookimap.server.fault_actions import (
    Action,
    Close,
    Delay,
    Drop,
    Expire,
    Insert,
    Literal,
    Number,
    Replace,
    Skip,
    Split,
    Stale,
    Stall,
)
from outlookimap.wire.responses import Condition


@dataclass(frozen=True, slots=True)
class Entry:
    """One named fault, as one or several that are switched on together; `gist` says what a client sees.

    `source` says who was seen doing it, or what it breaks; "" where it is made up.
    """

    name: str
    gist: str
    faults: tuple[Fault, ...]
    source: str = ""


_FETCH = rb"\A\* \d+ FETCH "
_BODY = rb"BODY\[[^\]]*\](?:<\d+>)? \{"
_ANY_FETCH = "FETCH|UID FETCH"
_OPENING = "SELECT|EXAMINE"
_LISTS = "LIST|LSUB|XLIST"
_LISTED = rb"\A\* (?:LIST|LSUB|XLIST) "
_UID = rb"\bUID (\d+)"
_COULD_NOT = (
    b"Subject: Retrieval using the IMAP4 protocol failed for the following message\r\n"
    b"MIME-Version: 1.0\r\nContent-Type: text/plain; charset=us-ascii\r\n\r\n"
    b"The server couldn't retrieve the following message:\r\n\r\n"
)

_REGRESSION = "has broken clients"
_SURVIVED = "seen on real servers"
_BUG = "seen on the product this server can be"


def _entry(name: str, gist: str, when: When, *do: Action, source: str = "") -> Entry:
    return Entry(name, gist, (Fault(when, do, name),), source)


_BUGS = (
    _entry(
        "copyuid-bare", "COPYUID stands on a line of its own, without `* OK`", When("COPY|MOVE|UID COPY|UID MOVE"),
        Replace(rb"\A%t OK (\[COPYUID [^\]]*\]) ", b"\\1\r\n%t OK "),
        Replace(rb"\A\* OK (\[COPYUID [^\]]*\]).*\r\n", b"\\1\r\n"), source=_BUG,
    ),
    _entry(
        "disposition-bare", 'the disposition in BODYSTRUCTURE is `"inline" NIL`, without parentheses', When(_ANY_FETCH),
        Replace(rb'(?i)\(("(?:inline|attachment)" NIL)\)', rb"\1"), source=_BUG,
    ),
    _entry(
        "status-trailing-space", "STATUS ends with a space", When("STATUS"),
        Replace(rb"\A(\* STATUS .*)\r\n\Z", b"\\1 \r\n"), source=_BUG,
    ),
    _entry(
        "names-with-controls", "names are not quoted and hold a control character", When(_LISTS),
        Replace(rb'\A(\* \w+ \([^)]*\) (?:"\\?."|NIL) )"?([^"\r\n])([^"\r\n]*)"?\r\n\Z', b"\\1\\2\x07\\3\r\n"),
        source=_BUG,
    ),
    Entry(
        "unconvertible",
        "message 1 cannot be converted: BODY.PEEK[] gets OK and no FETCH, BODY[] a message that says so",
        (
            Fault(When("*FETCH *BODY.PEEK[]*"), Drop(on=rb"\A\* 1 FETCH .*BODY\[\]"), "unconvertible"),
            Fault(
                When("*FETCH *BODY[]*"),
                Literal(rb"(?s)\A.+\Z", _COULD_NOT, on=rb"\A\* 1 FETCH .*BODY\[\]"),
                "unconvertible",
            ),
        ),
        _BUG,
    ),
    _entry(
        "uidnext-stale", "after IDLE, STATUS tells UIDNEXT as it was told before", When("STATUS", since="IDLE"),
        Stale(rb"\bUIDNEXT (\d+)"), source=_BUG,
    ),
)  # fmt: skip

_BROKE = (
    _entry(
        "exists-before-fetch", "EXISTS and RECENT come right before the FETCH they interrupt", When(_ANY_FETCH),
        Insert(b"* %n EXISTS\r\n* 0 RECENT\r\n", on=_FETCH), source=_REGRESSION,
    ),
    _entry(
        "idle-drop", "IDLE ends with the connection after 30 minutes without a word", When("IDLE", at=At.IDLE),
        Expire(1800.0), source=_REGRESSION,
    ),
    _entry(
        "fetch-modseq", "FETCH has MODSEQ, which nobody asked for", When(_ANY_FETCH),
        Replace(rb"\A(\* \d+ FETCH \()", rb"\1MODSEQ (42) "), source=_REGRESSION,
    ),
    _entry(
        "xlist-no-separator", 'XLIST "" "" is answered without the separator', When('XLIST "" ""'),
        Drop(on=_LISTED), source=_REGRESSION,
    ),
    _entry(
        "lsub-no", "LSUB is answered with NO", When("LSUB"),
        Skip(Condition.NO, b"LSUB failed."), source=_REGRESSION,
    ),
    _entry(
        "uidvalidity-zero", "UIDVALIDITY is 0", When(_OPENING),
        Number(rb"\[UIDVALIDITY (\d+)\]", times=0), source=_REGRESSION,
    ),
    _entry(
        "uids-descending", "UIDs descend", When("*FETCH*|*STORE*"),
        Number(_UID, times=-1, plus=1_000_000, on=_FETCH), source=_REGRESSION,
    ),
    _entry(
        "uids-too-large", "UIDs do not fit in 32 bits", When("*FETCH*|*STORE*"),
        Number(_UID, plus=1 << 32, on=_FETCH), source=_REGRESSION,
    ),
    _entry(
        "body-origin", "BODY[] is answered as the partial BODY[]<0>", When(_ANY_FETCH),
        Replace(rb"(BODY\[[^\]]*\]) (?=\{|\")", rb"\1<0> ", on=_FETCH), source=_REGRESSION,
    ),
    _entry(
        "headers-missing", "From, To, Subject and Date are missing from the header", When(_ANY_FETCH),
        Literal(rb"(?im)^(?:From|To|Subject|Date):[^\r\n]*\r\n(?:[ \t][^\r\n]*\r\n)*", b"", on=rb"BODY\[HEADER"),
        source=_REGRESSION,
    ),
    _entry(
        "expunge-in-uid-fetch", "messages are renumbered while UID FETCH, STORE or COPY runs",
        When("UID FETCH|UID STORE|UID COPY"), Insert(b"* 1 EXPUNGE\r\n"), source=_REGRESSION,
    ),
    _entry(
        "name-case", "inferior names of INBOX are not spelled as they were created", When(_LISTS),
        Replace(rb"(?i)INBOX(?=[/.])", b"iNBOX", on=_LISTED), source=_REGRESSION,
    ),
    _entry(
        "lsub-no-uses", "LSUB lacks the special uses", When("LSUB"),
        Replace(rb" ?\\(?:All|Archive|Drafts|Flagged|Junk|Sent|Trash)\b", b"", on=_LISTED),
        source=_REGRESSION,
    ),
    _entry("expunge-nothing", "EXPUNGE removes nothing and says OK", When("EXPUNGE"), Skip(), source=_REGRESSION),
    _entry(
        "short-words", "a command of more than 8192 octets is refused", When(longer=8192),
        Skip(Condition.BAD, b"Too long."), source=_REGRESSION,
    ),
    _entry("append-lost", "APPEND says OK and keeps nothing", When("APPEND"), Skip(), source=_REGRESSION),
    _entry(
        "names-unquoted", "names with spaces are not quoted", When(_LISTS),
        Replace(rb'"([^"]+)"\r\n\Z', b"\\1\r\n", on=_LISTED), source=_REGRESSION,
    ),
    _entry(
        "id-malformed", "the answer to ID is no list of pairs", When("ID"),
        Replace(rb"\A\* ID .*\r\n", b'* ID ("name" "IMAP" "version")\r\n'), source=_REGRESSION,
    ),
    _entry(
        "capability-newer", "CAPABILITY lists what few clients know", When("CAPABILITY"),
        Replace(rb"\A(\* CAPABILITY .*)\r\n", b"\\1 UIDONLY OBJECTID IMAP4rev2 QRESYNC\r\n"), source=_REGRESSION,
    ),
)  # fmt: skip

_ENDS = (
    _entry("bye", "BYE comes instead of an answer", When(), Drop(on=rb"\A\* "),
           Replace(rb"(?s)\A%t .*", b"* BYE Server going down.\r\n"), Close(after=True, on=rb"\A\* BYE ")),
    _entry("bye-greeting", "BYE is the greeting", When(at=At.GREETING),
           Replace(rb"\A\* OK ", b"* BYE "), Close(after=True)),
    _entry("close", "the connection ends before the answer", When(), Close(on=rb"")),
    _entry("close-after", "the connection ends after the answer", When(at=At.AFTER), Close()),
    _entry("close-at-once", "the connection ends without a greeting", When(at=At.GREETING), Close()),
    _entry("close-idle", "the connection ends as soon as IDLE runs", When("IDLE", at=At.IDLE), Close()),
    _entry("reset", "the connection is dropped without a farewell", When(), Close(on=rb"", abrupt=True)),
    _entry("half-literal", "the connection ends in the middle of a literal", When(),
           Close(half=True, on=rb"\{\d+\}\r\n")),
    _entry("half-line", "the connection ends in the middle of a completion", When(), Close(half=True)),
    _entry("stall", "nothing is ever answered", When(), Stall(on=rb"")),
    _entry("stall-greeting", "no greeting comes", When(at=At.GREETING), Stall()),
    _entry("stall-completion", "data come, their completion never", When(), Stall()),
    _entry("stall-go-ahead", "no go-ahead for a literal comes", When(at=At.GO_AHEAD), Stall(on=rb"")),
    _entry("stall-idle", "IDLE is never accepted", When("IDLE"), Stall(on=rb"")),
    _entry("literal-too-short", "a literal has fewer octets than it announces, and nothing follows", When(_ANY_FETCH),
           Replace(rb"\{(\d+)\}\r\n", b"{9\\1}\r\n"), Stall(after=True, on=rb"\{9\d+\}")),
    _entry("slow", "every answer comes a second late", When(), Delay(1.0, on=rb"", most=1)),
    _entry("bytes", "every octet comes alone", When(), Split()),
    _entry("bytes-greeting", "every octet of the greeting comes alone", When(at=At.GREETING), Split()),
)  # fmt: skip

_WRONG = (
    _entry("wrong-tag", "the completion has a tag that nobody used", When(), Replace(rb"\A%t ", b"wrong9 ")),
    _entry("no-completion", "data come and no completion, though the connection lives", When(), Drop(on=rb"\A%t ")),
    _entry("completion-twice", "every command is completed twice", When(), Insert(b"%t OK again\r\n", after=True)),
    _entry("garbage", "a line that is no response comes before the completion", When(), Insert(b"?? garbage ??\r\n")),
    _entry("nul", "a line holds the octet NUL", When(), Insert(b"* OK a\x00b\r\n")),
    _entry("endless-line", "a line of two million octets comes", When(), Insert(b"* OK " + b"x" * 2_000_000 + b"\r\n")),
    _entry("deep-nesting", "a FETCH has ten thousand parentheses", When(_ANY_FETCH),
           Insert(b"* 1 FETCH (BODYSTRUCTURE " + b"(" * 10_000 + b")" * 10_000 + b")\r\n")),
    _entry("huge-literal", "a literal of a terabyte is announced", When(_ANY_FETCH),
           Insert(b"* 1 FETCH (BODY[] {1099511627776}\r\n"), Stall()),
    _entry("no", "every command is refused with NO", When(), Skip(Condition.NO, b"Not now.")),
    _entry("bad", "every command is refused with BAD", When(), Skip(Condition.BAD, b"Not now.")),
    _entry("no-go-ahead", "a literal gets NO instead of its go-ahead", When(at=At.GO_AHEAD),
           Replace(rb"\A\+ .*\r\n", b"%t NO No literals today.\r\n")),
    _entry("unasked-data", "data come that nobody asked for", When(),
           Insert(b"* 1 FETCH (FLAGS (\\Seen))\r\n* FLAGS (\\Seen)\r\n* SEARCH\r\n* XUNKNOWN 5 (a b)\r\n")),
    _entry("partial-body", "bodies are cut after ten octets, rightly counted", When(_ANY_FETCH),
           Literal(rb"(?s)\A(.{10}).*\Z", rb"\1")),
    _entry("uid-missing", "FETCH has no UID", When(_ANY_FETCH), Replace(rb"\bUID \d+ ?", b"", on=_FETCH)),
    _entry("fetch-missing", "the first message of a FETCH is left out", When(_ANY_FETCH), Drop(on=_FETCH, most=1)),
    _entry("uidnotsticky", "the mailbox says that its UIDs do not last", When(_OPENING),
           Insert(b"* NO [UIDNOTSTICKY] UIDs do not last.\r\n")),
    _entry("uidvalidity-missing", "the mailbox has no UIDVALIDITY", When(_OPENING),
           Drop(on=rb"\A\* OK \[UIDVALIDITY ")),
    _entry("uidvalidity-changed", "UIDVALIDITY is another each time", When(_OPENING),
           Number(rb"\[UIDVALIDITY (\d+)\]", plus=1, grows=True)),
    _entry("uids-changed", "UIDs are others each time, UIDVALIDITY is not", When("*FETCH*|*STORE*"),
           Number(_UID, plus=1000, grows=True, on=_FETCH)),
    _entry("uidnext-missing", "the mailbox has no UIDNEXT", When(_OPENING), Drop(on=rb"\A\* OK \[UIDNEXT ")),
    _entry("exists-missing", "the mailbox has no EXISTS", When(_OPENING), Drop(on=rb"\A\* \d+ EXISTS")),
    _entry("exists-shrinks", "EXISTS says 0 though messages are there", When("NOOP"), Insert(b"* 0 EXISTS\r\n")),
    _entry("expunge-beyond", "EXPUNGE names a message that is not there", When(),
           Insert(b"* 99999 EXPUNGE\r\n")),
    _entry("names-8bit", "names hold octets above 127", When(_LISTS),
           Replace(rb'"?([^" \r\n]+)"?\r\n\Z', b'"\xe9\\1"\r\n', on=_LISTED)),
    _entry("tls-injection", "octets come between STARTTLS and the handshake", When("STARTTLS"),
           Insert(b"* CAPABILITY IMAP4rev1 AUTH=PLAIN\r\n", after=True), source=_REGRESSION),
    _entry("alert", "every completion is an ALERT", When(), Replace(rb"\A(%t \w+) (?!\[)", rb"\1 [ALERT] ")),
)  # fmt: skip

_LOOSE = (
    _entry("items-reordered", "UID and FLAGS change places", When(_ANY_FETCH),
           Replace(rb"(UID \d+) (FLAGS \([^)]*\))", rb"\2 \1", on=_FETCH), source=_SURVIVED),
    _entry("items-after-literal", "the items come after the literal", When(_ANY_FETCH),
           Replace(rb"(?s)\A(\* \d+ FETCH \()([^{]*?) (BODY\[[^\]]*\] \{.*)\)\r\n\Z", b"\\1\\3 \\2)\r\n"),
           source=_SURVIVED),
    _entry("flags-twice", "FLAGS come twice in one FETCH", When(_ANY_FETCH),
           Replace(rb"(FLAGS \([^)]*\))", rb"\1 \1", on=_FETCH), source=_SURVIVED),
    _entry("extra-spaces", "two spaces stand where one is due", When(),
           Replace(rb"\A(\*|%t) (\S+) ", rb"\1  \2  "), source=_SURVIVED),
    _entry("trailing-spaces", "lines end with a space", When(), Replace(rb"\r\n\Z", b" \r\n"), source=_SURVIVED),
    _entry("bare-lf", "lines end with LF alone", When(), Replace(rb"\r\n\Z", b"\n"), source=_SURVIVED),
    _entry("blank-lines", "an empty line follows a message that is the last item", When(_ANY_FETCH),
           Replace(rb"(?s)\A(.*\{\d+\}\r\n.*\n)\)\r\n\Z", b"\\1\r\n)\r\n", on=_BODY), source=_SURVIVED),
    _entry("no-text", "completions have no text", When(), Replace(rb"\A(%t \w+) .*\r\n", b"\\1\r\n"), source=_SURVIVED),
    _entry("bare-continuation", "the go-ahead is a plus sign alone", When(at=At.GO_AHEAD),
           Replace(rb"\A\+ .*\r\n", b"+\r\n"), source=_SURVIVED),
    _entry("exists-before-go-ahead", "EXISTS comes before the go-ahead", When(at=At.GO_AHEAD),
           Insert(b"* %n EXISTS\r\n", on=rb"\A\+"), source=_SURVIVED),
    _entry("leading-zeros", "the counts of literals have leading zeros", When(_ANY_FETCH),
           Replace(rb"\{(\d+)\}\r\n", b"{0\\1}\r\n"), source=_SURVIVED),
    _entry("odd-date", "INTERNALDATE names no day", When(_ANY_FETCH),
           Replace(rb'INTERNALDATE "[^"]*"', b'INTERNALDATE "00-Jan-0000 00:00:00 +0000"'), source=_SURVIVED),
    _entry("nil-delimiter", "names have no hierarchy delimiter", When(_LISTS),
           Replace(rb'\) "." ', b") NIL ", on=_LISTED), source=_SURVIVED),
    _entry("capability-lower", "capabilities are in lower case", When("CAPABILITY"),
           Replace(rb"\A\* CAPABILITY .*\r\n", b"* CAPABILITY imap4rev1 idle uidplus auth=plain\r\n"),
           source=_SURVIVED),
    _entry("search-trailing", "SEARCH ends with a space", When("*SEARCH*"),
           Replace(rb"\A(\* SEARCH.*)\r\n\Z", b"\\1 \r\n"), source=_SURVIVED),
)  # fmt: skip

GROUPS: Mapping[str, tuple[Entry, ...]] = MappingProxyType(
    {
        "Seen on the product this server can be": _BUGS,
        "What has broken clients": _BROKE,
        "Connections that end, stall or dawdle": _ENDS,
        "Wrong answers": _WRONG,
        "Loose spelling, which clients survive": _LOOSE,
    }
)
"""All entries, in the order of the documentation."""

LIBRARY: Mapping[str, Entry] = MappingProxyType({entry.name: entry for group in GROUPS.values() for entry in group})
"""All entries by name."""


def library_fault(name: str, when: When | None = None) -> tuple[Fault, ...]:
    """Return the faults of a named entry, at another time where `when` is given; UsageError for an unknown name."""
    entry = LIBRARY.get(name)
    if entry is None:
        known = ", ".join(sorted(LIBRARY))
        raise UsageError(f"{name!r} is no fault of the library, and not when=...;do=...; the library has {known}")
    return entry.faults if when is None else tuple(replace(fault, when=when) for fault in entry.faults)
