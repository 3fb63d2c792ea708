"""Rows of estimates -> text, CSV, JSON, or a Vietnamese text table."""

from __future__ import annotations

import argparse
import csv
import json
import math
import unicodedata
from collections.abc import Sequence
from dataclasses import dataclass
from decimal import ROUND_HALF_UP, Decimal
from typing import Any, TextIO


@dataclass(frozen=True)
class Row:
    """
    domain: column -> label; label: of the answer, or the probability of a quantile
    figures: column of the table -> number, None or text; share: the estimate is one
    """

    domain: dict[str, object]
    item: str
    label: object
    figures: dict[str, Any]
    flags: list[str]
    share: bool


TEXT_LEAVES_OUT = ("weight", "n_eff", "p_less", "p_greater")
VIETNAMESE = {
    "item": "chỉ tiêu", "label": "câu trả lời", "probability": "phân vị", "estimate": "ước lượng", "se": "sai số chuẩn",
    "ci": "khoảng tin cậy", "df": "bậc tự do", "deff": "hệ số thiết kế", "n": "số phiếu", "n_psu": "số đơn vị cấp một",
    "target": "mục tiêu", "verdict": "kết luận", "flags": "ghi chú", "t": "t", "p": "giá trị p",
    "p_adjusted": "p hiệu chỉnh",
}
VERDICTS = {"met": "Đạt mục tiêu", "not met": "Chưa đạt mục tiêu", "not enough evidence": "Chưa đủ căn cứ kết luận"}
NOTES = {
    "no_answers": "chưa có phiếu", "zero_weight": "quyền số bằng 0", "degenerate": "các phiếu không khác nhau",
    "no_variance": "không có phương sai", "single_psu_stratum": "có tầng chỉ một đơn vị mẫu",
    "pooled_deff": "mượn hệ số thiết kế", "unknown_deff": "chưa rõ hệ số thiết kế, tính bằng 1",
    "no_interval": "không có khoảng tin cậy", "empty": "chưa có phiếu",
}


def write(rows: Sequence[Row], asked: argparse.Namespace, out: TextIO) -> None:
    {"text": _text, "csv": _csv, "json": _json, "vi": _vietnamese}[asked.format](rows, asked, out)


def _flat(rows: Sequence[Row], asked: argparse.Namespace) -> tuple[list[str], list[dict[str, Any]]]:
    """Columns of the table, and its lines; numbers that are none are None."""
    columns = [*dict.fromkeys(name for row in rows for name in row.domain), "item"]
    third = "probability" if asked.verb == "quantile" else "label"
    if any(row.label is not None for row in rows):
        columns.append(third)
    columns += list(dict.fromkeys(name for row in rows for name in row.figures))
    lines = [
        {**row.domain, "item": row.item, third: row.label}
        | {name: _number(value) for name, value in row.figures.items()} | {"flags": row.flags}
        for row in rows
    ]
    return [*columns, "flags"], lines


def _number(value: Any) -> Any:
    """Plain numbers; None for NaN and for infinity."""
    if isinstance(value, str) or value is None:
        return value
    number = float(value)
    if not math.isfinite(number):
        return None
    whole = isinstance(value, int) or (number.is_integer() and abs(number) < 2**53)
    return int(number) if whole else number


def _csv(rows: Sequence[Row], asked: argparse.Namespace, out: TextIO) -> None:
    columns, lines = _flat(rows, asked)
    writer = csv.writer(out, lineterminator="\n")
    writer.writerow(columns)
    for line in lines:
        writer.writerow([" ".join(line["flags"]) if name == "flags" else line.get(name) for name in columns])


def _json(rows: Sequence[Row], asked: argparse.Namespace, out: TextIO) -> None:
    columns, lines = _flat(rows, asked)
    whole = [{name: line.get(name) for name in columns} for line in lines]
    out.write("[\n" + ",\n".join(json.dumps(line, ensure_ascii=False, default=str) for line in whole) + "\n]\n")


def _text(rows: Sequence[Row], asked: argparse.Namespace, out: TextIO) -> None:
    columns, lines = _flat(rows, asked)
    shown = [name for name in columns if name not in TEXT_LEAVES_OUT]
    if not any(line["flags"] for line in lines):
        shown.remove("flags")
    cells = [[_plain(line.get(name)) for name in shown] for line in lines]
    _aligned(shown, cells, [_is_text(lines, name) for name in shown], out)


def _plain(value: Any) -> str:
    if isinstance(value, list):
        return " ".join(value)
    if value is None:
        return "-"
    return f"{value:.6g}" if isinstance(value, float) else str(value)


def _is_text(lines: Sequence[dict[str, Any]], name: str) -> bool:
    return any(isinstance(line.get(name), str | list) for line in lines)


def _vietnamese(rows: Sequence[Row], asked: argparse.Namespace, out: TextIO) -> None:
    """Shares in percent, everything to two decimals, half up, with a comma."""
    columns, lines = _flat(rows, asked)
    left_out = (*TEXT_LEAVES_OUT, "ci_high")
    shown = [name for name in columns if name not in left_out]
    if not any(line["flags"] for line in lines):
        shown.remove("flags")
    level = _decimal(asked.level * 100, 2).rstrip("0").rstrip(",")
    heads = [
        f"{VIETNAMESE['ci']} {level}%" if name == "ci_low" else VIETNAMESE.get(name, name) for name in shown
    ]
    cells = [[_shown(name, line, row.share) for name in shown] for row, line in zip(rows, lines, strict=True)]
    _aligned(heads, cells, [name in ("ci_low", "verdict") or _is_text(lines, name) for name in shown], out)


def _shown(name: str, line: dict[str, Any], share: bool) -> str:
    value: Any = line.get(name)
    if name == "flags":
        return "; ".join(NOTES.get(flag, flag) for flag in value)
    if name == "verdict":
        return VERDICTS.get(value, "-")
    if value is None:
        return "-"
    if name == "ci_low":
        high = line["ci_high"]
        return f"từ {_figure(value, share)} đến {'-' if high is None else _figure(high, share)}"
    if name in ("estimate", "se", "target"):
        return _figure(value, share)
    if name in ("p", "p_adjusted"):
        return _decimal(value, 4)
    if name == "df":
        return _decimal(value, 1).removesuffix(",0")
    if name == "probability":
        return str(value).replace(".", ",")
    if isinstance(value, str):
        return value
    return _decimal(value, 2) if isinstance(value, float) else _decimal(value, 0)


def _figure(value: float, share: bool) -> str:
    return f"{_decimal(value, 4, 2)}%" if share else _decimal(value, 2)


def _decimal(value: float, digits: int, shift: int = 0) -> str:
    """Half up on the shortest decimals of the number; `shift` moves the point, 2 for percent."""
    exact = Decimal(repr(float(value))).scaleb(shift)
    rounded = exact.quantize(Decimal(1).scaleb(shift - digits), rounding=ROUND_HALF_UP)
    return f"{rounded:,f}".replace(",", " ").replace(".", ",").replace(" ", ".")


def _aligned(heads: Sequence[str], cells: Sequence[Sequence[str]], left: Sequence[bool], out: TextIO) -> None:
    widths = [max(_width(text) for text in column) for column in zip(heads, *cells, strict=True)]
    for line in (heads, *cells):
        parts = [
            text + " " * (width - _width(text)) if to_left else " " * (width - _width(text)) + text
            for text, width, to_left in zip(line, widths, left, strict=True)
        ]
        out.write("  ".join(parts).rstrip() + "\n")


def _width(text: str) -> int:
    return sum(not unicodedata.combining(sign) for sign in text)
