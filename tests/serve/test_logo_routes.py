import io
from collections.abc import Callable
from pathlib import Path

import cv2
import numpy as np
import pytest
from fastapi.testclient import TestClient

from brandlens.logo.predictor import LogoPredictor, picture_row

PNG = {"content-type": "image/png"}


def test_the_model(client: TestClient) -> None:
    answer = client.get("/logo").json()
    assert answer["labels"] == ["cola", "fizz"]
    assert answer["threshold"] == 0.5
    assert answer["revision"] == "unknown"


@pytest.mark.parametrize("query", ["", "?threshold=0.05", "?threshold=0.9&tile=256"])
def test_as_python_detects(client: TestClient, model_folder: Path, picture: bytes, query: str) -> None:
    options = {key: float(value) for key, value in (part.split("=") for part in query[1:].split("&") if part)}
    options["tile"] = int(options.get("tile", 1024))
    predictor = LogoPredictor.load(model_folder, threads=1, **options)
    row = picture_row("picture", *predictor.predict(picture, "picture"))
    answer = client.post(f"/logo/detect{query}", content=picture, headers=PNG)
    assert answer.json() == {"pictures": [row]}
    assert row["detections"] or "0.9" in query


def test_many_pictures_in_their_order(client: TestClient, picture: bytes) -> None:
    blank = cv2.imencode(".png", np.full((50, 60, 3), 128, np.uint8))[1].tobytes()
    files = {"a.png": picture, "b.txt": b"no picture", "c.png": blank, "ü\n.png": picture, "d.png": b""}
    answer = client.post("/logo/detect", files=[("pictures", (name, data)) for name, data in files.items()])
    assert answer.status_code == 200
    rows = answer.json()["pictures"]
    assert [row["picture"] for row in rows][:3] == ["a.png", "b.txt", "c.png"]
    assert [len(row.get("detections", "--")) for row in rows] == [1, 2, 0, 1, 2]
    assert rows[1].keys() == {"picture", "error"} and rows[1]["error"].startswith("b.txt: ")


def test_drawn(client: TestClient, picture: bytes) -> None:
    answer = client.post("/logo/detect", content=picture, headers=PNG | {"accept": "image/png"})
    assert answer.headers["content-type"] == "image/png"
    drawn, given = (cv2.imdecode(np.frombuffer(data, np.uint8), 1) for data in (answer.content, picture))
    assert drawn.shape == given.shape and (drawn != given).any()


def test_drawn_is_for_one(client: TestClient, picture: bytes) -> None:
    files = [("pictures", ("a", picture))] * 2
    answer = client.post("/logo/detect", files=files, headers={"accept": "image/png"})
    assert (answer.status_code, answer.json()["error"]["code"]) == (422, "many_pictures")


def header_only(width: int, height: int) -> bytes:
    """A BMP that claims a size, and ends there."""
    data = io.BytesIO(b"BM")
    data.seek(14)
    data.write((40).to_bytes(4, "little") + width.to_bytes(4, "little") + height.to_bytes(4, "little") + bytes(100))
    return b"BM" + data.getvalue()[2:]


@pytest.mark.parametrize(
    ("body", "kind", "status", "code"),
    [
        pytest.param(b"", "image/png", 422, "not_a_picture", id="empty"),
        pytest.param(b"text", "application/octet-stream", 422, "not_a_picture", id="no picture"),
        pytest.param(header_only(60_000, 60_000), "image/bmp", 413, "picture_too_large", id="3.6 gigapixels"),
        pytest.param(b"x", "text/plain", 415, "not_pictures", id="another type"),
        pytest.param(b"x", "multipart/form-data", 400, "bad_form", id="a form without boundary"),
        pytest.param(
            b'--a\r\nContent-Disposition: form-data; name="pictures"; filename="a"\r\n\r\nab',
            "multipart/form-data; boundary=a",
            400,
            "bad_form",
            id="a form cut short",
        ),
        pytest.param(b"--a\r\nbroken\r\n\r\n", "multipart/form-data; boundary=a", 400, "bad_form", id="a broken form"),
        pytest.param(b"--a--\r\n", "multipart/form-data; boundary=a", 422, "no_picture", id="an empty form"),
    ],
)
def test_what_is_refused(client: TestClient, body: bytes, kind: str, status: int, code: str) -> None:
    answer = client.post("/logo/detect", content=body, headers={"content-type": kind})
    assert (answer.status_code, answer.json()["error"]["code"]) == (status, code)
    message = answer.json()["error"]["message"]
    assert "\n" not in message and str(Path(__file__).parents[2]) not in message


@pytest.mark.parametrize("query", ["threshold=2", "threshold=nan", "threshold=x", "tile=1"])
def test_bad_parameters(client: TestClient, picture: bytes, query: str) -> None:
    answer = client.post(f"/logo/detect?{query}", content=picture, headers=PNG)
    assert (answer.status_code, answer.json()["error"]["field"]) == (422, query.partition("=")[0])


def test_limits(make_client: Callable[..., TestClient], picture: bytes) -> None:
    client = make_client(max_pictures=2, max_pixels=100)
    answer = client.post("/logo/detect", files=[("pictures", ("a", picture))] * 3)
    assert (answer.status_code, answer.json()["error"]["code"]) == (422, "too_many_pictures")
    assert client.post("/logo/detect", content=picture, headers=PNG).status_code == 413


def test_no_model(make_client: Callable[..., TestClient], picture: bytes) -> None:
    client = make_client(logo=None)
    for answer in (client.get("/logo"), client.post("/logo/detect", content=picture, headers=PNG)):
        assert (answer.status_code, answer.json()["error"]["code"]) == (404, "no_model")
