"""All boxes on a contact sheet, label by label, so that a wrong one catches the eye."""

from collections.abc import Sequence
from dataclasses import dataclass, field
from pathlib import Path

import cv2
import numpy as np

from brandlens import images
from brandlens.boxes import Box

CELL = (96, 72)  # pixels: width, height
COLUMNS, ROWS = 14, 150  # cells on a page
TITLE = 26  # pixels high
CAPTION = 12  # pixels high, below a cell
INK, PAPER, FAINT = (0, 0, 0), (255, 255, 255), (120, 120, 120)


@dataclass
class ContactSheet:
    """Cells by label; `add` the boxes of one picture after another, then `write`."""

    cells: dict[str, list[np.ndarray]] = field(default_factory=dict)

    def add(self, pixels: np.ndarray, boxes: Sequence[Box], name: str) -> None:
        """Cut out boxes that lie inside a (h, w, 3) uint8 RGB picture. name: what is written below them."""
        for box in boxes:
            crop = pixels[box.top : box.top + box.height, box.left : box.left + box.width]
            self.cells.setdefault(f"{box.label} (ignore)" if box.ignore else box.label, []).append(_cell(crop, name))

    def write(self, path: Path) -> list[Path]:
        """Write the pages, the first under this name, further ones with -2, -3 … Returns their names."""
        strips = [strip for label in sorted(self.cells) for strip in _strips(label, self.cells[label])]
        pages = [strips[at : at + ROWS] for at in range(0, len(strips), ROWS)] or [[_title("no boxes")]]
        names = [path.with_stem(f"{path.stem}-{at}") if at > 1 else path for at in range(1, len(pages) + 1)]
        for name, page in zip(names, pages, strict=True):
            images.write(name, np.concatenate(page))
        return names


def _cell(crop: np.ndarray, name: str) -> np.ndarray:
    """The crop in the middle of a cell, shrunk or grown to fit it, with its caption."""
    wide, tall = CELL
    scale = min((wide - 2) / crop.shape[1], (tall - 2) / crop.shape[0])
    size = [max(1, round(side * scale)) for side in crop.shape[1::-1]]
    fitted = cv2.resize(crop, size, interpolation=cv2.INTER_AREA if scale < 1 else cv2.INTER_LINEAR)
    cell = np.full((tall + CAPTION, wide, 3), PAPER, np.uint8)
    left, top = (wide - size[0]) // 2, (tall - size[1]) // 2
    cell[top : top + size[1], left : left + size[0]] = fitted
    cv2.putText(cell, name[-15:], (1, tall + 9), cv2.FONT_HERSHEY_SIMPLEX, 0.3, FAINT, 1, cv2.LINE_AA)
    return cell


def _strips(label: str, cells: Sequence[np.ndarray]) -> list[np.ndarray]:
    """A title and rows of cells, all as wide as a page."""
    rows = [_title(f"{label}: {len(cells)}")]
    for at in range(0, len(cells), COLUMNS):
        row = np.full((CELL[1] + CAPTION, COLUMNS * CELL[0], 3), PAPER, np.uint8)
        for column, cell in enumerate(cells[at : at + COLUMNS]):
            row[:, column * CELL[0] : (column + 1) * CELL[0]] = cell
        rows.append(row)
    return rows


def _title(text: str) -> np.ndarray:
    strip = np.full((TITLE, COLUMNS * CELL[0], 3), PAPER, np.uint8)
    cv2.putText(strip, text, (4, TITLE - 8), cv2.FONT_HERSHEY_SIMPLEX, 0.6, INK, 1, cv2.LINE_AA)
    return strip
