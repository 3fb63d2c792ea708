"""Builds docs/components.html from the real templates: every component in every state.

Run it after a component changed: ./hailong exec python docs/build_components.py
"""

from __future__ import annotations

import sys
from pathlib import Path

DOCS = Path(__file__).resolve().parent
sys.path.insert(0, str(DOCS.parent))

from app.form_view import Item, Problem, form_view  # noqa: E402
from app.templating import new_environment  # noqa: E402
from surveys.questionnaires.model import (  # noqa: E402
    Condition,
    Option,
    Question,
    Questionnaire,
    Section,
)

PAGE = DOCS / "components.html"
SCALE = ("Rất không hài lòng", "Không hài lòng", "Bình thường", "Hài lòng", "Rất hài lòng")


def _options(*texts: str, faces: bool = False) -> tuple[Option, ...]:
    return tuple(
        Option(str(place), {"vi": text}, f"face-{place}" if faces else None)
        for place, text in enumerate(texts, 1)
    )


def _scale(id: str, text: str) -> Question:
    return Question(
        id=id, kind="scale", text={"vi": text}, options=_options(*SCALE, faces=True), required=True,
        not_applicable=True,
    )


def sample() -> Questionnaire:
    """A small questionnaire with one question of every kind and state."""
    questions = (
        _scale("empty", "Thang đo: chưa trả lời"),
        _scale("chosen", "Thang đo: đã chọn một mức"),
        _scale("skipped", "Thang đo: đã bỏ qua"),
        _scale("outside", "Thang đo: không thuộc trường hợp của tôi"),
        _scale("wrong", "Thang đo: còn chỗ cần xem lại"),
        Question(
            id="field", kind="choice", text={"vi": "Chọn một: thủ tục của Ông/Bà thuộc lĩnh vực nào?"},
            options=_options("Đất đai", "Hộ tịch", "Chứng thực"), required=True,
            hint={"vi": "Nếu làm nhiều thủ tục, Ông/Bà chọn thủ tục gần đây nhất."},
        ),
        Question(
            id="sex", kind="choice", text={"vi": "Chọn một, câu nhạy cảm"}, sensitive=True,
            options=_options("Nam", "Nữ"),
        ),
        Question(
            id="reasons", kind="several", text={"vi": "Chọn nhiều: vì sao Ông/Bà chưa hài lòng?"},
            options=_options("Phải chờ lâu", "Phải đi lại nhiều lần", "Hướng dẫn chưa rõ"),
            shown_if=Condition("empty", frozenset("12")),
        ),
        Question(
            id="comment", kind="text", text={"vi": "Viết thêm: Ông/Bà có góp ý gì khác?"}, max_length=1000
        ),
    )
    section = Section("sample", {"vi": "Các câu hỏi"}, None, questions)
    return Questionnaire("components", "counter", {"vi": "Mẫu"}, (section,), ("vi",), content="components")


def items() -> dict[str, Item]:
    fields = {"chosen": "4", "skipped": "0", "outside": "-", "reasons_2": "1"}
    problems = [Problem("wrong", "Ông/Bà chưa trả lời câu này. Xin chọn một ý, hoặc chọn “Bỏ qua câu này”.")]
    return {item.id: item for item in form_view(sample(), "vi", fields, problems).sections[0].items}


def build() -> str:
    """The whole page as text; static files are addressed from docs/, without their versions."""
    environment = new_environment(DOCS)
    environment.globals["asset"] = lambda name: f"../app/static/{name}"
    page = environment.get_template("components.template.html")
    return page.render(items=items(), language="vi", simulated=True)


if __name__ == "__main__":
    PAGE.write_text(build(), encoding="utf-8")
