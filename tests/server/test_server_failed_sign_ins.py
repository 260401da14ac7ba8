"""What a server does about sign-ins that fail, take too long, or are for somebody else."""

from __future__ import annotations

from dataclasses import replace

import pytest
from support.loopback import PATIENCE
from support.talk import USERS, Talk, service, store

from outlookimap.server.behaviour import Behaviour, Refusals, Reply
from outlookimap.server.delegates import parted
from outlookimap.server.listening import MailServer
from outlookimap.server.memory_store import MemoryStore
from outlookimap.server.service import Service
from outlookimap.transport.socket_stream import connect
from outlookimap.wire.responses import Condition
from outlookimap.wire.secret import Secret

SECURE = (b"IMAP4rev1", b"AUTH=PLAIN", b"AUTH=GSSAPI", b"IDLE")
WRONG = "AHVzZXIxAHdyb25n"  # NUL user1 NUL wrong
RIGHT = "AHVzZXIxAHNlY3JldA=="  # NUL user1 NUL secret


def insecure(*listed: bytes) -> Talk:
    """Return a connection without TLS where no password is taken, greeted."""
    behaviour = Behaviour(capabilities_before_tls=(b"IMAP4rev1", *listed), capabilities_after_tls=SECURE)
    return Talk(service(behaviour=behaviour, allow_plaintext=False)).greeted()


def over_tls(behaviour: Behaviour) -> Talk:
    """Return a connection that counts as encrypted, greeted."""
    return Talk(service(behaviour=behaviour, allow_plaintext=False, tls=True), encrypted=True).greeted()


# ---------------------------------------------------------------- failures


@pytest.mark.cites("X10:V0061", "X3:V0058")
def test_the_fourth_failure_ends_the_connection_and_only_this_one() -> None:
    shared = service(behaviour=Behaviour(failed_sign_ins=4))
    with Talk(shared) as other:
        one = Talk(shared).greeted()
        one.script(
            f"""
            C: a LOGIN user1 wrong
            S: a NO LOGIN failed.
            C: b AUTHENTICATE PLAIN
            S: +\x20
            C: {WRONG}
            S: b NO AUTHENTICATE failed.
            C: c NOOP
            S: c OK NOOP completed.
            C: d LOGIN nobody secret
            S: d NO LOGIN failed.
            """
        )
        one.say(b"e LOGIN user1 wrong\r\nf LOGIN user1 secret\r\n")
        one.hear(b"e NO LOGIN failed.\r\n* BYE Connection closed: too many attempts to sign in have failed.\r\n")
        one.ended()
        other.greeted().script(
            """
            C: a LOGIN user1 wrong
            S: a NO LOGIN failed.
            C: b LOGIN user1 secret
            S: b OK LOGIN completed.
            """
        )


@pytest.mark.cites("X10:V0061")
def test_after_three_failures_the_fourth_attempt_may_succeed() -> None:
    with Talk(service(behaviour=Behaviour(failed_sign_ins=4))) as one:
        one.greeted().script(
            """
            C: a LOGIN user1 wrong
            C: b LOGIN user1 wrong
            C: c LOGIN user1 wrong
            C: d LOGIN user1 secret
            S: a NO LOGIN failed.
            S: b NO LOGIN failed.
            S: c NO LOGIN failed.
            S: d OK LOGIN completed.
            """
        )


def test_without_a_limit_there_is_none() -> None:
    with Talk() as one:
        one.greeted().say(b"a LOGIN user1 wrong\r\n" * 20 + b"b LOGIN user1 secret\r\n")
        one.hear(b"a NO LOGIN failed.\r\n" * 20 + b"b OK LOGIN completed.\r\n")


# ---------------------------------------------------------------- what is offered, and what it answers


@pytest.mark.cites("X10:V0018", "X10:V0019", "X3:V0018", "X3:V0019")
def test_nobody_is_let_in_without_a_password() -> None:
    with over_tls(Behaviour(capabilities_after_tls=SECURE, mechanisms=("PLAIN",))) as one:
        one.script(
            """
            C: a SELECT INBOX
            S: a BAD This command is not allowed now.
            C: b AUTHENTICATE ANONYMOUS
            S: b NO This mechanism is not offered.
            C: c LOGIN anonymous somebody@example.com
            S: c NO LOGIN failed.
            C: d LOGIN anonymous ""
            S: d NO LOGIN failed.
            C: e LIST "" *
            S: e BAD This command is not allowed now.
            """
        )


