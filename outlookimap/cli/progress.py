"""How far something is, drawn on a terminal and nowhere else."""

from __future__ import annotations

from typing import Self

from rich.console import Console
from rich.progress import BarColumn, MofNCompleteColumn, ProgressColumn, TextColumn
from rich.progress import Progress as Drawing

from outlookimap.cli.output import harmless_text
from outlookimap.conformance.outcome import Outcome
from outlookimap.mail import Progress

_LONGEST_NAME = 30


class _Drawn:
    """One line on `console`, which goes when the block ends; nothing where that is no terminal."""

    def __init__(self, *columns: ProgressColumn, console: Console | None) -> None:
        console = console or Console(stderr=True)
        self._drawing = Drawing(
            TextColumn("{task.description}", markup=False),
            BarColumn(),
            MofNCompleteColumn(),
            *columns,
            console=console,
            transient=True,
        )
        self._drawn = console.is_terminal  # `disable` is not enough: some versions of rich end with an empty line
        self._task = self._drawing.add_task("", total=None, octets="", visible=False)

    def __enter__(self) -> Self:
        if self._drawn:
            self._drawing.start()
        return self

    def __exit__(self, *_: object) -> None:
        if self._drawn:
            self._drawing.stop()


class Bar(_Drawn):
    """A context manager: one line that says which folder is being received and how much of it is here.

    It is drawn on `console`, standard error unless given, and goes when the block ends; nothing is drawn where that is
    no terminal.
    """

    def __init__(self, console: Console | None = None) -> None:
        """Begin with nothing to show."""
        super().__init__(TextColumn("{task.fields[octets]}", markup=False), console=console)

    def show(self, progress: Progress) -> None:
        """Draw where the sync is; this is what `Outlook.sync()` takes as `progress`."""
        self._drawing.update(
            self._task,
            description=_short(harmless_text(progress.folder)),
            completed=progress.done,
            total=progress.total,
            octets=size(progress.octets),
            visible=True,
        )


class Count(_Drawn):
    """A context manager: one line that says how many scenarios are done, and which was the last; drawn as `Bar` is."""

    def __init__(self, console: Console | None = None) -> None:
        """Begin with nothing to show."""
        super().__init__(console=console)

    def show(self, outcome: Outcome, done: int, total: int) -> None:
        """Draw where the check is; this is what it takes as `told`."""
        self._drawing.update(
            self._task, description=_short(outcome.scenario.id), completed=done, total=total, visible=True
        )


def size(octets: int) -> str:
    """Return a number of octets as people say it."""
    return f"{octets:,} bytes" if octets < 100_000 else f"{octets / 1_000_000:,.1f} MB"


def _short(name: str) -> str:
    return name if len(name) <= _LONGEST_NAME else f"{name[: _LONGEST_NAME - 1]}…"
