"""A list of fields (lĩnh vực) as one form: its head and its rows."""

from __future__ import annotations

from copy import deepcopy

from app.definition_forms.raw import (
    Form,
    Raw,
    languages,
    one_line,
    put_day,
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

COLUMNS = ("code", "vi", "en", "from", "to", "prefixes")


def fields(raw: Raw) -> dict[str, str]:
    found = {
        "name": word(raw, "name"), "title_vi": wording(raw, "title"), "title_en": wording(raw, "title", "en"),
        "source": word(raw, "source"), "english": "1" if "en" in languages(raw) else "",
    }
    for number, entry in enumerate(tables(raw, "fields")):
        found |= {
            f"field_{number}_code": word(entry, "code"), f"field_{number}_vi": wording(entry, "text"),
            f"field_{number}_en": wording(entry, "text", "en"), f"field_{number}_from": word(entry, "valid_from"),
            f"field_{number}_to": word(entry, "valid_to"),
            f"field_{number}_prefixes": ", ".join(words(entry, "prefixes")),
        }
    return found


def with_fields(raw: Raw, form: Form) -> Raw:
    raw = deepcopy(raw)
    raw["name"] = one_line(form, "name")
    raw["languages"] = ["vi", *(["en"] if form.get("english") else []),
                        *(each for each in words(raw, "languages") if each not in ("vi", "en"))]
    put_wording(raw, "title", form, languages(raw), required=True)
    put_word(raw, "source", one_line(form, "source"))
    kept = {word(entry, "code"): table(entry, "text") for entry in tables(raw, "fields")}
    entries = []
    for row in rows(form, "field", COLUMNS):
        entry: Raw = {"code": row["code"], "text": dict(kept.get(row["code"], {}))}
        said = {f"text_{language}": row[language] for language in ("vi", "en")}
        put_wording(entry, "text", said, languages(raw), required=True)
        for key, column in (("valid_from", "from"), ("valid_to", "to")):
            if row[column]:
                put_day(entry, key, row[column])
        if row["prefixes"]:
            entry["prefixes"] = split(row["prefixes"])
        entries.append(entry)
    raw["fields"] = entries
    return raw
