"""The page of a report in a real browser: looked at in two widths and two schemes, used with its filters, printed."""

from __future__ import annotations

import os
from collections.abc import Iterator
from pathlib import Path

import pytest
from support.chromium import Browser, chromium
from support.reported import hostile, large, ordinary

from outlookimap.conformance.reporting import html

LOOKS = [(width, scheme) for width in (1280, 390) for scheme in ("light", "dark")]

FAINT = """
(() => {
  const parse = (text) => {
    const [r, g, b, a = 1] = text.match(/[\\d.]+/g).map(Number);
    return [r, g, b, a];
  };
  const light = ([r, g, b]) => {
    const [x, y, z] = [r, g, b].map((v) => (v / 255 <= 0.04045 ? v / 255 / 12.92 : ((v / 255 + 0.055) / 1.055) ** 2.4));
    return 0.2126 * x + 0.7152 * y + 0.0722 * z;
  };
  const behind = (one) => {
    for (; one; one = one.parentElement) {
      const colour = parse(getComputedStyle(one).backgroundColor);
      if (colour[3] === 1) return colour;
    }
    return parse(getComputedStyle(document.documentElement).backgroundColor);
  };
  const faint = new Set();
  let looked = 0;
  for (const one of document.querySelectorAll("body *")) {
    const own = Array.from(one.childNodes).some((node) => node.nodeType === 3 && node.data.trim());
    if (!own || one.matches("script") || !one.checkVisibility()) continue;
    looked += 1;
    const [a, b] = [light(parse(getComputedStyle(one).color)), light(behind(one))];
    const contrast = (Math.max(a, b) + 0.05) / (Math.min(a, b) + 0.05);
    if (contrast < 4.5) faint.add(`${one.tagName}.${one.className}: ${contrast.toFixed(2)}`);
  }
  return { looked, faint: Array.from(faint) };
})()
"""


@pytest.fixture(scope="module")
def browser(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Browser]:
    """Give a page of a headless Chromium."""
    with chromium(tmp_path_factory.mktemp("chromium")) as running:
        yield running


@pytest.fixture
def artefacts(tmp_path: Path) -> Path:
    """Give the folder where pictures are kept."""
    folder = Path(os.environ.get("OUTLOOKIMAP_TEST_ARTEFACTS") or tmp_path)
    folder.mkdir(parents=True, exist_ok=True)
    return folder


@pytest.fixture(scope="module")
def pages(tmp_path_factory: pytest.TempPathFactory) -> dict[str, Path]:
    """Give the pages that are looked at."""
    folder = tmp_path_factory.mktemp("pages")
    made = {
        "ordinary": ordinary(),
        "large": large(),
        "hostile": hostile("<img src=x onerror=alert(1)>\u202e" + "W" * 300),
    }
    for name, report in made.items():
        html.write(report, folder / f"{name}.html")
    return {name: folder / f"{name}.html" for name in made}


def shown(browser: Browser, selector: str) -> list[str]:
    """Return the first words of the elements that can be seen."""
    found: list[str] = browser.evaluate(
        f"Array.from(document.querySelectorAll({selector!r})).filter(one => one.checkVisibility())"
        ".map(one => one.textContent.trim().split(/\\s+/)[0])"
    )
    return found


def choose(browser: Browser, control: str, value: str) -> None:
    """Do what a user does: change a control."""
    browser.evaluate(
        f"(one => {{ one.value = {value!r}; one.dispatchEvent(new Event('input', {{bubbles: true}})); }})"
        f"(document.getElementById({control!r}))"
    )


@pytest.mark.parametrize("name", ["ordinary", "large", "hostile"])
@pytest.mark.parametrize(("width", "scheme"), LOOKS)
def test_the_page_fits_and_can_be_read(
    name: str, width: int, scheme: str, browser: Browser, pages: dict[str, Path], artefacts: Path
) -> None:
    browser.window(width, scheme)
    browser.open(pages[name])
    browser.picture(artefacts / f"report-{name}-{width}-{scheme}.png")
    assert browser.evaluate("document.documentElement.scrollWidth <= window.innerWidth")
    assert browser.requests == [pages[name].as_uri()], "nothing but the page itself is asked for"
    assert browser.complaints == [], "the policy forbids nothing that the page does"
    if name == "large":
        assert browser.evaluate("document.querySelectorAll('tr.row').length") > 200
    else:
        browser.evaluate("document.querySelectorAll('details').forEach(one => one.open = true)")
        assert browser.evaluate("document.documentElement.scrollWidth <= window.innerWidth")
        looked = browser.evaluate(FAINT)
        assert looked["faint"] == []
        assert looked["looked"] > 100
    for number, place in enumerate(("#scenarios", ".offends", "#chapter-skipped")):
        browser.evaluate(f"document.querySelector({place!r}).scrollIntoView({{block: 'center'}})")
        browser.picture(artefacts / f"report-{name}-{width}-{scheme}-{number}.png")


def test_both_schemes_differ(browser: Browser, pages: dict[str, Path]) -> None:
    colours = []
    for scheme in ("light", "dark"):
        browser.window(1280, scheme)
        browser.open(pages["ordinary"])
        colours.append(browser.evaluate("getComputedStyle(document.body).backgroundColor"))
    assert colours == ["rgb(255, 255, 255)", "rgb(20, 23, 26)"]


ALL = ["draft-without-headers", "purge-keeps-others", "news-while-idle", "sign-in-plain"]


