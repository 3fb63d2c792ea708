"""The text that a new draft starts from: the version in force, or a small example with remarks for its writer.

The examples are whole and correct (a test reads them), so that a writer begins by changing, not by guessing.
They are in Vietnamese: those who write definitions are.
"""

from __future__ import annotations

from surveys import definition_parts
from surveys.definition_text import to_toml, written
from surveys.definitions import NAME
from surveys.fields import FieldList
from surveys.indexes.model import IndexDefinition
from surveys.questionnaires.model import Questionnaire


def text(kind: str, name: str, current: Questionnaire | IndexDefinition | FieldList | None) -> str:
    """kind: one of `drafts.KINDS`; current: the definition in force that the kind is or changes a part of."""
    own, _, language = name.partition("/")
    if isinstance(current, Questionnaire):
        return _from_questionnaire(kind, current, language)
    if isinstance(current, IndexDefinition) and kind == "targets":
        return to_toml(definition_parts.targets_document(current))
    if current is not None:
        return written(current)
    return EXAMPLES[kind].replace(_EXAMPLE_NAME, own if NAME.fullmatch(own) else _EXAMPLE_NAME)


def _from_questionnaire(kind: str, current: Questionnaire, language: str) -> str:
    if kind == "recordings":
        return to_toml(definition_parts.recordings_document(current))
    if kind == "translation":
        return to_toml(definition_parts.translation_document(current, language or "en"))
    return written(current)


_EXAMPLE_NAME = "phieu-mau"

QUESTIONNAIRE = """\
# Dòng bắt đầu bằng dấu thăng là ghi chú, hệ thống không đọc.
# Tên của phiếu: chữ thường không dấu, chữ số, dấu gạch nối. Phiên bản sau giữ nguyên tên này.
name = "phieu-mau"
# "transaction": sau khi làm thủ tục; "household": hộ gia đình; "counter": tại quầy.
kind = "transaction"
# Các ngôn ngữ của phiếu; luôn có "vi". Thêm "en" thì mọi lời văn phải có cả .vi và .en.
languages = ["vi"]
title.vi = "Phiếu lấy ý kiến về sự phục vụ"
source = "Quyết định số …, ngày …"

# Thang trả lời dùng chung cho nhiều câu. Mã lựa chọn (code) là một ký tự: 1 đến 9, A đến Z.
[[scales.muc_do]]
code = "1"
text.vi = "Rất không hài lòng"
[[scales.muc_do]]
code = "2"
text.vi = "Không hài lòng"
[[scales.muc_do]]
code = "3"
text.vi = "Bình thường"
[[scales.muc_do]]
code = "4"
text.vi = "Hài lòng"
[[scales.muc_do]]
code = "5"
text.vi = "Rất hài lòng"

# Mỗi [[sections]] là một phần của phiếu; các [[sections.questions]] bên dưới là câu hỏi của phần đó.
[[sections]]
id = "I"
title.vi = "Tiếp cận dịch vụ"
# Điều chung cho mọi câu của phần này:
each.kind = "scale"
each.scale = "muc_do"
each.required = true
each.not_applicable = true
each.wording = "unconfirmed"
each.source = "Đề xuất của Sở Nội vụ."

[[sections.questions]]
id = "q1"
text.vi = "Nơi ngồi chờ có đủ chỗ ngồi"

[[sections.questions]]
id = "q2"
text.vi = "Nơi tiếp nhận hồ sơ dễ tìm"

[[sections]]
id = "II"
title.vi = "Công chức trực tiếp giải quyết công việc"
each.wording = "unconfirmed"
each.source = "Đề xuất của Sở Nội vụ."

[[sections.questions]]
id = "q3"
kind = "scale"
scale = "muc_do"
required = true
text.vi = "Công chức hướng dẫn dễ hiểu"
# Không bắt buộc: câu này lấy từ đâu. "same": giữ nguyên; "reworded": sửa lời văn; "new": câu mới.
lineage = { relation = "new", note = "Chưa có ở phiếu nào trước đây." }

# Câu chọn nhiều ý, chỉ hỏi khi câu q3 được trả lời 1 hoặc 2.
[[sections.questions]]
id = "ly_do"
kind = "several"
text.vi = "Vì sao Ông/Bà chưa hài lòng?"
shown_if = { question = "q3", codes = ["1", "2"] }
options = [
  { code = "1", text.vi = "Hướng dẫn không rõ" },
  { code = "2", text.vi = "Phải đi lại nhiều lần" },
]

# Câu viết tự do. Không được hỏi họ tên, số điện thoại, địa chỉ, số định danh.
[[sections.questions]]
id = "gop_y"
kind = "text"
max_length = 1000
text.vi = "Ông/Bà có góp ý gì để nơi này phục vụ tốt hơn?"
"""

