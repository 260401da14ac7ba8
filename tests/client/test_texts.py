"""What servers write for people: nothing of it can harm a terminal or a log."""

from __future__ import annotations

import pytest

from outlookimap.client.texts import harmless

BAD = "\N{REPLACEMENT CHARACTER}"


@pytest.mark.cites("O5:V0019")
@pytest.mark.parametrize(
    ("text", "shown"),
    [
        (b"No such folder", "No such folder"),
        ("Ordner gel\xf6scht".encode(), "Ordner gel\xf6scht"),
        (b"\x1b[2J\x07gone\r\n", f"{BAD}[2J{BAD}gone{BAD}{BAD}"),
        (b"\xff\xfe", BAD * 2),
        ("\N{RIGHT-TO-LEFT OVERRIDE}txt.exe".encode(), f"{BAD}txt.exe"),
        ("a\N{LINE SEPARATOR}b\N{ZERO WIDTH JOINER}".encode(), f"a{BAD}b{BAD}"),
        (b"\xc2\x9b31m", f"{BAD}31m"),
        (b"x" * 2000, "x" * 1000),
    ],
)
def test_control_characters_are_replaced(text: bytes, shown: str) -> None:
    assert harmless(text) == shown


def test_a_thousand_characters_of_four_octets_fit() -> None:
    assert harmless("\N{GRINNING FACE}".encode() * 1001) == "\N{GRINNING FACE}" * 1000
