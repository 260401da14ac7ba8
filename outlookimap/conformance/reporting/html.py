"""A report as one self-contained page of HTML: nothing is loaded from elsewhere, and it reads well without script.

Text of the server under check never becomes markup: the template quotes everything, and a policy in the page forbids
any style and script but the two that were written for it. Must not know how anything is checked, nor what is worth
saying (`page`).
"""

from __future__ import annotations

import base64
import hashlib
from importlib import resources
from pathlib import Path
from typing import TYPE_CHECKING

from outlookimap.conformance.outcome import CheckReport
from outlookimap.conformance.reporting.ladder import Side
from outlookimap.conformance.reporting.needed import missing
from outlookimap.conformance.reporting.page import Kind, arrange

if TYPE_CHECKING:
    import jinja2

_TEMPLATE, _STYLE, _SCRIPT = "report.html.j2", "report.css", "report.js"


def ready() -> None:
    """Raise UsageError when the package that fills the page is not installed."""
    _environment()


def render(report: CheckReport) -> str:
    """Return `report` as a page of HTML; raises UsageError when the extra `report` is not installed."""
    environment = _environment()
    allowed = {name: _digest(environment.get_template(name).render()) for name in (_STYLE, _SCRIPT)}
    return environment.get_template(_TEMPLATE).render(
        page=arrange(report),
        kinds=list(Kind),
        Side=Side,
        policy=(
            f"default-src 'none'; style-src {allowed[_STYLE]}; script-src {allowed[_SCRIPT]}; "
            "base-uri 'none'; form-action 'none'"
        ),
    )


def write(report: CheckReport, path: Path) -> None:
    """Write `report` to `path` as a page of HTML in UTF-8; raises UsageError as `render` does, and OSError."""
    path.write_text(render(report), encoding="utf-8")


def _environment() -> jinja2.Environment:
    try:
        import jinja2
    except ImportError as error:
        raise missing("jinja2", "an HTML report") from error
    folder = resources.files(__package__)
    return jinja2.Environment(
        loader=jinja2.FunctionLoader(lambda name: folder.joinpath(name).read_text("utf-8")),
        autoescape=True,
        undefined=jinja2.StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
    )


def _digest(text: str) -> str:
    """Return the source expression of a Content-Security-Policy that allows exactly this text inline."""
    return f"'sha256-{base64.b64encode(hashlib.sha256(text.encode()).digest()).decode()}'"
