"""The examples in docs/transcripts.md are what the reader reads, and its lists are complete."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

from outlookimap.traffic.format import Event, Provenance
from outlookimap.traffic.reader import parse
from outlookimap.traffic.writer import dumps
from outlookimap.transport.tap import Sender

DOCUMENT = (Path(__file__).parents[2] / "docs" / "transcripts.md").read_text()
EXAMPLES = re.findall(r"```imap\n(.*?)```", DOCUMENT, re.DOTALL)


def test_there_is_an_example() -> None:
    assert len(EXAMPLES) == 1
    assert b"\r\nSubject: hello\r\n\r\nHello world\r\n" in parse(EXAMPLES[0]).octets(Sender.CLIENT)


@pytest.mark.parametrize("example", EXAMPLES)
def test_examples_are_written_as_the_writer_writes(example: str) -> None:
    assert dumps(parse(example)) == example


@pytest.mark.parametrize("word", [f"@{event.value}" for event in Event] + [f"`{one.value}`" for one in Provenance])
def test_every_word_is_explained(word: str) -> None:
    assert word in DOCUMENT
