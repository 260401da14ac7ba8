"""Signing in: the mechanisms in the product's order, what the server lists only, LOGIN as the last resort.

A mechanism that fails falls through to the next, on the same connection, or on a new one where the server closed it.
One thing does not fall through: a server that says OK without proving that it knows the password is not asked again.
"""

from __future__ import annotations

from outlookimap import auth
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
    ProfileViolation,
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
        self._tried: set[str] = set()

    def open(self) -> Conversation:
        """Return a conversation that is signed in, its capabilities asked for anew.

        Raises AuthenticationFailed with every attempt; what `Opening.open` raises when no connection can be made.
        """
        conversation = self._opening.open()
        try:
            while conversation.link.connection.state is not State.AUTHENTICATED:
                way = self._next(conversation)
                self._tried.add(way)
                if not self._attempt(way, conversation):
                    conversation.link.abort()
                    conversation = self._again()
            if conversation.profile.flag("capability.after_sign_in"):
                capability(conversation)
        except BaseException:
            conversation.link.abort()
            raise
        return conversation

    def _again(self) -> Conversation:
        try:
            return self._opening.open()
        except OutlookImapError as error:
            raise AuthenticationFailed(
                "the server closed the connection and no other could be made", attempts=self._attempts
            ) from error

    def _next(self, conversation: Conversation) -> str:
        """Return the next way of signing in that was not tried: a mechanism or ``"LOGIN"``; raise when none is left."""
        profile, policy = conversation.profile, conversation.policy
        allowed = None if policy.mechanisms is None else {name.upper() for name in policy.mechanisms}
        order = profile.words("auth.mechanisms")
        listed = conversation.link.capabilities.mechanisms() if profile.flag("auth.advertised_only") else order
        for name in auth.choose(listed, order):
            if name not in self._tried and (allowed is None or name in allowed):
                return name
        login = policy.login and profile.flag("auth.login_fallback")
        if login and "LOGIN" not in self._tried and b"LOGINDISABLED" not in conversation.link.capabilities:
            return "LOGIN"
        raise self._failed(conversation)

    def _attempt(self, way: str, conversation: Conversation) -> bool:
        """Try one way; return whether the connection is still there. A failure is noted among the attempts."""
        if self._user is None or self._password is None:
            raise AuthenticationFailed("no user or no password was given: name the user in the URL and pass `password`")
        try:
            if way == "LOGIN":
                self._login(conversation, self._user, self._password)
            else:
                self._authenticate(way, conversation, self._user, self._password)
        except (ConnectionTimeout, AuthenticationFailed):
            raise
        except ConnectionLost as error:
            self._attempts.append((way, str(error)))
            return False
        except (MechanismError, ProfileViolation, LocalProtocolError) as error:
            self._attempts.append((way, str(error)))
        return True

    def _login(self, conversation: Conversation, user: str, password: Secret) -> None:
        """Send LOGIN.

        Statements: O5:V0032, O5:V0034
        """
        answer = conversation.command(c.Login(user.encode(), password))
        self._settle("LOGIN", conversation, answer)

    def _settle(self, way: str, conversation: Conversation, answer: e.Completed) -> None:
        """Note a refusal among the attempts; a success begins a new epoch of capabilities."""
        if answer.condition is not Condition.OK:
            self._attempts.append((way, f"{answer.condition.value.decode()} {harmless(answer.text)}"))
        else:
            conversation.signed_in(answer.code)

    def _authenticate(self, name: str, conversation: Conversation, user: str, password: Secret) -> None:
        """Send AUTHENTICATE and answer its challenges; a challenge that cannot be answered is cancelled.

        Statements: O5:E0001, O5:V0030, O5:V0034
        """
        mechanism = auth.client_mechanism(name, user=user, password=password, host=self._opening.host)
        link = conversation.link
        conversation.check(c.Authenticate(name.encode()))
        tag = link.connection.submit(c.Authenticate(name.encode()))
        failure: MechanismError | None = None
        while True:
            events = link.step()
            conversation.sort([event for event in events if not isinstance(event, e.Challenged)])
            for event in events:
                if isinstance(event, e.Challenged):
                    failure = self._answer(mechanism, conversation, event.octets) or failure
                elif isinstance(event, e.Completed) and event.tag == tag:
                    self._finished(mechanism, conversation, event, failure)
                    return

    @staticmethod
    def _answer(
        mechanism: auth.ClientMechanism, conversation: Conversation, challenge: bytes | None
    ) -> MechanismError | None:
        connection = conversation.link.connection
        if challenge is None:
            connection.cancel()
            return MechanismError(f"{mechanism.name}: the challenge is not base64")
        try:
            answer = mechanism.answer(challenge)
        except MechanismError as error:
            connection.cancel()
            return error
        connection.answer(answer)
        return None

    def _finished(
        self,
        mechanism: auth.ClientMechanism,
        conversation: Conversation,
        answer: e.Completed,
        failure: MechanismError | None,
    ) -> None:
        if failure is not None and answer.condition is not Condition.OK:
            raise failure
        self._settle(mechanism.name, conversation, answer)
        if answer.condition is not Condition.OK:
            return
        try:
            if failure is not None:
                raise failure
            mechanism.finish()
        except MechanismError as error:
            self._attempts.append((mechanism.name, str(error)))
            raise AuthenticationFailed(
                "the server said OK without proving that it knows the password: it may not be the server you mean",
                attempts=self._attempts,
            ) from error

    def _failed(self, conversation: Conversation) -> AuthenticationFailed:
        if self._attempts:
            return AuthenticationFailed("signing in failed", attempts=self._attempts, statements=("O5:V0034",))
        listed = ", ".join(conversation.link.capabilities.mechanisms()) or "none"
        disabled = b"LOGINDISABLED" in conversation.link.capabilities
        reason = "LOGINDISABLED is listed" if disabled else "the policy forbids LOGIN"
        return AuthenticationFailed(
            f"no way of signing in is left: the server lists the mechanisms {listed}, the policy allows "
            f"{', '.join(conversation.policy.mechanisms or conversation.profile.words('auth.mechanisms')) or 'none'}, "
            f"and {reason}",
            statements=("O5:V0032", "O5:V0034"),
        )
