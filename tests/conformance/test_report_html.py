"""A report as a page: what is in it, and that nothing a server says becomes markup. Read by html.parser."""

from __future__ import annotations

import base64
import hashlib
import re
import subprocess
import sys
from html.parser import HTMLParser
from pathlib import Path

import pytest
from support.reported import PURGE, hostile, large, ordinary, report

from outlookimap.conformance.outcome import CheckReport, Outcome
from outlookimap.conformance.reporting import html
from outlookimap.conformance.scenario import Standing
from outlookimap.errors import UsageError

HOSTILE = [
    "<script>alert(1)</script>",
    '" onmouseover="alert(1)',
    "' onmouseover='alert(1)",
    "</style><style>*{display:none}</style>",
    "</title><title>",
    "</code></li></ol><h1>passed</h1>",
    "--><!-- <![CDATA[ ]]>",
    "{{7*7}}{% raw %}{# #}",
    "&lt;script&gt;&#60;b&#62;&amp",
    "\u202e\u2066\u200f",
    "\0\x0b\x1b[2J",
    "\ud800\udfff",
    "\ufffe\uffff",
    "javascript:alert(1)",
    "a\r\nb",
]


class Markup(HTMLParser):
    """What a browser would make of a page: the tags with the names of their attributes, and the texts."""

    def __init__(self, page: str) -> None:
        super().__init__()
        self.tags: list[tuple[str, ...]] = []
        self.values: list[tuple[str, str, str]] = []
        self.texts: list[str] = []
        self.scripts: list[str] = []
        self.styles: list[str] = []
        self.inside: list[str] = []
        self.feed(page)
        self.close()

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.tags.append((tag, *(name for name, _ in attrs)))
        self.values += [(tag, name, value or "") for name, value in attrs]
        self.inside.append(tag)

    def handle_endtag(self, tag: str) -> None:
        self.tags.append((f"/{tag}",))
        self.inside.append("")

    def handle_data(self, data: str) -> None:
        within = self.inside[-1] if self.inside else ""
        {"script": self.scripts, "style": self.styles}.get(within, self.texts).append(data)

    def handle_comment(self, data: str) -> None:
        self.tags.append(("comment",))

    def handle_decl(self, decl: str) -> None:
        self.tags.append((decl,))

    def unknown_decl(self, data: str) -> None:
        self.tags.append(("unknown",))

    def handle_pi(self, data: str) -> None:
        self.tags.append(("pi",))


@pytest.mark.parametrize("text", HOSTILE)
def test_no_text_of_a_server_becomes_markup(text: str) -> None:
    calm, wild = Markup(html.render(hostile("x"))), Markup(html.render(hostile(text)))
    assert wild.tags == calm.tags
    assert (wild.scripts, wild.styles) == (calm.scripts, calm.styles)
    assert wild.values == calm.values, "no attribute holds what a server says"


@pytest.mark.parametrize("text", HOSTILE)
def test_all_a_server_says_can_be_read(text: str) -> None:
    shown = text.encode("unicode_escape").decode() if not text.isprintable() else text
    page = Markup(html.render(hostile(text)))
    words = "".join(page.texts)
    assert f"imaps://{shown}/" in words
    assert f"* OK {shown}" in words
    assert f"IDLE{shown}" in words
    assert f"Probe {shown}" in words
    assert f"which nobody had deleted.{shown}" in words
    assert f"* 3 EXPUNGE {shown}" in words
    assert all(one.isprintable() or one == "\n" for one in words)


def test_the_policy_allows_the_two_inline_texts_and_nothing_else() -> None:
    page = Markup(html.render(ordinary()))
    [style], [script] = page.styles, page.scripts
    digests = [base64.b64encode(hashlib.sha256(one.encode()).digest()).decode() for one in (style, script)]
    policy = next(value for tag, name, value in page.values if (tag, name) == ("meta", "content") and "src" in value)
    assert policy == (
        f"default-src 'none'; style-src 'sha256-{digests[0]}'; script-src 'sha256-{digests[1]}'; "
        "base-uri 'none'; form-action 'none'"
    )
    assert page.tags.index(("meta", "http-equiv", "content")) < page.tags.index(("style",))


