"""What the pages of waves say of a checklist, of what is next, and of two methods."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from datetime import date

from app import numerals
from app.language import current
from app.language import translate as _
from app.result_words import AGGREGATIONS, BASES, STATES, VERDICTS, Phrases, said
from surveys.conduct import Check
from surveys.indexes.model import IndexDefinition
from surveys.methods import Unlike
from surveys.origin import Basis, Mode
from surveys.progress import Counts, Progress
from surveys.score_fields import Record
from surveys.waves import State, Wave

MODES: Mapping[Mode, tuple[str, str]] = {
    Mode.PHONE: ("Điện thoại", "Phone"),
    Mode.KIOSK: ("Máy đánh giá tại quầy", "Kiosk"),
    Mode.PAPER: ("Phiếu giấy", "Paper"),
    Mode.INTERVIEWER: ("Điều tra viên hỏi trực tiếp", "Interviewer"),
    Mode.TELEPHONE: ("Hỏi qua điện thoại", "Telephone"),
    Mode.POST: ("Qua bưu điện", "Post"),
    Mode.IMPORT: ("Nhập từ tệp", "Imported"),
}


def day(value: date | None) -> str:
    """'01/07/2026'; '–' where there is none."""
    return "–" if value is None else f"{value:%d/%m/%Y}"


def days(wave: Wave) -> str:
    """From when to when answers are taken."""
    if wave.opens is None and wave.closes is None:
        return _("chưa định ngày")
    if wave.closes is None:
        return _("từ {opens}, chưa định ngày cuối cùng", opens=day(wave.opens))
    if wave.opens is None:
        return _("đến hết {closes}", closes=day(wave.closes))
    return _("từ {opens} đến {closes}", opens=day(wave.opens), closes=day(wave.closes))


def state(value: State) -> str:
    return said(STATES, value.value, current())


def basis(one: Basis | str) -> str:
    return said(BASES, one if isinstance(one, str) else one.word, current())


def mode(one: Mode) -> str:
    return MODES[one][1 if current() == "en" else 0]


def bases(words: Iterable[Basis | str]) -> str:
    return "; ".join(basis(word) for word in words)


def verdict(code: str | None) -> str:
    return "–" if code is None else said(VERDICTS, code, current())


def check(line: Check) -> str:
    """A line of the checklist as a sentence."""
    told = dict(line.details)
    if "bases" in told:
        told["bases"] = bases(line.details["bases"])  # type: ignore[arg-type]  # conduct lists words
    for name in ("day", "opens", "closes"):
        if name in told:
            told[name] = day(told[name])  # type: ignore[arg-type]  # conduct puts days there
    if "value" in told:
        level = numerals.level(float(str(told["value"])), current())
        strict = told["operator"] == ">"
        told["target"] = _("trên {level}", level=level) if strict else _("{level} trở lên", level=level)
    return _CHECKS[line.code](told)


Told = Mapping[str, object]

_CHECKS: Mapping[str, Callable[[Told], str]] = {
    "form_approved": lambda d: _("Phiếu hỏi {name} đã được phê duyệt, gồm {questions} câu.", **d),
    "form_newer": lambda d: _("Phiếu hỏi {name} có bản mới hơn; bấm Sửa rồi Lưu để dùng.", **d),
    "form_unapproved": lambda d: _("Phiếu hỏi {name} chưa được người thứ hai phê duyệt.", **d),
    "method": lambda d: _("Phương pháp {index} tính từ phiếu này, dùng {items} câu.", **d),
    "method_newer": lambda d: _("Phương pháp {index} có bản mới hơn; bấm Sửa rồi Lưu để dùng.", **d),
    "method_unapproved": lambda d: _("Phương pháp {index} chưa được người thứ hai phê duyệt.", **d),
    "method_unfit": lambda d: _("Phương pháp {index} không khớp phiếu {questionnaire} (thiếu câu: {items}).", **d),
    "units": lambda d: _("{units} đơn vị được đánh giá, theo danh mục ngày {day}.", **d),
    "units_none": lambda d: _("Danh mục ngày {day} chưa có đơn vị trực thuộc nào của tỉnh.", **d),
    "days": lambda d: _("Nhận ý kiến từ {opens} đến {closes} ({number} ngày).", **d),
    "days_open": lambda d: _("Chưa đủ ngày bắt đầu và ngày cuối cùng; đợt chỉ dừng khi có người bấm kết thúc.", **d),
    "days_past": lambda d: _("Ngày cuối cùng {closes} đã qua, nên mở ra cũng không nhận được ý kiến nào.", **d),
    "bases": lambda d: _("Nguồn tính vào số liệu chính thức: {bases}.", **d),
    "bases_unfit": lambda d: _("Loại phiếu này không có ý kiến nào từ nguồn đã chọn ({bases}).", **d),
    "bases_open": lambda d: _(
        "Mã QR dùng chung được tính là chính thức: mọi số liệu sẽ ghi “mẫu tự nguyện”, vì ai quét mã cũng trả lời được."
    ),
    "bases_household": lambda d: _(
        "Phiếu hộ gia đình cần danh sách hộ được chọn mẫu; khi nhập phiếu phải ghi tầng và đơn vị mẫu cấp một."
    ),
    "populations": lambda d: _("Đã có số hồ sơ của {counted} trên {units} đơn vị.", **d),
    "populations_none": lambda d: _("Chưa có số hồ sơ của đơn vị nào; khi đó mỗi phiếu có quyền số như nhau.", **d),
    "target": lambda d: _("Mục tiêu của chỉ số chung: {target}.", **d),
    "target_none": lambda d: _("Chưa có mục tiêu vào ngày khảo sát: kết quả sẽ không kết luận đạt hay chưa đạt."),
    "places": lambda d: _("Có {points} điểm đánh giá và {slips} thẻ mời.", **d),
    "places_none": lambda d: _("Chưa có điểm đánh giá hay thẻ mời nào: người dân chưa có cách trả lời."),
}


def coming(wave: Wave, today: date) -> str:
    """What is to be done next with the wave, in one sentence."""
    if wave.state is State.PLANNED:
        return _("Xem danh mục việc cần có rồi mở đợt khảo sát.")
    if wave.state is State.OPEN and not wave.collected(today):
        return _("Theo dõi tiến độ; hết ngày thì kết thúc thu thập.")
    if wave.state is State.OPEN:
        return _("Đã hết ngày nhận ý kiến: kết thúc thu thập.")
    if wave.state is State.CLOSED and wave.takes_late_paper(today):
        return _("Đang chờ phiếu giấy đến muộn tới {day}; sau đó chốt số liệu.", day=day(wave.late_until))
    if wave.state is State.CLOSED:
        return _("Chốt số liệu.")
    if wave.state is State.FIXED:
        return _("Đề nghị công bố theo quyết định; người thứ hai xác nhận.")
    return _("Đã công bố. Nếu có sai sót thì đính chính.")


def cells(counts: Counts, found: Progress) -> list[tuple[str, str]]:
    """A unit's counts in the order of the table's columns, each with its share, if it has one."""
    population = "–" if counts.population is None else numerals.count(counts.population)
    numbers = [
        *(counts.by_basis[basis] for basis in found.bases), *(counts.by_mode[mode] for mode in found.modes),
        counts.points, counts.issued,
    ]
    return [
        (numerals.count(counts.answers), ""), (population, _part(counts.share)),
        *((numerals.count(number), "") for number in numbers),
        (numerals.count(counts.returned), _part(counts.returned_share)), (numerals.count(counts.expired), ""),
    ]


def _part(share: float | None) -> str:
    return "" if share is None else numerals.percent(share, current(), 0)


@dataclass(frozen=True)
class Figures:
    """A figure of a table in one line, with its interval."""

    say: Phrases

    def figure(self, record: Record) -> str:
        if record["estimate"] is None:
            return "–"
        score = record["measure"].startswith("mean:")
        one = self.say.score if score else self.say.share
        return _(
            "{value} (từ {low} đến {high})", value=one(record["estimate"]), low=one(record["ci_low"]),
            high=one(record["ci_high"]),
        )


def unlike(one: Unlike, a: IndexDefinition, b: IndexDefinition) -> str:
    """What two methods do differently."""
    items = ", ".join(one.items)
    told = {"a": _method_value(one, one.a, a), "b": _method_value(one, one.b, b)}
    sentences: Mapping[str, Callable[[], str]] = {
        "satisfied": lambda: _("Mức được tính là hài lòng: {a} → {b}.", **told),
        "aggregation": lambda: _("Cách gộp: {a} → {b}.", **told),
        "not_applicable": lambda: _("Câu “Không thuộc trường hợp của tôi”: {a} → {b}.", **told),
        "minimum_n": lambda: _("Số phiếu ít nhất để có số liệu riêng: {a} → {b}.", **told),
        "scores": lambda: _("Điểm của các mức trả lời khác nhau (chỉ đổi điểm trung bình)."),
        "items_added": lambda: _("Câu chỉ có trong phương pháp thứ hai: {items}.", items=items),
        "items_removed": lambda: _("Câu chỉ có trong phương pháp thứ nhất: {items}.", items=items),
        "factor": lambda: _("Câu chuyển sang yếu tố khác: {items}.", items=items),
        "weights": lambda: _("Trọng số của các tiêu chí khác nhau."),
        "attribution": lambda: _("Quy tắc quy kết quả cho nơi tiếp nhận hay nơi giải quyết khác nhau."),
        "target": lambda: _("Mục tiêu khác nhau."),
    }
    return sentences[one.code]()


def _method_value(one: Unlike, value: object, index: IndexDefinition) -> str:
    if one.code == "aggregation":
        return said(AGGREGATIONS, str(value), current())
    if one.code == "not_applicable":
        return _("tính là không hài lòng") if value == "not_satisfied" else _("không tính vào mẫu số")
    if isinstance(value, list):
        return ", ".join(str(each) for each in value)
    return str(value)
