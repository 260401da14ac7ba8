"""Shows a conversation while it is held: two colours on a terminal, plain text elsewhere, statement ids at the side.

A text stream for the recorder: what is printed is the recording itself, so nothing can be shown that is not in it.
"""

from __future__ import annotations

import io
import re

from rich.console import Console
from rich.text import Text

from outlookimap.profiles import Profile, exercised
from outlookimap.wire.command_items import ReceivedCommand
from outlookimap.wire.command_reader import CommandReader
from outlookimap.wire.limits import Limits

_ANNOUNCED = re.compile(r" \{\d+\+?\}$")
_STYLES = {"C": "cyan", "S": "green", "@": "magenta"}

_RESPONSES: tuple[tuple[re.Pattern[str], str], ...] = tuple(
    (re.compile(pattern), key)
    for pattern, key in (
        (r"S: \* OK \[(UIDVALIDITY|UNSEEN|ALERT)", "answers.codes"),
        (r"S: \* OK \[(PERMANENTFLAGS|UIDNEXT)", "answers.codes_ignored"),
        (r"S: \S+ OK \[READ-", "answers.codes_ignored"),
        (r"S: \* \d+ EXISTS", "select.requires"),
        (r"S: \* FLAGS |S: \* \d+ RECENT", "answers.ignored"),
        (r"S: \* (LIST|LSUB|XLIST) ", "folders.attributes"),
        (r"S: (\*|\S+ OK) \[?CAPABILITY", "capability.merge_code"),
        (r"S: \* BYE", "answers.bye_text"),
    )
)


class Narration(io.TextIOBase):
    """Prints the lines of a recording; `statements` collects every id that stood beside one."""

    def __init__(self, console: Console, profile: Profile) -> None:
        """Print on `console` what `profile` says and hears."""
        super().__init__()
        self._console = console
        self._profile = profile
        self.statements: set[str] = set()

    def write(self, text: str) -> int:
        """Print whole lines of a recording; its header is left out."""
        for line in text.splitlines():
            if line[:1] in _STYLES and line[1:2] not in ("", "o"):
                self._print(line)
        return len(text)

    def title(self, text: str) -> None:
        """Print what happens next."""
        self._console.print()
        self._console.print(Text(f"# {text}", style="bold"), soft_wrap=True)

    def _print(self, line: str) -> None:
        ids = self._ids(line)
        self.statements.update(ids)
        shown = Text(line, style=_STYLES[line[0]])
        if ids:
            shown.append(f"   [{' '.join(ids)}]", style="dim")
        self._console.print(shown, soft_wrap=True)

    def _ids(self, line: str) -> tuple[str, ...]:
        if line.startswith("C: "):
            return self._command_ids(line[3:])
        return next((self._profile.cites(key) for pattern, key in _RESPONSES if pattern.match(line)), ())

    def _command_ids(self, line: str) -> tuple[str, ...]:
        announced = _ANNOUNCED.search(line)
        octets = line.encode("ascii")
        if announced is not None:  # the literal comes later: an empty one stands in for it
            octets = line[: announced.start()].encode("ascii") + b" {0+}\r\n"
        items = CommandReader(Limits()).feed(octets + b"\r\n")
        return next((exercised(item.command, self._profile) for item in items if isinstance(item, ReceivedCommand)), ())
