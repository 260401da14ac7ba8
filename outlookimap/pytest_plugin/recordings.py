"""Recordings as tests: a file gives an item for each of its parts, and each fails in words, not in a traceback.

Knows what parts there are, not what they look at. Imported where the ini line asks for recordings.
"""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from outlookimap.errors import OutlookImapError, TranscriptError
from outlookimap.pytest_plugin.findings import PARTS, WITHOUT, Findings, Nothing, Problem, Settings
from outlookimap.traffic import Transcript, read

BROKEN = "read"


class RecordingFile(pytest.File):
    """A recording; one that cannot be read is one item that says where."""

    def collect(self) -> Iterator[RecordingItem]:
        """Yield its parts."""
        try:
            Settings.of(read(self.path).header)
        except (TranscriptError, OSError):
            yield RecordingItem.from_parent(self, name=BROKEN)
        else:
            for part in PARTS:
                yield RecordingItem.from_parent(self, name=part)


class RecordingItem(pytest.Item):
    """One part of the test of a recording: ``lint``, ``client`` or ``server``; ``read`` of one that cannot be read."""

    def runtest(self) -> None:
        """Fail where the part finds anything, skip where there is nothing to test."""
        try:
            found = self._findings()
        except OutlookImapError as error:
            line = error.line if isinstance(error, TranscriptError) else None
            found = [Problem(line or 0, str(error).removeprefix(f"line {line}: "))]
        except OSError as error:
            found = [Problem(0, f"it cannot be read: {error.strerror}")]
        if isinstance(found, Nothing):
            pytest.skip(f"{self.path.name}: {found.reason}")
        if found:
            pytest.fail("\n".join(map(self._shown, found)), pytrace=False)

    def reportinfo(self) -> tuple[Path, int, str]:
        """Return where the item is, and its name."""
        return self.path, 0, f"{self.path.name}: {self.name}"

    def _findings(self) -> Findings:
        transcript = read(self.path)
        settings = Settings.of(transcript.header)
        if self.name in settings.without:
            return Nothing(f"{WITHOUT} leaves {self.name} out")
        return self._of_part(transcript, settings)

    def _of_part(self, transcript: Transcript, settings: Settings) -> Findings:
        if self.name == "lint":
            from outlookimap.pytest_plugin import judged

            return judged.findings(transcript, settings)
        if self.name == "client":
            from outlookimap.pytest_plugin import client_side

            return client_side.findings(transcript)
        from outlookimap.pytest_plugin import server_side

        return server_side.findings(transcript, settings, self.path.parent)

    def _shown(self, problem: Problem) -> str:
        try:
            place = self.path.relative_to(self.config.rootpath)
        except ValueError:
            place = self.path
        return f"{place}:{problem.line}: {problem.text}" if problem.line else f"{place}: {problem.text}"
