"""`outlookimap check`: what it prints, writes and ends with."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest
from support.command_line import run

from outlookimap.conformance.scenario import scenarios
from outlookimap.exchange import ExchangeServer

FAULT = r"when=UID STORE * +FLAGS.SILENT (\Flagged);do=skip"


@pytest.fixture
def password(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("OUTLOOKIMAP_PASSWORD", "secret")


@pytest.fixture
def wrong(password: None) -> Iterator[str]:
    """The URL of a server that keeps no flag."""
    with ExchangeServer("2019", allow_plaintext=True, keep=False, faults=[FAULT]) as server:
        yield f"imap://user1@127.0.0.1:{server.port}/"


def test_without_a_url_the_embedded_server_is_checked() -> None:
    done = run("check", "--scenario", "flag-kept", "--exchange", "2007")
    assert (done.code, done.err) == (0, "")
    lines = done.out.splitlines()
    assert lines[1] == "* OK Microsoft Exchange Server 2007 IMAP4 service is ready"
    assert lines[3:5] == ["scenario   2007  2010  2013", "flag-kept  pass  pass  pass"]
    assert lines[-1].startswith("This server serves Outlook: 3 passed, in ")


def test_a_server_that_fails_is_shown_with_what_was_said(wrong: str) -> None:
    done = run("check", wrong, "--encryption", "none", "--scenario", "flag-kept", "--outlook", "2010")
    assert (done.code, done.err) == (1, "")
    assert "flag-kept  FAIL\n" in done.out
    assert "FAIL  flag-kept (Outlook 2010)\n" in done.out
    assert "the message with UID 1 has to have the flags \\Flagged, and has none\n" in done.out
    assert "+FLAGS.SILENT (\\Flagged)\n" in done.out
    [marked] = [line for line in done.out.splitlines() if line.startswith("  > ")]
    assert marked.startswith("  > S: ")
    assert done.out.endswith(" seconds.\n")
    assert "This server does not serve Outlook: 1 failed" in done.out
    assert "secret" not in done.out


def test_every_report_is_written(wrong: str, tmp_path: Path) -> None:
    files = {name: tmp_path / f"report.{name}" for name in ("json", "junit", "html")}
    options = [word for name, path in files.items() for word in (f"--{name}", str(path))]
    done = run("check", wrong, "--encryption", "none", "--scenario", "flag-kept", *options)
    assert done.code == 1
    told = json.loads(files["json"].read_text("utf-8"))
    assert (told["verdict"], {one["verdict"] for one in told["scenarios"]}) == ("fail", {"fail"})
    assert "<failure" in files["junit"].read_text("utf-8")
    assert "flag-kept" in files["html"].read_text("utf-8")


def test_json_on_standard_output_is_all_there_is(wrong: str) -> None:
    done = run("check", wrong, "--encryption", "none", "--scenario", "flag-kept", "--json", "-")
    assert done.code == 1
    assert json.loads(done.out)["server"].startswith("imap://127.0.0.1:")


def test_a_failure_that_is_known_does_not_count(wrong: str, tmp_path: Path) -> None:
    report = tmp_path / "known.json"
    check = ("check", wrong, "--encryption", "none", "--scenario", "flag-kept")
    assert run(*check, "--json", str(report)).code == 1
    done = run(*check, "--baseline", str(report))
    assert done.code == 0
    assert "flag-kept  known fail  known fail  known fail" in done.out
    assert "FAIL  flag-kept (known, Outlook 2007, 2010, 2013)" in done.out
    assert "3 failed, 3 of them known" in done.out


def test_what_passes_again_is_told(tmp_path: Path) -> None:
    (tmp_path / "known").write_text("flag-kept 2013\n")
    done = run("check", "--scenario", "flag-kept", "--baseline", str(tmp_path / "known"))
    assert done.code == 0
    assert "listed as known and passes now: flag-kept 2013\n" in done.out


def test_the_list_names_every_scenario_and_checks_nothing() -> None:
    done = run("check", "imaps://nobody@127.0.0.1:1/", "--list")
    assert (done.code, done.err) == (0, "")
    names = [line.split()[0] for line in done.out.splitlines()[1:] if line.strip() and not line.startswith(" ")]
    assert names == [one.id for one in scenarios()]


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (["--outlook", "2003"], "there is no client profile '2003'"),
        (["--scenario", "nothing-*"], "no scenario is called 'nothing-*'"),
        (["--jobs", "0"], "jobs=0: at least one scenario runs at a time"),
        (["--baseline", "/nowhere/known"], "--baseline /nowhere/known cannot be read"),
        (["imaps://user1@localhost:1/", "--exchange", "2013"], "--exchange is for the embedded server"),
        (["--exchange", "2003"], "there is no server profile '2003'"),
        (["--ca-file", "ca.pem"], "--ca-file is about a server: name one by its URL"),
        (["--html", "/nowhere/report.html"], "cannot write /nowhere/report.html: there is no folder /nowhere"),
        (["imaps://user1:secret@localhost:1/"], "a URL never holds the password"),
    ],
)
def test_what_cannot_be_used_is_named(arguments: list[str], message: str, password: None) -> None:
    done = run("check", *arguments)
    assert (done.code, done.out) == (2, "")
    assert message in done.err
    assert done.err.count("\n") == 1


def test_a_wrong_password_is_told(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("OUTLOOKIMAP_PASSWORD", "wr0ng")
    with ExchangeServer("2019", allow_plaintext=True, keep=False) as server:
        done = run("check", f"imap://user1@127.0.0.1:{server.port}/", "--encryption", "none")
    assert (done.code, done.out) == (2, "")
    assert "cannot sign in: " in done.err
    assert "wr0ng" not in done.err


def test_a_dead_port_is_told(password: None) -> None:
    done = run("check", "imap://user1@127.0.0.1:1/", "--encryption", "none")
    assert (done.code, done.out) == (2, "")
    assert "refused" in done.err


def test_where_nothing_applies_nothing_is_known(password: None) -> None:
    slow = [one.id for one in scenarios() if one.slow]
    if not slow:
        pytest.fail("no scenario is slow: this test wants another reason to skip one")
    done = run("check", "--scenario", slow[0])
    assert done.code == 2
    assert "nothing was judged" in done.err


@pytest.mark.parametrize("sign", [signal.SIGINT, signal.SIGTERM])
def test_a_signal_ends_it_and_leaves_no_folder(sign: signal.Signals, tmp_path: Path) -> None:
    with ExchangeServer("2019", allow_plaintext=True, faults=["when=SELECT;do=stall"]) as server:
        url = f"imap://user1@127.0.0.1:{server.port}/"
        child = subprocess.Popen(
            [sys.executable, "-m", "outlookimap.cli", "check", url, "--encryption", "none", "--scenario", "flag-kept"],
            env={**os.environ, "OUTLOOKIMAP_PASSWORD": "secret"},
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            text=True,
        )
        while not server.faults.fired:  # the product waits for an answer that never comes
            assert child.poll() is None
        child.send_signal(sign)
        out, err = child.communicate(timeout=60)
        assert (child.returncode, out, err) == (130, "", "\noutlookimap: interrupted\n")
        account = server.store.account("user1")
        assert account is not None
        assert [one.name for one in account.names() if b"check" in one.name] == []
