"""Questionnaires and index definitions: faults of a file, and faults of what a citizen sent to a form."""

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
    "definition_unknown": (
        "Không có phiếu hỏi hay chỉ số nào tên {name}; hiện có: {known}.",
        "There is no questionnaire or index called {name}; there are: {known}.",
    ),
    # faults of a file
    "definition_faulty": (
        "Tệp định nghĩa {file} có {count} lỗi nên chưa dùng được.",
        "The definition file {file} has {count} faults and cannot be used.",
    ),
    "definition_too_large": (
        "tệp có {bytes} byte, chỉ nhận đến {most} byte [{file}]",
        "the file has {bytes} bytes; at most {most} are taken [{file}]",
    ),
    "definition_not_utf8": ("tệp không phải chữ mã UTF-8 [{file}]", "the file is not UTF-8 [{file}]"),
    "definition_syntax": (
        "tệp không đúng dạng TOML: {problem} [{file}]",
        "not well-formed TOML: {problem} [{file}]",
    ),
    "definition_file_name": (
        "tên tệp phải là {found}.toml, theo tên của định nghĩa [{file}]",
        "the file must be called {found}.toml, after its definition [{file}]",
    ),
    "definition_key_missing": ("thiếu khóa bắt buộc này [{file}]", "this key is required [{file}]"),
    "definition_key_unknown": (
        "không có khóa này, hoặc khóa không dùng ở đây [{file}]",
        "no such key here [{file}]",
    ),
    "definition_type": (
        "sai kiểu: cần {expected}, gặp {found} [{file}]",
        "wrong type: expected {expected}, found {found} [{file}]",
    ),
    "definition_number": (
        "{found} nằm ngoài khoảng {least} đến {most} [{file}]",
        "{found} is outside {least} to {most} [{file}]",
    ),
    "definition_value": (
        "không nhận giá trị {found}; các giá trị: {known} [{file}]",
        "{found} is not taken; values: {known} [{file}]",
    ),
    "definition_empty": (
        "danh sách này không được để trống [{file}]",
        "this list must not be empty [{file}]",
    ),
    "definition_text_missing": (
        "thiếu lời văn bằng ngôn ngữ {language} [{file}]",
        "the wording in language {language} is missing [{file}]",
    ),
    "definition_text_blank": (
        "lời văn trống, hoặc có khoảng trắng thừa ở đầu hay cuối [{file}]",
        "the wording is empty, or has blanks at its beginning or end [{file}]",
    ),
    "definition_text_too_long": (
        "lời văn dài {length} ký tự, chỉ nhận đến {limit} [{file}]",
        "the wording has {length} characters; at most {limit} are taken [{file}]",
    ),
    "definition_text_not_nfc": (
        "lời văn chưa ở dạng Unicode dựng sẵn (NFC) [{file}]",
        "the wording is not in composed Unicode (NFC) [{file}]",
    ),
    "definition_text_characters": (
        "lời văn có ký tự điều khiển hoặc ký tự không nhìn thấy: {characters} [{file}]",
        "the wording has control characters or unseen ones: {characters} [{file}]",
    ),
    "definition_id": (
        "mã {found} không đúng dạng {pattern} [{file}]",
        "{found} is not of the form {pattern} [{file}]",
    ),
    "definition_id_reserved": (
        "{found} là tên dành riêng cho biểu mẫu và tệp nhập [{file}]",
        "{found} is a name kept for the form and for imported files [{file}]",
    ),
    "definition_id_twice": (
        "{found} đã được dùng (ở {other}) [{file}]",
        "{found} is used already (by {other}) [{file}]",
    ),
    "definition_option_code": (
        "mã lựa chọn {found} phải là một ký tự từ 1 đến 9 hoặc từ A đến Z [{file}]",
        "the option code {found} must be one character, 1 to 9 or A to Z [{file}]",
    ),
    "definition_option_twice": (
        "mã lựa chọn {found} xuất hiện hai lần [{file}]",
        "the option code {found} stands twice [{file}]",
    ),
    "definition_scale_unknown": (
        "không có thang {found} trong tệp; các thang: {known} [{file}]",
        "there is no scale {found} in the file; scales: {known} [{file}]",
    ),
    "definition_scale_and_options": (
        "chỉ ghi một trong hai: scale hoặc options [{file}]",
        "give either scale or options, not both [{file}]",
    ),
    "definition_sensitive_required": (
        "câu hỏi về bản thân người trả lời không được bắt buộc [{file}]",
        "a question about the person may not be required [{file}]",
    ),
    "definition_forbidden": (
        "không được hỏi điều này vì có thể lộ người trả lời: {asked} [{file}]",
        "this may not be asked, since it could tell who answered: {asked} [{file}]",
    ),
    "definition_routing_unknown": (
        "không có câu hỏi {found} [{file}]",
        "there is no question {found} [{file}]",
    ),
    "definition_routing_later": (
        "câu {found} đứng sau; chỉ được dựa vào câu đứng trước [{file}]",
        "question {found} comes later; only earlier ones may be used [{file}]",
    ),
    "definition_routing_cycle": (
        "các điều kiện đi vòng tròn: {circle} [{file}]",
        "the conditions go in a circle: {circle} [{file}]",
    ),
    "definition_routing_text": (
        "câu {found} là câu viết tự do, không dùng làm điều kiện được [{file}]",
        "question {found} has a free answer and cannot be a condition [{file}]",
    ),
    "definition_routing_code": (
        "câu {question} không có lựa chọn {found} [{file}]",
        "question {question} has no option {found} [{file}]",
    ),
    # faults of an index definition
    "definition_index_questionnaire_unknown": (
        "không có phiếu hỏi {found}; các phiếu: {known} [{file}]",
        "there is no questionnaire {found}; there are: {known} [{file}]",
    ),
    "definition_index_other_questionnaire": (
        "chỉ số này dành cho phiếu {expected}, không phải {found} [{file}]",
        "this index is made for {expected}, not for {found} [{file}]",
    ),
    "definition_index_item_unknown": (
        "phiếu {questionnaire} không có câu {item} [{file}]",
        "{questionnaire} has no question {item} [{file}]",
    ),
    "definition_index_item_not_scale": (
        "câu {item} thuộc loại {kind}, không phải câu đánh giá mức độ hài lòng [{file}]",
        "{item} is a {kind} question, not one on the scale of satisfaction [{file}]",
    ),
    "definition_index_item_twice": (
        "câu {item} xuất hiện nhiều lần trong cây tiêu chí [{file}]",
        "{item} stands more than once in the tree [{file}]",
    ),
    "definition_index_satisfied_unknown": (
        "câu {item} không có mức hài lòng {codes} [{file}]",
        "{item} has no options {codes} to count as satisfied [{file}]",
    ),
    "definition_index_all_satisfied": (
        "mọi lựa chọn của câu {item} đều tính là hài lòng [{file}]",
        "every option of {item} would count as satisfied [{file}]",
    ),
    "definition_index_score_missing": (
        "chưa có điểm cho các lựa chọn {codes} [{file}]",
        "the options {codes} have no score [{file}]",
    ),
    "definition_index_nesting": (
        "tiêu chí loại {found} không được đặt trong {outside} [{file}]",
        "a criterion of kind {found} may not stand in {outside} [{file}]",
    ),
    "definition_index_mixed": (
        "một tiêu chí chỉ chứa tiêu chí con (criteria) hoặc câu hỏi (leaves), không chứa cả hai [{file}]",
        "a criterion holds either criteria or leaves, not both [{file}]",
    ),
    "definition_index_weight_unused": (
        "cách tính {aggregation} không dùng trọng số; hãy bỏ khóa này [{file}]",
        "the aggregation {aggregation} uses no weights; remove this key [{file}]",
    ),
    "definition_index_weights_zero": (
        "tổng trọng số của các thành phần phải lớn hơn 0 [{file}]",
        "the weights of its parts must add up to more than 0 [{file}]",
    ),
    "definition_index_no_factors": (
        "cách tính theo trung bình các yếu tố cần có yếu tố trong cây tiêu chí [{file}]",
        "the mean of factors needs factors in the tree [{file}]",
    ),
    "definition_index_measure_unknown": (
        "chỉ số không có số đo {found} [{file}]",
        "the index has no measure {found} [{file}]",
    ),
    "definition_index_days": (
        "ngày kết thúc {valid_to} đứng trước ngày bắt đầu {valid_from} [{file}]",
        "the last day {valid_to} is before the first day {valid_from} [{file}]",
    ),
    "definition_index_overlap": (
        "các khoảng ngày từ {earlier} và từ {later} chồng lên nhau hoặc sai thứ tự [{file}]",
        "the spans from {earlier} and from {later} overlap or are out of order [{file}]",
    ),
    "definition_index_attribution_twice": (
        "các yếu tố {factors} không thể vừa tính cho nơi tiếp nhận vừa tính cho nơi giải quyết [{file}]",
        "the factors {factors} cannot score both receiver and handler [{file}]",
    ),
    "definition_index_factor_unknown": (
        "cây tiêu chí không có các yếu tố {found} [{file}]",
        "the tree has no factors {found} [{file}]",
    ),
}
