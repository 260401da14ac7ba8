"""How much a connection carried."""

from __future__ import annotations

from support.scripted import talk

from outlookimap.client import Traffic

UP_TO_SIGN_IN = "* PREAUTH ready\r\n* CAPABILITY IMAP4rev1 IDLE UIDPLUS XLIST\r\nabcd OK done\r\n"


def test_commands_and_octets_are_counted_on_both_sides() -> None:
    with talk("C: $tag NOOP\nS: * OK still here\nS: $tag OK done") as session:
        before = session.traffic
        assert before == Traffic(1, len("abcd CAPABILITY\r\n"), len(UP_TO_SIGN_IN))
        session.noop()
        answer = "* OK still here\r\nabcd OK done\r\n"
        assert session.traffic.since(before) == Traffic(1, len("abcd NOOP\r\n"), len(answer))
