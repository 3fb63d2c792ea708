"""From a definition's tables to an index definition, noting every fault that the file alone shows."""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from datetime import date
from typing import cast, get_args

from surveys.definitions import Node
from surveys.indexes.model import (
    Aggregation,
    AttributionRule,
    Criterion,
    CriterionKind,
    IndexDefinition,
    IntervalRule,
    ItemInterval,
    ItemLeaf,
    Leaf,
    MeanInterval,
    NotApplicable,
    Operator,
    PooledInterval,
    Rounding,
    Target,
)
from surveys.questionnaires.model import OPTION_CODES

KEY = re.compile(r"[A-Za-z][A-Za-z0-9_]{0,31}")
INSIDE: Mapping[CriterionKind, tuple[str, ...]] = {
    "overall": ("part", "factor"), "part": ("factor",), "factor": (),
}
"""which criteria may stand directly inside which"""

Weight = Callable[[Node], float]


def read(top: Node) -> IndexDefinition:
    """The index in a document's top table; only good when the reader has noted no fault."""
    languages = top.languages()
    aggregation = cast(Aggregation, top.word("aggregation", known=get_args(Aggregation)))
    rules = tuple(_attribution(node) for node in top.tables("attribution"))
    tree_node = top.table("tree")
    index = IndexDefinition(
        name=top.name("name"),
        title=top.text("title", languages),
        questionnaire=top.name("questionnaire"),
        satisfied=frozenset(_codes(top, "satisfied")),
        scores=_scores(top),
        aggregation=aggregation,
        not_applicable=cast(NotApplicable, top.word("not_applicable", known=get_args(NotApplicable))),
        rounding=_rounding(top),
        interval=_interval(top),
        minimum_n=top.whole("minimum_n", least=1, most=1_000_000),
        minimum_response_rate=top.number("minimum_response_rate", least=0.0, most=1.0),
        minimum_response_rate_reason=top.note("minimum_response_rate_reason"),
        tree=_criterion(tree_node, languages, _weight_rule(aggregation), rules) if tree_node else _NOTHING,
        targets=tuple(read_target(node) for node in top.tables("targets")) if top.has("targets") else (),
        attributions=rules,
        languages=languages,
        source=top.note("source"),
    )
    if not index.minimum_response_rate_reason:
        top.fault("definition_key_missing", "minimum_response_rate_reason")
    if strange := sorted(index.satisfied - index.scores.keys()):
        top.fault("definition_index_score_missing", "scores", codes=", ".join(strange))
    top.end()
    return index


_NOTHING = Criterion("overall", "overall", {}, None, 1.0, ())


def _codes(node: Node, key: str) -> tuple[str, ...]:
    codes = node.words(key)
    if node.has(key) and not codes:
        node.fault("definition_empty", key)
    for code in codes:
        if len(code) != 1 or code not in OPTION_CODES:
            node.fault("definition_option_code", key, found=code[:20])
    return codes


def _scores(top: Node) -> Mapping[str, float]:
    table = top.table("scores")
    if table is None:
        return {}
    scores = {}
    for code in table.names:
        scores[code] = table.number(code, least=-1000.0, most=1000.0)
        if len(code) != 1 or code not in OPTION_CODES:
            table.fault("definition_option_code", code, found=code[:20])
    return scores


def _rounding(top: Node) -> Rounding:
    table = top.table("rounding")
    if table is None:
        return Rounding("half_up", 2)
    table.word("method", known=("half_up",))
    rounding = Rounding("half_up", table.whole("digits", least=0, most=6))
    table.end()
    return rounding


def _interval(top: Node) -> IntervalRule:
    table = top.table("interval")
    if table is None:
        return IntervalRule("korn_graubard_hybrid", "wilson_pooled", "t", 0.95)
    rule = IntervalRule(
        item=cast(ItemInterval, table.word("item", known=get_args(ItemInterval))),
        pooled=cast(PooledInterval, table.word("pooled", known=get_args(PooledInterval))),
        mean=cast(MeanInterval, table.word("mean", known=get_args(MeanInterval))),
        level=table.number("level", least=0.5, most=0.999),
    )
    table.end()
    return rule


