"""docs/python.md: every block runs, in order, on small models, and gives what the page says."""

import pickle
import re
import shutil
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import numpy as np
import pytest

from brandlens import annotations, images
from brandlens.annotations import Picture
from brandlens.boxes import Box
from brandlens.video import VideoWriter

PAGE = (Path(__file__).resolve().parents[1] / "docs/python.md").read_text(encoding="utf-8")
BLOCKS = re.findall(r"```python\n(.*?)```", PAGE, re.DOTALL)
LOGO = Box(20, 30, 60, 60, "cola")


def test_the_page(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, scene: Callable[..., np.ndarray], model_folder: Path,
    sentiment_folder: Path, capsys: pytest.CaptureFixture[str],
) -> None:  # fmt: skip
    monkeypatch.chdir(tmp_path)
    shutil.copytree(model_folder, "models/logo")
    shutil.copytree(sentiment_folder, "models/sentiment")
    picture = scene((200, 160), LOGO)
    for name in ("photos/a.jpg", "my/a.jpg", "my/b.jpg"):
        images.write(Path(name), picture)
    Path("photos/b.jpg").write_bytes(b"no picture")
    annotations.write(Path("my/pictures.xml"), [Picture(Path("my/a.jpg"), (LOGO,))])
    writer = VideoWriter(Path("match.mp4"), 10)
    for index in range(10):
        writer.add(index / 10, picture)
    writer.close(1.0)

    page: dict = {}
    for block in BLOCKS:
        exec(compile(block, "docs/python.md", "exec"), page)

    assert capsys.readouterr().out.startswith("cola ")
    assert [bool(error) for error in page["columns"]["error"]] == [False, True]
    assert page["columns"]["detections"][0][0]["label"] == "cola"
    assert [track.label for track in page["tracks"]] == ["cola"]
    assert page["tracks"][0].end == pytest.approx(1.0)
    assert page["clause"].term == "price"
    assert [len(each.boxes) for each in annotations.read(Path("my/more.json"))] == [1, 1]
    detector, classifier = page["detector"], page["classifier"]
    with ThreadPoolExecutor(4) as pool:
        assert all(found == detector.detect(picture) for found in pool.map(detector.detect, [picture] * 8))
        texts = ["good film", "awful"] * 20
        assert all(answer == classifier.score(texts) for answer in pool.map(classifier.score, [texts] * 8))
    for model in (detector, classifier):
        with pytest.raises(TypeError, match="pickle"):
            pickle.dumps(model)
