"""A check of a server: what becomes of a scenario, and of the mailbox it runs in."""

from __future__ import annotations

import contextlib
import imaplib
import os
import signal
import subprocess
import sys
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import replace
from pathlib import Path

import pytest
from support.checked import embedded

from outlookimap.conformance import scenario as registry
from outlookimap.conformance.checking import check
from outlookimap.conformance.observer import Place
from outlookimap.conformance.outcome import CheckReport, Outcome
from outlookimap.conformance.scenario import Scenario, Standing, Steps
from outlookimap.conformance.stage import PREFIX, Stage
from outlookimap.errors import CheckImpossible, ProfileViolation
from outlookimap.exchange import ExchangeServer
from outlookimap.profiles import Policy, load
from outlookimap.wire.secret import Secret

PROFILES = [load("2013")]
MAIL = [b"Subject: %d\r\n\r\nDo not touch\r\n" % number for number in range(5)]


def scenario(name: str, **fields: object) -> Scenario:
    one = Scenario(name, "flags", "Does it.", "it", "Has to do it.", "RFC 3501", profiles=("outlook-2013",))
    return replace(one, **fields)  # type: ignore[arg-type]


@pytest.fixture
def stepping() -> Iterator[dict[str, Steps]]:
    """Steps of scenarios that only a test has, by id."""
    for known in registry.scenarios():
        registry.steps_of(known)  # which registers those of its theme
    before = dict(registry._steps)
    yield registry._steps
    registry._steps.clear()
    registry._steps.update(before)


@contextmanager
def imap(place: Place) -> Iterator[imaplib.IMAP4]:
    port = int(place.url.rpartition(":")[2].strip("/"))
    client = imaplib.IMAP4("127.0.0.1", port)
    client.login("user1", "secret")
    try:
        yield client
    finally:
        client.logout()


def folders(place: Place) -> list[bytes]:
    with imap(place) as client:
        return [line for line in client.list()[1] if isinstance(line, bytes)]


def one(place: Place, wanted: Scenario) -> Outcome:
    [outcome] = check(place, PROFILES, [wanted]).outcomes
    return outcome


def select_another(stage: Stage) -> None:
    stage.session().select(stage.folder + "-none")


def append_with_keyword(stage: Stage) -> None:
    stage.session().append(stage.folder, b"", flags=["$Forwarded"])


# ---------------------------------------------------------------- verdicts


def test_a_scenario_that_finds_nothing_wrong_passes_and_keeps_no_conversation(stepping: dict[str, Steps]) -> None:
    stepping["fine"] = lambda stage: stage.session().noop()
    with embedded() as place:
        outcome = one(place, scenario("fine"))
    assert (outcome.standing, outcome.message, outcome.transcript) == (Standing.PASS, "", ())


@pytest.mark.parametrize("severity", [Standing.FAIL, Standing.WARN])
def test_what_is_demanded_and_not_met_fails_or_warns(stepping: dict[str, Steps], severity: Standing) -> None:
    def steps(stage: Stage) -> None:
        session = stage.session()
        session.select(stage.folder)
        session.noop()
        stage.require(len(stage.said(rb"EXISTS")) > 1, "EXISTS came once only", said=rb"EXISTS")

    stepping["wanting"] = steps
    with embedded() as place:
        outcome = one(place, scenario("wanting", severity=severity))
    assert (outcome.standing, outcome.message) == (severity, "EXISTS came once only")
    [marked] = [line for line in outcome.transcript if line.offends]
    assert (marked.mark, marked.text) == ("S:", "* 0 EXISTS")


def test_without_a_line_to_show_the_last_one_before_the_sign_out_is_marked(stepping: dict[str, Steps]) -> None:
    def steps(stage: Stage) -> None:
        session = stage.session()
        session.select(stage.folder)
        session.logout()
        stage.fail("no")

    stepping["last"] = steps
    with embedded() as place:
        outcome = one(place, scenario("last"))
    [marked] = [line.text for line in outcome.transcript if line.offends]
    assert marked.endswith("OK [READ-WRITE] SELECT completed.")


def test_what_is_said_while_a_scenario_clears_up_is_not_shown(stepping: dict[str, Steps]) -> None:
    def steps(stage: Stage) -> None:
        stage.session()
        stage.fail("no")

    stepping["short"] = steps
    with embedded() as place:
        outcome = one(place, scenario("short"))
    assert not [line for line in outcome.transcript if "LOGOUT" in line.text]


@pytest.mark.parametrize("wrapped", [True, False])
def test_a_refusal_is_a_failure_also_where_the_demand_is_worth_a_warning(
    stepping: dict[str, Steps], wrapped: bool
) -> None:
    def steps(stage: Stage) -> None:
        with stage.refused("it was refused") if wrapped else contextlib.nullcontext():
            select_another(stage)

    stepping["severe"] = steps
    with embedded() as place:
        outcome = one(place, scenario("severe", severity=Standing.WARN))
    assert outcome.standing is Standing.FAIL
    assert outcome.message.startswith("it was refused: SELECT" if wrapped else "SELECT: the server answered NO")


