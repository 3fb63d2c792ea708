"""Definitions on their way: written, checked, proposed by one person, adopted by another as immutable versions.

A draft keeps its text even when it is faulty: nothing that somebody typed is lost. What is proposed is locked;
the proposal names the text by its hash, and exactly that text is adopted.

Three kinds are wholes (questionnaire, index, fields); three change a part of the whole in force (targets of an
index; the words of a questionnaire in another language; its recordings) and become a new version of that whole.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from datetime import date

from sqlalchemy.orm import Session

from surveys import approvals, audit, definition_parts, fields
from surveys.approvals import Proposal
from surveys.canonical import digest
from surveys.definition_files import faults_of
from surveys.definitions import MAX_BYTES, Reader
from surveys.errors import DefinitionRefusal, Fault, NotFound, Refusal
from surveys.fields import FieldList
from surveys.indexes import load as index_files
from surveys.indexes.model import IndexDefinition
from surveys.questionnaires import lineage
from surveys.questionnaires import load as questionnaire_files
from surveys.questionnaires.model import Questionnaire
from surveys.store import definitions, recordings

KINDS = ("questionnaire", "index", "targets", "fields", "translation", "recordings")
WHOLES: Mapping[str, str] = {
    "questionnaire": "questionnaire", "index": "index", "targets": "index", "fields": "fields",
    "translation": "questionnaire", "recordings": "questionnaire",
}
"""kind of draft -> what it becomes a version of"""
NAMED_BY: Mapping[str, str] = {
    "questionnaire": "name", "index": "name", "fields": "name", "targets": "index",
    "translation": "questionnaire", "recordings": "questionnaire",
}
"""kind of draft -> the key of its file that names the definition"""
LONGEST_NOTE = 2000

Definition = Questionnaire | IndexDefinition | FieldList


@dataclass(frozen=True)
class Draft:
    """A definition on its way, as its writer last saved it."""

    id: int
    kind: str
    """one of KINDS"""
    name: str
    """of the definition, as far as the text says it; '' where it does not"""
    content: str
    """TOML, faulty or not"""
    author: str
    """who changed it last"""
    changed: date
    revision: int
    """rises with every change of the text"""
    state: str
    """'draft', 'proposed', 'approved', 'rejected'"""
    note: str
    """what changes and why, for the second person"""

    @property
    def file(self) -> str:
        """What its faults are named by."""
        return f"{self.name or self.kind}.toml"

    @property
    def digest(self) -> str:
        """sha-256 of the text, which names what is proposed."""
        return digest(self.content)

    @property
    def open(self) -> bool:
        """It may be changed."""
        return self.state in ("draft", "rejected")


def text_of(content: bytes, file: str) -> str:
    """The text of an uploaded file. Raises DefinitionRefusal("definition_faulty"): too large, not UTF-8."""
    reader = Reader(file)
    text = reader.text(content.removeprefix(b"\xef\xbb\xbf"))
    reader.refuse_if_faulty()
    return text


def save(
    session: Session, kind: str, content: str, *, author: str, today: date, draft_id: int | None = None,
    revision: int | None = None, note: str = "",
) -> Draft:
    """Keep the text, faulty or not: a new draft, or the next revision of one.

    revision: the one that the writer saw; None: whatever is there. Saving the same text again changes nothing.
    Raises NotFound("draft_unknown"), Refusal("draft_changed_meanwhile", "draft_locked" for a proposed one,
    "draft_finished" for an approved one, "draft_kind", "draft_note_long"), DefinitionRefusal over the size.
    """
    from surveys.store import drafts as store

    if kind not in KINDS:
        raise Refusal("draft_kind", found=kind[:40], known=", ".join(KINDS))
    if len(note) > LONGEST_NOTE:
        raise Refusal("draft_note_long", most=LONGEST_NOTE, length=len(note))
    content, note = _storable(content), _storable(note).strip()
    name = name_in(kind, content)
    if draft_id is None:
        made = store.add(session, kind, name, content, author, today, note)
        audit.note(session, "draft.begun", f"draft:{made.id}", None, _noted(made))
        return made
    before = draft(session, draft_id)
    _require_open(before)
    if kind != before.kind:
        raise Refusal("draft_kind", found=kind, known=before.kind)
    if revision is not None and revision != before.revision:
        raise _changed_meanwhile(before)
    if (content, note) == (before.content, before.note):
        return before
    if not store.rewrite(session, draft_id, before.revision, name=name, content=content, author=author,
                         changed=today, note=note):
        raise _changed_meanwhile(before)
    after = draft(session, draft_id)
    audit.note(session, "draft.changed", f"draft:{draft_id}", _noted(before), _noted(after))
    return after


def draft(session: Session, draft_id: int) -> Draft:
    """Raises NotFound("draft_unknown")."""
    from surveys.store import drafts as store

    found = store.by_id(session, draft_id)
    if found is None:
        raise NotFound("draft_unknown", draft=draft_id)
    return found


def drafts(session: Session) -> tuple[Draft, ...]:
    """Every draft that is not adopted, changed last first."""
    from surveys.store import drafts as store

    return store.all_of(session, ("draft", "proposed", "rejected"))


def discard(session: Session, draft_id: int, *, revision: int | None = None) -> None:
    """Throw a draft away. Raises as `save` does."""
    from surveys.store import drafts as store

    there = draft(session, draft_id)
    _require_open(there)
    if (revision is not None and revision != there.revision) or not store.remove(session, draft_id, there.revision):
        raise _changed_meanwhile(there)
    audit.note(session, "draft.discarded", f"draft:{draft_id}", _noted(there), None)


def faults(session: Session, draft: Draft) -> tuple[Fault, ...]:
    """Everything that keeps the draft from being adopted; `row` is the line, `column` the key path.

    An index may read a questionnaire that is itself only a draft: both can then be proposed together, and the
    questionnaire has to be approved first.
    """
    found = faults_of(lambda: resolved(session, draft))
    if not found or draft.kind != "index":
        return found
    coming = _coming(session, _storable(definition_parts.named_in(draft.content.encode(), "questionnaire")))
    for questionnaire in coming:
        known = _With(definitions.Currents(session), questionnaire)
        if not faults_of(lambda known=known: _index(draft, known)):  # type: ignore[misc]  # bound at once
            return ()
    return found


def standing(session: Session) -> tuple[int, ...]:
    """What `resolved` rests on besides the draft's own text: the same numbers mean the same outcome."""
    from surveys.store import drafts as store

    return store.standing(session)


