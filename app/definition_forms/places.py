"""Where a fault can be mended: the key path that a check names -> the part of a draft's forms, and the field there."""

from __future__ import annotations

from collections.abc import Sequence

from app.definition_forms import indexes
from app.definition_forms.raw import Raw, table, tables, word

TEXT = ("", "")
"""no form shows it: the text itself"""
_LABELS = ("id", "key", "code", "item")
_INTERVAL = ("item", "pooled", "mean")


def place(kind: str, raw: Raw | None, path: str) -> tuple[str, str]:
    """(part, id of the field or ''); TEXT where only the text can be mended."""
    keys = path.split(".") if path else []
    if raw is None or not keys:
        return TEXT
    if kind == "questionnaire":
        return _questionnaire(raw, keys)
    if kind == "index":
        return _index(raw, keys)
    if kind == "targets":
        return ("targets", _row("target", keys[1:], _TARGET)) if keys[0] == "targets" else TEXT
    if kind == "fields":
        row = _row("field", keys[1:], _FIELD, tables(raw, "fields")) if keys[0] == "fields" else _field(keys)
        return "fields", row
    return TEXT


_TARGET = {"measure": "measure", "value": "percent", "operator": "operator", "valid_from": "from", "valid_to": "to",
           "source": "source"}
_FIELD = {"code": "code", "text.vi": "vi", "text.en": "en", "text": "vi", "valid_from": "from", "valid_to": "to",
          "prefixes": "prefixes"}
_RULE = {"receiver": "receiver", "handler": "handler", "valid_from": "from", "valid_to": "to", "source": "source"}


def _field(keys: Sequence[str]) -> str:
    """'title.vi' -> 'title_vi'; a wording as a whole is mended in Vietnamese first."""
    if keys[0] in ("title", "intro", "text", "hint"):
        return f"{keys[0]}_{keys[1] if len(keys) > 1 and keys[1] in ('vi', 'en') else 'vi'}"
    return "english" if keys[0] == "languages" else keys[0]


def _found(items: Sequence[Raw], label: str) -> int | None:
    """The place of the table that a path calls by its id, or by its number ('#2')."""
    if label.startswith("#") and label[1:].isdecimal():
        number = int(label[1:]) - 1
        return number if 0 <= number < len(items) else None
    return next((at for at, item in enumerate(items) if label in {word(item, key) for key in _LABELS}), None)


def _questionnaire(raw: Raw, keys: list[str]) -> tuple[str, str]:
    if keys[0] == "scales" and len(keys) > 1 and keys[1] in table(raw, "scales"):
        return f"scale-{keys[1]}", _option(tables(table(raw, "scales"), keys[1]), keys[2:])
    if keys[0] == "recordings":
        return TEXT
    if keys[0] != "sections":
        return "head", _field(keys)
    s = _found(tables(raw, "sections"), keys[1]) if len(keys) > 1 else None
    if s is None:
        return TEXT
    if len(keys) < 3 or keys[2] == "each":
        return TEXT if len(keys) > 2 else (f"section-{s}", "")
    if keys[2] != "questions":
        return f"section-{s}", _field(keys[2:])
    questions = tables(tables(raw, "sections")[s], "questions")
    q = _found(questions, keys[3]) if len(keys) > 3 else None
    if q is None:
        return f"section-{s}", ""
    rest = keys[4:]
    if rest[:1] == ["options"]:
        return f"question-{s}-{q}", _option(tables(questions[q], "options"), rest[1:])
    if rest[:1] in (["shown_if"], ["lineage"]):
        inner = rest[1] if len(rest) > 1 else {"shown_if": "question", "lineage": "relation"}[rest[0]]
        return f"question-{s}-{q}", f"{rest[0]}_{inner}"
    return f"question-{s}-{q}", _field(rest) if rest else "id"


def _option(options: Sequence[Raw], keys: list[str]) -> str:
    at = _found(options, keys[0]) if keys else None
    if at is None:
        return "option_0_code"
    column = keys[2] if len(keys) > 2 and keys[1] == "text" else "vi" if keys[1:] == ["text"] else keys[1:2]
    return f"option_{at}_{column if isinstance(column, str) else column[0] if column else 'code'}"


def _index(raw: Raw, keys: list[str]) -> tuple[str, str]:
    first, rest = keys[0], keys[1:]
    if first == "targets":
        return "targets", _row("target", rest, _TARGET)
    if first == "attribution":
        return "attribution", _row("rule", rest, _RULE)
    if first == "tree":
        return _criterion(raw, rest)
    if first == "scores":
        return "head", "score_0_points"
    if first == "rounding":
        return "head", "digits"
    if first == "interval":
        return "head", f"interval_{rest[0]}" if rest and rest[0] in _INTERVAL else "level"
    return "head", _field(keys)


def _row(prefix: str, keys: Sequence[str], columns: dict[str, str], items: Sequence[Raw] = ()) -> str:
    """'#2.value' -> 'target_1_percent'."""
    at = _found(items or [{}] * 1000, keys[0]) if keys else None
    if at is None:
        return ""
    asked = [".".join(keys[1:]), keys[1] if len(keys) > 1 else "", next(iter(columns))]
    return f"{prefix}_{at}_{next(columns[key] for key in asked if key in columns)}"


def _criterion(raw: Raw, keys: list[str]) -> tuple[str, str]:
    node, places, left = table(raw, "tree"), [], keys
    while len(left) > 1 and left[0] == "criteria":
        inner = tables(node, "criteria")
        at = _found(inner, left[1])
        if at is None:
            break
        node, left = inner[at], left[2:]
        places.append(str(at))
    if not places and left:  # checks of the whole tree name a criterion or an item without its path
        found = next((each for each in indexes.outline(raw) if each.key == left[0] or left[0] in each.items), None)
        if found is not None:
            return found.part, f"item_{left[0]}" if left[0] in found.items else "key"
    part = "-".join(("criterion", *places))
    if left[:1] == ["leaves"]:
        return part, f"item_{left[1]}" if len(left) > 1 and not left[1].startswith("#") else "items"
    return part, _field(left) if left else "key"
