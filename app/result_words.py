"""How figures of a wave are said on pages and in files: one wording for each concept, Vietnamese, then English.

Knows no web framework. What depends on the wave (level, rounding, minimum, options that count as satisfied) comes
from its own index definition; `Phrases` puts both together.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass

from app import numerals
from app.wording import WORDS
from surveys.captions import Captions
from surveys.indexes.model import IndexDefinition
from surveys.reading import Shown
from surveys.targets import Goal
from surveys.waves import Wave

Pair = tuple[str, str]

SERIES: Mapping[str, Pair] = {
    "official": ("Số liệu chính thức", "Official figures"),
    "monitoring": ("Số liệu theo dõi", "Monitoring figures"),
}
BASES: Mapping[str, Pair] = {
    "sample": ("Người được chọn mẫu", "Drawn sample"),
    "dossiers": ("Theo hồ sơ đã trả kết quả", "Every closed dossier"),
    "household": ("Hộ gia đình được chọn mẫu", "Drawn households"),
    "open": ("Mã QR dùng chung", "Shared QR code"),
}
OPEN_OFFICIAL: Pair = ("mẫu tự nguyện", "voluntary sample")
OPEN_MONITORING: Pair = ("chỉ để theo dõi", "for monitoring only")
LEVELS: Mapping[str, Pair] = {
    "nation": ("Cả nước", "Nation"),
    "province": ("Tỉnh, thành phố", "Province"),
    "district": ("Huyện, quận, thị xã, thành phố", "District"),
    "commune": ("Xã, phường, đặc khu", "Commune"),
    "department": ("Sở, ban, ngành", "Department"),
    "centre": ("Trung tâm Phục vụ hành chính công", "One-stop centre"),
    "counter": ("Quầy", "Counter"),
    "other": ("Đơn vị khác", "Other unit"),
}
STATES: Mapping[str, Pair] = {
    "planned": ("Chưa mở", "Not opened"),
    "open": ("Đang thu thập", "Collecting"),
    "closed": ("Kết thúc thu thập", "Collection ended"),
    "fixed": ("Chốt số liệu", "Figures fixed"),
    "published": ("Công bố", "Published"),
    "corrected": ("Đính chính", "Corrected"),
}
VERDICTS: Mapping[str, Pair] = {
    "met": ("Đạt mục tiêu", "Target met"),
    "not_met": ("Chưa đạt mục tiêu", "Target not met"),
    "not_enough_evidence": ("Chưa đủ căn cứ kết luận", "Not enough evidence"),
}
BANDS: Mapping[str, Pair] = {
    "above": ("Cao hơn rõ rệt so với mức chung của tỉnh", "Clearly above the province"),
    "unclear": ("Chưa phân biệt được so với mức chung của tỉnh", "Not told apart from the province"),
    "below": ("Thấp hơn rõ rệt so với mức chung của tỉnh", "Clearly below the province"),
    "none": ("Không có số liệu riêng", "No figure of its own"),
}
TOO_FEW: Pair = ("Không tính riêng (dưới {minimum_n} phiếu)", "No figure of its own (fewer than {minimum_n} answers)")
PROTECTED: Pair = ("Không hiển thị để bảo vệ người trả lời", "Not shown, to protect respondents")
LOW_RESPONSE: Pair = (
    "Không công bố vì tỷ lệ trả lời thấp (dưới {minimum_rate})",
    "Not published: the response rate is low (under {minimum_rate})",
)
NO_WEIGHT: Pair = ("Mọi phiếu có quyền số bằng 0", "Every answer has a weight of 0")
NO_ANSWERS: Pair = ("Chưa có phiếu", "No answers")
REASONS: Mapping[Shown, Pair] = {
    Shown.TOO_FEW: TOO_FEW, Shown.PROTECTED: PROTECTED, Shown.LOW_RESPONSE: LOW_RESPONSE,
    Shown.NO_WEIGHT: NO_WEIGHT, Shown.NONE: NO_ANSWERS,
}
"""why there is no figure; {minimum_n} and {minimum_rate} are the index's"""
FLAGS: Mapping[str, Pair] = {
    "no_answers": NO_ANSWERS,
    "zero_weight": NO_WEIGHT,
    "small_n": TOO_FEW,
    "few_psus": ("Dưới 8 đơn vị mẫu cấp một", "Fewer than 8 primary sampling units"),
    "degenerate": (
        "Các phiếu không khác nhau nên chưa thấy được sai số",
        "The answers do not differ, so that no error shows",
    ),
    "single_psu_stratum": (
        "Có tầng chỉ gồm một đơn vị mẫu, tính là không góp phương sai",
        "A stratum has a single primary sampling unit and contributes no variance",
    ),
    "pooled_deff": (
        "Khoảng tin cậy có dùng thêm hệ số thiết kế của nhóm đơn vị cùng loại hoặc của toàn đợt",
        "The interval also draws on the design effect of units of this kind, or of the whole wave",
    ),
    "pooled_df": (
        "Bậc tự do lấy của nhóm đơn vị cùng loại hoặc của toàn đợt",
        "Degrees of freedom of units of this kind, or of the whole wave",
    ),
    "unknown_deff": (
        "Chưa ước lượng được hệ số thiết kế, tính bằng 1",
        "The design effect could not be estimated and counts as 1",
    ),
    "incomplete_criteria": ("Có tiêu chí chưa có phiếu trả lời", "A criterion has no answers"),
    "population_weighted": (
        "Quyền số theo số hồ sơ đã trả kết quả của đơn vị",
        "Weighted by the unit's number of closed dossiers",
    ),
    "population_missing": (
        "Thiếu số hồ sơ của đơn vị, tạm dùng quyền số bình quân",
        "The unit's number of dossiers is missing; the mean weight stands in",
    ),
    "fpc_ignored": (
        "Số đơn vị trong tầng mâu thuẫn với mẫu nên không dùng",
        "The stratum's population count contradicts the sample and is not used",
    ),
    "voluntary_sample": ("Mẫu tự nguyện", "Voluntary sample"),
    "conditional_interval": (
        "Khoảng tin cậy chỉ đúng nếu người tự nguyện trả lời cũng như mọi người khác",
        "The interval holds only if volunteers are like everybody else",
    ),
    "low_response": LOW_RESPONSE,
    "protected": PROTECTED,
    "monitoring": ("Chỉ để theo dõi, không công bố", "For monitoring only, not published"),
    "simulated": ("Số liệu mô phỏng", "Simulated data"),
    "training": ("Đợt tập huấn, không tính vào kết quả", "Training wave, not counted in any result"),
}
AGGREGATIONS: Mapping[str, Pair] = {
    "pooled_answers": (
        "Gộp mọi ý kiến hợp lệ: số ý kiến hài lòng chia cho số ý kiến hợp lệ, đã gia quyền",
        "All valid answers together: satisfied answers over valid answers, weighted",
    ),
    "mean_of_criteria": ("Trung bình cộng các tiêu chí", "Mean of the criteria"),
    "mean_of_factors": ("Trung bình cộng các yếu tố", "Mean of the factors"),
    "given_weights": ("Trung bình theo trọng số đã cho", "Mean with given weights"),
}
FORMATS: Mapping[str, Pair] = {
    "xlsx": ("Bảng tính Excel (XLSX)", "Excel workbook (XLSX)"),
    "csv": ("Văn bản CSV", "CSV text"),
    "json": ("Dữ liệu JSON", "JSON data"),
}


