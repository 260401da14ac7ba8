"""A report as JUnit XML, read by the standard library's parser as CI systems read it."""

from __future__ import annotations

import sys
from pathlib import Path
from xml.etree import ElementTree

import pytest
from support.reported import hostile, ordinary, report

from outlookimap.conformance.reporting import junit
from outlookimap.errors import UsageError

EVIDENCE = """\
fail: Message 3 was removed, which nobody had deleted.
Scenario: Outlook marks one of three messages as deleted and purges the folder.
Required: EXPUNGE removes the messages that have \\Deleted, and no other one. (expunge-takes-deleted-only)
Statements: O5:V0051 O5:V0056
Source: RFC 3501 section 6.4.3
Offending line: S: * 3 EXPUNGE

@tls
S: * OK ready
C: a1b2 SELECT "Probe"
S: * 3 EXISTS
S: a1b2 OK Selected
C: c3d4 UID STORE 2 +FLAGS (\\Deleted)
S: * 2 FETCH (UID 2 FLAGS (\\Deleted))
S: c3d4 OK Stored
@+600
C: e5f6 EXPUNGE
S: * 3 EXPUNGE
S: e5f6 OK Expunged
@closed server
"""


def suites(text: str) -> dict[str, ElementTree.Element]:
    root = ElementTree.fromstring(text.encode())
    assert root.tag == "testsuites"
    return {suite.attrib["name"]: suite for suite in root}


def cases(suite: ElementTree.Element) -> dict[str, ElementTree.Element]:
    return {case.attrib["name"]: case for case in suite.iter("testcase")}


def test_there_is_a_suite_per_version() -> None:
    found = suites(junit.dumps(ordinary()))
    assert list(found) == ["outlook-2007", "outlook-2010", "outlook-2013"]
    last = found["outlook-2013"].attrib
    assert (last["tests"], last["failures"], last["errors"], last["skipped"]) == ("3", "1", "0", "0")
    assert (last["hostname"], last["timestamp"]) == ("mail.example.com:993", "2024-03-04T08:30:00")
    assert last["time"] == "32.375"
    properties = {one.attrib["name"]: one.attrib["value"] for one in found["outlook-2007"].iter("property")}
    assert properties["server"] == "imaps://mail.example.com:993/"
    assert properties["greeting"] == "* OK [CAPABILITY IMAP4rev1 AUTH=PLAIN IDLE] mail.example.com ready"
    assert properties["capabilities"] == "IMAP4rev1 AUTH=PLAIN IDLE UIDPLUS"


def test_a_failure_has_its_evidence() -> None:
    case = cases(suites(junit.dumps(ordinary()))["outlook-2010"])["purge-keeps-others"]
    assert (case.attrib["classname"], case.attrib["time"]) == ("outlook-2010.delete", "0.5")
    [failure] = case
    assert failure.tag == "failure"
    assert failure.attrib == {"message": "Message 3 was removed, which nobody had deleted.", "type": "fail"}
    assert failure.text == EVIDENCE


@pytest.mark.parametrize(
    ("version", "scenario", "strict", "children"),
    [
        ("2007", "purge-keeps-others", False, []),
        ("2013", "news-while-idle", False, [("system-out", None)]),
        ("2013", "news-while-idle", True, [("failure", "EXISTS came only after DONE.")]),
        ("2007", "sign-in-plain", True, [("skipped", "AUTH=PLAIN is not announced.")]),
        (
            "2007", "draft-without-headers", True,
            [("skipped", "known, listed in the baseline (fail): NO Invalid message"), ("system-out", None)],
        ),
    ],
)  # fmt: skip
def test_every_standing_has_its_element(
    version: str, scenario: str, strict: bool, children: list[tuple[str, str | None]]
) -> None:
    case = cases(suites(junit.dumps(ordinary(strict=strict)))[f"outlook-{version}"])[scenario]
    assert [(child.tag, child.attrib.get("message")) for child in case] == children


def test_a_warning_is_told_in_full() -> None:
    [out] = cases(suites(junit.dumps(ordinary()))["outlook-2013"])["news-while-idle"]
    assert out.text is not None
    assert out.text.startswith("warn: EXISTS came only after DONE.\nScenario: Outlook idles")
    assert out.text.endswith('\n\n@tls\nS: * OK ready\nC: a1b2 SELECT "Probe"\n')


@pytest.mark.parametrize(
    "text",
    ["<script>alert(1)</script>", "]]>", "\0\x01\x1b\x7f", "\ud800", "\ufffe\uffff", "\u202e", "a\r\nb\tc", '" x="'],
)
def test_no_text_of_a_server_breaks_the_xml(text: str) -> None:
    calm, wild = junit.dumps(ordinary()), junit.dumps(hostile(text))
    kinds = [one.tag for one in ElementTree.fromstring(wild.encode()).iter() if one.attrib.get("name") != "leftover"]
    assert kinds == [one.tag for one in ElementTree.fromstring(calm.encode()).iter()]


def test_leftovers_are_told() -> None:
    found = suites(junit.dumps(hostile("x")))["outlook-2007"]
    folders = [one.attrib["value"] for one in found.iter("property") if one.attrib["name"] == "leftover"]
    assert folders == ["Probe x", "x"]


def test_a_file_is_utf_8(tmp_path: Path) -> None:
    path = tmp_path / "report.xml"
    junit.write(hostile("Entwürfe 日本"), path)
    octets = path.read_bytes()
    assert octets.startswith(b"<?xml version='1.0' encoding='utf-8'?>\n<testsuites ")
    assert "Entwürfe 日本".encode() in octets


def test_a_report_of_nothing_is_a_document() -> None:
    assert suites(junit.dumps(report())) == {}


def test_without_the_extra_the_error_says_how_to_get_it(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.setitem(sys.modules, "junitparser", None)
    path = tmp_path / "report.xml"
    for call in (junit.ready, lambda: junit.dumps(ordinary()), lambda: junit.write(ordinary(), path)):
        with pytest.raises(UsageError, match=r"JUnit report needs junitparser.*pip install 'outlookimap\[report\]'"):
            call()
    assert not list(tmp_path.iterdir())
