"""`outlookimap lint` as a user meets it: what it prints, its JSON, its exit status, and what it cannot read."""

from __future__ import annotations

import json
import re
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest
import typer
from support.lint_rows import ROWS
from support.log_formats import FORMATS, saved, written
from support.real_session import TRANSCRIPTS

from outlookimap.cli.lint import lint
from outlookimap.errors import ProfileError, UsageError
from outlookimap.traffic import dumps

RIGHT = next(row for row in ROWS if row.statement == "O5:V0040")
"""A conversation of Outlook's, and the same with an EXAMINE."""
HEADER = "# outlookimap recording 1\nprovenance: synthetic\n\n"
EXCHANGE = TRANSCRIPTS / "exchange" / "outlook-2013-with-2019.imap"


def run(*arguments: str | Path) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [sys.executable, "-m", "outlookimap.cli", "lint", *map(str, arguments)],
        capture_output=True, text=True, timeout=100, check=False,
    )  # fmt: skip


def called(*files: str | Path, **options: Any) -> int:
    """Return the exit status, without a process of its own."""
    try:
        lint([*map(str, files)], **options)
    except typer.Exit as ended:
        return ended.exit_code
    return 0


def entries(target: Path) -> list[dict[str, Any]]:
    found: list[dict[str, Any]] = json.loads(target.read_text(encoding="utf-8"))
    return found


@pytest.fixture
def right(tmp_path: Path) -> Path:
    path = tmp_path / "right.imap"
    path.write_text(dumps(RIGHT.recording(right=True)), encoding="ascii")
    return path


@pytest.fixture
def wrong(tmp_path: Path) -> Path:
    path = tmp_path / "wrong.imap"
    path.write_text(dumps(RIGHT.recording()), encoding="ascii")
    return path


# ---------------------------------------------------------------- verdicts


def test_what_conforms_is_said_in_two_lines(right: Path) -> None:
    done = run(right, "--outlook", "2013")
    assert (done.returncode, done.stderr) == (0, "")
    first, second = done.stdout.splitlines()
    assert first == f"{right}: imap, 1 session"
    assert re.fullmatch(r"  Microsoft Outlook 2013: conforms, 6 commands, \d+ statements exercised", second)


def test_what_does_not_is_named_with_its_line(wrong: Path) -> None:
    done = run(wrong, "--outlook", "2013")
    assert (done.returncode, done.stderr) == (1, "")
    assert done.stdout.splitlines()[1:] == [
        "  not Microsoft Outlook 2013: 1 violation in 6 commands",
        '    line 21: t5rw EXAMINE "Work"',
        "      expected: no EXAMINE",
        "      against O5:V0040",
    ]
    assert 'EXAMINE "Work"' in wrong.read_text(encoding="ascii").splitlines()[20]


def test_any_ranks_and_says_what_speaks_against_each(tmp_path: Path) -> None:
    path = tmp_path / "search.imap"
    row = next(row for row in ROWS if row.statement == "O5:V0051")  # SEARCH is of 2013 alone
    path.write_text(dumps(row.recording()), encoding="ascii")
    done = run(path)
    assert done.returncode == 0
    lines = done.stdout.splitlines()
    assert [line for line in lines if re.match(r"  \d\. ", line)] == [
        lines[1],
        "  2. not Microsoft Outlook 2007: 1 violation in 6 commands",
        "  3. not Microsoft Outlook 2010: 1 violation in 6 commands",
    ]
    assert lines[1].startswith("  1. Microsoft Outlook 2013: conforms, 6 commands")
    assert lines[3:6] == ["    line 21: t5rw SEARCH UNSEEN", lines[4], "      against O5:V0051"]
    assert lines[-1] == "    1 violation as above"


def test_no_outlook_at_all(tmp_path: Path) -> None:
    path = tmp_path / "other.txt"
    path.write_bytes(b"C: A001 LOGIN ann secret\r\nS: A001 OK done\r\nC: A002 EXAMINE INBOX\r\nS: A002 OK done\r\n")
    done = run(path)
    assert done.returncode == 1
    assert "secret" not in done.stdout
    assert "conforms" not in done.stdout
    assert "not all of the conversation" in done.stdout
    assert "likewise: line 3" in done.stdout


