"""Forms over drafts: saving a form that nobody changed changes nothing, what was typed arrives, faults lead to it."""

from __future__ import annotations

import tomllib
from pathlib import Path

import pytest

from app.definition_forms import indexes, parts, places, questionnaires, translations
from app.definition_forms.raw import Raw, parse
from surveys import definition_parts, definition_starts, drafts, fields
from surveys.definition_text import to_toml
from surveys.indexes import load as index_files
from surveys.questionnaires import load as questionnaire_files

QUESTIONNAIRES = Path(questionnaire_files.__file__).parent / "definitions"
INDEXES = Path(index_files.__file__).parent / "definitions"


def _raw(path: Path) -> Raw:
    return tomllib.loads(path.read_text())


def _questionnaire_parts(raw: Raw) -> list[str]:
    outline = questionnaires.outline(raw)
    return ["head", *(f"scale-{name}" for name in raw.get("scales", {})), *(section.part for section in outline),
            *(question.part for section in outline for question in section.questions)]


@pytest.mark.parametrize("path", sorted(QUESTIONNAIRES.glob("*.toml")), ids=lambda path: path.stem)
def test_saving_every_form_of_a_questionnaire_unchanged_keeps_the_version(path: Path):
    raw = _raw(path)
    for name in _questionnaire_parts(raw):
        form = parts.part("questionnaire", raw, name, None)
        raw = form.apply(form.fields)
    saved = questionnaire_files.parse(to_toml(raw).encode(), path.name)
    assert saved.content == questionnaire_files.shipped()[path.stem].content


@pytest.mark.parametrize("path", sorted(INDEXES.glob("*.toml")), ids=lambda path: path.stem)
def test_saving_every_form_of_an_index_unchanged_keeps_the_version(path: Path):
    raw = _raw(path)
    shipped = index_files.shipped()[path.stem]
    whole = questionnaire_files.shipped()[shipped.questionnaire]
    for name in ["head", "targets", "attribution", *(node.part for node in indexes.outline(raw))]:
        form = parts.part("index", raw, name, whole)
        raw = form.apply(form.fields)
    saved = index_files.parse(to_toml(raw).encode(), path.name, questionnaire_files.shipped())
    assert saved.content == shipped.content


def test_saving_the_form_of_a_list_of_fields_unchanged_keeps_the_version():
    text = definition_starts.EXAMPLES["fields"]
    raw = tomllib.loads(text)
    form = parts.part("fields", raw, "fields", None)
    assert fields.parse(to_toml(form.apply(form.fields)).encode(), "f") == fields.parse(text.encode(), "f")


def test_saving_every_form_of_a_translation_unchanged_keeps_the_version():
    for whole in questionnaire_files.shipped().values():
        raw = tomllib.loads(to_toml(definition_parts.translation_document(whole, "en")))
        for name in translations.parts(whole):
            form = parts.part("translation", raw, name, whole)
            raw = form.apply(form.fields)
        merged = definition_parts.with_translation(to_toml(raw).encode(), "t", {whole.name: whole})
        assert merged.content == whole.content


def test_a_form_writes_only_what_differs_from_the_section():
    raw = _raw(QUESTIONNAIRES / "counter-short.toml")
    form = parts.part("questionnaire", raw, "question-0-0", None)
    typed = {**form.fields, "required": "", "text_vi": "  Chỗ  ngồi chờ ", "lineage_relation": "reworded",
             "lineage_of": "counter-short/f1"}
    changed = form.apply(typed)["sections"][0]["questions"][0]
    assert changed["text"] == {"vi": "Chỗ ngồi chờ", "en": "The waiting area and the equipment"}
    assert changed["required"] is False
    assert changed["lineage"] == {"relation": "reworded", "of": "counter-short/f1"}
    assert "kind" not in changed
    assert "source" not in changed
    assert raw["sections"][0]["questions"][0]["text"]["vi"] != "Chỗ ngồi chờ"  # the draft at hand stays as it was


def test_what_is_no_number_or_day_is_kept_for_the_check_to_name():
    raw = _raw(INDEXES / "counter-short.toml")
    form = parts.part("index", raw, "head", None)
    raw = form.apply({**form.fields, "minimum_n": "ba mươi", "level": "95 phần trăm"})
    assert raw["minimum_n"] == "ba mươi"
    form = parts.part("index", raw, "targets", None)
    raw = form.apply({"target_0_measure": "overall", "target_0_operator": ">=", "target_0_percent": "85,5",
                      "target_0_from": "hôm nay", "target_0_source": "Kế hoạch", "target_1_operator": ">="})
    assert raw["targets"] == [{"measure": "overall", "operator": ">=", "value": 0.855, "valid_from": "hôm nay",
                               "source": "Kế hoạch"}]