def resolved(session: Session, draft: Draft) -> Definition:
    """What adopting the draft would store: a whole, with a part merged into the version in force.

    Raises DefinitionRefusal("definition_faulty") with every fault.
    """
    return _RESOLVED[draft.kind](session, draft)


def replaced(session: Session, draft: Draft) -> Definition | None:
    """The version in force that adopting the draft would replace, or None for a new name."""
    return in_force(session, WHOLES[draft.kind], draft.name)


def in_force(session: Session, what: str, name: str) -> Definition | None:
    """what: 'questionnaire', 'index', 'fields'."""
    if what == "questionnaire":
        return definitions.current(session, name)
    if what == "index":
        return definitions.current_index(session, name)
    return definitions.current_fields(session, name)


def version(session: Session, what: str, name: str, digits: str) -> Definition | None:
    """The version of that name whose content begins with these digits. what: as `in_force`."""
    if what == "questionnaire":
        return definitions.by_content(session, name, digits)
    if what == "index":
        return definitions.index_by_content(session, name, digits)
    return definitions.fields_by_content(session, name, digits)


def named(session: Session, what: str, word: str) -> Definition:
    """What 'sipas-transaction' (in force), 'sipas-transaction@3fa94c01' (a version) or 'draft:17' stands for.

    Raises NotFound("definition_unknown", "draft_unknown"), DefinitionRefusal for a faulty draft.
    """
    if found := re.fullmatch(r"draft:(\d{1,9})", word):
        there = draft(session, int(found[1]))
        if WHOLES[there.kind] != what:
            raise NotFound("draft_unknown", draft=there.id)
        return resolved(session, there)
    name, at, digits = word.partition("@")
    definition = version(session, what, name, digits) if at and digits else in_force(session, what, name)
    if definition is None:
        raise NotFound("definition_unknown", name=word[:80], known=", ".join(definitions.names(session, what)))
    return definition


def kind_of(content: str) -> str:
    """The kind of draft that a text looks like; 'questionnaire' where nothing tells."""
    top = Reader("").toml(content.encode("utf-8", "replace"))
    keys = set(top.names)
    if "sections" in keys and "kind" in keys:
        return "questionnaire"
    for kind, signs in _SIGNS.items():
        if signs <= keys:
            return kind
    return "questionnaire"


_SIGNS: Mapping[str, frozenset[str]] = {
    "fields": frozenset({"fields"}),
    "targets": frozenset({"index"}),
    "translation": frozenset({"questionnaire", "language"}),
    "recordings": frozenset({"questionnaire", "recordings"}),
    "index": frozenset({"questionnaire"}),
}
"""kind -> keys that its files have; the first that fits"""