def test_a_refusal_of_the_server_fails_the_scenario(stepping: dict[str, Steps]) -> None:
    stepping["refused"] = select_another
    with embedded() as place:
        outcome = one(place, scenario("refused"))
    assert outcome.standing is Standing.FAIL
    assert outcome.message.startswith("SELECT: the server answered NO")


def test_a_warning_lets_the_scenario_go_on_and_the_first_counts(stepping: dict[str, Steps]) -> None:
    def steps(stage: Stage) -> None:
        stage.session().noop()
        stage.warn("first")
        stage.warn("second")

    stepping["warned"] = steps
    with embedded() as place:
        outcome = one(place, scenario("warned"))
    assert (outcome.standing, outcome.message) == (Standing.WARN, "first")


def test_what_does_not_apply_is_skipped_with_its_reason(stepping: dict[str, Steps]) -> None:
    stepping["elsewhere"] = lambda stage: stage.skip("not here")
    wanted = [
        scenario("elsewhere"),
        scenario("lacking", needs=("IDLE", "XNOWHERE")),
        scenario("long", slow=True),
    ]
    with embedded() as place:
        report = check(place, PROFILES, wanted)
    assert [(outcome.standing, outcome.message) for outcome in report.outcomes] == [
        (Standing.SKIPPED, "not here"),
        (Standing.SKIPPED, "the server does not list XNOWHERE"),
        (Standing.SKIPPED, "takes minutes: --slow asks for it"),
    ]
    assert not report.judged


def test_what_the_observer_cannot_set_up_is_skipped(stepping: dict[str, Steps]) -> None:
    stepping["unset"] = lambda stage: stage.observer.delete(stage.raw + b"-none")
    with embedded() as place:
        outcome = one(place, scenario("unset"))
    assert outcome.standing is Standing.SKIPPED
    assert outcome.message.startswith("could not be set up or looked into: DELETE ")


def test_a_scenario_that_asks_for_what_the_product_never_does_is_a_bug_and_no_verdict(
    stepping: dict[str, Steps],
) -> None:
    stepping["bug"] = append_with_keyword
    with embedded() as place, pytest.raises(ProfileViolation):
        check(place, PROFILES, [scenario("bug")])


def test_outcomes_stand_in_the_order_of_scenarios_and_versions(stepping: dict[str, Steps]) -> None:
    stepping["quick"] = lambda stage: None
    stepping["late"] = lambda stage: time.sleep(0.2)
    both = ("outlook-2010", "outlook-2013")
    told: list[tuple[int, int]] = []
    with embedded() as place:
        report = check(
            place,
            [load("2013"), load("2010"), load("2007")],
            [scenario("late", profiles=both), scenario("quick", profiles=both, alone=True)],
            told=lambda _outcome, done, total: told.append((done, total)),
        )
    assert [(outcome.scenario.id, outcome.version) for outcome in report.outcomes] == [
        ("late", "2013"), ("late", "2010"), ("quick", "2013"), ("quick", "2010"),
    ]  # fmt: skip
    assert told == [(1, 4), (2, 4), (3, 4), (4, 4)]


def test_what_is_alone_runs_beside_nothing(stepping: dict[str, Steps]) -> None:
    running: set[str] = set()
    together: list[int] = []
    lock = threading.Lock()

    def steps(stage: Stage) -> None:
        with lock:
            running.add(stage.raw.decode())
            if stage.scenario.alone:
                together.append(len(running))
        time.sleep(0.05)
        with lock:
            running.remove(stage.raw.decode())

    names = [f"one-{number}" for number in range(6)]
    for name in names:
        stepping[name] = steps
    with embedded() as place:
        check(place, PROFILES, [scenario(name, alone=number % 2 == 0) for number, name in enumerate(names)], jobs=4)
    assert together == [1, 1, 1]


# ---------------------------------------------------------------- a server that cannot be checked


def test_a_wrong_password_is_no_verdict() -> None:
    with embedded() as place, pytest.raises(CheckImpossible, match=r"cannot sign in: .* failed"):
        check(replace(place, password=Secret("wrong")), PROFILES, [scenario("any")])


def test_a_dead_port_is_no_verdict() -> None:
    with embedded() as place:
        pass
    with pytest.raises(CheckImpossible, match="refused"):
        check(place, PROFILES, [scenario("any")])


def test_a_server_without_folders_of_our_own_is_no_verdict() -> None:
    with (
        embedded(faults=["when=CREATE;do=skip,condition=no,text=Never."]) as place,
        pytest.raises(CheckImpossible, match=r"no folder of our own .*Never\."),
    ):
        check(place, PROFILES, [scenario("any")])


# ---------------------------------------------------------------- what is left of it