@pytest.mark.parametrize(
    "made", [ordinary(), hostile("https://evil.example.com/"), large(2)], ids=["few", "hostile", "many"]
)
def test_nothing_comes_from_elsewhere(made: CheckReport) -> None:
    page = Markup(html.render(made))
    assert {tag[0] for tag in page.tags} & {"link", "img", "iframe", "object", "embed", "base", "form", "svg"} == set()
    for tag, name, value in page.values:
        assert name not in ("src", "srcset", "style", "action", "background"), (tag, name)
        assert not name.startswith("on"), (tag, name)
        if name == "href":
            assert value.startswith("#")
    assert not re.search(r"url\(|@import|@font-face|https?:", "".join(page.styles + page.scripts))
    assert not re.search(r"innerHTML|outerHTML|insertAdjacent|document\.write|eval|fetch|XMLHttp", page.scripts[0])


def test_every_link_leads_to_a_place_of_its_own() -> None:
    page = Markup(html.render(large()))
    places = [value for _, name, value in page.values if name == "id"]
    assert len(places) == len(set(places))
    links = {value[1:] for _, name, value in page.values if name == "href"}
    assert links <= set(places)
    named = {value for _, name, value in page.values if name in ("aria-labelledby", "for")}
    assert named <= set(places)


def test_every_element_is_closed() -> None:
    open_tags: list[str] = []
    for tag in Markup(html.render(large(2))).tags[1:]:
        if tag[0].startswith("/"):
            assert open_tags.pop() == tag[0][1:]
        elif tag[0] not in ("meta", "input"):
            open_tags.append(tag[0])
    assert not open_tags


def test_the_page_tells_what_was_found() -> None:
    words = " ".join("".join(Markup(html.render(ordinary())).texts).split())
    for part in (
        "Failed: imaps://mail.example.com:993/ as Outlook sees it",
        "This server does not serve Outlook 2010 and 2013: 2 checks fail.",
        "4 March 2024, 08:30 UTC, in 23 s, by outlookimap",
        "Outlook marks one of three messages as deleted and purges the folder.",
        "EXPUNGE removes the messages that have \\Deleted, and no other one. expunge-takes-deleted-only",
        "O5:V0051 The versions differ: 2007 and 2010 never send SEARCH, 2013 does.",
        "The conversation with Outlook 2013",
        "600 s later",
        "AUTH=PLAIN is not announced.",
    ):
        assert part in words, part


def test_the_offending_line_stands_beside_its_statements() -> None:
    text = html.render(ordinary())
    [first, _] = re.findall(r'<li class="server starts offends">.*?</li>\s*</ul>\s*</div>\s*</li>', text, re.DOTALL)
    assert "<code>* 3 EXPUNGE</code>" in first
    assert re.findall(r'<span class="id">(.*?)</span>', first) == ["O5:V0051", "O5:V0056"]


def test_strictness_is_told() -> None:
    assert "warnings count (--strict)" in html.render(ordinary(strict=True))
    assert "--strict" not in html.render(ordinary())


@pytest.mark.parametrize(
    ("outcomes", "title"),
    [
        ((), "Not judged"),
        ((Outcome(PURGE, "outlook-2007", Standing.PASS),), "Passed"),
        ((Outcome(PURGE, "outlook-2007", Standing.FAIL),), "Failed"),
    ],
)
def test_the_title_is_the_verdict(outcomes: tuple[Outcome, ...], title: str) -> None:
    assert f"<title>{title}: imaps://mail.example.com:993/ as" in html.render(report(*outcomes))


def test_a_file_is_utf_8(tmp_path: Path) -> None:
    path = tmp_path / "report.html"
    html.write(hostile("Entwürfe 日本"), path)
    assert "Entwürfe 日本" in path.read_text(encoding="utf-8")
    assert path.read_text(encoding="utf-8").startswith("<!DOCTYPE html>\n")


def test_without_the_extra_the_error_says_how_to_get_it(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.setitem(sys.modules, "jinja2", None)
    for call in (html.ready, lambda: html.render(ordinary()), lambda: html.write(ordinary(), tmp_path / "report.html")):
        with pytest.raises(UsageError, match=r"HTML report needs jinja2.*pip install 'outlookimap\[report\]'"):
            call()
    assert not list(tmp_path.iterdir())


def test_nothing_optional_is_imported_before_a_report_is_made() -> None:
    program = (
        "import sys; from outlookimap.conformance.reporting import html, junit; "
        "assert not {'jinja2', 'junitparser'} & sys.modules.keys()"
    )
    subprocess.run([sys.executable, "-c", program], check=True, timeout=60)
