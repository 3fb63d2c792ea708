"""Score tables as files: name of a format -> writer(records, captions) -> bytes.

records: as surveys.scores.records gives them; captions: surveys.captions. A new format is one module and its line
here. Every format carries the watermark of a simulated wave.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from typing import Any

from app.exports import csv, json, xlsx
from surveys.captions import Captions

Writer = Callable[[Sequence[dict[str, Any]], Captions], bytes]

FORMATS: Mapping[str, Writer] = {"json": json.write, "csv": csv.write, "xlsx": xlsx.write}
