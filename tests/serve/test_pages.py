"""The files of the pages: sent whole, or not at all where the browser has them; and the heat map that a page shows."""

from collections.abc import Callable
from pathlib import Path

import cv2
import numpy as np
import pytest
from fastapi.testclient import TestClient

from brandlens import images
from brandlens.logo.detector import LogoDetector
from brandlens.logo.detectors.sliding_window.detector import SlidingWindowDetector
from brandlens.serve.pages import STATIC

PNG = {"content-type": "image/png"}


@pytest.mark.parametrize(("path", "media_type"), [
    ("/", "text/html"), ("/favicon.ico", "image/svg+xml"), ("/static/style.css", "text/css"),
    ("/static/try.js", "text/javascript"),
])  # fmt: skip
def test_files(client: TestClient, path: str, media_type: str) -> None:
    answer = client.get(path)
    assert answer.status_code == 200 and answer.headers["content-type"].startswith(media_type)
    assert answer.headers["cache-control"] == "no-cache"
    again = client.get(path, headers={"if-none-match": answer.headers["etag"]})
    assert (again.status_code, again.content) == (304, b"")
    assert client.head(path).headers["content-length"] == str(len(answer.content))


@pytest.mark.parametrize("name", ["", "nothing.js", "..%2fpages.py", "%2e%2e/pages.py", "../pages.py"])
def test_no_other_files(client: TestClient, name: str) -> None:
    assert client.get(f"/static/{name}").status_code == 404


def test_pages_need_no_token(make_client: Callable[..., TestClient]) -> None:
    client = make_client(token="secret")
    assert [client.get(path).status_code for path in ("/", "/static/try.js", "/logo")] == [200, 200, 401]


def test_a_link_to_the_label_page_where_there_is_one(make_client: Callable[..., TestClient], tmp_path: Path) -> None:
    (tmp_path / "a.png").write_bytes(cv2.imencode(".png", np.zeros((9, 9, 3), np.uint8))[1].tobytes())
    for folder in (None, tmp_path):
        assert ('href="/label"' in make_client(label_folder=folder).get("/").text) == (folder is not None)


def test_pages_fetch_nothing_from_a_network() -> None:
    texts = [path.read_text(encoding="utf-8") for path in STATIC.rglob("*.*")]
    assert len(texts) > 5
    assert not [text for text in texts if "//" in text.replace("http://www.w3.org/2000/svg", "").replace("// ", "")]


def test_heat_map(client: TestClient, picture: bytes, model_folder: Path) -> None:
    answer = client.post("/logo/heatmap", content=picture, headers=PNG)
    assert answer.status_code == 200 and answer.headers["content-type"] == "image/png"
    scores = cv2.imdecode(np.frombuffer(answer.content, np.uint8), cv2.IMREAD_UNCHANGED)
    assert scores.ndim == 2 and scores.shape[1] / scores.shape[0] == pytest.approx(160 / 120, rel=0.1)
    expected = LogoDetector.load(model_folder, threads=1).heatmap(images.decode(picture, "a"))
    assert expected is not None
    np.testing.assert_allclose(scores, expected * 255, atol=0.51)
    assert scores.max() > 2 * np.median(scores)


def test_heat_map_of_one_picture_only(client: TestClient, picture: bytes) -> None:
    files = [("pictures", ("a", picture))] * 2
    assert client.post("/logo/heatmap", files=files).json()["error"]["code"] == "many_pictures"
    assert client.post("/logo/heatmap", content=b"x", headers=PNG).json()["error"]["code"] == "not_a_picture"


def test_no_heat_map(client: TestClient, picture: bytes, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(SlidingWindowDetector, "heatmap", lambda *_: None)
    answer = client.post("/logo/heatmap", content=picture, headers=PNG)
    assert (answer.status_code, answer.json()["error"]["code"]) == (404, "no_heatmap")
