"""The routes of the label page, called without a browser."""

import json
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import cv2
import numpy as np
import pytest
from fastapi import FastAPI
from fastapi.testclient import TestClient

from brandlens import annotations, images
from brandlens.annotations import Picture
from brandlens.boxes import Box
from brandlens.check import dataset
from brandlens.errors import UserError
from brandlens.logo.detector import LogoDetector
from brandlens.serve.app import create_app
from brandlens.serve.label import advice
from brandlens.serve.label.folder import LabelFolder
from brandlens.serve.label.suggestions import Suggestions
from brandlens.serve.settings import Settings

RESULTS = Path(__file__).parents[3] / "benchmarks" / "results" / "label_efficiency.json"
BOX = {"left": 3, "top": 4, "width": 20, "height": 10, "label": " cola ", "ignore": False, "key": None}


@pytest.fixture
def photos(tmp_path: Path) -> Path:
    folder = tmp_path / "photos"
    pixels = np.random.default_rng(0).integers(0, 255, (30, 40, 3), np.uint8)
    for name in ("a.png", "b.bmp"):
        images.write(folder / name, pixels)
    return folder


@pytest.fixture
def client(photos: Path) -> Iterator[TestClient]:
    app: FastAPI = create_app(Settings(label_folder=photos))
    yield TestClient(app, "http://127.0.0.1", raise_server_exceptions=False)


def ids(client: TestClient) -> dict[str, str]:
    return {row["name"]: row["id"] for row in client.get("/label/pictures").json()["pictures"]}


def put(client: TestClient, picture_id: str, etag: str, **body: Any) -> Any:
    content = {"labelled": True, "boxes": []} | body
    return client.put(f"/label/pictures/{picture_id}", headers={"If-Match": etag}, json=content)


def test_boxes_are_saved_and_pass_the_check(client: TestClient, photos: Path) -> None:
    picture_id = ids(client)["a.png"]
    before = client.get(f"/label/pictures/{picture_id}")
    assert before.json()["labelled"] is False
    saved = put(client, picture_id, before.headers["etag"], boxes=[BOX])
    assert saved.json()["progress"]["labels"] == [{"label": "cola", "boxes": 1, "pictures": 1}]
    assert saved.headers["etag"] == client.get(f"/label/pictures/{picture_id}").headers["etag"]
    assert annotations.read(photos / "annotations.xml") == [
        Picture(photos / "a.png", (Box(3, 4, 20, 10, "cola"),), 40, 30)
    ]  # fmt: skip
    (checked,) = dataset.check([photos / "annotations.xml"])
    assert [issue for issue in checked.issues if not issue.hint] == []
    late = put(client, picture_id, before.headers["etag"])
    assert (late.status_code, late.json()["error"]["code"]) == (409, "changed_elsewhere")


@pytest.mark.parametrize(
    ("body", "field"),
    [
        ({"boxes": [BOX], "labelled": False}, "labelled"),
        ({"boxes": [BOX | {"width": 0}]}, "boxes[0].width"),
        ({"boxes": [BOX | {"left": 1.5}]}, "boxes[0].left"),
        ({"boxes": [BOX | {"left": 2**31}]}, "boxes[0].left"),
        ({"boxes": [BOX, BOX | {"label": "  "}]}, "boxes[1].label"),
        ({"boxes": [BOX | {"label": "a\x01"}]}, "boxes[0].label"),
        ({"boxes": [BOX | {"color": "x"}]}, "boxes[0].color"),
    ],
)
def test_wrong_boxes_are_refused(client: TestClient, photos: Path, body: dict[str, Any], field: str) -> None:
    picture_id = ids(client)["a.png"]
    etag = client.get(f"/label/pictures/{picture_id}").headers["etag"]
    answer = put(client, picture_id, etag, **body)
    assert (answer.status_code, answer.json()["error"]["field"]) == (422, field)
    assert not (photos / "annotations.xml").exists()


