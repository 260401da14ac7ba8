r"""What a fault may do to the octets of an answer: each action is data, and changes responses into steps.

Patterns (`on`, `pattern`) are Python's regular expressions over the octets of one response, literals and CRLF
included; in them and in texts ``%t`` is the command's tag, ``%n`` the number of messages. In replacements ``\1`` is a
group. An action with `on` acts on the responses where that is found, at most `most` of them each time the fault is
due. Knows neither sockets nor the state machine.
"""

from __future__ import annotations

import re
from abc import ABC, abstractmethod
from dataclasses import dataclass, field
from typing import ClassVar

from outlookimap.errors import UsageError
from outlookimap.server.fault_steps import End, Expiry, Octets, Pause, Scene, Silence, Step, compiled, literals
from outlookimap.wire.responses import Condition

_GROUP = re.compile(rb"\\([0-9])")


@dataclass(frozen=True, slots=True)
class Action:
    """Root of all actions; UsageError for values that make no sense.

    `places` says that without `on` the action has one place in an answer: its last response, which is also where
    faults before and after an answer, or at the beginning of IDLE, may have it.
    """

    places: ClassVar[bool] = False

    on: bytes | None = field(default=None, kw_only=True)
    most: int | None = field(default=None, kw_only=True)

    def __post_init__(self) -> None:
        if self.on is not None:
            groups_of(self.on, "on")
        if self.most is not None and self.most < 1:
            raise UsageError(f"most={self.most}: an action that acts acts on one response at least")
        self._check()

    def _check(self) -> None:
        """Raise UsageError for values that make no sense."""

    def applied(self, steps: list[Step], scene: Scene) -> list[Step]:
        """Return `steps` with the action done to its responses."""
        done: list[Step] = []
        for step in steps:
            changed = self._changed(step, scene)
            done += [step] if changed is None else changed
        return done

    def _changed(self, step: Step, scene: Scene) -> list[Step] | None:
        if not isinstance(step, Octets) or not self._is_for(step.octets, scene):
            return None
        taken = scene.taken.get(self, 0)
        if self.most is not None and taken >= self.most:
            return None
        changed = self.change(step, scene)
        if changed == [step]:
            return None
        scene.taken[self] = taken + 1
        scene.fire()
        return changed

    def _is_for(self, response: bytes, scene: Scene) -> bool:
        if self.on is not None:
            return scene.pattern(self.on).search(response) is not None
        return not self.places or scene.is_last(response)

    def change(self, said: Octets, scene: Scene) -> list[Step]:  # noqa: ARG002 - the contract's
        """Return what goes out instead of `said`."""
        return [said]

    def at_once(self, scene: Scene) -> list[Step]:  # noqa: ARG002 - the contract's
        """Return what is done where there is no response: before or after an answer, when IDLE begins."""
        return []


# ---------------------------------------------------------------- other octets


@dataclass(frozen=True, slots=True)
class Replace(Action):
    """Octets become others wherever `pattern` is found; a match within a literal counts only when `inside`."""

    pattern: bytes
    by: bytes = b""
    inside: bool = False

    def _check(self) -> None:
        check_template(self.by, groups_of(self.pattern, "pattern"))

    def change(self, said: Octets, scene: Scene) -> list[Step]:
        """Return the response with every match replaced; nothing where nothing is left."""
        spans = [] if self.inside else literals(said.octets)

        def new(found: re.Match[bytes]) -> bytes:
            if any(span.start <= found.start() and found.end() <= span.end for span in spans):
                return found[0]
            return scene.expanded(self.by, found)

        octets = scene.pattern(self.pattern).sub(new, said.octets)
        return [Octets(octets, said.singly)] if octets else []


@dataclass(frozen=True, slots=True)
class Literal(Action):
    """The octets of literals change where `pattern` is found in them, and their counts stay right."""

    pattern: bytes
    by: bytes = b""

    def _check(self) -> None:
        check_template(self.by, groups_of(self.pattern, "pattern"))

    def change(self, said: Octets, scene: Scene) -> list[Step]:
        """Return the response with its literals changed and counted anew."""
        parts: list[bytes] = []
        position = 0
        for span in literals(said.octets):
            content = scene.pattern(self.pattern).sub(
                lambda found: scene.expanded(self.by, found), said.octets[span.start : span.end]
            )
            parts += [said.octets[position : span.count], b"%d}\r\n" % len(content), content]
            position = span.end
        return [Octets(b"".join([*parts, said.octets[position:]]), said.singly)]


