"""A form that staff sent: what was typed, and what is wrong with it, field by field."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from datetime import date

from app import language, messages
from surveys.days import typed_day
from surveys.errors import Fault, Refusal


class Form:
    """Values by field, and one sentence for each faulty field, in the reader's language."""

    def __init__(self, values: Mapping[str, str] | None = None, longest: int = 200) -> None:
        self._values = {name: value[:longest] for name, value in (values or {}).items()}
        self.problems: dict[str, str] = {}

    def __getitem__(self, name: str) -> str:
        return self._values.get(name, "").strip()

    def raw(self, name: str) -> str:
        """As typed, blanks and all: passphrases."""
        return self._values.get(name, "")

    def refuse(self, field: str, code: str, details: Mapping[str, object] | None = None) -> None:
        """Only the first fault of a field is said."""
        self.problems.setdefault(field, messages.sentence(code, details or {}, language.current()))

    def require(self, field: str, code: str) -> None:
        if not self[field]:
            self.refuse(field, code)

    def day(self, field: str) -> date | None:
        """The day of a field; None where it is empty, and a fault where it is no day."""
        if not self[field]:
            return None
        try:
            return typed_day(self[field])
        except ValueError:
            self.refuse(field, "day_unreadable", {"value": self[field][:20]})
            return None

    def take(self, faults: Iterable[Fault], otherwise: str) -> None:
        """The domain's faults, each at its field; `otherwise`: where one that names no field of ours belongs."""
        for fault in faults:
            self.refuse(fault.column or otherwise, fault.code, fault.details)

    def refused(self, refusal: Refusal, otherwise: str) -> None:
        if refusal.faults:
            self.take(refusal.faults, otherwise)
        else:
            self.refuse(otherwise, refusal.code, refusal.details)

    @property
    def summary(self) -> list[tuple[str, str]]:
        """(id of the field, sentence) for the summary above the form."""
        return list(self.problems.items())