INDEX = """\
# Cách tính chỉ số từ một phiếu hỏi.
name = "phieu-mau"
# Tên của phiếu hỏi mà chỉ số này đọc.
questionnaire = "phieu-mau"
languages = ["vi"]
title.vi = "Chỉ số hài lòng"
source = "Quyết định số …, ngày …"
# Những lựa chọn được tính là hài lòng.
satisfied = ["4", "5"]
# "pooled_answers": gộp mọi câu trả lời; "mean_of_criteria": trung bình các câu;
# "mean_of_factors": trung bình các yếu tố; "given_weights": theo trọng số ghi ở cây tiêu chí.
aggregation = "pooled_answers"
# "exclude": câu "Không thuộc trường hợp của tôi" không tính; "not_satisfied": tính vào mẫu số.
not_applicable = "exclude"
# Ít hơn số phiếu này thì không tính riêng.
minimum_n = 30
# Tỷ lệ trả lời tối thiểu, từ 0 đến 1; 0 là không quy định. Luôn ghi lý do.
minimum_response_rate = 0.0
minimum_response_rate_reason = "Chưa có quy định."

# Điểm của từng lựa chọn, dùng cho điểm trung bình.
[scores]
1 = 1
2 = 2
3 = 3
4 = 4
5 = 5

[rounding]
method = "half_up"
digits = 2

[interval]
item = "korn_graubard_hybrid"
pooled = "wilson_pooled"
mean = "t"
level = 0.95

# Yếu tố nào tính cho nơi tiếp nhận, yếu tố nào tính cho nơi giải quyết.
[[attribution]]
receiver = ["I", "II"]
handler = []
source = "Đề xuất của Sở Nội vụ."

# Mục tiêu, theo ngày hiệu lực. ">": trên; ">=": từ mức đó trở lên. 0.85 là 85%.
[[targets]]
measure = "overall"
value = 0.85
operator = ">="
valid_from = 2026-01-01
valid_to = 2026-12-31
source = "Kế hoạch số …, ngày …"

# Cây tiêu chí: chung → (phần →) yếu tố → câu hỏi.
[tree]
key = "overall"
kind = "overall"
title.vi = "Chỉ số hài lòng chung"

[[tree.criteria]]
key = "I"
kind = "factor"
title.vi = "Tiếp cận dịch vụ"
leaves = [
  { item = "q1" },
  { item = "q2" },
]

[[tree.criteria]]
key = "II"
kind = "factor"
title.vi = "Công chức trực tiếp giải quyết công việc"
leaves = [
  { item = "q3" },
]
"""

TARGETS = """\
# Mục tiêu của một chỉ số. Tệp này thay toàn bộ mục tiêu đang có của chỉ số đó.
index = "phieu-mau"

# measure: "overall" (chung), "part:…" (phần), "factor:…" (yếu tố) hoặc "item:…" (câu hỏi).
[[targets]]
measure = "overall"
value = 0.85
operator = ">="
valid_from = 2026-01-01
valid_to = 2026-12-31
source = "Kế hoạch số …, ngày …"
"""

FIELDS = """\
# Danh mục lĩnh vực thủ tục hành chính.
name = "phieu-mau"
languages = ["vi"]
title.vi = "Lĩnh vực thủ tục hành chính"
source = "Quyết định công bố thủ tục số …, ngày …"

[[fields]]
code = "HT"
text.vi = "Hộ tịch"
# Không bắt buộc: mã thủ tục bắt đầu bằng các chữ này thì thuộc lĩnh vực.
prefixes = ["HT"]
valid_from = 2025-07-01

[[fields]]
code = "DD"
text.vi = "Đất đai"
valid_from = 2025-07-01
"""

TRANSLATION = """\
# Lời văn của một phiếu bằng ngôn ngữ khác. Phiếu phải được duyệt trước.
# Nên bắt đầu từ phiếu đã có: hệ thống điền sẵn mọi câu phải dịch.
questionnaire = "phieu-mau"
language = "en"
title = "Survey of the service"

[sections.I]
title = "Access to the service"

[questions.q1]
text = "There are enough seats in the waiting area"

# Lựa chọn, dịch một lần cho mọi câu: lời tiếng Việt = lời dịch.
[options]
"Hài lòng" = "Satisfied"
"""

RECORDINGS = """\
# Tệp âm thanh đọc câu hỏi. Tải tệp lên trước; mỗi tệp được gọi bằng mã sha-256 của nó.
# Khóa: mã câu hỏi, hoặc mã câu hỏi, dấu gạch chéo và mã lựa chọn.
questionnaire = "phieu-mau"

[recordings.vi]
q1 = "0000000000000000000000000000000000000000000000000000000000000000"
"q1/5" = "0000000000000000000000000000000000000000000000000000000000000000"
"""

EXAMPLES = {
    "questionnaire": QUESTIONNAIRE, "index": INDEX, "targets": TARGETS, "fields": FIELDS,
    "translation": TRANSLATION, "recordings": RECORDINGS,
}
"""kind of draft -> an example of its file"""
