"""What a new version of a definition changes, place by place, for the person who has to consent to it."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass

from surveys import fields
from surveys.fields import FieldList
from surveys.indexes import document as index_documents
from surveys.indexes.model import Criterion, IndexDefinition, ItemLeaf
from surveys.questionnaires.model import Option, Question, Questionnaire, Section

Definition = Questionnaire | IndexDefinition | FieldList
Text = Mapping[str, str]

KINDS = (
    "added", "removed", "moved", "reworded", "translated", "options_changed", "asking_changed", "routing_changed",
    "remark_changed", "recording_changed", "title_changed", "target_added", "target_removed", "target_changed",
    "rule_changed", "weight_changed", "entry_added", "entry_removed", "entry_changed",
)
"""every kind of difference: reworded is Vietnamese, translated any other language; remark is what nobody is asked"""


@dataclass(frozen=True)
class Difference:
    """One place at which two versions of a definition say different things."""

    place: str
    """key path in the newer version (in the older one for what is gone), as faults name it"""
    anchor: str
    """what people call the place: a question's id, a criterion's key, a measure, a field's code; '' for the whole"""
    kind: str
    """one of KINDS"""
    before: str
    """as people read it; '' for what is new"""
    after: str
    """'' for what is gone"""


def differences(old: Definition | None, new: Definition) -> tuple[Difference, ...]:
    """Everything that is not the same, in the order of the newer version. old=None: a name never used before.

    Two versions differ in content exactly when there is a difference. Raises ValueError for two kinds of definition.
    """
    if old is None:
        return ()
    if isinstance(old, Questionnaire) and isinstance(new, Questionnaire):
        return tuple(_questionnaires(old, new))
    if isinstance(old, IndexDefinition) and isinstance(new, IndexDefinition):
        return tuple(_indexes(old, new))
    if isinstance(old, FieldList) and isinstance(new, FieldList):
        return tuple(_field_lists(old, new))
    raise ValueError(f"{type(old).__name__} and {type(new).__name__} are not of one kind")


def comparable(old: Definition | None, new: Definition) -> bool | None:
    """Whether answers under both can be held side by side: the same instrument. None: no two questionnaires."""
    if isinstance(old, Questionnaire) and isinstance(new, Questionnaire):
        return old.instrument == new.instrument
    return None


def _questionnaires(old: Questionnaire, new: Questionnaire) -> Iterator[Difference]:
    yield from _plain("", "", "remark_changed", old, new, ("name", "source"))
    yield from _plain("", "", "asking_changed", old, new, ("kind",))
    if set(old.languages) != set(new.languages):
        yield Difference("languages", "", "translated", ", ".join(old.languages), ", ".join(new.languages))
    elif old.languages != new.languages:
        yield Difference("languages", "", "moved", ", ".join(old.languages), ", ".join(new.languages))
    yield from _texts("title", "", old.title, new.title, "title_changed")
    before, after = _by(old.sections, _id), _by(new.sections, _id)
    yield from _lists("sections", before, after, _section_words)
    placed = {q.id: (s.id, q) for s in old.sections for q in s.questions}
    there = {q.id for q in new.questions}
    for section in new.sections:
        path = f"sections.{section.id}"
        earlier = before.get(section.id)
        if earlier is not None:
            yield from _texts(f"{path}.title", section.id, earlier.title, section.title)
            yield from _texts(f"{path}.intro", section.id, earlier.intro, section.intro)
        for question in section.questions:
            own = f"{path}.questions.{question.id}"
            if question.id not in placed:
                yield Difference(own, question.id, "added", "", question.text["vi"])
                continue
            at, was = placed[question.id]
            if at != section.id:
                yield Difference(own, question.id, "moved", at, section.id)
            yield from _questions(own, was, question)
    for at, was in placed.values():
        if was.id not in there:
            yield Difference(f"sections.{at}.questions.{was.id}", was.id, "removed", was.text["vi"], "")
    yield from _orders(old, new)
    yield from _sounds(old, new)


