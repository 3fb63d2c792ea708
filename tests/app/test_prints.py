from __future__ import annotations

import re
from collections.abc import Callable
from datetime import date

import numpy as np
import pypdfium2
import pypdfium2.raw as pdfium
import pytest

from app.prints import posters, qr, slips
from app.prints.posters import Poster
from app.prints.slips import Slip
from tests.app.pictures import codes, pages, photographed, picture, words

DAY = date(2026, 7, 1)
ADDRESS = "https://hailong.quangtri.gov.vn/p/7K3M9Q2T"
WATERMARK = "SỐ LIỆU MÔ PHỎNG – KHÔNG DÙNG ĐỂ BÁO CÁO; DỰ THẢO"
EVERY_MARK = "Xã Ằm Ẵng Ệch Ổi Ộc Ỡm Ợt Ữu Ựa Ỹ Ỵ Đ ẳ ễ ể ử, tỉnh Quảng Trị"
HOSTILE = [
    '#import "shared.typ": *', "$ x^2 $", "\\ thoát \\u{41}", 'dấu "nháy" kép', "*đậm* _nghiêng_ `mã`",
    "~ @a <b>", "= Tiêu đề", "// chú thích", "#let x = [", "]}{[", "--- ... -->",
]


def poster(**changes: object) -> Poster:
    usual = {
        "address": ADDRESS, "unit_name": "Xã Lệ Thủy, tỉnh Quảng Trị", "label": "Quầy số 2",
        "wave_title": "Đo lường sự hài lòng năm 2026",
    }
    return Poster(**{**usual, **changes})  # type: ignore[arg-type]  # each test names real fields


def render(*given: Poster, watermark: str | None = None) -> list[pypdfium2.PdfPage]:
    return pages(posters.render(given, watermark=watermark, day=DAY))


@pytest.mark.parametrize("address", [
    ADDRESS, "http://192.168.1.23:8000/p/7K3M9Q2T", "https://a.vn/p/7K3M9Q2T",
    "https://dichvucong.quangtri.gov.vn/danh-gia-hai-long/p/7K3M9Q2T",
])
def test_the_printed_code_decodes_to_the_exact_address(address: str) -> None:
    (page,) = render(poster(address=address))
    assert codes(picture(page, dpi=100)) == [address]


@pytest.mark.parametrize("turn, blur", [(0, 2.0), (7, 1.5), (-33, 1.0), (180, 1.0)])
def test_a_bad_photograph_still_decodes(turn: float, blur: float) -> None:
    (page,) = render(poster())
    assert codes(photographed(picture(page, dpi=100), turn=turn, blur=blur)) == [ADDRESS]


