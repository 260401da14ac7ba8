"""Both ends of a sign-in talking to each other without a wire."""

from __future__ import annotations

from outlookimap.auth import Challenge, ClientMechanism, Done, ServerMechanism


def converse(client: ClientMechanism, server: ServerMechanism) -> Done:
    """Carry challenges and answers until the server is done, then tell the client; return who signed in."""
    challenge = server.challenge()
    for _ in range(5):
        step = server.step(client.answer(challenge))
        if isinstance(step, Done):
            client.finish()
            return step
        assert isinstance(step, Challenge)
        challenge = step.data
    raise AssertionError("the sign-in does not end")
