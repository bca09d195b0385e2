import base64
import json
from pathlib import Path

import numpy as np
import pytest
import tritonclient.http as triton
from fastapi.testclient import TestClient
from tritonclient.utils import InferenceServerException

from brandlens.logo.predictor import LogoPredictor
from brandlens.sentiment.classifier import SentimentClassifier
from brandlens.sentiment.predictor import SentimentPredictor

TEXTS = ["good film", "awful", "", "żółć"]


def make_input(name: str, values: list, binary: bool) -> triton.InferInput:
    tensor = triton.InferInput(name, [len(values)], "BYTES")
    tensor.set_data_from_numpy(np.array(values, np.object_), binary_data=binary)
    return tensor


def test_metadata(port: int) -> None:
    with triton.InferenceServerClient(f"127.0.0.1:{port}") as client:
        assert client.is_server_live() and client.is_server_ready()
        assert client.is_model_ready("logo") and client.is_model_ready("sentiment", "1")
        assert not client.is_model_ready("other") and not client.is_model_ready("logo", "2")
        assert client.get_server_metadata()["name"] == "brandlens"
        assert client.get_model_metadata("sentiment")["inputs"] == [
            {"name": "texts", "datatype": "BYTES", "shape": [-1]}
        ]


@pytest.mark.parametrize("binary_in", [False, True])
@pytest.mark.parametrize("outputs", [None, {"score": True}, {"label": False, "score": True}, {"score": False}])
def test_texts(port: int, classifier: SentimentClassifier, binary_in: bool, outputs: dict[str, bool] | None) -> None:
    records = SentimentPredictor(classifier).predict(TEXTS)
    wanted = outputs and [triton.InferRequestedOutput(name, binary) for name, binary in outputs.items()]
    with triton.InferenceServerClient(f"127.0.0.1:{port}") as client:
        result = client.infer("sentiment", [make_input("texts", TEXTS, binary_in)], outputs=wanted, request_id="7")
    assert result.get_response()["id"] == "7"
    for name in outputs or ("label", "score"):
        expected = [record[name] for record in records]
        found = [value.decode() if isinstance(value, bytes) else value for value in result.as_numpy(name).tolist()]
        assert found == expected
    if outputs and "label" not in outputs:
        assert result.as_numpy("label") is None


@pytest.mark.parametrize("binary_in", [False, True])
def test_pictures(port: int, model_folder: Path, picture: bytes, binary_in: bool) -> None:
    _, detections = LogoPredictor.load(model_folder, threads=1, threshold=0.05).predict(picture, "")
    value = picture if binary_in else base64.b64encode(picture)
    with triton.InferenceServerClient(f"127.0.0.1:{port}") as client:
        tensor = make_input("pictures", [value, value], binary_in)
        result = client.infer("logo", [tensor], parameters={"threshold": 0.05})
    assert result.as_numpy("num_detections").tolist() == [len(detections)] * 2
    assert result.as_numpy("size").tolist() == [[160, 120]] * 2
    assert result.as_numpy("score").tolist() == [detection.score for detection in detections] * 2
    boxes = [[box.left, box.top, box.width, box.height] for box in detections]
    assert result.as_numpy("box").tolist() == boxes * 2


def test_errors_for_a_client(port: int) -> None:
    with triton.InferenceServerClient(f"127.0.0.1:{port}") as client:
        with pytest.raises(InferenceServerException, match=r"\[400\] pictures\[0\]: not "):
            client.infer("logo", [make_input("pictures", [b"no picture"], True)])
        with pytest.raises(InferenceServerException, match=r"\[400\] sentiment has one input"):
            client.infer("sentiment", [make_input("text", ["good"], True)])
        with pytest.raises(InferenceServerException, match=r"\[404\] no such model"):
            client.infer("other", [make_input("text", ["good"], True)])


GOOD = {"name": "texts", "datatype": "BYTES", "shape": [1], "data": ["good"]}


@pytest.mark.parametrize(
    "request_body",
    [
        pytest.param(None, id="null"),
        pytest.param([], id="a list"),
        pytest.param({}, id="no inputs"),
        pytest.param({"inputs": []}, id="empty inputs"),
        pytest.param({"inputs": [1]}, id="an input that is none"),
        pytest.param({"inputs": [GOOD | {"datatype": "FP32"}]}, id="numbers"),
        pytest.param({"inputs": [GOOD | {"shape": [2]}]}, id="another shape"),
        pytest.param({"inputs": [GOOD | {"shape": [True]}]}, id="a shape of no numbers"),
        pytest.param({"inputs": [GOOD | {"shape": [10**9] * 8}]}, id="a large shape"),
        pytest.param({"inputs": [GOOD | {"data": [1]}]}, id="a number"),
        pytest.param({"inputs": [GOOD | {"data": ["\ud800"]}]}, id="half of a surrogate pair"),
        pytest.param({"inputs": [GOOD | {"data": [["good"], 1]}]}, id="ragged"),
        pytest.param({"inputs": [GOOD | {"parameters": {"binary_data_size": 9}}]}, id="no binary data"),
        pytest.param({"inputs": [GOOD], "outputs": [{"name": "box"}]}, id="an unknown output"),
        pytest.param({"inputs": [GOOD], "id": 7}, id="an id that is no text"),
        pytest.param({"inputs": [GOOD], "parameters": 1}, id="parameters"),
    ],
)
def test_bad_requests(client: TestClient, request_body: object) -> None:
    answer = client.post("/v2/models/sentiment/infer", content=json.dumps(request_body))
    assert answer.status_code == 400
    assert isinstance(answer.json()["error"], str)


@pytest.mark.parametrize("binary", [b"\x04\0\0", b"\x09\0\0\0good", b"\xff\xff\xff\xffgood", b"\x02\0\0\0\xff\xfe"])
def test_bad_binary_data(client: TestClient, binary: bytes) -> None:
    tensor = GOOD | {"parameters": {"binary_data_size": len(binary)}}
    header = json.dumps({"inputs": [tensor]}).encode()
    for length in (str(len(header)), "x", "9999", "-1"):
        answer = client.post(
            "/v2/models/sentiment/infer",
            content=header + binary,
            headers={"inference-header-content-length": length},
        )
        assert answer.status_code == 400


@pytest.mark.parametrize("parameters", [{"threshold": 2}, {"threshold": "x"}, {"tile": 1}, {"tile": 1.5}])
def test_bad_parameters(client: TestClient, picture: bytes, parameters: dict[str, object]) -> None:
    tensor = {"name": "pictures", "datatype": "BYTES", "shape": [1], "data": [base64.b64encode(picture).decode()]}
    answer = client.post("/v2/models/logo/infer", json={"inputs": [tensor], "parameters": parameters})
    assert answer.status_code == 400
    assert answer.json()["error"].startswith(f"parameter {next(iter(parameters))} is no number")


def test_limits(make_client, picture: bytes) -> None:
    client = make_client(max_texts=1, max_text=3, max_pictures=0)
    for model, data in (("sentiment", ["a", "b"]), ("sentiment", ["good"]), ("logo", ["abcd"])):
        name = {"sentiment": "texts", "logo": "pictures"}[model]
        tensor = {"name": name, "datatype": "BYTES", "shape": [len(data)], "data": data}
        assert client.post(f"/v2/models/{model}/infer", json={"inputs": [tensor]}).status_code == 422
