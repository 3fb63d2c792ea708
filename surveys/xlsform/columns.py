"""The sheets and columns that are read and written. What XLSForm has no word for stands in columns of our own."""

from __future__ import annotations

import re

SURVEY, CHOICES, SETTINGS = "survey", "choices", "settings"
OWN_SURVEY = (
    "role", "not_applicable", "skip", "sensitive", "max_length", "wording", "source", "lineage_relation",
    "lineage_of", "lineage_note",
)
"""role: 'scale' where a select_one is on a scale of satisfaction"""
OWN_CHOICES = ("face",)
OWN_SETTINGS = ("kind", "source")
TEXTS = ("label", "hint")
"""columns that are there once per language: 'label::Tiếng Việt (vi)'"""
COLUMNS = {
    SURVEY: ("type", "name", *TEXTS, "required", "relevant", *OWN_SURVEY),
    CHOICES: ("list_name", "name", "label", *OWN_CHOICES),
    SETTINGS: ("form_title", "form_id", *OWN_SETTINGS),
}
PASSED_OVER = {
    SURVEY: frozenset({"appearance"}),
    CHOICES: frozenset[str](),
    SETTINGS: frozenset({"version", "default_language", "style", "instance_name", "allow_choice_duplicates"}),
}
"""columns that change nothing of what is asked"""
NAMES_OF_LANGUAGES = {"vi": "Tiếng Việt (vi)", "en": "English (en)"}

_IN_BRACKETS = re.compile(r"\(\s*([A-Za-z]{2})\b[^)]*\)\s*$")
_WORDS = {
    "vi": "vi", "tiếng việt": "vi", "tieng viet": "vi", "vietnamese": "vi", "en": "en", "english": "en",
    "tiếng anh": "en",
}


def header(name: str, language: str) -> str:
    """'label::English (en)'"""
    return f"{name}::{NAMES_OF_LANGUAGES.get(language, language)}"


def language_of(words: str) -> str | None:
    """Code of a language as a column names it: 'English (en)', 'vi', 'Vietnamese'."""
    if found := _IN_BRACKETS.search(words):
        code = found[1].lower()
        return code if code in NAMES_OF_LANGUAGES else None
    return _WORDS.get(words.strip().lower())
