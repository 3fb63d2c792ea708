"""QR codes of addresses: for print (SVG), for screens and files (PNG), for terminals (half blocks).

The code carries the address exactly as it is printed beside it. An address in capitals alone would make the
symbol one version smaller (37 modules a side become 33 at level H), but a reader in somebody's messaging app
may not take 'HTTPS://' for a link, and what is scanned would differ from what is read: harm outweighs gain.
"""

from __future__ import annotations

import io
from functools import lru_cache

import segno

QUIET = 4
"""modules of empty margin around the symbol (ISO/IEC 18004 asks for 4)"""

_ON_WHITE = "\x1b[38;5;16;48;5;231m"
"""black on white from the fixed part of the 256 colours, which no terminal theme changes"""
_RESET = "\x1b[0m"
_HALVES = {(False, False): " ", (True, False): "▀", (False, True): "▄", (True, True): "█"}


@lru_cache(maxsize=4096)
def _symbol(address: str, level: str) -> segno.QRCode:
    # without boosting: the level asked for is the level printed
    return segno.make(address, error=level, boost_error=False, micro=False)


def modules(address: str, *, level: str = "H", quiet: int = 0) -> list[list[bool]]:
    """Rows of the symbol, True = dark, with `quiet` empty modules around."""
    return [[bool(module) for module in row] for row in _symbol(address, level).matrix_iter(border=quiet)]


def svg(address: str, *, level: str = "H") -> str:
    """The symbol with its quiet zone as one filled path: no hairlines between modules in any viewer."""
    rows = modules(address, level=level, quiet=QUIET)
    runs = ((y, start, length) for y, row in enumerate(rows) for start, length in _dark_runs(row))
    path = "".join(f"M{start} {y}h{length}v1h-{length}z" for y, start, length in runs)
    side = len(rows)
    return (
        f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {side} {side}" shape-rendering="crispEdges">'
        f'<path fill="#fff" d="M0 0h{side}v{side}h-{side}z"/><path fill="#000" d="{path}"/></svg>'
    )


def outline(address: str, *, level: str = "M") -> tuple[int, str]:
    """Side, and outline as an SVG path, of the symbol with its quiet zone, in modules: drawn within a page."""
    rows = modules(address, level=level, quiet=QUIET)
    runs = ((y, start, length) for y, row in enumerate(rows) for start, length in _dark_runs(row))
    return len(rows), "".join(f"M{start} {y}h{length}v1h-{length}z" for y, start, length in runs)


def png(address: str, *, level: str = "H", scale: int = 8) -> bytes:
    """The symbol with its quiet zone; `scale` pixels a module."""
    picture = io.BytesIO()
    _symbol(address, level).save(picture, kind="png", scale=scale, border=QUIET)
    return picture.getvalue()


def terminal(address: str, *, level: str = "M") -> str:
    """Lines of half blocks, two modules to a character, in black on white whatever the terminal's colours.

    Level M: a screen takes no damage, and the drawing must fit into 24 lines.
    """
    rows = modules(address, level=level, quiet=QUIET // 2)
    if len(rows) % 2:
        rows.append([False] * len(rows[0]))
    pairs = zip(rows[::2], rows[1::2], strict=True)
    lines = ("".join(_HALVES[halves] for halves in zip(above, below, strict=True)) for above, below in pairs)
    return "\n".join(f"{_ON_WHITE}{line}{_RESET}" for line in lines)


def _dark_runs(row: list[bool]) -> list[tuple[int, int]]:
    """(start, length) of every run of dark modules."""
    runs: list[tuple[int, int]] = []
    for x, dark in enumerate(row):
        if dark and runs and sum(runs[-1]) == x:
            runs[-1] = (runs[-1][0], runs[-1][1] + 1)
        elif dark:
            runs.append((x, 1))
    return runs
