"""An index as forms: how it is computed, its tree of criteria, who is scored by which factor, its targets."""

from __future__ import annotations

from collections.abc import Mapping, MutableSequence
from copy import deepcopy
from dataclasses import dataclass
from decimal import Decimal, InvalidOperation
from typing import Any, get_args

from app.definition_forms.raw import (
    Form,
    Raw,
    languages,
    moved,
    one_line,
    own_tables,
    put_day,
    put_number,
    put_word,
    put_wording,
    rows,
    split,
    table,
    tables,
    word,
    wording,
    words,
)
from surveys.indexes.model import Aggregation, ItemInterval, MeanInterval, NotApplicable, PooledInterval

AGGREGATIONS: tuple[str, ...] = get_args(Aggregation)
NOT_APPLICABLE: tuple[str, ...] = get_args(NotApplicable)
INTERVALS: Mapping[str, tuple[str, ...]] = {
    "item": get_args(ItemInterval), "pooled": get_args(PooledInterval), "mean": get_args(MeanInterval),
}
INSIDE: Mapping[str, tuple[str, ...]] = {"overall": ("part", "factor"), "part": ("factor",), "factor": ()}
TARGET_COLUMNS = ("measure", "operator", "percent", "from", "to", "source")
ATTRIBUTION_COLUMNS = ("receiver", "handler", "from", "to", "source")


@dataclass(frozen=True)
class Node:
    """A criterion in the outline."""

    part: str
    """'criterion' (the root), 'criterion-0', 'criterion-0-1'"""
    depth: int
    key: str
    kind: str
    title: Mapping[str, str]
    items: tuple[str, ...]
    weight: str
    first: bool
    last: bool
    grows: bool
    """criteria may stand inside it"""


# ---- the tree

def outline(raw: Raw) -> tuple[Node, ...]:
    found: list[Node] = []

    def walk(node: Raw, places: tuple[int, ...], first: bool, last: bool) -> None:
        if len(places) > 4:  # a file may nest without end; the check says so
            return
        inner = tables(node, "criteria")
        items = tuple(word(leaf, "item") for leaf in tables(node, "leaves"))
        kind = word(node, "kind")
        found.append(Node(
            "-".join(("criterion", *map(str, places))), len(places), word(node, "key"), kind, table(node, "title"),
            items, word(node, "weight"), first, last, bool(INSIDE.get(kind)) and not items,
        ))
        for place, child in enumerate(inner):
            walk(child, (*places, place), place == 0, place == len(inner) - 1)

    if isinstance(raw.get("tree"), dict):
        walk(raw["tree"], (), True, True)
    return tuple(found)


def _at(raw: Raw, places: tuple[int, ...]) -> Raw:
    """Raises IndexError for a criterion that is gone."""
    node = raw.get("tree")
    if not isinstance(node, dict):
        raise IndexError
    for place in places:
        node = tables(node, "criteria")[place]
    found: Raw = node
    return found


def weighted(raw: Raw) -> bool:
    return word(raw, "aggregation") == "given_weights"


def criterion(raw: Raw, places: tuple[int, ...]) -> dict[str, str]:
    node = _at(raw, places)
    fields = {
        "key": word(node, "key"), "kind": word(node, "kind"), "title_vi": wording(node, "title"),
        "title_en": wording(node, "title", "en"), "weight": word(node, "weight"),
    }
    for leaf in tables(node, "leaves"):
        fields |= {f"item_{word(leaf, 'item')}": "1", f"weight_{word(leaf, 'item')}": word(leaf, "weight")}
    return fields


def items_of(raw: Raw, places: tuple[int, ...]) -> list[str]:
    return [word(leaf, "item") for leaf in tables(_at(raw, places), "leaves")]


def elsewhere(raw: Raw, places: tuple[int, ...]) -> frozenset[str]:
    """Items that another criterion has already."""
    here = "-".join(("criterion", *map(str, places)))
    return frozenset(item for node in outline(raw) if node.part != here for item in node.items)


