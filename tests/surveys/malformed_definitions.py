"""Malformed definitions of every kind: what was done to a good file, the fault it must give, and where."""

from __future__ import annotations

from dataclasses import dataclass

from surveys.definition_starts import FIELDS, INDEX, QUESTIONNAIRE, RECORDINGS, TARGETS

TRANSLATION = """\
questionnaire = "phieu-mau"
language = "en"
title = "Survey of the service"

[sections.I]
title = "Access"
[sections.II]
title = "Officials"

[questions.q1]
text = "Enough seats"
[questions.q2]
text = "Easy to find"
[questions.q3]
text = "Clear guidance"
[questions.ly_do]
text = "Why not satisfied?"
[questions.gop_y]
text = "What could be better?"

[options]
"Rất không hài lòng" = "Very dissatisfied"
"Không hài lòng" = "Dissatisfied"
"Bình thường" = "Neutral"
"Hài lòng" = "Satisfied"
"Rất hài lòng" = "Very satisfied"
"Hướng dẫn không rõ" = "Unclear guidance"
"Phải đi lại nhiều lần" = "Had to come back"
"""
GOOD = {
    "questionnaire": QUESTIONNAIRE, "index": INDEX, "targets": TARGETS, "fields": FIELDS,
    "translation": TRANSLATION, "recordings": RECORDINGS,
}


@dataclass(frozen=True)
class Malformed:
    kind: str
    old: str
    new: str
    code: str
    """the fault it must give, beside none or others"""
    place: str | None
    """key path"""
    line_of: str
    """text that stands on the line the fault must name; '' where a file as a whole is at fault"""

    @property
    def content(self) -> str:
        assert self.old in GOOD[self.kind], self.old
        return GOOD[self.kind].replace(self.old, self.new, 1)

    @property
    def line(self) -> int | None:
        if not self.line_of:
            return None
        before, found, _ = self.content.partition(self.line_of)
        assert found, self.line_of
        return before.count("\n") + 1


M = Malformed
Q, TREE = "sections.{}.questions.{}".format, "tree"

