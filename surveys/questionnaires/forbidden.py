"""What no questionnaire here may ask: whatever would tell who answered.

Basis: the citizens' page promises that the form asks for no name, telephone or identity number; a
self-written ethnic group, or the hamlet, with age and sex can name a person in a hamlet of 100 households
(Law 91/2025/QH15 on personal data; NĐ 13/2023 listed ethnic origin as sensitive). The check is a guard
against forgetting, not against malice: a second person approves every upload.
"""

from __future__ import annotations

import re

from surveys.questionnaires.model import Question

FORBIDDEN_IDS = frozenset({
    "name", "full_name", "fullname", "ho_ten", "phone", "telephone", "mobile", "dien_thoai", "email", "zalo",
    "address", "dia_chi", "hamlet", "thon", "village", "id_number", "identity", "cccd", "cmnd", "passport",
    "birthday", "birth_date", "date_of_birth", "ngay_sinh", "dossier", "ma_ho_so",
})
"""ids that say what a question is after, whatever its wording"""

FORBIDDEN_IN_FREE_TEXT = {
    "vi": (
        "họ tên", "họ và tên", "tên của ông/bà", "số điện thoại", "thư điện tử", "email", "căn cước", "cccd",
        "chứng minh nhân dân", "số định danh", "địa chỉ", "ngày sinh", "thôn", "tổ dân phố", "dân tộc",
        "mã hồ sơ", "số hồ sơ",
    ),
    "en": (
        "your name", "full name", "phone", "telephone", "e-mail", "email", "identity number", "passport",
        "address", "date of birth", "hamlet", "ethnic", "dossier number",
    ),
}
"""words that a question with a free answer may not hold; a choice among given options may"""

_PATTERNS = {
    language: re.compile(r"(?<!\w)(?:" + "|".join(map(re.escape, words)) + r")(?!\w)", re.IGNORECASE)
    for language, words in FORBIDDEN_IN_FREE_TEXT.items()
}


def asks_for(question: Question) -> str | None:
    """The forbidden id or word that a question holds, or None."""
    if question.id in FORBIDDEN_IDS:
        return question.id
    if question.kind != "text":
        return None
    for language, pattern in _PATTERNS.items():
        if found := pattern.search(question.text.get(language, "")):
            return found[0]
    return None
