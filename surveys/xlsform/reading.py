"""From an XLSForm workbook to a questionnaire's TOML text.

Sheets are turned into the questionnaire's document, which is then checked as every definition is; what the check
finds is said in the workbook's own terms: sheet, row, column.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field

from surveys.definition_text import to_toml
from surveys.definitions import Reader
from surveys.errors import Fault
from surveys.questionnaires import load
from surveys.questionnaires.model import QuestionnaireKind
from surveys.xlsform.columns import CHOICES, COLUMNS, PASSED_OVER, SETTINGS, SURVEY, TEXTS, language_of
from surveys.xlsform.workbooks import Row, Sheet, letter, sheets

UNSUPPORTED_SHEETS = ("entities", "external_choices", "osm")
DEFAULT_LENGTH = 2000
"""most characters of a free answer where the workbook gives no `max_length`"""

_YES = frozenset({"yes", "true", "true()", "1", "có"})
_NO = frozenset({"", "no", "false", "false()", "0", "không"})
_ONE = re.compile(r"select[_ ]one\s+(?P<list>\S+)(?P<other>\s+or_other)?")
_MANY = re.compile(r"select[_ ]multiple\s+(?P<list>\S+)(?P<other>\s+or_other)?")
_TERM = re.compile(
    r"""\s*(?:
      \$\{\s*(?P<q1>[\w.-]+)\s*\}\s*=\s*(?P<m1>["'])(?P<c1>[^"']*)(?P=m1)
    | selected\(\s*\$\{\s*(?P<q2>[\w.-]+)\s*\}\s*,\s*(?P<m2>["'])(?P<c2>[^"']*)(?P=m2)\s*\)
    )\s*""",
    re.VERBOSE,
)

Place = tuple[str, int, str]
"""sheet, row, header of the column"""
Table = dict[str, object]


@dataclass(frozen=True)
class Converted:
    """A workbook read without a fault."""

    toml: str
    passed_over: tuple[Fault, ...]
    """columns with something in them that change nothing here, to be told to the writer"""


@dataclass
class _Form:
    """What has been read so far, and where each part stood."""

    reader: Reader
    sheets: Mapping[str, Sheet]
    places: dict[str, Place] = field(default_factory=dict)
    passed_over: list[Fault] = field(default_factory=list)
    names: dict[str, int] = field(default_factory=dict)
    """name of a question or group -> its row"""

    def fault(self, code: str, sheet: str, row: int, column: str, **details: object) -> None:
        self.reader.row_fault(code, row, column, sheet=sheet, **details)


@dataclass(frozen=True)
class _Line:
    """A row by the names of its columns."""

    sheet: str
    row: int
    values: Mapping[str, str]
    texts: Mapping[str, Mapping[str, str]]
    """'label', 'hint' -> language -> text"""
    headers: Mapping[str, str]
    """'name', 'label.vi' -> the header as written"""

    def __getitem__(self, column: str) -> str:
        return self.values.get(column, "")

    def place(self, column: str) -> Place:
        return self.sheet, self.row, self.headers.get(column, column)


def questionnaire_toml(content: bytes, file: str, *, kind: QuestionnaireKind | None = None) -> str:
    """The TOML text of the questionnaire in a workbook; see `converted`."""
    return converted(content, file, kind=kind).toml


def converted(content: bytes, file: str, *, kind: QuestionnaireKind | None = None) -> Converted:
    """The questionnaire in a workbook as TOML text, that reads without a fault.

    kind: of the questionnaire, where the sheet `settings` does not say it.
    Raises DefinitionRefusal("definition_faulty") with every fault: `row` and `column` of the workbook, details
    `file` and `sheet`.
    """
    reader = Reader(file)
    found = sheets(reader, content, (SURVEY, CHOICES, SETTINGS, *UNSUPPORTED_SHEETS))
    if not reader.faults and not found:
        reader.fault("xlsform_sheet_missing", "", sheet=SURVEY)
    reader.refuse_if_faulty()
    form = _Form(reader, found)
    for name in UNSUPPORTED_SHEETS:
        if name in found and found[name].rows:
            form.fault("xlsform_sheet_unsupported", name, found[name].first, "")
    document = _document(form, kind)
    reader.refuse_if_faulty()
    toml = to_toml(document)
    for fault in load.problems(toml.encode(), file):
        _tell(form, fault)
    reader.refuse_if_faulty()
    return Converted(toml, tuple(form.passed_over))


def _tell(form: _Form, fault: Fault) -> None:
    """Note a fault of the document where it stands in the workbook."""
    sheet, row, column = SETTINGS, form.sheets[SETTINGS].first + 1 if SETTINGS in form.sheets else 1, ""
    key = fault.column or ""
    while key:
        if key in form.places:
            sheet, row, column = form.places[key]
            break
        key = key.rpartition(".")[0]
    details = {name: value for name, value in fault.details.items() if name not in ("file", "sheet")}
    form.fault(fault.code, sheet, row, column, **details)


def _document(form: _Form, kind: str | None) -> Table:
    settings = _settings(form)
    survey = _lines(form, SURVEY)
    choices = _lines(form, CHOICES) if CHOICES in form.sheets else []
    lists = _choice_lists(form, choices)
    sections = _sections(form, survey, lists)
    languages = _languages([*survey, *choices])
    head = _head(form, settings, kind, languages)
    used = {q["scale"] for section in sections for q in _of(section, "questions") if "scale" in q}
    scales = {name: options for name, options in lists.items() if name in used}
    return head | ({"scales": scales} if scales else {}) | {"sections": sections}


def _of(table: Table, key: str) -> Sequence[Table]:
    value = table.get(key)
    return value if isinstance(value, list) else []


def _languages(lines: Sequence[_Line]) -> list[str]:
    """The languages that any text is in, Vietnamese first."""
    found = {language for line in lines for texts in line.texts.values() for language in texts}
    return ["vi", *sorted(found - {"vi"})]


def _head(form: _Form, settings: _Line, kind: str | None, languages: Sequence[str]) -> Table:
    title: Table = {"vi": settings["form_title"] or settings["form_id"]}
    for language in languages[1:]:
        title[language] = settings[f"form_title_{language}"] or settings["form_title"]
    said = settings["kind"] or kind or ""
    if not said:
        form.fault("xlsform_kind", SETTINGS, settings.row, "kind")
    head: Table = {"name": settings["form_id"], "kind": said, "title": title, "languages": list(languages)}
    if settings["source"]:
        head["source"] = settings["source"]
    form.places |= {
        "name": settings.place("form_id"), "kind": settings.place("kind"), "source": settings.place("source"),
        "title": settings.place("form_title"), "languages": (SURVEY, 1, "label"),
    }
    form.places |= {f"title.{language}": settings.place(f"form_title_{language}") for language in languages[1:]}
    return head


def _settings(form: _Form) -> _Line:
    lines = _lines(form, SETTINGS) if SETTINGS in form.sheets else []
    if SETTINGS not in form.sheets:
        form.reader.fault("xlsform_sheet_missing", "", sheet=SETTINGS)
    elif not lines:
        form.fault("xlsform_settings_empty", SETTINGS, form.sheets[SETTINGS].first, "form_id")
    elif len(lines) > 1:
        form.fault("xlsform_settings_rows", SETTINGS, lines[1].row, "")
    return lines[0] if lines else _Line(SETTINGS, 1, {}, {}, {})


def _lines(form: _Form, name: str) -> list[_Line]:
    """The rows of a sheet by column; faults of its header are noted."""
    sheet = form.sheets.get(name)
    if sheet is None:
        form.reader.fault("xlsform_sheet_missing", "", sheet=name)
        return []
    headers = dict(_headers(form, sheet))
    if name != SETTINGS:
        for column in COLUMNS[name][:2]:
            if column not in headers.values() and sheet.rows:
                form.fault("xlsform_column_missing", name, sheet.first, column)
    if not sheet.rows and name == SURVEY:
        form.fault("xlsform_sheet_empty", name, sheet.first, "")
    return [_line(name, sheet, headers, row) for row in sheet.rows]


def _headers(form: _Form, sheet: Sheet) -> Iterator[tuple[int, str]]:
    """Place of a column -> 'type', 'label.vi'."""
    taken: dict[str, str] = {}
    for place, header in enumerate(sheet.columns):
        filled = any(row.cells[place] for row in sheet.rows if place < len(row.cells))
        if not header:
            if filled:
                row = next(row for row in sheet.rows if place < len(row.cells) and row.cells[place])
                form.fault("xlsform_header_empty", sheet.name, row.number, letter(place))
            continue
        column = _column(form, sheet, header, filled)
        if column is None:
            continue
        if column in taken:
            form.fault("xlsform_header_twice", sheet.name, sheet.first, header, other=taken[column])
            continue
        taken[column] = header
        yield place, column


def _column(form: _Form, sheet: Sheet, header: str, filled: bool) -> str | None:
    """What a header stands for; None for a column that is passed over or at fault."""
    plain, colons, words = header.partition("::")
    plain = plain.strip().lower()
    if colons or (plain in TEXTS and sheet.name != SETTINGS):
        language = language_of(words) if colons else "vi"
        if plain in TEXTS and plain in COLUMNS[sheet.name]:
            if language is not None:
                return f"{plain}.{language}"
            form.fault("xlsform_language", sheet.name, sheet.first, header, found=words.strip()[:40] or "∅")
            return None
    elif plain in COLUMNS[sheet.name] or (sheet.name == SETTINGS and re.fullmatch(r"form_title_[a-z]{2}", plain)):
        return plain
    if not filled:
        return None
    if plain in PASSED_OVER[sheet.name]:
        if sheet.name == SETTINGS:
            return None
        details = {"file": form.reader.file, "sheet": sheet.name}
        form.passed_over.append(Fault("xlsform_passed_over", sheet.first, header[:60], details))
        return None
    known = ", ".join(COLUMNS[sheet.name])
    form.fault("xlsform_column_unknown", sheet.name, sheet.first, header[:60], known=known)
    return None


def _line(name: str, sheet: Sheet, headers: Mapping[int, str], row: Row) -> _Line:
    values: dict[str, str] = {}
    texts: dict[str, dict[str, str]] = {}
    for place, column in headers.items():
        cell = row.cells[place] if place < len(row.cells) else ""
        text, dot, language = column.partition(".")
        if not dot:
            values[column] = cell
        elif cell:
            texts.setdefault(text, {})[language] = cell
    return _Line(name, row.number, values, texts, {column: sheet.columns[place] for place, column in headers.items()})


def _choice_lists(form: _Form, lines: Sequence[_Line]) -> dict[str, list[Table]]:
    lists: dict[str, list[Table]] = {}
    rows: dict[tuple[str, str], int] = {}
    for line in lines:
        name, code = line["list_name"], line["name"]
        for column in ("list_name", "name"):
            if not line[column]:
                form.fault("xlsform_choice_unnamed", CHOICES, line.row, column)
        if not name or not code:
            continue
        if (name, code) in rows:
            form.fault("xlsform_choice_twice", CHOICES, line.row, "name", found=code[:40], list=name[:40],
                       other=rows[name, code])
            continue
        rows[name, code] = line.row
        option: Table = {"code": code, "text": dict(line.texts.get("label", {}))}
        if line["face"]:
            option["face"] = line["face"]
        _need_label(form, line)
        lists.setdefault(name, []).append(option)
        path = f"scales.{name}.{_label(code, len(lists[name]))}"
        _keep(form, path, line, {"code": "name", "face": "face"}, {"text": "label"})
    return lists


def _label(name: str, place: int) -> str:
    """What the reader of definitions calls a table in a list: its name where that is fit for one, else its place."""
    return name if re.fullmatch(r"[A-Za-z0-9_-]{1,64}", name) else f"#{place}"


def _keep(
    form: _Form, path: str, line: _Line, columns: Mapping[str, str], texts: Mapping[str, str]
) -> None:
    """Remember where the keys of a table stood."""
    form.places[path] = line.place(next(iter(columns.values()), "name"))
    form.places |= {f"{path}.{key}": line.place(column) for key, column in columns.items()}
    for key, column in texts.items():
        form.places[f"{path}.{key}"] = line.place(f"{column}.vi")
        form.places |= {
            f"{path}.{key}.{language}": line.place(f"{column}.{language}")
            if f"{column}.{language}" in line.headers else (line.sheet, line.row, f"{column}::{language}")
            for language in ("vi", "en")
        }


def _need_label(form: _Form, line: _Line) -> None:
    texts = line.texts.get("label", {})
    if not texts.get("vi"):
        form.fault("xlsform_label_missing", line.sheet, line.row, line.place("label.vi")[2])
    for column, said in line.texts.items():
        for language, text in said.items():
            if "${" in text:
                form.fault("xlsform_label_reference", line.sheet, line.row, line.place(f"{column}.{language}")[2],
                           found=text[:60])


def _sections(form: _Form, lines: Sequence[_Line], lists: Mapping[str, list[Table]]) -> list[Table]:
    sections: list[Table] = []
    inside: tuple[_Line, Table, list[Table]] | None = None
    path = ""
    for line in lines:
        kind = re.sub(r"^(begin|end)\s+(group|repeat)\b", r"\1_\2", line["type"].lower())
        if not kind:
            if line["name"] or line.texts:
                form.fault("xlsform_type_missing", SURVEY, line.row, "type")
        elif kind == "begin_group":
            if inside is not None:
                form.fault("xlsform_group_nested", SURVEY, line.row, "type", other=inside[0].row)
            path = f"sections.{_label(line['name'], len(sections) + 1)}"
            section, questions = _group(form, line, path)
            inside = (line, section, questions)
            sections.append(section)
        elif kind == "end_group":
            if inside is None:
                form.fault("xlsform_group_end", SURVEY, line.row, "type")
            elif not inside[2]:
                form.fault("xlsform_group_empty", SURVEY, inside[0].row, "name", found=inside[0]["name"][:40])
            inside = None
        elif kind == "note":
            _note(form, line, inside[1] if inside and not inside[2] else None, path)
        else:
            question = _question(form, line, lists)
            if question is None:
                continue
            if inside is None:
                form.fault("xlsform_outside", SURVEY, line.row, "name", found=line["name"][:40])
                continue
            inside[2].append(question)
            _question_places(form, f"{path}.questions.{_label(line['name'], len(inside[2]))}", line)
    if inside is not None:
        form.fault("xlsform_group_open", SURVEY, inside[0].row, "type", found=inside[0]["name"][:40])
    return sections


def _group(form: _Form, line: _Line, path: str) -> tuple[Table, list[Table]]:
    _need_label(form, line)
    _named(form, line, "g:")
    if line["relevant"]:
        form.fault("xlsform_group_relevant", SURVEY, line.row, line.place("relevant")[2], found=line["relevant"][:60])
    questions: list[Table] = []
    section: Table = {"id": line["name"], "title": dict(line.texts.get("label", {}))}
    _keep(form, path, line, {"id": "name"}, {"title": "label"})
    section["questions"] = questions
    return section, questions


def _named(form: _Form, line: _Line, space: str = "") -> None:
    """A name is there, once: groups and questions have each their own names."""
    name = line["name"]
    if not name:
        form.fault("xlsform_name_missing", SURVEY, line.row, "name")
    elif (earlier := form.names.setdefault(space + name, line.row)) != line.row:
        form.fault("xlsform_name_twice", SURVEY, line.row, "name", found=name[:40], other=earlier)


def _note(form: _Form, line: _Line, section: Table | None, path: str) -> None:
    """The first note of a group introduces it; nowhere else is there room for one."""
    _need_label(form, line)
    if section is None or "intro" in section:
        form.fault("xlsform_note", SURVEY, line.row, "type", found=line.texts.get("label", {}).get("vi", "")[:40])
        return
    section["intro"] = dict(line.texts.get("label", {}))
    form.places |= {f"{path}.intro.{language}": line.place(f"label.{language}") for language in ("vi", "en")}
    form.places[f"{path}.intro"] = line.place("label.vi")


def _question(form: _Form, line: _Line, lists: Mapping[str, list[Table]]) -> Table | None:
    kind, name = _kind(form, line, lists)
    if kind is None:
        return None
    _named(form, line)
    _need_label(form, line)
    question: Table = {"id": line["name"], "kind": kind, "text": dict(line.texts.get("label", {}))}
    if name:
        question["scale"] = name
    for column in ("required", "not_applicable", "sensitive"):
        if _flag(form, line, column) and (kind != "text" or column == "sensitive"):
            question[column] = True
    if line["skip"] and not _flag(form, line, "skip") and kind != "text":
        question["skip"] = False
    if hint := line.texts.get("hint"):
        question["hint"] = dict(hint)
    if line["relevant"]:
        question["shown_if"] = _condition(form, line)
    question["wording"] = line["wording"] or "unconfirmed"
    if kind == "text":
        question["max_length"] = _length(form, line)
    question["source"] = line["source"] or f"XLSForm {form.reader.file}"[:200]
    lineage = {key: line[f"lineage_{key}"] for key in ("of", "relation", "note") if line[f"lineage_{key}"]}
    if lineage:
        question["lineage"] = lineage
    return question


def _question_places(form: _Form, path: str, line: _Line) -> None:
    columns = {
        "id": "name", "kind": "type", "scale": "type", "options": "type", "required": "required",
        "not_applicable": "not_applicable", "skip": "skip", "sensitive": "sensitive", "shown_if": "relevant",
        "wording": "wording", "max_length": "max_length", "source": "source", "lineage": "lineage_relation",
        "lineage.of": "lineage_of", "lineage.relation": "lineage_relation", "lineage.note": "lineage_note",
    }
    _keep(form, path, line, columns, {"text": "label", "hint": "hint"})


def _kind(form: _Form, line: _Line, lists: Mapping[str, list[Table]]) -> tuple[str | None, str]:
    """Kind of question and name of its list; None when the type is not one of ours, which is then noted."""
    said = line["type"]
    one, many = _ONE.fullmatch(said), _MANY.fullmatch(said)
    found = one or many
    if said.lower() == "text":
        return "text", ""
    if found is None:
        bare = re.fullmatch(r"select[_ ](one|multiple)", said)
        form.fault("xlsform_list_missing" if bare else "xlsform_type", SURVEY, line.row, "type", found=said[:60])
        return None, ""
    if found["other"]:
        form.fault("xlsform_or_other", SURVEY, line.row, "type", found=said[:60])
    if found["list"] not in lists:
        if CHOICES not in form.sheets:
            form.reader.fault("xlsform_sheet_missing", "", sheet=CHOICES)
        known = ", ".join(lists)[:120] or "∅"
        form.fault("xlsform_list_unknown", SURVEY, line.row, "type", found=found["list"][:40], known=known)
    role = line["role"].lower()
    if role not in ("", "scale", "choice"):
        form.fault("xlsform_role", SURVEY, line.row, line.place("role")[2], found=line["role"][:40])
    if many is not None:
        return "several", found["list"]
    return "scale" if role == "scale" else "choice", found["list"]


def _flag(form: _Form, line: _Line, column: str) -> bool:
    said = line[column].lower()
    if said not in _YES and said not in _NO:
        form.fault("xlsform_flag", SURVEY, line.row, line.place(column)[2], found=line[column][:40])
    return said in _YES


def _length(form: _Form, line: _Line) -> int:
    said = line["max_length"]
    if not said:
        return DEFAULT_LENGTH
    if not re.fullmatch(r"[0-9]{1,9}", said):
        form.fault("xlsform_length", SURVEY, line.row, line.place("max_length")[2], found=said[:40])
        return DEFAULT_LENGTH
    return int(said)


def _condition(form: _Form, line: _Line) -> Table:
    """`${q} = 'x' or selected(${q}, 'y')` of one question; anything else is a fault."""
    said = line["relevant"]
    names: list[str] = []
    codes: list[str] = []
    for term in re.split(r"\bor\b", said):
        found = _TERM.fullmatch(term)
        if found is None:
            form.fault("xlsform_relevant", SURVEY, line.row, line.place("relevant")[2], found=said[:80])
            return {"question": "", "codes": []}
        names.append(found["q1"] or found["q2"])
        codes.append(found["c1"] if found["q1"] else found["c2"])
    if len(set(names)) > 1:
        form.fault("xlsform_relevant_two", SURVEY, line.row, line.place("relevant")[2], found=", ".join(names)[:80])
    return {"question": names[0], "codes": sorted(set(codes))}
