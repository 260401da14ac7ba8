"""What redaction leaves, what it takes out, and secrets planted wherever one can stand."""

from __future__ import annotations

import base64
import io
import quopri
import re
import tracemalloc
from collections.abc import Iterator
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from outlookimap.conformance.lint import lint
from outlookimap.errors import UsageError
from outlookimap.profiles import load
from outlookimap.traffic import (
    Comment,
    Event,
    Form,
    Header,
    Mark,
    Recorder,
    Said,
    Transcript,
    dumps,
    entries,
    parse,
    read,
    redact,
    redacted_header,
    write_entries,
)
from outlookimap.transport.tap import Sender
from outlookimap.wire.mailbox import encode

C, S = Sender.CLIENT, Sender.SERVER
RECORDINGS = sorted((Path(__file__).parents[1] / "transcripts").rglob("*.imap"))
TOP = "# outlookimap recording 1\nprovenance: synthetic\n\n"
KEY = b"a key for tests"


def redacted(body: str, *, keep: tuple[str, ...] = ()) -> str:
    transcript = parse(TOP + body)
    return dumps(Transcript(transcript.header, tuple(redact(transcript.entries, keep=keep, key=KEY)))).removeprefix(TOP)


UNTOUCHED = """\
@tls
S: * OK [CAPABILITY IMAP4rev1 SASL-IR LOGIN-REFERRALS ID ENABLE IDLE LITERAL+ AUTH=PLAIN] Dovecot ready.
C: $tag CAPABILITY
S: * CAPABILITY IMAP4rev1 AUTH=NTLM AUTH=PLAIN STARTTLS UIDPLUS CHILDREN IDLE NAMESPACE LITERAL+
S: $tag OK CAPABILITY completed.
C: $tag AUTHENTICATE PLAIN
S: +
C: ****************
S: $tag OK AUTHENTICATE completed.
C: a1b2 LIST "" "*"
S: * LIST (\\HasNoChildren \\Sent) "/" "Sent Items"
S: * XLIST (\\Inbox) NIL {5}
S| INBOX
S:
S: * LSUB () "." INBOX.Trash
S: * NAMESPACE (("" "/")) NIL NIL
S: a1b2 OK LIST completed.
C: $tag STATUS "Deleted Items" (UNSEEN)
S: * STATUS "Deleted Items" (MESSAGES 231 UIDNEXT 44292)
S: $tag OK STATUS completed.
C: $tag SELECT "INBOX"
S: * 172 EXISTS
S: * 1 RECENT
S: * FLAGS (\\Answered \\Flagged \\Deleted \\Seen \\Draft $MDNSent)
S: * OK [PERMANENTFLAGS (\\Deleted \\Seen \\*)] Permanent flags
S: * OK [UNSEEN 12] Message 12 is first unseen
S: * OK [UIDVALIDITY $uidvalidity] UIDs valid
S: $tag OK [READ-WRITE] SELECT completed.
C: $tag UID FETCH 1:*,7 (UID FLAGS BODY.PEEK[HEADER.FIELDS (DATE FROM)]<0.512> BODY.PEEK[1.2.MIME] RFC822.SIZE)
S: * 12 FETCH (UID 44 MODSEQ (12) FLAGS (\\Seen) INTERNALDATE "17-Jul-1996 02:44:25 -0700" ENVELOPE NIL)
C: $tag UID STORE 4:6 +FLAGS.SILENT (\\Deleted \\Seen)
C: $tag SEARCH RETURN (ALL) SINCE 1-Feb-1994 NOT SEEN UID 3:4 LARGER 1000
S: * SEARCH 2 84 882
S: * ESEARCH (TAG "a1b2") UID ALL 1:3
C: $tag IDLE
S: + idling
S: * 3 EXPUNGE
C: DONE
@+600
C: $tag UID COPY 2:4 "Drafts"
S: $tag OK [COPYUID 38505 304,319:320 3956:3958] COPY completed.
C: $tag STARTTLS
C: ZZZZ LOGOUT
S: * BYE Logging out
S: ZZZZ OK LOGOUT completed.
@closed server
"""


