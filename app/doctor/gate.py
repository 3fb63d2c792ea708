"""What the start refuses: storage on which an acknowledged answer could be lost."""

from __future__ import annotations

from app import messages
from app.doctor import storage
from app.doctor.finding import Finding, Severity
from app.settings import Settings, SettingsFault


def check(settings: Settings) -> None:
    """Raises SettingsFault that says what and how to mend it, in both languages.

    A database that is away just now is no reason: nothing is acknowledged while it is.
    """
    dangers = [found for found in storage.findings(settings) if found.severity is Severity.DANGER]
    if dangers:
        raise SettingsFault("\n".join(_said(found) for found in dangers))


def _said(found: Finding) -> str:
    lines = []
    for language in ("vi", "en"):
        for part in ("", "_mend"):
            lines.append(messages.sentence(f"doctor_{found.code}{part}", found.details, language))
    return "\n  ".join(lines)