MALFORMED = (
    # questionnaires
    M("questionnaire", 'name = "phieu-mau"', 'name = "Phiếu mẫu"', "definition_id", "name", 'name = "Phiếu'),
    M("questionnaire", 'kind = "transaction"', 'kind = "online"', "definition_value", "kind", 'kind = "online"'),
    M("questionnaire", 'languages = ["vi"]', 'languages = ["en"]', "definition_text_missing", "languages",
      'languages = ["en"]'),
    M("questionnaire", 'title.vi = "Tiếp cận dịch vụ"', 'title.vi = ""', "definition_text_blank", "sections.I.title.vi",
      'title.vi = ""'),
    M("questionnaire", 'code = "5"', 'code = "10"', "definition_option_code", "scales.muc_do.10.code", 'code = "10"'),
    M("questionnaire", 'code = "5"', 'code = "4"', "definition_option_twice", "scales.muc_do.#5.code",
      'code = "4"\ntext.vi = "Rất hài'),
    M("questionnaire", 'each.scale = "muc_do"', 'each.scale = "thang"', "definition_scale_unknown",
      "sections.I.each.scale", "each.scale"),
    M("questionnaire", 'id = "q2"', 'id = "q1"', "definition_id_twice", Q("I", "q1") + ".id", 'id = "q1"'),
    M("questionnaire", 'id = "q2"', 'id = "token"', "definition_id_reserved", Q("I", "token") + ".id", 'id = "token"'),
    M("questionnaire", 'text.vi = "Nơi tiếp nhận hồ sơ dễ tìm"\n', "", "definition_key_missing", Q("I", "q2") + ".text",
      "[[sections.questions]]\nid = \"q2\""),
    M("questionnaire", "max_length = 1000", "max_lenght = 1000", "definition_key_unknown",
      Q("II", "gop_y") + ".max_lenght", "max_lenght"),
    M("questionnaire", "max_length = 1000", "max_length = 99999", "definition_number",
      Q("II", "gop_y") + ".max_length", "max_length = 99999"),
    M("questionnaire", "required = true\ntext", 'required = "có"\ntext', "definition_type", Q("II", "q3") + ".required",
      'required = "có"'),
    M("questionnaire", "required = true\ntext", "required = true\nsensitive = true\ntext",
      "definition_sensitive_required", Q("II", "q3") + ".required", "required = true\nsensitive"),
    M("questionnaire", 'question = "q3", codes', 'question = "q9", codes', "definition_routing_unknown",
      Q("II", "ly_do") + ".shown_if.question", "shown_if = "),
    M("questionnaire", 'codes = ["1", "2"]', 'codes = ["1", "7"]', "definition_routing_code",
      Q("II", "ly_do") + ".shown_if.codes", "shown_if = "),
    M("questionnaire", 'question = "q3", codes', 'question = "gop_y", codes', "definition_routing_later",
      Q("II", "ly_do") + ".shown_if.question", "shown_if = "),
    M("questionnaire", "Ông/Bà có góp ý gì", "Xin cho biết số điện thoại, góp ý gì", "definition_forbidden",
      Q("II", "gop_y") + ".text", "text.vi = \"Xin cho biết"),
    M("questionnaire", 'relation = "new"', 'relation = "same", of = "sipas-transaction/q99"',
      "definition_lineage_unknown", Q("II", "q3") + ".lineage.of", "lineage = "),
    M("questionnaire", 'relation = "new"', 'relation = "same", of = "sipas-transaction/q1"',
      "definition_lineage_not_same", Q("II", "q3") + ".lineage.relation", "lineage = "),
    M("questionnaire", 'relation = "new"', 'relation = "same", of = "câu 1"', "definition_lineage_of",
      Q("II", "q3") + ".lineage.of", "lineage = "),
    M("questionnaire", 'id = "q1"', 'id = "q1', "definition_syntax", None, 'id = "q1\n'),
    M("questionnaire", 'kind = "transaction"', "kind =", "definition_syntax", None, "kind =\n"),
    M("questionnaire", "Bình thường", "Bình\u200bthường", "definition_text_characters", "scales.muc_do.3.text.vi",
      "text.vi = \"Bình\u200b"),
    M("questionnaire", "Bình thường", "Bi\u0300nh thường", "definition_text_not_nfc", "scales.muc_do.3.text.vi",
      "text.vi = \"Bi\u0300"),
    # index definitions
    M("index", 'questionnaire = "phieu-mau"', 'questionnaire = "phieu-khac"', "definition_index_questionnaire_unknown",
      "questionnaire", "questionnaire = "),
    M("index", '{ item = "q2" }', '{ item = "q9" }', "definition_index_item_unknown", "tree.q9", '{ item = "q9" }'),
    M("index", '{ item = "q2" }', '{ item = "ly_do" }', "definition_index_item_not_scale", "tree.ly_do",
      '{ item = "ly_do" }'),
    M("index", '{ item = "q2" }', '{ item = "q1" }', "definition_index_item_twice", "tree.q1", '{ item = "q1" }'),
    M("index", '"pooled_answers"\n', '"median"\n', "definition_value", "aggregation", 'aggregation = "median"'),
    M("index", 'satisfied = ["4", "5"]', 'satisfied = ["4", "5", "6"]', "definition_index_score_missing", "scores",
      "[scores]"),
    M("index", "minimum_n = 30", "minimum_n = 0", "definition_number", "minimum_n", "minimum_n = 0"),
    M("index", 'receiver = ["I", "II"]', 'receiver = ["I", "III"]', "definition_index_factor_unknown",
      "attribution.#1", "[[attribution]]"),
    M("index", 'measure = "overall"', 'measure = "factor:VI"', "definition_index_measure_unknown",
      "targets.#1.measure", 'measure = "factor:VI"'),
    M("index", "valid_to = 2026-12-31", "valid_to = 2025-12-31", "definition_index_days", "targets.#1.valid_to",
      "valid_to = 2025"),
    M("index", 'kind = "factor"', 'kind = "overall"', "definition_index_nesting", "tree.criteria.I.kind",
      'kind = "overall"\ntitle.vi = "Tiếp'),
    M("index", '{ item = "q1" }', '{ item = "q1", weight = 2 }', "definition_index_weight_unused",
      "tree.criteria.I.leaves.q1.weight", '{ item = "q1", weight'),
    M("index", 'satisfied = ["4", "5"]', 'satisfied = ["1", "2", "3", "4", "5"]', "definition_index_all_satisfied",
      "tree.q1", '{ item = "q1" }'),
    # targets
    M("targets", 'index = "phieu-mau"', 'index = "chi-so-la"', "definition_part_index_unknown", "index", "index = "),
    M("targets", "value = 0.85", "value = 85", "definition_number", "targets.#1.value", "value = 85"),
    M("targets", 'operator = ">="', 'operator = "="', "definition_value", "targets.#1.operator", "operator = "),
    M("targets", 'source = "Kế hoạch số …, ngày …"\n',
      'source = "Kế hoạch."\n[[targets]]\nmeasure = "overall"\nvalue = 0.9\noperator = ">"\nvalid_from = 2026-06-01\n'
      'source = "Nghị quyết."\n', "definition_index_overlap", "targets", "[[targets]]"),
    # lists of fields
    M("fields", 'code = "DD"', 'code = "HT"', "definition_fields_code_twice", "fields.HT.code", 'code = "HT"'),
    M("fields", 'code = "DD"\n', 'code = "DD"\nprefixes = ["HT"]\n', "definition_fields_prefix_twice",
      "fields.DD.prefixes", 'prefixes = ["HT"]\ntext.vi = "Đất'),
    M("fields", 'code = "DD"', 'code = "Đất đai"', "definition_id", "fields.#2.code", 'code = "Đất'),
    M("fields", "valid_from = 2025-07-01\n\n", 'valid_from = "1/7/2025"\n\n', "definition_type", "fields.HT.valid_from",
      'valid_from = "1/7'),
    # translations
    M("translation", 'questionnaire = "phieu-mau"', 'questionnaire = "phieu-la"',
      "definition_part_questionnaire_unknown", "questionnaire", "questionnaire = "),
    M("translation", 'language = "en"', 'language = "vi"', "definition_translation_vietnamese", "language",
      "language = "),
    M("translation", 'language = "en"', 'language = "fr"', "definition_value", "language", "language = "),
    M("translation", '"Hài lòng" = "Satisfied"\n', "", "definition_translation_option",
      "questions.q1.options.4", "[questions.q1]"),
    M("translation", '[questions.q2]\ntext = "Easy to find"\n', "", "definition_key_missing", "questions.q2",
      "[questions.q1]"),
    M("translation", '[questions.q2]', "[questions.q8]\ntext = \"?\"\n[questions.q2]", "definition_key_unknown",
      "questions.q8", "[questions.q8]"),
    # recordings
    M("recordings", "q1 = \"0000", "q1 = \"zzzz", "definition_id", "recordings.vi.q1", "q1 = \"zzzz"),
    M("recordings", "q1 = \"0000", "q77 = \"0000", "definition_recording_key", "recordings.vi.q77", "q77 = "),
    M("recordings", '"q1/5" = ', '"q1/9" = ', "definition_recording_key", "recordings.vi.q1/9", '"q1/9"'),
    M("recordings", "[recordings.vi]", "[recordings.en]", "definition_value", "recordings.en", "[recordings.en]"),
)
