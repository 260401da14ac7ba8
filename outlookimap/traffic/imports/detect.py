"""Recognises the format of a file by what is in it, never by its name."""

from __future__ import annotations

from outlookimap.errors import TranscriptError
from outlookimap.traffic.format import MAGIC
from outlookimap.traffic.imports import hmailserver, plain, stalwart, telemetry
from outlookimap.traffic.imports.rawlog import STAMP, side_scores

FORMATS = ("imap", "rawlog", "telemetry", "hmailserver", "stalwart", "plain")
"""The formats that can be read; ``plain`` is text in any of the usual ways of writing a conversation down."""

HEAD = 1 << 18
"""How many octets of a file are looked at."""


def detect(head: bytes) -> str:
    """Return the name of the format that a file beginning with `head` has; raises `TranscriptError`."""
    if head.startswith(MAGIC.encode()):
        return "imap"
    if STAMP.match(head):
        return "rawlog"
    if head and telemetry.BEGINS.match(head):
        return "telemetry"
    lines = head.split(b"\n")
    if any(hmailserver.EVENT.match(line) for line in lines):
        return "hmailserver"
    if any(stalwart.EVENT.search(line) for line in lines):
        return "stalwart"
    score, style = plain.recognised(head)
    if not score:
        message = "neither a recording nor a log in which a line of IMAP can be seen"
        raise TranscriptError(f"{message}: formats read are {', '.join(FORMATS)}", line=1)
    fewer, more = sorted(side_scores(head))
    one_side = fewer * 4 < more  # but for what mail may hold
    return "rawlog" if style is None and one_side and b"\r\n" in head else "plain"