@pytest.mark.cites("X10:E0003", "X10:E0004", "X3:E0003", "X3:E0004", "X1:2.2.3")
def test_a_mechanism_that_is_listed_and_cannot_be_served_fails() -> None:
    refusals = Refusals(mechanism=Reply(Condition.NO, b"AUTHENTICATE failed."))
    with over_tls(Behaviour(capabilities_after_tls=SECURE, mechanisms=("PLAIN", "NTLM"), refusals=refusals)) as one:
        one.script(
            """
            C: a CAPABILITY
            S: * CAPABILITY IMAP4rev1 AUTH=PLAIN AUTH=GSSAPI IDLE
            S: a OK CAPABILITY completed.
            C: b AUTHENTICATE GSSAPI
            S: b NO AUTHENTICATE failed.
            C: c AUTHENTICATE NTLM
            S: c NO AUTHENTICATE failed.
            """
        )


@pytest.mark.cites("X10:E0003", "X3:E0003")
def test_ntlm_serves_where_it_is_listed() -> None:
    listed = (*SECURE, b"AUTH=NTLM")
    with over_tls(Behaviour(capabilities_after_tls=listed, mechanisms=("PLAIN", "NTLM"))) as one:
        one.script(
            """
            C: a AUTHENTICATE NTLM
            S: +\x20
            C: *
            S: a BAD AUTHENTICATE was cancelled.
            """
        )


@pytest.mark.cites(
    "X10:V0020", "X10:V0021", "X10:V0023", "X10:V0024", "X10:V0048", "X10:V0049", "X10:V0050", "X10:V0051", "X10:V0052",
    "X3:V0020", "X3:V0021", "X3:V0023", "X3:V0024", "X3:V0046", "X3:V0047", "X3:V0048", "X3:V0049", "X3:V0050",
    "X1:2.3.4", "X1:2.3.5",
)  # fmt: skip
def test_no_response_tells_capabilities_unasked_and_no_layer_is_added() -> None:
    behaviour = Behaviour(capabilities_after_tls=SECURE, mechanisms=("PLAIN",))
    shared = service(behaviour=behaviour, allow_plaintext=False, tls=True)
    with Talk(shared) as one:
        one.hear(b"* OK IMAP server ready.\r\n")
        one.script(
            """
            C: a STARTTLS
            S: a OK Begin TLS negotiation now.
            """
        )
        one.script(
            f"""
            C: b AUTHENTICATE PLAIN
            S: +\x20
            C: {RIGHT}
            S: b OK AUTHENTICATE completed.
            C: c NOOP
            S: c OK NOOP completed.
            """
        )
    with Talk(shared, encrypted=True) as one:
        one.hear(b"* OK IMAP server ready.\r\n")
        one.script(
            """
            C: a LOGIN user1 secret
            S: a OK LOGIN completed.
            """
        )


@pytest.mark.cites("X10:V0022", "X10:V0025", "X10:2.1.4", "X3:V0022", "X3:2.1.5")
@pytest.mark.parametrize("listed", [(b"LOGINDISABLED",), ()])
def test_no_password_is_taken_on_an_insecure_connection_announced_or_not(listed: tuple[bytes, ...]) -> None:
    with insecure(*listed, b"AUTH=PLAIN") as one:
        one.script(
            """
            C: a LOGIN user1 secret
            S: a NO A password is not taken without TLS.
            C: b AUTHENTICATE PLAIN
            S: b NO A password is not taken without TLS.
            """
        )


@pytest.mark.cites("X10:2.1.4")
def test_login_can_be_disabled_over_tls_as_well() -> None:
    with over_tls(Behaviour(capabilities_after_tls=(*SECURE, b"LOGINDISABLED"))) as one:
        one.script(
            f"""
            C: a LOGIN user1 secret
            S: a NO A password is not taken without TLS.
            C: b AUTHENTICATE PLAIN
            S: +\x20
            C: {RIGHT}
            S: b OK AUTHENTICATE completed.
            """
        )


@pytest.mark.cites("X10:V0047", "X3:V0045", "X1:2.3.3")
def test_there_are_no_experimental_commands() -> None:
    with over_tls(Behaviour(capabilities_after_tls=SECURE)) as one:
        one.script(
            """
            C: a XLIST "" *
            S: a BAD Unknown command.
            C: b XYZZY
            S: b BAD Unknown command.
            """
        )


# ---------------------------------------------------------------- time


@pytest.mark.cites("X10:E0002")
def test_a_minute_to_sign_in_whatever_is_said() -> None:
    one = Talk(service(behaviour=Behaviour(sign_in_restarts=False))).greeted()
    one.clock.advance(59)
    one.script(
        """
        C: a LOGIN user1 wrong
        S: a NO LOGIN failed.
        """
    )
    one.clock.advance(1)
    one.hear(b"* BYE Connection closed: nobody signed in.\r\n")
    one.ended()


@pytest.mark.cites("X3:E0002")
def test_a_minute_from_the_last_command_to_sign_in() -> None:
    one = Talk(service(behaviour=Behaviour(sign_in_restarts=True))).greeted()
    for tag in "abc":
        one.clock.advance(59)
        one.script(
            f"""
            C: {tag} NOOP
            S: {tag} OK NOOP completed.
            """
        )
    one.clock.advance(59)
    one.say(b"d NO")  # is no command yet
    one.taken()
    one.clock.advance(1)
    one.hear(b"* BYE Connection closed: nobody signed in.\r\n")
    one.ended()


