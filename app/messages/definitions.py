"""Questionnaires, index definitions, lists of fields: faults of a file, faults of what a citizen sent to a form.

Each fault of a file says what was found and how to mend it; `messages.fault_sentence` says the place before it.
"""

from surveys import fields
from surveys.definitions import NAME
from surveys.questionnaires.reading import DIGEST, QUESTION_ID, SECTION_ID

SENTENCES: dict[str, tuple[str, str]] = {
    # what a citizen sent
    "answer_missing": (
        "Ông/Bà chưa trả lời câu này. Xin chọn một ý, hoặc chọn “Bỏ qua câu này”.",
        "This question has no answer yet. Please choose one, or choose “Skip this question”.",
    ),
    "answer_unknown": (
        "Lựa chọn này không có trong câu hỏi. Ông/Bà vui lòng chọn lại.",
        "The question has no such choice. Please choose again.",
    ),
    "field_unknown": (
        "Phiếu không có câu hỏi này. Ông/Bà vui lòng mở lại phiếu rồi gửi lại.",
        "The form has no such question. Please open the form again and send it again.",
    ),
    "text_characters": (
        "Phần viết thêm có ký tự mà hệ thống không lưu được. Ông/Bà vui lòng viết lại.",
        "The written part has characters that cannot be stored. Please write it again.",
    ),
    "text_too_long": (
        "Phần viết thêm dài {length} ký tự, chỉ nhận đến {limit} ký tự. Ông/Bà vui lòng viết ngắn lại.",
        "The written part has {length} characters; at most {limit} are taken. Please shorten it.",
    ),
    # stored versions
    "questionnaire_version_unknown": (
        "Không có phiên bản phiếu hỏi số {version}.",
        "There is no version {version} of a questionnaire.",
    ),
    "index_version_unknown": (
        "Không có phiên bản chỉ số số {version}.",
        "There is no version {version} of an index definition.",
    ),
    "fields_version_unknown": (
        "Không có phiên bản danh mục lĩnh vực số {version}.",
        "There is no version {version} of a list of fields.",
    ),
    "definition_unknown": (
        "Không có phiếu hỏi hay chỉ số nào tên {name}; hiện có: {known}.",
        "There is no questionnaire or index called {name}; there are: {known}.",
    ),
    # drafts
    "draft_unknown": (
        "Không có bản thảo số {draft}. Có thể bản này đã bị xóa.",
        "There is no draft {draft}. It may have been discarded.",
    ),
    "draft_kind": (
        "Không nhận loại {found}; các loại: {known}.",
        "{found} is no kind of definition; kinds: {known}.",
    ),
    "draft_note_long": (
        "Ghi chú dài {length} ký tự, chỉ nhận đến {most} ký tự.",
        "The note has {length} characters; at most {most} are taken.",
    ),
    "draft_changed_meanwhile": (
        "Bản thảo số {draft} đã được {author} sửa trong lúc đó. Ông/Bà vui lòng mở lại, xem phần mới "
        "rồi sửa tiếp; nội dung vừa nhập vẫn còn trên trang này.",
        "Draft {draft} was changed by {author} meanwhile. Please open it again, look at the change and go on; "
        "what you typed is still on this page.",
    ),
    "draft_locked": (
        "Bản thảo số {draft} đang chờ người thứ hai xác nhận nên không sửa được. "
        "Muốn sửa, hãy rút lại đề nghị trước.",
        "Draft {draft} waits for a second person and cannot be changed. Withdraw the proposal first.",
    ),
    "draft_finished": (
        "Bản thảo số {draft} đã được duyệt. Muốn sửa, hãy soạn phiên bản mới.",
        "Draft {draft} has been approved. To change something, begin a new version.",
    ),
    "draft_nothing_new": (
        "Bản thảo giống hệt phiên bản {name} đang dùng nên không có gì để duyệt.",
        "The draft says what the version of {name} in force says: there is nothing to approve.",
    ),
    "draft_overtaken": (
        "Một phiên bản khác của {name} đã được duyệt sau khi bản này được trình. Người trình cần rút lại, "
        "xem khác biệt so với phiên bản mới rồi trình lại.",
        "Another version of {name} was approved after this was proposed. Its author has to withdraw it, look at "
        "the differences from the new version, and propose it again.",
    ),
    # recordings
    "recording_empty": (
        "Tệp {file} trống. Ông/Bà vui lòng chọn lại tệp âm thanh.",
        "The file {file} is empty. Please choose the sound again.",
    ),
    "recording_too_large": (
        "Tệp {file} có {bytes} byte, chỉ nhận đến {most} byte. Hãy cắt ngắn hoặc lưu lại với chất lượng thấp hơn "
        "(giọng đọc chỉ cần MP3 64 kbit/giây).",
        "The file {file} has {bytes} bytes; at most {most} are taken. Shorten it, or save it at a lower quality "
        "(speech needs no more than MP3 at 64 kbit/s).",
    ),
    "recording_unknown": (
        "Tệp {file} không phải tệp âm thanh mà điện thoại nào cũng nghe được. Hãy lưu lại thành: {known}.",
        "The file {file} is no sound that every phone plays. Save it as one of: {known}.",
    ),
    # faults of a file
    "definition_faulty": (
        "Tệp định nghĩa {file} có {count} lỗi nên chưa dùng được.",
        "The definition file {file} has {count} faults and cannot be used.",
    ),
    "definition_too_large": (
        "tệp có {bytes} byte, hệ thống chỉ nhận đến {most} byte. Cách sửa: bỏ bớt ghi chú, hoặc chia thành "
        "nhiều tệp.",
        "the file has {bytes} bytes; at most {most} are taken. To mend: leave out remarks, or split it into "
        "several files.",
    ),
    "definition_not_utf8": (
        "tệp không phải chữ mã UTF-8 (gặp byte {found}). Cách sửa: mở tệp bằng trình soạn thảo và lưu lại "
        "với bảng mã UTF-8.",
        "the file is not UTF-8 (byte {found} was found). To mend: open it in an editor and save it with the "
        "encoding UTF-8.",
    ),
    "definition_syntax": (
        "tệp không đúng dạng TOML: {problem}; dòng này viết “{written}”. Cách sửa: viết lại dòng này theo "
        "dạng khóa = \"giá trị\", hoặc kiểm tra dấu ngoặc ở dòng phía trên.",
        "not well-formed TOML: {problem}; the line says “{written}”. To mend: write the line as key = "
        "\"value\", or check the quotes and brackets of the line above.",
    ),
    "definition_file_name": (
        "tên tệp không theo tên của định nghĩa. Cách sửa: đổi tên tệp thành {found}.toml.",
        "the file is not called after its definition. To mend: rename it to {found}.toml.",
    ),
    "definition_key_missing": (
        "thiếu mục bắt buộc này. Cách sửa: thêm một dòng có mục này và giá trị của nó.",
        "this key is required and missing. To mend: add a line with this key and its value.",
    ),
    "definition_key_unknown": (
        "không có mục nào tên như vậy ở đây, hoặc mục này không dùng cho loại này. Cách sửa: sửa chính tả "
        "của tên mục, hoặc xóa dòng này.",
        "there is no such key here, or it is not used with this kind. To mend: correct the spelling of the "
        "key, or delete the line.",
    ),
    "definition_type": (
        "sai kiểu giá trị: cần {expected}, gặp {type}. Cách sửa: viết lại giá trị thành {expected}.",
        "wrong kind of value: {expected} is needed, {type} was found. To mend: write the value as {expected}.",
    ),
    "definition_number": (
        "{found} nằm ngoài khoảng từ {least} đến {most}. Cách sửa: ghi một số từ {least} đến {most}.",
        "{found} is outside {least} to {most}. To mend: give a number from {least} to {most}.",
    ),
    "definition_value": (
        "không nhận giá trị “{found}”. Cách sửa: chọn một trong các giá trị: {known}.",
        "“{found}” is not taken. To mend: choose one of: {known}.",
    ),
    "definition_empty": (
        "danh sách này đang trống. Cách sửa: ghi ít nhất một phần tử vào danh sách.",
        "this list is empty. To mend: put at least one element into it.",
    ),
    "definition_text_missing": (
        "thiếu lời văn bằng ngôn ngữ “{language}”. Cách sửa: thêm lời văn cho ngôn ngữ này, hoặc bỏ ngôn ngữ "
        "này khỏi mục languages (trừ vi).",
        "the wording in language “{language}” is missing. To mend: add the wording, or take the language out "
        "of languages (never vi).",
    ),
    "definition_text_blank": (
        "lời văn trống, hoặc có khoảng trắng thừa ở đầu hay cuối. Cách sửa: viết lời văn vào, xóa khoảng "
        "trắng ở hai đầu.",
        "the wording is empty, or has blanks at its beginning or end. To mend: write the wording, without "
        "blanks around it.",
    ),
    "definition_text_too_long": (
        "lời văn dài {length} ký tự, chỉ nhận đến {limit} ký tự. Cách sửa: rút ngắn bớt ít nhất {over} ký tự.",
        "the wording has {length} characters; at most {limit} are taken. To mend: shorten it by at least "
        "{over} characters.",
    ),
    "definition_text_not_nfc": (
        "dấu tiếng Việt gõ rời (Unicode tổ hợp), máy khác có thể hiện sai. Cách sửa: gõ lại bằng bộ gõ đặt "
        "bảng mã Unicode dựng sẵn.",
        "the wording has accents typed apart (decomposed Unicode). To mend: type it again with composed "
        "Unicode (NFC).",
    ),
    "definition_text_characters": (
        "lời văn có ký tự điều khiển hoặc ký tự không nhìn thấy: {characters}. Cách sửa: xóa ký tự đó, "
        "thường do chép từ tệp Word hoặc trang mạng.",
        "the wording has control characters or unseen ones: {characters}. To mend: delete them; they often "
        "come from copying out of a document or web page.",
    ),
    "definition_id": (
        "“{found}” không viết được làm mã. Cách sửa: viết lại theo dạng: {pattern}.",
        "“{found}” cannot be a code. To mend: write it as: {pattern}.",
    ),
    "definition_id_reserved": (
        "“{found}” là tên dành riêng cho biểu mẫu và tệp nhập. Cách sửa: đặt mã khác, ví dụ {found}_1.",
        "“{found}” is kept for the form and for imported files. To mend: choose another code, for example "
        "{found}_1.",
    ),
    "definition_id_twice": (
        "mã “{found}” đã được dùng (ở {other}). Cách sửa: đổi một trong hai mã.",
        "the code “{found}” is used already (by {other}). To mend: change one of the two.",
    ),
    "definition_option_code": (
        "mã lựa chọn “{found}” không hợp lệ. Cách sửa: dùng đúng một ký tự: 1 đến 9, rồi A đến Z.",
        "“{found}” cannot be the code of an option. To mend: use exactly one character: 1 to 9, then A to Z.",
    ),
    "definition_option_twice": (
        "mã lựa chọn “{found}” xuất hiện hai lần trong một câu. Cách sửa: đánh số lại các lựa chọn.",
        "the option code “{found}” stands twice in one question. To mend: number the options anew.",
    ),
    "definition_scale_unknown": (
        "tệp không có thang trả lời “{found}”. Cách sửa: dùng một thang đã có ({known}), hoặc thêm thang này "
        "vào mục scales.",
        "the file has no scale “{found}”. To mend: use one that is there ({known}), or add it under scales.",
    ),
    "definition_scale_and_options": (
        "câu hỏi ghi cả scale và options. Cách sửa: giữ một trong hai, xóa mục kia.",
        "the question has both scale and options. To mend: keep one of them, delete the other.",
    ),
    "definition_sensitive_required": (
        "câu hỏi về bản thân người trả lời không được bắt buộc. Cách sửa: ghi required = false, hoặc bỏ "
        "sensitive nếu câu không hỏi về bản thân.",
        "a question about the person may not be required. To mend: write required = false, or remove "
        "sensitive if it is not about the person.",
    ),
    "definition_forbidden": (
        "câu này có thể làm lộ người trả lời: hỏi “{asked}”. Cách sửa: bỏ câu hỏi này, hoặc hỏi bằng các lựa "
        "chọn cho sẵn không nhận ra được ai.",
        "this could tell who answered: it asks for “{asked}”. To mend: remove the question, or offer given "
        "options that single out nobody.",
    ),
    "definition_routing_unknown": (
        "điều kiện dựa vào câu “{found}”, nhưng phiếu không có câu này. Cách sửa: ghi đúng mã của một câu "
        "đứng trước.",
        "the condition names a question “{found}” that is not there. To mend: give the id of an earlier "
        "question.",
    ),
    "definition_routing_later": (
        "điều kiện dựa vào câu “{found}” đứng sau. Cách sửa: chuyển câu {found} lên trước, hoặc dựa vào một "
        "câu đứng trước.",
        "the condition names question “{found}”, which comes later. To mend: move {found} before this one, "
        "or name an earlier question.",
    ),
    "definition_routing_cycle": (
        "các điều kiện đi vòng tròn: {circle}. Cách sửa: bỏ điều kiện của một câu trong vòng.",
        "the conditions go in a circle: {circle}. To mend: remove the condition of one question of the "
        "circle.",
    ),
    "definition_routing_text": (
        "câu “{found}” là câu viết tự do, không làm điều kiện được. Cách sửa: dựa vào một câu có lựa chọn.",
        "question “{found}” has a free answer and cannot be a condition. To mend: name a question that has "
        "options.",
    ),
    "definition_routing_code": (
        "câu “{question}” không có lựa chọn “{found}”. Cách sửa: ghi mã của một lựa chọn có trong câu "
        "{question}.",
        "question “{question}” has no option “{found}”. To mend: give the code of an option that {question} "
        "has.",
    ),
    "definition_recording_key": (
        "bản ghi âm cho “{found}”, nhưng phiếu không có câu hỏi hay lựa chọn này. Cách sửa: ghi mã câu hỏi, "
        "hoặc mã câu hỏi/mã lựa chọn, ví dụ q1 hoặc q1/5.",
        "a recording of “{found}”, which is no question or option of the form. To mend: give a question's "
        "id, or question/option, such as q1 or q1/5.",
    ),
    "definition_recording_unknown": (
        "chưa có tệp âm thanh mang mã {found}…. Cách sửa: tải tệp âm thanh lên trước, rồi chép mã của nó vào "
        "đây.",
        "no sound with the digest {found}… is kept here. To mend: upload the sound first and copy its digest.",
    ),
    "definition_lineage_of": (
        "“{found}” không chỉ đúng một câu hỏi. Cách sửa: viết theo dạng tên-phiếu/mã-câu, ví dụ "
        "sipas-transaction/q3.",
        "“{found}” does not name a question. To mend: write questionnaire/question, for example "
        "sipas-transaction/q3.",
    ),
    "definition_lineage_unknown": (
        "không tìm thấy câu “{found}” ở phiếu nào. Cách sửa: ghi đúng tên phiếu và mã câu, hoặc dùng "
        "relation = \"new\".",
        "there is no question “{found}” in any questionnaire. To mend: correct the questionnaire and "
        "question, or write relation = \"new\".",
    ),
    "definition_lineage_not_same": (
        "ghi là giữ nguyên so với {of}, nhưng {parts} đã khác. Cách sửa: ghi relation = \"reworded\", hoặc "
        "chép lại đúng như câu cũ.",
        "said to be the same as {of}, but {parts} differ. To mend: write relation = \"reworded\", or copy the "
        "earlier question exactly.",
    ),
    "definition_part_index_unknown": (
        "không có chỉ số “{found}” đang dùng. Cách sửa: ghi tên một chỉ số đã duyệt: {known}.",
        "there is no index “{found}” in force. To mend: name one that is approved: {known}.",
    ),
    "definition_part_questionnaire_unknown": (
        "không có phiếu “{found}” đang dùng. Cách sửa: ghi tên một phiếu đã duyệt: {known}.",
        "there is no questionnaire “{found}” in force. To mend: name one that is approved: {known}.",
    ),
    "definition_translation_vietnamese": (
        "lời tiếng Việt là câu hỏi gốc, không phải bản dịch. Cách sửa: muốn sửa lời tiếng Việt, hãy soạn "
        "phiên bản mới của phiếu hỏi.",
        "the Vietnamese wording is what is asked, not a translation. To mend: to change it, write a new "
        "version of the questionnaire.",
    ),
    "definition_translation_option": (
        "chưa có lời dịch cho lựa chọn “{found}”. Cách sửa: thêm dòng “{found}” = \"…\" vào mục [options].",
        "the option “{found}” has no translation. To mend: add a line “{found}” = \"…\" under [options].",
    ),
    "definition_instrument_changed": (
        "tệp này làm đổi chính câu hỏi của phiếu {found}. Cách sửa: soạn phiên bản mới của phiếu hỏi thay vì "
        "dùng tệp này.",
        "this file would change what {found} asks. To mend: write a new version of the questionnaire instead.",
    ),
    "definition_fields_code_twice": (
        "mã lĩnh vực “{found}” được dùng cho hai dòng có ngày hiệu lực trùng nhau. Cách sửa: đổi mã, hoặc "
        "ghi valid_to cho dòng cũ trước ngày bắt đầu của dòng mới.",
        "the field code “{found}” stands for two entries on the same days. To mend: change one code, or end "
        "the older entry before the newer one begins.",
    ),
    "definition_fields_prefix_twice": (
        "mã thủ tục bắt đầu bằng “{found}” đã thuộc lĩnh vực {other}. Cách sửa: giữ phần đầu mã này ở một "
        "lĩnh vực.",
        "procedure codes that begin with “{found}” belong to field {other} already. To mend: keep that "
        "beginning in one field.",
    ),
    "definition_index_questionnaire_unknown": (
        "chỉ số đọc phiếu “{found}”, nhưng chưa có phiếu này. Cách sửa: duyệt phiếu hỏi trước, hoặc ghi tên "
        "một phiếu đã có: {known}.",
        "the index reads a questionnaire “{found}” that is not there. To mend: have it approved first, or "
        "name one of: {known}.",
    ),
    "definition_index_other_questionnaire": (
        "chỉ số này dành cho phiếu {expected}, không phải {found}. Cách sửa: chọn phiếu {expected}, hoặc sửa "
        "mục questionnaire.",
        "this index is made for {expected}, not for {found}. To mend: choose {expected}, or change the key "
        "questionnaire.",
    ),
    "definition_index_item_unknown": (
        "phiếu {questionnaire} không có câu “{item}”. Cách sửa: ghi đúng mã câu hỏi của phiếu, hoặc bỏ câu "
        "này khỏi cây tiêu chí.",
        "{questionnaire} has no question “{item}”. To mend: give a question's id as the form has it, or take "
        "it out of the tree.",
    ),
    "definition_index_item_not_scale": (
        "câu “{item}” thuộc loại {kind}, không phải câu theo thang mức độ hài lòng. Cách sửa: chỉ đưa câu "
        "loại scale vào cây tiêu chí.",
        "“{item}” is a {kind} question, not one on a scale of satisfaction. To mend: put only scale "
        "questions into the tree.",
    ),
    "definition_index_item_twice": (
        "câu “{item}” xuất hiện nhiều lần trong cây tiêu chí. Cách sửa: giữ câu này ở một tiêu chí.",
        "“{item}” stands more than once in the tree. To mend: keep it in one criterion.",
    ),
    "definition_index_satisfied_unknown": (
        "câu “{item}” không có lựa chọn {codes} mà mục satisfied tính là hài lòng. Cách sửa: sửa mục "
        "satisfied cho khớp thang trả lời của câu.",
        "“{item}” has no options {codes} to count as satisfied. To mend: make satisfied fit the question's "
        "scale.",
    ),
    "definition_index_all_satisfied": (
        "mọi lựa chọn của câu “{item}” đều tính là hài lòng, chỉ số sẽ luôn bằng 100%. Cách sửa: bỏ bớt mã "
        "trong mục satisfied.",
        "every option of “{item}” would count as satisfied: always 100%. To mend: take codes out of "
        "satisfied.",
    ),
    "definition_index_score_missing": (
        "chưa có điểm cho các lựa chọn {codes}. Cách sửa: thêm các dòng {codes} vào mục [scores].",
        "the options {codes} have no score. To mend: add lines for {codes} under [scores].",
    ),
    "definition_index_nesting": (
        "tiêu chí loại {found} không được đặt trong {outside}. Cách sửa: xếp theo thứ tự: overall, rồi part, "
        "rồi factor.",
        "a criterion of kind {found} may not stand in {outside}. To mend: nest them as overall, then part, "
        "then factor.",
    ),
    "definition_index_mixed": (
        "tiêu chí chứa cả tiêu chí con (criteria) và câu hỏi (leaves). Cách sửa: chỉ giữ một trong hai; tách "
        "câu hỏi sang một yếu tố riêng.",
        "a criterion holds both criteria and leaves. To mend: keep one of them; move the questions into a "
        "factor of their own.",
    ),
    "definition_index_weight_unused": (
        "cách tính {aggregation} không dùng trọng số. Cách sửa: xóa mục weight, hoặc ghi aggregation = "
        "\"given_weights\".",
        "the aggregation {aggregation} uses no weights. To mend: delete weight, or write aggregation = "
        "\"given_weights\".",
    ),
    "definition_index_weights_zero": (
        "tổng trọng số của các thành phần bằng 0. Cách sửa: ghi trọng số lớn hơn 0 cho ít nhất một thành "
        "phần.",
        "the weights of its parts add up to 0. To mend: give at least one of them a weight above 0.",
    ),
    "definition_index_no_factors": (
        "cách tính theo trung bình các yếu tố, nhưng cây tiêu chí không có yếu tố nào. Cách sửa: thêm tiêu "
        "chí kind = \"factor\", hoặc đổi aggregation.",
        "the mean of factors is asked for and the tree has none. To mend: add criteria of kind = \"factor\", "
        "or change aggregation.",
    ),
    "definition_index_measure_unknown": (
        "chỉ số không có số đo “{found}”. Cách sửa: ghi overall, part:…, factor:… hoặc item:… có trong cây "
        "tiêu chí.",
        "the index has no measure “{found}”. To mend: write overall, part:…, factor:… or item:… as the tree "
        "has it.",
    ),
    "definition_index_days": (
        "ngày cuối {valid_to} đứng trước ngày đầu {valid_from}. Cách sửa: đổi lại thứ tự hai ngày.",
        "the last day {valid_to} is before the first day {valid_from}. To mend: put the two days in order.",
    ),
    "definition_index_overlap": (
        "khoảng ngày bắt đầu {earlier} và khoảng bắt đầu {later} chồng lên nhau hoặc sai thứ tự. Cách sửa: "
        "xếp theo ngày và ghi valid_to cho khoảng trước.",
        "the spans that begin {earlier} and {later} overlap or are out of order. To mend: order them by day "
        "and give the earlier one a valid_to.",
    ),
    "definition_index_attribution_twice": (
        "yếu tố {factors} vừa tính cho nơi tiếp nhận vừa tính cho nơi giải quyết. Cách sửa: giữ mỗi yếu tố ở "
        "receiver hoặc ở handler.",
        "the factors {factors} score both receiver and handler. To mend: keep each in receiver or in handler.",
    ),
    "definition_index_factor_unknown": (
        "cây tiêu chí không có yếu tố {found}. Cách sửa: ghi đúng mã (key) của yếu tố trong cây tiêu chí.",
        "the tree has no factor {found}. To mend: give the key of a factor as the tree has it.",
    ),
}

