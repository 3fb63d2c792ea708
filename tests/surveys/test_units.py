"""The tree of one day: order, look-ups, names, search."""

from __future__ import annotations

import unicodedata
from datetime import date

import pytest
from hypothesis import given
from hypothesis import strategies as st

from surveys.errors import NotFound
from surveys.units import Kind, Unit, UnitTree, bare_name, fold, name_within

DAY = date(2026, 1, 1)


def unit(
    code: str, name: str = "", kind: Kind = Kind.COMMUNE, parent: str | None = None,
    valid_from: date = date.min, valid_to: date | None = None, id: int | None = None,
) -> Unit:
    return Unit(id, code, name or code, kind, parent, valid_from, valid_to, None)


def province() -> UnitTree:
    return UnitTree(DAY, [
        unit("c2", "Quầy số 2", Kind.COUNTER, "one-stop", id=7),
        unit("19249", "Xã Lệ Thủy", Kind.COMMUNE, "44", id=4),
        unit("one-stop", "Trung tâm Phục vụ hành chính công xã Lệ Thủy", Kind.CENTRE, "19249", id=6),
        unit("18880", "Phường Đồng Hới", Kind.COMMUNE, "44", id=3),
        unit("44", "Tỉnh Quảng Trị", Kind.PROVINCE, "VN", id=2),
        unit("SNV", "Sở Nội vụ", Kind.DEPARTMENT, "44", id=5),
        unit("VN", "Việt Nam", Kind.NATION, id=1),
    ])


def codes(units: tuple[Unit, ...]) -> list[str]:
    return [found.code for found in units]


def test_parents_stand_before_children_and_siblings_by_kind_then_code() -> None:
    assert codes(province().units) == ["VN", "44", "18880", "19249", "one-stop", "c2", "SNV"]


def test_subtree_begins_with_the_unit_and_holds_everything_below_it() -> None:
    assert codes(province().subtree("19249")) == ["19249", "one-stop", "c2"]
    assert codes(province().subtree("c2")) == ["c2"]


def test_ancestors_come_nearest_first() -> None:
    assert codes(province().ancestors("c2")) == ["one-stop", "19249", "44", "VN"]
    assert province().ancestors("VN") == ()


def test_children_are_only_the_next_level() -> None:
    assert codes(province().children("44")) == ["18880", "19249", "SNV"]


def test_a_unit_is_found_by_its_row() -> None:
    assert province().by_id(4).code == "19249"


@pytest.mark.parametrize("look_up", ["unit", "children", "subtree", "ancestors", "full_name"])
def test_an_unknown_code_is_refused_by_every_look_up(look_up: str) -> None:
    with pytest.raises(NotFound) as refused:
        getattr(province(), look_up)("99999")
    assert refused.value.code == "unit_unknown"
    assert refused.value.details == {"unit": "99999"}


def test_an_unknown_row_is_refused() -> None:
    with pytest.raises(NotFound):
        province().by_id(99)


def test_first_and_last_day_belong_to_the_span() -> None:
    dated = unit("A", valid_from=date(2025, 7, 1), valid_to=date(2025, 7, 31))
    for day, there in ((date(2025, 6, 30), 0), (date(2025, 7, 1), 1), (date(2025, 7, 31), 1), (date(2025, 8, 1), 0)):
        assert len(UnitTree(day, [dated])) == there


def test_a_unit_whose_parent_is_not_in_force_is_not_in_that_days_tree() -> None:
    tree = UnitTree(date(2020, 1, 1), [
        unit("P", valid_from=date(2025, 7, 1)), unit("C", parent="P"), unit("CC", parent="C"), unit("root"),
    ])
    assert codes(tree.units) == ["root"]
    assert "C" not in tree


@pytest.mark.parametrize("code, said", [
    ("19249", "Xã Lệ Thủy, tỉnh Quảng Trị"),
    ("44", "Tỉnh Quảng Trị"),
    ("VN", "Việt Nam"),
    ("SNV", "Sở Nội vụ, tỉnh Quảng Trị"),
    ("one-stop", "Trung tâm Phục vụ hành chính công xã Lệ Thủy, tỉnh Quảng Trị"),
    ("c2", "Quầy số 2, Trung tâm Phục vụ hành chính công xã Lệ Thủy, tỉnh Quảng Trị"),
])
def test_full_names_say_every_level_but_the_nation_and_nothing_twice(code: str, said: str) -> None:
    assert province().full_name(code) == said


