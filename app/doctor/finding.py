"""One thing that the doctor found."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date
from enum import StrEnum

from flask import Flask

from app.settings import Settings


class Severity(StrEnum):
    DANGER = "danger"
    """an acknowledged answer may be lost, or is: the start refuses what can be known at the start"""
    FAULT = "fault"
    """something does not work, or will not"""
    WARNING = "warning"
    """works, and should be looked at"""
    NOTE = "note"


@dataclass(frozen=True)
class Finding:
    code: str
    """'doctor_<code>' and 'doctor_<code>_mend' are its sentences"""
    severity: Severity
    told: tuple[tuple[str, str], ...] = ()

    def __init__(self, code: str, severity: Severity, details: dict[str, object] | None = None) -> None:
        object.__setattr__(self, "code", code)
        object.__setattr__(self, "severity", severity)
        object.__setattr__(self, "told", tuple((key, str(value)) for key, value in (details or {}).items()))

    @property
    def details(self) -> dict[str, str]:
        return dict(self.told)

    @property
    def bad(self) -> bool:
        return self.severity in {Severity.DANGER, Severity.FAULT}


@dataclass(frozen=True)
class Look:
    """What a check may look at; it runs in the application's context."""

    app: Flask
    settings: Settings
    today: date
    now: int
    """seconds since 1970"""
    quick: bool


def worst_first(found: Iterable[Finding]) -> list[Finding]:
    order = list(Severity)
    return sorted(found, key=lambda finding: order.index(finding.severity))
