"""What a reader must know to use the figures of a score table rightly."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from app.exports.fields import WATERMARK
from app.exports.words import AGGREGATIONS, BASES, FLAGS, SERIES, flags_said, said, said_all
from surveys.captions import Captions
from surveys.indexes.model import Operator


def notes(records: Sequence[dict[str, Any]], captions: Captions) -> list[tuple[str, str]]:
    """(subject, sentence), in reading order."""
    index, wave = captions.index, captions.wave
    level = f"{index.interval.level * 100:g}%"
    lines = [("Cảnh báo", WATERMARK)] if wave.simulated else []
    lines += [
        ("Đợt khảo sát", f"{wave.code}: {wave.title}"),
        ("Địa bàn", captions.province),
        ("Ngày tính", f"{captions.day:%d/%m/%Y}"),
        ("Chỉ số", index.title["vi"]),
        ("Cách tính", _sentence(said(AGGREGATIONS, index.aggregation))),
        ("Hài lòng", "Ý kiến 'Hài lòng' và 'Rất hài lòng' được tính là hài lòng; 'Bình thường' thì không."
         if index.satisfied == {"4", "5"} else f"Các lựa chọn: {', '.join(sorted(index.satisfied))}."),
        ("Số phiếu hợp lệ", "Số người trả lời, không gia quyền: với tiêu chí là số ý kiến hợp lệ; với yếu tố, phần "
         "và chỉ số chung là số người có ít nhất một ý kiến hợp lệ. 'Bỏ qua câu này' không phải ý kiến hợp lệ."),
        ("Quyền số", "Đã gia quyền theo thiết kế mẫu."),
        ("Sai số chuẩn", "Theo thiết kế mẫu: tuyến tính hóa, đơn vị mẫu cấp một trong tầng. Bằng 0 khi các phiếu "
         "không khác nhau; khi đó khoảng tin cậy vẫn cho biết độ không chắc chắn."),
        ("Khoảng tin cậy", f"Khoảng tin cậy {level}. Đơn vị có dưới 8 đơn vị mẫu cấp một, hoặc có các phiếu không "
         "khác nhau, dùng hệ số thiết kế của nhóm đơn vị cùng loại trong tỉnh, nếu không đủ thì của toàn đợt."),
        ("Kết luận", "Đạt hoặc chưa đạt mục tiêu chỉ khi cả khoảng tin cậy nằm về một phía của mục tiêu; nếu khoảng "
         "tin cậy chứa mức mục tiêu thì chưa đủ căn cứ kết luận. Vì vậy không xếp hạng các đơn vị ở đây."),
        ("Mục tiêu", _targets(captions)),
        ("Làm tròn", "Tỷ lệ hiển thị hai chữ số thập phân, làm tròn nửa lên; tệp JSON và CSV có đủ chữ số."),
        ("Không tính riêng", f"Dưới {index.minimum_n} phiếu: số liệu chỉ để kiểm tra, không dùng riêng."),
        ("Được công bố", "'Không': không hiển thị để bảo vệ người trả lời, hoặc vì quá ít phiếu."),
    ]
    for series in SERIES:
        bases = sorted({basis for r in records if r["series"] == series for basis in r["bases"]})
        if bases:
            lines.append((said(SERIES, series), f"Nguồn trả lời: {said_all(BASES, bases)}."))
    used = {flag for record in records for flag in record["flags"]}
    lines += [(f"Lưu ý: {flag}", flags_said([flag], index.minimum_n)) for flag in FLAGS if flag in used]
    return lines


def _sentence(text: str) -> str:
    return f"{text[:1].upper()}{text[1:]}."


def _targets(captions: Captions) -> str:
    wave = captions.wave
    if wave.target is not None:
        return f"{target_said(wave.target, '>' if wave.target_operator == '>' else '>=')} cho mọi chỉ tiêu tỷ lệ."
    dated = [
        f"{captions.title(t.measure)}: {target_said(t.value, t.operator)} ({t.valid_from:%d/%m/%Y} – "
        + (f"{t.valid_to:%d/%m/%Y}" if t.valid_to else "nay") + ")"
        for t in captions.index.targets
    ]
    return "; ".join(dated) + "." if dated else "Đợt khảo sát này không đặt mục tiêu."


def target_said(value: float, operator: Operator) -> str:
    """'trên 85%' is strict, '95% trở lên' is not."""
    percent = f"{value * 100:g}%".replace(".", ",")
    return f"trên {percent}" if operator == ">" else f"{percent} trở lên"
