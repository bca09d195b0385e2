"""What the numbers mean, in sentences: the verdicts, and what is and is not comparable."""

from collections.abc import Mapping

from brandlens.metrics.intervals import Interval
from brandlens.report.load import Logo, Sentiment

BASELINES = {
    "majority": "majority class",
    "sift": "SIFT matching",
    "tfidf": "TF-IDF, linear",
    "bayes": "naive Bayes, linear",
}
TALK = {"precision": 0.9661, "recall": 0.8829}  # published: macro, over crops of its own pictures
PICTURES = {
    "sample": "scenes composed around the built-in logo",
    "synthetic": "scenes composed around your logo",
    "folder": "your labelled pictures",
    "scraped": "pictures from the network that you labelled",
}
TEXTS = {
    "sample": "the short reviews that come with the project",
    "imdb": "Stanford's Large Movie Review Dataset",
    "files": "your own reviews",
}
CAUTION = {
    ("logo", "sample"): "These scenes are composed, not photographed: the scores say little about photographs.",
    (
        "logo",
        "synthetic",
    ): "These scenes are composed, not photographed: before you rely on it, test photographs.",
    (
        "sentiment",
        "sample",
    ): "So few and so short reviews show that all works, and little of how well on yours.",
}
TALK_LOGO = (
    "The talk's figures were measured on its own 1,040 test crops, which are not public: other pictures, another "
    "background, so they are a landmark and no race. All other rows are on the same test crops."
)
TALK_REVIEWS = (
    "The talk published four example sentences with their scores and no score on a test set, so nothing stands beside "
    "these numbers but the baselines, which are on the same reviews."
)


def whole(share: float) -> str:
    """Of a hundred, whole, but neither 0 nor 100 where it is not."""
    parts = 100 * share
    if 0 < parts < 0.5:
        return "fewer than one"
    if 99.5 <= parts < 100:
        return "more than 99"
    return f"{parts:.0f}"


def logo_verdict(found: Logo, gain: tuple[float, Interval] | None) -> str:
    """One sentence or two. gain: how many more crops it has right than SIFT matching, as a share."""
    if not found.at("boxes", "hits") and not found.at("boxes", "false_alarms"):
        return "It finds nothing at the chosen threshold: more training or more pictures are needed."
    right, seen = found.at("boxes", "precision"), found.at("boxes", "recall")
    told = f"Of 100 boxes that it draws {whole(right)} are right, and of 100 logos it finds {whole(seen)}."
    return told if gain is None else f"{told} Crops: {against('SIFT matching', *gain)}"


def sentiment_verdict(found: Sentiment, gain: tuple[float, Interval] | None) -> str:
    """One sentence or two. gain: how many more reviews it has right than the best linear model, as a share."""
    told = f"It judges {whole(found.at('accuracy'))} of 100 reviews as their authors did."
    return told if gain is None else f"{told} {against('the best model that counts words', *gain).capitalize()}"


def against(rival: str, gain: float, interval: Interval) -> str:
    """Whether a difference is one."""
    points = f"{abs(100 * gain):.1f} points, 95 % interval {100 * interval.low:+.1f} to {100 * interval.high:+.1f}"
    if interval.low > 0:
        return f"clearly ahead of {rival} on the same ones ({points})."
    if interval.high < 0:
        return f"clearly behind {rival} on the same ones ({points})."
    return f"no clear difference to {rival} on the same ones ({points})."


def minutes(seconds: float) -> str:
    """A duration for people."""
    if seconds < 90:
        return f"{seconds:.0f} s"
    return f"{seconds / 60:.0f} min" if seconds < 5400 else f"{seconds / 3600:.1f} h"


def changed(params: Mapping[str, object], defaults: Mapping[str, object]) -> list[tuple[str, str, str]]:
    """Name, value and default of the flat params that are not at their defaults."""
    return [
        (name, shown(value), shown(defaults.get(name)))
        for name, value in params.items()
        if name in defaults and value != defaults[name]
    ]


def shown(value: object) -> str:
    """A param's value; nothing of the folder that a file is in, which is the reader's own affair."""
    if isinstance(value, list | tuple):
        return ", ".join(map(shown, value)) or "none"
    if isinstance(value, str) and ("/" in value or "\\" in value):
        return value.replace("\\", "/").rsplit("/", 1)[-1]
    return "none" if value is None else f"{value:g}" if type(value) is float else str(value)


def flat(section: Mapping[str, object], prefix: str) -> dict[str, object]:
    """Nested params by dotted names."""
    found: dict[str, object] = {}
    for name, value in section.items():
        key = f"{prefix}.{name}"
        if isinstance(value, Mapping) and value:
            found |= flat(value, key)
        else:
            found[key] = value
    return found