def said(words: Mapping[str, Pair], key: str, language: str = "vi") -> str:
    """The wording of a code; an unknown code is shown as itself rather than hidden."""
    pair = words.get(key)
    return key if pair is None else _in(pair, language)


def target_said(goal: Goal, language: str = "vi") -> str:
    """'trên 85%' is strict, '95% trở lên' is not."""
    share = numerals.level(goal.value, language)
    if language == "en":
        return f"above {share}" if goal.operator == ">" else f"{share} or more"
    return f"trên {share}" if goal.operator == ">" else f"{share} trở lên"


def _in(pair: Pair, language: str) -> str:
    return pair[1 if language == "en" else 0]


def _run_on(sayings: Iterable[str]) -> str:
    """Sayings in one line: only the first begins with a capital."""
    first, *others = [*sayings] or [""]
    return "; ".join([first, *(other[:1].lower() + other[1:] for other in others)])


@dataclass(frozen=True)
class Phrases:
    """What is said of one wave's figures."""

    wave: Wave
    index: IndexDefinition
    options: tuple[str, ...]
    """wording of the options that count as satisfied"""
    language: str = "vi"

    @classmethod
    def of(cls, captions: Captions, language: str = "vi") -> Phrases:
        options = tuple(text.get(language, text["vi"]) for text in captions.satisfied)
        return cls(captions.wave, captions.index, options, language)

    @property
    def mark(self) -> str:
        """What stands on every page and sheet of these figures; '' once real ones are issued."""
        return _in(WORDS[self.mark_key], self.language) if self.mark_key else ""

    @property
    def mark_key(self) -> str:
        return self.wave.mark or ("" if self.wave.issued else "draft")

    @property
    def level(self) -> str:
        """Of the intervals: '95%'."""
        return numerals.level(self.index.interval.level, self.language)

    @property
    def satisfied(self) -> str:
        """'“Hài lòng” và “Rất hài lòng”'"""
        quoted = [f"“{option}”" for option in self.options]
        and_ = " and " if self.language == "en" else " và "
        return and_.join(filter(None, [", ".join(quoted[:-1]), *quoted[-1:]]))

    def share(self, value: float | None) -> str:
        """'80,43%', with the decimals of the index."""
        return numerals.percent(value, self.language, self.index.rounding.digits)

    def score(self, value: float | None) -> str:
        """A mean score: '4,13'."""
        return numerals.decimal(value, self.language)

    def basis(self, word: str) -> str:
        """Why people were asked; of the shared QR code, whether its answers are official in this wave."""
        name = said(BASES, word, self.language)
        if word != "open":
            return name
        official = any(basis.word == word for basis in self.wave.official)
        return f"{name} ({_in(OPEN_OFFICIAL if official else OPEN_MONITORING, self.language)})"

    def reason(self, shown: Shown) -> str:
        """Why there is no figure."""
        return self._filled(REASONS[shown])

    def flags(self, flags: Iterable[str]) -> str:
        """Remarks on a figure, one after the other."""
        return _run_on(self._filled(FLAGS[flag]) if flag in FLAGS else flag for flag in flags)

    def word(self, words: Mapping[str, Pair], key: str) -> str:
        """The wording of a code in one of the tables above."""
        return said(words, key, self.language)

    def bases(self, words: Sequence[str]) -> str:
        return _run_on(self.basis(word) for word in words)

    def _filled(self, pair: Pair) -> str:
        minimum = numerals.level(self.index.minimum_response_rate, self.language)
        return _in(pair, self.language).format(minimum_n=self.index.minimum_n, minimum_rate=minimum)
