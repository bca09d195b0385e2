"""reports/logo/* + reports/sentiment/* → reports/index.html, one page that opens from disk"""

import csv
import json
from pathlib import Path

from brandlens import errors, params
from brandlens.evaluation.report import Figure, Section, beside, render

LOGO, REVIEWS = Path("reports/logo"), Path("reports/sentiment")
RATIOS = {"precision": "precision", "recall": "recall", "f1": "F1", "accuracy": "accuracy"}
MACRO = {"precision": "precision, macro", "recall": "recall, macro", "f1": "F1, macro", "accuracy": "accuracy"}
ORDER = {"auc": "area under the ROC curve", "ece": "calibration error"}
BASELINES = {
    "majority": "majority class",
    "sift": "SIFT matching",
    "tfidf": "TF-IDF + logistic regression",
    "bayes": "naive-Bayes-weighted logistic regression",
}
TALK = {"precision": 0.9661, "recall": 0.8829}  # published figures, on the talk's own pictures
SOURCES = {
    "sample": "scenes composed around the built-in logo; scores on them say little about photographs",
    "compose": "scenes composed around your logo; scores on them say little about photographs",
    "folder": "your labelled pictures",
    "search": "pictures from the network that you labelled",
}
TEXTS = {
    "sample": "the short ones that come with the project; scores on so few say little about other reviews",
    "imdb": "Stanford's Large Movie Review Dataset",
    "files": "your own",
}
SHOWN = 400  # characters of a review


def main() -> None:
    wish = params.load()
    sections = [*logo(wish.logo), *sentiment(wish.sentiment)]
    Path("reports/index.html").write_text(render("brandlens report", sections), encoding="utf-8")
    print("reports/index.html")


def logo(wish: params.Logo) -> list[Section]:
    """What there is to say of the detector."""
    metrics, facts = held(LOGO / "metrics.json"), held(LOGO / "training.json")
    columns = {
        "brandlens": metrics["crops"],
        **{BASELINES[name]: each["crops"] for name, each in metrics["baselines"].items()},
    }
    boxes, pictures, speed = metrics["boxes"], metrics["pictures"], metrics["speed"]
    return [
        Section(
            "Logos: what was done",
            f"Pictures: {SOURCES[wish.collect.source]}. "
            f"Network: {wish.train.network}, {facts['weights']:,} weights, trained in {facts['seconds']:.0f} s. "
            f"Threshold {metrics['threshold']:.2f}, chosen on validation pictures.",
        ),
        Section(
            "Logos: whole pictures",
            f"The test split. False alarms: {boxes['false_alarms']:.0f} of {boxes['hits'] + boxes['false_alarms']:.0f} "
            f"boxes found. Missed: {boxes['misses']:.0f} of {boxes['hits'] + boxes['misses']:.0f} logos. "
            f"A picture takes {speed['picture_ms']:.0f} ms.",
            beside({"boxes": boxes, "pictures": pictures}, {"ap50": "AP50", "ap": "AP50:95", **RATIOS}),
            [
                Figure(LOGO / "precision_recall.png", "Precision and recall over boxes; the point in use is marked."),
                Figure(
                    LOGO / "gallery.png",
                    "Test pictures, the most wrong first: hits green, misses blue, false alarms orange.",
                ),
            ],
        ),
        Section(
            "Logos: crops",
            "The test split. The talk's figures were measured on its own pictures: a landmark, not a race.",
            beside({**columns, "the talk (published)": TALK}, MACRO),
            [
                Figure(LOGO / "confusion.png", "Rows: what a crop shows. Columns: what the network says."),
                Figure(LOGO / "augmented.png", "What training saw: augmented crops."),
            ],
        ),
    ]


def sentiment(wish: params.Sentiment) -> list[Section]:
    """What there is to say of the classifier."""
    metrics, facts = held(REVIEWS / "metrics.json"), held(REVIEWS / "training.json")
    columns = {"brandlens": metrics, **{BASELINES[name]: each for name, each in metrics["baselines"].items()}}
    count = sum(each["count"] for each in metrics["per_class"].values())
    groups = [
        Figure(REVIEWS / "by_length.png", "Accuracy by length, in tokens; linear: the naive-Bayes-weighted model.")
    ]
    if table(REVIEWS / "by_rating.csv"):
        groups.append(Figure(REVIEWS / "by_rating.png", "Accuracy by stars."))
    mistakes = [[each["actual"], each["score"], cut(each["text"])] for each in table(REVIEWS / "mistakes.csv")]
    words = table(REVIEWS / "neighbours.csv")
    near = [
        [each["word"], each["neighbours"]]
        for leaning in ("positive", "negative")
        for each in [word for word in words if word["leaning"] == leaning][:10]
    ]
    return [
        Section(
            "Reviews: what was done",
            f"Reviews: {TEXTS[wish.collect.source]}. Network: {wish.train.network}, {facts['weights']:,} weights, "
            f"trained in {facts['seconds']:.0f} s. On validation reviews were chosen: threshold "
            f"{metrics['threshold']:.2f}, temperature {metrics['temperature']:.2f}. "
            f"It scores {metrics['speed']['reviews_per_second']:,.0f} reviews a second.",
        ),
        Section(
            "Reviews: the test split",
            f"{count:,.0f} reviews, the same for all; of {metrics['unsure']:.1%} the command line would be unsure. "
            "The baselines count words, pairs and threes of words; every choice was made on validation reviews.",
            beside(columns, {"accuracy": "accuracy", **MACRO, **ORDER}),
            [
                Figure(REVIEWS / "confusion.png", "Rows: what a review is. Columns: what the network says."),
                Figure(
                    REVIEWS / "precision_recall.png", "Precision and recall of “positive”; the point in use is marked."
                ),
                Figure(REVIEWS / "reliability.png", "Of reviews that score 0.8, eight in ten should be positive."),
            ],
        ),
        Section("Reviews: by length and stars", "The bars are 95 % intervals.", figures=groups),
        Section(
            "Reviews: the worst mistakes",
            "The surest of the wrong ones: a score of 0 is surely negative, 1 surely positive.",
            (["actual", "score", "text"], mistakes),
        ),
        Section(
            "Reviews: the words",
            "Words whose vectors are near: they stand in the same company, so opposites are often neighbours.",
            (["word", "neighbours"], near),
            [Figure(REVIEWS / "vectors.png", "The vectors, flattened to two dimensions.")],
        ),
    ]


def held(path: Path) -> dict:
    """A JSON file's content."""
    return json.loads(path.read_text(encoding="utf-8"))


def table(path: Path) -> list[dict[str, str]]:
    """A CSV file's rows."""
    with path.open(encoding="utf-8", newline="") as file:
        return list(csv.DictReader(file))


def cut(text: str) -> str:
    """The text, or its beginning and end."""
    return text if len(text) <= SHOWN else f"{text[: SHOWN // 2]} […] {text[-SHOWN // 2 :]}"


if __name__ == "__main__":
    errors.run(main)
