"""How far a sync is, drawn on a terminal and nowhere else."""

from __future__ import annotations

from rich.console import Console
from rich.progress import BarColumn, MofNCompleteColumn, TextColumn
from rich.progress import Progress as Drawing

from outlookimap.cli.output import harmless_text
from outlookimap.mail import Progress

_LONGEST_NAME = 30


class Bar:
    """A context manager: one line that says which folder is being received and how much of it is here.

    It is drawn on `console`, standard error unless given, and goes when the block ends; nothing is drawn where that is
    no terminal.
    """

    def __init__(self, console: Console | None = None) -> None:
        """Begin with nothing to show."""
        console = console or Console(stderr=True)
        self._drawing = Drawing(
            TextColumn("{task.description}", markup=False),
            BarColumn(),
            MofNCompleteColumn(),
            TextColumn("{task.fields[octets]}", markup=False),
            console=console,
            transient=True,
        )
        self._drawn = console.is_terminal  # `disable` is not enough: some versions of rich end with an empty line
        self._task = self._drawing.add_task("folders", total=None, octets="", visible=False)

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

    def __enter__(self) -> Bar:
        if self._drawn:
            self._drawing.start()
        return self

    def __exit__(self, *_: object) -> None:
        if self._drawn:
            self._drawing.stop()


def size(octets: int) -> str:
    """Return a number of octets as people say it."""
    return f"{octets:,} bytes" if octets < 100_000 else f"{octets / 1_000_000:,.1f} MB"


def _short(name: str) -> str:
    return name if len(name) <= _LONGEST_NAME else f"{name[: _LONGEST_NAME - 1]}…"