@dataclass(frozen=True, slots=True)
class Number(Action):
    """The number that is group 1 of `pattern` becomes itself times `times` plus `plus`, outside literals.

    With `grows`, `plus` counts once for each time the fault was due: another number each time. Never below 0.
    """

    pattern: bytes
    times: int = 1
    plus: int = 0
    grows: bool = False

    def _check(self) -> None:
        if not groups_of(self.pattern, "pattern"):
            raise UsageError(f"pattern={shown(self.pattern)}: group 1 is the number, and there is no group")

    def change(self, said: Octets, scene: Scene) -> list[Step]:
        """Return the response with the numbers changed."""
        spans = literals(said.octets)
        plus = self.plus * (scene.nth if self.grows else 1)

        def new(found: re.Match[bytes]) -> bytes:
            digits = found[1] or b""
            if not digits.isdigit() or any(span.start <= found.start() < span.end for span in spans):
                return found[0]
            start, end = found.start(1) - found.start(), found.end(1) - found.start()
            number = b"%d" % max(0, int(digits) * self.times + plus)
            return found[0][:start] + number + found[0][end:]

        return [Octets(scene.pattern(self.pattern).sub(new, said.octets), said.singly)]


@dataclass(frozen=True, slots=True)
class Stale(Action):
    """What is group 1 of `pattern` is told as it was told before, for the same mailbox on the same connection.

    What was told while the fault was not due is remembered; nothing is changed where nothing was told before.
    """

    pattern: bytes

    def _check(self) -> None:
        if not groups_of(self.pattern, "pattern"):
            raise UsageError(f"pattern={shown(self.pattern)}: group 1 is what goes stale, and there is no group")

    def learn(self, response: bytes, scene: Scene) -> None:
        """Remember what was told in a response that this fault did not touch."""
        for found in scene.pattern(self.pattern).finditer(response):
            scene.memory[self, scene.mailbox] = found[1] or b""

    def change(self, said: Octets, scene: Scene) -> list[Step]:
        """Return the response as it would have been before."""

        def new(found: re.Match[bytes]) -> bytes:
            known = scene.memory.setdefault((self, scene.mailbox), found[1] or b"")
            start, end = found.start(1) - found.start(), found.end(1) - found.start()
            return found[0][:start] + known + found[0][end:]

        return [Octets(scene.pattern(self.pattern).sub(new, said.octets), said.singly)]


@dataclass(frozen=True, slots=True)
class Drop(Action):
    """Responses are not sent: those where `on` is found, all of an answer without it."""

    def change(self, said: Octets, scene: Scene) -> list[Step]:  # noqa: ARG002 - the contract's
        """Return nothing."""
        return []


@dataclass(frozen=True, slots=True)
class Split(Action):
    """Every octet is sent in a write of its own."""

    def change(self, said: Octets, scene: Scene) -> list[Step]:  # noqa: ARG002 - the contract's
        """Return the same octets, one by one."""
        return [Octets(said.octets, singly=True)]


# ---------------------------------------------------------------- at a place in the answer


@dataclass(frozen=True, slots=True)
class Placed(Action, ABC):
    """Root of actions that have a place: before a response, after it with `after`."""

    places: ClassVar[bool] = True

    after: bool = field(default=False, kw_only=True)

    @abstractmethod
    def steps(self, scene: Scene) -> list[Step]:
        """Return what is done at the place."""

    def change(self, said: Octets, scene: Scene) -> list[Step]:
        """Return the response with what is done before or after it."""
        return [said, *self.steps(scene)] if self.after else [*self.steps(scene), said]

    def at_once(self, scene: Scene) -> list[Step]:
        """Return what is done at the place."""
        return self.steps(scene)


@dataclass(frozen=True, slots=True)
class Insert(Placed):
    r"""Octets that nobody asked for; with their CRLF, which is not added."""

    text: bytes

    def _check(self) -> None:
        if not self.text:
            raise UsageError("text=: there is nothing to insert")

    def steps(self, scene: Scene) -> list[Step]:
        """Return the octets."""
        return [Octets(scene.filled(self.text))]


