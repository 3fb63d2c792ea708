"""What a printed page shows: its picture, the codes in it, its words."""

from __future__ import annotations

import numpy as np
import pypdfium2
import zxingcpp
from numpy.typing import NDArray
from scipy import ndimage

Picture = NDArray[np.uint8]


def pages(pdf: bytes) -> list[pypdfium2.PdfPage]:
    return list(pypdfium2.PdfDocument(pdf))


def picture(page: pypdfium2.PdfPage, dpi: int = 100) -> Picture:
    """Grey values, 0 black."""
    shown: Picture = page.render(scale=dpi / 72, grayscale=True).to_numpy()
    return np.ascontiguousarray(shown.reshape(shown.shape[:2]))


def photographed(shown: Picture, *, turn: float, blur: float) -> Picture:
    """The page as a careless hand photographs it: turned by degrees, out of focus, in grey light."""
    turned = ndimage.rotate(shown.astype(float), turn, cval=255.0, order=1)
    return np.clip(40 + 0.7 * ndimage.gaussian_filter(turned, blur), 0, 255).astype(np.uint8)


def codes(shown: Picture) -> list[str]:
    return sorted(found.text for found in zxingcpp.read_barcodes(shown))


def words(page: pypdfium2.PdfPage) -> str:
    """The page's text on one line."""
    return " ".join(page.get_textpage().get_text_range().split())