def _orders(old: Questionnaire, new: Questionnaire) -> Iterator[Difference]:
    """Questions of a section that stand in another order."""
    earlier = {section.id: [question.id for question in section.questions] for section in old.sections}
    for section in new.sections:
        now = [question.id for question in section.questions]
        was = earlier.get(section.id, [])
        both = set(was) & set(now)
        if [id for id in was if id in both] != [id for id in now if id in both]:
            yield Difference(f"sections.{section.id}.questions", section.id, "moved", ", ".join(was), ", ".join(now))


def _questions(path: str, old: Question, new: Question) -> Iterator[Difference]:
    yield from _texts(f"{path}.text", new.id, old.text, new.text)
    yield from _texts(f"{path}.hint", new.id, old.hint, new.hint)
    if [_asked(option) for option in old.options] != [_asked(option) for option in new.options]:
        yield Difference(f"{path}.options", new.id, "options_changed", _options(old.options), _options(new.options))
    else:
        for was, option in zip(old.options, new.options, strict=True):
            yield from _texts(f"{path}.options.{option.code}.text", new.id, was.text, option.text)
    yield from _plain(path, new.id, "asking_changed", old, new,
                      ("kind", "required", "skip", "not_applicable", "sensitive", "max_length"))
    if old.shown_if != new.shown_if:
        yield Difference(f"{path}.shown_if", new.id, "routing_changed", _condition(old), _condition(new))
    yield from _plain(path, new.id, "remark_changed", old, new, ("wording", "source"))
    if old.lineage != new.lineage:
        yield Difference(f"{path}.lineage", new.id, "remark_changed", _lineage(old), _lineage(new))


def _sounds(old: Questionnaire, new: Questionnaire) -> Iterator[Difference]:
    for language in dict.fromkeys((*old.recordings, *new.recordings)):
        was, now = old.recordings.get(language, {}), new.recordings.get(language, {})
        for key in dict.fromkeys((*was, *now)):
            if was.get(key) != now.get(key):
                yield Difference(f"recordings.{language}.{key}", key.partition("/")[0], "recording_changed",
                                 was.get(key, "")[:16], now.get(key, "")[:16])


def _indexes(old: IndexDefinition, new: IndexDefinition) -> Iterator[Difference]:
    yield from _plain("", "", "remark_changed", old, new, ("name", "source"))
    yield from _plain("", "", "rule_changed", old, new, (
        "questionnaire", "aggregation", "not_applicable", "minimum_n", "minimum_response_rate",
    ))
    yield from _plain("", "", "remark_changed", old, new, ("minimum_response_rate_reason",))
    yield from _texts("title", "", old.title, new.title, "title_changed")
    if old.languages != new.languages:
        yield Difference("languages", "", "translated", ", ".join(old.languages), ", ".join(new.languages))
    for key, say in _RULES.items():
        if say(old) != say(new):
            yield Difference(key, "", "rule_changed", say(old), say(new))
    yield from _trees(old, new)
    yield from _targets(old, new)


_RULES: Mapping[str, Callable[[IndexDefinition], str]] = {
    "satisfied": lambda index: ", ".join(sorted(index.satisfied)),
    "scores": lambda index: ", ".join(f"{code}: {score:g}" for code, score in sorted(index.scores.items())),
    "rounding": lambda index: f"{index.rounding.method}, {index.rounding.digits}",
    "interval": lambda index: ", ".join(
        (index.interval.item, index.interval.pooled, index.interval.mean, repr(index.interval.level))
    ),
    "attribution": lambda index: "; ".join(_rule(index, place) for place in range(len(index.attributions))),
}


def _rule(index: IndexDefinition, place: int) -> str:
    rule = index_documents.to_document(index)["attribution"]
    assert isinstance(rule, list)  # noqa: S101  # one table per rule
    return ", ".join(f"{key}: {_written(value)}" for key, value in rule[place].items())


def _written(value: object) -> str:
    return " ".join(map(str, value)) if isinstance(value, list) else str(value)


