"""Raw tables of a definition file, read leniently."""

from __future__ import annotations

import tomllib
from collections.abc import Mapping, MutableSequence
from datetime import date
from functools import lru_cache
from typing import Any

from surveys.days import iso_day

Raw = dict[str, Any]
"""a table as `tomllib` reads it"""
Form = Mapping[str, str]
"""what was typed: name of a field -> text"""

LANGUAGES = ("vi", "en")
"""languages that forms offer, the required one first"""


@lru_cache(maxsize=32)
def parse(content: str) -> Raw | None:
    """The top table, not to be changed; None where the text is no TOML, and only the text itself can be edited."""
    try:
        return tomllib.loads(content)
    except (ValueError, RecursionError):  # no TOML; a number of thousands of digits; nested without end
        return None


def table(holder: Mapping[str, Any], key: str) -> Raw:
    found = holder.get(key)
    return found if isinstance(found, dict) else {}


def tables(holder: Mapping[str, Any], key: str) -> list[Raw]:
    """The tables of a list; whatever else stands in it is passed over."""
    found = holder.get(key)
    return [each for each in found if isinstance(each, dict)] if isinstance(found, list) else []


def own_tables(holder: Raw, key: str) -> MutableSequence[Any]:
    """The list itself, to be changed in place; made where there is none."""
    found = holder.get(key)
    if not isinstance(found, list):
        found = holder[key] = []
    return found


def word(holder: Mapping[str, Any], key: str) -> str:
    """A value as it is typed; '' when absent."""
    found = holder.get(key)
    if found is None or isinstance(found, dict | list):
        return ""
    if isinstance(found, bool):
        return "1" if found else ""
    return found.isoformat() if isinstance(found, date) else str(found)


def words(holder: Mapping[str, Any], key: str) -> list[str]:
    found = holder.get(key)
    return [str(each) for each in found if not isinstance(each, dict | list)] if isinstance(found, list) else []


def wording(holder: Mapping[str, Any], key: str, language: str = "vi") -> str:
    return word(table(holder, key), language)


def languages(raw: Mapping[str, Any]) -> tuple[str, ...]:
    """The definition's languages, 'vi' first."""
    found = words(raw, "languages")
    return ("vi", *(each for each in LANGUAGES if each != "vi" and each in found))


def typed(form: Form, name: str) -> str:
    """What was typed, with the line ends of this system and nothing at its ends."""
    return form.get(name, "").replace("\r\n", "\n").strip()


def one_line(form: Form, name: str) -> str:
    return " ".join(typed(form, name).split())


def split(text: str) -> list[str]:
    """'1, 2' or '1 2' as a list."""
    return text.replace(",", " ").replace(";", " ").split()


def put_word(holder: Raw, key: str, value: str) -> None:
    """A text that may be absent."""
    if value:
        holder[key] = value
    else:
        holder.pop(key, None)


def put_wording(holder: Raw, key: str, form: Form, known: tuple[str, ...], *, required: bool, name: str = "") -> None:
    """The wording in each language; an optional one that is empty in all of them is left out.

    Languages that the form does not offer stay as they are.
    """
    name = name or key
    said = {language: one_line(form, f"{name}_{language}") for language in known}
    if not required and not any(said.values()):
        holder.pop(key, None)
        return
    kept = {language: text for language, text in table(holder, key).items() if language not in LANGUAGES}
    holder[key] = said | kept


def put_number(holder: Raw, key: str, text: str) -> None:
    """A number where it is one; else the text, so that the check says what is wrong with it."""
    plain = text.replace(",", ".")
    try:
        holder[key] = int(plain)
    except ValueError:
        try:
            holder[key] = float(plain)
        except ValueError:
            put_word(holder, key, text)


def put_day(holder: Raw, key: str, text: str) -> None:
    try:
        holder[key] = iso_day(text)
    except ValueError:
        put_word(holder, key, text)


def moved(items: MutableSequence[Any], place: int, by: int) -> None:
    """One place up or down; at an end nothing moves."""
    if 0 <= place < len(items) and 0 <= place + by < len(items):
        items.insert(place + by, items.pop(place))


def rows(form: Form, prefix: str, columns: tuple[str, ...]) -> list[dict[str, str]]:
    """The rows of a table in a form (`prefix_0_code`, …), without those where nothing was typed."""
    found = []
    for number in sorted({
        int(parts[1]) for name in form
        if name.startswith(f"{prefix}_") and len(parts := name.split("_", 2)) == 3 and parts[1].isdecimal()
        and len(parts[1]) < 5
    }):
        row = {column: one_line(form, f"{prefix}_{number}_{column}") for column in columns}
        if any(row.values()):
            found.append(row)
    return found