def test_observed_makes_remarks_of_what_was_seen(tmp_path: Path) -> None:
    path = tmp_path / "seen.imap"
    path.write_text(HEADER + 'S: * OK hi\nC: ab12 CAPABILITY\nS: * CAPABILITY IMAP4rev1\nS: ab12 OK done\n'
                    "C: ZZZZ LOGOUT\n", encoding="ascii")  # fmt: skip
    strict = run(path, "--outlook", "2013")
    assert strict.returncode == 1
    assert "seen all the same (--observed accepts it)" in strict.stdout
    accepted = run(path, "--outlook", "2013", "--observed")
    assert accepted.returncode == 0
    assert "remark, line 8: ZZZZ LOGOUT: not documented, but seen" in accepted.stdout


def test_the_server_is_judged_by_exchange() -> None:
    done = run(EXCHANGE, "--exchange", "2019")
    assert done.returncode == 0
    assert "Microsoft Exchange Server 2019: conforms" in done.stdout
    other = run(EXCHANGE, "--exchange", "2007")
    assert other.returncode == 1
    assert "X10:V0047" in other.stdout


def test_both_sides_at_once_and_any_server(tmp_path: Path) -> None:
    target = tmp_path / "out.json"
    assert called(EXCHANGE, outlook="2013", exchange="any", json=str(target)) == 0
    found = entries(target)
    assert [entry["profile"] for entry in found[:2]] == ["outlook-2013", "exchange-2016"]
    assert len(found) == 8
    assert sum(entry["conforms"] for entry in found) == 3  # the client's, and 2016 and 2019, which differ in words only


def test_an_alternative_is_switched_on(tmp_path: Path) -> None:
    path = tmp_path / "ntlm.imap"
    listed = "IMAP4 IMAP4rev1 AUTH=PLAIN AUTH=NTLM AUTH=GSSAPI UIDPLUS MOVE ID CHILDREN IDLE NAMESPACE LITERAL+"
    path.write_text(
        HEADER + f"@tls\nS: * OK The Microsoft Exchange IMAP4 service is ready.\nC: ab12 CAPABILITY\n"
        f"S: * CAPABILITY {listed}\nS: ab12 OK CAPABILITY completed.\n", encoding="ascii",
    )  # fmt: skip
    assert called(path, exchange="2013") == 1
    assert called(path, exchange="2013", alternative=["ntlm"]) == 0
    assert called(path, exchange="2013", observed=True) == 0  # public logs of 2013 show it
    assert called(path, exchange="2010", observed=True) == 1


# ---------------------------------------------------------------- JSON


def test_json_has_all_of_it(right: Path, wrong: Path, tmp_path: Path) -> None:
    target = tmp_path / "out.json"
    done = run(right, wrong, "--outlook", "2013", "--json", target)
    assert (done.returncode, done.stdout, done.stderr) == (1, "", "")
    good, bad = entries(target)
    keys = [
        "file", "format", "sessions", "profile", "conforms", "violations", "remarks", "exercised", "error",
    ]  # fmt: skip
    assert list(good) == list(bad) == keys
    assert (good["file"], good["format"], good["profile"], good["error"]) == (str(right), "imap", "outlook-2013", None)
    assert good["sessions"] == [{"label": "right.imap", "conforms": True, "judged": 6, "fragment": False}]
    assert (good["conforms"], good["violations"]) == (True, [])
    assert {"O5:C0001", "O5:2.1.3", "O5:V0017"} <= set(good["exercised"])
    assert bad["conforms"] is False
    [violation] = bad["violations"]
    assert violation == {
        "line": 21, "statements": ["O5:V0040"], "text": 't5rw EXAMINE "Work"',
        "expected": "no EXAMINE", "observed": None, "session": "wrong.imap",
        "connection": 1,
    }  # fmt: skip
    assert all(set(remark) == {"line", "statements", "text"} for remark in bad["remarks"])


def test_json_of_any_has_an_object_for_each_profile(wrong: Path) -> None:
    done = run(wrong, "--json", "-")
    found = json.loads(done.stdout)
    assert done.returncode == 1
    assert [entry["profile"] for entry in found] == ["outlook-2007", "outlook-2010", "outlook-2013"]


def test_sessions_of_one_log_are_told_apart(tmp_path: Path) -> None:
    target = tmp_path / "out.json"
    log = TRANSCRIPTS / "logs" / "hmailserver.log"
    called(log, outlook="2013", observed=True, json=str(target))
    [entry] = entries(target)
    assert len(entry["sessions"]) == 2
    assert {violation["session"] for violation in entry["violations"]} <= {one["label"] for one in entry["sessions"]}


# ---------------------------------------------------------------- formats