def _trees(old: IndexDefinition, new: IndexDefinition) -> Iterator[Difference]:
    was, now = _criteria(old.tree), _criteria(new.tree)
    for key, (above, criterion) in now.items():
        path = f"tree.{key}"
        if key not in was:
            yield Difference(path, criterion.measure, "added", "", criterion.title["vi"])
            continue
        at, earlier = was[key]
        if (at, earlier.kind) != (above, criterion.kind):
            yield Difference(path, criterion.measure, "moved", f"{at} {earlier.kind}".strip(),
                             f"{above} {criterion.kind}".strip())
        yield from _texts(f"{path}.title", criterion.measure, earlier.title, criterion.title)
        if earlier.weight != criterion.weight:
            yield Difference(f"{path}.weight", criterion.measure, "weight_changed", f"{earlier.weight:g}",
                             f"{criterion.weight:g}")
    for key, (_, gone) in was.items():
        if key not in now:
            yield Difference(f"tree.{key}", gone.measure, "removed", gone.title["vi"], "")
    if [*was] != [*now] and {*was} == {*now}:
        yield Difference("tree", "", "moved", ", ".join(was), ", ".join(now))
    yield from _leaves(old, new)


def _leaves(old: IndexDefinition, new: IndexDefinition) -> Iterator[Difference]:
    was, now = _items(old.tree), _items(new.tree)
    for item, (above, weight) in now.items():
        if item not in was:
            yield Difference(f"tree.{item}", item, "added", "", above)
            continue
        if was[item][0] != above:
            yield Difference(f"tree.{item}", item, "moved", was[item][0], above)
        if was[item][1] != weight:
            yield Difference(f"tree.{item}.weight", item, "weight_changed", f"{was[item][1]:g}", f"{weight:g}")
    for item, (above, _) in was.items():
        if item not in now:
            yield Difference(f"tree.{item}", item, "removed", above, "")
    if [*was] != [*now] and {*was} == {*now}:
        yield Difference("tree", "", "moved", ", ".join(was), ", ".join(now))


def _criteria(tree: Criterion) -> dict[str, tuple[str, Criterion]]:
    """key -> (key of the criterion around it, criterion)"""
    found = {tree.key: ("", tree)}
    for criterion in tree.walk():
        found |= {child.key: (criterion.key, child) for child in criterion.children if isinstance(child, Criterion)}
    return {criterion.key: found[criterion.key] for criterion in tree.walk()}


def _items(tree: Criterion) -> dict[str, tuple[str, float]]:
    """item -> (key of its criterion, weight)"""
    return {
        child.item: (criterion.key, child.weight)
        for criterion in tree.walk() for child in criterion.children if isinstance(child, ItemLeaf)
    }


def _targets(old: IndexDefinition, new: IndexDefinition) -> Iterator[Difference]:
    was, now = _dated(old), _dated(new)
    places = {(target.measure, str(target.valid_from)): place for place, target in enumerate(new.targets, start=1)}
    for key, said in now.items():
        if key not in was:
            yield Difference(f"targets.#{places[key]}", key[0], "target_added", "", said)
        elif was[key] != said:
            yield Difference(f"targets.#{places[key]}", key[0], "target_changed", was[key], said)
    for key, said in was.items():
        if key not in now:
            yield Difference("targets", key[0], "target_removed", said, "")
    if [*was] != [*now] and {*was} == {*now}:
        yield Difference("targets", "", "moved", ", ".join(measure for measure, _ in was),
                         ", ".join(measure for measure, _ in now))


def _dated(index: IndexDefinition) -> dict[tuple[str, str], str]:
    """(measure, first day) -> the target as people write it"""
    written = index_documents.to_document(index).get("targets", [])
    assert isinstance(written, list)  # noqa: S101  # one table per target
    return {
        (target.measure, str(target.valid_from)):
            f"{target.operator} {target.value!r} ({document.get('valid_from', '…')} – "
            f"{document.get('valid_to', '…')}), {target.source}"
        for target, document in zip(index.targets, written, strict=True)
    }


