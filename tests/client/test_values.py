r"""A difference between products is a value: what the client does follows the profile where no product that ships goes.

Each profile here is 2013 with one value changed, as another version's file would change it.
"""

from __future__ import annotations

from dataclasses import replace

import pytest
from support.scripted import PLAIN, inbox, opened, played, talk

from outlookimap.client import Message
from outlookimap.errors import AuthenticationFailed, LocalProtocolError, ProfileViolation, SelectIncomplete
from outlookimap.profiles import Profile, load
from outlookimap.profiles.schema import Value


def changed(key: str, value: Value) -> Profile:
    """Return 2013 with another value."""
    profile = load("2013")
    return replace(profile, values={**profile.values, key: replace(profile.values[key], value=value)})


SIGN_IN = """
    S: * OK [CAPABILITY AUTH=PLAIN] hi
    C: $tag CAPABILITY
    S: * CAPABILITY IMAP4rev1 {}
    S: $tag OK done
"""
LOGIN = '    C: $tag LOGIN "ann" "secret"\n    S: $tag OK done\n'


@pytest.mark.cites("O5:V0065")
def test_a_product_that_ignores_the_capability_code() -> None:
    script = SIGN_IN.format("") + LOGIN + "    C: $tag CAPABILITY\n    S: * CAPABILITY IMAP4\n    S: $tag OK done"
    with played(script.replace("rev1 \n", "rev1\n")) as s:
        assert opened(s, changed("capability.merge_code", False)).capabilities == {"IMAP4"}


@pytest.mark.cites("O5:V0033", "O5:V0035")
def test_a_product_that_does_not_ask_after_sign_in() -> None:
    script = SIGN_IN.format("AUTH=X").replace("AUTH=PLAIN", "IMAP4rev1") + LOGIN
    with played(script) as s:
        assert opened(s, changed("capability.after_sign_in", False)).capabilities == frozenset()


@pytest.mark.cites("O5:V0032")
def test_a_product_that_tries_what_is_not_listed() -> None:
    script = (
        SIGN_IN.format("X").replace("AUTH=PLAIN", "IMAP4rev1") + "    C: $tag AUTHENTICATE NTLM\n    S: $tag NO no\n"
    )
    script += (
        "    C: $tag AUTHENTICATE DIGEST-MD5\n    S: $tag NO no\n    C: $tag AUTHENTICATE PLAIN\n    S: $tag NO no\n"
    )
    script += LOGIN + "    C: $tag CAPABILITY\n    S: $tag OK done"
    with played(script) as s:
        opened(s, changed("auth.advertised_only", False))


@pytest.mark.cites("O5:V0034", "O5:V0032")
def test_a_product_without_login() -> None:
    script = SIGN_IN.format("X").replace("AUTH=PLAIN", "IMAP4rev1") + "    @closed client"
    with played(script) as s, pytest.raises(AuthenticationFailed, match="no way of signing in is left"):
        opened(s, changed("auth.login_fallback", False))


@pytest.mark.cites("O5:V0064")
def test_a_product_that_shows_what_bye_says() -> None:
    with talk("@+1\nS: * BYE so long", changed("answers.bye_text", True)) as session:
        session.poll(1)
        assert session.alerts == ("so long",)


@pytest.mark.cites("O5:V0026")
def test_a_product_that_waits_for_each_answer() -> None:
    with talk("", changed("command.pipelining", False)) as session:
        with pytest.raises(LocalProtocolError, match="waits for each answer") as caught:
            session.pipeline()
        assert caught.value.statements == ("O5:V0026",)


@pytest.mark.cites("O5:V0028")
def test_a_product_without_idle_polls() -> None:
    script = "@+60\nC: $tag NOOP\nS: $tag OK done"
    with inbox(script, changed("commands.IDLE", False)) as session, session.idle():
        session.poll(60)
        session.poll(0)


@pytest.mark.cites("O5:2.1.6", "O5:V0004")
def test_a_product_that_shows_every_flag() -> None:
    profile = changed("flags.extensions", True)
    script = "C: $tag NOOP\nS: * 1 FETCH (FLAGS (\\Recent \\X-Odd \\Seen a))\nS: $tag OK done"
    with inbox(script, profile) as session:
        session.noop()
        assert session.poll(0) == [Message(1, None, frozenset(("\\X-Odd", "\\Seen", "a")))]


@pytest.mark.cites("O5:V0036", "O5:V0037")
@pytest.mark.parametrize(
    ("codes", "requires"), [(("ALERT",), ("UIDVALIDITY",)), (("UNSEEN",), ("EXISTS", "UIDVALIDITY"))]
)
def test_a_product_that_does_not_read_uidvalidity(codes: tuple[str, ...], requires: tuple[str, ...]) -> None:
    profile = changed("answers.codes", codes)
    profile = replace(
        profile,
        values={**profile.values, "select.requires": replace(profile.values["select.requires"], value=requires)},
    )
    script = 'C: $tag SELECT "a"\nS: * 1 EXISTS\nS: * OK [UIDVALIDITY 7] fixed\nS: $tag OK done'
    with talk(script, profile) as session, pytest.raises(SelectIncomplete, match="without UIDVALIDITY"):
        session.select("a")


@pytest.mark.cites("O5:V0017", "O5:V0046")
def test_a_product_that_does_not_wait_for_the_go_ahead() -> None:
    script = "C: $tag CREATE {1025+}\nC| " + "x" * 1025 + "\nC:\nS: $tag OK done"
    with talk(script, changed("strings.non_synchronizing_literals", True)) as session:
        session.create("x" * 1025)


@pytest.mark.cites("O5:V0017")
def test_a_product_that_writes_atoms() -> None:
    with talk("C: $tag CREATE Work\nS: $tag OK done", changed("strings.quote_always", False)) as session:
        session.create("Work")


@pytest.mark.cites("O5:V0020")
def test_a_product_that_takes_the_separator_in_a_name() -> None:
    script = 'C: $tag LIST "" ""\nS: * LIST () "/" ""\nS: $tag OK done\nC: $tag CREATE "a/b"\nS: $tag OK done'
    with talk(script, changed("folders.delimiter_in_name", True)) as session:
        session.list("")
        session.create("a/b")


@pytest.mark.cites("O5:2.1.2", "O5:V0050", "O5:V0031")
@pytest.mark.parametrize("command", ["LOGOUT", "NOOP", "CAPABILITY", "CLOSE", "EXPUNGE"])
def test_a_product_without_a_command_does_not_send_it(command: str) -> None:
    profile = changed(f"commands.{command}", False)
    if command == "CAPABILITY":
        with (
            played("S: * OK hi\n@closed client") as s,
            pytest.raises(ProfileViolation, match="sends no CAPABILITY"),
        ):
            opened(s, profile, policy=PLAIN)
        return
    end = "\n@closed client" if command == "LOGOUT" else ""
    with inbox(end, profile) as session, pytest.raises(ProfileViolation, match=f"sends no {command}"):
        getattr(session, command.lower())()
