"""Reports made up for tests: an ordinary one, a very large one, and one whose server is out to break the page."""

from __future__ import annotations

import datetime as dt

from outlookimap.conformance.outcome import CheckReport, Line, Outcome
from outlookimap.conformance.scenario import Scenario, Standing

PROFILES = ("outlook-2007", "outlook-2010", "outlook-2013")
STARTED = dt.datetime(2024, 3, 4, 9, 30, tzinfo=dt.timezone(dt.timedelta(hours=1)))
PURGE = Scenario(
    id="purge-keeps-others",
    theme="delete",
    description="Outlook marks one of three messages as deleted and purges the folder.",
    requirement="expunge-takes-deleted-only",
    demand="EXPUNGE removes the messages that have \\Deleted, and no other one.",
    source="RFC 3501 section 6.4.3",
    statements=("O5:V0051", "O5:V0056"),
    profiles=PROFILES,
)
NEWS = Scenario(
    id="news-while-idle",
    theme="idle",
    description="Outlook idles in a folder while another client adds a message to it.",
    requirement="news-in-time",
    demand="A server that announces IDLE says EXISTS while the client idles.",
    source="RFC 2177 section 3",
    statements=("O5:V0045",),
    profiles=PROFILES[2:],
    severity=Standing.WARN,
    needs=("IDLE",),
)
SIGN_IN = Scenario(
    id="sign-in-plain",
    theme="sign-in",
    description="Outlook signs in with AUTHENTICATE PLAIN.",
    requirement="plain-works",
    demand="A server that announces AUTH=PLAIN accepts it.",
    source="RFC 4616",
    statements=("O5:E0001",),
    profiles=PROFILES,
)
DRAFT = Scenario(
    id="draft-without-headers",
    theme="append",
    description="Outlook saves a draft that has no header at all.",
    requirement="append-takes-any-message",
    demand="APPEND takes a message without a header.",
    source="Statement O5:V0046",
    statements=("O5:V0046",),
    profiles=PROFILES,
)
PURGED = (
    Line("@", "tls"),
    Line("S:", "* OK ready"),
    Line("C:", 'a1b2 SELECT "Probe"'),
    Line("S:", "* 3 EXISTS"),
    Line("S:", "a1b2 OK Selected"),
    Line("C:", "c3d4 UID STORE 2 +FLAGS (\\Deleted)"),
    Line("S:", "* 2 FETCH (UID 2 FLAGS (\\Deleted))"),
    Line("S:", "c3d4 OK Stored"),
    Line("@", "+600"),
    Line("C:", "e5f6 EXPUNGE"),
    Line("S:", "* 3 EXPUNGE", offends=True),
    Line("S:", "e5f6 OK Expunged"),
    Line("@", "closed server"),
)


def report(*outcomes: Outcome, strict: bool = False) -> CheckReport:
    """Return a report of `outcomes` on an ordinary server."""
    return CheckReport(
        server="imaps://mail.example.com:993/",
        greeting="* OK [CAPABILITY IMAP4rev1 AUTH=PLAIN IDLE] mail.example.com ready",
        capabilities=("IMAP4rev1", "AUTH=PLAIN", "IDLE", "UIDPLUS"),
        outcomes=outcomes,
        started=STARTED,
        seconds=23.4,
        strict=strict,
    )


def ordinary(*, strict: bool = False) -> CheckReport:
    """Return a report with one outcome of every kind."""
    fail, warn = "Message 3 was removed, which nobody had deleted.", "EXISTS came only after DONE."
    return report(
        Outcome(PURGE, "outlook-2007", Standing.PASS, seconds=0.25),
        Outcome(PURGE, "outlook-2010", Standing.FAIL, fail, 0.5, PURGED),
        Outcome(PURGE, "outlook-2013", Standing.FAIL, fail, 1.25, PURGED),
        Outcome(NEWS, "outlook-2013", Standing.WARN, warn, 31.0, PURGED[:3]),
        Outcome(SIGN_IN, "outlook-2007", Standing.SKIPPED, "AUTH=PLAIN is not announced."),
        Outcome(SIGN_IN, "outlook-2010", Standing.SKIPPED, "AUTH=PLAIN is not announced."),
        Outcome(SIGN_IN, "outlook-2013", Standing.PASS, seconds=0.125),
        Outcome(DRAFT, "outlook-2007", Standing.FAIL, "NO Invalid message", 0.5, PURGED[:2], known=True),
        Outcome(DRAFT, "outlook-2010", Standing.PASS, seconds=0.5),
        strict=strict,
    )


