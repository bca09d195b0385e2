"""Draw contact sheets: boxes, label by label, so that a wrong one catches the eye; places without a box, numbered."""

from collections.abc import Sequence
from dataclasses import dataclass, field
from pathlib import Path

import cv2
import numpy as np

from brandlens import images
from brandlens.boxes import Box, Detection, to_xyxy

CELL_WH = (96, 72)  # pixels
COLUMNS, ROWS = 14, 150  # cells on a page
TITLE_HEIGHT = 26  # pixels
CAPTION_HEIGHT = 12  # pixels, below a cell
PLACE_WH, PLACE_COLUMNS, PLACE_ROWS = (192, 144), 7, 60  # the same of places, whose cells are twice as large
PLACE_CAPTION_HEIGHT = 20  # pixels
CONTEXT = 0.6  # fraction of a place's longer side that is visible around it
BLACK, WHITE, GREY, MAGENTA = (0, 0, 0), (255, 255, 255), (120, 120, 120), (255, 0, 255)


@dataclass
class ContactSheet:
    """Cells by label; `add` the boxes of one picture after another, then `write`. Places: with their scores."""

    cells: dict[str, list[np.ndarray]] = field(default_factory=dict)
    places: list[tuple[Detection, np.ndarray]] = field(default_factory=list)

    def add(self, pixels: np.ndarray, boxes: Sequence[Box], caption: str) -> None:
        """Cut out boxes that lie inside a (h, w, 3) uint8 RGB picture. caption: what to write below them."""
        for box in boxes:
            crop = pixels[box.top : box.top + box.height, box.left : box.left + box.width]
            label = f"{box.label} (ignore)" if box.ignore else box.label
            self.cells.setdefault(label, []).append(_draw_cell(crop, caption))

    def add_place(self, pixels: np.ndarray, place: Detection) -> None:
        """Cut out a place in a (h, w, 3) uint8 RGB picture with what is around it."""
        self.places.append((place, _draw_place(pixels, place)))

    def write(self, path: Path) -> list[Path]:
        """Write the pages, the first under this name, further ones with -2, -3 …; return their paths.

        Places come first, on pages of their own, numbered from 1 by falling score as `places.rank` does.
        """
        strips = [strip for label in sorted(self.cells) for strip in _draw_label(label, self.cells[label])]
        places = _draw_places(sorted(self.places, key=lambda item: -item[0].score))
        pages = [places[i : i + PLACE_ROWS] for i in range(0, len(places), PLACE_ROWS)]
        pages += [strips[i : i + ROWS] for i in range(0, len(strips), ROWS)] or [[_draw_title("no boxes")]]
        paths = [path, *(path.with_stem(f"{path.stem}-{number}") for number in range(2, len(pages) + 1))]
        for page_path, page in zip(paths, pages, strict=True):
            images.write(page_path, np.concatenate(page))
        return paths


def _draw_cell(crop: np.ndarray, caption: str) -> np.ndarray:
    """Return a cell with its caption and the crop in its middle, scaled to fit."""
    cell = _fit(crop, CELL_WH, CAPTION_HEIGHT)[0]
    cv2.putText(cell, caption[-15:], (1, CELL_WH[1] + 9), cv2.FONT_HERSHEY_SIMPLEX, 0.3, GREY, 1, cv2.LINE_AA)
    return cell


def _fit(crop: np.ndarray, cell_wh: tuple[int, int], caption_height: int) -> tuple[np.ndarray, float, tuple[int, int]]:
    """Return a cell with the crop in its middle, its scale, and its left and top there."""
    wide, tall = cell_wh
    scale = min((wide - 2) / crop.shape[1], (tall - 2) / crop.shape[0])
    width, height = (max(1, round(side * scale)) for side in crop.shape[1::-1])
    scaled = cv2.resize(crop, (width, height), interpolation=cv2.INTER_AREA if scale < 1 else cv2.INTER_LINEAR)
    cell = np.full((tall + caption_height, wide, 3), WHITE, np.uint8)
    left, top = (wide - width) // 2, (tall - height) // 2
    cell[top : top + height, left : left + width] = scaled
    return cell, scale, (left, top)


def _draw_place(pixels: np.ndarray, place: Detection) -> np.ndarray:
    """Return a cell with a place, framed, and what is around it."""
    margin = round(CONTEXT * max(place.width, place.height))
    left, top = max(0, place.left - margin), max(0, place.top - margin)
    crop = pixels[top : place.top + place.height + margin, left : place.left + place.width + margin]
    cell, scale, corner = _fit(crop, PLACE_WH, PLACE_CAPTION_HEIGHT)
    frame = (to_xyxy([place])[0] - (left, top, left, top)) * scale + (*corner, *corner)
    x1, y1, x2, y2 = (round(side) for side in frame.tolist())
    cv2.rectangle(cell, (x1, y1), (x2, y2), MAGENTA, 1)
    return cell


def _draw_places(places: Sequence[tuple[Detection, np.ndarray]]) -> list[np.ndarray]:
    """Return a title and rows of numbered cells; nothing for no places."""
    cells = []
    for number, (place, cell) in enumerate(places, start=1):
        caption = f"{number}  {place.label[:14]} {place.score:.2f}"
        cells.append(cell.copy())
        position = (2, PLACE_WH[1] + 14)
        cv2.putText(cells[-1], caption, position, cv2.FONT_HERSHEY_SIMPLEX, 0.45, BLACK, 1, cv2.LINE_AA)
    title = f"without a box, the surest first: {len(cells)}"
    return [_draw_title(title), *_draw_rows(cells, PLACE_COLUMNS)] if cells else []


def _draw_label(label: str, cells: Sequence[np.ndarray]) -> list[np.ndarray]:
    """Return a title and rows of cells, all as wide as a page."""
    return [_draw_title(f"{label}: {len(cells)}"), *_draw_rows(cells, COLUMNS)]


def _draw_rows(cells: Sequence[np.ndarray], columns: int) -> list[np.ndarray]:
    """Return rows of so many cells of one size."""
    tall, wide = cells[0].shape[:2]
    rows = []
    for start in range(0, len(cells), columns):
        row = np.full((tall, columns * wide, 3), WHITE, np.uint8)
        for column, cell in enumerate(cells[start : start + columns]):
            row[:, column * wide : (column + 1) * wide] = cell
        rows.append(row)
    return rows


def _draw_title(text: str) -> np.ndarray:
    strip = np.full((TITLE_HEIGHT, COLUMNS * CELL_WH[0], 3), WHITE, np.uint8)
    cv2.putText(strip, text, (4, TITLE_HEIGHT - 8), cv2.FONT_HERSHEY_SIMPLEX, 0.6, BLACK, 1, cv2.LINE_AA)
    return strip
