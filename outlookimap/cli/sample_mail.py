"""A dozen messages for the demonstration: the usual shapes of mail, made with the standard library, always the same."""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterator
from email.message import EmailMessage
from email.utils import format_datetime

_START = dt.datetime(2024, 3, 4, 8, 30, tzinfo=dt.timezone(dt.timedelta(hours=1)))

_MAIL: tuple[tuple[str, str, str], ...] = (
    ("Ada Berg <ada@example.com>", "Minutes of Monday", "The minutes are in the usual place.\n"),
    ("Bruno Maï <bruno@example.com>", "Größe der Anhänge", "Wie groß dürfen sie sein?\nViele Grüße\n"),
    ("Ada Berg <ada@example.com>", "Re: Minutes of Monday", "One correction on page two.\n"),
    ("List <list@example.org>", "[list] Digest 14", "1. Welcome\n2. Questions\n"),
    ("李雷 <lilei@example.net>", "会议", "明天见。\n"),
    ("Chris Doe <chris@example.com>", "Invoice 2024-017", "Please find the invoice attached.\n"),
    ("Dana Fox <dana@example.com>", "", "No subject, on purpose.\n"),
    ("Build <ci@example.org>", "Build 4711 failed", "Step 3 of 9 failed.\n.\nA line with a dot above.\n"),
    ("Ada Berg <ada@example.com>", "Lunch?", "Twelve, at the river?\n"),
    ("Emil Gray <emil@example.com>", "A subject whose writer let it run until it needed folding, as happens",
     "Short text, long subject.\n"),
    ("Shop <shop@example.net>", "Your order & your receipt", "Total: 12.50\n"),
    ("Chris Doe <chris@example.com>", "Fwd: Travel", "See below.\n\n> Train at 7:42\n"),
)  # fmt: skip


def messages(to: str) -> Iterator[tuple[EmailMessage, dt.datetime]]:
    """Yield the messages and the moment each arrived, an hour apart; the sixth has an attachment."""
    for number, (sender, subject, text) in enumerate(_MAIL):
        moment = _START + dt.timedelta(hours=number)
        message = EmailMessage()
        message["From"] = sender
        message["To"] = to
        if subject:
            message["Subject"] = subject
        message["Date"] = format_datetime(moment)
        message["Message-ID"] = f"<sample-{number + 1}@example.com>"
        message.set_content(text)
        if "invoice" in text:
            message.add_attachment(b"%PDF-1.4\n", maintype="application", subtype="pdf", filename="invoice.pdf")
            message.set_boundary("=_sample")
        yield message, moment
