"""Draws `docs/protocol.md` from the tables of `states`: what is documented is what runs.

Knows nothing that is not in the tables or in the docstrings that state a rule.
"""

from __future__ import annotations

import sys
from collections.abc import Iterator

from outlookimap.protocol import attribution, selecting
from outlookimap.protocol.states import ALLOWED, ALONE, COMPLETED, FLOWS, GREETED, LAST, Flow, State
from outlookimap.wire import commands as c
from outlookimap.wire.responses import Condition

REGENERATE = "python -m outlookimap.protocol.diagram > docs/protocol.md"

_INTRODUCTION = f"""\
# One connection as a state machine

`outlookimap.protocol` is sans I/O: octets and the time go in, events and octets come out, for either end of a
connection. What a command may do and what its completion does is looked up in the tables of
`outlookimap/protocol/states.py`. This page is drawn from them, and a test fails when it is stale:

    {REGENERATE}
"""

_FLOWS = """\
While one of the hard flows runs, octets are not commands and responses by turns. A server reads on, and a client sends
more, only when the flow has ended.
"""

_COMMANDS = """\
A command that names message sequence numbers waits, besides, until everything in flight but FETCH, STORE and SEARCH is
answered: any other command, the UID forms included, may renumber the messages (RFC 3501 section 5.5).
"""

_ENDS = {
    Flow.AUTHENTICATING: "tagged response",
    Flow.IDLING: "DONE, or tagged response",
    Flow.TLS: "handshake",
}

_COLUMNS = (State.NOT_AUTHENTICATED, State.AUTHENTICATED, State.SELECTED)


def markdown() -> str:
    """Return the text of `docs/protocol.md`."""
    parts = [
        _INTRODUCTION,
        "## States\n",
        _drawn(_state_lines()),
        "## Flows\n",
        _FLOWS,
        _drawn(_flow_lines()),
        "## Commands\n",
        _COMMANDS,
        "\n".join(_table_lines()) + "\n",
        "## Which command an untagged response answers\n",
        _text_of(attribution.__doc__),
        "## Which mailbox it speaks of while SELECT runs\n",
        _text_of(selecting.__doc__),
    ]
    return "\n".join(parts)


def _drawn(lines: Iterator[str]) -> str:
    return "\n".join(("```mermaid", "stateDiagram-v2", *(f"    {line}" for line in lines), "```", ""))


def _state_lines() -> Iterator[str]:
    for state in State:
        yield f"{state.name} : {state.value}"
    yield f"[*] --> {State.CONNECTED.name}"
    for condition, target in GREETED.items():
        yield f"{State.CONNECTED.name} --> {target.name} : greeting {condition.value.decode()}"
    labels: dict[tuple[State, State], list[str]] = {}
    for (command, condition), target in COMPLETED.items():
        for source in _COLUMNS:
            if source in ALLOWED[command] and source is not target:
                labels.setdefault((source, target), []).append(f"{_keyword(command)} {condition.value.decode()}")
    for source in _COLUMNS:
        labels.setdefault((source, GREETED[Condition.BYE]), []).append("BYE")
    for (source, target), words in labels.items():
        yield f"{source.name} --> {target.name} : {', '.join(words)}"
    yield f"{State.LOGOUT.name} --> [*]"


def _flow_lines() -> Iterator[str]:
    for flow in Flow:
        yield f"{flow.name} : {flow.value}"
    yield f"[*] --> {Flow.COMMANDS.name}"
    yield f"{Flow.COMMANDS.name} --> {Flow.LITERAL.name} : a literal is announced"
    yield f"{Flow.LITERAL.name} --> {Flow.COMMANDS.name} : go-ahead, or tagged NO or BAD"
    for command, flow in FLOWS.items():
        begins = f"{_keyword(command)} OK" if flow is Flow.TLS else _keyword(command)
        yield f"{Flow.COMMANDS.name} --> {flow.name} : {begins}"
        yield f"{flow.name} --> {Flow.COMMANDS.name} : {_ENDS[flow]}"
    yield f"{Flow.COMMANDS.name} --> {Flow.CLOSED.name} : end of the stream, or an error, from any flow"
    yield f"{Flow.CLOSED.name} --> [*]"


def _table_lines() -> Iterator[str]:
    yield f"| command | {' | '.join(state.value for state in _COLUMNS)} | leads to | while it runs |"
    yield "|---" * (3 + len(_COLUMNS)) + "|"
    for command in (*c.COMMANDS, c.UnknownCommand):
        allowed = ("yes" if state in ALLOWED[command] else "" for state in _COLUMNS)
        leads = (
            f"{condition.value.decode()}: {target.value}"
            for (completed, condition), target in COMPLETED.items()
            if completed is command
        )
        yield f"| {_keyword(command)} | {' | '.join(allowed)} | {'; '.join(leads)} | {_while_it_runs(command)} |"


def _while_it_runs(command: type[c.Command]) -> str:
    words = []
    if command in ALONE:
        words.append("waits until everything is answered")
    if command in LAST:
        words.append("nothing may follow before it has ended")
    if command in FLOWS:
        words.append(FLOWS[command].value)
    return "; ".join(words)


def _keyword(command: type[c.Command]) -> str:
    return command.name.decode() or "any other"


def _text_of(docstring: str | None) -> str:
    """Return a docstring without its first line, which says what the module is."""
    return (docstring or "").partition("\n\n")[2]


if __name__ == "__main__":
    sys.stdout.write(markdown())