def test_a_torn_and_stained_code_still_decodes() -> None:
    (page,) = render(poster())
    shown = picture(page, dpi=100).copy()
    top, _, bottom, right = _square(shown)
    side = bottom - top
    shown[bottom - side // 3 :, right - side // 3 : right + 40] = 255  # a ninth of the symbol is gone
    assert codes(shown) == [ADDRESS]


@pytest.mark.parametrize("path", ["/p/", "/danh-gia-su-hai-long/dich-vu-cong/p/"])
@pytest.mark.parametrize("host", ["https://a.vn", "https://hailong.quangtri.gov.vn"])
def test_the_symbol_is_nine_centimetres_at_least_within_four_white_modules(host: str, path: str) -> None:
    address = f"{host}{path}7K3M9Q2T"
    (page,) = render(poster(address=address))
    shown = picture(page, dpi=254)  # ten pixels a millimetre
    top, left, bottom, right = _square(shown)
    module = (bottom - top) / len(qr.modules(address))
    assert bottom - top >= 900
    assert right - left >= 900
    quiet = int(4 * module) - 2
    around = shown[top - quiet : bottom + quiet, left - quiet : right + quiet].copy()
    edge = quiet - 2  # a module's edge that falls within a pixel leaves it grey
    around[edge:-edge, edge:-edge] = 255
    assert around.min() == 255


def _square(shown: np.ndarray) -> tuple[int, int, int, int]:
    """Top, left, bottom, right of the symbol: the black ink (coloured ink is lighter than that)."""
    rows, columns = np.nonzero(shown < 8)
    return int(rows.min()), int(columns.min()), int(rows.max()) + 1, int(columns.max()) + 1


def test_every_stacked_vietnamese_mark_extracts_as_written() -> None:
    (page,) = render(poster(unit_name=EVERY_MARK))
    assert EVERY_MARK in words(page)


def test_a_name_typed_in_decomposed_letters_is_set_in_composed_ones() -> None:
    (page,) = render(poster(unit_name="Xã Lệ Thủy".encode().decode(), label="Qua\u0302\u0300y"))
    assert "Quầy" in words(page)


def test_the_poster_says_for_whom_and_that_it_is_voluntary_and_nameless() -> None:
    (page,) = render(poster())
    said = words(page)
    assert "Ông/Bà tự nguyện trả lời. Phiếu không hỏi họ tên, số điện thoại, số định danh." in said
    assert "Cán bộ nơi Ông/Bà làm thủ tục không xem được từng phiếu." in said
    assert "vừa làm thủ tục hành chính" in said
    assert "hailong.quangtri.gov.vn/p/7K3M9Q2T" in said
    assert re.search(r"1\. Quét mã.*2\. Chọn.*3\. Gửi", said)


@pytest.mark.parametrize("kind", ["transaction", "household", "counter"])
def test_every_kind_of_questionnaire_has_its_audience(kind: str) -> None:
    (page,) = render(poster(kind=kind))
    assert words(page).count("Dành cho ") == 1


def test_the_bracket_follows_the_wave() -> None:
    monitoring, official = render(poster(), poster(open_is_official=True))
    assert "Mã QR dùng chung (chỉ để theo dõi)" in words(monitoring)
    assert "Mã QR dùng chung (mẫu tự nguyện)" in words(official)


@pytest.mark.parametrize("name", HOSTILE)
def test_a_name_is_shown_and_never_run(name: str) -> None:
    (page,) = render(poster(unit_name=name, label=name, wave_title=name))
    assert words(page).count(name) == 3


def test_a_name_with_a_letter_our_font_lacks_still_prints() -> None:
    (page,) = render(poster(unit_name="Xã 漢 Lệ 😀 Thủy"))
    assert codes(picture(page)) == [ADDRESS]


def test_each_poster_is_one_page_however_long_its_names_are() -> None:
    endless = " ".join(["Trung tâm Phục vụ hành chính công"] * 12)
    several = render(poster(), poster(unit_name=endless, label=endless[:120], wave_title=endless), poster())
    assert len(several) == 3
    assert endless in words(several[1])
    assert codes(picture(several[1])) == [ADDRESS]


def test_a_simulated_wave_marks_every_page_and_a_real_one_none() -> None:
    assert all(WATERMARK in words(page) for page in render(poster(), poster(), watermark=WATERMARK))
    assert all("MÔ PHỎNG" not in words(page) for page in render(poster()))


@pytest.mark.parametrize("document", [
    lambda: posters.render([poster()], watermark=WATERMARK, day=DAY),
    lambda: slips.render([slip("A" * 26)], watermark=WATERMARK, day=DAY),
])
def test_only_our_own_fonts_are_used_and_all_are_embedded(document: Callable[[], bytes]) -> None:
    content = document()
    names = set()
    for page in pages(content):
        for thing in page.get_objects(filter=[pdfium.FPDF_PAGEOBJ_TEXT], max_depth=5):
            font = pdfium.FPDFTextObj_GetFont(thing.raw)
            assert pdfium.FPDFFont_GetIsEmbedded(font) == 1
            names.add(_font_name(font))
    assert names
    assert all("BeVietnamPro" in name for name in names)
    assert b"/MarkInfo" in content  # tagged: a screen reader can read it


def _font_name(font: object) -> str:
    import ctypes

    room = ctypes.create_string_buffer(128)
    pdfium.FPDFFont_GetBaseFontName(font, room, len(room))
    return room.value.decode()


def test_the_same_posters_on_the_same_day_give_the_same_file() -> None:
    first, second = (posters.render([poster()], watermark=None, day=DAY) for _ in range(2))
    assert first == second


def test_nothing_to_print_is_an_error_and_no_empty_file() -> None:
    with pytest.raises(ValueError, match="no posters"):
        posters.render([], watermark=None, day=DAY)
    with pytest.raises(ValueError, match="no slips"):
        slips.render([], watermark=None, day=DAY)


def slip(code: str, **changes: object) -> Slip:
    usual = {
        "address": f"https://hailong.quangtri.gov.vn/s/{code}", "unit_name": "Xã Lệ Thủy, tỉnh Quảng Trị",
        "wave_title": "Đo lường sự hài lòng năm 2026",
    }
    return Slip(**{**usual, **changes})  # type: ignore[arg-type]  # each test names real fields


def test_eight_slips_share_a_page_and_each_code_decodes() -> None:
    letters = "ABCDEFGHJ"
    given = [slip(letter * 26, expires=date(2026, 9, 29)) for letter in letters]
    first, second = pages(slips.render(given, watermark=None, day=DAY))
    assert codes(picture(first, dpi=150)) == [one.address for one in given[:8]]
    assert codes(picture(second, dpi=150)) == [given[8].address]
    assert words(first).count("Dùng đến hết ngày 29/09/2026.") == 8


def test_a_slip_says_what_the_department_learns_and_what_it_does_not() -> None:
    (page,) = pages(slips.render([slip("A" * 26)], watermark=WATERMARK, day=DAY))
    said = words(page)
    assert "Thẻ mời đánh giá" in said
    assert "mã dùng một lần" in said
    assert "Sở Nội vụ biết thẻ đã được dùng, không biết Ông/Bà trả lời gì." in said
    assert WATERMARK in said


@pytest.mark.parametrize("name", HOSTILE)
def test_a_slip_shows_names_and_never_runs_them(name: str) -> None:
    (page,) = pages(slips.render([slip("A" * 26, unit_name=name, wave_title=name)], watermark=None, day=DAY))
    assert words(page).count(name) == 2


@pytest.mark.parametrize("level", ["M", "H"])
def test_the_level_is_the_one_asked_for_whatever_room_is_left(level: str) -> None:
    # at level L the same address fits a smaller symbol: were the level lowered or boosted, sizes would agree
    sizes = {one: len(qr.modules(ADDRESS, level=one)) for one in ("L", "M", "Q", "H")}
    assert sizes["L"] < sizes["H"]
    formats = {"M": 0b00, "H": 0b10}
    assert _format_level(qr.modules(ADDRESS, level=level)) == formats[level]


def _format_level(rows: list[list[bool]]) -> int:
    """Error-correction bits of the format information (ISO/IEC 18004, 7.9), unmasked."""
    bits = (rows[8][0] << 1) | rows[8][1]
    return bits ^ 0b10


def test_the_png_decodes() -> None:
    import zxingcpp

    pixels = np.array(_png_rows(qr.png(ADDRESS)), dtype=np.uint8)
    assert [found.text for found in zxingcpp.read_barcodes(pixels)] == [ADDRESS]


def _png_rows(content: bytes) -> list[list[int]]:
    """Rows of a one-bit greyscale PNG without interlacing."""
    import struct
    import zlib

    width, height, depth, colour = struct.unpack(">IIBB", content[16:26])
    assert (depth, colour) == (1, 0)
    data, at = b"", 8
    while at < len(content):
        (length,) = struct.unpack(">I", content[at : at + 4])
        if content[at + 4 : at + 8] == b"IDAT":
            data += content[at + 8 : at + 8 + length]
        at += 12 + length
    raw, stride = zlib.decompress(data), (width + 7) // 8 + 1
    before, rows = np.zeros(stride - 1, np.uint8), []
    for y in range(height):
        line = np.frombuffer(raw[y * stride + 1 : (y + 1) * stride], np.uint8)
        assert raw[y * stride] in {0, 2}  # as it is, or the difference to the row above
        before = line + before if raw[y * stride] == 2 else line
        rows.append((np.unpackbits(before)[:width] * 255).tolist())
    return rows


def test_the_terminal_drawing_is_black_on_white_on_every_terminal() -> None:
    lines = qr.terminal(ADDRESS).split("\n")
    assert all(line.startswith("\x1b[38;5;16;48;5;231m") and line.endswith("\x1b[0m") for line in lines)
    assert len(lines) <= 24
    drawn = [re.sub(r"\x1b\[[0-9;]*m", "", line) for line in lines]
    rows = []
    for line in drawn:
        rows.append([sign in "▀█" for sign in line])
        rows.append([sign in "▄█" for sign in line])
    shown = np.kron(np.where(np.array(rows), 0, 255), np.ones((6, 6))).astype(np.uint8)
    assert codes(shown) == [ADDRESS]
