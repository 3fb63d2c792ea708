"""What the names in a score table stand for: the words that a reader of the table needs beside it."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date

from sqlalchemy.orm import Session

from surveys.indexes.model import IndexDefinition
from surveys.questionnaires.model import Questionnaire
from surveys.store import definitions
from surveys.store import units as unit_store
from surveys.units import UnitTree
from surveys.waves import Wave

Text = Mapping[str, str]


@dataclass(frozen=True)
class Captions:
    wave: Wave
    index: IndexDefinition
    province: str
    """name of the province"""
    day: date
    """the day the table was computed"""
    titles: Mapping[str, Text]
    """item id or criterion key ('I', 'overall') -> its wording"""
    satisfied: tuple[Text, ...]
    """wording of the options that count as satisfied, in the order of the scale"""

    def title(self, measure: str, language: str = "vi") -> str:
        """Wording of what a measure measures: 'mean:item:q1' and 'item:q1' are of the same question."""
        key = measure.rsplit(":", 1)[-1]
        text = self.titles.get(key)
        return key if text is None else text.get(language, text["vi"])


def captions(session: Session, wave: Wave, day: date, tree: UnitTree | None = None) -> Captions:
    """Titles come from the wave's own versions, as they were handed out. tree: the wave's, where it is at hand.

    Raises NotFound.
    """
    index = definitions.index(session, wave.index_id)
    questionnaire = definitions.questionnaire(session, wave.questionnaire_id)
    titles: dict[str, Text] = {
        item: questionnaire.question(item).text for item in index.items if questionnaire.has(item)
    }
    titles |= {criterion.key: criterion.title for criterion in index.tree.walk()}
    province = (tree or unit_store.tree(session, wave.units_day)).unit(wave.province_code)
    return Captions(wave, index, province.name, day, titles, satisfied_options(index, questionnaire))


def satisfied_options(index: IndexDefinition, questionnaire: Questionnaire) -> tuple[Text, ...]:
    """The options that count as satisfied, each wording once, in the order of the scale."""
    found = {
        option.text["vi"]: option.text
        for item in index.items if questionnaire.has(item)
        for option in questionnaire.question(item).options if option.code in index.satisfied
    }
    return tuple(found.values())
