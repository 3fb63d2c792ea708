"""How the citizens' documents are made.

A form is rendered once per (questionnaire version, place, unit, language, simulated) and kept as bytes cut at
the places where a request's own values go: the page token, a fresh id, the slip. A request only joins pieces;
rendering takes plain values and touches no database. The slow way, `form_again`, renders with kept answers
and every problem; it may take its time.
"""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property, lru_cache

from markupsafe import escape

from app import splice
from app.form_view import Form, Problem, form_view, question_of
from app.templating import environment
from app.wording import words
from surveys.questionnaires.model import Questionnaire

__all__ = ["Document", "Place", "Problem", "form_again", "form_document", "refused_page", "sent_page"]

HOLES = ("token", "id", "slip")
_HOLE = re.compile("\ue000(" + "|".join(HOLES) + ")\ue001")


@dataclass(frozen=True)
class Place:
    """Where a form is answered, as its page shows it."""

    action: str
    """where the form posts: '/p/<code>', or '/s' for slips"""
    unit: str
    """full name of the unit asked about: 'Xã Lệ Thủy, tỉnh Quảng Trị'"""
    label: str = ""
    """the point's own label: 'Quầy số 2'"""
    slip: bool = False
    """answered by a one-use slip: carries the field `slip`, and the start text says what is known"""


@dataclass(frozen=True)
class Document:
    """A rendered form, cut at its holes: `pieces[i]` is followed by the value of `holes[i]`."""

    pieces: tuple[bytes, ...]
    holes: tuple[str, ...]

    def page(self, *, fresh_id: str, token: str = "", slip: str = "") -> bytes:
        """The page of one request. `fresh_id`: 32 hex digits, used only by a page without JavaScript.

        token: for a document that has a hole for it.
        """
        return b"".join(self._parts({"token": token, "id": fresh_id, "slip": slip}))

    def of_token(self, token: str) -> Document:
        """The document with its token filled in: a token is the same for everybody on one day."""
        pieces, holes = [self.pieces[0]], []
        for hole, piece in zip(self.holes, self.pieces[1:], strict=True):
            if hole == "token":
                pieces[-1] += _filled(token) + piece
            else:
                pieces.append(piece)
                holes.append(hole)
        return Document(tuple(pieces), tuple(holes))

    @cached_property
    def packed(self) -> splice.Packed:
        """Its pieces, compressed."""
        return splice.Packed(self.pieces)

    def gzip_page(self, *, fresh_id: str, slip: str = "") -> bytes:
        """As `page`, compressed; of a document whose token is filled in."""
        return self.packed.joined([_filled({"id": fresh_id, "slip": slip}[hole]) for hole in self.holes])

    def _parts(self, values: Mapping[str, str]) -> list[bytes]:
        parts = [self.pieces[0]]
        for hole, piece in zip(self.holes, self.pieces[1:], strict=True):
            parts += (_filled(values[hole]), piece)
        return parts


def _filled(value: str) -> bytes:
    return str(escape(value)).encode()


def form_document(
    questionnaire: Questionnaire, place: Place, language: str, *, asker: str, ack_key: Mapping[str, str],
    simulated: str, sealing: Mapping[str, str] | None = None,
) -> Document:
    """The form of one place, ready to be kept and joined per request.

    asker: who asks, in full: 'Sở Nội vụ tỉnh Quảng Trị'. ack_key: public key (JWK) that acknowledgements are
    verified with. sealing: the epoch, and the key that devices seal their copies to. A language the questionnaire
    does not have falls back to Vietnamese.
    """
    text = _render(
        questionnaire, place, language, asker=asker, ack_key=ack_key, simulated=simulated,
        token=_hole("token"), id=_hole("id"), slip=_hole("slip"), alternate_base="", sealing=sealing or {},
    )
    parts = _HOLE.split(text)
    return Document(tuple(part.encode() for part in parts[::2]), tuple(parts[1::2]))


def form_again(
    questionnaire: Questionnaire, place: Place, language: str, *, fields: Mapping[str, str],
    problems: Sequence[Problem], token: str, id: str, asker: str, ack_key: Mapping[str, str],
    simulated: str, slip: str = "", sentence: str = "",
) -> bytes:
    """The form once more, with everything answered so far and every problem, first as a list, then in place.

    fields: what was sent (question ids, and 'helped'). id: 32 hex digits, the one that was sent, else a fresh
    one (a page whose script did not arrive sends none). sentence: said first, only for something that is
    wrong with the form as a whole and stands at no question.
    """
    base = f"/s/{slip}" if place.slip else place.action
    return _render(
        questionnaire, place, language, asker=asker, ack_key=ack_key, simulated=simulated,
        token=token, id=id, slip=slip, alternate_base=base, fields=fields, problems=problems,
        sentence=sentence,
    ).encode()


@lru_cache(maxsize=16)
def sent_page(language: str, *, simulated: str) -> bytes:
    """After the commit, for a page without JavaScript."""
    return environment().get_template("respond/sent.html").render(
        language=language, simulated=simulated
    ).encode()


def refused_page(sentence: str, status: int, language: str, *, simulated: str = "", number: str = "") -> bytes:
    """Why something was not done. number: of the request, for a person to quote."""
    return environment().get_template("respond/refused.html").render(
        sentence=sentence, status=status, language=language, simulated=simulated, number=number
    ).encode()


def _hole(name: str) -> str:
    return f"\ue000{name}\ue001"


def _render(
    questionnaire: Questionnaire, place: Place, language: str, *, asker: str, ack_key: Mapping[str, str],
    simulated: str, token: str, id: str, slip: str, alternate_base: str,
    fields: Mapping[str, str] | None = None, problems: Sequence[Problem] = (), sentence: str = "",
    sealing: Mapping[str, str] | None = None,
) -> str:
    language = language if language in questionnaire.languages else "vi"
    others = [other for other in questionnaire.languages if other != language]
    form = form_view(questionnaire, language, fields or {}, problems)
    return environment().get_template("respond/form.html").render(
        form=form, place=place, asker=asker, token=token, id=id, slip=slip, simulated=simulated,
        language=language, alternate=f"{alternate_base}?lang={others[0]}" if others else None,
        again=_summary(questionnaire, form, problems, sentence, language) if fields is not None else None,
        ack_key=ack_key, sealing=sealing or {},
    )


def _summary(
    questionnaire: Questionnaire, form: Form, problems: Sequence[Problem], sentence: str, language: str
) -> dict[str, object]:
    items = {item.id: item for part in form.sections for item in part.items}
    fixed = words(language)
    listed: list[tuple[str | None, str]] = [(None, sentence)] if sentence else []
    for problem in problems:
        item = items.get(question_of(questionnaire, problem) or "")
        place = f"{fixed['question'].format(number=item.number)}: " if item else ""
        listed.append((item.first_input if item else None, place + problem.sentence))
    return {"title": fixed["problems_title"].format(number=len(listed)), "problems": listed}