def test_what_imap_says_stays() -> None:
    assert redacted(UNTOUCHED) == UNTOUCHED.replace("Message 12 is", "Message xx is")


WORD = "[a-z]{%d}"


@pytest.mark.parametrize(
    ("line", "pattern"),
    [
        ('C: a1 LOGIN "ann" "secret"', r'C: a1 LOGIN "[a-z]{3}" "\*{6}"'),
        ("C: a1 LOGIN ann secret", r"C: a1 LOGIN [a-z]{3} \*{6}"),
        ('C: a1 LOGIN ann "se\\"t" more', r"C: a1 LOGIN [a-z]{3} \*{12}"),
        ('C: a1 LOGIN "ann secret', r'C: a1 LOGIN "\*{10}'),
        ("C: a1 LOGIN ann@b.org secret", r"C: a1 LOGIN [a-z]{3}@[a-z]\.[a-z]{3} \*{6}"),
        ("C: a1 AUTHENTICATE PLAIN AGFubgBwdw==", r"C: a1 AUTHENTICATE PLAIN \*{12}"),
        ("C: a1 AUTHENTICATE MYOWN", r"C: a1 AUTHENTICATE x{5}"),
        # folder names: each level for itself, modified UTF-7 stays modified UTF-7
        ('C: a1 SELECT "Work/Sent Items"', r'C: a1 SELECT "[A-Z][a-z]{3}/Sent Items"'),
        ('C: a1 CREATE "Entw&APw-rfe"', r'C: a1 CREATE "[A-Z][a-z]{3}&[A-Za-z0-9+,]{3}-[a-z]{3}"'),
        ('S: * LIST () "/" [Gmail]/Trash', r'S: \* LIST \(\) "/" \[Gmail\]/Trash'),
        ('C: a1 CREATE "a&-\\"b"', r'C: a1 CREATE "[a-z]&-\\"[a-z]"'),
        # own flags, unknown words
        (r"C: a1 STORE 1 FLAGS (\Seen Taxes)", r"C: a1 STORE 1 FLAGS \(\\Seen [A-Z][a-z]{4}\)"),
        (r"S: * FLAGS (\Seen Taxes)", r"S: \* FLAGS \(\\Seen [A-Z][a-z]{4}\)"),
        ("C: a1 SEARCH TEXT seen SUBJECT 4711", "C: a1 SEARCH TEXT xxxx SUBJECT xxxx"),
        ('C: a1 SEARCH FROM "ann" HEADER X-Own "q"', r'C: a1 SEARCH FROM "[a-z]{3}" HEADER x-xxx "x"'),
        ("C: a1 FETCH 1 BODY[HEADER.FIELDS (To X-Own)]", r"C: a1 FETCH 1 BODY\[HEADER\.FIELDS \(To x-xxx\)\]"),
        ("C: a1 XLOGIN ann secret", r"C: [a-z]\d xxxxxx xxx xxxxxx"),
        ("C: noise", "C: xxxxx"),
        ("S: noise", "S: xxxxx"),
        ("S: * XDATA ann 12", r"S: \* xxxxx xxx xx"),
        ("S: a9 NO [XCODE ann] ann is unknown", r"S: [a-z]\d NO \[xxxxx xxx\] xxx is unknown"),
        ("S: * OK [REFERRAL imap://ann@b.org/] go", r"S: \* OK \[REFERRAL xxxx://xxx@x\.xxx/\] go"),
        ("S: * BYE a@b.org has left {5}", r"S: \* BYE [a-z]@[a-z]\.[a-z]{3} has xxxx \{x\}|.*\{5\}"),
        (
            'S: * 1 FETCH (ENVELOPE ("Mon, 7 Feb 1994 21:52:25 -0800" "Re: it" (("Ann B" NIL "ann" "b.org")) NIL))',
            r'S: \* 1 FETCH \(ENVELOPE \("Mon, 7 Feb 1994 21:52:25 -0800" "xx: xx" \(\("xxx x" NIL "[a-z]{3}" "\w\.\w{3}"\)\) NIL\)\)',
        ),
        (
            'S: * 1 FETCH (ENVELOPE (NIL NIL ((NIL NIL "ann" "b.org")) NIL NIL NIL NIL NIL "<1@b.org>") UID 5)',
            r'S: \* 1 FETCH \(ENVELOPE \(NIL NIL \(\(NIL NIL "[a-z]{3}" "(?P<b>[a-z]\.[a-z]{3})"\)\)( NIL){5} "<\d@(?P=b)>"\) UID 5\)',
        ),
        (
            'S: * 1 FETCH (BODYSTRUCTURE ("TEXT" "PLAIN" ("CHARSET" "utf-8" "NAME" "my tax.pdf") NIL NIL "7BIT" 11 23))',
            r'S: \* 1 FETCH \(BODYSTRUCTURE \("TEXT" "PLAIN" \("CHARSET" "utf-8" "NAME" "xx xxx\.xxx"\) NIL NIL "7BIT" 11 23\)\)',
        ),
        ('S: * 1 FETCH (BODY[1] "two words" UID 5)', r'S: \* 1 FETCH \(BODY\[1\] "xxx xxxxx" UID 5\)'),
        ('S: * 1 FETCH (SUBJECT "so" UID 5)', r'S: \* 1 FETCH \(SUBJECT "xx" UID 5\)'),
        ("# ann@b.org asked for all messages", r"# [a-z]{3}@[a-z]\.[a-z]{3} xxxxx for all messages"),
    ],
)
def test_fields(line: str, pattern: str) -> None:
    [shown] = redacted(line + "\n").splitlines()
    assert re.fullmatch(pattern, shown), shown