def propose(session: Session, draft_id: int, *, actor: str, reason: str, today: date) -> Proposal:
    """Ask a second person to adopt the draft; it is locked until they decide.

    Raises DefinitionRefusal("definition_faulty"), Refusal("draft_nothing_new") when it says what is in force
    already, ("draft_locked", "draft_finished"), and what `approvals.propose` refuses.
    """
    from surveys.store import drafts as store

    there = draft(session, draft_id)
    if there.state == "proposed":
        raise Refusal("draft_locked", draft=draft_id)
    _require_open(there)
    if wrong := faults(session, there):
        raise DefinitionRefusal("definition_faulty", faults=wrong, file=there.file, count=len(wrong))
    version = _version_if_known(session, there)
    before = replaced(session, there)
    if version is not None and before is not None and before.content == version:
        raise Refusal("draft_nothing_new", name=there.name)
    document = {"draft": there.id, "kind": there.kind, "name": there.name, "content": there.digest}
    if before is not None:
        document["replaces"] = before.content
    proposal = approvals.propose(
        session, "definition", f"draft:{there.id}", document, actor=actor, unit_code=None,
        reason=reason or there.note, today=today,
    )
    if not store.set_state(session, there.id, there.revision, "proposed"):
        raise _changed_meanwhile(there)
    audit.note(session, "draft.proposed", f"draft:{there.id}", {"state": there.state}, {
        "state": "proposed", "content": there.digest, "name": there.name,
    })
    return proposal


def approved(session: Session, proposal: Proposal, today: date) -> Definition:
    """Adopt what was proposed: the version is stored for good and in force from now on.

    Raises Refusal("draft_changed_meanwhile") unless the draft still is the text that was proposed,
    ("draft_overtaken") when another version was adopted since, DefinitionRefusal where it no longer fits.
    """
    from surveys.store import drafts as store

    there = _proposed(session, proposal)
    if there.digest != proposal.document["content"]:
        raise _changed_meanwhile(there)
    before = replaced(session, there)
    if (before.content if before else None) != proposal.document.get("replaces"):
        raise Refusal("draft_overtaken", name=there.name)
    definition = resolved(session, there)
    definitions.adopt(session, definition, today)
    if not store.set_state(session, there.id, there.revision, "approved"):
        raise _changed_meanwhile(there)
    audit.note(session, "definition.adopted", f"{WHOLES[there.kind]}:{there.name}",
               {"content": before.content} if before else None,
               {"content": definition.content, "draft": there.id, "kind": there.kind})
    return definition


def rejected(session: Session, proposal: Proposal, today: date) -> None:
    """Unlock the draft: to be mended and proposed again, or discarded."""
    from surveys.store import drafts as store

    there = _proposed(session, proposal)
    state = "rejected" if proposal.state is approvals.State.REJECTED else "draft"
    if not store.set_state(session, there.id, there.revision, state):
        raise _changed_meanwhile(there)
    audit.note(session, "draft.rejected" if state == "rejected" else "draft.withdrawn", f"draft:{there.id}",
               {"state": there.state}, {"state": state})


def name_in(kind: str, content: str) -> str:
    """The name that the text gives its definition; '' where none can be made out."""
    key = NAMED_BY[kind]
    name = definition_parts.named_in(content.encode("utf-8", "replace"), key)
    if not name and (found := re.search(rf'^[ \t]*{key}[ \t]*=[ \t]*"([^"\n]*)"', content, re.MULTILINE)):
        name = found[1]
    return _storable(name[:64])


def _storable(text: str) -> str:
    """Lines ended by LF, without what no database keeps. Raises DefinitionRefusal over the size."""
    text = text.replace("\r\n", "\n").replace("\r", "\n").replace("\x00", "\N{REPLACEMENT CHARACTER}")
    text = text.encode("utf-8", "replace").decode()
    reader = Reader("")
    if len(text.encode()) > MAX_BYTES:
        reader.fault("definition_too_large", "", most=MAX_BYTES, bytes=len(text.encode()))
    reader.refuse_if_faulty()
    return text


def _require_open(draft: Draft) -> None:
    if not draft.open:
        raise Refusal("draft_locked" if draft.state == "proposed" else "draft_finished", draft=draft.id)


def _changed_meanwhile(draft: Draft) -> Refusal:
    return Refusal("draft_changed_meanwhile", draft=draft.id, author=draft.author, changed=draft.changed)


def _noted(draft: Draft) -> dict[str, object]:
    return {
        "kind": draft.kind, "name": draft.name, "revision": draft.revision, "state": draft.state,
        "content": draft.digest, "note": draft.note,
    }


