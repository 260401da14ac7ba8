"""Signing in: what is listed before and after it, each way of doing it, and what a wrong password comes to."""

from __future__ import annotations

import re
import secrets
import time
from contextlib import suppress
from dataclasses import replace

from outlookimap.client import Session
from outlookimap.client.url import ServerUrl
from outlookimap.conformance.scenario import steps
from outlookimap.conformance.scenarios._acting import filled
from outlookimap.conformance.stage import Stage
from outlookimap.errors import AuthenticationFailed, EncryptionRequired, OutlookImapError, ScenarioSkipped
from outlookimap.transport.tap import Sender

_LIST = re.compile(rb"(?i)\A\* CAPABILITY((?: .*)?)")
_CODE = re.compile(rb"(?i)\A(?:\*|\w+) OK \[CAPABILITY ([^\]\r\n]*)\]")
_LONGEST_NAME = 40_000
"""Characters of a user name that no NTLM message can hold: the exchange is cancelled at the server's challenge."""
_SHORTEST_PATIENCE = 5.0


def _answers(stage: Stage, command: bytes) -> list[tuple[bytes, list[bytes]]]:
    """Return for each command its completion, b"" where none came, and what came since the completion before it."""
    sent = stage.said(rb"(?i)\A\w+ " + command, sender=Sender.CLIENT)
    tags = {line.split()[0]: place for place, line in enumerate(sent)}
    found: list[tuple[bytes, list[bytes]]] = [(b"", [])] * len(sent)
    since: list[bytes] = []
    for line in stage.said(rb""):
        since.append(line)
        if not line.startswith((b"* ", b"+")):
            place = tags.get(line.split()[0]) if line.split() else None
            if place is not None:
                found[place] = (line, since[:-1])
            since = []
    return found


def _condition(completion: bytes) -> str:
    """Return OK, NO or BAD; nothing where there was no completion."""
    return b"".join(completion.split()[1:2]).decode("ascii", "replace").upper()


def _allowed(stage: Stage, way: str) -> bool:
    """Tell whether whoever checks has left this way of signing in open."""
    policy = stage.place.policy
    if way == "LOGIN":
        return policy.login
    return policy.mechanisms is None or way in {name.upper() for name in policy.mechanisms}


def _by(stage: Stage, way: str) -> Session:
    """Sign in one way and no other; skips the scenario where the server does not offer that way."""
    if not _allowed(stage, way):
        stage.skip(f"the check is not to sign in by {way}")
    mechanisms = () if way == "LOGIN" else (way,)
    try:
        return stage.session(policy=stage.policy(mechanisms=mechanisms, login=way == "LOGIN"))
    except AuthenticationFailed as error:
        if not stage.said(rb"(?i)\A\w+ (?:AUTHENTICATE|LOGIN)\b", sender=Sender.CLIENT):
            offered = "lists LOGINDISABLED" if way == "LOGIN" else f"does not list AUTH={way}"
            stage.skip(f"the server {offered}" if not error.attempts else str(error))
        name = "LOGIN is not disabled" if way == "LOGIN" else f"AUTH={way} is listed"
        stage.fail(f"{name}, and cannot be used to sign in: {error}", said=rb"(?i)\A\w+ (?:NO|BAD) ")


def _works(stage: Stage, way: str) -> None:
    """Sign in one way and select the folder."""
    session = _by(stage, way)
    with stage.refused(f"after signing in by {way} a folder cannot be selected"):
        session.select(stage.folder)


# ---------------------------------------------------------------- what is listed


@steps("sign-in-prompt")
def sign_in_prompt(stage: Stage) -> None:
    """Take the time of a sign-in."""
    longest = max(_SHORTEST_PATIENCE, stage.place.timeout / 2)
    began = time.monotonic()
    stage.session()
    taken = time.monotonic() - began
    message = f"connecting and signing in took {taken:.1f} s, which have to be less than {longest:g}"
    stage.require(taken < longest, message, said=rb"\A\* OK")


@steps("capabilities-at-first")
def capabilities_at_first(stage: Stage) -> None:
    """Sign in, and look whether the first CAPABILITY brought a list."""
    stage.session()
    completion, came = _answers(stage, b"CAPABILITY")[0]
    message = "CAPABILITY before the sign-in was answered with OK, and without a list"
    stage.require(any(map(_LIST.search, came)), message, said=re.escape(completion))


@steps("capabilities-again")
def capabilities_again(stage: Stage) -> None:
    """Sign in as usual, and by LOGIN where that can be had, and look whether the last CAPABILITY brought a list."""
    stage.session()
    _listed_last(stage)
    if _allowed(stage, "LOGIN"):
        with suppress(AuthenticationFailed):  # what LOGIN is worth another scenario asks
            stage.session(policy=stage.policy(mechanisms=(), login=True))
            _listed_last(stage)


def _listed_last(stage: Stage) -> None:
    completion, came = _answers(stage, b"CAPABILITY")[-1]
    message = "CAPABILITY after the sign-in was answered with OK, and without a list"
    stage.require(any(map(_LIST.search, came)), message, said=re.escape(completion))


@steps("volunteered-true")
def volunteered_true(stage: Stage) -> None:
    """Compare what response codes volunteered with the next list."""
    stage.session()
    volunteered: set[bytes] = set()
    for line in stage.said(rb""):
        if code := _CODE.search(line):
            volunteered |= {*code[1].upper().split()}
        elif listed := _LIST.search(line):
            more = sorted(volunteered - {*listed[1].upper().split()})
            words = b" ".join(more).decode("ascii", "replace")
            message = f"a response code volunteered {words}, which CAPABILITY does not list then"
            stage.require(not more, message, said=_CODE.pattern)
            volunteered.clear()