def test_a_message() -> None:
    assert re.fullmatch(
        r"""C: a1 APPEND "INBOX" \(\\Seen\) \{194\}
S: \+ OK
C\| From: xxx <(?P<ann>[a-z]{3}@[a-z]\.[a-z]{3})>
C\| To: (?P=ann)
C\| Date: Mon, 7 Feb 1994 21:52:25 -0800
C\| Subject: =\?utf-8\?Q\?x=AA=AAx\?=
C\|  xx xx
C\| x-xxx: x
C\| Content-Type: text/plain; name="xxx\.xxx"
C\|
C\| xxx =AA=AA =
C\|
C\| xxxxxxx==
C:
""",
        redacted(
            """C: a1 APPEND "INBOX" (\\Seen) {194}
S: + OK
C| From: Ann <ann@b.org>
C| To: ann@b.org
C| Date: Mon, 7 Feb 1994 21:52:25 -0800
C| Subject: =?utf-8?Q?h=C3=A9y?=
C|  so on
C| X-Own: 1
C| Content-Type: text/plain; name="tax.txt"
C|
C| it. =C3=A9 =
C|
C| aGVsbG8==
C:
"""
        ),
    )


def test_one_name_has_one_pseudonym_everywhere() -> None:
    lines = """\
C: a1 LOGIN "Ann@Example.com" pw
C: a2 SEARCH FROM "ann@example.com" TO ann
S: * 1 FETCH (ENVELOPE (NIL NIL ((NIL NIL "ann" "example.com")) NIL NIL NIL NIL NIL NIL NIL))
S: a1 NO no such user ann@example.com.
"""
    shown = redacted(lines).lower()
    [(local, domain)] = set(re.findall(r"(\w+)@(\w+\.\w+)", shown))
    assert local != "ann"
    assert f'"{local}" "{domain}"' in shown
    assert f"to {local}\n" in shown


def test_two_names_never_have_one() -> None:
    names = [f"{letter}{digit}" for letter in "abcdefghijklmnopqrstuvwxyz" for digit in range(10)]
    shown = redacted("".join(f"C: a1 CREATE {name}\n" for name in names)).split("\n")
    assert len(set(shown)) == len(names) + 1


