"""Rows of a wave's long tables, drawn here because a page has a thousand cells, and kept between requests.

What is not a number of ours is escaped.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from markupsafe import Markup, escape

from app import numerals, wave_words
from app.kept import Kept
from app.language import current
from app.language import translate as _
from app.refresh import Comparison
from app.result_words import Phrases
from surveys import methods
from surveys.captions import Captions
from surveys.methods import Compared
from surveys.progress import Counts, Progress, Row
from surveys.publication import Draft
from surveys.reading import unit_order
from surveys.score_fields import Record
from surveys.units import UnitTree
from surveys.waves import Wave

KEPT = 32
"""tables in memory; one takes some 50 KB"""


def counts(found: Progress) -> Mapping[str, Markup]:
    """Unit code -> its row of progress; '' -> the cells of the sum. Drawn once per progress and language."""
    return _COUNTS.of((found, current()), lambda: {
        "": _counts(found.whole, found), **{row.unit.code: _unit(row, found) for row in found.rows},
    })


def _unit(row: Row, found: Progress) -> Markup:
    if row.counts.answers:
        return Markup('<tr><th scope="row">{}</th>{}</tr>\n').format(row.unit.name, _counts(row.counts, found))
    return Markup('<tr class="silent"><th scope="row">{} <span class="tag">{}</span></th>{}</tr>\n').format(
        row.unit.name, _("chưa có phiếu"), _counts(row.counts, found)
    )


def _counts(of: Counts, found: Progress) -> Markup:
    drawn = [
        f'<td class="number">{number} <span class="soft">({share})</span></td>' if share
        else f'<td class="number">{number}</td>'
        for number, share in wave_words.cells(of, found)
    ]
    return Markup("".join(drawn))  # noqa: S704  # numbers of ours


@dataclass(frozen=True)
class Side:
    """Rows of two methods side by side, all of which may be shown."""

    whole: Markup
    """the province; '' where it is not shown"""
    parts: Sequence[Markup]
    items: Sequence[Markup]
    units: Sequence[tuple[str, Markup]]
    """(unit code, row)"""
    turned: Sequence[Markup]
    """units with another verdict"""
    hidden: int


def compared(found: Comparison, wave: Wave, tree: UnitTree, about: Captions, say: Phrases) -> Side:
    """Drawn once per comparison and language."""
    return _SIDES.of(
        (found, tree, about.index.content, current()), lambda: _compared(found.records, wave, tree, about, say)
    )


def _compared(records: Sequence[Compared], wave: Wave, tree: UnitTree, about: Captions, say: Phrases) -> Side:
    order = {record["unit"]: unit_order(tree.unit(record["unit"])) for record in records}
    seen = sorted(methods.shown(records), key=lambda record: order[record["unit"]])
    province = [record for record in seen if record["unit"] == wave.province_code]
    units = [record for record in seen if record["measure"] == "overall" and record["unit"] != wave.province_code]

    def measure(record: Compared) -> Markup:
        return _two(about.title(record["measure"], current()), record, say)

    return Side(
        whole=Markup("").join(measure(record) for record in province if record["measure"] == "overall"),
        parts=[measure(record) for record in province if record["measure"].startswith(("part:", "factor:"))],
        items=[measure(record) for record in province if record["measure"].startswith("item:")],
        units=[(record["unit"], _two(record["unit_name"], record, say)) for record in units],
        turned=[_two(record["unit_name"], record, say) for record in methods.turned(units)],
        hidden=sum(record["measure"] == "overall" and not record["shown"] for record in records),
    )


def _two(name: str, record: Compared, say: Phrases) -> Markup:
    a, b = record["verdict_a"], record["verdict_b"]
    verdict = escape(wave_words.verdict(a))
    if a != b:
        verdict += Markup(" → <strong>{}</strong>").format(wave_words.verdict(b))
    return Markup(
        '<tr><th scope="row">{}</th><td class="number">{}</td><td class="number">{}</td><td class="number">{}</td>'
        "<td>{}</td></tr>\n"
    ).format(name, _estimate(record, "a", say), _estimate(record, "b", say), _difference(record), verdict)


def _estimate(record: Compared, side: str, say: Phrases) -> Markup | str:
    if record[f"estimate_{side}"] is None:
        return numerals.NOTHING
    interval = _(
        "từ {low} đến {high}", low=say.share(record[f"ci_low_{side}"]), high=say.share(record[f"ci_high_{side}"])
    )
    return Markup('<strong>{}</strong><br><span class="soft">{}; n = {}</span>').format(
        say.share(record[f"estimate_{side}"]), interval, numerals.count(record[f"n_{side}"], current())
    )


def _difference(record: Compared) -> Markup | str:
    moved = record["difference"]
    if moved is None:
        return numerals.NOTHING
    said = f"{'+' if moved > 0 else ''}{_points(moved)}"
    if record["difference_se"] is None:
        return said
    interval = _(
        "từ {low} đến {high}", low=_points(record["difference_low"]), high=_points(record["difference_high"])
    )
    return Markup('{}<br><span class="soft">{}</span>').format(said, interval)


def _points(share: float | None) -> str:
    return numerals.decimal(None if share is None else share * 100, current())


def changes(made: Draft, about: Captions, say: wave_words.Figures, most: int) -> Sequence[Markup]:
    """What a correction would change, the overall figures first; drawn once per draft and language."""
    def draw() -> Sequence[Markup]:
        pairs = sorted(made.changes, key=lambda pair: pair[1]["measure"] != "overall")
        return [_changed(old, new, about, say) for old, new in pairs[:most]]

    return _CHANGES.of((made, about.index.content, current(), most), draw)


def _changed(old: Record, new: Record, about: Captions, say: wave_words.Figures) -> Markup:
    return Markup(
        '<tr><th scope="row">{}</th><td>{}</td><td class="number">{}</td><td class="number">{}</td></tr>\n'
    ).format(new["unit_name"], about.title(new["measure"], current()), say.figure(old), say.figure(new))


_COUNTS: Kept[Mapping[str, Markup]] = Kept(KEPT)
_SIDES: Kept[Side] = Kept(KEPT)
_CHANGES: Kept[Sequence[Markup]] = Kept(KEPT)


def forget() -> None:
    """As a fresh process, for benchmarks."""
    _COUNTS.forget()
    _SIDES.forget()
    _CHANGES.forget()
