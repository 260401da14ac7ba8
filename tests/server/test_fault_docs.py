"""The page on faults: what it shows can be typed."""

from __future__ import annotations

import re
from pathlib import Path

from outlookimap.server.fault_library import LIBRARY
from outlookimap.server.fault_spec import faults_of

PAGE = (Path(__file__).parents[2] / "docs/faults.md").read_text(encoding="utf-8")


def test_every_spec_on_the_page_can_be_read() -> None:
    [block] = re.findall(r"```text\n(.+?)```", PAGE, re.DOTALL)
    specs = block.splitlines()
    assert len(specs) == 8
    assert all(len(faults_of(spec)) == 1 for spec in specs)


def test_every_row_of_the_library_does_what_its_text_says() -> None:
    rows = re.findall(r"^\| `([a-z0-9-]+)` \| .+ \| `(when=.+)` \|$", PAGE, re.MULTILINE)
    assert {name for name, _ in rows} == set(LIBRARY)
    for name, text in rows:
        if "...`" in f"{text}`":
            continue  # too long for the page
        for spec, fault in zip(text.split("`<br>`"), LIBRARY[name].faults, strict=True):
            [read] = faults_of(spec.replace("\\|", "|"))
            assert read.when == fault.when
            assert list(map(type, read.actions)) == list(map(type, fault.actions))


def test_the_python_on_the_page_compiles() -> None:
    [block] = re.findall(r"```python\n(.+?)```", PAGE, re.DOTALL)
    assert compile(block, "docs/faults.md", "exec")