def test_the_pseudonyms_of_two_recordings_differ() -> None:
    said = (Said(C, Form.LINE, (b"a1 CREATE anywhere-else",)),)
    assert list(redact(said)) != list(redact(said))
    assert list(redact(said, key=KEY)) == list(redact(said, key=KEY))


@pytest.mark.parametrize(
    ("keep", "line"),
    [
        ("folders", 'C: a1 SELECT "Work"'),
        ("addresses", "C: a1 SEARCH FROM ann@example.com"),
        ("keywords", "S: * FLAGS (Taxes)"),
        ("texts", "S: * OK Hello ann"),
        ("comments", "# ann was here"),
    ],
)
def test_what_can_be_kept(keep: str, line: str) -> None:
    assert redacted(line + "\n", keep=(keep,)) == line + "\n"
    assert redacted(line + "\n") != line + "\n"


def test_nothing_else_can() -> None:
    with pytest.raises(UsageError, match="'passwords' cannot be kept: one of addresses, comments, folders"):
        redact((), keep=("passwords",))


def test_the_header() -> None:
    header = Header(client="Outlook 2013", extra=(("x-note", "ann's mailbox"),))
    assert redacted_header(header) == Header(client="Outlook 2013", extra=(("x-note", "xxx'x mailbox"),))
    assert redacted_header(header, keep=("comments",)) is header


def test_a_refused_literal_and_placeholders() -> None:
    assert redacted("C: $tag APPEND INBOX {900}\nS: $tag NO no\nC: $tag NOOP\n") == (
        "C: $tag APPEND INBOX {900}\nS: $tag NO no\nC: $tag NOOP\n"
    )


def test_a_literal_that_never_came_whole() -> None:
    shown = redacted(
        "C: a APPEND INBOX {30}\nS: + OK\nC- a1 LOGIN x\\x0a\nC- a1 NOOP very\n@closed\n@connected\nC: a NOOP\n"
    )
    assert shown == (
        "C: a APPEND INBOX {30}\nS: + OK\nC- xx xxxxx x\\x0a\nC- xx xxxx xxxx\n@closed\n@connected\nC: a NOOP\n"
    )


def test_a_line_without_end_is_not_waited_for() -> None:
    said = [Said(C, Form.PART, (b"a1 LOGIN ann s",)), *(Said(S, Form.LINE, (b"* 1 EXISTS",)) for _ in range(5000))]
    taken = 0

    def feed() -> Iterator[Said]:
        nonlocal taken
        for one in said:
            taken += 1
            yield one

    first = next(iter(redact(feed())))
    assert taken < 5000
    assert isinstance(first, Said)
    assert re.fullmatch(rb"a1 LOGIN [a-z]{3} \*", first.octets)


def test_the_rest_of_a_torn_line_is_masked() -> None:
    said = [
        Said(C, Form.PART, (b"a1 LOGIN ann s",)),
        *(Said(S, Form.LINE, (b"* 1 EXISTS",)) for _ in range(5000)),
        Said(C, Form.PART, (b"ec",)),
        Said(C, Form.LINE, (b"ret",)),
        Said(C, Form.LINE, (b"a2 NOOP",)),
    ]
    found = list(redact(said))
    assert [one.text for one in found[-3:] if isinstance(one, Said)] == [(b"xx",), (b"xxx",), (b"a2 NOOP",)]


@pytest.mark.parametrize("file", RECORDINGS, ids=lambda file: file.stem)
def test_a_redacted_recording_is_judged_as_before(file: Path) -> None:
    before = read(file)
    after = Transcript(before.header, tuple(redact(before.entries)))
    assert [len(one.octets) for sender in Sender for one in after.said(sender)] == [
        len(one.octets) for sender in Sender for one in before.said(sender)
    ]
    profile = load(before.header.profile if before.header.profile.startswith("outlook") else "outlook-2013")
    assert [(one.line, one.statements) for one in lint(after, profile).violations] == [
        (one.line, one.statements) for one in lint(before, profile).violations
    ]


