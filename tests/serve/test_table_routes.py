import csv
import io
import json
import tempfile
from collections.abc import Callable
from pathlib import Path

import pyarrow
import pytest
from fastapi.testclient import TestClient
from pyarrow import parquet

from brandlens.sentiment.classifier import SentimentClassifier
from brandlens.sentiment.score_file import ScoringJob
from brandlens.sentiment.terms.lexicon import Lexicon
from brandlens.serve.table_routes import CHUNK, guess_suffix

TEXTS = ["good film", "the awful, film !", "", "żółć\nzwei"]
URL = "/sentiment/score/file"


def to_csv(texts: list[str]) -> bytes:
    out = io.StringIO()
    csv.writer(out).writerows([["id", "text"], *([index, text] for index, text in enumerate(texts))])
    return out.getvalue().encode()


def to_jsonl(texts: list[str]) -> bytes:
    return "".join(json.dumps({"text": text}) + "\n" for text in texts).encode()


def to_parquet(texts: list[str]) -> bytes:
    out = io.BytesIO()
    parquet.write_table(pyarrow.table({"text": pyarrow.array(texts, pyarrow.string())}), out)
    return out.getvalue()


KINDS = {"text/csv": to_csv, "application/x-ndjson": to_jsonl, "application/vnd.apache.parquet": to_parquet}


@pytest.mark.parametrize("content_type", [*KINDS, "application/octet-stream"])
@pytest.mark.parametrize("to", ["csv", "jsonl", "parquet"])
@pytest.mark.parametrize("explain", [False, True])
def test_as_the_command_line_scores(
    client: TestClient, classifier: SentimentClassifier, tmp_path: Path, content_type: str, to: str, explain: bool
) -> None:
    texts = TEXTS * (1 if explain else CHUNK // 3)
    (tmp_path / "in.csv").write_bytes(to_csv(texts))
    out = tmp_path / f"out.{to}"
    ScoringJob(tmp_path / "in.csv", "text", out, explain, "").run(classifier)
    body = KINDS.get(content_type, to_jsonl)(texts)
    answer = client.post(f"{URL}?to={to}&explain={explain}", content=body, headers={"content-type": content_type})
    assert answer.status_code == 200
    assert (answer.headers["brandlens-rows"], answer.headers["brandlens-unreadable-rows"]) == (str(len(texts)), "0")
    if to == "parquet":
        assert parquet.read_table(io.BytesIO(answer.content)).equals(parquet.read_table(out))
    else:
        assert answer.content == out.read_bytes()


@pytest.mark.parametrize("to", ["csv", "jsonl", "parquet"])
def test_terms(client: TestClient, classifier: SentimentClassifier, tmp_path: Path, to: str) -> None:
    (tmp_path / "in.csv").write_bytes(to_csv(TEXTS))
    out = tmp_path / f"out.{to}"
    lexicon = Lexicon.of(["film", "the plot"])
    ScoringJob(tmp_path / "in.csv", "text", out, False, "", lexicon=lexicon).run(classifier)
    url = f"{URL}?to={to}&terms=film,the%20plot"
    answer = client.post(url, content=to_csv(TEXTS), headers={"content-type": "text/csv"})
    if to == "parquet":
        assert parquet.read_table(io.BytesIO(answer.content)).equals(parquet.read_table(out))
    else:
        assert answer.content == out.read_bytes()
    for bad in ("", "film,Film", __file__):  # no file is read
        answer = client.post(URL, params={"terms": bad}, content=b"text\n", headers={"content-type": "text/csv"})
        error = answer.json()["error"] if answer.status_code != 200 else {"field": None}
        assert (answer.status_code, error["field"]) == {
            "": (422, "terms"), "film,Film": (422, "terms[1]"), __file__: (200, None),
        }[bad]  # fmt: skip


@pytest.mark.parametrize("to", ["csv", "jsonl", "parquet"])
def test_no_rows(client: TestClient, to: str) -> None:
    answer = client.post(f"{URL}?to={to}", content=b"text\n", headers={"content-type": "text/csv"})
    assert answer.headers["brandlens-rows"] == "0"
    if to == "parquet":
        assert parquet.read_table(io.BytesIO(answer.content)).num_rows == 0
    else:
        assert answer.text == ("text,label,score,reason\n" if to == "csv" else "")


def test_rows_that_cannot_be_read(client: TestClient) -> None:
    body = b'{"text": "good"}\n{"text": \n{"text": "bad"}\n'
    answer = client.post(URL, content=body, headers={"content-type": "application/jsonl"})
    assert answer.text.splitlines()[1].startswith("good,positive") and len(answer.text.splitlines()) == 4
    assert answer.headers["brandlens-unreadable-rows"] == "1"
    assert answer.headers["brandlens-first-problem"].startswith("table, row 2: not JSON")


@pytest.mark.parametrize(
    ("body", "kind", "status"),
    [
        pytest.param(b"", "text/csv", 422, id="empty"),
        pytest.param(b"review\ngood\n", "text/csv", 422, id="another column"),
        pytest.param(b"PAR1 and no more", "application/octet-stream", 422, id="damaged Parquet"),
        pytest.param(b"\x89PNG\r\n\x1a\n", "text/csv", 422, id="a picture"),
        pytest.param(b"text\n", "image/png", 415, id="another type"),
    ],
)
def test_what_is_refused(client: TestClient, body: bytes, kind: str, status: int) -> None:
    answer = client.post(URL, content=body, headers={"content-type": kind})
    assert answer.status_code == status
    assert tempfile.gettempdir() not in answer.text and "\n" not in answer.json()["error"]["message"]


def test_nothing_is_kept(client: TestClient, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(tempfile, "tempdir", str(tmp_path))
    for body in (to_csv(TEXTS), b""):
        client.post(URL, content=body, headers={"content-type": "text/csv"})
        assert list(tmp_path.iterdir()) == []


def test_too_many_at_once(make_client: Callable[..., TestClient]) -> None:
    """They wait for one another, up to a time."""
    client = make_client(max_seconds=0.01)
    client.app.state.service.tables._value = 0  # type: ignore[attr-defined]  # of TestClient.app
    answer = client.post(URL, content=b"text\n", headers={"content-type": "text/csv"})
    assert (answer.status_code, answer.headers["retry-after"]) == (503, "5")


@pytest.mark.parametrize(
    ("start", "suffix"),
    [(b"", ".csv"), (b"a,b", ".csv"), (b"\xef\xbb\xbf {", ".jsonl"), (b"[", ".json"), (b"PAR1", ".parquet")],
)  # fmt: skip
def test_guess_suffix(start: bytes, suffix: str) -> None:
    assert guess_suffix(start) == suffix