def mailbox(place: Place) -> list[object]:
    """Return everything a client can see of what is not ours."""
    seen: list[object] = []
    with imap(place) as client:
        for line in client.list()[1]:
            assert isinstance(line, bytes)
            name = line.rpartition(b' "/" ')[2].decode()
            if PREFIX in name or b"\\Noselect" in line:
                continue
            client.select(name, readonly=True)
            seen.append((name, client.response("UIDVALIDITY"), client.uid("FETCH", "1:*", "(UID FLAGS BODY.PEEK[])")))
        seen.append(sorted(line for line in client.lsub()[1] if isinstance(line, bytes)))
    return seen


def leave_things(stage: Stage) -> None:
    stage.fill([b"Subject: ours\r\n\r\n"])
    for name in (stage.below("deeper"), stage.beside("sibling")):
        stage.observer.create(name.encode())
        stage.observer.subscribe(name.encode())
    session = stage.session()
    session.select(stage.folder)
    session.mark_deleted([1])


@pytest.mark.parametrize("ends", ["well", "failed", "dropped"])
def test_everything_is_removed_and_nothing_else_touched(stepping: dict[str, Steps], ends: str) -> None:
    def steps(stage: Stage) -> None:
        leave_things(stage)
        if ends == "failed":
            stage.fail("on purpose")
        if ends == "dropped":
            stage.observer.drop()

    stepping["messy"] = steps
    with embedded(mail={"user1": MAIL}) as place:
        before = mailbox(place)
        outcome = one(place, scenario("messy"))
        assert outcome.standing is (Standing.FAIL if ends == "failed" else Standing.PASS)
        assert mailbox(place) == before
        assert not [name for name in folders(place) if PREFIX.encode() in name]


def test_an_interrupted_check_clears_up_at_once(stepping: dict[str, Steps]) -> None:
    begun = threading.Event()

    def steps(stage: Stage) -> None:
        leave_things(stage)
        begun.set()
        stage.session().wait(600.0)

    stepping["waits"] = steps

    main = threading.main_thread().ident
    assert main is not None

    def interrupt() -> None:
        begun.wait(20)
        signal.pthread_kill(main, signal.SIGINT)

    with embedded(mail={"user1": MAIL}) as place:
        before = mailbox(place)
        thread = threading.Thread(target=interrupt)
        thread.start()
        started = time.monotonic()
        with pytest.raises(KeyboardInterrupt):
            check(place, PROFILES, [scenario("waits")] * 5, jobs=2)
        thread.join()
        assert time.monotonic() - started < 60  # it was not waited for: that would be ten minutes
        assert mailbox(place) == before
        assert not [name for name in folders(place) if PREFIX.encode() in name]


KILLED = """
import sys
from pathlib import Path
from outlookimap.conformance.checking import check
from outlookimap.conformance.observer import Place
from outlookimap.conformance.scenario import scenarios
from outlookimap.profiles import Policy, load, products
from outlookimap.wire.secret import Secret

place = Place(sys.argv[1], "user1", Secret("secret"), Policy(encryption="none"))
while True:
    check(place, [load(name) for name in products("client")], scenarios(), told=lambda *_: print("done", flush=True))
"""


def test_a_killed_check_leaves_other_mail_alone_and_the_next_one_names_what_it_left(tmp_path: Path) -> None:
    script = tmp_path / "checks.py"
    script.write_text(KILLED)
    with ExchangeServer("2019", allow_plaintext=True, mail={"user1": MAIL}, keep=False) as server:
        place = Place(f"imap://user1@127.0.0.1:{server.port}/", "user1", Secret("secret"), Policy(encryption="none"))
        before = mailbox(place)
        for finished in (1, 4):
            child = subprocess.Popen(
                [sys.executable, script, place.url], stdout=subprocess.PIPE, env={**os.environ, "PYTHONPATH": _root()}
            )
            assert child.stdout is not None
            for _ in range(finished):
                assert child.stdout.readline() == b"done\n"
            child.send_signal(signal.SIGKILL)
            child.wait()
            child.stdout.close()
            assert mailbox(place) == before
        left = {name.rpartition(b'"/" ')[2].strip(b'"').decode() for name in folders(place) if PREFIX.encode() in name}
        report = check(place, PROFILES, [scenario("flag-kept")])
        assert {*report.leftovers} == left
        assert report.passed


def _root() -> str:
    return str(Path(__file__).parents[2])


def test_a_report_is_plain_json(stepping: dict[str, Steps]) -> None:
    stepping["fails"] = select_another
    with embedded() as place:
        report: CheckReport = check(place, PROFILES, [scenario("fails", statements=("O5:V0036",))])
        said = report.to_json()
    assert said["verdict"] == "fail"
    assert said["server"] == place.address
    assert "IDLE" in said["capabilities"]
    [told] = said["scenarios"]
    assert (told["id"], told["outlook"], told["verdict"], told["statements"]) == ("fails", "2013", "fail", ["O5:V0036"])
    assert "SELECT" in told["transcript"]
    assert "secret" not in told["transcript"]