def test_questions_move_within_their_section_and_new_ones_are_like_the_last():
    raw = _raw(QUESTIONNAIRES / "counter-short.toml")

    def ids(of: Raw) -> list[str]:
        return [question["id"] for question in of["sections"][0]["questions"]]

    assert ids(parts.reordered("questionnaire", raw, "down", "question-0-0"))[:2] == ["f2", "f1"]
    assert ids(parts.reordered("questionnaire", raw, "up", "question-0-0")) == ids(raw)
    assert ids(parts.reordered("questionnaire", raw, "remove", "question-0-4")) == ["f1", "f2", "f3", "f4"]
    grown, part = parts.grown("questionnaire", raw, "section-0")
    assert part == "question-0-5"
    assert questionnaires.question(grown, 0, 5)["kind"] == "scale"
    grown, part = parts.grown("questionnaire", raw, "")
    assert (part, grown["sections"][-1]["questions"]) == (f"section-{len(raw['sections'])}", [])


@pytest.mark.parametrize("name", ["question-9-0", "question-0-99", "question-0", "question-0-a", "nonsense", "scale-x",
                                  "criterion", "question-0-0-0-0-0-0", "question-²-0", "question--1-0"])
def test_a_part_that_is_not_there_is_refused(name: str):
    with pytest.raises(LookupError):
        parts.part("questionnaire", _raw(QUESTIONNAIRES / "counter-short.toml"), name, None)


def test_forms_open_over_tables_of_any_shape():
    """An upload may hold anything where tables are expected."""
    strange = parse('sections = ["x", {id = 3, questions = [{options = 1, text = [1]}, 7]}]\n'
                    'title = 1\nscales = {a = 1}\n'
                    'tree = {criteria = [1, {leaves = [2]}]}\ntargets = 3\nfields = [1, {text = 2}]\n')
    assert strange is not None
    for kind in ("questionnaire", "index", "fields", "targets"):
        names = {"questionnaire": ["head", "section-0", "question-0-0", "scale-a"], "targets": ["targets"],
                 "index": ["head", "criterion", "criterion-0", "targets", "attribution"], "fields": ["fields"]}[kind]
        for name in names:
            form = parts.part(kind, strange, name, None)
            assert to_toml(form.apply({**form.fields}))


@pytest.mark.parametrize("kind", ["questionnaire", "index", "targets", "fields"])
def test_every_key_of_an_example_leads_to_a_form_that_has_it(kind: str):
    """A fault at any key is one click from the field to mend it."""
    raw = tomllib.loads(definition_starts.EXAMPLES[kind])
    whole = questionnaire_files.parse(definition_starts.EXAMPLES["questionnaire"].encode(), "q")
    unreached = []
    for path in _paths(raw):
        name, anchor = places.place(kind, raw, path)
        if not name:
            unreached.append(path)
            continue
        form = parts.part(kind, raw, name, whole if kind == "index" else None)
        assert anchor in form.fields or anchor in ("english", "items", "text_en", "title_en", ""), (path, anchor)
    assert [path for path in unreached if ".each" not in path] == [path for path in unreached if path == "index"]


def _paths(table: Raw, above: str = "") -> list[str]:
    found = []
    for key, value in table.items():
        path = f"{above}{key}"
        if isinstance(value, dict) and not {"vi", "en"} & value.keys():
            found += _paths(value, f"{path}.") if key not in ("scales", "scores") else [path] if key == "scores" else [
                inner for name in value for place, option in enumerate(value[name])
                for inner in _paths(option, f"scales.{name}.{option['code']}.")
            ]
        elif isinstance(value, list) and value and isinstance(value[0], dict):
            for place, each in enumerate(value, 1):
                label = next((str(each[name]) for name in ("id", "key", "code", "item") if name in each), f"#{place}")
                found += _paths(each, f"{path}.{label}.")
        else:
            found.append(path)
    return found


def test_every_kind_of_draft_has_forms():
    assert set(parts._PARTS) == set(drafts.KINDS)
