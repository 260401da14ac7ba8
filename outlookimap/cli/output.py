"""How commands write their results: text for people, JSON for programs where `--json FILE` asks for it."""

from __future__ import annotations

import json
import sys
from pathlib import Path
from typing import Any

from outlookimap.errors import UsageError


def write_json(target: str, value: Any) -> None:
    """Write `value` as JSON to the file `target`, ``-`` for standard output; raises UsageError when it cannot be."""
    text = json.dumps(value, indent=2, ensure_ascii=False) + "\n"
    if target == "-":
        sys.stdout.write(text)
        return
    try:
        Path(target).write_text(text, encoding="utf-8")
    except OSError as error:
        raise UsageError(f"cannot write {target}: {error.strerror}") from error
