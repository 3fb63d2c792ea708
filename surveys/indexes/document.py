"""An index definition as a plain document, and the hash that names it. Defaults are left out."""

from __future__ import annotations

from dataclasses import replace
from datetime import date

from surveys.canonical import canonical_json, digest
from surveys.indexes.model import AttributionRule, Criterion, IndexDefinition, ItemLeaf, Leaf, Target


def to_document(index: IndexDefinition) -> dict[str, object]:
    """Plain tables and lists that `load.from_document` reads back to an equal definition."""
    document: dict[str, object] = {
        "name": index.name,
        "title": dict(index.title),
        "languages": list(index.languages),
        "questionnaire": index.questionnaire,
        "satisfied": sorted(index.satisfied),
        "scores": dict(index.scores),
        "aggregation": index.aggregation,
        "not_applicable": index.not_applicable,
        "rounding": {"method": index.rounding.method, "digits": index.rounding.digits},
        "interval": {
            "item": index.interval.item, "pooled": index.interval.pooled, "mean": index.interval.mean,
            "level": index.interval.level,
        },
        "minimum_n": index.minimum_n,
        "minimum_response_rate": index.minimum_response_rate,
        "minimum_response_rate_reason": index.minimum_response_rate_reason,
        "tree": _criterion(index.tree, index.aggregation == "given_weights", root=True),
        "attribution": [_attribution(rule) for rule in index.attributions],
    }
    if index.targets:
        document["targets"] = [_target(target) for target in index.targets]
    if index.source:
        document["source"] = index.source
    return document


def to_json(index: IndexDefinition) -> str:
    """The canonical document as stored; its sha-256 is the definition's `content`."""
    return canonical_json(to_document(index))


def named(index: IndexDefinition, *, content: str | None = None) -> IndexDefinition:
    """The same definition with its hash filled in; `content` where it is known already."""
    return replace(index, content=content or digest(to_json(index)))


def _criterion(criterion: Criterion, weighted: bool, *, root: bool = False) -> dict[str, object]:
    table: dict[str, object] = {
        "key": criterion.key, "kind": criterion.kind, "title": dict(criterion.title),
    }
    if weighted and not root:
        table["weight"] = criterion.weight
    leaves = [_leaf(child, weighted) for child in criterion.children if not isinstance(child, Criterion)]
    if leaves:
        table["leaves"] = leaves
    criteria = [_criterion(child, weighted) for child in criterion.children if isinstance(child, Criterion)]
    if criteria:
        table["criteria"] = criteria
    return table


def _leaf(leaf: Leaf, weighted: bool) -> dict[str, object]:
    return _LEAVES[type(leaf)](leaf) | ({"weight": leaf.weight} if weighted else {})


_LEAVES = {ItemLeaf: lambda leaf: {"item": leaf.item}}


def _span(dated: AttributionRule | Target) -> dict[str, object]:
    span: dict[str, object] = {}
    if dated.valid_from != date.min:
        span["valid_from"] = dated.valid_from.isoformat()
    if dated.valid_to is not None:
        span["valid_to"] = dated.valid_to.isoformat()
    return span


def _attribution(rule: AttributionRule) -> dict[str, object]:
    return {
        "receiver": sorted(rule.receiver), "handler": sorted(rule.handler), "source": rule.source,
        **_span(rule),
    }


def _target(target: Target) -> dict[str, object]:
    return {
        "measure": target.measure, "value": target.value, "operator": target.operator,
        "source": target.source, **_span(target),
    }
