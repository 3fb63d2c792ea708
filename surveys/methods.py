"""Two methods: which are meant, what they do differently, and what may be shown of the same answers under both.

For comparing methods, never a result. `side_by_side` computes; this file loads no estimator.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Any

from sqlalchemy.orm import Session

from surveys import drafts
from surveys.errors import NotFound, WaveRefusal
from surveys.indexes.model import IndexDefinition
from surveys.store import definitions

DRAFT = "draft:"
Compared = dict[str, Any]
"""one unit and measure under both methods; fields as FIELDS"""

FIELDS = (
    "unit", "unit_name", "level", "measure", "shown",
    "n_a", "estimate_a", "ci_low_a", "ci_high_a", "verdict_a",
    "n_b", "estimate_b", "ci_low_b", "ci_high_b", "verdict_b",
    "difference", "difference_se", "difference_low", "difference_high",
)
"""a: the first method, b: the second; the difference is b less a. Where the measure exists under one method only,
the other's fields are None. shown: people may be shown both figures"""


@dataclass(frozen=True)
class Unlike:
    """One thing that the two methods do differently. The words for `code` are the pages'."""

    code: str
    """'satisfied', 'aggregation', 'not_applicable', 'minimum_n', 'scores', 'items_added', 'items_removed',
    'factor', 'weights', 'attribution', 'target'"""
    a: object
    b: object
    items: tuple[str, ...] = ()
    """that count differently by it; (): all"""


def resolve(session: Session, name: str) -> IndexDefinition:
    """The method of a name: 'sipas' (in force), 'sipas@3f2a91c0' (a version, by the beginning of its content hash),
    'draft:17' (a draft on its way, if it has no fault).

    Raises NotFound ("index_unknown", "draft_unknown"), WaveRefusal("method_no_index"), DefinitionRefusal.
    """
    if name.startswith(DRAFT):
        number = name.removeprefix(DRAFT)
        found = drafts.draft(session, int(number) if number.isascii() and number.isdigit() else 0)
        definition = drafts.resolved(session, found)
        if not isinstance(definition, IndexDefinition):
            raise WaveRefusal("method_no_index", kind=found.kind)
        return definition
    base, _, version = name.partition("@")
    if version:
        for each in definitions.index_versions(session):
            if each.name == base and each.content.startswith(version):
                return definitions.index(session, each.id)
        raise NotFound("index_unknown", name=name[:100], known=base)
    current = definitions.current_index(session, base)
    if current is None:
        raise NotFound("index_unknown", name=base[:100], known=", ".join(definitions.names(session, "index")))
    return current


def shown(records: Sequence[Compared]) -> list[Compared]:
    """What may leave the operator's command line: both figures may be shown."""
    return [record for record in records if record["shown"]]


def turned(records: Sequence[Compared]) -> list[Compared]:
    """Units whose overall verdict is another under the second method."""
    return [
        record for record in records
        if record["measure"] == "overall" and record["verdict_a"] != record["verdict_b"]
    ]


def unlike(a: IndexDefinition, b: IndexDefinition) -> tuple[Unlike, ...]:
    """What the two methods do differently, and with which items."""
    return tuple(_unlike(a, b))


def _unlike(a: IndexDefinition, b: IndexDefinition) -> Iterator[Unlike]:
    if a.satisfied != b.satisfied:
        yield Unlike("satisfied", sorted(a.satisfied), sorted(b.satisfied))
    for name in ("aggregation", "not_applicable", "minimum_n"):
        if getattr(a, name) != getattr(b, name):
            yield Unlike(name, getattr(a, name), getattr(b, name))
    if dict(a.scores) != dict(b.scores):
        yield Unlike("scores", dict(a.scores), dict(b.scores))
    here, there = set(a.items), set(b.items)
    if added := tuple(item for item in b.items if item not in here):
        yield Unlike("items_added", None, None, added)
    if removed := tuple(item for item in a.items if item not in there):
        yield Unlike("items_removed", None, None, removed)
    placed_a, placed_b = _factor_of(a), _factor_of(b)
    if moved := tuple(item for item in a.items if item in there and placed_a[item] != placed_b[item]):
        yield Unlike("factor", None, None, moved)
    if "given_weights" in (a.aggregation, b.aggregation) and _weights(a) != _weights(b):
        yield Unlike("weights", None, None)
    if a.attributions != b.attributions:
        yield Unlike("attribution", None, None)
    if a.targets != b.targets:
        yield Unlike("target", None, None)


def _factor_of(index: IndexDefinition) -> dict[str, str]:
    """Item -> key of the criterion it stands in."""
    return {item: criterion.key for criterion in index.tree.walk() for item in criterion.items}


def _weights(index: IndexDefinition) -> dict[str, float]:
    leaves = {leaf.item: leaf.weight for leaf in index.tree.leaves()}
    return leaves | {criterion.measure: criterion.weight for criterion in index.tree.walk()}
