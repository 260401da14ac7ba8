"""A password that stands in a file: its first line, and nothing of it in any error."""

from __future__ import annotations

from pathlib import Path

from outlookimap.errors import UsageError
from outlookimap.wire.secret import Secret


def of_file(path: Path, named: str) -> Secret:
    """Return the first line of `path`; `named` is how its user calls it, for errors (``--password-file FILE``).

    Raises UsageError where it cannot be read, is not UTF-8, or its first line is empty.
    """
    try:
        text = path.read_text(encoding="utf-8")
    except OSError as error:
        raise UsageError(f"{named} cannot be read: {error.strerror}") from error
    except UnicodeDecodeError:
        # the error of the decoder quotes what it could not read
        raise UsageError(f"{named} is not UTF-8") from None
    password = text.partition("\n")[0].removesuffix("\r")
    if not password:
        raise UsageError(f"{named}: its first line is empty")
    return Secret(password)