@pytest.mark.parametrize("name, within", [
    ("Tỉnh Quảng Trị", "tỉnh Quảng Trị"),
    ("Thành phố Huế", "thành phố Huế"),
    ("Thành phố Hồ Chí Minh", "Thành phố Hồ Chí Minh"),
    ("Quận 1", "Quận 1"),
    ("Phường IV", "Phường IV"),
    ("Xã Ia Mơ", "xã Ia Mơ"),
    ("Xã Lìa", "xã Lìa"),
    ("Đặc khu Cồn Cỏ", "đặc khu Cồn Cỏ"),
    ("Đà Nẵng", "Đà Nẵng"),
    ("Xã", "Xã"),
])
def test_types_are_written_small_within_a_sentence_as_official_spelling_has_it(name: str, within: str) -> None:
    assert name_within(name) == within


@pytest.mark.parametrize("typed", [
    "le thuy", "Lệ Thuỷ", "LE THỦY", "lệ thủy", "Xã Lệ Thủy", "xa le thuy", "  Lệ   Thủy ", "19249",
    unicodedata.normalize("NFD", "Lệ Thủy"),
])
def test_every_way_of_typing_le_thuy_finds_it_first(typed: str) -> None:
    assert province().find(typed)[0].code == "19249"


def test_matches_come_exact_then_beginning_then_containing() -> None:
    tree = UnitTree(DAY, [
        unit("1", "Xã Nam Tân An"), unit("2", "Xã Tân An Hội"), unit("3", "Phường Tân An"), unit("4", "Xã Tân Ân"),
        unit("5", "Xã Khác"),
    ])
    assert codes(tree.find("tân an")) == ["3", "4", "2", "1"]


def test_of_equal_matches_the_higher_unit_comes_first() -> None:
    tree = UnitTree(DAY, [
        unit("b", "Xã Minh Hóa", parent="a"), unit("a", "Huyện Minh Hóa", Kind.DISTRICT),
    ])
    assert codes(tree.find("minh hoa")) == ["a", "b"]


def test_names_of_higher_units_tell_namesakes_apart() -> None:
    tree = UnitTree(DAY, [
        unit("P", "Tỉnh Quảng Trị", Kind.PROVINCE), unit("Q", "Tỉnh Lạng Sơn", Kind.PROVINCE),
        unit("p", "Xã Tân Thành", parent="P"), unit("q", "Xã Tân Thành", parent="Q"), unit("r", "Xã Lìa", parent="P"),
    ])
    assert codes(tree.find("tân thành quảng trị")) == ["p"]
    assert codes(tree.find("quảng trị")) == ["P"]  # not every commune of the province


def test_nothing_is_found_for_nothing_and_for_a_stranger() -> None:
    assert province().find("") == ()
    assert province().find(" ,.! ") == ()
    assert province().find("Paris") == ()


@pytest.mark.parametrize("name, key", [
    ("Đặc khu Cồn Cỏ", "dac khu con co"),
    ("Phường Văn Miếu - Quốc Tử Giám", "phuong van mieu quoc tu giam"),
    ("Xã M’Drắk", "xa mdrak"),
    ("Xã M'Drắk", "xa mdrak"),
    ("Ủy ban", "uy ban"),
    ("Uỷ ban", "uy ban"),
    ("Ðồng Hới", "dong hoi"),  # an Icelandic eth in place of Đ
    ("ẵ ẳ ặ ễ ể ệ ỗ ổ ộ ỡ ở ợ ữ ử ự ỹ ỷ ỵ", "a a a e e e o o o o o o u u u y y y"),
])
def test_fold_keeps_letters_and_digits_only(name: str, key: str) -> None:
    assert fold(name) == key


@given(st.text())
def test_folding_twice_changes_nothing_and_form_and_case_do_not_matter(text: str) -> None:
    key = fold(text)
    assert fold(key) == key
    assert fold(unicodedata.normalize("NFD", text)) == key
    assert fold(unicodedata.normalize("NFC", text)) == key
    assert key == key.strip()
    assert "  " not in key


@given(st.text(alphabet="aăâeêioôơuưyđAĂÂEÊIOÔƠUƯYĐbcghklmnpqrstvxàáảãạằắẳẵặềếểễệờớởỡợừứửữựỳýỷỹỵ "))
def test_vietnamese_folds_to_plain_ascii_of_the_same_length(text: str) -> None:
    key = fold(text)
    assert key.isascii()
    assert len(key.replace(" ", "")) == len("".join(text.split()))
    assert fold(text.upper()) == fold(text.lower()) == key


def test_the_bare_name_has_no_type() -> None:
    assert bare_name("Thị trấn Nông trường Lệ Ninh") == "Nông trường Lệ Ninh"
    assert bare_name("Việt Nam") == "Việt Nam"
