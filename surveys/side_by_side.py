"""The same answers scored under two methods, computed: for comparing methods, never a result."""

from __future__ import annotations

from collections.abc import Mapping

from sqlalchemy.orm import Session

from surveys import dataset, disclosure, scores
from surveys.errors import WaveRefusal
from surveys.indexes.model import IndexDefinition
from surveys.methods import Compared
from surveys.score_fields import Record
from surveys.series import Differences, differences
from surveys.store import definitions
from surveys.store import waves as wave_store
from surveys.waves import Wave

NOISE = 1e-12


def compare(session: Session, wave: Wave, a: IndexDefinition, b: IndexDefinition) -> list[Compared]:
    """Every unit and measure (shares) of the wave's official answers under both, in the order of the first.

    Raises WaveRefusal("method_other_form") for a method that is not made for the wave's questionnaire.
    """
    questionnaire = definitions.questionnaire(session, wave.questionnaire_id)
    for index in (a, b):
        if index.questionnaire != questionnaire.name:
            raise WaveRefusal("method_other_form", index=index.name, questionnaire=questionnaire.name)
    first, second = (
        {_key(record): record for record in scores.records(session, wave, index=index) if _wanted(record)}
        for index in (a, b)
    )
    found = _differences(session, wave, a, b)
    at = {name: place for place, name in enumerate(found.names)}
    units = {unit.code: place for place, unit in enumerate(scores.frame_of(session, wave, a).layout.units)}
    return [
        _compared(key, first.get(key), second.get(key), found, at, units) for key in dict.fromkeys([*first, *second])
    ]


def _wanted(record: Record) -> bool:
    return record["series"] == "official" and not record["measure"].startswith("mean:")


def _key(record: Record) -> tuple[str, str]:
    return record["unit"], record["measure"]


def _differences(session: Session, wave: Wave, a: IndexDefinition, b: IndexDefinition) -> Differences:
    frame, other = scores.frame_of(session, wave, a), scores.frame_of(session, wave, b)
    items = tuple(dict.fromkeys([*frame.measured.items, *other.measured.items]))
    data = dataset.read(session, wave, items).of_bases(wave.official)
    return differences(frame, other, data, wave_store.populations(session, wave), a.interval.level)


def _compared(
    key: tuple[str, str], a: Record | None, b: Record | None, found: Differences, at: Mapping[str, int],
    units: Mapping[str, int],
) -> Compared:
    some = a or b
    assert some is not None  # noqa: S101  # the key came from one of them
    unit, measure = key
    both = a is not None and b is not None and a["estimate"] is not None and b["estimate"] is not None
    of_difference: dict[str, float | None] = dict.fromkeys(
        ("difference", "difference_se", "difference_low", "difference_high")
    )
    if both and a and b and measure in at:
        place = at[measure], units[unit]
        values = (b["estimate"] - a["estimate"], found.se[place], -found.high[place], -found.low[place])
        of_difference = {
            name: None if value != value else _exact(float(value))  # NaN is not itself
            for name, value in zip(of_difference, values, strict=True)
        }
    return {
        "unit": unit, "unit_name": some["unit_name"], "level": some["level"], "measure": measure,
        "shown": all(record is None or disclosure.visible(record) for record in (a, b)),
        **_of(a, "a"), **_of(b, "b"), **of_difference,
    }


def _exact(value: float) -> float:
    """Rounding noise of two sums that are the same is no difference."""
    return 0.0 if abs(value) < NOISE else value


def _of(record: Record | None, method: str) -> Compared:
    names = ("n", "estimate", "ci_low", "ci_high", "verdict")
    return {f"{name}_{method}": None if record is None else record[name] for name in names}
