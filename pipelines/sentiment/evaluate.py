"""models/sentiment/network.onnx + validation and test splits → models/sentiment/model.json and reports/sentiment/:
metrics.json, run.json, tables of predictions, curves and groups"""

from dataclasses import replace
from pathlib import Path

from tqdm import tqdm

from brandlens import config, errors, io, onnx_runtime, provenance
from brandlens.datasets import reviews
from brandlens.sentiment import evaluation
from brandlens.sentiment.classifier import NETWORK, SentimentClassifier
from brandlens.sentiment.terms import evaluation as term_evaluation
from brandlens.sentiment.text.vocabulary import Vocabulary

REVIEWS = Path("data/sentiment/reviews.parquet")
MODEL, REPORT = Path("models/sentiment"), Path("reports/sentiment")


def main() -> None:
    sentiment = config.load().sentiment
    dataset = reviews.read(REVIEWS)
    splits = {split: dataset.of(split) for split in ("train", "val", "test")}
    classifier = SentimentClassifier(
        onnx_runtime.session(MODEL / NETWORK, 1),
        Vocabulary.load(MODEL / "vocabulary.txt"),
        sentiment.train.active.max_length,
        threshold=0.5,
        temperature=1.0,
        provenance={},
        threads=onnx_runtime.cores(),
        labels=dataset.labels,
        ordered=dataset.ordered,
    )
    progress = lambda split: lambda texts: tqdm(texts, desc=split, unit="review", mininterval=1)  # noqa: E731
    result = evaluation.evaluate(classifier, splits, sentiment.evaluate, progress)
    result.write(REPORT, sentiment.evaluate.max_mistakes)
    terms, quotes = term_evaluation.tables(result.classifier, splits)
    io.write_csv(terms, REPORT / "terms.csv", term_evaluation.TERM_COLUMNS)
    io.write_csv(quotes, REPORT / "term_quotes.csv", term_evaluation.QUOTE_COLUMNS)
    counts = {split: of_split.count_labels() for split, of_split in splits.items()}
    pretrained = provenance.read_pretrained(REPORT / "training.json")
    results = [REPORT / name for name in ("metrics.json", "predictions.csv")]
    run = provenance.describe_run(
        sentiment, sentiment.train.model, sentiment.collect.source, counts, results, pretrained
    )
    io.write_json(run, REPORT / "run.json")
    card = provenance.card_provenance(sentiment.train.model, result.metrics, sentiment.collect.source, pretrained)
    replace(result.classifier, provenance=card).save_card(MODEL)
    print(result.summary())


if __name__ == "__main__":
    errors.run_program(main)
