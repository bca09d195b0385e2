import numpy as np

from brandlens import images
from brandlens.boxes import Box, Detection
from brandlens.check import sheet
from brandlens.check.sheet import ContactSheet

RED = np.full((50, 60, 3), (255, 0, 0), np.uint8)


def test_no_boxes(tmp_path):
    assert ContactSheet().write(tmp_path / "sheet.png") == [tmp_path / "sheet.png"]
    assert images.read(tmp_path / "sheet.png").shape == (sheet.TITLE_HEIGHT, sheet.COLUMNS * sheet.CELL_WH[0], 3)


def test_every_box_has_a_cell_below_its_label(tmp_path):
    contact_sheet = ContactSheet()
    contact_sheet.add(RED, [Box(0, 0, 60, 5, "fizz")] * (sheet.COLUMNS + 1), "a")
    contact_sheet.add(RED, [Box(1, 1, 5, 49, "cola", True), Box(0, 0, 1, 1, "cola")], "b")
    contact_sheet.write(tmp_path / "sheet.png")
    pixels = images.read(tmp_path / "sheet.png")
    row = sheet.CELL_WH[1] + sheet.CAPTION_HEIGHT
    assert pixels.shape[0] == 3 * sheet.TITLE_HEIGHT + 4 * row  # cola, cola to ignore, and fizz in two rows
    red = (pixels == (255, 0, 0)).all(axis=2)
    columns = red.reshape(pixels.shape[0], sheet.COLUMNS, -1).any(axis=2)
    starts = [
        sheet.TITLE_HEIGHT,
        2 * sheet.TITLE_HEIGHT + row,
        3 * sheet.TITLE_HEIGHT + 2 * row,
        3 * sheet.TITLE_HEIGHT + 3 * row,
    ]
    assert [columns[start : start + row].any(axis=0).sum() for start in starts] == [1, 1, sheet.COLUMNS, 1]


def test_many_boxes_go_on_further_pages(tmp_path, monkeypatch):
    monkeypatch.setattr(sheet, "ROWS", 2)
    contact_sheet = ContactSheet()
    for label in "abc":
        contact_sheet.add(RED, [Box(0, 0, 9, 9, label)], "a")
    paths = contact_sheet.write(tmp_path / "sheet.png")
    assert [path.name for path in paths] == ["sheet.png", "sheet-2.png", "sheet-3.png"]
    assert {images.read(path).shape for path in paths} == {
        (sheet.TITLE_HEIGHT + sheet.CELL_WH[1] + sheet.CAPTION_HEIGHT, 1344, 3)
    }


def test_places_come_first_the_surest_first(tmp_path):
    contact_sheet = ContactSheet()
    contact_sheet.add(RED, [Box(0, 0, 60, 50, "cola")], "a")
    contact_sheet.add_place(RED, Detection("cola", 0.5, 10, 10, 20, 20))
    blue = np.full((50, 60, 3), (0, 0, 255), np.uint8)
    contact_sheet.add_place(blue, Detection("cola", 0.9, 50, 40, 10, 10))  # in the corner
    assert [path.name for path in contact_sheet.write(tmp_path / "sheet.png")] == ["sheet.png", "sheet-2.png"]
    pixels = images.read(tmp_path / "sheet.png")[sheet.TITLE_HEIGHT :]
    wide = sheet.PLACE_WH[0]
    assert len(pixels) == sheet.PLACE_WH[1] + sheet.PLACE_CAPTION_HEIGHT
    for column, color in enumerate([(0, 0, 255), (255, 0, 0)]):
        cell = pixels[:, column * wide : (column + 1) * wide]
        assert (cell == color).all(axis=2).sum() > 1000
        assert (cell == sheet.MAGENTA).all(axis=2).any()
    assert (pixels[:, 2 * wide :] == sheet.WHITE).all()