@pytest.mark.parametrize("name", ["a.png", "%2e%2e%2fsecret", "0" * 16])
def test_pictures_go_by_their_ids_alone(client: TestClient, name: str) -> None:
    for route in ("", "/file", "/suggestions"):
        assert client.get(f"/label/pictures/{name}{route}").status_code in (404, 405)
    assert client.get("/static/label/..%2f..%2fapp.py").status_code == 404


def test_pictures_as_browsers_show_them(client: TestClient, photos: Path) -> None:
    known = ids(client)
    png = client.get(f"/label/pictures/{known['a.png']}/file")
    assert (png.headers["content-type"], png.content) == ("image/png", (photos / "a.png").read_bytes())
    bmp = client.get(f"/label/pictures/{known['b.bmp']}/file")
    assert bmp.headers["content-type"] == "image/png"
    decoded = cv2.imdecode(np.frombuffer(bmp.content, np.uint8), cv2.IMREAD_COLOR)[..., ::-1]
    np.testing.assert_array_equal(decoded, images.read(photos / "b.bmp"))


def test_a_picture_cut_short_is_refused(client: TestClient, photos: Path) -> None:
    data = (photos / "a.png").read_bytes()
    (photos / "a.png").write_bytes(data[: len(data) // 2])
    picture_id = ids(client)["a.png"]
    answer = client.get(f"/label/pictures/{picture_id}/file")
    assert answer.status_code == 422
    assert "cut short" in answer.json()["error"]["message"]
    assert str(photos) not in answer.text
    (row,) = [row for row in client.get("/label/pictures").json()["pictures"] if row["name"] == "a.png"]
    assert "cut short" in row["error"]


def test_the_page_is_served(client: TestClient) -> None:
    page = client.get("/label")
    assert "script-src 'self'" in page.headers["content-security-policy"]
    assert "style=" not in page.text and "<script>" not in page.text
    assert client.get("/static/label/label.js").headers["content-type"].startswith("text/javascript")


def test_suggestions_are_ranked_and_kept(tmp_path: Path, scene: Callable[..., np.ndarray], model_folder: Path) -> None:
    images.write(tmp_path / "logo.png", scene((160, 120), Box(40, 30, 60, 40, "cola")))
    images.write(tmp_path / "none.png", np.full((120, 160, 3), 90, np.uint8))
    folder = LabelFolder.open(tmp_path)
    detector = LogoDetector.load(model_folder)
    suggestions = Suggestions(folder, detector, model_folder)
    suggestions.start()
    suggestions._thread.join(20)
    progress = suggestions.progress(0)
    assert progress["done"]
    ranked = dict(progress["ranked"])
    assert ranked["none.png"] is None and ranked["logo.png"] is not None
    assert suggestions.progress(1)["ranked"] == progress["ranked"][1:]
    again = Suggestions(folder, detector, model_folder)
    assert set(again.journal.done) == {tmp_path / "logo.png", tmp_path / "none.png"}
    assert [row["name"] for row in folder.list_pictures()] == ["logo.png", "none.png"]
    folder.close()


def test_the_learning_curve_is_that_of_the_benchmark() -> None:
    measured = json.loads(RESULTS.read_text())
    curve = {count: measured[f"Lavie, {count} pictures, labels v1"]["1"]["ap50"] for count in advice.LEARNING_CURVE}
    assert {count: round(ap50, 3) for count, ap50 in curve.items()} == advice.LEARNING_CURVE


def test_the_command_is_quoted() -> None:
    assert advice.commands(Path("my photos/annotations.xml"))[0].endswith("--pictures 'my photos/annotations.xml'")


def test_a_service_that_ends_lets_go_of_the_folder(photos: Path, model_folder: Path) -> None:
    service = create_app(Settings(logo=model_folder, label_folder=photos)).state.service
    with pytest.raises(UserError, match="another run is writing it"):
        LabelFolder.open(photos)
    service.close()
    assert not (photos / ".annotations.xml.lock").exists()
    LabelFolder.open(photos).close()
