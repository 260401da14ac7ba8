"""Text of strangers made fit to be shown: what cannot be seen, or would move its neighbours, is written as an escape.

Must not know any format: quoting for XML and HTML is the work of the libraries that write them.
"""

from __future__ import annotations

from collections.abc import Iterable

from outlookimap.conformance.outcome import Line


def visible(text: str) -> str:
    r"""Return `text` with what has no shape of its own as Python writes it: ``\x00``, ``\u202e``, ``\ud800``.

    That are control and format characters (also those that turn the direction of text), line ends, spaces other than
    the common one, lone surrogates and code points without a meaning. No character that XML forbids is left.
    """
    if text.isprintable():
        return text
    return "".join(one if one.isprintable() else one.encode("unicode_escape").decode("ascii") for one in text)


def visible_lines(lines: Iterable[Line]) -> tuple[Line, ...]:
    """Return lines of a conversation with their text made visible."""
    return tuple(Line(visible(line.mark), visible(line.text), line.offends) for line in lines)