@pytest.mark.parametrize(
    ("text", "version", "kind", "rows", "entries"),
    [
        ("", "", "", ALL, ["purge-keeps-others", "news-while-idle", "draft-without-headers", "sign-in-plain"]),
        ("", "2007", "", [ALL[0], ALL[1], ALL[3]], ["draft-without-headers", "sign-in-plain"]),
        ("", "", "fail", ["purge-keeps-others"], ["purge-keeps-others"]),
        ("", "", "pass", [ALL[0], ALL[1], ALL[3]], []),
        ("", "2007", "pass", ["purge-keeps-others"], []),
        ("", "2013", "warn", ["news-while-idle"], ["news-while-idle"]),
        ("", "2010", "warn", [], []),
        ("", "", "known", ["draft-without-headers"], ["draft-without-headers"]),
        ("PURGE", "", "", ["purge-keeps-others"], ["purge-keeps-others"]),
        ("v0056", "", "", ["purge-keeps-others"], ["purge-keeps-others"]),
        ("nobody deleted", "", "", ["purge-keeps-others"], ["purge-keeps-others"]),
        ("rfc outlook", "", "skipped", ["sign-in-plain"], ["sign-in-plain"]),
        ("<script>", "", "", [], []),
    ],
)
def test_filters_leave_what_fits(
    text: str, version: str, kind: str, rows: list[str], entries: list[str], browser: Browser, pages: dict[str, Path]
) -> None:
    browser.window(1280, "light")
    browser.open(pages["ordinary"])
    choose(browser, "f-text", text)
    choose(browser, "f-version", version)
    choose(browser, "f-kind", kind)
    assert shown(browser, "tr.row") == rows
    assert shown(browser, ".entry h3") == entries
    assert shown(browser, ".matrix thead th")[1:] == ["Outlook"] * (1 if version else 3)
    assert browser.evaluate("document.getElementById('f-count').textContent") == f"{len(rows)} of 4 scenarios"
    assert shown(browser, "#f-none") == ([] if rows else ["No"])
    assert len(shown(browser, "tr.theme")) == len(rows), "a theme without a row is gone"
    browser.evaluate("document.getElementById('f-reset').click()")
    assert shown(browser, "tr.row") == ALL


def test_only_the_findings_that_fit_are_told(browser: Browser, pages: dict[str, Path]) -> None:
    browser.window(1280, "light")
    browser.open(pages["ordinary"])
    choose(browser, "f-version", "2013")
    assert shown(browser, ".entry h4") == ["Fail", "Warn"]


def test_a_link_leads_to_its_scenario_even_where_a_filter_hides_it(browser: Browser, pages: dict[str, Path]) -> None:
    browser.window(1280, "light")
    browser.open(pages["ordinary"])
    assert browser.evaluate("document.querySelector('details.entry').open") is False
    choose(browser, "f-kind", "fail")
    browser.evaluate("location.hash = '#scenario-sign-in-plain'; new Promise(done => setTimeout(done, 50))")
    assert browser.evaluate("document.querySelector('details.entry').open") is True
    assert shown(browser, "tr.row") == ALL


def test_all_can_be_reached_from_the_keyboard(browser: Browser, pages: dict[str, Path]) -> None:
    browser.window(390, "light")
    browser.open(pages["ordinary"])
    stops = []
    for _ in range(12):
        for kind in ("keyDown", "keyUp"):
            browser.call("Input.dispatchKeyEvent", type=kind, key="Tab", code="Tab", windowsVirtualKeyCode=9)
        stops.append(browser.evaluate("document.activeElement.id || document.activeElement.textContent.trim()"))
        assert browser.evaluate("getComputedStyle(document.activeElement).outlineStyle") != "none"
    assert stops[1:7] == ["purge-keeps-others", "news-while-idle", "f-text", "f-version", "f-kind", "f-reset"]
    assert stops[8:] == ["Known", "Fail", "Fail", "Warn"]


def test_without_script_the_page_is_whole(browser: Browser, pages: dict[str, Path]) -> None:
    browser.window(1280, "light")
    browser.scripts(allowed=False)
    try:
        browser.open(pages["ordinary"])
        assert shown(browser, "tr.row") == ALL
        assert shown(browser, "#filters") == [], "what does nothing is not shown"
        assert len(shown(browser, ".entry h3")) == 4
    finally:
        browser.scripts(allowed=True)


def test_nothing_a_server_says_runs(browser: Browser, pages: dict[str, Path]) -> None:
    browser.open(pages["hostile"])
    assert browser.evaluate("document.querySelectorAll('img, [onerror]').length") == 0
    assert browser.evaluate("document.querySelectorAll('script, style').length") == 2


def test_it_prints(browser: Browser, pages: dict[str, Path], artefacts: Path) -> None:
    browser.window(1280, "dark")
    browser.open(pages["ordinary"])
    browser.printed(artefacts / "report.pdf")
    assert (artefacts / "report.pdf").read_bytes().startswith(b"%PDF-")
    dark = [{"name": "prefers-color-scheme", "value": "dark"}]
    browser.call("Emulation.setEmulatedMedia", media="print", features=dark)
    try:
        assert browser.evaluate("getComputedStyle(document.body).backgroundColor") == "rgb(255, 255, 255)"
        assert shown(browser, "#filters") == []
        browser.picture(artefacts / "report-printed.png", whole=True)
    finally:
        browser.call("Emulation.setEmulatedMedia", media="")