# ---------------------------------------------------------------- planted secrets


def quoted(octets: bytes) -> bytes:
    return b'"' + octets.replace(b"\\", b"\\\\").replace(b'"', b'\\"') + b'"'


def literal(octets: bytes) -> bytes:
    return b"{%d}\r\n" % len(octets) + octets


# ruff: noqa: E501, ISC004 - tables of lines
CLIENT_PLACES = [
    b"a1 LOGIN ann %s", b"a1 LOGIN %s pw", b"a1 LOGIN %s %s", b"a1 AUTHENTICATE PLAIN %b", b"a1 AUTHENTICATE %s",
    b"a1 AUTHENTICATE LOGIN\r\n%b\r\n%b", b"a1 AUTHENTICATE NTLM\r\n%b\r\n%s", b"%s LOGIN", b"a1 ID (%s %s)",
    b"a1 SELECT %s", b"a1 CREATE %m", b"a1 RENAME %s %m", b"a1 LIST %s %s", b"a1 LIST (SUBSCRIBED) \"\" (%s %m)",
    b"a1 LSUB \"\" %s", b"a1 STATUS %s (UNSEEN %s)", b"a1 UID COPY 1:2 %s", b"a1 UID MOVE 1 %m", b"a1 SUBSCRIBE %s",
    b"a1 SEARCH %s", b"a1 SEARCH TEXT %s FROM %s", b"a1 UID SEARCH CHARSET %s HEADER %s %s OR BODY %s KEYWORD %s",
    b"a1 SEARCH SINCE %s", b"a1 STORE 1 +FLAGS (\\Seen %s)", b"a1 UID STORE 1 FLAGS %s", b"a1 FETCH %s (%s)",
    b"a1 FETCH 1 BODY.PEEK[HEADER.FIELDS (%s To)]", b"a1 FETCH 1 BODY[%s]", b"a1 APPEND %s (%s) %s {2}\r\nab",
    b"a1 APPEND INBOX %M", b"a1 GETQUOTA %s", b"a1 SETACL INBOX %s lr", b"a1 XPASS %s", b"a1 %s", b"%s", b"%s %s",
    b"a1 NOOP %s", b"a1 GETMETADATA INBOX (%s)", b"a1 ENABLE %s", b"DONE %s", b"a1 LOGOUT %b",
]  # fmt: skip
SERVER_PLACES = [
    b"* OK %s ready", b"* OK [%s] hi", b"* OK [REFERRAL %s] hi", b"* OK [ALERT] %s", b"* BYE user %s is gone", b"+ %b",
    b"+ %s", b"a1 OK %s logged in", b"a1 NO [UNKNOWN-CTE %s] no", b"%s OK done", b"* LIST () \"/\" %s",
    b"* LIST (%s) \"/\" %m", b"* LIST () %s INBOX", b"* LIST () \"/\" A (\"OLDNAME\" (%s))", b"* STATUS %m (MESSAGES 1)",
    b"* NAMESPACE ((%s \"/\")) ((%s \"/\" \"X\" (%s))) NIL", b"* FLAGS (%s)", b"* OK [PERMANENTFLAGS (%s)] ok",
    b"* CAPABILITY %s", b"* ID (\"name\" %s)", b"* QUOTA %s (%s 1 2)", b"* ACL INBOX %s lr", b"* X%s", b"%s", b"* %s %s",
    b"* SEARCH %s", b"* ESEARCH (TAG %s) ALL %s", b"* 1 %s", b"* 1 FETCH (%s %s UID 1)", b"* 1 FETCH (FLAGS (%s) UID 1)",
    b"* 1 FETCH (INTERNALDATE %s)", b"* 1 FETCH (BODY[] %M)", b"* 1 FETCH (UID 3 RFC822.HEADER %M FLAGS ())",
    b"* 1 FETCH (BODY[HEADER.FIELDS (%s)] %M BODY[TEXT]<0> %s BODY[1] %q BODY[2] %b)", b"* 1 FETCH (BODY[]<9> %M)",
    b"* 1 FETCH (ENVELOPE (%s %s ((%s NIL %s %s)) NIL NIL ((%q %s %s %s)(NIL NIL %s NIL)) NIL NIL %s %s) UID 1)",
    b"* 1 FETCH (BODYSTRUCTURE ((\"TEXT\" %s (\"NAME\" %s %s \"x\") %s %s \"7BIT\" 1 2) \"MIXED\" (\"BOUNDARY\" %s)"
    b" (\"attachment\" (\"filename\" %s)) %s %s))",
    b"* 1 FETCH (BODY (\"MESSAGE\" \"RFC822\" NIL NIL NIL \"7BIT\" 9 (%s %s ((%s NIL %s %s)) NIL NIL NIL NIL NIL NIL NIL)"
    b" (\"TEXT\" \"PLAIN\" NIL NIL NIL %s 1 1) 3))",
    b"* 1 FETCH (X-GM-LABELS (%s) UID 5)", b"* 1 FETCH BODY[] %s", b"* 1 FETCH %s", b"* VANISHED %s", b"* 1 FETCH (%s",
]  # fmt: skip
MESSAGES = [
    b"Subject: %s\r\n\r\n%s\r\n", b"From: %s <%s@%s>\r\nTo: \"%s\" <a@b>, %s\r\n", b"%s: %s\r\n\r\n", b"%s",
    b"X-%s: 1\r\n%s\r\n\t%s\r\n\r\n%b\r\n%q\r\n", b"Subject: =?utf-8?B?%b?= =?utf-8?Q?%q?=\r\n\r\n",
    b"Content-Type: multipart/mixed; boundary=%s; name=\"=?%s?B?%b?=\"\r\nMIME-Version: 1.0 (%s)\r\n\r\n--%s\r\n\r\n",
    b"Date: %s\r\nReceived: from %s by %s; %s\r\n\r\n", b"\r\n%s: %s", b"Date: Mon, 7 Feb 1994 21:52:25 -0800 (%s)\r\n\n%q",
]  # fmt: skip


