"""What the numbers mean, in sentences: the verdicts, and what is and is not comparable."""

from brandlens.metrics.intervals import Interval
from brandlens.report.load import LogoResults, SentimentResults

BASELINES = {
    "majority": "majority class",
    "sift": "SIFT matching",
    "tfidf": "TF-IDF, linear",
    "bayes": "naive Bayes, linear",
}
TALK = {"precision": 0.9661, "recall": 0.8829}  # published: macro, over crops of its own pictures
TITLES = {"logo": "Logos", "sentiment": "Reviews"}  # of the two sides
PICTURE_SOURCES = {
    "sample": "scenes composed around the built-in logo",
    "synthetic": "scenes composed around your logo",
    "folder": "your labelled pictures",
    "scraped": "pictures from the network that you labelled",
}
REVIEW_SOURCES = {
    "sample": "the short reviews that come with the project",
    "imdb": "Stanford's Large Movie Review Dataset",
    "files": "your own reviews",
}
WARNINGS = {  # side, source
    ("logo", "sample"): "These scenes are composed, not photographed: the scores say little about photographs.",
    ("logo", "synthetic"): "These scenes are composed, not photographed: test on photographs before you rely on it.",
    ("sentiment", "sample"): (
        "These reviews are few and short: the scores show that everything works, but little about your own reviews."
    ),
}
TALK_LOGO = (
    "The talk's figures are as published, on its own 1,040 test crops, which are not public: they are a landmark, not "
    "a comparison on the same data. All other rows are on the same test crops."
)
TALK_REVIEWS = (
    "The talk published four example sentences with their scores, and no score on a test set. The baselines are on the "
    "same reviews."
)


def describe_percent(ratio: float) -> str:
    """Return a ratio in whole percent; neither 0 % nor 100 % where it is not exactly that."""
    percent = 100 * ratio
    if 0 < percent < 0.5:
        return "less than 1 %"
    if 99.5 <= percent < 100:
        return "more than 99 %"
    return f"{percent:.0f} %"


def logo_verdict(results: LogoResults, gain: tuple[float, Interval] | None) -> str:
    """Return one sentence or two. gain: how many more crops it has right than SIFT matching, as a fraction."""
    if not results.metric("boxes", "true_positives") and not results.metric("boxes", "false_positives"):
        return "It detects nothing at the chosen threshold: it needs more training or more pictures."
    precision, recall = results.metric("boxes", "precision"), results.metric("boxes", "recall")
    verdict = (
        f"It finds {describe_percent(recall)} of the logos, and {describe_percent(precision)} of its boxes are right."
    )
    return verdict if gain is None else f"{verdict} On crops it is {compare_with('SIFT matching', *gain)}"


def sentiment_verdict(results: SentimentResults, gain: tuple[float, Interval] | None) -> str:
    """Return one sentence or two. gain: how many more reviews it has right than the best baseline, as a fraction."""
    verdict = f"It classifies {describe_percent(results.metric('accuracy'))} of the reviews correctly."
    return verdict if gain is None else f"{verdict} It is {compare_with('the best linear model', *gain)}"


def compare_with(baseline: str, gain: float, interval: Interval) -> str:
    """Return the rest of a sentence: whether a difference in accuracy on the same rows is more than chance."""
    points = f"{100 * gain:+.1f} points, 95 % interval {100 * interval.low:+.1f} to {100 * interval.high:+.1f}"
    if interval.low > 0:
        return f"clearly better than {baseline} ({points})."
    if interval.high < 0:
        return f"clearly worse than {baseline} ({points})."
    return f"not clearly different from {baseline} ({points})."


def describe_duration(seconds: float) -> str:
    """Return a duration for people: "85 s", "10 min", "2.5 h"."""
    if seconds < 90:
        return f"{seconds:.0f} s"
    return f"{seconds / 60:.0f} min" if seconds < 5400 else f"{seconds / 3600:.1f} h"


def format_param(value: object) -> str:
    """Return a param's value; of a path the file name alone: its folder is the reader's own affair."""
    if isinstance(value, list | tuple):
        return ", ".join(map(format_param, value)) or "none"
    if isinstance(value, str) and ("/" in value or "\\" in value):
        return value.replace("\\", "/").rsplit("/", 1)[-1]
    if value is None or value == {}:
        return "none"
    return f"{value:g}" if type(value) is float else str(value)
