"""What could name somebody is covered; nothing else of a comment changes."""

from __future__ import annotations

import re

import pytest
from hypothesis import given
from hypothesis import strategies as st

from surveys import masking
from surveys.masking import BAR

TELLING = {
    "Gọi tôi số 0912345678 nhé": "0912345678",
    "số 0912.345.678": "0912.345.678",
    "điện thoại +84 912 345 678.": "84 912 345 678",
    "máy bàn (0232) 3822 123": "3822 123",
    "CMND 194123456": "194123456",
    "căn cước 044 085 001 234": "044 085 001 234",
    "thư về lan.nguyen@gmail.com": "lan.nguyen@gmail.com",
    "thư về lan @ gmail.com": "gmail.com",
    "xem https://facebook.com/lan.nguyen": "facebook.com/lan.nguyen",
    "hồ sơ 000.00.16.H50-241124-0012 trễ": "H50-241124-0012",
    "hồ sơ HS2026-00123 trễ": "HS2026-00123",
    "hồ sơ H50.20/2026-123": "2026-123",
    "mã H5024112412 không tra được": "H5024112412",
    "xe 73A-123.45 đỗ trước cổng": "73A-123.45",
    "xe máy 73-B1 234.56": "B1 234.56",
    "xe 29h12345": "29h12345",
    "Tôi tên là Nguyễn Văn An, ở thôn 3": "Nguyễn Văn An",
    "tôi tên là nguyễn văn an ở thôn 3": "nguyễn văn an",
    "Tên tôi là Hồ Thị Bưởi": "Hồ Thị Bưởi",
    "tên của cháu: thảo": "thảo",
    "Họ và tên: Y Blok Niê": "Y Blok Niê",
    "Tôi là Lê Minh": "Lê Minh",
    "chị Hoa bộ phận một cửa": "Hoa",
    "đồng chí Minh làm việc": "Minh",
    "cán bộ Trần Văn Bình tận tình": "Trần Văn Bình",
    "cán bộ tran van binh tận tình": "tran van binh",
    "do Hoàng Thị Kim Ngân xử lý": "Hoàng Thị Kim Ngân",
}


@pytest.mark.parametrize("text", sorted(TELLING))
def test_what_names_somebody_is_covered(text: str):
    masked = masking.covered(text, masking.found(text))
    assert TELLING[text] not in masked
    assert BAR in masked


@pytest.mark.parametrize("text", [
    "Cán bộ nhiệt tình, hướng dẫn rõ ràng.", "Chờ 45 phút, lệ phí 200.000 đồng", "Mở cửa 7h30 đến 11h30",
    "Anh chị làm việc tốt", "Tôi là người dân trong xã", "ông bà già đi lại khó", "Đề nghị thêm ghế chờ",
    "làm 3 lần chưa xong", "thủ tục mất 15 ngày", "Phường nên mở thêm 2 quầy", "tôi rất hài lòng",
    "Thành phố Đồng Hới nên có thêm điểm tiếp nhận",
])
def test_what_names_nobody_stays(text: str):
    assert masking.covered(text, masking.found(text)) == text


def test_the_bar_does_not_tell_how_long_a_name_is():
    short, long = "tôi tên là An.", "tôi tên là Nguyễn Phước Bảo Long."
    assert masking.covered(short, masking.found(short)) == masking.covered(long, masking.found(long))


words = st.text(alphabet=st.sampled_from("aăâbđeêinổ ộtừ019 .,-@/AĐNK\n▒"), max_size=80)


@given(words, st.lists(st.tuples(st.integers(0, 80), st.integers(0, 80)), max_size=5))
def test_covering_only_covers(text: str, spans: list[tuple[int, int]]):
    """Nothing is rewritten: what is left stands in the text, in its order."""
    kept = [(min(span), min(max(span), len(text))) for span in spans if min(span) < len(text)]
    pieces = []
    at = 0
    for start, end in masking.joined(kept):
        pieces.append(text[at:start])
        at = end
    assert masking.covered(text, kept) == BAR.join([*pieces, text[at:]])


@given(words)
def test_what_was_covered_needs_no_more_covering(text: str):
    assert not re.search(r"\d{8}", masking.covered(text, masking.found(text)))
    assert masking.covers(masking.found(text), masking.found(text))


@given(st.text(alphabet="0123456789 .-", min_size=1, max_size=30), words, words)
def test_no_eight_digits_get_through_however_they_are_spaced(number: str, before: str, after: str):
    text = f"{before} {number} {after}"
    masked = masking.covered(text, masking.found(text))
    assert not re.search(r"(?:\d[ .-]?){8,}", masked)


def test_words_are_found_in_any_case_and_spacing():
    text = "Thôn Trung  Thành, gần chợ; thôn trung thành"
    assert len(masking.every(text, "thôn trung thành")) == 2
    assert masking.every(text, "không có") == ()
    assert masking.every(text, "a.*b") == ()


def test_more_covers_less_and_less_does_not_cover_more():
    assert masking.covers([(0, 9)], [(2, 4), (5, 7)])
    assert not masking.covers([(2, 4)], [(2, 5)])
    assert masking.covers([], [])
    assert not masking.covers([], [(0, 1)])