@pytest.mark.cites("X10:V0015", "X10:E0002", "X3:V0015")
def test_both_times_can_be_shorter() -> None:
    shared = service(behaviour=Behaviour(sign_in_time=10, inactivity=600))
    one = Talk(shared).signed_in()
    one.clock.advance(599)
    one.script(
        """
        C: a NOOP
        S: a OK NOOP completed.
        """
    )
    late = Talk(shared).greeted()
    one.clock.advance(10)
    late.hear(b"* BYE Connection closed: nobody signed in.\r\n")
    late.ended()
    one.clock.advance(590)
    one.hear(b"* BYE Connection closed: nothing was said for too long.\r\n")
    one.ended()


@pytest.mark.cites("X10:V0015", "X3:V0015")
def test_half_an_hour_of_silence_by_default() -> None:
    one = Talk(service(behaviour=Behaviour(sign_in_restarts=True))).signed_in()
    one.clock.advance(1799)
    one.script(
        """
        C: a NOOP
        S: a OK NOOP completed.
        """
    )
    one.clock.advance(1800)
    one.hear(b"* BYE Connection closed: nothing was said for too long.\r\n")
    one.ended()


# ---------------------------------------------------------------- delegates


def delegating(*, on: bool = True) -> Service:
    """Return a service where user1 may act for user2, whose INBOX has no message, and nobody for user1."""
    shared = service(behaviour=Behaviour(delegates=on))
    return replace(shared, delegations={"user2": {"user1"}})


def test_a_delegate_signs_in_with_its_own_password_and_has_the_mail_of_the_principal() -> None:
    shared = delegating()
    for name in ("example/user1/user2", "user1@example.com/user2", "user1@example.com/user2@example.com"):
        with Talk(shared) as one:
            one.greeted().script(
                f"""
                C: a LOGIN {name} secret
                S: a OK LOGIN completed.
                C: b STATUS INBOX (MESSAGES)
                S: * STATUS INBOX (MESSAGES 0)
                S: b OK STATUS completed.
                """
            )


@pytest.mark.parametrize(
    "sign_in",
    [
        "example/user1/user2 other",  # the principal's password
        "example/user2/user1 other",  # nobody may act for user1
        "example/nobody/user2 secret",
        "example/user1/nobody secret",
        "user1/user2 secret",  # no domain: not of the form
    ],
)
def test_who_is_not_a_delegate_is_not_let_in(sign_in: str) -> None:
    with Talk(delegating()) as one:
        one.greeted().script(
            f"""
            C: a LOGIN {sign_in}
            S: a NO LOGIN failed.
            """
        )


def test_where_delegates_are_unknown_their_names_are_nobodys() -> None:
    with Talk(delegating(on=False)) as one:
        one.greeted().script(
            """
            C: a LOGIN example/user1/user2 secret
            S: a NO LOGIN failed.
            """
        )


@pytest.mark.parametrize(
    ("name", "expected"),
    [
        ("d/a/b", ("a", "b")),
        ("a@d/b", ("a", "b")),
        ("a@d/b@d", ("a", "b")),
        ("d/a/c@x", ("a", "c@x")),
        ("a", None),
        ("a/b", None),
        ("e/f", None),
        ("x/e/f", ("e", "f")),
        ("d/e/f/b", None),
        ("d//b", None),
        ("d/a/", None),
    ],
)
def test_the_form_of_the_names(name: str, expected: tuple[str, str] | None) -> None:
    assert parted(name, {"a", "b", "c@x", "e", "f", "e/f", "d/e/f/b"}) == expected


# ---------------------------------------------------------------- ports


@pytest.mark.cites("X10:2.1.1", "X3:2.1.1")
def test_any_port_will_do() -> None:
    with MailServer(USERS, tls_port=None) as first:
        port = first.port
    with MailServer({"user1": Secret("secret")}, store=store(), port=port, tls_port=None) as server:
        assert server.port == port
        client = connect("127.0.0.1", port, timeout=PATIENCE, tls=None)
        assert client.receive(PATIENCE) == b"* OK IMAP server ready.\r\n"
        client.close()


def test_a_server_that_is_not_given_a_store_makes_one_as_the_behaviour_names_things() -> None:
    behaviour = Behaviour()
    behaviour = replace(behaviour, naming=replace(behaviour.naming, case_insensitive=True))
    with MailServer(USERS, tls_port=None, behaviour=behaviour) as server:
        assert isinstance(server.store, MemoryStore)
        account = server.store.account("user1")
        assert account is not None
        assert account.mailbox(b"DRAFTS").name == b"Drafts"
