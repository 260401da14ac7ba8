"""The packages that reports need and that are not always there.

Must not know what they are needed for.
"""

from __future__ import annotations

from outlookimap.errors import UsageError


def missing(package: str, purpose: str) -> UsageError:
    """Return the error for a package that is not installed; `purpose` is what needs it."""
    return UsageError(f"{purpose} needs {package}, which is not installed: pip install 'outlookimap[report]'")