VALUES: dict[str, dict[str, tuple[str, str]]] = {
    "expected": {
        "true/false": ("true hoặc false", "true or false"),
        "whole number": ("số nguyên", "a whole number"),
        "number": ("số", "a number"),
        "text": ("chữ trong dấu ngoặc kép", "text in quotes"),
        "list": ("danh sách trong ngoặc vuông", "a list in square brackets"),
        "table": ("một nhóm mục con", "a table of keys"),
        "day (2026-07-31)": ("ngày, ví dụ 2026-07-31", "a day, such as 2026-07-31"),
    },
    "type": {
        "bool": ("true hoặc false", "true or false"),
        "int": ("số nguyên", "a whole number"),
        "float": ("số", "a number"),
        "str": ("chữ", "text"),
        "list": ("danh sách", "a list"),
        "dict": ("nhóm mục con", "a table"),
        "date": ("ngày", "a day"),
        "datetime": ("ngày và giờ", "a day with a time"),
        "time": ("giờ", "a time"),
    },
    "pattern": {
        NAME.pattern: (
            "chữ thường không dấu, chữ số, dấu gạch nối, bắt đầu bằng chữ, nhiều nhất 64 ký tự",
            "small letters without accents, digits and hyphens, a letter first, at most 64 characters",
        ),
        QUESTION_ID.pattern: (
            "chữ thường không dấu, chữ số, dấu gạch dưới, bắt đầu bằng chữ, nhiều nhất 32 ký tự",
            "small letters without accents, digits and underscores, a letter first, at most 32 characters",
        ),
        SECTION_ID.pattern: (
            "chữ không dấu, chữ số, dấu gạch dưới, bắt đầu bằng chữ, nhiều nhất 32 ký tự",
            "letters without accents, digits and underscores, a letter first, at most 32 characters",
        ),
        DIGEST.pattern: (
            "mã sha-256 của tệp âm thanh, 64 ký tự từ 0 đến 9 và a đến f",
            "the sha-256 of the sound, 64 characters, 0 to 9 and a to f",
        ),
        fields.CODE.pattern: (
            "chữ không dấu, chữ số, dấu chấm, gạch nối, gạch dưới, nhiều nhất 32 ký tự",
            "letters without accents, digits, dots, hyphens, underscores, at most 32 characters",
        ),
        fields.PREFIX.pattern: (
            "phần đầu của mã thủ tục: chữ không dấu, chữ số, dấu chấm, gạch nối, gạch chéo",
            "the beginning of a procedure's code: letters without accents, digits, dots, hyphens, slashes",
        ),
    },
    "problem": {
        "Invalid value": ("thiếu giá trị sau dấu bằng, hoặc chữ không nằm trong dấu ngoặc kép",
                          "no value after the equals sign, or text without quotes"),
        "Invalid statement": ("dòng không bắt đầu bằng tên mục", "the line does not begin with a key"),
        "Expected '=' after a key in a key/value pair": ("thiếu dấu bằng sau tên mục",
                                                         "no equals sign after the key"),
        "Expected newline or end of document after a statement": ("có chữ thừa ở cuối dòng",
                                                                  "something stands after the end of the value"),
        "Cannot overwrite a value": ("một mục được ghi hai lần", "a key is given twice"),
        "Unclosed array": ("danh sách chưa đóng ngoặc vuông", "a list is not closed by ]"),
        "Unclosed inline table": ("nhóm mục chưa đóng ngoặc nhọn", "a table is not closed by }"),
        "Unterminated string": ("chữ chưa đóng dấu ngoặc kép", "a text is not closed by a quote"),
        "nested too deeply": ("lồng nhau quá nhiều tầng", "it is nested too deeply"),
        "number too long": ("có con số dài quá mức", "a number has too many digits"),
    },
}
"""words for what a fault's details may hold; what is not here is said as it stands"""