def _proposed(session: Session, proposal: Proposal) -> Draft:
    id = proposal.document.get("draft")
    return draft(session, id if isinstance(id, int) else 0)


def _version_if_known(session: Session, draft: Draft) -> str | None:
    """Content of the version the draft would become; None while it rests on another draft."""
    try:
        return resolved(session, draft).content
    except DefinitionRefusal:
        return None


def _coming(session: Session, name: str) -> Iterator[Questionnaire]:
    """Questionnaires of that name that are drafts without a fault."""
    from surveys.store import drafts as store

    for there in store.open_of(session, "questionnaire", name):
        try:
            yield _questionnaire(session, there)
        except DefinitionRefusal:
            continue


class _With(Mapping[str, Questionnaire]):
    """The questionnaires in force, with one in place of its version in force."""

    def __init__(self, others: Mapping[str, Questionnaire], one: Questionnaire) -> None:
        self._others, self._one = others, one

    def __getitem__(self, name: str) -> Questionnaire:
        return self._one if name == self._one.name else self._others[name]

    def __iter__(self) -> Iterator[str]:
        return iter(sorted({*self._others, self._one.name}))

    def __len__(self) -> int:
        return len({*self._others, self._one.name})


class _Indexes(Mapping[str, IndexDefinition]):
    """Name -> index definition in force."""

    def __init__(self, session: Session) -> None:
        self._session = session

    def __getitem__(self, name: str) -> IndexDefinition:
        found = definitions.current_index(self._session, name)
        if found is None:
            raise KeyError(name)
        return found

    def __iter__(self) -> Iterator[str]:
        return iter(definitions.names(self._session, "index"))

    def __len__(self) -> int:
        return len(definitions.names(self._session, "index"))


def _questionnaire(session: Session, draft: Draft) -> Questionnaire:
    found = questionnaire_files.parse(draft.content.encode(), draft.file)
    return _checked(session, draft, found)


def _index(draft: Draft, known: Mapping[str, Questionnaire]) -> IndexDefinition:
    return index_files.parse(draft.content.encode(), draft.file, known)


def _targets(session: Session, draft: Draft) -> IndexDefinition:
    return definition_parts.with_targets(draft.content.encode(), draft.file, _Indexes(session))


def _fields(session: Session, draft: Draft) -> FieldList:
    return fields.parse(draft.content.encode(), draft.file)


def _translation(session: Session, draft: Draft) -> Questionnaire:
    known = definitions.Currents(session)
    return definition_parts.with_translation(draft.content.encode(), draft.file, known)


def _recordings(session: Session, draft: Draft) -> Questionnaire:
    known = definitions.Currents(session)
    found = definition_parts.with_recordings(draft.content.encode(), draft.file, known)
    return _checked(session, draft, found)


def _checked(session: Session, draft: Draft, questionnaire: Questionnaire) -> Questionnaire:
    """The questionnaire, once what it refers to is there: earlier questions, sounds."""
    reader = Reader(draft.file)
    reader.take_lines(draft.content)

    def version(name: str, digits: str | None) -> Questionnaire | None:
        if digits is None:
            return definitions.current(session, name)
        return definitions.by_content(session, name, digits)

    reader.add(lineage.problems(questionnaire, version, draft.file))
    wanted = {sound for keys in questionnaire.recordings.values() for sound in keys.values()}
    kept = recordings.known(session, wanted)
    for language, keys in questionnaire.recordings.items():
        for key, sound in keys.items():
            if sound not in kept:
                reader.fault("definition_recording_unknown", f"recordings.{language}.{key}", found=sound[:16])
    reader.refuse_if_faulty()
    return questionnaire


_RESOLVED: Mapping[str, Callable[[Session, Draft], Definition]] = {
    "questionnaire": _questionnaire,
    "index": lambda session, draft: _index(draft, definitions.Currents(session)),
    "targets": _targets,
    "fields": _fields,
    "translation": _translation,
    "recordings": _recordings,
}


def begun_from(session: Session, kind: str, name: str) -> str:
    """TOML to start from: what is in force under the name, else a skeleton with remarks.

    name of a translation: the questionnaire's, or with a language, 'sipas-transaction/en'.
    Raises Refusal("draft_kind").
    """
    from surveys import definition_starts

    if kind not in KINDS:
        raise Refusal("draft_kind", found=kind[:40], known=", ".join(KINDS))
    return definition_starts.text(kind, name, in_force(session, WHOLES[kind], name.partition("/")[0]))