@steps("no-uidonly")
def no_uidonly(stage: Stage) -> None:
    """Sign in and look for UIDONLY."""
    message = "UIDONLY is listed: the new Outlook enables it, and uses sequence numbers all the same"
    stage.require("UIDONLY" not in stage.session().capabilities, message, said=rb"(?i)\bUIDONLY\b")


@steps("mechanism-names")
def mechanism_names(stage: Stage) -> None:
    """Look for an AUTH= that has no name."""
    stage.session()
    message = "AUTH= is listed without the name of a mechanism behind it"
    stage.require(
        not stage.said(rb"(?i)CAPABILITY .*\bAUTH=(?:[ \]\r]|\Z)"), message, said=rb"(?i)\bAUTH=(?:[ \]\r]|\Z)"
    )


# ---------------------------------------------------------------- each way


@steps("ntlm-works")
def ntlm_works(stage: Stage) -> None:
    """Sign in by AUTHENTICATE NTLM."""
    _works(stage, "NTLM")


@steps("digest-md5-works")
def digest_md5_works(stage: Stage) -> None:
    """Sign in by AUTHENTICATE DIGEST-MD5."""
    _works(stage, "DIGEST-MD5")


@steps("plain-works")
def plain_works(stage: Stage) -> None:
    """Sign in by AUTHENTICATE PLAIN, without an initial response."""
    _works(stage, "PLAIN")


@steps("login-works")
def login_works(stage: Stage) -> None:
    """Sign in by LOGIN."""
    _works(stage, "LOGIN")


# ---------------------------------------------------------------- refused, cancelled


@steps("wrong-password-refused")
def wrong_password_refused(stage: Stage) -> None:
    """Try a wrong password once, by all that is listed in turn; then sign in."""
    with suppress(AuthenticationFailed):
        stage.session(password=f"wrong-{secrets.token_hex(8)}")
    for completion, _ in _answers(stage, b"(?:AUTHENTICATE|LOGIN)"):
        condition = _condition(completion)
        message = f"a wrong password was answered with {condition}, which has to be NO"
        stage.require(condition in ("NO", ""), message, said=re.escape(completion))
    with stage.refused("after a wrong password the right one does not work on a new connection"):
        stage.session()


@steps("cancel-answered")
def cancel_answered(stage: Stage) -> None:
    """Begin NTLM with a user name that does not fit into its last message."""
    if not _allowed(stage, "NTLM"):
        stage.skip("the check is not to sign in by NTLM")
    with suppress(AuthenticationFailed):
        policy = stage.policy(mechanisms=("NTLM",), login=False)
        stage.session(user="x" * _LONGEST_NAME, policy=policy)
    if not stage.said(rb"\A\*\r?\n?\Z", sender=Sender.CLIENT):
        stage.skip("the server does not list AUTH=NTLM, or did not let it come to a challenge")
    completion, _ = _answers(stage, b"AUTHENTICATE")[-1]
    came = _condition(completion) or "the end of the connection"
    message = f"AUTHENTICATE was cancelled, which has to be answered with BAD or NO; what came was {came}"
    stage.require(came in ("BAD", "NO"), message, said=re.escape(completion))


# ---------------------------------------------------------------- STARTTLS


def _over_starttls(stage: Stage) -> Session:
    """Sign in after STARTTLS; skips the scenario where the server does not list it."""
    place = stage.place
    encryption = ServerUrl.parse(place.url).encryption(place.policy.encryption)
    if encryption == "tls":
        stage.skip("connections to this port are encrypted from the first octet")
    if encryption == "none":  # nobody said whom to trust, and without TLS nobody would be asked either
        stage.place = replace(place, ca_file=None, verify=False)
    try:
        return stage.session(policy=stage.policy(encryption="starttls"))
    except EncryptionRequired:
        if not stage.said(rb"(?i)\A\w+ STARTTLS", sender=Sender.CLIENT):
            stage.skip("the server does not list STARTTLS")
        raise


@steps("starttls-clean")
def starttls_clean(stage: Stage) -> None:
    """Begin TLS; what the sign-in over it comes to is not asked here."""
    with stage.refused("STARTTLS is listed, and TLS could not be begun by it"), suppress(AuthenticationFailed):
        _over_starttls(stage)


@steps("starttls-sign-in")
def starttls_sign_in(stage: Stage) -> None:
    """Begin TLS, ask for the capabilities, sign in and select the folder."""
    try:
        session = _over_starttls(stage)
    except AuthenticationFailed as error:
        stage.fail(f"after STARTTLS nobody can sign in: {error}", said=rb"(?i)\A\* CAPABILITY")
    except ScenarioSkipped:
        raise
    except OutlookImapError as error:
        stage.skip(f"STARTTLS does not work: {error}")
    session.select(stage.folder)


# ---------------------------------------------------------------- afterwards


@steps("id-not-needed")
def id_not_needed(stage: Stage) -> None:
    """Sign in and select the folder."""
    session = stage.session()
    with stage.refused("SELECT right after the sign-in, without ID or NAMESPACE before it, fails"):
        session.select(stage.folder)


@steps("signed-in-again")
def signed_in_again(stage: Stage) -> None:
    """Sign in, select the folder and sign out, five times."""
    uids = filled(stage, 2)
    for number in range(1, 6):
        with stage.refused(f"the {number}. sign-in in a row does not work"):
            session = stage.session()
            exists = session.select(stage.folder).exists
            session.logout()
        message = f"{len(uids)} messages are there, and EXISTS after the {number}. sign-in says {exists}"
        stage.require(exists == len(uids), message, said=rb" EXISTS")
