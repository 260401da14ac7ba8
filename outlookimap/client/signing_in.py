"""Signing in: the mechanisms in the product's order, what the server lists only, LOGIN as the last resort.

A mechanism that fails falls through to the next, on the same connection, or on a new one where the server closed it.
One thing does not fall through: a server that says OK without proving that it knows the password is not asked again.
"""

from __future__ import annotations

from outlookimap import auth
from outlookimap.client.calls import Call
from outlookimap.client.conversation import Conversation
from outlookimap.client.opening import Opening, capability
from outlookimap.client.texts import harmless
from outlookimap.errors import (
    AuthenticationFailed,
    ConnectionLost,
    ConnectionTimeout,
    LocalProtocolError,
    MechanismError,
    OutlookImapError,
    RemoteProtocolError,
    ServerUnproven,
)
from outlookimap.protocol import events as e
from outlookimap.protocol.states import State
from outlookimap.wire import commands as c
from outlookimap.wire.responses import Condition
from outlookimap.wire.secret import Secret


class SigningIn:
    """One sign-in of `user`; `open()` gives the connection on which it worked.

    Statements: O5:V0027, O5:V0029, O5:V0032, O5:V0034, O5:E0001
    """

    def __init__(self, opening: Opening, user: str | None, password: Secret | None) -> None:
        """Begin with no attempt made."""
        self._opening = opening
        self._user = user
        self._password = password
        self._attempts: list[tuple[str, str]] = []
        self._statements: list[str] = []  # that the reasons of failed attempts rest on
        self._challenged = False  # whether the attempt that runs has had a challenge
        self._lost: set[str] = set()  # ways of which no more is known than that the connection ended

    def open(self) -> Conversation:
        """Return a conversation that is signed in, its capabilities asked for anew.

        Raises AuthenticationFailed with every attempt; what `Opening.open` raises when no connection can be made.
        """
        conversation = self._opening.open()
        fresh = True
        try:
            while conversation.link.connection.state is not State.AUTHENTICATED:
                fresh = self._attempt(self._next(conversation), conversation, fresh=fresh)
                if fresh:
                    conversation.link.abort()
                    conversation = self._again()
            # after PREAUTH they have been asked for already
            if conversation.profile.flag("capability.after_sign_in") and not conversation.link.capabilities.asked:
                capability(conversation)
        except BaseException:
            conversation.link.abort()
            raise
        return conversation

    def _again(self) -> Conversation:
        try:
            return self._opening.open()
        except OutlookImapError as error:
            raise self._failure("the server closed the connection and no other could be made") from error

    def _next(self, conversation: Conversation) -> str:
        """Return the next way of signing in that was not tried: a mechanism or ``"LOGIN"``; raise when none is left."""
        profile, policy = conversation.profile, conversation.policy
        allowed = None if policy.mechanisms is None else {name.upper() for name in policy.mechanisms}
        order = profile.words("auth.mechanisms")
        listed = conversation.link.capabilities.mechanisms() if profile.flag("auth.advertised_only") else order
        tried = {way for way, _ in self._attempts}
        for name in auth.choose(listed, order):
            if name not in tried and (allowed is None or name in allowed):
                return name
        login = policy.login and profile.flag("auth.login_fallback")
        if login and "LOGIN" not in tried and b"LOGINDISABLED" not in conversation.link.capabilities:
            return "LOGIN"
        raise self._nothing_left(conversation)

    def _attempt(self, way: str, conversation: Conversation, *, fresh: bool) -> bool:
        """Try one way; return whether it takes a new connection to go on. A failure is noted among the attempts.

        Where an earlier failure made the server close the connection, the way was not tried: it has its turn on the
        new one. `fresh` says that the connection has seen no failure.
        """
        if self._user is None or self._password is None:
            raise AuthenticationFailed("no user or no password was given: name the user in the URL and pass `password`")
        self._challenged = False
        try:
            if way == "LOGIN":
                self._login(conversation, self._user, self._password)
            else:
                self._authenticate(way, conversation, self._user, self._password)
        except (ConnectionTimeout, AuthenticationFailed):
            raise
        except ConnectionLost as error:
            if fresh or self._challenged:
                self._lost.add(way)
                self._note(way, error)
            return True
        except ServerUnproven as error:
            self._note(way, error)
            raise self._failure(
                "the server does not prove that it knows the password: it may not be the server you mean"
            ) from error
        except (MechanismError, LocalProtocolError) as error:
            self._note(way, error)
        return False

    def _note(self, way: str, error: OutlookImapError) -> None:
        self._attempts.append((way, str(error)))
        self._statements += error.statements

    def _login(self, conversation: Conversation, user: str, password: Secret) -> None:
        """Send LOGIN.

        Statements: O5:V0032, O5:V0034
        """
        answer = conversation.command(c.Login(user.encode(), password))
        self._settle("LOGIN", conversation, answer)

    def _settle(self, way: str, conversation: Conversation, answer: e.Completed) -> None:
        """Note a refusal among the attempts; a success begins a new epoch of capabilities."""
        if answer.condition is not Condition.OK:
            self._attempts.append((way, f"{answer.condition.value.decode()} {self._shown(answer.text)}".rstrip()))
        else:
            conversation.signed_in(answer.code)

    def _shown(self, text: bytes) -> str:
        """Return what the server wrote, without the password: some quote the line they did not like."""
        password = b"" if self._password is None else self._password.reveal()
        return harmless(text.replace(password, b"***") if password else text)

    def _authenticate(self, name: str, conversation: Conversation, user: str, password: Secret) -> None:
        """Send AUTHENTICATE and answer its challenges; a challenge that cannot be answered is cancelled.

        Statements: O5:E0001, O5:V0030, O5:V0034
        """
        mechanism = auth.client_mechanism(name, user=user, password=password, host=self._opening.host)
        link = conversation.link
        command = c.Authenticate(name.encode())
        conversation.prepare([Call((command,), lambda _: None)])
        tag = link.submit(command)
        failure: MechanismError | None = None
        while True:
            events = link.step()
            conversation.sort([event for event in events if not isinstance(event, e.Challenged)])
            for event in events:
                if isinstance(event, e.Challenged):
                    self._challenged = True
                    if failure is not None:
                        raise RemoteProtocolError(f"a challenge after {name} was cancelled")
                    failure = self._answer(mechanism, conversation, event.octets)
                elif isinstance(event, e.Completed) and event.tag == tag:
                    self._finished(mechanism, conversation, event, failure)
                    return

    @staticmethod
    def _answer(
        mechanism: auth.ClientMechanism, conversation: Conversation, challenge: bytes | None
    ) -> MechanismError | None:
        """Answer a challenge, or cancel and return why; a server without proof is not waited for."""
        link = conversation.link
        if challenge is None:
            link.connection.cancel()
            return MechanismError(f"{mechanism.name}: the challenge is not base64")
        try:
            answer = mechanism.answer(challenge)
        except ServerUnproven:
            link.connection.cancel()
            link.flush()
            raise
        except MechanismError as error:
            link.connection.cancel()
            return error
        link.connection.answer(answer)
        return None

    def _finished(
        self,
        mechanism: auth.ClientMechanism,
        conversation: Conversation,
        answer: e.Completed,
        failure: MechanismError | None,
    ) -> None:
        if answer.condition is not Condition.OK:
            if failure is not None:
                raise failure
        elif failure is not None:
            raise ServerUnproven(f"{failure}; the server said OK all the same")
        else:
            try:
                mechanism.finish()
            except MechanismError as error:
                raise ServerUnproven(str(error)) from error
        self._settle(mechanism.name, conversation, answer)

    def _failure(self, message: str) -> AuthenticationFailed:
        statements = dict.fromkeys(("O5:V0034", *self._statements))
        failure = AuthenticationFailed(message, attempts=self._attempts, statements=tuple(statements))
        failure.refused = any(way not in self._lost for way, _ in self._attempts)
        return failure

    def _nothing_left(self, conversation: Conversation) -> AuthenticationFailed:
        if self._attempts:
            return self._failure("signing in failed")
        listed = ", ".join(conversation.link.capabilities.mechanisms()) or "none"
        policy = conversation.policy.mechanisms
        allowed = conversation.profile.words("auth.mechanisms") if policy is None else policy
        disabled = b"LOGINDISABLED" in conversation.link.capabilities
        reason = "LOGINDISABLED is listed" if disabled else "the policy forbids LOGIN"
        return AuthenticationFailed(
            f"no way of signing in is left: the server lists the mechanisms {listed}, the policy allows "
            f"{', '.join(allowed) or 'none'}, and {reason}",
            statements=("O5:V0032", "O5:V0034"),
        )