@pytest.mark.parametrize("name", FORMATS)
def test_every_kind_of_log(name: str, tmp_path: Path) -> None:
    good, bad = tmp_path / "good", tmp_path / "bad"
    good.mkdir()
    bad.mkdir()
    assert called(saved(written(RIGHT.recording(right=True), name), good), outlook="2013") == 0
    target = tmp_path / "out.json"
    path = saved(written(RIGHT.recording(), name), bad)
    assert called(path, outlook="2013", json=str(target)) == 1
    [entry] = entries(target)
    assert (entry["format"], entry["sessions"][0]["fragment"]) == (FORMATS[name].recognised, True)
    [violation] = entry["violations"]
    assert violation["statements"] == ["O5:V0040"]
    assert "EXAMINE" in path.read_bytes().splitlines()[violation["line"] - 1].decode("latin-1")


def test_the_format_can_be_said(wrong: Path) -> None:
    assert called(wrong, format="imap", outlook="2013") == 1
    assert called(wrong, format="telemetry", outlook="2013") == 2
    with pytest.raises(UsageError, match="unknown format 'pcap': auto, imap,"):
        called(wrong, format="pcap")


# ---------------------------------------------------------------- what cannot be judged


def test_one_that_cannot_be_read_leaves_the_others(right: Path, wrong: Path, tmp_path: Path) -> None:
    garbage = tmp_path / "garbage.bin"
    garbage.write_bytes(bytes(range(256)) * 10)
    target = tmp_path / "out.json"
    done = run(garbage, right, tmp_path / "missing.log", wrong, tmp_path, "--outlook", "2013", "--json", target)
    assert done.returncode == 2
    assert done.stdout == ""
    lines = done.stderr.splitlines()
    assert [line.split(": ")[1] for line in lines] == [str(garbage), str(tmp_path / "missing.log"), str(tmp_path)]
    assert lines[0].startswith(f"outlookimap: {garbage}: line 1: neither a recording nor a log")
    assert lines[1:] == [
        f"outlookimap: {tmp_path / 'missing.log'}: No such file or directory",
        f"outlookimap: {tmp_path}: Is a directory",
    ]
    found = entries(target)
    assert [entry["conforms"] for entry in found] == [None, True, None, False, None]
    assert found[0]["error"].startswith("line 1: ")
    assert (found[0]["profile"], found[0]["violations"]) == (None, [])


def test_a_recording_that_breaks_off_is_an_error_with_its_line(right: Path, tmp_path: Path) -> None:
    broken = tmp_path / "broken.imap"
    lines = right.read_text(encoding="ascii").splitlines()
    broken.write_text("\n".join([*lines[:10], "Q: what", *lines[10:]]) + "\n", encoding="ascii")
    done = run(broken)
    assert (done.returncode, done.stdout) == (2, "")
    assert done.stderr.startswith(f"outlookimap: {broken}: line 11: ")


@pytest.mark.parametrize("name", [*FORMATS, "imap"])
def test_half_a_file_is_judged_or_named_and_never_a_traceback(name: str, tmp_path: Path) -> None:
    row = RIGHT.recording(right=True)
    files = {"session.imap": dumps(row).encode("ascii")} if name == "imap" else written(row, name)
    path = saved(files, tmp_path)
    whole = path.read_bytes()
    for end in range(0, len(whole), 97):
        path.write_bytes(whole[:end])
        assert called(path, outlook="2013") in (0, 1, 2)


def test_a_file_without_a_client_is_not_called_right(tmp_path: Path) -> None:
    path = tmp_path / "server.imap"
    path.write_text(HEADER + "S: * OK hi\n", encoding="ascii")
    done = run(path)
    assert (done.returncode, done.stdout) == (2, "")
    assert done.stderr == f"outlookimap: {path}: no command of a client is in it: there is nothing to judge\n"
    assert called(path, exchange="2019") == 0


@pytest.mark.parametrize(
    ("options", "error", "says"),
    [
        ({"outlook": "2016"}, ProfileError, "there is no client profile '2016'"),
        ({"exchange": "2003"}, ProfileError, "there is no server profile '2003'"),
        ({"exchange": "2013", "alternative": ["x"]}, ProfileError, "there is no alternative 'x'"),
        ({"alternative": ["ntlm"]}, UsageError, "--alternative ntlm: this is for one version"),
    ],
)
def test_options_that_cannot_be(right: Path, options: dict[str, Any], error: type[Exception], says: str) -> None:
    with pytest.raises(error, match=re.escape(says)):
        called(right, **options)
