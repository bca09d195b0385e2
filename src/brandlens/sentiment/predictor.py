"""Scores of reviews in batches, columns in, columns out: for the command line, the service, Ray and Spark."""

import time
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Self

from brandlens.sentiment.classifier import UNSURE, SentimentClassifier
from brandlens.sentiment.explain import Explanation, explain_all
from brandlens.sentiment.terms.lexicon import Lexicon
from brandlens.sentiment.terms.scores import label_values, score_terms, term_record
from brandlens.sentiment.text.check import to_text

Record = dict[str, Any]


@dataclass(frozen=True)
class SentimentPredictor:
    """Scores reviews. It reads no file and writes none, and a review's result depends on no other.

    explained: whether records have words. lexicon: terms that records are to have, or None. Raises ModelError for terms
    where the labels have no order.
    """

    classifier: SentimentClassifier
    explained: bool = False
    lexicon: Lexicon | None = None

    def __post_init__(self) -> None:
        if self.lexicon:
            label_values(self.classifier.labels)

    @classmethod
    def load(
        cls,
        folder: Path | str,
        *,
        threads: int | None = None,
        explained: bool = False,
        lexicon: Lexicon | None = None,
    ) -> Self:
        """Return the predictor of a model's folder. threads: None for every core. Raises ModelError."""
        return cls(SentimentClassifier.load(folder, threads), explained, lexicon)

    @property
    def has_scores(self) -> bool:
        """Whether records have the probability of each label: those of two labels follow from the score."""
        return len(self.classifier.labels) > 2

    def predict(self, texts: Sequence[str]) -> list[Record]:
        """Return one record a text: text, label (one of the classifier's, or unsure) and score (0 to 1, four digits).

        Of two labels the score is the probability of the last one, positive; of more that of the label, and `scores`
        has those of all labels by their names.
        A text that the classifier is unsure of has a reason: no words, too few known words or another language.
        With `explained` also words, every token with what it adds to the score, and spans, parts of the text that
        matter as [start, end, change], in characters; none of a text that the classifier is unsure of. With a lexicon
        also terms: for each that the text mentions the clause, its label and score (see `scores.decide`) and sentiment,
        from -1 to 1.
        """
        predictions = self.classifier.score(texts)
        sure = [text for text, prediction in zip(texts, predictions, strict=True) if prediction.label != UNSURE]
        explanations = iter(explain_all(self.classifier, sure) if self.explained else [])
        records: list[Record] = []
        for text, prediction in zip(texts, predictions, strict=True):
            record: Record = {"text": text, "label": prediction.label, "score": round(float(prediction.score), 4)}
            if prediction.reason:
                record["reason"] = prediction.reason
            if self.has_scores:
                record["scores"] = {label: round(float(score), 4) for label, score in prediction.scores.items()}
            if self.explained:
                why = next(explanations) if prediction.label != UNSURE else Explanation([], [])
                record["words"] = [[word, round(change, 4)] for word, change in why.words]
                record["spans"] = [[start, end, round(change, 4)] for start, end, change in why.spans]
            records.append(record)
        if self.lexicon:
            values = label_values(self.classifier.labels)
            scored = score_terms(self.classifier, texts, self.lexicon, predictions)
            for record, scores in zip(records, scored, strict=True):
                record["terms"] = [term_record(record["text"], score, values) for score in scores]
        return records

    def __call__(self, batch: Mapping[str, Sequence[Any]]) -> dict[str, list[Any]]:
        """Map a batch of columns to a batch of columns, of the same rows.

        batch: `id`, anything; `input`, the review, where None and NaN are an empty one; and `error`, if there is such a
        column: why a review cannot be read, or None. Returns id, input, label and score (both None where there is an
        error; no exception is raised for a row), scores of more than two labels, reason, why a review is unsure or
        None, words and spans if explained, terms if there is a lexicon, error and seconds, a row's share of the batch.
        """
        start = time.perf_counter()
        known = batch.get("error", [None] * len(batch["input"]))
        texts, errors = [], list[str | None]()
        for value, error in zip(batch["input"], known, strict=True):
            text, problem = _read(value)
            texts.append("" if error else text)
            errors.append(error or problem)
        records = self.predict(texts)
        names = ["label", "score", *(["scores"] if self.has_scores else []), "reason"]
        names += [*(["words", "spans"] if self.explained else []), *(["terms"] if self.lexicon else [])]
        columns: dict[str, list[Any]] = {
            "id": list(batch["id"]),
            "input": list(batch["input"]),
            **{
                name: [None if error else record.get(name) for record, error in zip(records, errors, strict=True)]
                for name in names
            },
            "error": errors,
        }
        seconds = (time.perf_counter() - start) / max(1, len(texts))
        return columns | {"seconds": [seconds] * len(texts)}


def _read(value: object) -> tuple[str, str | None]:
    """Return a value as text, and why it is none or None."""
    try:
        return to_text(value), None
    except TypeError as problem:
        return "", str(problem)