def with_criterion(raw: Raw, places: tuple[int, ...], form: Form, order: list[str]) -> Raw:
    """order: ids of the questionnaire's scored questions; items stand in it in their order, strangers after."""
    raw = deepcopy(raw)
    node = _at(raw, places)
    node["key"] = one_line(form, "key")
    node["kind"] = one_line(form, "kind")
    put_wording(node, "title", form, languages(raw), required=True)
    if places and weighted(raw):
        put_number(node, "weight", one_line(form, "weight"))
    else:
        node.pop("weight", None)
    if tables(node, "criteria"):
        return raw
    chosen = [name.removeprefix("item_") for name in form if name.startswith("item_")]
    chosen.sort(key=lambda item: (order.index(item) if item in order else len(order), item))
    node["leaves"] = [_leaf(item, form, weighted(raw)) for item in chosen]
    node.pop("criteria", None)
    return raw


def _leaf(item: str, form: Form, weighted: bool) -> Raw:
    leaf: Raw = {"item": item}
    if weighted:
        put_number(leaf, "weight", one_line(form, f"weight_{item}") or "1")
    return leaf


def with_new_criterion(raw: Raw, places: tuple[int, ...]) -> tuple[Raw, str]:
    raw = deepcopy(raw)
    if not isinstance(raw.get("tree"), dict):
        raw["tree"] = {"key": "overall", "kind": "overall", "title": dict.fromkeys(languages(raw), "")}
    node = _at(raw, places)
    held = own_tables(node, "criteria")
    if not tables(node, "leaves"):
        node.pop("leaves", None)
    kinds = [word(each, "kind") for each in tables(node, "criteria")]
    taken = {each.key for each in outline(raw)}
    fresh: Raw = {
        "key": next(name for number in range(1, len(taken) + 2) if (name := f"tc{number}") not in taken),
        "kind": kinds[-1] if kinds else "factor", "title": dict.fromkeys(languages(raw), ""),
    }
    if weighted(raw):
        fresh["weight"] = 1
    held.append(fresh)
    return raw, "-".join(("criterion", *map(str, places), str(len(held) - 1)))


def reordered(raw: Raw, deed: str, places: tuple[int, ...]) -> Raw:
    """Raises IndexError for a criterion that is gone, and for the root."""
    raw = deepcopy(raw)
    if not places:
        raise IndexError
    items: MutableSequence[Any] = own_tables(_at(raw, places[:-1]), "criteria")
    items[places[-1]]
    if deed == "remove":
        del items[places[-1]]
    else:
        moved(items, places[-1], -1 if deed == "up" else 1)
    return raw


# ---- how it is computed

def head(raw: Raw) -> dict[str, str]:
    interval, rounding = table(raw, "interval"), table(raw, "rounding")
    fields = {
        **{key: word(raw, key) for key in (
            "name", "questionnaire", "aggregation", "not_applicable", "minimum_n", "minimum_response_rate_reason",
            "source",
        )},
        "title_vi": wording(raw, "title"), "title_en": wording(raw, "title", "en"),
        "english": "1" if "en" in languages(raw) else "",
        "satisfied": ", ".join(words(raw, "satisfied")), "digits": word(rounding, "digits"),
        "minimum_response_rate": _percent(word(raw, "minimum_response_rate")),
        **{f"interval_{key}": word(interval, key) for key in INTERVALS}, "level": _percent(word(interval, "level")),
    }
    for number, (code, points) in enumerate(table(raw, "scores").items()):
        fields |= {f"score_{number}_code": str(code), f"score_{number}_points": str(points)}
    return fields