def _field_lists(old: FieldList, new: FieldList) -> Iterator[Difference]:
    yield from _plain("", "", "remark_changed", old, new, ("name", "source"))
    if old.languages != new.languages:
        yield Difference("languages", "", "translated", ", ".join(old.languages), ", ".join(new.languages))
    yield from _texts("title", "", old.title, new.title, "title_changed")
    was, now = _entries(old), _entries(new)
    for key, said in now.items():
        if key not in was:
            yield Difference(f"fields.{key[0]}", key[0], "entry_added", "", said)
        elif was[key] != said:
            yield Difference(f"fields.{key[0]}", key[0], "entry_changed", was[key], said)
    for key, said in was.items():
        if key not in now:
            yield Difference(f"fields.{key[0]}", key[0], "entry_removed", said, "")
    if [*was] != [*now] and {*was} == {*now}:
        yield Difference("fields", "", "moved", ", ".join(code for code, _ in was), ", ".join(code for code, _ in now))


def _entries(found: FieldList) -> dict[tuple[str, str], str]:
    """(code, first day) -> the entry as people write it"""
    written = fields.to_document(found)["fields"]
    assert isinstance(written, list)  # noqa: S101  # one table per entry
    return {
        (entry.code, str(entry.valid_from)): "; ".join(
            f"{key}: {' / '.join(value.values()) if isinstance(value, dict) else _written(value)}"
            for key, value in document.items()
        )
        for entry, document in zip(found.entries, written, strict=True)
    }


def _lists(
    place: str, before: Mapping[str, Section], after: Mapping[str, Section], words: Callable[[Section], str]
) -> Iterator[Difference]:
    for key, section in after.items():
        if key not in before:
            yield Difference(f"{place}.{key}", key, "added", "", words(section))
    for key, section in before.items():
        if key not in after:
            yield Difference(f"{place}.{key}", key, "removed", words(section), "")
    both = before.keys() & after.keys()
    if [key for key in before if key in both] != [key for key in after if key in both]:
        yield Difference(place, "", "moved", ", ".join(before), ", ".join(after))


def _texts(
    place: str, anchor: str, old: Text | None, new: Text | None, vietnamese: str = "reworded"
) -> Iterator[Difference]:
    was, now = old or {}, new or {}
    for language in dict.fromkeys((*was, *now)):
        if was.get(language) != now.get(language):
            kind = vietnamese if language == "vi" else "translated"
            yield Difference(f"{place}.{language}", anchor, kind, was.get(language, ""), now.get(language, ""))


def _plain(
    path: str, anchor: str, kind: str, old: object, new: object, keys: Iterable[str]
) -> Iterator[Difference]:
    for key in keys:
        was, now = getattr(old, key), getattr(new, key)
        if was != now:
            yield Difference(f"{path}.{key}" if path else key, anchor, kind, _said(was), _said(now))


def _said(value: object) -> str:
    return ("true" if value else "false") if isinstance(value, bool) else str(value)


def _by(sections: Iterable[Section], key: Callable[[Section], str]) -> dict[str, Section]:
    return {key(section): section for section in sections}


def _id(section: Section) -> str:
    return section.id


def _section_words(section: Section) -> str:
    return section.title["vi"]


def _asked(option: Option) -> tuple[str, str, str | None]:
    """What of an option makes another instrument."""
    return option.code, option.text["vi"], option.face


def _options(options: Iterable[Option]) -> str:
    return " · ".join(
        f"{option.code} {option.text['vi']}" + (f" ({option.face})" if option.face else "") for option in options
    )


def _condition(question: Question) -> str:
    condition = question.shown_if
    return "" if condition is None else f"{condition.question}: {', '.join(sorted(condition.codes))}"


def _lineage(question: Question) -> str:
    lineage = question.lineage
    return "" if lineage is None else " ".join(filter(None, (lineage.relation, lineage.of, lineage.note)))