def qp(octets: bytes) -> bytes:
    return b"".join(b"=%02X" % octet for octet in octets)


@st.composite
def conversations(draw: st.DrawFn, secret: str) -> tuple[bytes, bytes]:
    """Return what client and server say, `secret` in one of its spellings at every place of some commands."""
    octets = secret.encode()

    def spelled(found: re.Match[bytes], *, inside: bool) -> bytes:
        match found[0]:
            case b"%b":
                return base64.b64encode(draw(st.sampled_from((b"", b"\0", b"ab"))) + octets)
            case b"%q":
                return (
                    draw(st.sampled_from((qp(octets), quopri.encodestring(octets)))) if inside else quoted(qp(octets))
                )
            case b"%m":
                return quoted(encode(secret))
            case b"%M":
                message = fill(draw(st.sampled_from(MESSAGES)), inside=True)
                return literal(message)
        if inside:
            return octets
        return draw(st.sampled_from((octets, quoted(octets), literal(octets), quoted(b"a " + octets + b'"\\'))))

    def fill(template: bytes, *, inside: bool = False) -> bytes:
        return re.sub(rb"%[sbmqM]", lambda found: spelled(found, inside=inside), template)

    client = b"\r\n".join(fill(draw(st.sampled_from(CLIENT_PLACES))) for _ in range(draw(st.integers(1, 3)))) + b"\r\n"
    server = b"\r\n".join(fill(draw(st.sampled_from(SERVER_PLACES))) for _ in range(draw(st.integers(1, 3)))) + b"\r\n"
    return client, server


SECRETS = st.one_of(
    st.from_regex(r"[a-zA-Z0-9]{9,14}", fullmatch=True).filter(lambda text: len(set(text.lower())) > 5),
    st.text("äöüéßñ日本語абвгд", min_size=5, max_size=9).filter(lambda text: len(set(text)) > 3),
)


