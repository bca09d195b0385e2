from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from fastapi.testclient import TestClient

from brandlens.sentiment.classifier import SentimentClassifier
from brandlens.sentiment.predictor import SentimentPredictor

TEXTS = ["good film", "the awful film !", "", "żółć", "bad " * 40]


@pytest.fixture(scope="module")
def small(make_client: Callable[..., TestClient]) -> TestClient:
    """A client of a service with small limits."""
    return make_client(max_texts=3, max_text=2)


def test_the_model(client: TestClient) -> None:
    answer = client.get("/sentiment").json()
    assert (answer["labels"], answer["threshold"]) == (["negative", "positive"], 0.5)


@pytest.mark.parametrize("explain", [False, True])
@pytest.mark.parametrize("texts", [[], TEXTS, TEXTS * 100])
def test_as_python_scores(sentiment_folder: Path, client: TestClient, texts: list[str], explain: bool) -> None:
    expected = SentimentPredictor(SentimentClassifier.load(sentiment_folder), explain).predict(texts)
    answer = client.post("/sentiment/score", json={"texts": texts, "explain": explain})
    assert answer.json() == {"reviews": expected}


@pytest.mark.parametrize(
    ("body", "status", "field"),
    [
        pytest.param("{", 400, "body", id="not JSON"),
        pytest.param("[" * 50_000, 400, "body", id="nested"),
        pytest.param("[]", 422, "body", id="a list"),
        pytest.param("{}", 422, "texts", id="no texts"),
        pytest.param('{"texts": "good"}', 422, "texts", id="one text"),
        pytest.param('{"texts": ["ab", 1]}', 422, "texts[1]", id="a number"),
        pytest.param('{"texts": [null]}', 422, "texts[0]", id="null"),
        pytest.param('{"texts": ["\\ud800"]}', 422, "texts[0]", id="half of a surrogate pair"),
        pytest.param('{"texts": ["ab", "abc"]}', 422, "texts[1]", id="too long"),
        pytest.param('{"texts": ["", "", "", ""]}', 422, "texts", id="too many"),
        pytest.param('{"texts": [""], "explain": "perhaps"}', 422, "explain", id="explain"),
    ],
)
def test_what_is_refused(small: TestClient, body: str, status: int, field: str) -> None:
    answer = small.post("/sentiment/score", content=body, headers={"content-type": "application/json"})
    error: dict[str, Any] = answer.json()["error"]
    assert (answer.status_code, error["field"]) == (status, field)
    assert error.keys() == {"code", "message", "field"}


def test_no_model(make_client: Callable[..., TestClient]) -> None:
    client = make_client(sentiment=None)
    for answer in (client.get("/sentiment"), client.post("/sentiment/score", json={"texts": []})):
        assert (answer.status_code, answer.json()["error"]["code"]) == (404, "no_model")
