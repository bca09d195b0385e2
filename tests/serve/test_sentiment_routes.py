from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from fastapi.testclient import TestClient

from brandlens.sentiment.classifier import SentimentClassifier
from brandlens.sentiment.predictor import SentimentPredictor
from brandlens.sentiment.terms.lexicon import read_lexicon
from brandlens.serve import terms
from brandlens.serve.problems import Problem
from brandlens.serve.terms import parse_terms

TEXTS = ["good film", "the awful film !", "", "żółć", "bad " * 40]


@pytest.fixture(scope="module")
def small(make_client: Callable[..., TestClient]) -> TestClient:
    """A client of a service with small limits."""
    return make_client(max_texts=3, max_text=2, max_terms=4)


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
        pytest.param('{"texts": [], "terms": "film"}', 422, "terms", id="terms that are one text"),
        pytest.param('{"texts": [], "terms": []}', 422, "terms", id="no terms"),
        pytest.param('{"texts": [], "terms": {}}', 422, "terms", id="no terms in a mapping"),
        pytest.param('{"texts": [], "terms": ["film", 1]}', 422, "terms[1]", id="a number as a term"),
        pytest.param('{"texts": [], "terms": ["film", "?!"]}', 422, "terms[1]", id="no letter in a term"),
        pytest.param('{"texts": [], "terms": ["film", "FILM"]}', 422, "terms[1]", id="a term twice"),
        pytest.param('{"texts": [], "terms": ["film, plot"]}', 422, "terms[0]", id="two terms in one"),
        pytest.param('{"texts": [], "terms": ["\\ud800"]}', 422, "terms[0]", id="half of a surrogate pair as a term"),
        pytest.param(f'{{"texts": [], "terms": ["{"x" * 101}"]}}', 422, "terms[0]", id="a long term"),
        pytest.param('{"texts": [], "terms": ["a", "b", "c", "d", "e"]}', 422, "terms", id="too many terms"),
        pytest.param('{"texts": [], "terms": {"a": "b"}}', 422, "terms", id="a synonym that is no list"),
        pytest.param('{"texts": [], "terms": {"a\\n,": []}}', 422, "terms.a\\n,", id="a line end in a term"),
        pytest.param('{"texts": [], "terms": {"a": ["b"], "c": ["B"]}}', 422, "terms.c", id="a synonym of two"),
        pytest.param('{"texts": [], "terms": {"a": ["b", "c", "d", "e"]}}', 422, "terms", id="too many synonyms"),
    ],
)
def test_what_is_refused(small: TestClient, body: str, status: int, field: str) -> None:
    answer = small.post("/sentiment/score", content=body, headers={"content-type": "application/json"})
    error: dict[str, Any] = answer.json()["error"]
    assert (answer.status_code, error["field"]) == (status, field)
    assert error.keys() == {"code", "message", "field"}
    assert len(error["message"].splitlines()) == 1


@pytest.mark.parametrize("explain", [False, True])
@pytest.mark.parametrize("texts", [[], ["good film, awful movies", "zzz", "good"], ["good film, awful movies"] * 300])
def test_terms_as_python_scores_them(
    sentiment_folder: Path, client: TestClient, tmp_path: Path, texts: list[str], explain: bool
) -> None:
    (tmp_path / "terms.txt").write_text("film = movie\nplot\n")
    lexicon = read_lexicon(str(tmp_path / "terms.txt"))
    expected = SentimentPredictor(SentimentClassifier.load(sentiment_folder), explain, lexicon).predict(texts)
    body = {"texts": texts, "explain": explain, "terms": {"film": ["movie"], "plot": []}}
    reviews = client.post("/sentiment/score", json=body).json()["reviews"]
    assert reviews == expected
    if texts:
        assert [(term["term"], term["label"]) for term in reviews[0]["terms"]] == [
            ("film", "positive"), ("film", "negative"),
        ]  # fmt: skip
    answer = client.post("/sentiment/score", json={**body, "terms": ["film"]})
    assert all(len(review["terms"]) <= 1 for review in answer.json()["reviews"])


def test_terms_of_labels_without_an_order() -> None:
    with pytest.raises(Problem) as caught:
        parse_terms(["film"], 5, ("books", "films"))
    assert (caught.value.status_code, caught.value.field) == (422, "terms")


def test_an_answer_that_would_be_too_large(monkeypatch: pytest.MonkeyPatch, client: TestClient) -> None:
    monkeypatch.setattr(terms, "MAX_ANSWER", 10)
    body = {"texts": ["good film"], "terms": ["film", "plot"]}
    error = client.post("/sentiment/score", json=body).json()["error"]
    assert (error["field"], error["message"][:37]) == ("terms", "terms: 18 characters times terms, mor")


def test_no_model(make_client: Callable[..., TestClient]) -> None:
    client = make_client(sentiment=None)
    for answer in (client.get("/sentiment"), client.post("/sentiment/score", json={"texts": []})):
        assert (answer.status_code, answer.json()["error"]["code"]) == (404, "no_model")