def spellings(secret: str) -> list[bytes]:
    """Return every way the octets of `secret` may be met again."""
    octets = secret.encode()
    found = [octets, octets[::-1], qp(octets), qp(octets).lower(), quopri.encodestring(octets)]
    # at each place in the triplets, only those characters that stand for nothing but the secret
    found += [base64.b64encode(before + octets)[len(before) * 2 : -4] for before in (b"", b"a", b"ab")]
    if not secret.isascii():
        found.append(encode(secret).strip(b"&-"))
    return [spelling.lower() for spelling in found if len(spelling) > 4]


def recorded(client: bytes, server: bytes, cuts: list[int]) -> Transcript:
    recorder = Recorder(None)
    recorder.connected("", 0.0)
    streams = {C: client, S: server}
    for number, cut in enumerate([*cuts, 1 << 20, 1 << 20]):
        sender = (C, S)[number % 2]
        recorder.octets(sender, [(streams[sender][:cut], False)], 0.0)
        streams[sender] = streams[sender][cut:]
    recorder.closed(0.0)
    return recorder.transcript()


@settings(max_examples=400, deadline=None)
@given(st.data())
def test_no_planted_secret_comes_through(data: st.DataObject) -> None:
    secret = data.draw(SECRETS)
    client, server = data.draw(conversations(secret))
    if data.draw(st.booleans()):  # a fragment: it begins and ends anywhere
        client = client[data.draw(st.integers(0, 12)) :]
        server = server[data.draw(st.integers(0, 12)) : -data.draw(st.integers(1, 12))]
    before = recorded(client, server, data.draw(st.lists(st.integers(1, 60), max_size=6)))
    after = Transcript(before.header, tuple(redact(before.entries)))  # a transcript checks what was announced
    assert [type(entry) for entry in before.entries] == [type(entry) for entry in after.entries]
    for sender in Sender:
        octets = after.octets(sender)
        assert [len(said.octets) for said in after.said(sender)] == [len(said.octets) for said in before.said(sender)]
        for spelling in spellings(secret):
            assert spelling not in octets.lower(), octets
    assert secret.lower() not in dumps(after).lower()


@settings(max_examples=200, deadline=None)
@given(st.binary(max_size=200), st.binary(max_size=200), st.lists(st.integers(1, 60), max_size=6))
def test_anything_at_all_keeps_its_length(client: bytes, server: bytes, cuts: list[int]) -> None:
    before = recorded(client, server, cuts)
    after = Transcript(before.header, tuple(redact(before.entries)))
    assert [len(one.octets) for one in after.entries if isinstance(one, Said)] == [
        len(one.octets) for one in before.entries if isinstance(one, Said)
    ]


# ---------------------------------------------------------------- streaming


def test_memory_is_that_of_the_largest_literal() -> None:
    size, count = 1 << 18, 24
    body = ("x" * 62 + " y") * (size // 64)
    said = f"S: * 1 FETCH (UID 1 BODY[] {{{size}}}\nS| {body}\nS: )\n"
    source = io.StringIO(TOP + said * count)
    target = _Nowhere()
    tracemalloc.start()
    try:
        before = tracemalloc.get_traced_memory()[0]
        tracemalloc.reset_peak()
        header, found = entries(source)
        write_entries(redacted_header(header), redact(found), target)
        peak = tracemalloc.get_traced_memory()[1] - before
    finally:
        tracemalloc.stop()
    assert target.written > size * count
    assert peak < 16 * size


class _Nowhere(io.StringIO):
    def __init__(self) -> None:
        super().__init__()
        self.written = 0

    def write(self, text: str, /) -> int:
        self.written += len(text)
        return len(text)


def test_marks_and_pauses_stay() -> None:
    given_entries = (
        Mark(Event.TLS, 2.5),
        Said(S, Form.LINE, (b"* 1 EXISTS",), 3.0),
        Comment("all"),
        Mark(Event.CLOSED),
    )
    assert tuple(redact(given_entries)) == given_entries