def hostile(text: str) -> CheckReport:
    """Return the ordinary report from a server that puts `text` wherever a server can put text."""
    calm = ordinary()
    return CheckReport(
        server=f"imaps://{text}/",
        greeting=f"* OK {text}",
        capabilities=tuple(f"{one}{text}" for one in calm.capabilities),
        outcomes=tuple(
            Outcome(
                one.scenario,
                one.profile,
                one.standing,
                f"{one.message}{text}" if one.message else "",
                one.seconds,
                tuple(Line(line.mark, f"{line.text} {text}", line.offends) for line in one.transcript),
                one.known,
            )
            for one in calm.outcomes
        ),
        started=STARTED,
        seconds=calm.seconds,
        leftovers=(f"Probe {text}", text),
    )


def large(themes: int = 12, each: int = 20) -> CheckReport:
    """Return a report with hundreds of rows, long names, long lines without a space, and long conversations."""
    base, outcomes = ordinary(), list(ordinary().outcomes)
    uids = ",".join(str(number) for number in range(1, 6_000, 2))
    octets = "QWxhZGRpbjpvcGVuIHNlc2FtZQ" * 24
    talk = (
        *(Line("C:", f"x{turn:03} NOOP") if turn % 2 else Line("S:", f"x{turn:03} OK Done") for turn in range(90)),
        Line("C:", f"long UID STORE {uids} +FLAGS.SILENT (\\Deleted)"),
        Line("S:", f"* 7 FETCH (UID 7 BODY[] {{{len(octets) + 2}}}"),
        Line("S|", octets),
        Line("S|", ""),
        Line("S:", " FLAGS (\\Seen))"),
        Line("#", "... 20,000,000 octets left out"),
        Line("S:", "long BAD Command line too long", offends=True),
        *(Line("S:", f"* {number} EXPUNGE") for number in range(40)),
    )  # fmt: skip
    refused = f"The server refuses a long command: {octets[:120]}"
    for theme in range(themes):
        for number in range(each):
            name = f"case-{theme:02}-{number:02}" + "-with-a-name-that-does-not-want-to-end" * (number % 7 == 3)
            scenario = Scenario(
                id=name,
                theme=f"theme-{theme:02}",
                description=f"Outlook does what it always does in such a place{', and then some more' * (number % 5)}.",
                requirement=f"demand-{theme:02}-{number:02}",
                demand="The server answers as RFC 3501 asks it to, and keeps what it was given.",
                source="RFC 3501 section 6.4.6; a public bug report of 2014, see the reference of scenarios",
                statements=("O5:V0056", "O5:V0055")[: number % 3],
                profiles=PROFILES,
                severity=Standing.WARN if number % 4 == 0 else Standing.FAIL,
            )
            for profile in PROFILES:
                standing, message, lines = Standing.PASS, "", talk[:0]
                if number == 7 or (number == 8 and theme % 5 == 0):
                    standing, message, lines = scenario.severity, refused, talk
                elif number % 9 == 4:
                    standing, message = Standing.SKIPPED, "The server does not announce UIDPLUS."
                outcomes.append(
                    Outcome(scenario, profile, standing, message, 0.1, lines if profile != "outlook-2007" else talk[:9])
                )
    return CheckReport(
        server="imaps://a-very-long-name-of-a-mail-server-in-a-data-centre.region-7.mail.example.com:10993/",
        greeting=base.greeting,
        capabilities=(*base.capabilities, *(f"X-CAPABILITY-{number}" for number in range(30)), "X" * 90),
        outcomes=tuple(outcomes),
        started=STARTED,
        seconds=312.0,
        leftovers=("outlookimap-check-7f3a", "outlookimap-check-" + "9" * 80),
    )
