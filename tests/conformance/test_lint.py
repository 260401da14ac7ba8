"""What lint says besides violations; what it accepts when told to; and what it does not judge."""

from __future__ import annotations

import random
from collections.abc import Iterator
from pathlib import Path

import pytest
from support.lint_rows import AGAIN, ANY, GREETING, HEADER, LOGIN, NONE, NTLM, SELECTED, in_folder, said
from support.real_session import TRANSCRIPTS

from outlookimap.conformance.lint import judge_any, lint
from outlookimap.conformance.verdict import Verdict
from outlookimap.profiles import Policy, load
from outlookimap.traffic import Entry, Form, Provenance, Said, Transcript, parse, read
from outlookimap.transport.tap import Sender

BOTH_SIDES = sorted((TRANSCRIPTS / "exchange").glob("*.imap"))


def judged(text: str, *, observed: bool = False, policy: Policy | None = None, version: str = "2013") -> Verdict:
    return lint(parse(HEADER + text), load(version), observed=observed, policy=policy)


# ---------------------------------------------------------------- seen, but not documented

SEEN = (
    ("the tag of LOGOUT", in_folder("").replace("vu1p", "ZZZZ"), {"O5:C0001"}, "2014"),
    ("deleting since 2016", in_folder(said(r"UID STORE 1 +FLAGS.SILENT (\Deleted \Seen)")), {"O5:V0056"}, "2016"),
    (
        "the first look since 2016",
        in_folder(said("UID FETCH 1:* (UID FLAGS RFC822.SIZE BODY.PEEK[] INTERNALDATE)")),
        {"O5:V0055", "O5:V0054"},
        "2016",
    ),
    ("the offline window", in_folder(said("UID SEARCH 1:* SINCE 1-Jan-2021")), {"O5:V0059"}, "2016"),
    ("no CAPABILITY after LOGIN", NONE + LOGIN + SELECTED, {"O5:V0035"}, "2014"),
)


@pytest.mark.parametrize(("text", "ids", "year"), [row[1:] for row in SEEN], ids=[row[0] for row in SEEN])
def test_what_was_seen_is_a_violation_that_says_so_and_a_remark_when_accepted(
    text: str, ids: set[str], year: str
) -> None:
    strict = judged(text)
    [violation] = strict.violations
    assert set(violation.statements) == ids
    assert violation.observed is not None
    assert year in violation.observed
    accepting = judged(text, observed=True)
    assert accepting.conforms
    assert accepting.violations == ()
    [remark] = [one for one in accepting.remarks if "but seen" in one.text]
    assert set(remark.statements) == ids
    assert (remark.line, year in remark.text) == (violation.line, True)


@pytest.mark.parametrize(
    "text",
    [
        in_folder(said("NOOP", "ZZZZ")),
        in_folder("").replace("vu1p", "YYYY"),
        in_folder(said(r"UID STORE 1 +FLAGS.SILENT (\Deleted \Flagged)")),
        in_folder(said("UID SEARCH SINCE 1-Jan-2021")),
        in_folder("").replace(AGAIN, ""),
    ],
)
def test_what_was_not_seen_stays_a_violation(text: str) -> None:
    [violation] = judged(text, observed=True).violations
    assert violation.observed is None


IDLE = "C: t5rw IDLE\nS: + idling\nC: DONE\n"


@pytest.mark.cites("O5:V0026", "O5:V0028", "O5:V0025")
@pytest.mark.parametrize(
    "text",
    [
        in_folder(IDLE + "S: t5rw OK done\n" + said("NOOP", "u6sx")),
        in_folder(IDLE).replace("C: vu1p LOGOUT\n", "C: vu1p LOGOUT\nS: t5rw OK done\n"),
        GREETING + NTLM + AGAIN + IDLE + "S: t5rw OK done\n",
        GREETING + NTLM + AGAIN + "C: t5rw IDLE\nS: t5rw BAD no mailbox\n" + said("NOOP", "u6sx"),
        in_folder(said("CLOSE")),
        in_folder("C: t5rw NOOP\n@closed client\n").removesuffix("C: vu1p LOGOUT\nS: * BYE\nS: vu1p OK done\n"),
    ],
    ids=["NOOP after DONE", "DONE and LOGOUT at once", "IDLE without a mailbox", "refused there", "CLOSE", "no LOGOUT"],
)
def test_what_the_documents_leave_open_breaks_nothing(text: str) -> None:
    assert judged(text).violations == ()


FETCH = "C: t5rw FETCH 1 (UID)\n@+700\nS: t5rw OK done\n"


@pytest.mark.cites("O5:V0025")
@pytest.mark.parametrize(
    ("text", "kept"),
    [
        (said("NOOP", "t5rw") + "@+610\n" + said("NOOP", "u6sx"), True),
        (said("NOOP", "t5rw") + "@+611\n" + said("NOOP", "u6sx"), False),
        (FETCH + "@+5\n" + said("NOOP", "u6sx"), True),
        (FETCH + "@+611\n" + said("NOOP", "u6sx"), False),
        (IDLE.replace("C: DONE", "@+611\nC: DONE") + "S: t5rw OK done\n", False),
    ],
    ids=["ten seconds late", "eleven", "a FETCH that takes its time", "silence after it", "IDLE"],
)
def test_silence_of_more_than_ten_minutes_with_some_grace(text: str, kept: bool) -> None:
    assert [violation.statements[0] for violation in judged(in_folder(text)).violations] == (
        [] if kept else ["O5:V0025"]
    )


