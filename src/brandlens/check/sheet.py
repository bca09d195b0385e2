"""Draw all boxes on a contact sheet, label by label, so that a wrong one catches the eye."""

from collections.abc import Sequence
from dataclasses import dataclass, field
from pathlib import Path

import cv2
import numpy as np

from brandlens import images
from brandlens.boxes import Box

CELL_WH = (96, 72)  # pixels
COLUMNS, ROWS = 14, 150  # cells on a page
TITLE_HEIGHT = 26  # pixels
CAPTION_HEIGHT = 12  # pixels, below a cell
BLACK, WHITE, GREY = (0, 0, 0), (255, 255, 255), (120, 120, 120)


@dataclass
class ContactSheet:
    """Cells by label; `add` the boxes of one picture after another, then `write`."""

    cells: dict[str, list[np.ndarray]] = field(default_factory=dict)

    def add(self, pixels: np.ndarray, boxes: Sequence[Box], caption: str) -> None:
        """Cut out boxes that lie inside a (h, w, 3) uint8 RGB picture. caption: what to write below them."""
        for box in boxes:
            crop = pixels[box.top : box.top + box.height, box.left : box.left + box.width]
            label = f"{box.label} (ignore)" if box.ignore else box.label
            self.cells.setdefault(label, []).append(_draw_cell(crop, caption))

    def write(self, path: Path) -> list[Path]:
        """Write the pages, the first under this name, further ones with -2, -3 …; return their paths."""
        strips = [strip for label in sorted(self.cells) for strip in _draw_label(label, self.cells[label])]
        pages = [strips[i : i + ROWS] for i in range(0, len(strips), ROWS)] or [[_draw_title("no boxes")]]
        paths = [path, *(path.with_stem(f"{path.stem}-{number}") for number in range(2, len(pages) + 1))]
        for page_path, page in zip(paths, pages, strict=True):
            images.write(page_path, np.concatenate(page))
        return paths


def _draw_cell(crop: np.ndarray, caption: str) -> np.ndarray:
    """Return a cell with its caption and the crop in its middle, scaled to fit."""
    wide, tall = CELL_WH
    scale = min((wide - 2) / crop.shape[1], (tall - 2) / crop.shape[0])
    width, height = (max(1, round(side * scale)) for side in crop.shape[1::-1])
    scaled = cv2.resize(crop, (width, height), interpolation=cv2.INTER_AREA if scale < 1 else cv2.INTER_LINEAR)
    cell = np.full((tall + CAPTION_HEIGHT, wide, 3), WHITE, np.uint8)
    left, top = (wide - width) // 2, (tall - height) // 2
    cell[top : top + height, left : left + width] = scaled
    cv2.putText(cell, caption[-15:], (1, tall + 9), cv2.FONT_HERSHEY_SIMPLEX, 0.3, GREY, 1, cv2.LINE_AA)
    return cell


def _draw_label(label: str, cells: Sequence[np.ndarray]) -> list[np.ndarray]:
    """Return a title and rows of cells, all as wide as a page."""
    wide, tall = CELL_WH
    rows = [_draw_title(f"{label}: {len(cells)}")]
    for start in range(0, len(cells), COLUMNS):
        row = np.full((tall + CAPTION_HEIGHT, COLUMNS * wide, 3), WHITE, np.uint8)
        for column, cell in enumerate(cells[start : start + COLUMNS]):
            row[:, column * wide : (column + 1) * wide] = cell
        rows.append(row)
    return rows


def _draw_title(text: str) -> np.ndarray:
    strip = np.full((TITLE_HEIGHT, COLUMNS * CELL_WH[0], 3), WHITE, np.uint8)
    cv2.putText(strip, text, (4, TITLE_HEIGHT - 8), cv2.FONT_HERSHEY_SIMPLEX, 0.6, BLACK, 1, cv2.LINE_AA)
    return strip
