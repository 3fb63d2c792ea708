"""What the domain refuses.

The domain speaks codes; `app.messages` has the sentence for each code, `app.errors` its HTTP status.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field


@dataclass(frozen=True)
class Fault:
    """One thing wrong at one place: a row and column of a file, a field of a form, a key of a definition."""

    code: str
    row: int | None = None
    column: str | None = None
    details: Mapping[str, object] = field(default_factory=dict)


class Refusal(Exception):
    """The domain says no. `code` names the reason; `details` fill the sentence; `faults` list every place.

    Nothing has been stored when a refusal is raised inside a transaction: the transaction rolls back.
    """

    def __init__(self, code: str, *, faults: Sequence[Fault] = (), **details: object) -> None:
        super().__init__(code)
        self.code = code
        self.details: dict[str, object] = details
        self.faults = tuple(faults)

    def __str__(self) -> str:
        places = "; ".join(
            f"{fault.code}"
            + (f" row {fault.row}" if fault.row is not None else "")
            + (f" column {fault.column}" if fault.column else "")
            + (f" {dict(fault.details)}" if fault.details else "")
            for fault in self.faults
        )
        return f"{self.code} {self.details or ''} {places}".strip()


class UnitRefusal(Refusal):
    """The unit tree would not be a dated tree: cycles, orphans, overlapping dates, bad codes."""


class DefinitionRefusal(Refusal):
    """A questionnaire or index definition is faulty."""


class WaveRefusal(Refusal):
    """A wave cannot do this in its state."""


class SubmissionRefusal(Refusal):
    """An answer cannot be accepted; its sender keeps it."""


class ImportRefusal(Refusal):
    """A file cannot be taken in; nothing of it was stored."""


class NotFound(Refusal):
    """No such wave, unit, point, questionnaire."""
