"""The predictors as pandas UDFs of Spark: `frame.withColumn("logos", detect_udf("models/logo")("path", "content"))`."""

from collections.abc import Iterator
from functools import cache
from pathlib import Path
from typing import Any

from brandlens.bulk.shipped_model import Files, pack, unpack
from brandlens.errors import UserError
from brandlens.logo.predictor import LogoPredictor
from brandlens.sentiment.predictor import SentimentPredictor

DETECTION = "label: string, score: double, left: int, top: int, width: int, height: int"
LOGO_TYPE = f"width int, height int, detections array<struct<{DETECTION}>>, error string"
SENTIMENT_TYPE = "label string, score double, scores map<string, double>, reason string, error string"


def detect_udf(model: str | Path) -> Any:
    """Return a function of two columns, a picture's name and its bytes (binaryFile's path and content).

    model: a folder of this machine, which is broadcast. It gives a struct: width, height, detections (an array of
    structs), error. Needs an active Spark session. Raises ModelError, and UserError without PySpark.
    """
    functions, files = _broadcast(model)

    def detect(batches: Iterator[Any]) -> Iterator[Any]:
        import pandas as pd  # noqa: PLC0415, Spark's, on its workers

        predictor = _logo_predictor(files)
        for names, contents in batches:
            ids = range(len(names))
            columns = predictor({"id": ids, "input": list(names), "data": list(contents)})
            yield pd.DataFrame({name: columns[name] for name in ("width", "height", "detections", "error")}).astype(
                {"width": "Int32", "height": "Int32"}
            )

    detect.__annotations__ = _annotations(pairs=True)
    return functions.pandas_udf(detect, LOGO_TYPE)


def score_udf(model: str | Path) -> Any:
    """Return a function of a column of reviews, see `detect_udf`.

    It gives a struct: label, score, scores (by label, of models with more than two, else null), reason (why a review
    is unsure, else null), error.
    """
    functions, files = _broadcast(model)

    def score(batches: Iterator[Any]) -> Iterator[Any]:
        import pandas as pd  # noqa: PLC0415, Spark's, on its workers

        predictor = _sentiment_predictor(files)
        for texts in batches:
            columns = predictor({"id": range(len(texts)), "input": list(texts)})
            none = [None] * len(texts)
            names = ("label", "score", "scores", "reason", "error")
            yield pd.DataFrame({name: columns.get(name, none) for name in names})

    score.__annotations__ = _annotations(pairs=False)
    return functions.pandas_udf(score, SENTIMENT_TYPE)


def _broadcast(model: str | Path) -> tuple[Any, Any]:
    """Return PySpark's functions, and a model that is broadcast to the workers."""
    try:
        from pyspark.sql import SparkSession, functions  # noqa: PLC0415, heavy
    except ModuleNotFoundError:
        raise UserError('Spark needs PySpark; run: pip install "brandlens[spark]"') from None
    session = SparkSession.getActiveSession()
    if session is None:
        raise UserError("no Spark session is active; make one first: SparkSession.builder.getOrCreate()")
    return functions, session.sparkContext.broadcast(pack(model))


def _annotations(*, pairs: bool) -> dict[str, Any]:
    """Return the types of a function from batches to batches, by which Spark tells what it gets."""
    import pandas as pd  # noqa: PLC0415, only Spark needs it

    given = Iterator[tuple[pd.Series, pd.Series]] if pairs else Iterator[pd.Series]
    return {"batches": given, "return": Iterator[pd.DataFrame]}


def _logo_predictor(files: Any) -> LogoPredictor:
    """Return the predictor of a broadcast model, loaded once a worker process."""
    return _load_logo(files.value)


@cache
def _load_logo(files: Files) -> LogoPredictor:
    return LogoPredictor.load(unpack(files), threads=1)


def _sentiment_predictor(files: Any) -> SentimentPredictor:
    return _load_sentiment(files.value)


@cache
def _load_sentiment(files: Files) -> SentimentPredictor:
    return SentimentPredictor.load(unpack(files), threads=1)