def _weight_rule(aggregation: Aggregation) -> Weight:
    """Weights stand wherever they are used and nowhere else: one left over would mislead a reader."""

    def given(node: Node) -> float:
        return node.number("weight", least=0.0, most=1000.0)

    def unused(node: Node) -> float:
        if node.has("weight"):
            node.number("weight", least=0.0, most=1000.0)
            node.fault("definition_index_weight_unused", "weight", aggregation=aggregation)
        return 1.0

    return given if aggregation == "given_weights" else unused


def _criterion(
    node: Node, languages: tuple[str, ...], weight: Weight, rules: tuple[AttributionRule, ...],
    outside: Criterion | None = None,
) -> Criterion:
    kind = cast(CriterionKind, node.word("kind", known=get_args(CriterionKind)))
    shell = Criterion(
        key=node.name("key", KEY),
        kind=kind,
        title=node.text("title", languages),
        attribution=None,
        weight=1.0 if outside is None else weight(node),
        children=(),
    )
    if kind not in (INSIDE[outside.kind] if outside else ("overall",)):
        where = outside.kind if outside else "tree"
        node.fault("definition_index_nesting", "kind", found=kind, outside=where)
        return shell  # no deeper: an upload may nest without end
    children: list[Criterion | Leaf] = []
    if node.has("leaves") and node.has("criteria"):
        node.fault("definition_index_mixed", "leaves")
    if node.has("criteria"):
        children += [_criterion(child, languages, weight, rules, shell) for child in node.tables("criteria")]
    if node.has("leaves") or not children:
        children += [_leaf(child, weight) for child in node.tables("leaves")]
    node.end()
    whom = rules[-1].whom(shell.key) if rules else None
    return Criterion(shell.key, kind, shell.title, whom, shell.weight, tuple(children))


def _item(node: Node, weight: Weight) -> ItemLeaf:
    return ItemLeaf(node.word("item"), weight(node))


LEAF_KINDS: Mapping[str, Callable[[Node, Weight], Leaf]] = {"item": _item}
"""the key that says what a leaf is -> how it is read; a new kind of leaf is a line here"""


def _leaf(node: Node, weight: Weight) -> Leaf:
    kind = next((kind for kind in LEAF_KINDS if node.has(kind)), "item")
    leaf = LEAF_KINDS[kind](node, weight)
    node.end()
    return leaf


def _span(node: Node) -> tuple[date, date | None]:
    valid_from, valid_to = node.day("valid_from") or date.min, node.day("valid_to")
    if valid_to is not None and valid_to < valid_from:
        node.fault("definition_index_days", "valid_to", valid_from=valid_from, valid_to=valid_to)
    return valid_from, valid_to


def _attribution(node: Node) -> AttributionRule:
    valid_from, valid_to = _span(node)
    rule = AttributionRule(
        valid_from, valid_to, frozenset(node.words("receiver")), frozenset(node.words("handler")),
        _source(node),
    )
    if both := sorted(rule.receiver & rule.handler):
        node.fault("definition_index_attribution_twice", "handler", factors=", ".join(both))
    node.end()
    return rule


def read_target(node: Node) -> Target:
    """One entry of `targets`."""
    valid_from, valid_to = _span(node)
    target = Target(
        measure=node.word("measure"),
        value=node.number("value", least=0.0, most=1.0),
        operator=cast(Operator, node.word("operator", known=get_args(Operator))),
        valid_from=valid_from,
        valid_to=valid_to,
        source=_source(node),
    )
    node.end()
    return target


def _source(node: Node) -> str:
    source = node.note("source")
    if not source:
        node.fault("definition_key_missing", "source")
    return source