def with_head(raw: Raw, form: Form) -> Raw:
    raw = deepcopy(raw)
    raw["languages"] = ["vi", *(["en"] if form.get("english") else []),
                        *(each for each in words(raw, "languages") if each not in ("vi", "en"))]
    for key in ("name", "questionnaire", "aggregation", "not_applicable", "minimum_response_rate_reason"):
        raw[key] = one_line(form, key)
    put_word(raw, "source", one_line(form, "source"))
    put_wording(raw, "title", form, languages(raw), required=True)
    raw["satisfied"] = split(one_line(form, "satisfied"))
    raw["scores"] = {}
    for row in rows(form, "score", ("code", "points")):
        put_number(raw["scores"], row["code"], row["points"])
    put_number(raw, "minimum_n", one_line(form, "minimum_n"))
    put_share(raw, "minimum_response_rate", one_line(form, "minimum_response_rate"))
    rounding, interval = {**table(raw, "rounding"), "method": "half_up"}, dict(table(raw, "interval"))
    put_number(rounding, "digits", one_line(form, "digits"))
    for key in INTERVALS:
        interval[key] = one_line(form, f"interval_{key}")
    put_share(interval, "level", one_line(form, "level"))
    raw["rounding"], raw["interval"] = rounding, interval
    return raw


def put_share(holder: Raw, key: str, text: str) -> None:
    """A percentage as typed ('85,5') as the share that is kept (0.855), without binary dust."""
    try:
        holder[key] = float(Decimal(text.rstrip("% ").replace(",", ".")) / 100)
    except InvalidOperation:
        put_word(holder, key, text)


def _percent(share: str) -> str:
    """A share as the percentage that people type; what is no number stays as it is."""
    try:
        return format((Decimal(share) * 100).normalize(), "f").replace(".", ",")
    except InvalidOperation:
        return share


# ---- targets, and who is scored

def target_fields(targets: list[Raw]) -> dict[str, str]:
    fields: dict[str, str] = {}
    for number, target in enumerate(targets):
        fields |= {
            f"target_{number}_measure": word(target, "measure"), f"target_{number}_operator": word(target, "operator"),
            f"target_{number}_percent": _percent(word(target, "value")),
            f"target_{number}_from": word(target, "valid_from"), f"target_{number}_to": word(target, "valid_to"),
            f"target_{number}_source": word(target, "source"),
        }
    return fields


def with_targets(raw: Raw, form: Form) -> Raw:
    raw = deepcopy(raw)
    found = []
    for row in rows(form, "target", TARGET_COLUMNS):
        if not any(value for column, value in row.items() if column != "operator"):
            continue  # an empty row still has a sign chosen
        target: Raw = {"measure": row["measure"], "operator": row["operator"]}
        put_share(target, "value", row["percent"])
        _span(target, row)
        target["source"] = row["source"]
        found.append(target)
    raw["targets"] = found
    if not found and "index" not in raw:  # a file of targets alone says outright that there are none
        del raw["targets"]
    return raw


def attribution_fields(raw: Raw) -> dict[str, str]:
    fields: dict[str, str] = {}
    for number, rule in enumerate(tables(raw, "attribution")):
        fields |= {
            f"rule_{number}_receiver": ", ".join(words(rule, "receiver")),
            f"rule_{number}_handler": ", ".join(words(rule, "handler")),
            f"rule_{number}_from": word(rule, "valid_from"), f"rule_{number}_to": word(rule, "valid_to"),
            f"rule_{number}_source": word(rule, "source"),
        }
    return fields


def with_attribution(raw: Raw, form: Form) -> Raw:
    raw = deepcopy(raw)
    found = []
    for row in rows(form, "rule", ATTRIBUTION_COLUMNS):
        rule: Raw = {"receiver": split(row["receiver"]), "handler": split(row["handler"])}
        _span(rule, row)
        rule["source"] = row["source"]
        found.append(rule)
    raw["attribution"] = found
    return raw


def _span(holder: Raw, row: Mapping[str, str]) -> None:
    for key, column in (("valid_from", "from"), ("valid_to", "to")):
        if row[column]:
            put_day(holder, key, row[column])


def measures(raw: Raw) -> list[str]:
    """Names of the figures that a target may be set for: as `IndexDefinition.measures`, in the tree's order."""
    nodes = outline(raw)
    found = ["overall" if node.kind == "overall" else f"{node.kind}:{node.key}" for node in nodes]
    return found + [f"item:{item}" for node in nodes for item in node.items]
