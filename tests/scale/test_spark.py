"""The predictors as functions of Spark."""

import os
import sys
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import cv2
import numpy as np
import pytest

from brandlens.boxes import Box
from brandlens.bulk import spark as udfs
from brandlens.errors import ModelError

pyspark = pytest.importorskip("pyspark", reason="make test-scale installs it")


@pytest.fixture(scope="module")
def session() -> Iterator[Any]:
    from pyspark.sql import SparkSession

    os.environ["PYSPARK_PYTHON"] = sys.executable  # of its workers
    builder = SparkSession.builder.master("local[2]").config("spark.ui.enabled", "false")
    builder = builder.config("spark.driver.bindAddress", "127.0.0.1").config("spark.driver.host", "127.0.0.1")
    running = builder.config("spark.sql.execution.arrow.maxRecordsPerBatch", 3).getOrCreate()
    yield running
    running.stop()


def test_reviews(session: Any, sentiment_folder: Path) -> None:
    texts = ["good film", "bad film", None, "zzz"] * 3
    frame = session.createDataFrame([(index, text) for index, text in enumerate(texts)], "id int, text string")
    scored = frame.withColumn("mood", udfs.score_udf(sentiment_folder)("text")).select("id", "mood.*").collect()
    labels = {row["id"]: (row["label"], row["score"], row["error"]) for row in scored}
    expected = [("positive", 0.6225, None), ("negative", 0.3775, None), ("unsure", 0.5, None), ("unsure", 0.5, None)]
    assert [labels[index] for index in range(12)] == expected * 3
    assert {row["scores"] for row in scored} == {None}  # of two labels
    assert {(row["label"], row["reason"]) for row in scored} == {
        ("positive", None), ("negative", None), ("unsure", "no words"), ("unsure", "too few known words"),
    }  # fmt: skip


def test_pictures(session: Any, model_folder: Path, scene: Callable[..., np.ndarray], tmp_path: Path) -> None:
    pixels = cv2.cvtColor(scene((160, 120), Box(40, 30, 60, 40, "cola")), cv2.COLOR_RGB2BGR)
    (tmp_path / "a.png").write_bytes(cv2.imencode(".png", pixels)[1].tobytes())
    (tmp_path / "b.png").write_bytes(b"no picture")
    frame = session.read.format("binaryFile").load(str(tmp_path))
    detect = udfs.detect_udf(model_folder)
    rows = {row["path"].rpartition("/")[2]: row["logos"] for row in
            frame.withColumn("logos", detect("path", "content")).select("path", "logos").collect()}  # fmt: skip
    assert (rows["a.png"]["width"], rows["a.png"]["height"], rows["a.png"]["error"]) == (160, 120, None)
    assert [detection["label"] for detection in rows["a.png"]["detections"]] == ["cola"]
    assert rows["b.png"]["width"] is None and "not a picture" in rows["b.png"]["error"]


def test_no_model(session: Any, tmp_path: Path) -> None:
    with pytest.raises(ModelError, match=r"no model.json here"):
        udfs.score_udf(tmp_path)