# ---------------------------------------------------------------- sign-in


@pytest.mark.cites("O5:V0034", "O5:V0027", "O5:E0001")
def test_login_is_the_products_where_only_plain_is_listed() -> None:
    listed = NONE.replace("UIDPLUS", "AUTH=PLAIN")
    plain = "C: 9xqa AUTHENTICATE PLAIN\nS: +\nC: ****\nS: 9xqa OK done\n"
    assert judged(listed + plain + AGAIN).remarks == ()
    for policy in (None, Policy()):
        verdict = judged(listed + LOGIN + AGAIN, policy=policy)
        assert verdict.conforms
        [remark] = verdict.remarks
        assert "AUTH=PLAIN" in remark.text
        assert "******" in remark.text


@pytest.mark.cites("O5:V0034")
def test_a_mechanism_left_out_is_a_remark_while_the_settings_are_unknown() -> None:
    text = ANY + LOGIN + AGAIN
    verdict = judged(text)
    assert (verdict.conforms, len(verdict.remarks)) == (True, 1)
    assert not judged(text, policy=Policy()).conforms
    assert judged(text, policy=Policy(mechanisms=())).violations == ()
    assert judged(text, policy=Policy(mechanisms=("PLAIN",))).conforms is False


@pytest.mark.cites("O5:V0034")
def test_what_failed_on_a_connection_before_was_tried() -> None:
    failed = ANY + "C: n7lm AUTHENTICATE NTLM\nS: +\nC: ********\n@closed server\n@connected\n"
    digest = "C: d1g5 AUTHENTICATE DIGEST-MD5\nS: + bm9uY2U9\nC: ********\nS: d1g5 OK done\n"
    verdict = judged(failed + ANY.replace("k2v8", "q3w4") + digest + AGAIN, policy=Policy())
    assert (verdict.violations, verdict.remarks) == ((), ())
    again = "@closed\n@connected\n" + ANY.replace("k2v8", "q3w4") + LOGIN.replace("9xqa", "j8j8")
    [violation] = judged(failed + ANY.replace("k2v8", "q3w4") + digest + AGAIN + again, policy=Policy()).violations
    assert violation.connection == 3


@pytest.mark.parametrize(
    "login",
    [
        'LOGIN "ann" "***"',
        "LOGIN ***",
        "LOGIN *** **",
        'LOGIN "ann" "*"',
        'LOGIN "***" "***"',
        'LOGIN {3}\nS: + go\nC| ***\nC- \\x20"***"\nC:',
    ],
    ids=str,
)
def test_masked_secrets_are_no_misspelling(login: str) -> None:
    text = NONE + f"C: 9xqa {login}\nS: 9xqa OK done\n" + AGAIN
    expected = {"O5:V0017"} if "{3}" in login else set()
    assert {one for violation in judged(text).violations for one in violation.statements} == expected


def test_a_password_shows_nowhere() -> None:
    text = NONE + 'C: 9xqa LOGIN ann hunter2\nS: 9xqa OK done\nC: b5b5 LOGIN "ann" "hunter2" x\nS: b5b5 BAD no\n'
    verdict = judged(text)
    assert len(verdict.violations) >= 2
    assert "hunter2" not in repr(verdict)
    cut = Said(Sender.CLIENT, Form.PART, (b"j6j6 LOGIN ann hunter2",))
    assert "hunter2" not in repr(lint([cut], load("2013")))


# ---------------------------------------------------------------- what is not shown


def test_the_server_need_not_be_shown() -> None:
    right = "C: k2v8 CAPABILITY\n" + 'C: 9xqa LOGIN "ann" "***"\nC: m4hz CAPABILITY\nC: 0c7d SELECT "INBOX"\n'
    assert judged(right).conforms
    [violation] = judged(right.replace("C: m4hz CAPABILITY\n", "")).violations
    assert violation.statements == ("O5:V0035",)


def test_without_capabilities_either_list_of_items_will_do() -> None:
    for form in ("(UID FLAGS RFC822.PEEK)", "(UID FLAGS BODY.PEEK[])"):
        assert judged(f"C: k2v8 UID FETCH 1 {form}\n").conforms
    assert not judged("C: k2v8 UID FETCH 1 (UID RFC822.PEEK)\n").conforms


