"""Skip logic: which questions are asked, given the answers to earlier ones."""

from __future__ import annotations

from surveys.questionnaires.model import TICKED, Question, Questionnaire, option_variable

Triggers = tuple[tuple[int, frozenset[str]], ...]
"""(place in the stored answer, characters): the question is asked when any of them matches"""


def triggers(questionnaire: Questionnaire, question: Question) -> Triggers | None:
    """What makes the question be asked; None: always.

    A condition on a 'several' question holds when one of its options is ticked.
    """
    condition = question.shown_if
    if condition is None:
        return None
    places = questionnaire.positions
    if questionnaire.question(condition.question).kind == "several":
        names = (option_variable(condition.question, code) for code in sorted(condition.codes))
        return tuple((places[name], frozenset(TICKED)) for name in names)
    return ((places[condition.question], condition.codes),)


def shown(questionnaire: Questionnaire, answers: str) -> frozenset[str]:
    """Ids of the questions that are asked under these answers (one character per variable).

    A question that was not asked is stored '-', so what depends on it is not asked either.
    """
    asked = set()
    for question in questionnaire.questions:
        on = triggers(questionnaire, question)
        if on is None or any(answers[place] in codes for place, codes in on):
            asked.add(question.id)
    return frozenset(asked)
