"""What definitions are made of, in the reader's words: kinds, rules, states of drafts, where a question comes from."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from app.language import current
from surveys.questionnaires.lineage import differing
from surveys.questionnaires.model import Question, Text

Pair = tuple[str, str]

KINDS: Mapping[str, Pair] = {
    "questionnaire": ("Phiếu hỏi", "Questionnaire"),
    "index": ("Phương pháp tính chỉ số", "Index method"),
    "targets": ("Mục tiêu của chỉ số", "Targets of an index"),
    "fields": ("Danh mục lĩnh vực", "List of fields"),
    "translation": ("Bản dịch của phiếu hỏi", "Translation of a questionnaire"),
    "recordings": ("Bản ghi âm của phiếu hỏi", "Recordings of a questionnaire"),
}
SHELVES: Mapping[str, Pair] = {
    "questionnaire": ("Phiếu hỏi", "Questionnaires"),
    "index": ("Phương pháp tính chỉ số", "Index methods"),
    "fields": ("Danh mục lĩnh vực thủ tục hành chính", "Lists of fields of procedures"),
}
STATES: Mapping[str, Pair] = {
    "draft": ("Đang soạn", "Being written"),
    "proposed": ("Chờ người thứ hai phê duyệt", "Waiting for a second person"),
    "approved": ("Đã phê duyệt", "Approved"),
    "rejected": ("Bị trả lại để sửa", "Sent back to be mended"),
}
AUDIENCES: Mapping[str, Pair] = {
    "transaction": ("Sau khi làm thủ tục", "After a procedure"),
    "household": ("Hộ gia đình", "Households"),
    "counter": ("Tại quầy", "At the counter"),
}
QUESTIONS: Mapping[str, Pair] = {
    "scale": ("Mức độ (thang điểm)", "Scale"),
    "choice": ("Chọn một ý", "One choice"),
    "several": ("Chọn nhiều ý", "Several choices"),
    "text": ("Viết tự do", "Free text"),
}
WORDING: Mapping[str, Pair] = {
    "unconfirmed": ("Chưa đối chiếu với văn bản chính thức", "Not yet held against the official document"),
    "confirmed": ("Đúng nguyên văn văn bản chính thức", "Exactly as in the official document"),
}
RELATIONS: Mapping[str, Pair] = {
    "": ("Không ghi", "Not said"),
    "same": ("Giữ nguyên", "Same"),
    "reworded": ("Sửa lời văn", "Reworded"),
    "new": ("Câu mới", "New"),
    "changed": ("Sửa lựa chọn trả lời", "Other choices"),
    "gone": ("Không hỏi", "Not asked"),
    "first": ("Có", "Asked"),
}
FACES: Mapping[str, Pair] = {
    "": ("Không hình", "No picture"),
    "face-1": ("Rất không hài lòng", "Very dissatisfied"),
    "face-2": ("Không hài lòng", "Dissatisfied"),
    "face-3": ("Bình thường", "Neutral"),
    "face-4": ("Hài lòng", "Satisfied"),
    "face-5": ("Rất hài lòng", "Very satisfied"),
}
AGGREGATIONS: Mapping[str, Pair] = {
    "pooled_answers": (
        "Gộp mọi câu trả lời: số lượt hài lòng chia cho số lượt trả lời hợp lệ",
        "All answers pooled: satisfied answers over valid answers",
    ),
    "mean_of_criteria": ("Trung bình cộng tỷ lệ của các câu hỏi", "Mean of the items’ shares"),
    "mean_of_factors": ("Trung bình cộng của các yếu tố", "Mean of the factors"),
    "given_weights": ("Theo trọng số ghi ở cây tiêu chí", "By the weights given in the tree"),
}
NOT_APPLICABLE: Mapping[str, Pair] = {
    "exclude": ("Không tính vào số lượt trả lời", "Not counted as an answer"),
    "not_satisfied": ("Tính vào số lượt trả lời, là chưa hài lòng", "Counted as an answer, not satisfied"),
}
CRITERIA: Mapping[str, Pair] = {
    "overall": ("Chỉ số chung", "Overall"), "part": ("Phần", "Part"), "factor": ("Yếu tố", "Factor"),
}
INTERVALS: Mapping[str, Pair] = {
    "item": ("Cho từng câu hỏi", "For single items"),
    "pooled": ("Cho yếu tố, phần và chỉ số chung", "For factors, parts and the overall figure"),
    "mean": ("Cho điểm trung bình", "For mean scores"),
}
METHODS: Mapping[str, str] = {
    "korn_graubard_hybrid": "Korn–Graubard (lai)", "wilson": "Wilson", "logit": "Logit",
    "wilson_pooled": "Wilson", "korn_graubard_pooled": "Korn–Graubard", "t": "Student t",
}
OPERATORS: Mapping[str, Pair] = {">=": ("từ … trở lên (≥)", "at least (≥)"), ">": ("trên (>)", "above (>)")}
LANGUAGES: Mapping[str, Pair] = {"vi": ("Tiếng Việt", "Vietnamese"), "en": ("Tiếng Anh", "English")}


def say(table: Mapping[str, Pair], key: str) -> str:
    """The word for a code; an unknown code (a faulty draft) is shown as itself."""
    pair = table.get(key)
    return key if pair is None else pair[0 if current() == "vi" else 1]


def choices(table: Mapping[str, Pair], *, chosen: str = "") -> list[tuple[str, str]]:
    """(code, word) for a select; a code that the table lacks is kept in sight."""
    found = [(key, say(table, key)) for key in table]
    return found if not chosen or chosen in table else [(chosen, chosen), *found]


def in_language(text: Mapping[str, object] | Text) -> str:
    """A wording in the reader's language, else Vietnamese."""
    found = text.get(current()) or text.get("vi") or ""
    return str(found)


def state_between(before: Question | None, now: Question | None) -> str:
    """What became of a question from one version to the next; a key of RELATIONS."""
    if now is None:
        return "gone"
    if before is None:
        return "first"
    parts = differing(before, now)
    if not parts:
        return "same"
    return "reworded" if parts == ("text",) else "changed"


def remark_of(question: Question) -> str:
    """Its writer's own remark: 'Sửa lời văn của sipas-transaction/q3: …'."""
    if question.lineage is None:
        return ""
    lineage = question.lineage
    said = say(RELATIONS, lineage.relation) + (f": {lineage.of}" if lineage.of else "")
    return f"{said} – {lineage.note}" if lineage.note else said


@dataclass(frozen=True)
class Place:
    """A fault as a page shows it."""

    link: str
    sentence: str
    line: int | None