def test_a_literal_that_was_refused_or_is_missing_costs_only_itself() -> None:
    text = in_folder(
        'C: t5rw APPEND "Work" (\\Seen) {3}\nS: t5rw NO too big\nC: u6sx UID FETCH 1 (UID FLAGS)\nS: u6sx OK done\n'
    )
    verdict = judged(text)
    assert (verdict.violations, verdict.fragment) == ((), True)
    wrong = judged(text.replace("(UID FLAGS)", "(FLAGS)").replace("t5rw APPEND", "T5RW APPEND").replace("t5rw", "T5RW"))
    assert [set(one.statements) for one in wrong.violations] == [{"O5:C0001"}, {"O5:V0055", "O5:V0054"}]


@pytest.mark.parametrize("path", BOTH_SIDES, ids=lambda path: path.stem)
def test_a_fragment_of_what_conforms_conforms(path: Path) -> None:
    recording = read(path)
    profile = load(f"outlook-{path.stem.split('-')[1]}")
    for name, entries in fragments(recording.entries):
        verdict = lint(entries, profile, fragment=True)
        assert verdict.violations == (), (name, verdict.violations)
        assert verdict.fragment


def fragments(entries: tuple[Entry, ...]) -> Iterator[tuple[str, list[Entry]]]:
    """Yield everything from each entry on, up to each, and one side of it."""
    for place in range(0, len(entries), 3):
        yield f"from {place}", [*entries[place:]]
        yield f"to {place}", [*entries[:place]]
        for sender in Sender:
            one_side = [one for one in entries[place:] if not isinstance(one, Said) or one.sender is sender]
            yield f"{sender} from {place}", one_side


def test_a_fragment_that_begins_in_a_message_is_judged_from_its_first_command_on() -> None:
    text = "C: Hello, this is text.\nC:\nC: k2v8 EXAMINE INBOX2\nC:\nC: hello text\n"
    recording = parse(HEADER.replace("synthetic", "fragment") + text)
    assert recording.header.provenance is Provenance.FRAGMENT
    verdict = lint(recording, load("2013"))
    assert [violation.line for violation in verdict.violations][:1] == [6]
    assert "O5:V0040" in verdict.violations[0].statements


@pytest.mark.parametrize("seed", range(20))
def test_no_octets_whatever_end_in_anything_but_a_verdict(seed: int) -> None:
    chance = random.Random(seed)
    recording = read(BOTH_SIDES[seed % len(BOTH_SIDES)])
    entries: list[Entry] = []
    for entry in recording.entries:
        if isinstance(entry, Said) and chance.random() < 0.3:
            octets = bytearray(entry.octets.rstrip(b"\r\n") or b" ")
            for _ in range(chance.randrange(1, 4)):
                octets[chance.randrange(len(octets))] = chance.choice([0, 9, 13, 32, 34, 40, 92, 123, 200, 255])
            form = chance.choice([Form.LINE, Form.PART, Form.LITERAL])
            entries.append(Said(entry.sender, form, (bytes(octets).replace(b"\n", b" "),)))
        elif chance.random() < 0.9:
            entries.append(entry)
    for fragment in (True, False):
        verdicts = judge_any(entries, map(load, ("2007", "2013")), fragment=fragment)
        assert len(verdicts) == 2
        assert all(verdict.commands for verdict in verdicts)


# ---------------------------------------------------------------- what comes out


def test_exercised_statements_come_in_the_order_of_the_catalogue() -> None:
    exercised = judged(in_folder(said("UID FETCH 1 (UID FLAGS)"))).exercised
    assert exercised == (
        "O5:2.1.2", "O5:2.1.3", "O5:2.1.4", "O5:C0001", "O5:V0017", "O5:V0027", "O5:E0001", "O5:V0032", "O5:V0033",
        "O5:V0034", "O5:V0035", "O5:V0036", "O5:V0037", "O5:V0050", "O5:V0055", "O5:V0059", "O5:V0060", "O5:V0065",
    )  # fmt: skip


def test_a_violation_names_line_connection_text_and_what_was_expected() -> None:
    text = GREETING + NTLM + AGAIN + "@closed\n@connected\n" + GREETING + NTLM + AGAIN + said("SELECT Work")
    [violation] = judged(text).violations
    assert violation.line == (HEADER + text).split("\n").index("C: t5rw SELECT Work") + 1
    assert (violation.connection, violation.statements) == (2, ("O5:V0017",))
    assert (violation.text, violation.expected) == ("t5rw SELECT Work", 't5rw SELECT "Work"')
    assert violation.observed is None


def test_long_commands_are_shown_cut() -> None:
    text = in_folder(said(f"UID FETCH {','.join('123456789' for _ in range(50))} (FLAGS)"))
    [violation] = judged(text).violations
    assert len(violation.text) <= 160
    assert violation.text.endswith(" ...")


def test_profiles_are_ranked_by_what_speaks_against_each() -> None:
    recording = parse(HEADER + in_folder(said("SEARCH UNSEEN")))
    ranked = judge_any(recording, map(load, ("2007", "2010", "2013")))
    assert [verdict.profile.id for verdict in ranked] == ["outlook-2013", "outlook-2007", "outlook-2010"]
    assert [verdict.breaches_per_command for verdict in ranked] == [0, 1 / 6, 1 / 6]
    assert isinstance(recording, Transcript)
