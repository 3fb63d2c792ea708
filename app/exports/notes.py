"""What a reader must know to use the figures of a score table rightly."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import Any

from app.result_words import AGGREGATIONS, FLAGS, SERIES, Phrases, target_said
from surveys import targets
from surveys.captions import Captions
from surveys.origin import Basis


def notes(records: Sequence[dict[str, Any]], captions: Captions) -> list[tuple[str, str]]:
    """(subject, sentence), in reading order."""
    index, wave, say = captions.index, captions.wave, Phrases.of(captions)
    lines = [("Cảnh báo", say.mark)] if say.mark else []
    lines += [
        ("Đợt khảo sát", f"{wave.code}: {wave.title}"),
        ("Địa bàn", captions.province),
        ("Ngày tính", f"{captions.day:%d/%m/%Y}"),
        ("Chỉ số", index.title["vi"]),
        ("Cách tính", f"{say.word(AGGREGATIONS, index.aggregation)}."),
        ("Hài lòng", f"Được tính là hài lòng: ý kiến {say.satisfied}; các lựa chọn khác thì không."),
        ("Số phiếu hợp lệ", "Số người trả lời, không gia quyền: với tiêu chí là số ý kiến hợp lệ; với yếu tố, phần "
         "và chỉ số chung là số người có ít nhất một ý kiến hợp lệ. “Bỏ qua câu này” không phải ý kiến hợp lệ."),
        ("Quyền số", "Đã gia quyền theo thiết kế mẫu."),
        ("Sai số chuẩn", "Theo thiết kế mẫu: tuyến tính hóa, đơn vị mẫu cấp một trong tầng. Bằng 0 khi các phiếu "
         "không khác nhau; khi đó khoảng tin cậy vẫn cho biết độ không chắc chắn."),
        ("Khoảng tin cậy", f"Khoảng tin cậy {say.level}. Đơn vị có dưới 8 đơn vị mẫu cấp một, hoặc có các phiếu không "
         "khác nhau, dùng hệ số thiết kế của nhóm đơn vị cùng loại trong tỉnh, nếu không đủ thì của toàn đợt."),
        ("Kết luận", "Đạt hoặc chưa đạt mục tiêu chỉ khi cả khoảng tin cậy nằm về một phía của mục tiêu; nếu khoảng "
         "tin cậy chứa mức mục tiêu thì chưa đủ căn cứ kết luận. Vì vậy không xếp hạng các đơn vị ở đây."),
        ("Mục tiêu", _targets(captions)),
        ("Làm tròn", f"Tỷ lệ hiển thị {index.rounding.digits} chữ số thập phân, làm tròn nửa lên; tệp JSON và CSV có "
         "đủ chữ số."),
        ("Không tính riêng", f"Dưới {index.minimum_n} phiếu: số liệu chỉ để kiểm tra, không dùng riêng."),
        ("Được công bố", "“Không”: vì quá ít phiếu, để bảo vệ người trả lời, vì tỷ lệ trả lời thấp, hoặc vì là số "
         "liệu theo dõi; cột Lưu ý cho biết lý do."),
    ]
    return [*lines, *_sources(records, say), *_remarks(records, say)]


def _sources(records: Sequence[dict[str, Any]], say: Phrases) -> Iterator[tuple[str, str]]:
    for series in SERIES:
        found = {basis for r in records if r["series"] == series and r["n"] for basis in r["bases"]}
        if bases := [basis.word for basis in Basis if basis.word in found]:
            yield say.word(SERIES, series), f"Nguồn trả lời: {say.bases(bases)}."


def _remarks(records: Sequence[dict[str, Any]], say: Phrases) -> Iterator[tuple[str, str]]:
    used = {flag for record in records for flag in record["flags"]}
    for flag in FLAGS:
        if flag in used:
            yield f"Lưu ý: {flag}", say.flags([flag])


def _targets(captions: Captions) -> str:
    wave, index = captions.wave, captions.index
    overall = targets.goal(wave, index, "overall")
    if wave.target is not None and overall is not None:
        return f"Mọi chỉ tiêu tỷ lệ: {target_said(overall)}."
    dated = [
        f"{captions.title(t.measure)}: {target_said(targets.Goal(t.value, t.operator, t.source))} "
        f"({t.valid_from:%d/%m/%Y} – {f'{t.valid_to:%d/%m/%Y}' if t.valid_to else 'nay'})"
        for t in index.targets if targets.in_force(wave, index, t.measure) is t
    ]
    return "; ".join(dated) + "." if dated else "Đợt khảo sát này không đặt mục tiêu."