@dataclass(frozen=True, slots=True)
class Delay(Placed):
    """Nothing goes out, and nothing is read, for `seconds` of the server's clock."""

    seconds: float

    def _check(self) -> None:
        check_seconds(self.seconds)

    def steps(self, scene: Scene) -> list[Step]:  # noqa: ARG002 - the contract's
        """Return the pause."""
        return [Pause(self.seconds)]


@dataclass(frozen=True, slots=True)
class Close(Placed):
    """The connection ends without a word; `half` sends half of the response, or of its first literal, before.

    `abrupt` drops it without the farewell of TLS or TCP.
    """

    half: bool = False
    abrupt: bool = False

    def _check(self) -> None:
        if self.half and self.after:
            raise UsageError("half and after: the connection ends within the response or after it, not both")

    def steps(self, scene: Scene) -> list[Step]:  # noqa: ARG002 - the contract's
        """Return the end."""
        return [End(self.abrupt)]

    def change(self, said: Octets, scene: Scene) -> list[Step]:
        """Return what of the response still goes out, and the end."""
        if not self.half:
            return Placed.change(self, said, scene)
        spans = literals(said.octets)
        cut = (spans[0].start + spans[0].end) // 2 if spans else len(said.octets) // 2
        return [Octets(said.octets[:cut], said.singly), End(self.abrupt)]


@dataclass(frozen=True, slots=True)
class Stall(Placed):
    """Nothing is ever sent again on this connection, though it stays open and is read."""

    def steps(self, scene: Scene) -> list[Step]:  # noqa: ARG002 - the contract's
        """Return the silence."""
        return [Silence()]


@dataclass(frozen=True, slots=True)
class Expire(Placed):
    """The connection ends without a word when IDLE still runs after `seconds`; DONE is heard until then."""

    seconds: float

    def _check(self) -> None:
        check_seconds(self.seconds)

    def steps(self, scene: Scene) -> list[Step]:  # noqa: ARG002 - the contract's
        """Return the moment."""
        return [Expiry(self.seconds)]


@dataclass(frozen=True, slots=True)
class Skip(Action):
    """The command is not carried out: it is answered with `condition` and `text`, which may be empty, and no more.

    The answer goes through the strict writer like any other; this is the one action that octets cannot do.
    """

    condition: Condition = Condition.OK
    text: bytes = b"%s completed."

    def _check(self) -> None:
        if self.condition not in (Condition.OK, Condition.NO, Condition.BAD):
            raise UsageError(f"condition={self.condition.name}: a command is answered with OK, NO or BAD")
        if self.on is not None or self.most is not None:
            raise UsageError("skip has neither on nor most: there is no answer to choose from")


ACTIONS: dict[str, type[Action]] = {
    "replace": Replace,
    "literal": Literal,
    "number": Number,
    "stale": Stale,
    "drop": Drop,
    "split": Split,
    "insert": Insert,
    "delay": Delay,
    "close": Close,
    "stall": Stall,
    "expire": Expire,
    "skip": Skip,
}
"""Every action by the word that names it on a command line."""


# ---------------------------------------------------------------- checks


def shown(octets: bytes) -> str:
    """Return octets as people read them."""
    return repr(octets)[2:-1]


def groups_of(pattern: bytes, name: str) -> int:
    """Return how many groups a regular expression has; UsageError where it is none."""
    try:
        return compiled(pattern).groups
    except re.error as error:
        raise UsageError(f"{name}={shown(pattern)}: this is no regular expression: {error}") from error


def check_template(by: bytes, groups: int) -> None:
    r"""Raise UsageError where ``\3`` stands for a group that a pattern does not have."""
    for found in _GROUP.finditer(by):
        if int(found[1]) > groups:
            raise UsageError(f"by={shown(by)}: the pattern has {groups} groups, and no {int(found[1])}")


def check_seconds(seconds: float) -> None:
    """Raise UsageError for a time that is none, or longer than a day."""
    if not 0 <= seconds <= 86_400:
        raise UsageError(f"seconds={seconds:g}: give 0 to 86400")
