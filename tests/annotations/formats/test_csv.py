"""Annotations in CSV, as people's tools write it."""

import re
from pathlib import Path

import pytest

from brandlens import annotations
from brandlens.errors import AnnotationError

HEADER = "picture,left,top,width,height,label\n"


@pytest.mark.parametrize(
    "content",
    [
        pytest.param(f"{HEADER}a.png,1,2,3,4,cola\n".encode(), id="as documented"),
        pytest.param(f"# labelled by me\n\n{HEADER}a.png,1,2,3,4,cola\n".encode(), id="a comment above"),
        pytest.param(f"sep=|\r\n{HEADER}a.png,1,2,3,4,cola\n".replace(",", "|").encode(), id="Excel's first line"),
        pytest.param(f"{HEADER}a.png,1,2,3,4,cola\n".replace(",", "\t").encode("utf-16"), id="Excel's Unicode text"),
        pytest.param(f"{HEADER}a.png,1,2,3,4,cola\n".encode("utf-16-le"), id="UTF-16 without a mark"),
        pytest.param(f"{HEADER}a.png,1,2,3,4,cola\n".replace("\n", "\r").encode(), id="lines of the old Mac"),
    ],
)
def test_dialects(tmp_path: Path, content: bytes) -> None:
    (tmp_path / "a.csv").write_bytes(content)
    (picture,) = annotations.read(tmp_path / "a.csv")
    assert [(box.left, box.top, box.width, box.height, box.label) for box in picture.boxes] == [(1, 2, 3, 4, "cola")]


@pytest.mark.parametrize(
    ("content", "words"),
    [
        pytest.param(HEADER.replace("label", "label,label") + "a.png,1,2,3,4,a,b\n",
                     'two columns are named "label"; rename', id="a column twice"),
        pytest.param("filename,width,height,class,xmin,ymin,xmax,ymax\n",
                     "no column picture; name the columns picture, left", id="as TensorFlow has them"),
        pytest.param(f"#\n{HEADER}a.png,1,2,3,x,cola\n", "row 3", id="rows are counted with the comments"),
        pytest.param(f'{HEADER}"a.png,1,2,3,4,cola\nb.png,1,2,3,4,cola\n',
                     "row 2: not CSV: .*, which costs lines 2 to 3", id="an open quote"),
    ],
)  # fmt: skip
def test_refused_in_one_line(tmp_path: Path, content: str, words: str) -> None:
    (tmp_path / "a.csv").write_text(content)
    with pytest.raises(AnnotationError) as caught:
        annotations.read(tmp_path / "a.csv")
    assert re.search(words, str(caught.value))
