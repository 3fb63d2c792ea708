"""What must hold within an index definition, and between it and the questionnaire it reads."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from itertools import pairwise

from surveys.definitions import Reader
from surveys.errors import DefinitionRefusal, Fault
from surveys.indexes.model import AttributionRule, Criterion, IndexDefinition, ItemLeaf, Target
from surveys.questionnaires.model import Questionnaire


def check_alone(reader: Reader, index: IndexDefinition) -> None:
    """Note what is wrong within the definition: keys, items, weights, measures, days."""
    criteria = list(index.tree.walk())
    for key, times in Counter(criterion.key for criterion in criteria).items():
        if times > 1:
            reader.fault("definition_id_twice", f"tree.{key}.key", found=key, other=key)
    for item, times in Counter(index.items).items():
        if times > 1:
            reader.fault("definition_index_item_twice", f"tree.{item}", item=item)
    for criterion in criteria:
        weights = [child.weight for child in criterion.children]
        if weights and sum(weights) <= 0:
            reader.fault("definition_index_weights_zero", f"tree.{criterion.key}")
    _check_factors(reader, index, criteria)
    check_targets(reader, index)


def problems_with(index: IndexDefinition, questionnaire: Questionnaire, file: str) -> tuple[Fault, ...]:
    """Every reason why this index cannot be computed from answers to this questionnaire."""
    reader = Reader(file)
    if index.questionnaire != questionnaire.name:
        reader.fault("definition_index_other_questionnaire", "questionnaire", expected=index.questionnaire,
                     found=questionnaire.name)
        return tuple(reader.faults)
    for leaf in index.tree.leaves():
        if isinstance(leaf, ItemLeaf):
            _check_item(reader, index, questionnaire, leaf.item)
    return tuple(reader.faults)


def require_fit(index: IndexDefinition, questionnaire: Questionnaire) -> None:
    """Raises DefinitionRefusal("definition_faulty") unless the index fits this questionnaire."""
    if faults := problems_with(index, questionnaire, index.name):
        raise DefinitionRefusal("definition_faulty", faults=faults, file=index.name, count=len(faults))


def _check_item(reader: Reader, index: IndexDefinition, questionnaire: Questionnaire, item: str) -> None:
    key = f"tree.{item}"
    if not questionnaire.has(item):
        reader.fault("definition_index_item_unknown", key, item=item, questionnaire=questionnaire.name)
        return
    question = questionnaire.question(item)
    if question.kind != "scale":
        reader.fault("definition_index_item_not_scale", key, item=item, kind=question.kind)
        return
    if strange := sorted(index.satisfied - question.codes):
        reader.fault("definition_index_satisfied_unknown", key, item=item, codes=", ".join(strange))
    if unscored := sorted(question.codes - index.scores.keys()):
        reader.fault("definition_index_score_missing", key, item=item, codes=", ".join(unscored))
    if question.codes <= index.satisfied:
        reader.fault("definition_index_all_satisfied", key, item=item)


def _check_factors(reader: Reader, index: IndexDefinition, criteria: list[Criterion]) -> None:
    factors = {criterion.key for criterion in criteria if criterion.kind == "factor"}
    if index.aggregation == "mean_of_factors" and not factors:
        reader.fault("definition_index_no_factors", "aggregation")
    for place, rule in enumerate(index.attributions, start=1):
        if strange := sorted((rule.receiver | rule.handler) - factors):
            reader.fault("definition_index_factor_unknown", f"attribution.#{place}", found=", ".join(strange))
    _check_order(reader, "attribution", index.attributions)


def check_targets(reader: Reader, index: IndexDefinition) -> None:
    """Each target is of a measure that the index has, and each measure has one target a day."""
    for place, target in enumerate(index.targets, start=1):
        if target.measure not in index.measures:
            key = f"targets.#{place}.measure"
            reader.fault("definition_index_measure_unknown", key, found=target.measure[:60])
    for measure in sorted({target.measure for target in index.targets}):
        _check_order(reader, "targets", [t for t in index.targets if t.measure == measure])


def _check_order(reader: Reader, key: str, dated: Sequence[AttributionRule | Target]) -> None:
    """In order of their days, without overlap: one rule a day."""
    for earlier, later in pairwise(dated):
        if earlier.valid_to is None or earlier.valid_to >= later.valid_from:
            reader.fault("definition_index_overlap", key, earlier=earlier.valid_from, later=later.valid_from)
